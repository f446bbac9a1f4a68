package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// tree makes files, folders (a name that ends in /) and links ("name -> to").
func tree(t testing.TB, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, n := range names {
		name, to, link := strings.Cut(n, " -> ")
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		switch {
		case link:
			err = os.Symlink(to, path)
		case strings.HasSuffix(n, "/"):
			err = os.Mkdir(path, 0o755)
		default:
			err = os.WriteFile(path, []byte(name), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// names are the paths found, the folder's name in front of them left out.
func names(dir string, found []Input) []string {
	out := make([]string, len(found))
	for i, in := range found {
		out[i] = strings.TrimPrefix(in.Path, dir+"/")
	}
	return out
}

func TestListFindsWhatAPathNames(t *testing.T) {
	dir := tree(t, "a.txt", "a/x.txt", "a/y.md", "a/b/z.txt", "b[1].txt", "b1.txt", "not_a_file.txt/inner.go", ".hidden.txt", "a/.h/q.txt",
		".out.txt.arrowmill-0.tmp", "link.txt -> a/x.txt", "linkdir -> a", "dangling.txt -> nowhere", "linkdir.txt -> a", "empty/", "c/year=1/p.csv", "c/year=2/p.csv", "c/other/p.csv", `w*\x.txt`)
	for _, tc := range []struct {
		patterns string
		want     string
	}{
		{"a.txt", "a.txt"},
		{"a", "a/.h/q.txt a/b/z.txt a/x.txt a/y.md"},
		{"a/", "a/.h/q.txt a/b/z.txt a/x.txt a/y.md"},
		{"linkdir", "linkdir/.h/q.txt linkdir/b/z.txt linkdir/x.txt linkdir/y.md"},
		{"link.txt", "link.txt"},
		{"b[1].txt", "b[1].txt"},
		{"b[12].txt", "b1.txt"},
		{`b\[1\].txt`, "b[1].txt"},
		{`w\*\\x.txt`, `w*\x.txt`},
		{"*.txt", `.hidden.txt a.txt b1.txt b[1].txt link.txt w*\x.txt`},
		{"**/*.txt", `.hidden.txt a.txt a/.h/q.txt a/b/z.txt a/x.txt b1.txt b[1].txt link.txt w*\x.txt`},
		{"a/**", "a/.h/q.txt a/b/z.txt a/x.txt a/y.md"},
		{"a/*", "a/x.txt a/y.md"},
		{"a/*.{md,txt}", "a/x.txt a/y.md"},
		{"a/{x.txt,b/*.txt}", "a/b/z.txt a/x.txt"},
		{"{a,c}/**/p.csv", "c/other/p.csv c/year=1/p.csv c/year=2/p.csv"},
		{"c/year=*/*.csv", "c/year=1/p.csv c/year=2/p.csv"},
		{"c/*/./p.csv", "c/other/p.csv c/year=1/p.csv c/year=2/p.csv"},
		{"c//year=?//p.csv", "c/year=1/p.csv c/year=2/p.csv"},
		{"linkdir/*.txt", "linkdir/x.txt"},
		{"a.txt a", "a.txt a/.h/q.txt a/b/z.txt a/x.txt a/y.md"},
		{"a/x.txt a.txt a/x.txt a/*.txt", "a/x.txt a.txt a/x.txt a/x.txt"},
	} {
		var paths Paths
		for _, p := range strings.Fields(tc.patterns) {
			paths = append(paths, dir+"/"+p)
		}
		found, err := paths.List(t.Context())
		if err != nil {
			t.Errorf("%s: %v", tc.patterns, err)
			continue
		}
		if got := strings.Join(names(dir, found), " "); got != tc.want {
			t.Errorf("%s:\n got %s\nwant %s", tc.patterns, got, tc.want)
		}
		for _, in := range found {
			if info, err := os.Stat(in.Path); err != nil || info.Size() != in.Bytes || in.Stream {
				t.Errorf("%+v: %v", in, err)
			}
		}
		if err := paths.Check(t.Context()); err != nil {
			t.Errorf("%s: checked: %v", tc.patterns, err)
		}
	}
	if _, err := os.Readlink(dir + "/linkdir/b"); err == nil {
		t.Fatal("the tree is not as it should be")
	}
}

func TestListOfTheWorkingDirectory(t *testing.T) {
	t.Chdir(tree(t, "a.txt", "d/b.txt", "-"))
	for pattern, want := range map[string]string{"*.txt": "a.txt", "./*.txt": "./a.txt", "**/*.txt": "a.txt d/b.txt", "./**/b.txt": "./d/b.txt", ".": "./- ./a.txt ./d/b.txt", "d/../*.txt": "d/../a.txt", "./-": "./-"} {
		found, err := Paths{pattern}.List(t.Context())
		if got := strings.Join(names("", found), " "); err != nil || got != want {
			t.Errorf("%s: got %s, want %s, %v", pattern, got, want, err)
		}
	}
	found, err := Paths{Stdin}.List(t.Context())
	if err != nil || !slices.Equal(found, []Input{{Path: "-", Stream: true}}) {
		t.Errorf("standard input: %v, %v", found, err)
	}
}

func TestListReportsWhatNamesNothing(t *testing.T) {
	dir := tree(t, "a.txt", "empty/", "d/only/dirs/", "dangling -> nowhere")
	for pattern, want := range map[string]string{
		dir + "/no.txt":     "no.txt: there is no such file or folder",
		dir + "/no/*.txt":   "no/*.txt: no file matches this pattern: check the folder, quote the pattern",
		dir + "/*.md":       "*.md: no file matches this pattern",
		dir + "/d/*":        "d/*: no file matches",
		dir + "/empty":      "empty: there are no files in this folder",
		dir + "/d":          "d: there are no files in this folder",
		dir + "/dangling":   "this symbolic link leads to nowhere, which does not exist",
		dir + "/*.txt/../x": ".. may stand only before the first wildcard",
		dir + "/[a":         "[a: this pattern is malformed",
		dir + "/a.txt/x":    "a.txt/x: not a directory",
		"":                  "a path is empty",
	} {
		for name, err := range map[string]error{"checked": Paths{dir + "/a.txt", pattern}.Check(t.Context()), "listed": listError(t, dir+"/a.txt", pattern)} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q %s: %v, want %s", pattern, name, err, want)
			}
			if strings.Contains(want, "no") && !strings.Contains(want, "not a") && !errors.Is(err, fs.ErrNotExist) && !strings.Contains(want, "..") {
				t.Errorf("%q %s: %v is not fs.ErrNotExist", pattern, name, err)
			}
		}
	}
	for _, p := range []Paths{nil, {"-", "-"}} {
		if err := p.Check(t.Context()); err == nil {
			t.Errorf("%q: no error", p)
		}
	}
}

func listError(t *testing.T, p ...string) error {
	_, err := Paths(p).List(t.Context())
	return err
}

func TestListEndsWithItsContext(t *testing.T) {
	cause := errors.New("no longer wanted")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if _, err := (Paths{tree(t, "a")}).List(ctx); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}

func TestManyFilesTakeFewBytes(t *testing.T) {
	dir := t.TempDir()
	const folders, files = 10, 300
	for i := range folders {
		sub := fmt.Sprintf("%s/folder-%03d", dir, i)
		if err := os.Mkdir(sub, 0o755); err != nil {
			t.Fatal(err)
		}
		for j := range files {
			f, err := os.Create(fmt.Sprintf("%s/file-%05d.txt", sub, j))
			if err != nil {
				t.Fatal(err)
			}
			f.Close()
		}
	}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	found, err := Paths{dir + "/**/*.txt"}.List(t.Context())
	if err != nil || len(found) != folders*files {
		t.Fatalf("found %d files, %v", len(found), err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	per := int64(after.HeapAlloc-before.HeapAlloc) / int64(len(found))
	if most := int64(2*len(found[0].Path) + 64); per > most {
		t.Errorf("%d bytes a file, more than %d", per, most)
	}
	if !slices.IsSortedFunc(found, func(a, b Input) int { return strings.Compare(a.Path, b.Path) }) {
		t.Error("not sorted")
	}
}

func TestListOfTheGoSourceTree(t *testing.T) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skipf("the go program does not run: %v", err)
	}
	src := filepath.Join(strings.TrimSpace(string(root)), "src")
	var want []string
	err = filepath.WalkDir(src, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && strings.HasSuffix(path, ".go") {
			want = append(want, path)
		}
		return err
	})
	if err != nil || len(want) == 0 {
		t.Skipf("the Go source tree is not in %s: %v", src, err)
	}
	slices.Sort(want)
	found, err := Paths{src + "/**/*.go"}.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != len(want) {
		t.Errorf("found %d files, there are %d", len(found), len(want))
	}
	for i, in := range found {
		if in.Path != want[i] {
			t.Fatalf("file %d is %s, want %s", i, in.Path, want[i])
		}
	}
}

func BenchmarkList(b *testing.B) {
	dir := b.TempDir()
	for i := range 2000 {
		f, err := os.Create(fmt.Sprintf("%s/file-%05d.txt", dir, i))
		if err != nil {
			b.Fatal(err)
		}
		f.Close()
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := (Paths{dir + "/*.txt"}).List(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/2000, "ns/file")
}

func FuzzPattern(f *testing.F) {
	dir := tree(f, "a", "b/c", "b/[d]")
	for _, p := range []string{"**", "b/*", "[a-z]", "{a,b/c}", "b/\\[d\\]", "{a/b", "a/{**,x}/y", "[/]*"} {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, pattern string) {
		if strings.Contains(pattern, "..") {
			t.Skip("leads out of the folder")
		}
		found, err := Paths{dir + "/" + pattern}.List(t.Context())
		if (err == nil) != (len(found) > 0) {
			t.Errorf("%q: %v, %v", pattern, found, err)
		}
		for _, in := range found {
			rel, err := filepath.Rel(dir, in.Path)
			if err != nil || !slices.Contains([]string{"a", "b/c", "b/[d]"}, rel) {
				t.Errorf("%q found %q", pattern, in.Path)
			}
		}
	})
}
