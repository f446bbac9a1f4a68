package textsink_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/klauspost/compress/zstd"

	"github.com/arrowmill/arrowmill/dataflow"
	df "github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/io/file/textsink"
	"github.com/arrowmill/arrowmill/io/file/textsink/sinktest"
)

// plain is a format of one column of text, a value a line, between two lines of
// its own. It holds back rows, and counts what is open.
type plain struct {
	hold int // rows
	held []string
	open *int
}

var _ textsink.Encoder = (*plain)(nil)

func (p *plain) Append(b []byte, rec arrow.Record, from, to int) []byte {
	for i := from; i < to; i++ {
		p.held = append(p.held, rec.Column(0).(*array.String).Value(i))
	}
	for len(p.held) > p.hold {
		b = append(append(b, p.held[0]...), '\n')
		p.held = p.held[1:]
	}
	return b
}

func (p *plain) Finish(b []byte) []byte {
	for _, s := range p.held {
		b = append(append(b, s...), '\n')
	}
	return append(b, "end\n"...)
}

func (p *plain) HeldBytes() int64 { return 1000 }

func (p *plain) Close() {
	if p.open != nil {
		*p.open--
		p.open = nil
	}
}

// format is plain, and how many of its encoders are open.
func format(hold int) (textsink.Format, *int) {
	open := new(int)
	return textsink.Format{Package: "plainio", Name: "plain", NewEncoder: func(in *arrow.Schema) (textsink.Encoder, []byte, error) {
		if in.NumFields() != 1 {
			return nil, nil, errors.New("one column is wanted")
		}
		*open++
		return &plain{hold: hold, open: open}, []byte("begin\n"), nil
	}}, open
}

func texts(s ...string) arrow.Record { return df.Batch(df.Col("s", s)) }

func TestTo(t *testing.T) {
	for _, hold := range []int{0, 1, 5} {
		f, open := format(hold)
		if got := sinktest.Text(t, f.To, texts()); got != "begin\nend\n" {
			t.Errorf("no rows: %q", got)
		}
		if got := sinktest.Text(t, f.To, texts("a", "b"), texts(), texts("c")); got != "begin\na\nb\nc\nend\n" {
			t.Errorf("three rows: %q", got)
		}
		if *open != 0 {
			t.Errorf("%d encoders are open", *open)
		}
	}
	f, _ := format(0)
	if got := fmt.Sprint(f.To(io.Discard), ", ", f.File("a.txt")); got != "plain, plain a.txt" {
		t.Errorf("plans say %q", got)
	}
}

// TestToWritesEachBatch: a reader sees the rows of a batch at once.
func TestToWritesEachBatch(t *testing.T) {
	f, _ := format(0)
	var b strings.Builder
	rec := texts("a", "b")
	out, err := f.To(&b).Open(t.Context(), rec.Schema(), sinktest.Env(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"begin\na\nb\n", "begin\na\nb\na\nb\n"} {
		if err := out.Write(t.Context(), dataflow.Chunk{Rec: rec}); err != nil || b.String() != want {
			t.Errorf("%q is written (%v), want %q", b.String(), err, want)
		}
	}
	if err := out.Abort(); err != nil || !strings.HasSuffix(b.String(), "b\n") {
		t.Errorf("aborted: %q (%v)", b.String(), err)
	}
}

// counter counts writes, and their bytes.
type counter struct{ writes, bytes, most int }

func (c *counter) Write(p []byte) (int, error) {
	c.writes, c.bytes, c.most = c.writes+1, c.bytes+len(p), max(c.most, len(p))
	return len(p), nil
}

// TestBigBatches: the text of a big batch is written in parts.
func TestBigBatches(t *testing.T) {
	f, _ := format(0)
	rows := make([]string, 20_000)
	for i := range rows {
		rows[i] = strings.Repeat("x", 99)
	}
	var c counter
	if err := sinktest.Write(t, f.To(&c), texts(rows...)); err != nil {
		t.Fatal(err)
	}
	if c.bytes != 2_000_000+len("begin\nend\n") || c.most > 400_000 {
		t.Errorf("%d bytes in %d writes of at most %d", c.bytes, c.writes, c.most)
	}
}

func TestFile(t *testing.T) {
	f, open := format(1)
	for _, c := range []struct {
		name   string
		unpack func(io.Reader) (io.Reader, error)
	}{
		{"out.txt", func(r io.Reader) (io.Reader, error) { return r, nil }},
		{"out.txt.gz", func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }},
		{"out.txt.zst", func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), c.name)
			if err := sinktest.Write(t, f.File(path), texts("a"), texts("b", "c")); err != nil {
				t.Fatal(err)
			}
			in, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			r, err := c.unpack(in)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(r); err != nil || string(got) != "begin\na\nb\nc\nend\n" {
				t.Errorf("got %q (%v)", got, err)
			}
		})
	}
	if *open != 0 {
		t.Errorf("%d encoders are open", *open)
	}
}

func TestAbortLeavesTheOldFile(t *testing.T) {
	f, open := format(0)
	folder := t.TempDir()
	path := filepath.Join(folder, "out.txt")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	rec := texts(strings.Repeat("x", 1<<20))
	out, err := f.File(path).Open(t.Context(), rec.Schema(), sinktest.Env(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Write(t.Context(), dataflow.Chunk{Rec: rec}); err != nil {
		t.Fatal(err)
	}
	if err := out.Abort(); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "old" {
		t.Errorf("the file is %q (%v)", got, err)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 1 || *open != 0 {
		t.Errorf("%d files and %d encoders are left (%v)", len(left), *open, err)
	}
}

func TestBrokenPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	defer w.Close()
	f, _ := format(0)
	if err := sinktest.Write(t, f.To(w), texts("a")); !errors.Is(err, syscall.EPIPE) || !strings.HasPrefix(err.Error(), "plainio: ") {
		t.Errorf("error %v, want a broken pipe", err)
	}
}

type shortWriter struct{}

func (shortWriter) Write(b []byte) (int, error) { return len(b) / 2, nil }

func TestErrors(t *testing.T) {
	f, open := format(0)
	if err := sinktest.Write(t, f.To(shortWriter{}), texts("a")); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("a short write: error %v", err)
	}
	sinktest.Refuses(t, f.To(io.Discard), arrow.NewSchema(nil, nil), "plainio: one column is wanted")
	sinktest.Refuses(t, f.File(filepath.Join(t.TempDir(), "none", "out.txt")), texts().Schema(), "out.txt: the folder")

	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("enough")
	cancel(reason)
	tight := sinktest.Env(t)
	left := int64(1 << 20)
	tight.Reserve = func(bytes int64) error {
		if bytes > left {
			return dataflow.ErrBudget
		}
		left -= bytes
		return nil
	}
	for _, c := range []struct {
		name string
		ctx  context.Context
		env  dataflow.Env
		want error
	}{{"cancelled", ctx, sinktest.Env(t), reason}, {"nothing may be held", t.Context(), tight, dataflow.ErrBudget}} {
		left = 1 << 20
		out, err := f.To(io.Discard).Open(c.ctx, texts().Schema(), c.env)
		if err != nil {
			t.Fatal(err)
		}
		left = 1000 // the buffer of the output is held already
		if err := out.Write(c.ctx, dataflow.Chunk{Rec: texts("a")}); !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, want %v", c.name, err, c.want)
		}
		if err := out.Abort(); err != nil {
			t.Error(err)
		}
	}
	if *open != 0 {
		t.Errorf("%d encoders are open", *open)
	}
}
