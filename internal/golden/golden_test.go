package golden

import (
	"os"
	"strings"
	"testing"
)

// recorder is a test that goes on where it fails.
type recorder struct {
	testing.TB
	failed string
}

func (r *recorder) Helper()                      {}
func (r *recorder) Errorf(_ string, args ...any) { r.failed += args[1].(string) }

func TestCheck(t *testing.T) {
	t.Chdir(t.TempDir())
	check := func(name, got string) string {
		r := &recorder{TB: t}
		Check(r, name, got)
		return r.failed
	}
	*update = true
	defer func() { *update = false }()
	if failed := check("a.txt", "one\n"); failed != "" {
		t.Errorf("updated, and yet %q", failed)
	}
	*update = false
	if failed := check("a.txt", "one\n"); failed != "" {
		t.Errorf("the same, and yet %q", failed)
	}
	if failed := check("a.txt", "two\n"); !strings.Contains(failed, "two") {
		t.Errorf("a change is reported as %q", failed)
	}
	if got, err := os.ReadFile("testdata/a.txt"); err != nil || string(got) != "one\n" {
		t.Errorf("the file is %q (%v)", got, err)
	}
}
