package operators_test

import (
	"context"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
	"github.com/arrowmill/arrowmill/operators"
)

func ExampleWords() {
	schema := arrow.NewSchema([]arrow.Field{{Name: "line", Type: arrow.BinaryTypes.String}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	b.Field(0).(*array.StringBuilder).AppendValues([]string{"Don't PANIC,", "says ΟΔΥΣΣΕΥΣ."}, nil)
	lines := b.NewRecord()
	defer lines.Release()

	env := dataflow.Env{Alloc: batch.NewPool(memory.DefaultAllocator, 1<<20)}
	for _, words := range []dataflow.Operator{
		operators.Words("line"),
		operators.Words("line", operators.Unicode(), operators.KeepCase()),
	} {
		task, err := words.NewTask(schema, env)
		if err != nil {
			fmt.Println(err)
			return
		}
		err = task.Process(context.Background(), dataflow.Chunk{Rec: lines}, func(c dataflow.Chunk) error {
			fmt.Println(c.Rec.Column(0))
			c.Rec.Release()
			return nil
		})
		if err != nil {
			fmt.Println(err)
		}
		task.Close()
	}
	// Output:
	// ["don't" "panic," "says" "οδυσσευς."]
	// ["Don't" "PANIC" "says" "ΟΔΥΣΣΕΥΣ"]
}
