package csvio

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/internal/utf8fix/oracle"
	"github.com/arrowmill/arrowmill/io/file"
)

// result is all that a source gave.
type result struct {
	schema   *arrow.Schema
	rows     [][]any
	warnings []dataflow.Warning
	reserved int64 // at the end
	chunks   int
	inside   int64 // splits that began inside quotes
	splits   int
	looked   int // stretches that were looked through to know where others begin
	err      error
}

// read reads all splits of s as a run does, one after another or, where shuffled is
// not nil, in that order; blocks: what can be is read by blocks.
func read(t testing.TB, s *Source, splitBytes int64, batchRows int, order func([]dataflow.Split), blocks bool) (res result) {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	advanced := int64(0)
	e := dataflow.Env{
		Alloc:     alloc,
		Reserve:   func(n int64) error { res.reserved += n; return nil },
		Advance:   func(n int64) { advanced += n },
		Warn:      func(w dataflow.Warning) { res.warnings = append(res.warnings, w) },
		BatchRows: batchRows,
	}
	if res.schema, res.err = s.Schema(t.Context()); res.err != nil {
		return res
	}
	sh, err := s.Share(t.Context(), e)
	if err != nil {
		res.err = err
		return res
	}
	e.Shared = sh
	splits, err := s.Splits(t.Context(), splitBytes, e)
	if err != nil {
		res.err = err
		return res
	}
	res.splits = len(splits)
	ordered := slices.Clone(splits)
	if order != nil {
		order(splits)
	}
	parts := make(map[dataflow.Split][][]any)
	for _, split := range splits {
		before := advanced
		rows, err := readSplit(t, s, split, e, blocks, &res)
		if err != nil {
			res.err = err
			return res
		}
		if got := advanced - before; got != split.Bytes && split.Path != file.Stdin {
			t.Errorf("%v advanced by %d of %d bytes", split, got, split.Bytes)
		}
		parts[split] = rows
	}
	for _, split := range ordered {
		res.rows = append(res.rows, parts[split]...)
	}
	res.inside = sh.(*shared).inside.Load()
	for _, p := range sh.(*shared).files {
		res.looked += len(p.over)
	}
	res.err = sh.Close()
	if res.reserved != 0 {
		t.Errorf("%d bytes are still reserved", res.reserved)
	}
	return res
}

func readSplit(t testing.TB, s *Source, split dataflow.Split, e dataflow.Env, blocks bool, res *result) (rows [][]any, err error) {
	t.Helper()
	take := func(c dataflow.Chunk) {
		res.chunks++
		if c.Rec.NumRows() == 0 {
			t.Error("an empty chunk")
		}
		if e.BatchRows > 0 && c.Rec.NumRows() > int64(e.BatchRows) {
			t.Errorf("a chunk of %d rows, where %d are asked for", c.Rec.NumRows(), e.BatchRows)
		}
		if !c.Rec.Schema().Equal(res.schema) {
			t.Errorf("a chunk of %v, where %v is declared", c.Rec.Schema(), res.schema)
		}
		rows = append(rows, dataflowtest.Rows(c.Rec)...)
		c.Rec.Release()
	}
	if blocks {
		if all, ok := s.Blocks(t.Context(), split, e); ok {
			for b, err := range all {
				if err != nil {
					return rows, err
				}
				for c, err := range b.Read(t.Context(), e) {
					if err != nil {
						b.Close()
						return rows, err
					}
					take(c)
				}
				b.Close()
			}
			return rows, nil
		}
	}
	for c, err := range s.Read(t.Context(), split, e) {
		if err != nil {
			return rows, err
		}
		take(c)
	}
	return rows, nil
}

// naiveField and naiveRow are what the oracle finds.
type naiveField struct {
	text   string
	quoted bool
}

type naiveRow struct {
	fields []naiveField
	broken bool // text behind a closing quote
	open   bool // a quote is never closed
	line   int
	raw    string
}

// naive is the oracle: a parser that looks at one byte after another and holds all
// of the text. Comments, blank lines and the header are rows like others; blank
// lines are those of one empty field.
func naive(d dialect, text string) (rows []naiveRow) {
	text = strings.TrimPrefix(text, byteOrderMark)
	line := 1
	for i := 0; i < len(text); {
		start := i
		row := naiveRow{line: line}
		if d.comment != 0 && text[i] == d.comment {
			for i < len(text) && text[i] != '\n' {
				i++
			}
			i++
			line++
			continue
		}
		for ended := false; !ended; {
			var f naiveField
			if d.quote != 0 && i < len(text) && text[i] == d.quote {
				f.quoted = true
				row.open = true
				for i++; i < len(text); i++ {
					if text[i] == d.quote {
						if i+1 < len(text) && text[i+1] == d.quote {
							i++
						} else {
							row.open = false
							i++
							break
						}
					}
					f.text += text[i : i+1]
				}
			}
			rest := ""
			for i < len(text) && text[i] != d.delimiter && text[i] != '\n' {
				rest += text[i : i+1]
				i++
			}
			if ended = i >= len(text) || text[i] == '\n'; ended {
				rest = strings.TrimSuffix(rest, "\r")
			}
			if i >= len(text) && f.quoted && rest == "\r" {
				rest = ""
			}
			if f.quoted {
				row.broken = row.broken || rest != ""
			} else {
				f.text = rest
			}
			row.fields = append(row.fields, f)
			i++
		}
		i = min(i, len(text))
		row.raw = text[start:i]
		line += strings.Count(row.raw, "\n")
		rows = append(rows, row)
	}
	return rows
}

// refused reports whether a header is none: one with NUL characters, or one with a CR
// within it and without quotes.
func refused(d dialect, line string) bool {
	if strings.Contains(line, "\x00") {
		return true
	}
	quoted := d.quote != 0 && strings.Contains(line, string(rune(d.quote)))
	line = strings.TrimSuffix(line, "\n")
	return strings.Contains(strings.TrimSuffix(line, "\r"), "\r") && !quoted
}

// naiveTable is the rows of text as columns of text, the header as names, and the
// rows that are none. ok is false where a quote is never closed, where there is no
// header or one that is refused, and of UTF-16.
func naiveTable(d dialect, text string) (names []string, rows [][]any, bad []naiveRow, ok bool) {
	if strings.HasPrefix(text, "\xFF\xFE") || strings.HasPrefix(text, "\xFE\xFF") {
		return nil, nil, nil, false
	}
	for _, r := range naive(d, text) {
		blank := len(r.fields) == 1 && r.fields[0] == naiveField{}
		switch {
		case r.open:
			return nil, nil, nil, false
		case names == nil && strings.Trim(r.raw, "\r\n") == "":
		case names == nil && (r.broken || refused(d, r.raw)):
			return nil, nil, nil, false
		case names == nil:
			var cells []cell
			for _, f := range r.fields {
				cells = append(cells, cell(f))
			}
			names = uniqueNames(cells)
		case blank && len(names) > 1:
		case r.broken || len(r.fields) != len(names):
			bad = append(bad, r)
		default:
			row := make([]any, len(names))
			for i, f := range r.fields {
				if f.text != "" || f.quoted {
					row[i], _ = oracle.Fix(f.text)
				}
			}
			rows = append(rows, row)
		}
	}
	return names, rows, bad, names != nil
}

// texts is s with all columns of text.
func texts(s *Source, names []string) *Source {
	types := make(map[string]arrow.DataType)
	for _, n := range names {
		types[n] = arrow.BinaryTypes.String
	}
	return s.Types(types)
}

func (s *Source) buffers(n int) *Source {
	return s.with(func(o *settings) { o.bufferBytes = n })
}

func write(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func same(t *testing.T, what string, got, want [][]any) {
	t.Helper()
	if d := dataflowtest.Diff(want, got); d != "" {
		t.Fatalf("%s: %s", what, d)
	}
}

func gzipped(t testing.TB, members ...[]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, m := range members {
		w := gzip.NewWriter(&b)
		if _, err := w.Write(m); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func zstded(t testing.TB, frames ...[]byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	var b []byte
	for _, f := range frames {
		b = w.EncodeAll(f, b)
	}
	return b
}

// inFiles is a text, and the files that have it.
type inFiles struct{ text, plain, packed string }

func files(t testing.TB, text []byte) inFiles {
	t.Helper()
	return inFiles{string(text), write(t, "f.csv", text), write(t, "f.gz", gzipped(t, text))}
}

// check compares reading text in many ways with the oracle. rejects: also what is
// written of bad rows, which is slow.
func check(t *testing.T, d dialect, text inFiles, split int64, buffer, batchRows int, rejects bool) {
	t.Helper()
	what := fmt.Sprintf("%q, splits of %d, buffers of %d, %d rows a batch", clip(text.text), split, buffer, batchRows)
	names, want, bad, ok := naiveTable(d, text.text)
	s := Scan(text.plain).Delimiter(d.delimiter).Quote(d.quote).Comment(d.comment).buffers(buffer)
	if !ok {
		if got := read(t, s, split, batchRows, nil, false); got.err == nil {
			t.Fatalf("%s: no error, but %v", what, got.rows)
		}
		return
	}
	got := read(t, texts(s, names), split, batchRows, nil, false)
	if (got.err != nil) != (len(bad) > 0) {
		t.Fatalf("%s: %d rows are bad, but got %v", what, len(bad), got.err)
	}
	if len(bad) == 0 {
		same(t, what, got.rows, want)
		coded := texts(s, names).Coded(names).(*Source)
		same(t, what+", as codes", read(t, coded, split, batchRows, slices.Reverse[[]dataflow.Split], false).rows, want)
	}

	skips := texts(s.BadRows(Skip), names)
	if rejects {
		checkRejects(t, what, skips, split, batchRows, want, bad)
	}
	counted := read(t, skips.PruneColumns(nil).(*Source), split, batchRows, nil, false)
	if counted.err != nil || len(counted.rows) != len(want) {
		t.Fatalf("%s: counted %d rows, want %d (%v)", what, len(counted.rows), len(want), counted.err)
	}
	var one [][]any
	for _, row := range want {
		one = append(one, row[len(row)-1:])
	}
	same(t, what+", one column", read(t, skips.PruneColumns(names[len(names)-1:]).(*Source), split, batchRows, nil, false).rows, one)

	packed := texts(Scan(text.packed).Delimiter(d.delimiter).Quote(d.quote).Comment(d.comment).buffers(buffer).BadRows(Skip), names)
	for _, blocks := range []bool{false, true} {
		if blocks {
			packed = packed.Coded(names[:1]).(*Source)
		}
		got := read(t, packed, split, batchRows, nil, blocks)
		if got.err != nil {
			t.Fatalf("%s, packed, blocks %v: %v", what, blocks, got.err)
		}
		same(t, what+", packed", got.rows, want)
	}
}

// checkRejects reads the splits in order and in reverse.
func checkRejects(t *testing.T, what string, s *Source, split int64, batchRows int, want [][]any, bad []naiveRow) {
	t.Helper()
	rejected := filepath.Join(t.TempDir(), "rejected")
	s = s.BadRows(Reject(rejected))
	for i, order := range []func([]dataflow.Split){nil, slices.Reverse[[]dataflow.Split]} {
		got := read(t, s, split, batchRows, order, false)
		if got.err != nil {
			t.Fatalf("%s, order %d: %v", what, i, got.err)
		}
		same(t, what, got.rows, want)
		var lines strings.Builder
		for _, b := range bad {
			lines.WriteString(withEnd(b.raw))
		}
		file, err := os.ReadFile(rejected)
		header, rest, _ := strings.Cut(string(file), lines.String())
		if len(bad) == 0 {
			header, rest = rest, ""
		}
		if rows := naive(s.dialect(""), header); err != nil || rest != "" || len(rows) != 1 {
			t.Fatalf("%s, order %d: rejected %q (%v), want %q at the end", what, i, file, err, lines.String())
		}
	}
}

// withEnd is a record with a line end, where it is not empty.
func withEnd(s string) string {
	if s != "" && s[len(s)-1] != '\n' {
		return s + "\n"
	}
	return s
}
