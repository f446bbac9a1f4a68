package cli

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestProfile: each profile asked for is written, and a file that cannot be made is
// an error that ends what was begun.
func TestProfile(t *testing.T) {
	dir := t.TempDir()
	s := Settings{cpuProfile: filepath.Join(dir, "cpu"), trace: filepath.Join(dir, "trace")}
	ended, err := s.profile()
	if err != nil {
		t.Fatal(err)
	}
	if err := ended(); err != nil {
		t.Fatal(err)
	}
	for name, magic := range map[string]string{"cpu": "\x1f\x8b", "trace": "go 1."} {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		head := make([]byte, len(magic))
		_, err = io.ReadFull(f, head)
		f.Close()
		if err != nil || string(head) != magic {
			t.Errorf("%s begins with %q (%v)", name, head, err)
		}
	}
	for range 2 { // the profile that was begun is ended: it can be begun again
		s.trace = filepath.Join(dir, "none", "trace")
		if _, err := s.profile(); err == nil || !strings.Contains(err.Error(), "--trace") {
			t.Errorf("error %v", err)
		}
	}
}
