package batch_test

import (
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// Rows of a batch, gathered by number.
func ExampleTake() {
	schema := arrow.NewSchema([]arrow.Field{{Name: "city", Type: arrow.BinaryTypes.String}}, nil)
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(`[{"city": "oslo"}, {"city": "lima"}, {"city": "rome"}]`))
	if err != nil {
		panic(err)
	}
	defer rec.Release()
	taken, err := batch.Take(rec, []int32{2, 0}, memory.DefaultAllocator)
	if err != nil {
		panic(err)
	}
	defer taken.Release() // what a helper returns is given away
	fmt.Println(taken.Column(0))
	// Output: ["rome" "oslo"]
}
