package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// TestAgainstNaiveCount compares all words of random texts, of several files that
// are cut into several splits, with a loop over a map.
func TestAgainstNaiveCount(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	letters := []rune("aAbBéÉñçŽ漢字'-,\"1٣🙂\u0301\u200b")
	spaces := []rune(" \t\n\r\v\f\u0085\u00a0\u1680\u2003\u2028\u3000\x1c\x1d\x1e\x1f")
	isSpace := func(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }
	for round := range 5 {
		folder, counts := t.TempDir(), map[string]int{}
		for f := range 1 + rng.IntN(4) {
			var b strings.Builder
			for range rng.IntN(20_000) {
				for range rng.IntN(6) {
					b.WriteRune(letters[min(rng.IntN(len(letters)), rng.IntN(len(letters)))])
				}
				b.WriteRune(spaces[min(rng.IntN(len(spaces)), rng.IntN(len(spaces)), rng.IntN(len(spaces)))])
			}
			for _, w := range strings.FieldsFunc(strings.ToLower(b.String()), isSpace) {
				counts[w]++
			}
			if err := os.WriteFile(filepath.Join(folder, fmt.Sprint(f)), []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		words := make([]string, 0, len(counts))
		for w := range counts {
			words = append(words, w)
		}
		slices.SortFunc(words, func(a, b string) int { return cmp.Or(counts[b]-counts[a], strings.Compare(a, b)) })
		var want strings.Builder
		want.WriteString("word,n\n")
		for _, w := range words {
			quoted := w
			if strings.ContainsAny(w, ",\"") {
				quoted = `"` + strings.ReplaceAll(w, `"`, `""`) + `"`
			}
			fmt.Fprintf(&want, "%s,%d\n", quoted, counts[w])
		}
		for _, workers := range []string{"1", "2", "7"} {
			if got := mustCount(t, "--top", "0", "--workers", workers, folder); got != want.String() {
				t.Fatalf("seed %d, round %d, %s workers: %s", seed, round, workers, difference(got, want.String()))
			}
		}
	}
}

// pythonCount prints what the program is to print, for a file, or for all .go
// files below a folder.
const pythonCount = `
import collections, os, sys
path = sys.argv[1]
if os.path.isdir(path):
    files = [os.path.join(d, n) for d, _, names in os.walk(path) for n in names if n.endswith('.go')]
else:
    files = [path]
counts = collections.Counter()
for f in files:
    with open(f, encoding='utf-8-sig', errors='replace') as text:
        counts.update(text.read().lower().split())
out = ['word,n\n']
for w, n in sorted(((w.encode(), n) for w, n in counts.items()), key=lambda p: (-p[1], p[0])):
    w = w.decode()
    if ',' in w or '"' in w:
        w = '"' + w.replace('"', '""') + '"'
    out.append('%s,%d\n' % (w, n))
sys.stdout.buffer.write(''.join(out).encode())
`

// python is what Python counts in the words of path.
func python(t *testing.T, path string) string {
	t.Helper()
	interpreter, err := exec.LookPath("python3")
	if err != nil {
		t.Skipf("no python3 on this machine to compare with: %v", err)
	}
	out, err := exec.CommandContext(t.Context(), interpreter, "-c", pythonCount, path).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func difference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d of %d is %q, want %q (of %d lines)", i+1, len(a), a[i], b[i], len(b))
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(a), len(b))
}

// TestQuijoteAgainstPython compares every word of Don Quijote (Project Gutenberg
// eBook 2000), which is not part of the module.
func TestQuijoteAgainstPython(t *testing.T) {
	path := filepath.Join("..", "..", "..", "shared", "data", "quijote-pg2000.txt")
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the text is not on this machine: %v", err)
	}
	want := python(t, path)
	for _, workers := range []string{"1", "2", "7"} {
		if got := mustCount(t, "--top", "0", "--format", "csv", "--workers", workers, path); got != want {
			t.Errorf("%s workers: %s", workers, difference(got, want))
		}
	}
}

// TestGoSourceAgainstPython compares every word of every .go file of the Go
// source tree, texts that are not UTF-8 among them.
func TestGoSourceAgainstPython(t *testing.T) {
	if testing.Short() {
		t.Skip("counting the Go source tree in Python takes seconds: left out by -short")
	}
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Skipf("no go command to ask for the Go source tree: %v", err)
	}
	src := filepath.Join(strings.TrimSpace(string(root)), "src")
	if _, err := os.Stat(src); err != nil {
		t.Skipf("the Go source tree is not on this machine: %v", err)
	}
	want := python(t, src)
	for _, workers := range []string{"1", "2", "7"} {
		status, got, errs := count(t, "--top", "0", "--format", "csv", "--workers", workers, filepath.Join(src, "**", "*.go"))
		if status != 0 || got != want {
			t.Errorf("%s workers: status %d, %s; %s", workers, status, errs, difference(got, want))
		}
	}
}
