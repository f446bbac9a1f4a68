package pyarrow_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/io/csvio"
	"github.com/arrowmill/arrowmill/io/jsonlio"
	"github.com/arrowmill/arrowmill/io/parquetio"
	"github.com/arrowmill/arrowmill/operators"
)

// told are the types of the table that text does not tell.
var told = map[string]arrow.DataType{
	"i": arrow.PrimitiveTypes.Int64, "f": arrow.PrimitiveTypes.Float64, "s": arrow.BinaryTypes.String,
	"b": arrow.FixedWidthTypes.Boolean, "day": arrow.FixedWidthTypes.Date32, "at": &arrow.TimestampType{Unit: arrow.Microsecond},
	"dec": &arrow.Decimal128Type{Precision: 12, Scale: 2},
}

// TestTables reads what pandas and pyarrow write, as Parquet, CSV and JSON lines, and
// has Python read what comes of it in each of these formats.
func TestTables(t *testing.T) {
	py := python(t)
	in, out := t.TempDir(), t.TempDir()
	run(t, py, "tables.py", "make", in)
	paths, err := filepath.Glob(filepath.Join(in, "*"))
	if err != nil || len(paths) != 15 {
		t.Fatalf("%v, %v", err, paths)
	}
	check := []string{"tables.py", "check"}
	for _, path := range paths {
		var source dataflow.Source
		var days []dataflow.Operator
		switch filepath.Ext(path) {
		case ".parquet":
			source = parquetio.Scan(path)
		case ".csv":
			source = csvio.Scan(path).Types(told)
		default:
			source = jsonlio.Scan(path).Types(map[string]arrow.DataType{"at": told["at"], "day": told["at"]}) // pandas writes a day as its midnight
			days = append(days, operators.Cast("day", told["day"]))
		}
		name := filepath.Base(path)
		write := func(to string, sink dataflow.Sink, ops ...dataflow.Operator) {
			g := dataflow.New()
			rows := g.Source("in", source)
			for _, op := range ops {
				rows = rows.Map("columns", op)
			}
			rows.Sink("out", sink)
			if _, err := executor.Run(t.Context(), g, executor.Options{SplitBytes: 5000, BatchRows: 170}); err != nil {
				t.Fatalf("%s to %s: %v", name, to, err)
			}
			check = append(check, to)
		}
		for codec, c := range map[string]parquetio.Codec{"zstd": parquetio.Zstd, "snappy": parquetio.Snappy, "none": parquetio.None} {
			to := filepath.Join(out, name+"."+codec+".parquet")
			write(to, parquetio.Write(to, parquetio.Compression(c), parquetio.RowGroupRows(900)), days...)
		}
		if strings.Contains(name, ".jsonl") {
			continue
		}
		flat := operators.Project("i", "f", "s", "b", "day", "at", "dec")
		to := filepath.Join(out, name+".csv")
		write(to, csvio.Write(to), flat)
		to = filepath.Join(out, name+".jsonl")
		write(to, jsonlio.Write(to), operators.Project("i", "s", "b", "day", "at", "dec"))
	}
	run(t, py, check...)
}

// TestEmpty reads a file that pyarrow makes of a table without rows: it has a row
// group whose pages lie nowhere.
func TestEmpty(t *testing.T) {
	py := python(t)
	path := filepath.Join(t.TempDir(), "empty.parquet")
	run(t, py, "-c", "import sys, pyarrow as pa, pyarrow.parquet as pq; pq.write_table(pa.table({'a': pa.array([], pa.int64())}), sys.argv[1])", path)
	g := dataflow.New()
	g.Source("in", parquetio.Scan(path)).Sink("out", csvio.Write(path+".csv"))
	if _, err := executor.Run(t.Context(), g, executor.Options{}); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path + ".csv"); err != nil || string(text) != "a\n" {
		t.Errorf("%q, %v", text, err)
	}
}
