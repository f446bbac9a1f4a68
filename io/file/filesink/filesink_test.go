package filesink_test

import (
	"bytes"
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

	"github.com/arrowmill/arrowmill/dataflow"
	df "github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/io/file"
	"github.com/arrowmill/arrowmill/io/file/filesink"
	"github.com/arrowmill/arrowmill/io/file/textsink/sinktest"
)

// plain is a format of one column of text, a value a line, between two lines. It
// holds all rows back, and counts what is open.
type plain struct {
	fail string // the call that fails: new, write, finish; panics: panic
	at   int    // of New: which call
	news int
	open int
}

var errPlain = errors.New("plain failure")

func (p *plain) format() filesink.Format {
	return filesink.Format{Package: "plainio", Name: "plain", Ending: ".txt", Compressed: true,
		New: func(_ context.Context, in *arrow.Schema, to io.Writer, env dataflow.Env) (filesink.Writer, error) {
			p.news++
			if in.NumFields() != 1 {
				return nil, errors.New("one column is wanted")
			}
			if p.fail == "new" && p.news == p.at {
				return nil, errPlain
			}
			if err := env.Reserve(1000); err != nil {
				return nil, err
			}
			p.open++
			_, err := io.WriteString(to, "begin\n")
			return &plainWriter{plain: p, to: to, env: env}, err
		}}
}

type plainWriter struct {
	plain *plain
	to    io.Writer
	env   dataflow.Env
	held  []string
}

func (w *plainWriter) Write(_ context.Context, rec arrow.Record) error {
	if w.plain.fail == "write" {
		return errPlain
	}
	for i := range int(rec.NumRows()) {
		w.held = append(w.held, strings.Clone(rec.Column(0).(*array.String).Value(i)))
	}
	return nil
}

func (w *plainWriter) Finish(context.Context) error {
	if w.plain.fail == "finish" {
		return errPlain
	}
	for _, s := range append(w.held, "end") {
		if _, err := io.WriteString(w.to, s+"\n"); err != nil {
			return err
		}
	}
	return nil
}

func (w *plainWriter) Close() {
	w.plain.open--
	_ = w.env.Reserve(-1000)
}

func texts(s ...string) arrow.Record { return df.Batch(df.Col("s", s)) }

// names are those of the files in dir.
func names(t testing.TB, dir string) string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range list {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

func text(t testing.TB, path string) string {
	t.Helper()
	f, err := file.Open(t.Context(), path, file.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestToAWriter(t *testing.T) {
	var p plain
	var b bytes.Buffer
	if err := sinktest.Write(t, p.format().To(&b), texts("a"), texts("b")); err != nil || b.String() != "begin\na\nb\nend\n" || p.open != 0 {
		t.Errorf("%q, %v, %d open", b.String(), err, p.open)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	defer w.Close()
	if err := sinktest.Write(t, p.format().To(w), texts("a")); !errors.Is(err, syscall.EPIPE) || !strings.HasPrefix(err.Error(), "plainio: ") || p.open != 0 {
		t.Errorf("%v, %d open", err, p.open)
	}
}

func TestPlans(t *testing.T) {
	f := new(plain).format()
	if got := fmt.Sprint(f.To(io.Discard), ", ", f.File("a.txt"), ", ", f.File("out/")); got != "plain, plain a.txt, plain out/" {
		t.Errorf("plans say %q", got)
	}
}

func TestFiles(t *testing.T) {
	for _, c := range []struct{ path, want string }{
		{"out.txt", "out.txt"}, {"out.txt.gz", "out.txt.gz"}, {"out.txt.zst", "out.txt.zst"},
		{"out/", "out/part-00000.txt"}, {"out.gz/", "out.gz/part-00000.txt.gz"}, {"out.zst//", "out.zst/part-00000.txt.zst"},
	} {
		for _, rows := range [][]string{nil, {"a", "b"}} {
			var p plain
			dir := t.TempDir()
			if err := sinktest.Write(t, p.format().File(dir+"/"+c.path), texts(rows...)); err != nil {
				t.Fatal(err)
			}
			if got, want := text(t, dir+"/"+c.want), strings.Join(append(append([]string{"begin"}, rows...), "end\n"), "\n"); got != want || p.open != 0 {
				t.Errorf("%s: %q, %d open", c.path, got, p.open)
			}
			found, err := file.Paths{dir}.List(t.Context())
			if err != nil || len(found) != 1 || names(t, dir) != strings.Split(c.want, "/")[0] {
				t.Errorf("%s: %v, %v", c.path, found, err)
			}
		}
	}
}

func TestPartitions(t *testing.T) {
	var p plain
	dir := t.TempDir()
	out, err := p.format().File(dir+"/out/").Open(t.Context(), texts().Schema(), sinktest.Env(t))
	if err != nil {
		t.Fatal(err)
	}
	for i, part := range []int{7, 123456, 7, 3} {
		if err := out.(dataflow.PartitionWriter).WritePartition(t.Context(), part, dataflow.Chunk{Rec: texts(fmt.Sprint(i))}); err != nil {
			t.Fatal(err)
		}
	}
	if got := names(t, dir); got != ".out.arrowmill-0.tmp" || p.open != 3 {
		t.Errorf("while writing: %s, %d open", got, p.open)
	}
	if err := out.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir+"/out"); got != "part-00003.txt part-00007.txt part-123456.txt" || p.open != 0 {
		t.Errorf("got %s, %d open", got, p.open)
	}
	if got := text(t, dir+"/out/part-00007.txt"); got != "begin\n0\n2\nend\n" {
		t.Errorf("partition 7: %q", got)
	}
}

// TestFailures: whatever fails, nothing is left and nothing stays open.
func TestFailures(t *testing.T) {
	for _, path := range []string{"out.txt", "out/"} {
		for _, c := range []plain{{fail: "new", at: 1}, {fail: "new", at: 2}, {fail: "write"}, {fail: "finish"}} {
			dir := t.TempDir()
			err := sinktest.Write(t, c.format().File(dir+"/"+path), texts("a"))
			if !errors.Is(err, errPlain) || !strings.HasPrefix(err.Error(), "plainio: ") {
				t.Errorf("%s, %s: %v", path, c.fail, err)
			}
			if got := names(t, dir); got != "" || c.open != 0 {
				t.Errorf("%s, %s: left %s, %d open", path, c.fail, got, c.open)
			}
		}
	}
}

func TestBudget(t *testing.T) {
	for _, path := range []string{"out.txt", "out/"} {
		for limit := int64(0); ; limit += 999 {
			var p plain
			var held int64
			env := dataflow.Env{Reserve: func(n int64) error {
				if held+n > limit {
					return dataflow.ErrBudget
				}
				held += n
				return nil
			}}
			dir := t.TempDir()
			err := func() error {
				out, err := p.format().File(dir+"/"+path).Open(t.Context(), texts().Schema(), env)
				if err != nil {
					return err
				}
				if err := out.Write(t.Context(), dataflow.Chunk{Rec: texts("a")}); err != nil {
					return errors.Join(err, out.Abort())
				}
				return out.Commit(t.Context())
			}()
			if held != 0 || p.open != 0 {
				t.Fatalf("%s, limit %d: %d bytes held, %d open", path, limit, held, p.open)
			}
			if err == nil {
				break
			}
			if got := names(t, dir); !errors.Is(err, dataflow.ErrBudget) || got != "" {
				t.Fatalf("%s, limit %d: %v, left %s", path, limit, err, got)
			}
			if limit > 1<<20 {
				t.Fatalf("%s: more than 1 MiB is wanted", path)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(dir+"/full/below", 0o755); err != nil {
		t.Fatal(err)
	}
	f := new(plain).format()
	own := f
	own.Compressed = false
	sinktest.Refuses(t, f.To(io.Discard), arrow.NewSchema(nil, nil), "plainio: one column is wanted")
	sinktest.Refuses(t, f.File(dir+"/a.txt"), arrow.NewSchema(nil, nil), "plainio: one column is wanted")
	sinktest.Refuses(t, f.File(dir+"/full/"), texts().Schema(), "plainio: "+dir+"/full/: this folder is not empty")
	sinktest.Refuses(t, f.File(dir+"/none/out.txt"), texts().Schema(), "none/out.txt: the folder")
	sinktest.Refuses(t, own.File(dir+"/a.txt.gz"), texts().Schema(), "a.txt.gz: a plain file is not compressed as a whole: leave .gz off the name")
	sinktest.Refuses(t, own.File(dir+"/a.zst/"), texts().Schema(), "leave .zst off the name")
	if got := names(t, dir); got != "full" {
		t.Errorf("left %s", got)
	}
}

// TestAbort: at each point, and again.
func TestAbort(t *testing.T) {
	for _, path := range []string{"out.txt", "out/"} {
		for steps := range 3 {
			var p plain
			dir := t.TempDir()
			out, err := p.format().File(filepath.Join(dir, "x")+path).Open(t.Context(), texts().Schema(), sinktest.Env(t))
			if err != nil {
				t.Fatal(err)
			}
			for range steps {
				if err := out.Write(t.Context(), dataflow.Chunk{Rec: texts(strings.Repeat("x", 1<<20))}); err != nil {
					t.Fatal(err)
				}
			}
			for range 2 {
				if err := out.Abort(); err != nil {
					t.Error(err)
				}
			}
			if got := names(t, dir); got != "" || p.open != 0 {
				t.Errorf("%s, %d batches: left %s, %d open", path, steps, got, p.open)
			}
		}
	}
}
