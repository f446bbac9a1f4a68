// Package duckdb_test checks that DuckDB reads what arrowmill writes, and the
// reverse, for the common types with nulls. DuckDB has no reader of Arrow IPC
// files of its own: those are compared with pyarrow.
package duckdb_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	_ "github.com/duckdb/duckdb-go/v2"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/io/csvio"
	"github.com/arrowmill/arrowmill/io/jsonlio"
	"github.com/arrowmill/arrowmill/io/parquetio"
)

// column is a column as both sides declare it, and how DuckDB makes its value of
// the number of a row, i.
type column struct {
	name, duck, value string
	arrow             arrow.DataType
}

var plain = []column{
	{"id", "BIGINT", "i", arrow.PrimitiveTypes.Int64},
	{"b", "BOOLEAN", "i % 2 = 0", arrow.FixedWidthTypes.Boolean},
	{"i8", "TINYINT", "i % 256 - 128", arrow.PrimitiveTypes.Int8},
	{"i16", "SMALLINT", "i * 31 % 65536 - 32768", arrow.PrimitiveTypes.Int16},
	{"i32", "INTEGER", "i * 1000003 % 2147483648 - 1073741824", arrow.PrimitiveTypes.Int32},
	{"i64", "BIGINT", "case when i % 9 = 0 then -9223372036854775808 when i % 9 = 1 then 9223372036854775807 else i * 1000000007 end", arrow.PrimitiveTypes.Int64},
	{"u8", "UTINYINT", "i % 256", arrow.PrimitiveTypes.Uint8},
	{"u16", "USMALLINT", "i * 31 % 65536", arrow.PrimitiveTypes.Uint16},
	{"u32", "UINTEGER", "i * 1000003 % 2147483648", arrow.PrimitiveTypes.Uint32},
	{"u64", "UBIGINT", "case when i % 9 = 0 then 18446744073709551615 else i end", arrow.PrimitiveTypes.Uint64},
	{"f32", "FLOAT", "i / 7.0 - 100", arrow.PrimitiveTypes.Float32},
	{"f64", "DOUBLE", "case when i % 9 = 0 then -0.0::double else i::double / 7 - 1e-9 end", arrow.PrimitiveTypes.Float64},
	{"s", "VARCHAR", `case i % 6 when 0 then '' when 1 then 'a,"b"' when 2 then 'zwei' || chr(10) || 'Zeilen' when 3 then 'größer 🦆' when 4 then ' null ' else 'w' || (i % 50) end`, arrow.BinaryTypes.String},
	{"date", "DATE", "DATE '1969-01-01' + (i::integer * 13 % 40000)", arrow.FixedWidthTypes.Date32},
	{"ts", "TIMESTAMP", "TIMESTAMP '1960-01-01 00:00:00' + to_microseconds(i * 1234567890123)", arrow.FixedWidthTypes.Timestamp_us},
	{"dec", "DECIMAL(12,2)", "(i * 17 - 5000) / 4", &arrow.Decimal128Type{Precision: 12, Scale: 2}},
}

func init() {
	plain[14].arrow = &arrow.TimestampType{Unit: arrow.Microsecond}
}

var (
	moments = []column{
		{"tz", "TIMESTAMPTZ", "(TIMESTAMP '1960-01-01 00:00:00' + to_microseconds(i * 1234567890123)) at time zone 'UTC'", &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}},
		{"time", "TIME", "TIME '00:00:00' + to_microseconds(i * 7654321)", arrow.FixedWidthTypes.Time64us},
	}
	bytes  = []column{{"bin", "BLOB", `('\xFF\x00'::blob || encode('x' || i))`, arrow.BinaryTypes.Binary}}
	nested = []column{
		{"l", "BIGINT[]", "case i % 3 when 0 then [] when 1 then [i, null, -i] else [i] end", arrow.ListOf(arrow.PrimitiveTypes.Int64)},
		{"st", "STRUCT(a INTEGER, b VARCHAR)", "{'a': case when i % 3 = 0 then null else i end, 'b': 'x' || i}",
			arrow.StructOf(arrow.Field{Name: "a", Type: arrow.PrimitiveTypes.Int32, Nullable: true}, arrow.Field{Name: "b", Type: arrow.BinaryTypes.String, Nullable: true})},
	}
)

const rows = 5000

// duck is a database in memory with a table of columns, in which nearly every
// fifth value is null.
func duck(t *testing.T, columns []column) *sql.DB {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	exec(t, db, "set timezone = 'UTC'")
	var values []string
	for k, c := range columns {
		values = append(values, fmt.Sprintf("(case when i %% 5 = %d then null else %s end)::%s as %q", 1+k%4, c.value, c.duck, c.name))
	}
	values[0] = "i as id"
	exec(t, db, fmt.Sprintf("create table t as select %s from range(%d) r(i) order by i", strings.Join(values, ", "), rows))
	return db
}

func exec(t *testing.T, db *sql.DB, query string) {
	t.Helper()
	if _, err := db.Exec(query); err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
}

func types(columns []column) map[string]arrow.DataType {
	out := map[string]arrow.DataType{}
	for _, c := range columns {
		out[c.name] = c.arrow
	}
	return out
}

// duckColumns is the columns as an argument of DuckDB's readers.
func duckColumns(columns []column) string {
	var parts []string
	for _, c := range columns {
		parts = append(parts, fmt.Sprintf("'%s': '%s'", c.name, c.duck))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// thereAndBack reads a file of DuckDB's, writes it, and has DuckDB read that.
func thereAndBack(t *testing.T, db *sql.DB, what string, from dataflow.Source, to dataflow.Sink, query string) {
	t.Helper()
	got, schema := scanRows(t, from)
	want := duckRows(t, db, "select * from t order by id", schema)
	same(t, what+": DuckDB writes", got, want)
	g := dataflow.New()
	g.Source("in", from).Sink("out", to)
	if _, err := executor.Run(t.Context(), g, executor.Options{}); err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	same(t, what+": DuckDB reads", duckRows(t, db, query, schema), want)
}

func TestParquet(t *testing.T) {
	db := duck(t, slices.Concat(plain, moments, bytes, nested))
	dir := t.TempDir()
	for i, codec := range []string{"uncompressed", "snappy", "gzip", "zstd", "brotli", "lz4_raw"} {
		for _, version := range []string{"v1", "v2"} {
			path, back := filepath.Join(dir, codec+version+".parquet"), filepath.Join(dir, "back.parquet")
			exec(t, db, fmt.Sprintf("copy t to '%s' (format parquet, codec '%s', parquet_version '%s', row_group_size 2048)", path, codec, version))
			c := [...]parquetio.Codec{parquetio.Zstd, parquetio.Snappy, parquetio.None}[i%3]
			thereAndBack(t, db, fmt.Sprintf("%s %s, %v", codec, version, c), parquetio.Scan(path), parquetio.Write(back, parquetio.Compression(c)), "from '"+back+"'")
		}
	}
}

// DuckDB writes deltas of 32-bit integers that take 33 bits, and beginnings of
// unsigned ones that take 32. Sums wrap around.
func TestParquetWideDeltas(t *testing.T) {
	for _, c := range []column{
		{"n", "UINTEGER", "4294967295 - i", arrow.PrimitiveTypes.Uint32},
		{"n", "INTEGER", "case when i % 2 = 0 then -2147483648 + i else 2147483647 - i end", arrow.PrimitiveTypes.Int32},
	} {
		t.Run(c.duck, func(t *testing.T) {
			db := duck(t, []column{plain[0], c})
			path := filepath.Join(t.TempDir(), "a.parquet")
			exec(t, db, fmt.Sprintf("copy t to '%s' (format parquet, parquet_version 'v2')", path))
			in := parquetio.Scan(path)
			got, schema := scanRows(t, in)
			same(t, "wide deltas", got, duckRows(t, db, "select * from t order by id", schema))
			if s := in.Stats(); s.LibraryValues > 0 {
				t.Errorf("decoded: %s", s)
			}
		})
	}
}

func TestCSV(t *testing.T) {
	columns := slices.Concat(plain, moments)
	db := duck(t, columns)
	path, back := filepath.Join(t.TempDir(), "a.csv"), filepath.Join(t.TempDir(), "back.csv")
	exec(t, db, fmt.Sprintf("copy t to '%s' (header)", path))
	query := fmt.Sprintf("from read_csv('%s', header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false, columns = %s)", back, duckColumns(columns))
	thereAndBack(t, db, "types told", csvio.Scan(path).Types(types(columns)), csvio.Write(back), query)
}

func TestJSONLines(t *testing.T) {
	columns := slices.Concat(plain, moments, nested)
	for i, c := range columns {
		if c.name == "f64" { // DuckDB reads -0 as the integer 0
			columns[i].value = "i::double / 7 - 1e-9"
		}
	}
	db := duck(t, columns)
	path, back := filepath.Join(t.TempDir(), "a.jsonl"), filepath.Join(t.TempDir(), "back.jsonl")
	exec(t, db, fmt.Sprintf("copy t to '%s' (format json)", path))
	query := fmt.Sprintf("from read_json('%s', format = 'newline_delimited', columns = %s)", back, duckColumns(columns))
	thereAndBack(t, db, "types told", jsonlio.Scan(path).Types(types(columns)), jsonlio.Write(back), query)
}
