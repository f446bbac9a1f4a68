package csvio

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/utf8fix"
	"github.com/arrowmill/arrowmill/io/file"
)

// table is what a source gives, as lines: the columns with their types, the rows,
// and the warnings; or the error, without the folder.
func table(t *testing.T, s *Source, blocks bool) string {
	t.Helper()
	var b strings.Builder
	got := read(t, s, 0, 0, nil, blocks)
	if got.err != nil {
		text := got.err.Error()
		for _, p := range s.paths {
			text = strings.ReplaceAll(text, filepath.Dir(p)+"/", "")
		}
		return text
	}
	b.WriteString(dataflow.FormatSchema(got.schema) + "\n")
	for _, row := range got.rows {
		for i, v := range row {
			if i > 0 {
				b.WriteByte('|')
			}
			if s, ok := v.(string); ok {
				fmt.Fprintf(&b, "%q", s)
			} else {
				fmt.Fprint(&b, v)
			}
		}
		b.WriteByte('\n')
	}
	for _, w := range got.warnings {
		fmt.Fprintf(&b, "%d %s from byte %d of %s\n", w.Count, w.Text, w.Byte, filepath.Base(w.Path))
	}
	return b.String()
}

func TestRules(t *testing.T) {
	plain := func(s *Source) *Source { return s }
	skipping := func(s *Source) *Source { return s.BadRows(Skip) }
	for _, c := range []struct {
		name, text string
		change     func(*Source) *Source
		want       string
	}{
		{"types", "i,f,b,d,t,s\n1,1.5,true,2021-01-02,2021-01-02T03:04:05,x\n2,2,false,2021-01-03,2021-01-03 00:00,y\n", plain,
			"i int64, f float64, b bool, d date32, t timestamp[us], s utf8\n1|1.5|true|2021-01-02 00:00:00 +0000 UTC|2021-01-02 03:04:05 +0000 UTC|\"x\"\n2|2|false|2021-01-03 00:00:00 +0000 UTC|2021-01-03 00:00:00 +0000 UTC|\"y\"\n"},
		{"no end", "a,b\n1,x", plain, "a int64, b utf8\n1|\"x\"\n"},
		{"CRLF", "a,b\r\n1,x\r\n2,\"y\"\r\n", plain, "a int64, b utf8\n1|\"x\"\n2|\"y\"\n"},
		{"a lone CR is text", "a,b\n1\r,x\ry\n", plain, "a utf8, b utf8\n\"1\\r\"|\"x\\ry\"\n"},
		{"byte-order mark", byteOrderMark + "a\n1\n", plain, "a int64\n1\n"},
		{"byte-order mark, no header", byteOrderMark + "1\n", func(s *Source) *Source { return s.Header(false) }, "column1 int64\n1\n"},
		{"quotes", "a,b\n\"x,\ny\",\"say \"\"hi\"\"\"\n", plain, "a utf8, b utf8\n\"x,\\ny\"|\"say \\\"hi\\\"\"\n"},
		{"quotes inside of a field", "a,b\n5\" pipe,x\"y\"\n", plain, "a utf8, b utf8\n\"5\\\" pipe\"|\"x\\\"y\\\"\"\n"},
		{"numbers in quotes", "a,b\n\"1\",\"2.5\"\n", plain, "a int64, b float64\n1|2.5\n"},
		{"null and empty", "a,b,c\n,\"\",1\nx,y,\n", plain, "a utf8, b utf8, c int64\n<nil>|\"\"|1\n\"x\"|\"y\"|<nil>\n"},
		{"nothing but nulls", "a,b\n,\n,\n", plain, "a utf8, b utf8\n<nil>|<nil>\n<nil>|<nil>\n"},
		{"null texts", "a,b\n1,NA\nNA,\"NA\"\n-,x\n", func(s *Source) *Source { return s.Null("NA", "-") }, "a int64, b utf8\n1|<nil>\n<nil>|\"NA\"\n<nil>|\"x\"\n"},
		{"blank lines", "\na,b\n\n1,2\n\r\n\n3,4\n\n", plain, "a int64, b int64\n1|2\n3|4\n"},
		{"blank lines of one column", "a\n1\n\n\"\"\n2\n", plain, "a int64\n1\n<nil>\n<nil>\n2\n"},
		{"one column of text", "a\nx\n\n\"\"\n", plain, "a utf8\n\"x\"\n<nil>\n\"\"\n"},
		{"leading zeros", "zip,n\n00501,0\n501,10\n", plain, "zip utf8, n int64\n\"00501\"|0\n\"501\"|10\n"},
		{"header alone", "a,b\n", plain, "a utf8, b utf8\n"},
		{"header without end", "a,b", plain, "a utf8, b utf8\n"},
		{"quoted header", "\"a\nb\",\"c\"\"d\"\n1,2\n", plain, "a\nb int64, c\"d int64\n1|2\n"},
		{"names twice and none", "a,a,,\"\",a_2\n1,2,3,4,5\n", plain, "a int64, a_3 int64, column3 int64,  int64, a_2 int64\n1|2|3|4|5\n"},
		{"no header", "1,x\n2,y\n", func(s *Source) *Source { return s.Header(false) }, "column1 int64, column2 utf8\n1|\"x\"\n2|\"y\"\n"},
		{"names", "1,x\n", func(s *Source) *Source { return s.Names("n", "s") }, "n int64, s utf8\n1|\"x\"\n"},
		{"names instead of a header", "a,b\n1,x\n", func(s *Source) *Source { return s.Names("n", "s").Header(true) }, "n int64, s utf8\n1|\"x\"\n"},
		{"names of an empty file", "", func(s *Source) *Source { return s.Names("n", "s") }, "n utf8, s utf8\n"},
		{"delimiter", "a;b\n1,5;2\n", func(s *Source) *Source { return s.Delimiter(';') }, "a utf8, b int64\n\"1,5\"|2\n"},
		{"other quote", "a,b\n'x,y',\"z\n", func(s *Source) *Source { return s.Quote('\'') }, "a utf8, b utf8\n\"x,y\"|\"\\\"z\"\n"},
		{"no quote", "a,b\n\"x\",\"y\n", func(s *Source) *Source { return s.Quote(0) }, "a utf8, b utf8\n\"\\\"x\\\"\"|\"\\\"y\"\n"},
		{"comments", "#c\na,b\n#,\"\n1,#2\n\"#\n#\",3\n#end", func(s *Source) *Source { return s.Comment('#') }, "a utf8, b utf8\n\"1\"|\"#2\"\n\"#\\n#\"|\"3\"\n"},
		{"told types", "a,b\n1,2\n", func(s *Source) *Source {
			return s.Type("a", arrow.BinaryTypes.String).Types(map[string]arrow.DataType{"b": arrow.PrimitiveTypes.Float32})
		}, "a utf8, b float32\n\"1\"|2\n"},
		{"NUL", "a,b\nx\x00y,1\n", plain, "a utf8, b int64\n\"x\\x00y\"|1\n"},
		{"not UTF-8", "a,b\nx\xff\xffy,1\n\xe2\x82,2\n", plain, "a utf8, b int64\n\"x\uFFFD\uFFFDy\"|1\n\"\uFFFD\"|2\n3 " + utf8fix.Warning + " from byte 4 of f.csv\n"},
		{"pruned", "a,b,c\n1,x,2\n", func(s *Source) *Source { return s.PruneColumns([]string{"c", "a"}).(*Source) }, "a int64, c int64\n1|2\n"},

		{"too few", "a,b\n1,2\n3\n", plain, "csvio: f.csv:3: the row has 1 field, but there are 2 columns; mend it, or have bad rows left out: --bad-rows skip, or BadRows(csvio.Skip)"},
		{"too many", "a,b\n1,2,3\n", plain, "csvio: f.csv:2: the row has 3 fields, but there are 2 columns; mend it, or have bad rows left out: --bad-rows skip, or BadRows(csvio.Skip)"},
		{"behind a quote", "a,b\n1,2\n\"x\"y,2\n", plain, "csvio: f.csv:3: there is text behind the quote that closes a field (inside of quotes, a quote is written twice); mend it, or have bad rows left out: --bad-rows skip, or BadRows(csvio.Skip)"},
		{"never closed", "a,b\n1,2\n3,\"4\n5,6\n", plain, "csvio: f.csv:3: a quote is opened here and never closed"},
		{"never closed, skipped", "a,b\n1,2\n3,\"4\n5,6\n", skipping, "csvio: f.csv:3: a quote is opened here and never closed"},
		{"header never closed", "a,\"b\n1,2\n", plain, "csvio: f.csv: the header has a quote that is never closed"},
		{"empty", "", plain, "csvio: f.csv: the file is empty, so that nothing says which columns there are: give their names"},
		{"a told type that is none", "a\n1\n", func(s *Source) *Source { return s.Type("a", arrow.ListOf(arrow.PrimitiveTypes.Int8)) }, "csvio: f.csv: column \"a\": values of type list<item: int8, nullable> cannot be read from text"},
		{"a type of no column", "a,b\n1,2\n", func(s *Source) *Source { return s.Type("c", arrow.PrimitiveTypes.Int8) }, "csvio: f.csv: a type is told for column \"c\", but there are \"a\", \"b\""},
		{"a value", "a,b\n1,2\n\"x\n\",300\n", func(s *Source) *Source { return s.Type("b", arrow.PrimitiveTypes.Int8) },
			"csvio: f.csv:4: column \"b\": \"300\" is not a value of type int8; to read the column as text: --type 'b=text', or Type(\"b\", arrow.BinaryTypes.String)"},
		{"names for another width", "a,b\n1,2\n", func(s *Source) *Source { return s.Names("x").Header(true) }, "csvio: f.csv: the header has 2 fields, but 1 names are given"},

		{"skipped", "a,b\n1,2\n3\n4,5,6\n\"x\"y,7\n8,9\n", skipping, "a int64, b int64\n1|2\n8|9\n3 bad rows (left out) from byte 8 of f.csv\n"},
		{"skipped values", "a,b\n1,2\nx,3\n4,y\nz,w\n8,9\n", func(s *Source) *Source {
			return s.BadRows(Skip).Types(map[string]arrow.DataType{"a": arrow.PrimitiveTypes.Int64, "b": arrow.PrimitiveTypes.Int64}).PruneColumns([]string{"a"}).(*Source)
		}, "a int64\n1\n8\n3 bad rows (left out) from byte 8 of f.csv\n"},
		{"nothing left", "a,b\n1\n2\n", skipping, "a utf8, b utf8\n2 bad rows (left out) from byte 4 of f.csv\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := table(t, c.change(Scan(write(t, "f.csv", []byte(c.text)))), false); got != c.want && !strings.HasPrefix(got, c.want+";") {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestSettingsThatCannotBe(t *testing.T) {
	path := write(t, "f.csv", []byte("a,b\n1,2\n"))
	for want, s := range map[string]*Source{
		"the delimiter '\\n' is not possible":                  Scan(path).Delimiter('\n'),
		"the quote 'é' is not possible":                        Scan(path).Quote(0xe9),
		"delimiter ';', quote ';'":                             Scan(path).Delimiter(';').Quote(';'),
		"two columns are to be named \"x\"":                    Scan(path).Names("x", "x"),
		"no path is given":                                     Scan(),
		"nothing.csv":                                          Scan(filepath.Join(filepath.Dir(path), "nothing.csv")),
		"the comment character '\\r' is not possible":          Scan(path).Comment('\r'),
		"the comment character '\"' must be different":         nil,
		"delimiter ',', quote '\"' and comment character '\"'": Scan(path).Comment('"'),
	} {
		if s == nil {
			continue
		}
		if _, err := s.Schema(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "csvio: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestString(t *testing.T) {
	s := Scan("a.csv").Delimiter(';').Quote('\'').Comment('#').Header(true).Names("x y", "z").Null("NA").Type("x y", arrow.PrimitiveTypes.Int8).
		BadRows(Reject("r.csv")).Compression(file.None).SplitBytes(1 << 20).Dictionaries().PruneColumns([]string{"z"}).(*Source)
	want := `csv of a.csv, delimiter ';', quote '\'', comment '#', header, names x y, z, null NA, "x y"=int8, bad rows: reject to r.csv, compression none, splits of 1.0 MiB, dictionaries, columns z`
	if got := s.String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := Scan("a.csv").String(); got != "csv of a.csv" {
		t.Errorf("got %s", got)
	}
}

// Line numbers are those of the file, in every split, and in compressed files.
func TestErrorsNameTheLine(t *testing.T) {
	var b strings.Builder
	b.WriteString("zip,\"a\nb\"\n")
	for i := range 1000 {
		fmt.Fprintf(&b, "%d,\"line\nmore\"\n", 1000+i)
	}
	line := strings.Count(b.String(), "\n") + 1
	b.WriteString("x12,y\n")
	b.WriteString(strings.Repeat("1,2\n", 1000))
	for _, name := range []string{"f.csv", "f.csv.gz"} {
		data := []byte(b.String())
		if strings.HasSuffix(name, ".gz") {
			data = gzipped(t, data)
		}
		path := write(t, name, data)
		for _, split := range []int64{1 << 20, 1000, 77} {
			for _, blocks := range []bool{false, true} {
				s := Scan(path).Type("zip", arrow.PrimitiveTypes.Int64).buffers(512)
				got := read(t, s, split, 7, nil, blocks)
				var e *ParseError
				if !errors.As(got.err, &e) || e.Path != path || e.Line != int64(line) || e.Column != "zip" || e.Value != "x12" || e.Type.ID() != arrow.INT64 {
					t.Errorf("%s, splits of %d, blocks %v: got %v, want line %d", name, split, blocks, got.err, line)
				}
			}
		}
	}
}

// The first error of the file is told, whatever columns and steps it is in.
func TestTheFirstErrorIsTold(t *testing.T) {
	for _, text := range []string{"a,b\n1,2\n3,x\ny,4\n5\n", "a,b\n1,2\n3,x\n5\ny,4\n"} {
		s := Scan(write(t, "f.csv", []byte(text))).Types(map[string]arrow.DataType{"a": arrow.PrimitiveTypes.Int64, "b": arrow.PrimitiveTypes.Int64})
		var e *ParseError
		if got := read(t, s, 0, 0, nil, false); !errors.As(got.err, &e) || e.Line != 3 || e.Column != "b" {
			t.Errorf("got %v", got.err)
		}
	}
}

func TestOverridesToPaste(t *testing.T) {
	for _, c := range []struct {
		column, value string
		t             arrow.DataType
		want          string
	}{
		{"zip", "x", arrow.PrimitiveTypes.Int64, `: column "zip": "x" is not a value of type int64; to read the column as text: --type 'zip=text', or Type("zip", arrow.BinaryTypes.String)`},
		{"n", "1.5", arrow.PrimitiveTypes.Int64, `: column "n": "1.5" is not a value of type int64; to read the column as float64: --type 'n=float64', or Type("n", arrow.PrimitiveTypes.Float64)`},
		{"Cost Total $", "007", arrow.PrimitiveTypes.Int64, `: column "Cost Total $": "007" is not a value of type int64; to read the column as text: --type '"Cost Total $"=text', or Type("Cost Total $", arrow.BinaryTypes.String)`},
		{"it's", "x", arrow.FixedWidthTypes.Boolean, `: column "it's": "x" is not a value of type bool; to read the column as text: --type 'it'\''s=text', or Type("it's", arrow.BinaryTypes.String)`},
	} {
		e := &ParseError{Path: "f", Line: 1, Column: c.column, Value: c.value, Type: c.t, Better: better(c.t, c.value)}
		if got := e.Error(); got != "f:1"+c.want {
			t.Errorf("got  %s\nwant f:1%s", got, c.want)
		}
	}
}

// A number that would lose characters is an error where the sample had none such.
func TestLateLeadingZeros(t *testing.T) {
	rows := strings.Repeat("501,1\n", 20000)
	for _, late := range []string{"00501", "+34600", "-007", "0501.5", " 007"} {
		s := Scan(write(t, "f.csv", []byte("zip,n\n"+rows+late+",1\n"+rows+rows+rows))).with(func(o *settings) { o.sampleBytes = 1000 })
		var e *ParseError
		if got := read(t, s, 0, 0, nil, false); !errors.As(got.err, &e) || e.Value != late || e.Line != 20002 || e.Better.ID() != arrow.STRING {
			t.Errorf("%s: got %v", late, got.err)
		}
		if got := read(t, s.PruneColumns([]string{"n"}).(*Source), 0, 0, nil, false); got.err != nil || len(got.rows) != 80001 {
			t.Errorf("%s: %d rows, %v", late, len(got.rows), got.err)
		}
	}
	s := Scan(write(t, "f.csv", []byte("zip,n\n007,1\n"))).Type("zip", arrow.PrimitiveTypes.Int64)
	if got := table(t, s, false); got != "zip int64, n int64\n7|1\n" {
		t.Errorf("got %s", got)
	}
}

func TestSeveralFiles(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	a, b, empty := put("a.csv", "x,y\n1,p\n"), put("b.csv", "y,x\nq,2\n"), put("e.csv", "")
	if got := table(t, Scan(empty, a, empty, b, empty), false); got != "x int64, y utf8\n1|\"p\"\n2|\"q\"\n" {
		t.Errorf("got %s", got)
	}
	tsv := put("c.tsv", "x\ty\n3\tr,s\n")
	packed := put("d.TSV.gz", string(gzipped(t, []byte("y\tx\nt\t4\n"))))
	if got := table(t, Scan(a, tsv, packed), false); got != "x int64, y utf8\n1|\"p\"\n3|\"r,s\"\n4|\"t\"\n" {
		t.Errorf("got %s", got)
	}
	if got := table(t, Scan(a, put("z.csv", "x,y\n2.5,r\n")), false); got != "x float64, y utf8\n1|\"p\"\n2.5|\"r\"\n" {
		t.Errorf("the last file is not looked at: %s", got)
	}
	for name, want := range map[string]string{
		"x,z\n":   `csvio: m.csv: its header lacks the columns "y" and has others, "z"; the columns are those of a.csv`,
		"x\n":     `csvio: m.csv: its header lacks the columns "y"; the columns are those of a.csv`,
		"x,y,z\n": `csvio: m.csv: its header has columns besides those: "z"; the columns are those of a.csv`,
	} {
		m := put("m.csv", name)
		for _, s := range []*Source{Scan(a, m), Scan(a, m, b)} {
			if got := table(t, s, false); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
	}
	if got := table(t, Scan(a, b).BadRows(Reject(filepath.Join(dir, "r.csv"))), false); !strings.Contains(got, "another order") {
		t.Errorf("got %s", got)
	}
	if got := table(t, Scan(empty, empty), false); !strings.Contains(got, "the file is empty") {
		t.Errorf("got %s", got)
	}
}

// The types hold for the middle and the tail of a file, and of the last one.
func TestSamples(t *testing.T) {
	rows := strings.Repeat("1,2,3\n", 3000)
	for i, parts := range [][3]string{{"", "", ""}, {"x,2,3\n", "", ""}, {"", "1.5,2,3\n", ""}, {"", "", "007,2,3\n"}, {"", "\"a\nb\",2,3\n", ""}} {
		text := "a,b,c\n" + parts[0] + rows + parts[1] + rows + parts[2]
		want := []arrow.Type{arrow.INT64, arrow.STRING, arrow.FLOAT64, arrow.STRING, arrow.STRING}[i]
		for _, files := range [][]string{{text}, {"a,b,c\n1,2,3\n", "a,b,c\n5,6,7\n", text}} {
			var paths []string
			for _, f := range files {
				paths = append(paths, write(t, "f.csv", []byte(f)))
			}
			s := Scan(paths...).with(func(o *settings) { o.sampleBytes = 200 })
			schema, err := s.Schema(t.Context())
			if err != nil || schema.Field(0).Type.ID() != want || schema.Field(1).Type.ID() != arrow.INT64 {
				t.Errorf("%d: got %v, %v, want %v", i, schema, err, want)
			}
		}
	}
}

// The value that made a column text is named, with its line, wherever it was seen.
func TestTellType(t *testing.T) {
	rows := strings.Repeat("1,\"2\n3\",3\n", 3000)
	for _, c := range []struct {
		text, want string // behind the path
	}{
		{"a,b,c\n" + rows, ""},
		{"a,b,c\n1,2,3\n,2,3\nn/a,2,3\nnone,2,3\n" + rows, `:4: column "a" is text because of "n/a"`},
		{"a,b,c\n" + rows + "1.5 kg,2,3\n" + rows, `:6002: column "a" is text because of "1.5 kg"`},
		{"a,b,c\n" + rows + rows + "007,2,3\n", `:12002: column "a" is text because of "007"`},
		{"a,b,c\n2024-01-02,2,3\n5,2,3\n", `:3: column "a" is text because of "5"`},
	} {
		path := write(t, "f.csv", []byte(c.text))
		s := Scan(path).with(func(o *settings) { o.sampleBytes = 200 })
		want := c.want
		if want != "" {
			want = path + want
		}
		if got := s.TellType(t.Context(), "a"); got != want {
			t.Errorf("%.20q: got %q, want %q", c.text, got, want)
		}
		if got := s.TellType(t.Context(), "d"); got != "" {
			t.Errorf("of no column: %q", got)
		}
	}
	path := write(t, "f.csv", []byte("a\nx\n"))
	if got := Scan(path).Type("a", arrow.BinaryTypes.String).TellType(t.Context(), "a"); got != "" {
		t.Errorf("the type was told: %q", got)
	}
	if got := Scan(path+"x").TellType(t.Context(), "a"); got != "" {
		t.Errorf("of no file: %q", got)
	}
}

// A sample from the middle of quoted text finds the records, or says nothing.
func TestSampleInsideQuotes(t *testing.T) {
	quoted := "a,b\n" + strings.Repeat("12,\"some\ntext, with 1,2\nand \"\"more\"\"\n3,4\n\"\n", 500)
	p := newParser(comma, newLayout(2, []int32{0, 1}), false)
	defer p.close()
	for at := len(quoted) / 2; at < len(quoted)/2+100; at++ {
		part := []byte(quoted[at : at+300])
		if i := comma.certain(part); i >= 0 && !strings.HasPrefix(quoted[at+i:], "12,\"some") {
			t.Fatalf("from byte %d: a record at %d, %q", at, i, quoted[at+i:at+i+20])
		}
		if i := p.likely(part, false); i < 0 || !strings.HasPrefix(quoted[at+i:], "12,\"some") {
			t.Fatalf("from byte %d: a record at %d, %q", at, i, quoted[at+max(i, 0):at+max(i, 0)+20])
		}
	}
	s := Scan(write(t, "f.csv", []byte(quoted))).with(func(o *settings) { o.sampleBytes = 100 })
	if got := read(t, s, 0, 0, nil, false); got.err != nil || len(got.rows) != 500 || got.schema.Field(0).Type.ID() != arrow.INT64 {
		t.Errorf("%d rows of %v, %v", len(got.rows), got.schema, got.err)
	}
}

func TestDictionaries(t *testing.T) {
	var b strings.Builder
	b.WriteString("few,many,n\n")
	for i := range 1000 {
		fmt.Fprintf(&b, "v%d,w%d,%d\n", i%10, i, i)
	}
	path := write(t, "f.csv", []byte(b.String()))
	if got, err := Scan(path).Schema(t.Context()); err != nil || got.Field(0).Type.ID() != arrow.STRING {
		t.Errorf("got %v, %v", got, err)
	}
	plain, coded := read(t, Scan(path), 1000, 100, nil, false), read(t, Scan(path).Dictionaries(), 1000, 100, nil, false)
	if f := coded.schema.Fields(); coded.err != nil || f[0].Type.ID() != arrow.DICTIONARY || f[1].Type.ID() != arrow.STRING || f[2].Type.ID() != arrow.INT64 {
		t.Fatalf("got %v, %v", coded.schema, coded.err)
	}
	same(t, "dictionaries", coded.rows, plain.rows)
	told := Scan(path).Dictionaries().Type("few", arrow.BinaryTypes.String)
	if got, err := told.Schema(t.Context()); err != nil || got.Field(0).Type.ID() != arrow.STRING {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestPruneColumnsIsImmutable(t *testing.T) {
	s := Scan(write(t, "f.csv", []byte("a,b,c\n1,2,3\n")))
	one := s.PruneColumns([]string{"c", "b"}).(*Source)
	two := one.PruneColumns([]string{"a", "c"}).(*Source)
	none := two.PruneColumns(nil).(*Source)
	for want, s := range map[string]*Source{"a b c": s, "b c": one, "c": two, "": none} {
		schema, err := s.Schema(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, f := range schema.Fields() {
			names = append(names, f.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := read(t, s, 0, 0, nil, false); got.err != nil || len(got.rows) != 1 || len(got.rows[0]) != len(names) {
			t.Errorf("%q: %v, %v", want, got.rows, got.err)
		}
	}
	if got := s.Delimiter(';').delimiter; got != ';' || s.delimiter != 0 {
		t.Error("a source was changed")
	}
	if !slices.Equal(one.columns, []string{"c", "b"}) {
		t.Errorf("got %v", one.columns)
	}
}

// Few columns have larger chunks, where nobody wants small ones.
func TestChunkRows(t *testing.T) {
	for _, c := range []struct{ asked, columns, want int }{
		{0, 9, 4096}, {0, 2, 16384}, {4096, 2, 16384}, {4096, 1, 16384}, {4096, 0, 16384}, {4096, 3, 8192}, {4096, 4, 8192}, {4096, 5, 4096},
		{4096, 8, 4096}, {4096, 100, 4096}, {4095, 2, 4095}, {1, 1, 1}, {20000, 2, 20000}, {5000, 100, 5000}, {5000, 4, 8192},
	} {
		if got := chunkRows(c.asked, c.columns); got != c.want {
			t.Errorf("%d rows of %d columns, asked for %d, want %d", got, c.columns, c.asked, c.want)
		}
	}
}
