package window

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file"
	"github.com/arrowmill/arrowmill/io/file/once"
)

// open opens a window that is closed, and holds no memory, when the test ends.
func open(t *testing.T, ctx context.Context, o Options, a *account) *Window {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	w, err := Open(ctx, a.env(alloc), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.Close()
		alloc.AssertSize(t, 0)
		if a.reserved != 0 {
			t.Errorf("%d bytes are still reserved", a.reserved)
		}
	})
	return w
}

func TestFillDropAndGrow(t *testing.T) {
	var a account
	w := open(t, t.Context(), options(dataflow.Split{Path: save(t, "f", []byte("0123456789")), To: -1}, 4), &a)
	expect := func(what, text string, base int64, full, ended bool) {
		t.Helper()
		if string(w.Text()) != text || w.Base() != base || w.Full() != full || w.Ended() != ended {
			t.Errorf("%s: %q at %d, full %v, ended %v", what, w.Text(), w.Base(), w.Full(), w.Ended())
		}
	}
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	expect("before it is filled", "", 0, false, false)
	do(w.Fill(3))
	expect("a part", "012", 0, false, false)
	do(w.Fill(math.MaxInt))
	expect("all there is room for", "0123", 0, true, false)
	do(w.Fill(math.MaxInt))
	expect("no room", "0123", 0, true, false)
	w.Drop(1)
	expect("one less", "123", 1, false, false)
	do(w.Fill(math.MaxInt))
	do(w.Grow())
	expect("room for more", "1234", 1, false, false)
	do(w.Fill(math.MaxInt))
	expect("twice as much", "12345678", 1, true, false)
	first := w.Give(3, false)
	expect("carried over", "45678", 4, false, false)
	do(w.Fill(math.MaxInt))
	expect("the end", "456789", 4, false, true)
	last := w.Give(6, true)
	expect("nothing", "", 10, false, true)
	if string(first.Buf.Bytes()) != "123" || first.At != 1 || string(last.Buf.Bytes()) != "456789" || last.At != 4 {
		t.Errorf("gave %q at %d and %q at %d", first.Buf.Bytes(), first.At, last.Buf.Bytes(), last.At)
	}
	first.Buf.Release()
	over := Over(last)
	if string(over.Text()) != "456789" || over.Base() != 4 || !over.Ended() || over.Full() || over.Ranged() || over.Owned() < 6 {
		t.Errorf("a window over a text: %q at %d", over.Text(), over.Base())
	}
	over.Close()
	if a.advanced != 10 {
		t.Errorf("advanced by %d", a.advanced)
	}
}

func TestRangeReadsALittleMoreAtATime(t *testing.T) {
	path := save(t, "f", []byte(strings.Repeat("x", 100_000)))
	var a account
	w := open(t, t.Context(), options(dataflow.Split{Path: path, From: 1000, To: 2000}, 1<<20), &a)
	if !w.Ranged() || w.Base() != 999 || w.Owned() != 1001 {
		t.Errorf("begins at %d, owns %d", w.Base(), w.Owned())
	}
	for _, over := range []int{overreadBytes, 2 * overreadBytes, 4 * overreadBytes} {
		for w.Full() {
			if err := w.Grow(); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Fill(math.MaxInt); err != nil {
			t.Fatal(err)
		}
		if got := len(w.Text()) - w.Owned(); got > over || got <= 0 {
			t.Errorf("read %d bytes beyond the split, want up to %d", got, over)
		}
	}
	if a.advanced != 1000 {
		t.Errorf("advanced by %d", a.advanced)
	}
}

func TestBegin(t *testing.T) {
	var a account
	w := open(t, t.Context(), options(dataflow.Split{Path: save(t, "f", []byte("head\nrow\n")), To: 9}, 64), &a)
	w.Begin(5)
	if err := w.Fill(math.MaxInt); err != nil || string(w.Text()) != "row\n" || w.Base() != 5 || w.Owned() != 4 {
		t.Errorf("%q at %d, %v", w.Text(), w.Base(), err)
	}
	if w.Finish(); a.advanced != 9 {
		t.Errorf("advanced by %d", a.advanced)
	}
}

func TestFilesThatShrinkWhileTheyAreRead(t *testing.T) {
	path := save(t, "f", []byte(strings.Repeat("line\n", 1000)))
	var a account
	w := open(t, t.Context(), options(dataflow.Split{Path: path, From: 10, To: 5000}, 100), &a)
	if err := w.Fill(math.MaxInt); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 150); err != nil {
		t.Fatal(err)
	}
	w.Drop(100)
	want := path + ": the file ends at byte 150, but had 5000 or more when the run began: do not change it while it is read"
	if err := w.Fill(math.MaxInt); fmt.Sprint(err) != want {
		t.Error(err)
	}
	if a.advanced != 99 { // what was read before
		t.Errorf("advanced by %d", a.advanced)
	}
}

func TestCancelled(t *testing.T) {
	why := errors.New("the user went home")
	for _, to := range []int64{-1, 5000} {
		ctx, cancel := context.WithCancelCause(t.Context())
		var a account
		split := dataflow.Split{Path: save(t, "f", []byte(strings.Repeat("line\n", 1000))), To: to}
		w := open(t, ctx, options(split, 100), &a)
		if err := w.Fill(math.MaxInt); err != nil {
			t.Fatal(err)
		}
		s := &Segments{w: w, by: LineFeed}
		cancel(why)
		if w.Drop(50); !errors.Is(w.Fill(math.MaxInt), why) {
			t.Errorf("to %d: Fill goes on", to)
		}
		if _, err := s.Next(); !errors.Is(err, why) {
			t.Errorf("to %d: Next: %v", to, err)
		}
	}
}

func TestWhatCannotBeOpened(t *testing.T) {
	text := []byte("some\ntext\n")
	plain := save(t, "plain", text)
	missing := filepath.Join(t.TempDir(), "missing")
	for _, c := range []struct {
		split dataflow.Split
		want  string
	}{
		{dataflow.Split{Path: missing, To: -1}, missing},
		{dataflow.Split{Path: missing, To: 5}, missing},
		{dataflow.Split{Path: plain, From: -1, To: 5}, "this is no range of a plain file"},
		{dataflow.Split{Path: plain, From: 6, To: 5}, plain + "[6:5]: this is no range of a plain file"},
		{dataflow.Split{Path: os.DevNull, From: 0, To: 5}, "this is no range of a plain file"},
	} {
		if w, err := Open(t.Context(), (&account{}).env(memory.NewGoAllocator()), options(c.split, 64)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, %v", c.split, w, err)
		}
	}
	o := options(dataflow.Split{Path: plain, To: -1}, 64)
	o.Compression = file.Gzip
	if _, err := Open(t.Context(), (&account{}).env(memory.NewGoAllocator()), o); err == nil || !strings.Contains(err.Error(), "not gzip data") {
		t.Error(err)
	}
}

// A file that was looked at is read from its start on.
func TestStreams(t *testing.T) {
	path := save(t, "f.gz", packed(t, []byte("some\ntext")))
	var streams once.Streams
	peek, err := streams.Peek(t.Context(), path, file.Auto)
	if err == nil {
		_, err = peek.Read(make([]byte, 3))
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil { // there is nothing to open anew
		t.Skip(err)
	}
	o := options(dataflow.Split{Path: path, To: -1}, 64)
	o.Streams = &streams
	var a account
	texts, err := segments(t, o, LineFeed, &a)
	if err != nil || len(texts) != 1 || string(texts[0]) != "some\ntext" {
		t.Errorf("%q, %v", texts, err)
	}
}
