package file

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/arrowmill/arrowmill/dataflow"
)

func TestWhatIsWorthBlocks(t *testing.T) {
	dir := t.TempDir()
	save := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	packed := gzipped(t, "some text")
	plain, small := save("plain", make([]byte, 1000)), save("small.gz", packed)
	n := int64(len(packed))
	for _, c := range []struct {
		name   string
		path   string
		to     int64
		least  int64
		stream bool
		want   bool
	}{
		{"plain", plain, -1, 10, false, false},
		{"compressed", small, -1, n, false, true},
		{"compressed, but small", small, -1, n + 1, false, false},
		{"a range", small, 5, 0, false, false},
		{"standard input", Stdin, -1, 1 << 40, true, true},
		{"a device", os.DevNull, -1, 1 << 40, true, true},
	} {
		if got := InBlocks(t.Context(), dataflow.Split{Path: c.path, To: c.to}, c.least, Options{}); got != c.want {
			t.Errorf("%s: in blocks: %v", c.name, got)
		}
		if got, err := IsStream(c.path); got != c.stream || err != nil {
			t.Errorf("%s: a stream: %v, %v", c.name, got, err)
		}
	}
	missing := filepath.Join(dir, "missing")
	if _, err := IsStream(missing); !errors.Is(err, os.ErrNotExist) || InBlocks(t.Context(), dataflow.Split{Path: missing, To: -1}, 0, Options{}) {
		t.Errorf("what is missing: %v", err)
	}
}
