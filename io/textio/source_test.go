package textio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/utf8fix/oracle"
	"github.com/arrowmill/arrowmill/io/file"
)

func TestFilesComeInOrderAndCompressionIsFound(t *testing.T) {
	dir := t.TempDir()
	for name, data := range map[string][]byte{
		"c.txt":         []byte("plain\n"),
		"a.txt":         gzipped(t, []byte(byteOrderMark+"gz 1\ngz"), []byte(" 2\n")),
		"sub/b.txt":     zstded(t, []byte("zst 1\n"), []byte("zst 2")),
		"sub/empty.txt": nil,
		"sub/x.md":      []byte("not asked for\n"),
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got := read(t, Lines(filepath.Join(dir, "**", "*.txt")), 4, 0)
	if got.err != nil {
		t.Fatal(got.err)
	}
	same(t, "files", got.rows, []string{"gz 1", "gz 2", "plain", "zst 1", "zst 2"})

	plain := Lines(filepath.Join(dir, "a.txt")).Compression(file.None)
	if got := read(t, plain, 1<<20, 0); got.warned == 0 || got.first != 1 {
		t.Errorf("a gzip file read as it is: %d replaced, the first at byte %d", got.warned, got.first)
	}
}

func TestInvalidUTF8IsReplacedWarnedOfOrRefused(t *testing.T) {
	text := []byte(byteOrderMark + strings.Repeat("good line\n", 1000) + "bad \xe2\x82 \xff\n" + strings.Repeat("x\n", 1000))
	at := int64(bytes.IndexByte(text, 0xe2))
	for name, path := range map[string]string{"plain": write(t, "f", text), "gzip": write(t, "g", gzipped(t, text))} {
		for _, split := range []int64{1 << 30, 777} {
			got := read(t, Lines(path).buffer(512), split, 0)
			if got.err != nil || got.warned != 2 || got.first != at || got.rows[1000] != "bad \ufffd \ufffd" {
				t.Errorf("%s, splits of %d: %d replaced, first at %d (want %d), %q, %v", name, split, got.warned, got.first, at, got.rows[1000], got.err)
			}
			for _, s := range []*Source{Lines(path).Strict(), Text(path).Strict(), Lines(path).Strict().PruneColumns(nil).(*Source)} {
				got = read(t, s.buffer(512), split, 0)
				want := fmt.Sprintf("%s: byte %d: e2 82 is not UTF-8", path, at)
				if got.err == nil || !strings.Contains(got.err.Error(), want) {
					t.Errorf("%s: %v, want %s", name, got.err, want)
				}
			}
		}
	}
}

func TestStoppingEarlyLeavesNothing(t *testing.T) {
	for name, data := range map[string][]byte{"plain": []byte(strings.Repeat("line\n", 1000)), "gzip": gzipped(t, []byte(strings.Repeat("line\n", 1000))), "bad": []byte(strings.Repeat("l\xff\n", 1000))} {
		path := write(t, name, data)
		for _, s := range []*Source{Lines(path).buffer(64), Text(path).buffer(64)} {
			alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
			res := result{first: -1}
			e := env(&res, alloc)
			e.BatchRows = 3
			for c, err := range s.Read(t.Context(), dataflow.Split{Path: path, To: -1}, e) {
				if err != nil {
					t.Fatal(err)
				}
				c.Rec.Release()
				break
			}
			alloc.AssertSize(t, 0)
			if res.reserved != 0 {
				t.Errorf("%v: %d bytes stay reserved", s, res.reserved)
			}
			if n := openFiles(t, path); n != 0 {
				t.Errorf("%v: the file is open %d times", s, n)
			}
		}
	}
}

// openFiles counts this process's descriptors of path.
func openFiles(t *testing.T, path string) (n int) {
	links, err := filepath.Glob("/proc/self/fd/*")
	if err != nil || len(links) == 0 {
		t.Log("there is no /proc: open files are not counted")
	}
	for _, l := range links {
		if to, _ := os.Readlink(l); to == path {
			n++
		}
	}
	return n
}

func TestCancelledContextEndsReading(t *testing.T) {
	path := write(t, "f", []byte(strings.Repeat("line\n", 1000)))
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	cause := errors.New("enough of this")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	var res result
	chunks := 0
	for c, err := range Lines(path).buffer(64).Read(ctx, dataflow.Split{Path: path, To: -1}, env(&res, alloc)) {
		if err != nil {
			if !errors.Is(err, cause) {
				t.Errorf("ended with %v", err)
			}
			return
		}
		c.Rec.Release()
		if chunks++; chunks == 2 {
			cancel(cause)
		} else if chunks > 3 {
			t.Fatal("reading went on")
		}
	}
	t.Error("the sequence ended without an error")
}

func TestRowsShareTheBuffersOfTheirChunks(t *testing.T) {
	path := write(t, "f", []byte(strings.Repeat("line\n", 100)))
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	var res result
	e := env(&res, alloc)
	e.BatchRows = 10
	var values *memory.Buffer
	for c, err := range Lines(path).Read(t.Context(), dataflow.Split{Path: path, To: -1}, e) {
		if err != nil {
			t.Fatal(err)
		}
		defer c.Rec.Release()
		b := c.Rec.Column(0).Data().Buffers()[2]
		if values != nil && b != values {
			t.Error("the chunks of one read have their own copies")
		}
		values = b
	}
}

func TestBudgetIsAskedBeforeALongLine(t *testing.T) {
	path := write(t, "f", []byte("a\n"+strings.Repeat("x", 1<<16)+"\nb\n"))
	for _, s := range []*Source{Lines(path), Text(path)} {
		alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
		var res result
		e := env(&res, alloc)
		e.Reserve = func(n int64) error {
			if n > 1<<15 {
				return &dataflow.BudgetError{LimitBytes: 1 << 15}
			}
			return nil
		}
		err := readSplit(t, s.buffer(1024), dataflow.Split{Path: path, To: -1}, e, &res)
		if !errors.Is(err, dataflow.ErrBudget) || !strings.Contains(err.Error(), path+": byte 2: a ") {
			t.Errorf("%v: %v", s, err)
		}
		alloc.AssertSize(t, 0)
	}
}

func TestLimitOfASegmentIsAnErrorWithItsPlace(t *testing.T) {
	path := write(t, "f", []byte("a\n"+strings.Repeat("x", 5000)+"\nb\n"))
	for _, tc := range []struct {
		source *Source
		max    int
		want   string
	}{
		{Lines(path), 5001, ""}, {Text(path), 5001, ""},
		{Lines(path), 5000, path + ": byte 2: a line of more than 4.9 KiB begins here"},
		{Text(path), 5000, path + ": byte 2: a stretch without white space of more than 4.9 KiB begins here"},
	} {
		tc.source.segmentMax, tc.source.bufferBytes = tc.max, 100
		for _, split := range []int64{1 << 20, 300} {
			got := read(t, tc.source, split, 0)
			if (got.err == nil) != (tc.want == "") || got.err != nil && !strings.Contains(got.err.Error(), tc.want) {
				t.Errorf("%v, at most %d: %v", tc.source, tc.max, got.err)
			}
		}
	}
}

func TestErrorsNameFileAndByte(t *testing.T) {
	text := []byte(strings.Repeat("some line of text\n", 5000))
	gz, zst := gzipped(t, text), zstded(t, text)
	damaged := bytes.Clone(gz)
	damaged[len(damaged)-6] ^= 0x40 // the checksum
	for name, tc := range map[string]struct {
		data []byte
		want string
	}{
		"cut.gz":     {gz[:len(gz)-20], "cut off"},
		"cut.zst":    {zst[:len(zst)-3], "cut off"},
		"damaged.gz": {damaged, "damaged gzip data"},
	} {
		path := write(t, name, tc.data)
		got := read(t, Lines(path), 1<<20, 0)
		if got.err == nil || !strings.Contains(got.err.Error(), tc.want) || !strings.Contains(got.err.Error(), path+": before byte ") {
			t.Errorf("%s: %v", name, got.err)
		}
	}

	path := write(t, "short", []byte("a\nb\n"))
	var res result
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	for _, split := range []dataflow.Split{{Path: path, From: 0, To: 10}, {Path: path, From: 5, To: 10}} {
		err := readSplit(t, Lines(path), split, env(&res, alloc), &res)
		if err == nil || !strings.Contains(err.Error(), path+": the file ends at byte 4") {
			t.Errorf("%v: %v", split, err)
		}
	}
	err := readSplit(t, Lines(path), dataflow.Split{Path: path + "x", To: -1}, env(&res, alloc), &res)
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), path+"x") {
		t.Errorf("a missing file: %v", err)
	}
}

func TestSchemaPrunesPrintsAndReportsMissingPaths(t *testing.T) {
	path := write(t, "f", []byte("a\nb"))
	for _, tc := range []struct {
		source dataflow.Source
		fields string
		text   string
	}{
		{Lines(path), "line utf8", "lines of " + path},
		{Text(path).Strict().Compression(file.None).SplitBytes(1 << 20), "text utf8", "text of " + path + ", compression none, strict UTF-8, splits of 1.0 MiB"},
		{Lines(path).PruneColumns([]string{"line"}), "line utf8", "lines of " + path},
		{Lines(path).PruneColumns(nil), "", "lines of " + path + ", no columns"},
		{Lines("a", "b", "c", "d", path), "", "lines of a, b, c and 2 more"},
	} {
		if got := tc.source.(fmt.Stringer).String(); got != tc.text {
			t.Errorf("got %q, want %q", got, tc.text)
		}
		schema, err := tc.source.Schema(t.Context())
		if strings.Contains(tc.text, "more") {
			if !errors.Is(err, os.ErrNotExist) || !strings.HasPrefix(err.Error(), "textio: a: ") {
				t.Errorf("%s: %v", tc.text, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		fields := ""
		for _, f := range schema.Fields() {
			fields += f.Name + " " + f.Type.String()
		}
		if fields != tc.fields {
			t.Errorf("%s: got %q, want %q", tc.text, fields, tc.fields)
		}
	}
}

func TestStandardInputIsReadOnce(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	old := os.Stdin
	os.Stdin = r
	defer func() { os.Stdin = old }()
	go func() {
		defer w.Close()
		for _, part := range []string{"\xef", "\xbb\xbfone\r", "\ntw", "o\n", "three"} {
			w.WriteString(part)
		}
	}()
	s := Lines("-")
	got := read(t, s, 2, 0)
	if got.err != nil {
		t.Fatal(got.err)
	}
	same(t, "standard input", got.rows, []string{"one", "two", "three"})
	if got := read(t, s, 2, 0); got.err == nil || !strings.Contains(got.err.Error(), "read before") {
		t.Errorf("read again: %v", got.err)
	}
}

func TestTheGoSourceTreeAsLinesAndText(t *testing.T) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skipf("the go program does not run: %v", err)
	}
	src := filepath.Join(strings.TrimSpace(string(root)), "src", "unicode")
	var all, text []string
	err = filepath.WalkDir(src, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			valid, _ := oracle.Fix(string(b))
			all, text = append(all, naiveLines(valid)...), append(text, strings.TrimPrefix(valid, byteOrderMark))
		}
		return err
	})
	if err != nil {
		t.Skipf("the Go source tree is not in %s: %v", src, err)
	}
	for _, split := range []int64{1 << 20, 10_007} {
		got := read(t, Lines(src), split, 1000)
		if got.err != nil || !slices.Equal(got.rows, all) {
			t.Errorf("splits of %d: %d lines, want %d, %v", split, len(got.rows), len(all), got.err)
		}
		got = read(t, Text(src), split, 0)
		if got.err != nil || strings.Join(got.rows, "") != strings.Join(text, "") {
			t.Errorf("splits of %d: other text, %v", split, got.err)
		}
	}
}
