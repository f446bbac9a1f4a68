package file

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

func gzipped(t testing.TB, members ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, m := range members {
		w := gzip.NewWriter(&b)
		if _, err := w.Write([]byte(m)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func zstded(t testing.TB, window int, frames ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, f := range frames {
		w, err := zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(window))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(f)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func put(t testing.TB, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// words are text that does not compress to nothing.
func words(n int) string {
	rng := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for b.Len() < n {
		fmt.Fprintf(&b, "%x ", rng.Uint32())
	}
	return b.String()
}

var skippableFrame = []byte{0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 'x', 'y', 'z'}

func TestOpenFindsTheCompression(t *testing.T) {
	long := words(300_000)
	for name, tc := range map[string]struct {
		data []byte
		kind Compression
		want string
	}{
		"empty":            {nil, None, ""},
		"one byte":         {[]byte{0x1f}, None, "\x1f"},
		"two bytes":        {[]byte{0x1f, 0x8b}, None, "\x1f\x8b"},
		"nearly zstd":      {[]byte{0x28, 0xb5, 0x2f}, None, "\x28\xb5\x2f"},
		"nearly skippable": {[]byte("P*M"), None, "P*M"},
		"plain":            {[]byte(long), None, long},
		"gzip":             {gzipped(t, long), Gzip, long},
		"members":          {gzipped(t, "a", "", long, "b"), Gzip, "a" + long + "b"},
		"empty gzip":       {gzipped(t, ""), Gzip, ""},
		"zstd":             {zstded(t, 1<<20, long), Zstd, long},
		"frames":           {zstded(t, 1<<20, "a", long, "b"), Zstd, "a" + long + "b"},
		"skippable":        {append(bytes.Clone(skippableFrame), zstded(t, 1<<20, long)...), Zstd, long},
		"only skippable":   {skippableFrame, Zstd, ""},
	} {
		path := put(t, tc.data)
		for range 2 { // the second time with a decoder of the pool
			reserved := int64(0)
			f, err := Open(t.Context(), path, Options{Reserve: func(n int64) error { reserved += n; return nil }})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			got, err := io.ReadAll(iotest.OneByteReader(f))
			if err != nil || string(got) != tc.want {
				t.Errorf("%s: %d bytes, want %d, %v", name, len(got), len(tc.want), err)
			}
			if f.Compression() != tc.kind || f.Plain() != (tc.kind == None) || f.Consumed() != int64(len(tc.data)) || f.Size() != int64(len(tc.data)) {
				t.Errorf("%s: %v, plain %v, %d of %d bytes read", name, f.Compression(), f.Plain(), f.Consumed(), len(tc.data))
			}
			if (reserved > 0) != (tc.kind != None) {
				t.Errorf("%s: %d bytes reserved", name, reserved)
			}
			if err := f.Close(); err != nil || reserved != 0 {
				t.Errorf("%s: closed: %v, %d bytes reserved", name, err, reserved)
			}
		}
		f, err := Open(t.Context(), path, Options{Compression: None})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, tc.data) {
			t.Errorf("%s: as it is: %d bytes of %d, %v", name, len(got), len(tc.data), err)
		}
		f.Close()
	}
}

func TestTruncationIsFoundAtEveryByte(t *testing.T) {
	for name, tc := range map[string]struct {
		data []byte
		ends []int // where a member or frame ends: nothing is missing there
	}{
		"gzip": {gzipped(t, "first member", "second"), []int{0, len(gzipped(t, "first member"))}},
		"zstd": {zstded(t, 1<<20, "first frame", "second"), []int{0, len(zstded(t, 1<<20, "first frame"))}},
	} {
		for n := magicBytes; n < len(tc.data); n++ {
			whole := false
			for _, end := range tc.ends {
				whole = whole || n == end
			}
			path := put(t, tc.data[:n])
			_, err := readWhole(t, path)
			if whole != (err == nil) {
				t.Errorf("%s cut to %d of %d bytes: %v", name, n, len(tc.data), err)
			}
			if err != nil && (!errors.Is(err, io.ErrUnexpectedEOF) || !strings.HasPrefix(err.Error(), path+": before byte ")) {
				t.Errorf("%s cut to %d of %d bytes: %v", name, n, len(tc.data), err)
			}
		}
	}
}

func readWhole(t testing.TB, path string) ([]byte, error) {
	f, err := Open(t.Context(), path, Options{})
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

func TestDamageIsFound(t *testing.T) {
	text := words(1500)
	for name, data := range map[string][]byte{"gzip": gzipped(t, text), "zstd": zstded(t, 1<<20, text)} {
		for at := magicBytes; at < len(data); at += 7 {
			bad := bytes.Clone(data)
			bad[at] ^= 0x55
			if got, err := readWhole(t, put(t, bad)); err == nil && string(got) != text {
				t.Errorf("%s with byte %d changed: other data and no error", name, at)
			}
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	big := put(t, zstded(t, 256<<20, words(1<<10))) // small data: a single segment, and no window is needed
	if _, err := readWhole(t, big); err != nil {
		t.Errorf("a small frame: %v", err)
	}
	// A frame header that asks for a window of 256 MiB: descriptor 0, window exponent 28.
	huge := put(t, []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, (28 - 10) << 3, 0x01, 0, 0})
	if _, err := readWhole(t, huge); !errors.Is(err, zstd.ErrWindowSizeExceeded) || !strings.Contains(err.Error(), "128 MiB") {
		t.Errorf("a window of 256 MiB: %v", err)
	}
	if _, err := Open(t.Context(), dir, Options{}); err == nil || !strings.Contains(err.Error(), dir+": this is a folder") {
		t.Errorf("a folder: %v", err)
	}
	if _, err := Open(t.Context(), dir+"/no", Options{}); !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), dir+"/no: ") {
		t.Errorf("no file: %v", err)
	}
	plain := put(t, []byte("text"))
	if _, err := Open(t.Context(), plain, Options{Compression: Gzip}); err == nil || !strings.Contains(err.Error(), plain+": this is not gzip data") {
		t.Errorf("not gzip: %v", err)
	}
	budget := errors.New("no more")
	packed := put(t, gzipped(t, "x"))
	if _, err := Open(t.Context(), packed, Options{Reserve: func(int64) error { return budget }}); !errors.Is(err, budget) {
		t.Errorf("no memory: %v", err)
	}
	f, err := Open(t.Context(), packed, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.ReadAt(make([]byte, 1), 0); err == nil {
		t.Error("compressed data read at a byte")
	}
}

func TestReadAtLeavesReadAlone(t *testing.T) {
	f, err := Open(t.Context(), put(t, []byte("0123456789")), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := make([]byte, 4)
	if n, err := f.ReadAt(b, 5); n != 4 || err != nil || string(b) != "5678" {
		t.Errorf("%q, %v", b[:n], err)
	}
	if n, err := f.ReadAt(b, 8); n != 2 || err != io.EOF {
		t.Errorf("%q, %v", b[:n], err)
	}
	if all, err := io.ReadAll(f); err != nil || string(all) != "0123456789" {
		t.Errorf("%q, %v", all, err)
	}
}

func TestSplitsCutPlainFilesOnly(t *testing.T) {
	dir := tree(t, "small")
	put := func(name string, data []byte) {
		if err := os.WriteFile(dir+"/"+name, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("big", bytes.Repeat([]byte("x"), 1000))
	put("packed", gzipped(t, words(3000)))
	put("between", make([]byte, 149))
	for _, n := range []int64{100, 333, 999, 1000, 5000, 1} {
		splits, err := Paths{dir}.Splits(t.Context(), n, Options{})
		if err != nil {
			t.Fatal(err)
		}
		next := map[string]int64{}
		for _, s := range splits {
			info, err := os.Stat(s.Path)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case s.To < 0:
				if s.From != 0 || s.Bytes != info.Size() || info.Size() > n+n/2 && filepath.Base(s.Path) != "packed" {
					t.Errorf("%v of %d bytes with splits of %d", s, info.Size(), n)
				}
				next[s.Path] = info.Size()
			case s.From != next[s.Path] || s.Bytes != s.To-s.From || s.Bytes > n+n/2 || s.Bytes <= n/2 || filepath.Base(s.Path) == "packed":
				t.Errorf("%v behind byte %d with splits of %d", s, next[s.Path], n)
			default:
				next[s.Path] = s.To
			}
		}
		for path, to := range next {
			if info, err := os.Stat(path); err != nil || info.Size() != to {
				t.Errorf("%s is read up to byte %d, %v", path, to, err)
			}
		}
		if len(next) != 4 {
			t.Errorf("%d files", len(next))
		}
	}
	splits, err := Paths{dir + "/packed"}.Splits(t.Context(), 100, Options{Compression: None})
	if err != nil || len(splits) < 2 {
		t.Errorf("taken as it is: %v, %v", splits, err)
	}
}

func TestContextEndsReading(t *testing.T) {
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	f, err := Open(ctx, put(t, gzipped(t, words(1<<20))), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Read(make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	cancel(cause)
	if _, err := io.ReadAll(f); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(gzipped(f, "some text", "more"))
	f.Add(zstded(f, 1<<20, "some text", "more"))
	f.Add([]byte("plain"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Open(t.Context(), put(t, data), Options{})
		if err != nil {
			return
		}
		defer file.Close()
		n, err := io.Copy(io.Discard, io.LimitReader(file, 64<<20))
		if file.Plain() && (err != nil || n != int64(len(data))) {
			t.Errorf("%d bytes of %d, %v", n, len(data), err)
		}
	})
}
