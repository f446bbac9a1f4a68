package peers

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// script writes a program of the shell.
func script(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// fakePython is a python whose -m venv makes a python that is itself, whose pip has the
// packages that PACKAGES names, and which prints them as the program for it does.
const fakePython = `
case "$*" in
*"-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
*" -r "*) case " $PACKAGES " in *" everything "*) ;; *) echo "no matching distribution"; exit 1 ;; esac ;;
*" -c "*) for name; do :; done; case " $PACKAGES " in *" $name "*) ;; *) echo collecting; echo "$name: no wheel"; exit 1 ;; esac ;;
*versions.py) echo '{"Python": "3.99"'; for name in $PACKAGES; do echo ', "'${name%%[*}'": "1.0"'; done; echo '}' ;;
*) exit 3 ;;
esac
`

func TestInstall(t *testing.T) {
	python := filepath.Join(t.TempDir(), "python")
	script(t, python, fakePython)
	for _, c := range []struct{ packages, missing string }{
		{"everything duckdb polars datafusion chdb pyarrow pandas dask", ""},
		{"duckdb polars pyarrow pandas dask[dataframe]", "chdb datafusion"},
	} {
		t.Setenv("PACKAGES", c.packages)
		dir := t.TempDir()
		var out bytes.Buffer
		if err := Install(t.Context(), dir, python, &out); err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		i, err := Open(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		defer i.Close()
		if len(i.Missing) != len(strings.Fields(c.missing)) || i.Versions["Python"] != "3.99" || i.Versions["duckdb"] != "1.0" {
			t.Errorf("%s: missing %v, versions %v", c.packages, i.Missing, i.Versions)
		}
		for _, name := range strings.Fields(c.missing) {
			if !strings.HasSuffix(i.Missing[name], name+": no wheel") {
				t.Errorf("%s is missing because %q", name, i.Missing[name])
			}
		}
		command := i.Command(All()[0], "2x-threads", "q1", "g1.csv", 2, "answer.csv")
		if got := strings.Join(command[2:], " "); got != "q1 g1.csv 2 2x-threads answer.csv" {
			t.Errorf("the command is %q", got)
		}
		for _, path := range command[:2] {
			if _, err := os.Stat(path); err != nil {
				t.Error(err)
			}
		}
	}
	t.Setenv("PACKAGES", "duckdb")
	if err := Install(t.Context(), t.TempDir(), python, new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), "pyarrow") {
		t.Errorf("without pyarrow: %v", err)
	}
	if err := Install(t.Context(), t.TempDir(), python+"x", new(bytes.Buffer)); err == nil {
		t.Error("no python is no error")
	}
	if _, err := Open(t.Context(), t.TempDir()); err == nil || !strings.Contains(err.Error(), "bench peers") {
		t.Errorf("an empty folder: %v", err)
	}
}

// Each peer has its program, and each package its version.
func TestPrograms(t *testing.T) {
	requirements, err := files.ReadFile("requirements.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(requirements)) {
		if !strings.HasPrefix(line, "#") && !strings.Contains(line, "==") {
			t.Errorf("%q has no version", line)
		}
	}
	for _, p := range All() {
		if _, err := files.ReadFile("with_" + p.Name + ".py"); err != nil {
			t.Error(err)
		}
		if !strings.Contains(string(requirements), "\n"+p.Package+"==") {
			t.Errorf("%s is not among the requirements", p.Package)
		}
		if len(p.Variants) == 0 || p.Variants[0] != "" {
			t.Errorf("%s has the variants %q", p.Name, p.Variants)
		}
	}
}
