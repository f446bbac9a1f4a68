package special

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/arrowmill/arrowmill/bench/answer"
	"github.com/arrowmill/arrowmill/bench/data"
	"github.com/arrowmill/arrowmill/bench/naive"
	"github.com/arrowmill/arrowmill/dataflow/executor"
)

// same holds the special program of a job against the naive one.
func same(t *testing.T, job, path string) (rows int64) {
	t.Helper()
	want, err := naive.Programs[job](path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Programs[job](path)
	if err != nil {
		t.Fatal(err)
	}
	rows, err = answer.Compare(want, got)
	if err != nil {
		t.Errorf("%s of %s: %v", job, path, err)
	}
	return rows
}

func TestTables(t *testing.T) {
	dir, seed := t.TempDir(), rand.Uint64()
	t.Logf("seed %d", seed)
	for table, job := range map[string]string{"brc": "brc", "brc10k": "brc", "text": "wordcount"} {
		of, err := data.Find(table)
		if err != nil {
			t.Fatal(err)
		}
		f := data.File{Table: of, Rows: 150_000, Seed: seed, Format: of.TextFormat()} // more than a piece
		path, _, _, err := f.Make(t.Context(), dir, executor.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if rows := same(t, job, path); rows < 400 {
			t.Errorf("%s has %d groups", table, rows)
		}
	}
}

func TestEdges(t *testing.T) {
	write := func(text string) string {
		path := filepath.Join(t.TempDir(), "t")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var numbers strings.Builder
	for v := -999; v <= 999; v++ {
		name := strings.Repeat("É", v&7) + strings.Repeat("s", v&31+1)
		sign := ""
		if v < 0 {
			sign = "-"
		}
		fmt.Fprintf(&numbers, "%s;%s%d.%d\n", name, sign, max(v, -v)/10, max(v, -v)%10)
	}
	same(t, "brc", write(numbers.String()))
	for _, text := range []string{
		"", " ", "one", "One two.\n\n  oNE\tÉT\r\nét", "a\u00a0b A\u2003B\n", "12345678 123456789 12345678\x0b1234567",
		strings.Repeat("x", 3*pieceBytes) + " y " + strings.Repeat("x", 3*pieceBytes),
		strings.Repeat("word ", pieceBytes/5+3) + "wor",
	} {
		same(t, "wordcount", write(text))
	}
	for job, program := range Programs {
		if _, err := program("none"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s of no file: %v", job, err)
		}
	}
}
