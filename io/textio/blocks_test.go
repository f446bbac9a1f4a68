package textio

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
)

// manyLines is text that a small buffer cuts into many blocks.
func manyLines() string {
	var b strings.Builder
	for i := range 4000 {
		fmt.Fprintf(&b, "line %d of\r\n", i*i)
	}
	return b.String()
}

func TestBlocksAreWhatIsRead(t *testing.T) {
	text := manyLines()
	for name, path := range map[string]string{
		"gzip": write(t, "f.gz", gzipped(t, []byte(text[:5000]), []byte(text[5000:]))),
		"zstd": write(t, "f.zst", zstded(t, []byte(text))),
	} {
		for _, buffer := range []int{100, 1000, 5000} {
			got, blocks := readBlocks(t, Lines(path).buffer(buffer), 7)
			if got.err != nil || blocks < len(text)/buffer/2 {
				t.Fatalf("%s, buffers of %d: %d blocks, %v", name, buffer, blocks, got.err)
			}
			same(t, name, got.rows, naiveLines(text))
			got, blocks = readBlocks(t, Text(path).buffer(buffer), 0)
			if got.err != nil || blocks < len(text)/buffer/2 || strings.Join(got.rows, "") != text {
				t.Fatalf("%s, buffers of %d: %d blocks that are not the text, %v", name, buffer, blocks, got.err)
			}
		}
	}
	for name, s := range map[string]*Source{
		"a plain file":        Lines(write(t, "f.txt", []byte(text))).buffer(100),
		"a small packed file": Lines(write(t, "small.gz", gzipped(t, []byte("a\nb\n")))).buffer(100),
	} {
		if got, blocks := readBlocks(t, s, 0); blocks != 0 || got.err != nil {
			t.Errorf("%s: %d blocks, %v", name, blocks, got.err)
		}
	}
}

// What a block meets is told with file and byte; blocks that are not read, or not to
// the end, hold nothing.
func TestBlocksGoWrong(t *testing.T) {
	text := manyLines()
	wrong := strings.Replace(text, "line 1000000", "line \xff", 1)
	path := write(t, "wrong.gz", gzipped(t, []byte(wrong)))
	got, _ := readBlocks(t, Lines(path).buffer(1000).Strict(), 0)
	if want := fmt.Sprintf("textio: %s: byte %d: ff is not UTF-8", path, strings.Index(wrong, "\xff")); got.err == nil || !strings.HasPrefix(got.err.Error(), want) {
		t.Errorf("%v, want %s", got.err, want)
	}
	packed := gzipped(t, []byte(text))
	cut := write(t, "cut.gz", packed[:len(packed)-100])
	if got, _ := readBlocks(t, Lines(cut).buffer(1000), 0); got.err == nil || !strings.Contains(got.err.Error(), cut) {
		t.Errorf("a file that is cut short: %v", got.err)
	}

	var res result
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	e := env(&res, alloc)
	e.BatchRows = 3
	s := Lines(write(t, "f.gz", packed)).buffer(1000)
	all, ok := s.Blocks(t.Context(), dataflow.Split{Path: s.paths[0], To: -1}, e)
	if !ok {
		t.Fatal("no blocks")
	}
	n := 0
	for b, err := range all {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n%2 == 0 {
			for c, err := range b.Read(t.Context(), e) {
				c.Rec.Release()
				if err != nil {
					t.Fatal(err)
				}
				break
			}
		}
		b.Close()
		if n == 7 {
			break
		}
	}

	refused := e
	refused.Reserve = func(int64) error { return dataflow.ErrBudget }
	for b, err := range must(s.Blocks(t.Context(), dataflow.Split{Path: write(t, "long.gz", gzipped(t, []byte(strings.Repeat("long", 5000)+"\n"+text))), To: -1}, refused)) {
		if err == nil {
			b.Close()
			continue
		}
		if !errors.Is(err, dataflow.ErrBudget) {
			t.Error(err)
		}
		return
	}
	t.Error("a line that is longer than the buffer took nothing from the budget")
}

func must[T any](v T, ok bool) T {
	if !ok {
		panic("not ok")
	}
	return v
}
