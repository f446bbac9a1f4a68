package arrowmill_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// A program of another module declares a graph with closures and an aggregate of
// its own, and runs.
func TestProgramOutsideTheModule(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program of its own; not under -short")
	}
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, from := range map[string]string{"main.go": "testdata/outside/main.go", "go.mod": "testdata/outside/go.mod", "go.sum": "go.sum"} {
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	command := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("go", args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("go %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	command("mod", "edit", "-replace", "github.com/arrowmill/arrowmill="+root)
	command("build", "-o", "outside", ".")
	out, err := exec.Command(filepath.Join(dir, "outside")).CombinedOutput()
	if want := "lima 2 9.000\noslo 2 4.000\n"; err != nil || string(out) != want {
		t.Errorf("got %q (%v), want %q", out, err, want)
	}
}
