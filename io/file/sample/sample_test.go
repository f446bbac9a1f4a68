package sample

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"

	"github.com/arrowmill/arrowmill/io/file"
	"github.com/arrowmill/arrowmill/io/file/once"
)

// line is enough where there is a line feed.
func line(head []byte, whole bool) (bool, error) { return bytes.IndexByte(head, '\n') >= 0, nil }

func anything([]byte, bool) (bool, error) { return true, nil }

// save is a file that holds text.
func save(t *testing.T, name string, text []byte) file.Input {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file.Input{Path: path, Bytes: int64(len(text))}
}

func TestPlacesOfAPlainFile(t *testing.T) {
	type part struct {
		from, to int
		last     bool
	}
	for _, c := range []struct {
		name  string
		size  int
		sizes Sizes
		head  int
		whole bool
		parts []part
	}{
		{"empty", 0, Sizes{10, 5, 30}, 0, true, nil},
		{"small", 30, Sizes{10, 5, 30}, 30, true, nil},
		{"less than its head", 9, Sizes{10, 5, 0}, 9, true, nil},
		{"large", 100, Sizes{10, 5, 30}, 10, false, []part{{47, 52, false}, {95, 100, true}}},
		{"parts that meet", 20, Sizes{4, 10, 0}, 4, false, []part{{5, 15, false}, {15, 20, true}}},
		{"parts that meet the head", 20, Sizes{8, 10, 0}, 8, false, []part{{8, 15, false}, {15, 20, true}}},
		{"its head and its tail", 20, Sizes{16, 6, 0}, 16, false, []part{{16, 20, true}}},
		{"a head alone", 100, Sizes{10, 0, 30}, 10, false, nil},
	} {
		text := make([]byte, c.size)
		for i := range text {
			text[i] = byte(i)
		}
		got, err := c.sizes.Of(t.Context(), save(t, "plain", text), file.None, nil, anything)
		if err != nil || !bytes.Equal(got.Head, text[:c.head]) || got.Whole != c.whole || len(got.Parts) != len(c.parts) {
			t.Errorf("%s: a head of %d bytes, whole %v, %d parts, %v", c.name, len(got.Head), got.Whole, len(got.Parts), err)
			continue
		}
		for i, p := range got.Parts {
			if want := c.parts[i]; !bytes.Equal(p.Text, text[want.from:want.to]) || int(p.At) != want.from || p.Last != want.last {
				t.Errorf("%s: part %d is bytes %d to %d, last %v; want %v", c.name, i, p.At, int(p.At)+len(p.Text), p.Last, want)
			}
		}
	}
}

func TestHeadGrowsUntilItIsEnough(t *testing.T) {
	text := []byte(strings.Repeat("x", 1000) + "\nrest of the file, which is not looked at")
	in := save(t, "long line", text)
	got, err := Sizes{Head: 10, Part: 5}.Of(t.Context(), in, file.Auto, nil, line)
	if err != nil || !bytes.HasPrefix(text, got.Head) || len(got.Head) < 1001 || got.Whole != (len(got.Head) == len(text)) {
		t.Errorf("a head of %d bytes, whole %v, %v", len(got.Head), got.Whole, err)
	}
	wrong := errors.New("no head of mine")
	if _, err := (Sizes{Head: 10}).Of(t.Context(), in, file.Auto, nil, func([]byte, bool) (bool, error) { return false, wrong }); !errors.Is(err, wrong) {
		t.Error(err)
	}
	if _, err := (Sizes{Head: 10}).Of(t.Context(), file.Input{Path: in.Path + "?"}, file.Auto, nil, line); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestCompressedFilesAreLookedAtFromTheirStart(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	text := make([]byte, 100_000)
	for i := range text {
		text[i] = byte('a' + random.IntN(26))
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write(text)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := Sizes{Head: 10, Part: 5, Whole: 1 << 30}.Of(t.Context(), save(t, "packed", packed.Bytes()), file.Auto, nil, anything)
	if err != nil || string(got.Head) != string(text[:10]) || got.Whole || got.Parts != nil {
		t.Errorf("%q, whole %v, %d parts, %v", got.Head, got.Whole, len(got.Parts), err)
	}
}

func TestHeadReadsOneByteAtATime(t *testing.T) {
	for _, text := range []string{"", "\n", "abc", "abc\ndef", strings.Repeat("a", 100) + "\n"} {
		head, whole, err := Head(iotest.OneByteReader(strings.NewReader(text)), 0, line)
		if err != nil || !strings.HasPrefix(text, string(head)) || whole && string(head) != text || !whole && !strings.Contains(string(head), "\n") {
			t.Errorf("%q: %q, %v, %v", text, head, whole, err)
		}
	}
	broken := errors.New("broken")
	if _, _, err := Head(iotest.ErrReader(broken), 10, line); !errors.Is(err, broken) {
		t.Error(err)
	}
}

// What is looked at of a stream is there for whoever reads it.
func TestStreamsAreKept(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := w.WriteString("some\ntext"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	path := filepath.Join("/dev/fd", fmt.Sprint(r.Fd()))
	if _, err := os.Stat(path); err != nil {
		t.Skip(err)
	}
	var streams once.Streams
	for range 2 {
		got, err := Sizes{Head: 2, Part: 2, Whole: 100}.Of(t.Context(), file.Input{Path: path, Stream: true}, file.None, &streams, line)
		if err != nil || string(got.Head) != "some\ntex" || got.Whole || got.Parts != nil {
			t.Fatalf("%q, %v, %d parts, %v", got.Head, got.Whole, len(got.Parts), err)
		}
	}
	s, err := streams.Open(t.Context(), path, file.Options{Compression: file.None})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got, err := io.ReadAll(s); err != nil || string(got) != "some\ntext" {
		t.Errorf("%q, %v", got, err)
	}
}
