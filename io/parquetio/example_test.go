package parquetio_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/io/memio"
	"github.com/arrowmill/arrowmill/io/parquetio"
	"github.com/arrowmill/arrowmill/io/tableio"
)

func Example() {
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "cities.parquet")

	schema := arrow.NewSchema([]arrow.Field{{Name: "city", Type: arrow.BinaryTypes.String}, {Name: "people", Type: arrow.PrimitiveTypes.Int64}}, nil)
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(`[{"city": "oslo", "people": 717710}, {"city": "lima", "people": 10151000}]`))
	if err != nil {
		panic(err)
	}
	defer rec.Release()

	in := memio.Batches(rec)
	defer in.Release()
	g := dataflow.New()
	g.Source("cities", in).Sink("file", parquetio.Write(path, parquetio.Compression(parquetio.Snappy)))
	if _, err := executor.Run(context.Background(), g, executor.Options{}); err != nil {
		panic(err)
	}

	g = dataflow.New()
	cities := parquetio.Scan(path)
	g.Source("cities", cities).Sink("print", tableio.WriteTo(os.Stdout))
	if _, err := executor.Run(context.Background(), g, executor.Options{}); err != nil {
		panic(err)
	}
	fmt.Println(cities.Stats().Values, "values decoded")
	// Output:
	// city    people
	// ----  --------
	// oslo    717710
	// lima  10151000
	// 4 values decoded
}
