package data

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/arrowmill/arrowmill/dataflow/executor"
)

func TestGather(t *testing.T) {
	root, dir := t.TempDir(), filepath.Join(t.TempDir(), "tables")
	for name, text := range map[string]string{
		"b.go": "package b", "a/a.go": "One two\n\ttab \"quote\"\nÉTÉ día ДА\n", "a/binary": "a\x00b\n", "a/latin": "\xe9\n",
		"c.txt": "carriage\r\nkept\nlong " + strings.Repeat("x", lineBytesMax) + "\nfinal ΟΔΟΣ\nİstanbul\nno\u00a0break\nunit\x1fseparator\nⰀ\nend\n",
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const want = "One two\n\ttab \"quote\"\nÉTÉ día ДА\npackage b\nkept\nend\n"
	f, size, made, err := Gather(t.Context(), root, dir)
	if err != nil || !made || f.Name() != "gosource-6-seed0.txt" || size != int64(len(want)) {
		t.Fatal(f.Name(), size, made, err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, f.Name())); err != nil || string(got) != want {
		t.Errorf("gathered %q, %v", got, err)
	}
	if again, size, made, err := Gather(t.Context(), root+"x", dir); err != nil || made || again.Name() != f.Name() || size != int64(len(want)) {
		t.Errorf("gathered again: %s, %d, %v, %v", again.Name(), size, made, err)
	}
	if _, _, _, err := Gather(t.Context(), root+"x", t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no tree: %v", err)
	}
	if _, _, _, err := Gather(t.Context(), t.TempDir(), t.TempDir()); err == nil {
		t.Error("no text is no error")
	}
	if _, _, _, err := f.Make(t.Context(), t.TempDir(), executor.Options{}); err == nil || !strings.Contains(err.Error(), "found") {
		t.Errorf("it was made: %v", err)
	}
}
