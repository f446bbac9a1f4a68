package file

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// entries are the names in dir.
func entries(t testing.TB, dir string) string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range list {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

func content(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func create(t testing.TB, path, text string) *Output {
	t.Helper()
	o, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestOutputAppearsWholeOrNotAtAll(t *testing.T) {
	for _, old := range []string{"", "old"} {
		dir := t.TempDir()
		path := dir + "/out.txt"
		if old != "" {
			if err := os.WriteFile(path, []byte(old), 0o640); err != nil {
				t.Fatal(err)
			}
		}
		before := entries(t, dir)

		long := strings.Repeat("new ", writeBytes)
		o := create(t, path, long)
		if got := entries(t, dir); got != strings.TrimSpace(".out.txt.arrowmill-0.tmp "+before) {
			t.Errorf("while writing: %s", got)
		}
		if old != "" && content(t, path) != old {
			t.Error("the old file has changed")
		}
		if err := o.Abort(); err != nil || entries(t, dir) != before {
			t.Errorf("aborted: %v, left %q", err, entries(t, dir))
		}
		if _, err := o.Write([]byte("x")); err == nil {
			t.Error("written to after its end")
		}
		if err := o.Commit(); err == nil {
			t.Error("committed after its end")
		}

		o = create(t, path, long)
		if err := o.Commit(); err != nil || entries(t, dir) != "out.txt" || content(t, path) != long {
			t.Errorf("committed: %v, %q", err, entries(t, dir))
		}
		if err := o.Abort(); err != nil || content(t, path) != long {
			t.Errorf("aborted behind the commit: %v", err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); old != "" && mode != 0o640 || mode&^0o644 != 0 {
			t.Errorf("permissions %v", mode)
		}
	}
}

func TestOutputIsCompressedByItsEnding(t *testing.T) {
	dir := t.TempDir()
	for name, want := range map[string]Compression{"o.csv": None, "o.csv.gz": Gzip, "o.csv.zst": Zstd} {
		path := dir + "/" + name
		text := words(1 << 20)
		if err := create(t, path, text).Commit(); err != nil {
			t.Fatal(err)
		}
		f, err := Open(t.Context(), path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if f.Compression() != want {
			t.Errorf("%s is %v", name, f.Compression())
		}
		f.Close()
		if got, err := readWhole(t, path); err != nil || string(got) != text {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

func TestCreateRefusesWhatCannotBeWritten(t *testing.T) {
	dir := tree(t, "folder/", "dangling -> nowhere", "a.txt")
	for path, want := range map[string]string{
		dir + "/folder":     "/folder: this is a folder: name a file in it",
		dir + "/new/":       "/new/: this names a folder",
		dir + "/no/out.txt": "/no/out.txt: the folder " + dir + "/no does not exist: create it first",
		dir + "/dangling":   "/dangling: this symbolic link leads to nothing",
		dir + "/a.txt/b":    "/a.txt/b: not a directory",
		"":                  "the path of the output is empty",
	} {
		if _, err := Create(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if got := entries(t, dir); got != "a.txt dangling folder" {
		t.Errorf("left %s", got)
	}
}

func TestOutputThroughALinkKeepsTheLink(t *testing.T) {
	dir := tree(t, "data/real.txt", "link.txt -> data/real.txt")
	if err := create(t, dir+"/link.txt", "new").Commit(); err != nil {
		t.Fatal(err)
	}
	if to, err := os.Readlink(dir + "/link.txt"); err != nil || to != "data/real.txt" || content(t, dir+"/data/real.txt") != "new" {
		t.Errorf("the link leads to %q, %v; %q", to, err, content(t, dir+"/data/real.txt"))
	}
	if got := entries(t, dir+"/data"); got != "real.txt" {
		t.Errorf("left %s", got)
	}
}

func TestOutputToADeviceIsWrittenInPlace(t *testing.T) {
	before, err := os.Stat(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	for _, end := range []func(*Output) error{(*Output).Commit, (*Output).Abort} {
		if err := end(create(t, os.DevNull, "x")); err != nil {
			t.Error(err)
		}
	}
	if after, err := os.Stat(os.DevNull); err != nil || !os.SameFile(before, after) {
		t.Errorf("%s was replaced: %v", os.DevNull, err)
	}
}

func TestSeveralWriteOnePathAtOnce(t *testing.T) {
	dir := t.TempDir()
	path := dir + "/out.txt"
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 20 {
				o, err := Create(path)
				if err != nil {
					t.Error(err)
					return
				}
				for range 10 {
					if _, err := fmt.Fprintf(o, "%d\n", i); err != nil {
						t.Error(err)
					}
				}
				end := o.Commit
				if j%3 == 0 {
					end = o.Abort
				}
				if err := end(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	got := content(t, path)
	if got != strings.Repeat(got[:2], 10) {
		t.Errorf("torn: %q", got)
	}
	if left := entries(t, dir); left != "out.txt" {
		t.Errorf("left %s", left)
	}
}

// TestKilledWriter runs itself as the process that is killed.
func TestKilledWriter(t *testing.T) {
	if path := os.Getenv("ARROWMILL_KILLED_WRITER"); path != "" {
		var open []*Output // what nobody holds is closed when it is collected, and swept by the next
		for range 3 {
			open = append(open, create(t, path, strings.Repeat("x", 2*writeBytes)))
		}
		defer runtime.KeepAlive(open)
		p, err := os.FindProcess(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		_ = p.Kill()
		select {}
	}
	dir := t.TempDir()
	path := dir + "/out.txt"
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledWriter$")
	cmd.Env = append(os.Environ(), "ARROWMILL_KILLED_WRITER="+path)
	if err := cmd.Run(); err == nil {
		t.Fatal("the writer was not killed")
	}
	if got := entries(t, dir); strings.Count(got, ".tmp") != 3 || content(t, path) != "old" {
		t.Fatalf("left %s and %q", got, content(t, path))
	}
	if found, err := (Paths{dir}).List(t.Context()); err != nil || len(found) != 1 {
		t.Errorf("a search finds what is half-written: %v, %v", found, err)
	}
	if err := create(t, path, "new").Commit(); err != nil || entries(t, dir) != "out.txt" || content(t, path) != "new" {
		t.Errorf("%v, left %s", err, entries(t, dir))
	}
}

func TestTemporaryNames(t *testing.T) {
	for _, name := range []string{"a", "out.csv", ".hidden", strings.Repeat("n", 255)} {
		got := temporaryName(name, 17)
		if !isTemporary(got) || len(got) > 255 {
			t.Errorf("%q", got)
		}
	}
	for _, name := range []string{"a", ".tmp", ".arrowmill-1.tmp.", ".arrowmill-1.tmp", "a.arrowmill-1.tmp", ".a.arrowmill-.tmp", ".a.arrowmill-x.tmp", ".a.arrowmill--1.tmp", ".a.1.tmp"} {
		if isTemporary(name) {
			t.Errorf("%q is taken for a temporary file", name)
		}
	}
	if err := create(t, filepath.Join(t.TempDir(), strings.Repeat("n", 255)), "x").Commit(); err != nil {
		t.Errorf("a name of 255 bytes: %v", err)
	}
}

func TestOutputNamesItsPathInErrors(t *testing.T) {
	full := "/dev/full"
	if _, err := os.Stat(full); errors.Is(err, fs.ErrNotExist) {
		t.Skip("there is no /dev/full here, a device that is always full")
	}
	o := create(t, full, "x")
	if err := o.Commit(); err == nil || !strings.HasPrefix(err.Error(), "writing /dev/full: no space left") {
		t.Errorf("got %v", err)
	}
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

func TestToAStream(t *testing.T) {
	var b bytes.Buffer
	o := To(&b)
	if _, err := o.Write([]byte("text")); err != nil || b.Len() != 0 {
		t.Errorf("%q, %v", b.String(), err)
	}
	if err := o.Flush(); err != nil || b.String() != "text" {
		t.Errorf("flushed: %q, %v", b.String(), err)
	}
	if _, err := o.Write([]byte(" more")); err != nil {
		t.Error(err)
	}
	if err := o.Commit(); err != nil || b.String() != "text more" {
		t.Errorf("committed: %q, %v", b.String(), err)
	}
	broken := errors.New("broken pipe")
	o = To(brokenWriter{broken})
	if _, err := o.Write([]byte("x")); err != nil {
		t.Error(err)
	}
	if err := o.Commit(); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if err := o.Abort(); err != nil {
		t.Errorf("aborted: %v", err)
	}
}
