package duckdb_test

import (
	"database/sql"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/duckdb/duckdb-go/v2"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/executor"
)

// moment is a point in time as text, by how a column counts it.
func moment(t time.Time, typ arrow.DataType) string {
	switch typ.ID() {
	case arrow.DATE32, arrow.DATE64:
		return t.UTC().Format("2006-01-02")
	case arrow.TIME32, arrow.TIME64:
		return t.UTC().Format("15:04:05.999999999")
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func float(f float64, bits int) string {
	if math.IsNaN(f) {
		return "NaN"
	}
	return strconv.FormatFloat(f, 'g', -1, bits)
}

// arrowText is row i of a column as text.
func arrowText(arr arrow.Array, i int) string {
	if arr.IsNull(i) {
		return "null"
	}
	switch a := arr.(type) {
	case *array.Boolean:
		return strconv.FormatBool(a.Value(i))
	case *array.Float32:
		return float(float64(a.Value(i)), 32)
	case *array.Float64:
		return float(a.Value(i), 64)
	case *array.String:
		return strconv.Quote(a.Value(i))
	case *array.LargeString:
		return strconv.Quote(a.Value(i))
	case *array.Binary:
		return fmt.Sprintf("%x", a.Value(i))
	case *array.Date32:
		return moment(a.Value(i).ToTime(), a.DataType())
	case *array.Timestamp:
		return moment(a.Value(i).ToTime(a.DataType().(*arrow.TimestampType).Unit), a.DataType())
	case *array.Time64:
		return moment(a.Value(i).ToTime(a.DataType().(*arrow.Time64Type).Unit), a.DataType())
	case *array.Decimal128:
		return fmt.Sprintf("%se-%d", a.Value(i).BigInt(), a.DataType().(*arrow.Decimal128Type).Scale)
	case *array.Dictionary:
		return arrowText(a.Dictionary(), a.GetValueIndex(i))
	case *array.List:
		from, to := a.ValueOffsets(i)
		var parts []string
		for k := from; k < to; k++ {
			parts = append(parts, arrowText(a.ListValues(), int(k)))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case *array.Struct:
		var parts []string
		for k := range a.NumField() {
			parts = append(parts, arrowText(a.Field(k), i))
		}
		return "{" + strings.Join(parts, " ") + "}"
	}
	return arr.ValueStr(i)
}

// duckText is a value of DuckDB's as text, for a column of an Arrow type.
func duckText(v any, t arrow.DataType) string {
	if d, ok := t.(*arrow.DictionaryType); ok {
		t = d.ValueType
	}
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case float32:
		return float(float64(v), 32)
	case float64:
		return float(v, 64)
	case string:
		return strconv.Quote(v)
	case []byte:
		return fmt.Sprintf("%x", v)
	case time.Time:
		return moment(v, t)
	case *big.Int:
		return v.String()
	case duckdb.Decimal:
		return fmt.Sprintf("%se-%d", v.Value, v.Scale)
	case []any:
		var parts []string
		for _, item := range v {
			parts = append(parts, duckText(item, t.(arrow.ListLikeType).Elem()))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case map[string]any:
		var parts []string
		for _, f := range t.(*arrow.StructType).Fields() {
			parts = append(parts, duckText(v[f.Name], f.Type))
		}
		return "{" + strings.Join(parts, " ") + "}"
	}
	return fmt.Sprint(v)
}

// duckRows are the rows of a query as text, a string each.
func duckRows(t *testing.T, db *sql.DB, query string, schema *arrow.Schema) []string {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	defer rows.Close()
	var out []string
	values, ptrs := make([]any, schema.NumFields()), make([]any, schema.NumFields())
	for i := range values {
		ptrs[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(ptrs...); err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for i, v := range values {
			fmt.Fprintf(&b, "%s=%s|", schema.Field(i).Name, duckText(v, schema.Field(i).Type))
		}
		out = append(out, b.String())
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	return out
}

// textOf are the rows of a batch.
func textOf(rec arrow.Record) []string {
	var out []string
	for i := range int(rec.NumRows()) {
		var b strings.Builder
		for k, col := range rec.Columns() {
			fmt.Fprintf(&b, "%s=%s|", rec.ColumnName(k), arrowText(col, i))
		}
		out = append(out, b.String())
	}
	return out
}

// scanRows are the rows of a source, and its schema.
func scanRows(t *testing.T, s dataflow.Source) ([]string, *arrow.Schema) {
	t.Helper()
	schema, err := s.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	job, err := executor.Start(t.Context(), dataflow.New().Source("in", s), executor.Options{SplitBytes: 50000})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for rec, err := range job.Batches() {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, textOf(rec)...)
	}
	return out, schema
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d rows, want %d", what, len(got), len(want))
		return
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("%s: row %d:\n got %s\nwant %s", what, i, got[i], want[i])
			return
		}
	}
}
