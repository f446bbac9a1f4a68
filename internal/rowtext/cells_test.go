package rowtext_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	"github.com/apache/arrow/go/v17/arrow/memory"

	df "github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/internal/rowtext"
)

// cells writes rows from to to-1 of the only column of rec.
func cells(t *testing.T, rec arrow.Record, style rowtext.Style, null string, from, to int) []string {
	t.Helper()
	column, err := rowtext.NewColumn(rec.Column(0).DataType(), style, null)
	if err != nil {
		t.Fatal(err)
	}
	defer column.Close()
	var c rowtext.Cells
	column.Append(&c, rec.Column(0), from, to)
	out := make([]string, to-from)
	for i := range out {
		out[i] = string(c.Cell(i))
	}
	return out
}

// TestValues holds one column of every kind of type, with the text of its values
// in CSV and, where that is not the same in quotes, in JSON.
func TestValues(t *testing.T) {
	mustBig := func(s string) decimal256.Num {
		n, err := decimal256.FromString(s, 76, 0)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	least := decimal128.New(math.MinInt64, 0)
	at := time.Date(2024, 2, 29, 23, 5, 9, 120_000_000, time.UTC)
	for _, c := range []struct {
		name   string
		column df.Column
		csv    string // separated by spaces; ∅: null; every case has a null at the end
		json   string // empty: as CSV; quoted: in quotes
	}{
		{"int8", df.ColOf("a", arrow.PrimitiveTypes.Int8, -128, 0, 127, nil), "-128 0 127 ∅", ""},
		{"int16", df.ColOf("a", arrow.PrimitiveTypes.Int16, -32768, 32767, nil), "-32768 32767 ∅", ""},
		{"int32", df.ColOf("a", arrow.PrimitiveTypes.Int32, math.MinInt32, math.MaxInt32, nil), "-2147483648 2147483647 ∅", ""},
		{"int64", df.ColOf("a", arrow.PrimitiveTypes.Int64, math.MinInt64, math.MaxInt64, nil), "-9223372036854775808 9223372036854775807 ∅", ""},
		{"uint8", df.ColOf("a", arrow.PrimitiveTypes.Uint8, 0, 255, nil), "0 255 ∅", ""},
		{"uint16", df.ColOf("a", arrow.PrimitiveTypes.Uint16, 65535, nil), "65535 ∅", ""},
		{"uint32", df.ColOf("a", arrow.PrimitiveTypes.Uint32, uint32(math.MaxUint32), nil), "4294967295 ∅", ""},
		{"uint64", df.ColOf("a", arrow.PrimitiveTypes.Uint64, uint64(math.MaxUint64), nil), "18446744073709551615 ∅", ""},
		{"float64", df.ColOf("a", arrow.PrimitiveTypes.Float64, 0.0, math.Copysign(0, -1), 1.0, -0.1, 1e20, 1e21, 1e-6, 1e-7, 1.5e-10, 5e-324, math.MaxFloat64, 1.0/3, nil),
			"0 -0 1 -0.1 100000000000000000000 1e+21 0.000001 1e-7 1.5e-10 5e-324 1.7976931348623157e+308 0.3333333333333333 ∅", ""},
		{"not numbers", df.ColOf("a", arrow.PrimitiveTypes.Float64, math.NaN(), math.Inf(1), math.Inf(-1), nil), "NaN Infinity -Infinity ∅", "quoted"},
		{"float32", df.ColOf("a", arrow.PrimitiveTypes.Float32, float32(0.1), float32(1e21), float32(1e-7), float32(16777216), nil), "0.1 1e+21 1e-7 16777216 ∅", ""},
		{"float16", df.ColOf("a", arrow.FixedWidthTypes.Float16, 1.5, nil), "1.5 ∅", ""},
		{"bool", df.ColOf("a", arrow.FixedWidthTypes.Boolean, true, false, nil), "true false ∅", ""},
		{"string", df.ColOf("a", arrow.BinaryTypes.String, "x", "", "ñ🙂", " ", nil), "x \"\" ñ🙂 \u2420 ∅", "\"x\" \"\" \"ñ🙂\" \"\u2420\" ∅"},
		{"quoting", df.ColOf("a", arrow.BinaryTypes.String, "a,b", `a"b`, "a\nb", "a\rb", `"`, nil), "\"a,b\" \"a\"\"b\" \"a\nb\" \"a\rb\" \"\"\"\" ∅", `"a,b" "a\"b" "a\nb" "a\rb" "\"" ∅`},
		{"large string", df.ColOf("a", arrow.BinaryTypes.LargeString, "x", "", "a,b", nil), `x "" "a,b" ∅`, `"x" "" "a,b" ∅`},
		{"binary", df.ColOf("a", arrow.BinaryTypes.Binary, []byte{0, 255}, []byte{}, nil), `AP8= "" ∅`, `"AP8=" "" ∅`},
		{"large binary", df.ColOf("a", arrow.BinaryTypes.LargeBinary, []byte("abc"), nil), "YWJj ∅", "quoted"},
		{"fixed-size binary", df.ColOf("a", &arrow.FixedSizeBinaryType{ByteWidth: 3}, []byte("abc"), nil), "YWJj ∅", "quoted"},
		{"decimal128", df.ColOf("a", &arrow.Decimal128Type{Precision: 38, Scale: 2}, 0, 1, -1, 12, -1230, 123, least, nil),
			"0.00 0.01 -0.01 0.12 -12.30 1.23 -1701411834604692317316873037158841057.28 ∅", ""},
		{"decimal128, scale 0", df.ColOf("a", &arrow.Decimal128Type{Precision: 38}, 0, -7, nil), "0 -7 ∅", ""},
		{"decimal128, negative scale", df.ColOf("a", &arrow.Decimal128Type{Precision: 38, Scale: -3}, 0, -7, nil), "0 -7000 ∅", ""},
		{"decimal256", df.ColOf("a", &arrow.Decimal256Type{Precision: 76, Scale: 1}, mustBig("1"), mustBig("-12345678901234567890123456789012345678901234567890"), nil),
			"0.1 -1234567890123456789012345678901234567890123456789.0 ∅", ""},
		{"timestamp, s", df.ColOf("a", &arrow.TimestampType{Unit: arrow.Second}, at, 0, -1, nil), "2024-02-29T23:05:09 1970-01-01T00:00:00 1969-12-31T23:59:59 ∅", "quoted"},
		{"timestamp, ms", df.ColOf("a", &arrow.TimestampType{Unit: arrow.Millisecond}, at, -1, nil), "2024-02-29T23:05:09.12 1969-12-31T23:59:59.999 ∅", "quoted"},
		{"timestamp, us", df.ColOf("a", &arrow.TimestampType{Unit: arrow.Microsecond}, 1, math.MinInt64, nil), "1970-01-01T00:00:00.000001 -290308-12-21T19:59:05.224192 ∅", "quoted"},
		{"timestamp, ns", df.ColOf("a", &arrow.TimestampType{Unit: arrow.Nanosecond}, math.MinInt64, math.MaxInt64, nil),
			"1677-09-21T00:12:43.145224192 2262-04-11T23:47:16.854775807 ∅", "quoted"},
		{"timestamp, far", df.ColOf("a", &arrow.TimestampType{Unit: arrow.Second, TimeZone: "Europe/Madrid"}, math.MaxInt64, nil), "292277026596-12-04T15:30:07Z ∅", "quoted"},
		{"timestamp, UTC", df.ColOf("a", &arrow.TimestampType{Unit: arrow.Second, TimeZone: "UTC"}, at, nil), "2024-02-29T23:05:09Z ∅", "quoted"},
		{"timestamp, offset", df.ColOf("a", &arrow.TimestampType{Unit: arrow.Second, TimeZone: "-03:30"}, at, nil), "2024-02-29T19:35:09-03:30 ∅", "quoted"},
		{"timestamp, zone", df.ColOf("a", &arrow.TimestampType{Unit: arrow.Second, TimeZone: "Europe/Madrid"}, at, time.Date(2024, 7, 1, 12, 0, 0, 0, time.UTC), nil),
			"2024-03-01T00:05:09+01:00 2024-07-01T14:00:00+02:00 ∅", "quoted"},
		{"timestamp, offset with seconds", df.ColOf("a", &arrow.TimestampType{Unit: arrow.Second, TimeZone: "Europe/Madrid"}, time.Date(1890, 1, 1, 0, 0, 0, 0, time.UTC), nil), "1890-01-01T00:00:00Z ∅", "quoted"},
		{"date32", df.ColOf("a", arrow.FixedWidthTypes.Date32, at, 0, -1, -719529, nil), "2024-02-29 1970-01-01 1969-12-31 -0001-12-31 ∅", "quoted"},
		{"date64", df.ColOf("a", arrow.FixedWidthTypes.Date64, 86400000, -1, nil), "1970-01-02 1969-12-31 ∅", "quoted"},
		{"time32", df.ColOf("a", arrow.FixedWidthTypes.Time32ms, 3723004, 86400000, -500, nil), "01:02:03.004 24:00:00 -00:00:00.5 ∅", "quoted"},
		{"time64", df.ColOf("a", arrow.FixedWidthTypes.Time64ns, 1, 0, nil), "00:00:00.000000001 00:00:00 ∅", "quoted"},
		{"duration", df.ColOf("a", arrow.FixedWidthTypes.Duration_ms, 0, 500, -1500, 5400500, 3600000, nil), "PT0S PT0.5S -PT1.5S PT1H30M0.5S PT1H ∅", "quoted"},
		{"duration, extremes", df.ColOf("a", arrow.FixedWidthTypes.Duration_ns, math.MinInt64, math.MaxInt64, nil), "-PT2562047H47M16.854775808S PT2562047H47M16.854775807S ∅", "quoted"},
		{"list", df.ColOf("a", arrow.ListOf(arrow.PrimitiveTypes.Int64), []any{1, nil, 3}, []any{}, []any{7}, nil), `"[1,null,3]" [] [7] ∅`, "[1,null,3] [] [7] ∅"},
		{"list of strings", df.ColOf("a", arrow.LargeListOf(arrow.BinaryTypes.String), []any{`a"b`}, nil), `"[""a\""b""]" ∅`, `["a\"b"] ∅`},
		{"fixed-size list", df.ColOf("a", arrow.FixedSizeListOf(2, arrow.PrimitiveTypes.Int8), []any{1, 2}, nil), `"[1,2]" ∅`, "[1,2] ∅"},
		{"struct", df.ColOf("a", arrow.StructOf(arrow.Field{Name: "x", Type: arrow.PrimitiveTypes.Int8, Nullable: true}, arrow.Field{Name: `y"`, Type: arrow.BinaryTypes.String, Nullable: true}), []any{1, "z"}, []any{nil, nil}, nil),
			`"{""x"":1,""y\"""":""z""}" "{""x"":null,""y\"""":null}" ∅`, `{"x":1,"y\"":"z"} {"x":null,"y\"":null} ∅`},
		{"dictionary", df.ColOf("a", &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}, "x", "a,b", "x", "", nil), `x "a,b" x "" ∅`, `"x" "a,b" "x" "" ∅`},
		{"null", df.ColOf("a", arrow.Null, nil, nil), "∅ ∅", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec := df.Batch(c.column)
			check := func(style rowtext.Style, want string) {
				t.Helper()
				wanted := strings.Split(want, " ")
				for i := range wanted {
					wanted[i] = strings.ReplaceAll(wanted[i], "\u2420", " ")
				}
				for from := range wanted { // every run of rows, and of a sliced column
					for to := from; to <= len(wanted); to++ {
						got := cells(t, rec, style, "∅", from, to)
						part := rec.NewSlice(int64(from), int64(to))
						sliced := cells(t, part, style, "∅", 0, to-from)
						for i := range got {
							if got[i] != wanted[from+i] || sliced[i] != wanted[from+i] {
								t.Fatalf("style %d, rows %d to %d: row %d is %q, sliced %q, want %q", style, from, to, from+i, got[i], sliced[i], wanted[from+i])
							}
						}
					}
				}
			}
			check(rowtext.CSV, c.csv)
			switch c.json {
			case "":
				check(rowtext.JSON, c.csv)
			case "quoted":
				quoted := strings.Split(c.csv, " ")
				for i, s := range quoted {
					if s != "∅" {
						quoted[i] = `"` + s + `"`
					}
				}
				check(rowtext.JSON, strings.Join(quoted, " "))
			default:
				check(rowtext.JSON, c.json)
			}
		})
	}
}

// TestRareTypes builds what the harness has no columns of.
func TestRareTypes(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer alloc.AssertSize(t, 0)
	for _, c := range []struct {
		t          arrow.DataType
		from       string // JSON, as the Arrow library reads it
		style      rowtext.Style
		null, want string // want is separated by spaces
	}{
		{arrow.FixedWidthTypes.MonthInterval, `[{"months":14},null]`, rowtext.CSV, "∅", "P14M ∅"},
		{arrow.FixedWidthTypes.DayTimeInterval, `[{"days":-3,"milliseconds":500},{"days":0,"milliseconds":0}]`, rowtext.CSV, "∅", "P-3DT0.5S PT0S"},
		{arrow.FixedWidthTypes.MonthDayNanoInterval, `[{"months":1,"days":3,"nanoseconds":-1500000000},{"months":2,"days":0,"nanoseconds":0}]`, rowtext.CSV, "∅", "P1M3DT-1.5S P2M"},
		{arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64), `[[{"key":"a","value":1}],null,[]]`, rowtext.JSON, "null", `[{"key":"a","value":1}] null []`},
		{arrow.ListViewOf(arrow.PrimitiveTypes.Int64), `[[1,2],null,[],[3]]`, rowtext.JSON, "null", "[1,2] null [] [3]"},
		{arrow.BinaryTypes.StringView, `["a,b",null,"a string that is longer than twelve bytes",""]`, rowtext.CSV, "∅", `"a,b" ∅ a_string_that_is_longer_than_twelve_bytes ""`},
		{arrow.BinaryTypes.BinaryView, `["YWJj",null]`, rowtext.JSON, "null", `"YWJj" null`},
		{arrow.RunEndEncodedOf(arrow.PrimitiveTypes.Int32, arrow.BinaryTypes.String), `["a","a",null,"b"]`, rowtext.CSV, "∅", "a a ∅ b"},
		{arrow.SparseUnionOf([]arrow.Field{{Name: "i", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, {Name: "s", Type: arrow.BinaryTypes.String, Nullable: true}}, []arrow.UnionTypeCode{5, 7}), `[[5,1],[7,"x"],[5,null]]`, rowtext.CSV, "∅", "1 x ∅"},
		{arrow.DenseUnionOf([]arrow.Field{{Name: "i", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, {Name: "s", Type: arrow.BinaryTypes.String, Nullable: true}}, []arrow.UnionTypeCode{5, 7}), `[[5,1],[7,"x"],[5,2]]`, rowtext.JSON, "null", `1 "x" 2`},
		{arrow.ListOf(arrow.ListOf(arrow.FixedWidthTypes.Date32)), `[[["1970-01-02"],[]],null]`, rowtext.JSON, "null", `[["1970-01-02"],[]] null`},
		{arrow.StructOf(), `[{},null]`, rowtext.JSON, "null", `{} null`},
	} {
		t.Run(c.t.String(), func(t *testing.T) {
			arr, _, err := array.FromJSON(alloc, c.t, strings.NewReader(c.from))
			if err != nil {
				t.Fatal(err)
			}
			defer arr.Release()
			want := strings.Split(c.want, " ")
			for from := range want {
				part := array.NewSlice(arr, int64(from), int64(arr.Len()))
				defer part.Release()
				column, err := rowtext.NewColumn(c.t, c.style, c.null)
				if err != nil {
					t.Fatal(err)
				}
				defer column.Close()
				var got rowtext.Cells
				column.Append(&got, part, 0, part.Len())
				for i := range part.Len() {
					if text := strings.ReplaceAll(string(got.Cell(i)), " ", "_"); text != want[from+i] {
						t.Errorf("from row %d: row %d is %s, want %s", from, from+i, text, want[from+i])
					}
				}
			}
		})
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct {
		t    arrow.DataType
		want string
	}{
		{&arrow.TimestampType{Unit: arrow.Second, TimeZone: "Nowhere/Land"}, `time zone "Nowhere/Land" of timestamp[s, tz=Nowhere/Land]: `},
		{arrow.StructOf(arrow.Field{Name: "at", Type: arrow.ListOf(&arrow.TimestampType{TimeZone: "Nowhere/Land"})}), `field "at": time zone "Nowhere/Land"`},
	} {
		if _, err := rowtext.NewColumn(c.t, rowtext.CSV, ""); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.t, err, c.want)
		}
	}
}

// TestDictionaryText follows a dictionary that is shared, exchanged, and larger
// than what reading it whole would pay for.
func TestDictionaryText(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer alloc.AssertSize(t, 0)
	kind := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint16, ValueType: arrow.BinaryTypes.String}
	column, err := rowtext.NewColumn(kind, rowtext.CSV, "∅")
	if err != nil {
		t.Fatal(err)
	}
	for _, entries := range []int{3, 3, 1000, 5} {
		values := array.NewStringBuilder(alloc)
		for i := range entries {
			values.Append(strings.Repeat("v", i%7+1))
		}
		dict := values.NewArray()
		values.Release()
		codes := array.NewUint16Builder(alloc)
		for i := range 4 {
			codes.Append(uint16((entries - 1) * i / 3))
		}
		codes.AppendNull()
		indices := codes.NewArray()
		codes.Release()
		arr := array.NewDictionaryArray(kind, indices, dict)
		for range 2 { // the second time from what was kept
			var c rowtext.Cells
			column.Append(&c, arr, 0, 5)
			for i := range 4 {
				want := strings.Repeat("v", ((entries-1)*i/3)%7+1)
				if got := string(c.Cell(i)); got != want {
					t.Errorf("%d entries, row %d: %q, want %q", entries, i, got, want)
				}
			}
			if got := string(c.Cell(4)); got != "∅" {
				t.Errorf("%d entries: a null is %q", entries, got)
			}
		}
		arr.Release()
		indices.Release()
		dict.Release()
	}
	column.Close()
}
