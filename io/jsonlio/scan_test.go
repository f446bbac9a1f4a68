package jsonlio

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	df "github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/internal/utf8fix"
	"github.com/arrowmill/arrowmill/io/file"
	"github.com/arrowmill/arrowmill/io/file/textsink/sinktest"
)

func TestScan(t *testing.T) {
	type row = []any
	day := time.Date(2021, 1, 2, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, text, schema string
		rows               [][]any
	}{
		{"nothing", "", "", nil},
		{"empty lines", "\n \r\n{\"a\":1}\r\n\n", "a int64", [][]any{{int64(1)}}},
		{"a mark and no line feed", "\xef\xbb\xbf{\"a\":1}", "a int64", [][]any{{int64(1)}}},
		{"first appearance", `{"b":1}` + "\n" + `{"a":2,"b":3}`, "b int64, a int64", [][]any{{int64(1), nil}, {int64(3), int64(2)}}},
		{"white space", " { \"a\" : [ 1 , 2 ] , \"b\" : { } } \t\n", "a list(int64), b struct<>", [][]any{{row{int64(1), int64(2)}, row{}}}},
		{"numbers", `{"i":9007199254740993,"f":1,"u":18446744073709551615}` + "\n" + `{"i":-9223372036854775808,"f":0.5,"u":1}`, "i int64, f float64, u uint64",
			[][]any{{int64(9007199254740993), 1.0, uint64(math.MaxUint64)}, {int64(math.MinInt64), 0.5, uint64(1)}}},
		{"not finite", `{"f":"NaN"}` + "\n" + `{"f":-0}` + "\n" + `{"f":"-Infinity"}`, "f float64", [][]any{{math.NaN()}, {math.Copysign(0, -1)}, {math.Inf(-1)}}},
		{"NaN alone", `{"f":"NaN"}`, "f text", [][]any{{"NaN"}}},
		{"numbers too big", `{"n":123456789012345678901234}` + "\n" + `{"n":5}`, "n text", [][]any{{"123456789012345678901234"}, {"5"}}},
		{"bools and nulls", `{"a":true,"b":null}` + "\n" + `{"a":null}`, "a bool, b text", [][]any{{true, nil}, {nil, nil}}},
		{"strings", `{"a":"x\ty\"\\\/\b\f\n\r\u00e9\ud83d\ude42\ud83dx\ude42"}` + "\n" + `{"a":""}` + "\n" + `{"a":"12"}`, "a text", [][]any{{"x\ty\"\\/\b\f\n\ré🙂\ufffdx\ufffd"}, {""}, {"12"}}},
		{"digits in strings", `{"a":"12"}`, "a text", [][]any{{"12"}}},
		{"dates", `{"d":"2021-01-02","t":"2021-01-02T03:04:05Z","c":"03:04"}`, "d date, t timestamp[us, UTC], c time",
			[][]any{{day, day.Add(3*time.Hour + 4*time.Minute + 5*time.Second), 3*time.Hour + 4*time.Minute}}},
		{"dates and others", `{"d":"2021-01-02"}` + "\n" + `{"d":""}`, "d text", [][]any{{"2021-01-02"}, {""}}},
		{"escaped keys", `{"\u0061":1,"b\"":2}` + "\n" + `{"a":3}`, `a int64, b" int64`, [][]any{{int64(1), int64(2)}, {int64(3), nil}}},
		{"nested", `{"o":{"x":1,"l":[{"y":"a"},null,{"z":[[1.5],[]]}]}}` + "\n" + `{"o":null}` + "\n" + `{"o":{"l":[]}}` + "\n" + `{}`,
			"o struct<x: int64, l: list<item: struct<y: utf8, z: list<item: list<item: float64, nullable>, nullable>>, nullable>>",
			[][]any{{row{int64(1), row{row{"a", nil}, nil, row{nil, row{row{1.5}, row{}}}}}}, {nil}, {row{nil, row{}}}, {nil}}},
		{"empty lists", `{"l":[]}` + "\n" + `{"l":[null]}`, "l list(text)", [][]any{{row{}}, {row{nil}}}},
		{"no keys", "{}\n{}\n", "", [][]any{nil, nil}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := write(t, "f.jsonl", c.text)
			got := read(t, Scan(path), how{})
			if got.err != nil || got.schema != c.schema {
				t.Fatalf("got %q (%v), want %q", got.schema, got.err, c.schema)
			}
			same(t, c.name, got.rows, c.rows)
		})
	}
}

// Every way to cut a text gives the rows of the whole.
func TestEverySplit(t *testing.T) {
	text := "{\"a\":1,\"s\":\"x\\ny\"}\r\n\n{\"s\":\"é\",\"a\":22}\n  \n{\"a\":3,\"l\":[1,2,{\"k\":null}]}\n{\"s\":\"a long one that is longer than others\"}\n{\"a\":5}"
	text = strings.Replace(text, "[1,2,{", "[{\"k\":1},{", 1)
	path := write(t, "f.jsonl", text)
	want := read(t, Scan(path), how{})
	if want.err != nil || len(want.rows) != 5 {
		t.Fatalf("%d rows (%v)", len(want.rows), want.err)
	}
	packed := write(t, "f.jsonl.gz", gzipped(t, text))
	for splitBytes := int64(1); splitBytes <= int64(len(text)); splitBytes++ {
		for _, rows := range []int{1, 2, 100} {
			for _, buffer := range []int{1, 16, 1 << 20} {
				got := read(t, Scan(path).buffer(buffer), how{splitBytes: splitBytes, batchRows: rows})
				if got.err != nil || got.schema != want.schema {
					t.Fatalf("splits of %d, %d rows, buffer %d: %q, %v", splitBytes, rows, buffer, got.schema, got.err)
				}
				same(t, fmt.Sprintf("splits of %d, %d rows, buffer %d", splitBytes, rows, buffer), got.rows, want.rows)
			}
		}
	}
	for _, buffer := range []int{1, 16, 1 << 20} {
		for _, blocks := range []bool{false, true} {
			got := read(t, Scan(packed).buffer(buffer), how{batchRows: 2, blocks: blocks})
			if got.err != nil || blocks && buffer == 16 && got.blocks < 2 {
				t.Fatalf("buffer %d: %d blocks, %v", buffer, got.blocks, got.err)
			}
			same(t, fmt.Sprintf("packed, buffer %d", buffer), got.rows, want.rows)
		}
		stdin(t, text)
		got := read(t, Scan(file.Stdin).buffer(buffer).sampling(1+buffer), how{blocks: buffer > 1})
		if got.err == nil {
			same(t, "standard input", got.rows, want.rows)
		} else if buffer > 100 || !strings.Contains(got.err.Error(), "no such key") {
			t.Errorf("standard input: %v", got.err)
		}
	}
}

// What jsonlio writes is read back, of every type that it has.
func TestRoundTrip(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	types := []arrow.DataType{
		arrow.FixedWidthTypes.Boolean, arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Uint64, arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64,
		&arrow.Decimal128Type{Precision: 38, Scale: 5}, arrow.BinaryTypes.String, arrow.BinaryTypes.LargeString, arrow.BinaryTypes.Binary,
		&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String},
		arrow.FixedWidthTypes.Date32, arrow.FixedWidthTypes.Time32ms, arrow.FixedWidthTypes.Time64ns, arrow.FixedWidthTypes.Duration_ms,
		&arrow.TimestampType{Unit: arrow.Nanosecond}, &arrow.TimestampType{Unit: arrow.Second, TimeZone: "Asia/Kolkata"}, arrow.Null,
	}
	n := len(types)
	for i := range n {
		if types[i].ID() == arrow.DICTIONARY {
			continue // the harness has none within others
		}
		field := arrow.Field{Name: `a "quoted" name`, Type: types[i], Nullable: true}
		types = append(types, arrow.ListOf(types[i]), arrow.StructOf(field, arrow.Field{Name: "l", Type: arrow.LargeListOf(types[i]), Nullable: true}),
			arrow.ListOf(arrow.StructOf(field)), arrow.FixedSizeListOf(2, types[i]))
	}
	var fields []arrow.Field
	told := map[string]arrow.DataType{}
	for i, of := range types {
		name := fmt.Sprintf("c%d.%v", i, of.ID())
		fields = append(fields, arrow.Field{Name: name, Type: of, Nullable: true})
		told[name] = of
	}
	for _, rows := range []int{0, 1, 200} {
		rec := df.Random(rng.Uint64(), rows+2, fields...)
		rec = rec.NewSlice(2, int64(rows+2))
		path := filepath.Join(t.TempDir(), "f.jsonl")
		if err := sinktest.Write(t, Write(path), rec); err != nil {
			t.Fatal(err)
		}
		got := read(t, Scan(path).Types(told), how{splitBytes: 3000, batchRows: 1 + rng.IntN(100)})
		if got.err != nil {
			t.Fatalf("seed %d: %v", seed, got.err)
		}
		if rows > 0 {
			same(t, fmt.Sprint("seed ", seed), got.rows, df.Rows(rec))
		}
	}
}

// TestAgainstEncodingJSON makes random lines, whose types are inferred, and reads
// them with encoding/json.
func TestAgainstEncodingJSON(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 30 {
		kinds := make([]func() any, 1+rng.IntN(5))
		for i := range kinds {
			kinds[i] = randomKind(rng, 2)
		}
		var b strings.Builder
		var lines []map[string]any
		for range 1 + rng.IntN(200) {
			row := map[string]any{}
			for i, k := range kinds {
				if rng.IntN(4) > 0 {
					row[fmt.Sprint("k", i)] = k()
				}
			}
			text, err := json.Marshal(row)
			if err != nil {
				t.Fatal(err)
			}
			b.Write(text)
			b.WriteString("\n")
			d := json.NewDecoder(strings.NewReader(string(text)))
			d.UseNumber()
			back := map[string]any{}
			if err := d.Decode(&back); err != nil {
				t.Fatal(err)
			}
			lines = append(lines, back)
		}
		path := write(t, "f.jsonl", b.String())
		s := Scan(path)
		got := read(t, s, how{splitBytes: 1 + rng.Int64N(3000), batchRows: 1 + rng.IntN(100)})
		if got.err != nil {
			t.Fatalf("seed %d: %v", seed, got.err)
		}
		schema, err := s.Schema(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var want [][]any
		for _, line := range lines {
			row := []any{}
			for _, f := range schema.Fields() {
				row = append(row, asValue(line[f.Name], f.Type))
			}
			want = append(want, row)
		}
		same(t, fmt.Sprintf("seed %d: %v", seed, schema), got.rows, want)
	}
}

// randomKind is a maker of values of one kind.
func randomKind(rng *rand.Rand, depth int) func() any {
	null := func(make func() any) func() any {
		return func() any {
			if rng.IntN(5) == 0 {
				return nil
			}
			return make()
		}
	}
	switch k := rng.IntN(7); {
	case k == 0:
		return null(func() any { return rng.IntN(2) == 0 })
	case k == 1:
		return null(func() any { return int64(rng.Uint64()) >> rng.IntN(64) })
	case k == 2:
		return null(func() any { return math.Ldexp(rng.Float64()-0.5, rng.IntN(100)) })
	case k == 3 && depth > 0:
		element := randomKind(rng, depth-1)
		return null(func() any {
			list := make([]any, rng.IntN(4))
			for i := range list {
				list[i] = element()
			}
			return list
		})
	case k == 4 && depth > 0:
		a, b := randomKind(rng, depth-1), randomKind(rng, depth-1)
		return null(func() any {
			o := map[string]any{}
			if rng.IntN(3) > 0 {
				o["a"] = a()
			}
			if rng.IntN(3) > 0 {
				o["b <&>\u2028"] = b()
			}
			return o
		})
	}
	return null(func() any {
		parts := []string{"", "a", "<b>", "\"", "\\", "\n", "é", "🙂", "\u2028", "\x00", "a longer piece of text", "12", "/"}
		s := "x"
		for range rng.IntN(4) {
			s += parts[rng.IntN(len(parts))]
		}
		return s
	})
}

// asValue is what encoding/json read as a value of a type.
func asValue(v any, of arrow.DataType) any {
	switch v := v.(type) {
	case json.Number:
		switch of.ID() {
		case arrow.INT64:
			n, _ := v.Int64()
			return n
		case arrow.FLOAT64:
			f, _ := v.Float64()
			return f
		}
		return v.String()
	case []any:
		out := []any{}
		for _, e := range v {
			out = append(out, asValue(e, of.(*arrow.ListType).Elem()))
		}
		return out
	case map[string]any:
		out := []any{}
		for _, f := range of.(*arrow.StructType).Fields() {
			out = append(out, asValue(v[f.Name], f.Type))
		}
		return out
	}
	return v
}

// What a column was told to be.
func TestTypes(t *testing.T) {
	path := write(t, "f.jsonl", `{"id":"00501","n":5,"mix":1,"d":"2021-01-02","raw":{"a": [1,"\u0041"]}}`+"\n"+`{"id":"7","n":6.5,"mix":"x\n","d":null,"raw":null}`+"\n"+`{"mix":[true, null]}`+"\n")
	s := Scan(path).Type("id", arrow.PrimitiveTypes.Int32).Types(map[string]arrow.DataType{
		"n": arrow.PrimitiveTypes.Float32, "mix": arrow.BinaryTypes.String, "d": &arrow.TimestampType{Unit: arrow.Second}, "raw": arrow.BinaryTypes.LargeString, "more": arrow.FixedWidthTypes.Boolean})
	got := read(t, s, how{})
	if want := "id int32, n float32, mix text, d timestamp[s], raw large_text, more bool"; got.err != nil || got.schema != want {
		t.Fatalf("got %q (%v), want %q", got.schema, got.err, want)
	}
	same(t, "told", got.rows, [][]any{
		{int32(501), float32(5), "1", time.Date(2021, 1, 2, 0, 0, 0, 0, time.UTC), `{"a": [1,"\u0041"]}`, nil},
		{int32(7), float32(6.5), "x\n", nil, nil, nil},
		{nil, nil, "[true, null]", nil, nil, nil}})
}

func TestPruned(t *testing.T) {
	path := write(t, "f.jsonl", `{"a":1,"b":{"x":[1,"}"]},"c":"x"}`+"\n"+`{"c":"y","a":2}`+"\n")
	s := Scan(path).Type("b", arrow.BinaryTypes.String).Type("c", arrow.PrimitiveTypes.Int64)
	for _, c := range []struct {
		columns []string
		want    string
		rows    [][]any
	}{
		{[]string{"b", "a"}, "a int64, b text", [][]any{{int64(1), `{"x":[1,"}"]}`}, {int64(2), nil}}},
		{[]string{"a"}, "a int64", [][]any{{int64(1)}, {int64(2)}}},
		{[]string{}, "", [][]any{nil, nil}},
	} {
		got := read(t, s.PruneColumns(c.columns).(*Source), how{})
		if got.err != nil || got.schema != c.want {
			t.Fatalf("got %q (%v), want %q", got.schema, got.err, c.want)
		}
		same(t, c.columns, got.rows, c.rows)
		// Bad values of columns that nobody wants are bad all the same where bad rows are left out.
		if got := read(t, s.BadRows(Skip).PruneColumns(c.columns).(*Source), how{}); got.err != nil || len(got.rows) != 0 || got.warned[Skip.Warning()] != 2 {
			t.Errorf("%d rows, %v warned (%v)", len(got.rows), got.warned, got.err)
		}
	}
	twice := s.PruneColumns([]string{"a", "b"}).(*Source).PruneColumns([]string{"b", "c"}).(*Source)
	if got := twice.String(); !strings.HasSuffix(got, "b=text, c=int64, columns b") {
		t.Errorf("got %q", got)
	}
}

func TestBadLines(t *testing.T) {
	good := strings.Repeat("{\"a\":1,\"s\":\"x\",\"o\":{\"k\":1},\"l\":[1]}\n", 50)
	for _, c := range []struct{ line, want string }{
		{`{"a":2.5}`, `byte 1805: column "a": 2.5 is not a value of type int64; to read the column as float64: --type 'a=float64', or Type("a", arrow.PrimitiveTypes.Float64)`},
		{`{"a":"2"}`, `byte 1805: column "a": "2" is not a value of type int64; to read the column as text: --type 'a=text', or Type("a", arrow.BinaryTypes.String)`},
		{`{"a":9223372036854775808}`, `column "a": 9223372036854775808 is not a value of type int64`},
		{`{"a":true}`, `column "a": true is not a value of type int64`},
		{`{"s":1}`, `column "s": 1 is not a value of type text`},
		{`{"o":[]}`, `column "o": [] is not a value of type struct<k: int64>`},
		{`{"o":{"k":"x"}}`, `column "o.k": "x" is not a value of type int64; to read column "o" as JSON text: --type 'o=text'`},
		{`{"l":[1,2.5]}`, `byte 1808: column "l[]": 2.5 is not a value of type int64; to read column "l" as JSON text: --type 'l=text', or Type("l", arrow.BinaryTypes.String)`},
		{`{"z":1}`, `byte 1801: key "z": the lines that columns were inferred from have no such key; to have it as a column: --type 'z=text', or Type("z", arrow.BinaryTypes.String)`},
		{`{"o":{"z":1}}`, `key "o.z": the lines that columns were inferred from have no such key; to read column "o" as JSON text: --type 'o=text'`},
		{`{"a":1,"a":2}`, `byte 1807: "a": the object has this key twice; mend the line, or have bad rows left out`},
		{`{"o":{"k":1,"k":2}}`, `"o.k": the object has this key twice`},
		{`{"a":1`, "the line ends within a value"},
		{`{"a":`, "the line ends within a value"},
		{`{"s":"x`, "the line ends within a value"},
		{`{"s":"x\`, "escape"},
		{`{"a":1}}`, "something stands behind the object"},
		{`{"a":1}{"a":2}`, "something stands behind the object"},
		{`[1]`, "a JSON object is wanted on each line"},
		{`null`, "a JSON object is wanted on each line"},
		{`{"a":01}`, "this is not a number as JSON writes it"},
		{`{"a":1.}`, "this is not a number as JSON writes it"},
		{`{"a":-}`, "this is not a number as JSON writes it"},
		{`{"a":1e}`, "this is not a number as JSON writes it"},
		{`{"a":+1}`, "this is no JSON value"},
		{`{"a":NaN}`, "this is no JSON value"},
		{`{"a":nul}`, "this is no JSON value"},
		{`{"s":"\x"}`, "a string has an escape that JSON does not know"},
		{`{"s":"\u12"}`, "a string has an escape that JSON does not know"},
		{"{\"s\":\"a\tb\"}", "a string has a control character that is not escaped"},
		{`{"a" 1}`, "a colon is wanted behind a key"},
		{`{a:1}`, "a key in double quotes is wanted"},
		{`{"a":1,}`, "a key in double quotes is wanted"},
		{`{"l":[1,]}`, "this is no JSON value"},
		{`{"l":[1 2]}`, "a comma or the closing bracket is wanted"},
		{`{"l":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`, "values are nested more than 512 deep"},
	} {
		text := good + c.line + "\n" + good + good // not in the middle, which is looked at
		path := write(t, "f.jsonl", text)
		bare := Scan(path).sampling(100)
		for _, h := range []how{{}, {splitBytes: 700}, {splitBytes: 1900, batchRows: 7}} {
			s := bare.buffer([]int{1 << 20, 500}[h.batchRows%2])
			got := read(t, s, h)
			var pe *ParseError
			if !errors.As(got.err, &pe) || !strings.Contains(got.err.Error(), c.want) || !strings.Contains(got.err.Error(), "f.jsonl:51: byte ") {
				t.Errorf("%s: %v, want %s", c.line, got.err, c.want)
				continue
			}
			if pe.Line != 51 || pe.Byte < int64(len(good)) || pe.Byte > int64(len(good)+len(c.line)) {
				t.Errorf("%s: line %d, byte %d", c.line, pe.Line, pe.Byte)
			}
			if h.splitBytes == 0 && len(got.rows) != 0 || len(got.rows) > 50 {
				t.Errorf("%s: %d rows before the error", c.line, len(got.rows))
			}
			skipped := read(t, s.BadRows(Skip), h)
			if skipped.err != nil || len(skipped.rows) != 150 || skipped.warned[Skip.Warning()] != 1 {
				t.Errorf("%s: skipped: %d rows, %v warned (%v)", c.line, len(skipped.rows), skipped.warned, skipped.err)
			}
			rejects := filepath.Join(t.TempDir(), "bad.jsonl")
			rejected := read(t, s.BadRows(Reject(rejects)), h)
			if left, err := os.ReadFile(rejects); rejected.err != nil || err != nil || string(left) != c.line+"\n" || len(rejected.rows) != 150 || rejected.warned[Reject("").Warning()] != 1 {
				t.Errorf("%s: rejected %q, %d rows, %v warned (%v, %v)", c.line, left, len(rejected.rows), rejected.warned, rejected.err, err)
			}
		}
	}
}

// Rejected lines stand in source order, whatever is wrong with them.
func TestRejectedOrder(t *testing.T) {
	var text, want strings.Builder
	for i := range 500 {
		line := fmt.Sprintf(`{"a":%d,"s":"x\n"}`, i)
		switch i % 7 {
		case 2:
			line = fmt.Sprintf(`{"a":%d.5}`, i)
		case 3:
			line = fmt.Sprintf(`{"a":%d`, i)
		case 5:
			line = fmt.Sprintf(`{"s":"\u0041","a":%d,"unknown":1}`, i)
		}
		text.WriteString(line + "\n")
		if m := i % 7; m == 2 || m == 3 || m == 5 {
			want.WriteString(line + "\n")
		}
	}
	good := `{"a":1,"s":"x"}` + "\n"
	path, packed := write(t, "f.jsonl", good+text.String()), write(t, "f.jsonl.gz", gzipped(t, good+text.String()))
	for _, h := range []how{{}, {splitBytes: 100}, {splitBytes: 1000, batchRows: 3}, {blocks: true, batchRows: 10}} {
		from := path
		if h.blocks {
			from = packed
		}
		rejects := filepath.Join(t.TempDir(), "bad.jsonl")
		got := read(t, Scan(from).sampling(10).buffer(200).BadRows(Reject(rejects)), h)
		left, err := os.ReadFile(rejects)
		if got.err != nil || err != nil || string(left) != want.String() {
			t.Fatalf("%+v: %v, %v, rejected\n%s", h, got.err, err, left)
		}
		if n := strings.Count(want.String(), "\n"); len(got.rows)+n != 501 || got.warned[Reject("").Warning()] != int64(n) {
			t.Errorf("%+v: %d rows and %d rejected (%v warned)", h, len(got.rows), n, got.warned)
		}
	}
}

func TestSchemaErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"{\"a\":1}\n{\"a\":\"x\"}\n", `jsonlio: column "a": FILE:1 has a number, FILE:2 has a string: read the column as the JSON text of its values: Type("a", arrow.BinaryTypes.String), or --type 'a=text'`},
		{"{\"a\":[{\"b c\":{}}]}\n\n{\"a\":[{\"b c\":true}]}\n", `column "a[].b c": FILE:1 has an object, FILE:3 has true or false: read the column as the JSON text of its values: Type("a"`},
		{"{\"a\":[1]}\n{\"a\":1}\n", `FILE:1 has a list, FILE:2 has a number`},
		{"{\"a\":1\n", "FILE:1: byte 6: the line ends within a value"},
		{"a,b\n1,2\n", "FILE:1: byte 0: a JSON object is wanted on each line"},
	} {
		path := write(t, "f.jsonl", c.text)
		if _, err := Scan(path).Schema(t.Context()); err == nil || !strings.Contains(err.Error(), strings.ReplaceAll(c.want, "FILE", path)) {
			t.Errorf("%q: %v, want %s", c.text, err, c.want)
		}
	}
	path := write(t, "f.jsonl", "{}\n")
	if _, err := Scan(path).Type("a", arrow.FixedWidthTypes.MonthInterval).Schema(t.Context()); err == nil || !strings.Contains(err.Error(), `column "a": values of type month_interval cannot be read from text`) {
		t.Errorf("%v", err)
	}
	if _, err := Scan(path + "x").Schema(t.Context()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// The middle and the tail of big files, and the last of many, are looked at too.
func TestSample(t *testing.T) {
	filler := strings.Repeat("{\"a\":1}\n", 1000)
	path := write(t, "f.jsonl", filler+strings.Repeat("{\"m\":1,\"a\":2}\n", 100)+filler+"{\"t\":true}")
	if got := read(t, Scan(path).sampling(400), how{}); got.err != nil || got.schema != "a int64, m int64, t bool" || len(got.rows) != 2101 {
		t.Errorf("%q, %d rows (%v)", got.schema, len(got.rows), got.err)
	}
	dir := t.TempDir()
	for i := range 20 {
		text := "{\"a\":1}\n"
		if i == 19 {
			text = "{\"a\":1.5,\"z\":1}\n"
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%02d.jsonl", i)), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := read(t, Scan(dir), how{}); got.err != nil || got.schema != "a float64, z int64" || len(got.rows) != 20 {
		t.Errorf("%q, %d rows (%v)", got.schema, len(got.rows), got.err)
	}
}

// Bytes that are not UTF-8 are replaced and told.
func TestInvalidUTF8(t *testing.T) {
	path := write(t, "f.jsonl", "{\"s\":\"a\xffb\"}\n{\"s\":\"\xe6\x97\\n\xc3\"}\n{\"s\":\"é\"}\n")
	got := read(t, Scan(path), how{})
	if got.err != nil || got.warned[utf8fix.Warning] != 3 {
		t.Errorf("%v warned (%v)", got.warned, got.err)
	}
	same(t, "replaced", got.rows, [][]any{{"a\ufffdb"}, {"\ufffd\n\ufffd"}, {"é"}})
}

var textSeeds = []string{"{\"a\":1}\n{\"a\":2.5}", "{\"a\":[{\"b\":\"\\u00e9\\ud83d\\ude42\"},null]}\n\n{}", "{\"a\":\"2021-01-02\"}\n{\"a\":\"x\"}", "{\"a\":{}}\r\n{\"a\":{\"b\":1}}", "[1]\n{", "{\"a\":\"\xff\"}\n{\"a\":-0}",
	"{\"n\":12,\"s\":\"x\\ty\",\"l\":[1,2],\"o\":{\"k\":true}}\n{\"s\":\"\",\"n\":-5}\n{\"o\":{\"k\":null},\"l\":[]}\n{\"l\":null,\"n\":3}\n"}

// checkSplits holds a text that is cut against the whole of it, and what is read
// against encoding/json.
func checkSplits(t *testing.T, text string, split, rows uint8) {
	t.Helper()
	path := write(t, "f.jsonl", text)
	for _, policy := range []BadRows{Fail, Skip} {
		s := Scan(path).BadRows(policy).Compression(file.None).sampling(1 + 8*int(rows))
		want := read(t, s, how{})
		if want.err == nil {
			for i, line := range strings.Split(strings.TrimPrefix(text, byteOrderMark), "\n") {
				if policy == Fail && strings.Trim(line, " \t\r") != "" && !json.Valid([]byte(line)) {
					t.Errorf("line %d, %q, is no JSON, and no error", i+1, line)
				}
			}
		}
		got := read(t, s.buffer(1+int(rows)), how{splitBytes: 1 + int64(split), batchRows: 1 + int(rows)})
		if (got.err == nil) != (want.err == nil) || got.schema != want.schema || got.warned[Skip.Warning()] != want.warned[Skip.Warning()] {
			t.Fatalf("%q: %v, %q, %v, and in splits of %d %v, %q, %v", text, want.err, want.schema, want.warned, 1+split, got.err, got.schema, got.warned)
		}
		var a, b *ParseError
		if errors.As(want.err, &a) && (!errors.As(got.err, &b) || a.Error() != b.Error()) {
			t.Fatalf("%q: %v, and in splits of %d %v", text, want.err, 1+split, got.err)
		}
		if want.err == nil {
			same(t, fmt.Sprintf("%q in splits of %d", text, 1+split), got.rows, want.rows)
		}
	}
}

// TestMutations cuts texts in which something is wrong.
func TestMutations(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 300 {
		b := []byte(strings.Repeat(textSeeds[rng.IntN(len(textSeeds))]+"\n", 1+rng.IntN(3)))
		for range rng.IntN(3) {
			at := rng.IntN(len(b))
			switch rng.IntN(3) {
			case 0:
				b[at] = "{}[]:,\"\\ \n0-.etfn\xff\x00"[rng.IntN(19)]
			case 1:
				b = append(b[:at], b[at+1:]...)
			default:
				b = append(b[:at:at], b[min(len(b)-1, at+rng.IntN(9)):]...)
			}
		}
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { checkSplits(t, string(b), uint8(rng.IntN(60)), uint8(rng.IntN(30))) })
	}
}

func FuzzScan(f *testing.F) {
	for _, s := range textSeeds {
		f.Add(s, uint8(1), uint8(3))
	}
	f.Fuzz(checkSplits)
}

// A message shows of a value what a terminal can show.
func TestErrorValues(t *testing.T) {
	for value, want := range map[string]string{
		`"\u001b[31m\n"`:                    `"\x1b[31m\n" is not a value of type timestamp`,
		`["\u202e ` + "\u202e" + `"]`:       `["\u202e \u202e"] is not a value of type timestamp`,
		`"` + strings.Repeat("é", 40) + `"`: `"` + strings.Repeat("é", 30),
	} {
		path := write(t, "f.jsonl", `{"a":`+value+`}`)
		got := read(t, Scan(path).Type("a", &arrow.TimestampType{Unit: arrow.Microsecond}), how{})
		if got.err == nil || !strings.Contains(got.err.Error(), want) || strings.ContainsAny(got.err.Error(), "\x1b\n\u202e") {
			t.Errorf("%v, want %s", got.err, want)
		}
	}
}
