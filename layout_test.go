// Package arrowmill_test checks how the module is laid out: who imports whom.
package arrowmill_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/arrowmill/arrowmill"

// room is a part of the module: a folder with all below it, or where exact is
// set the folder alone.
type room struct {
	folder string
	exact  bool
	may    []string // folders that it may import, with all below them
}

// rooms are searched in order; the first that a package is in decides. A package
// may import what is below its own folder too, unless its room is exact.
var rooms = []room{
	{folder: "dataflow/batch"},
	{folder: "dataflow/executor", may: []string{"dataflow", "dataflow/batch", "internal"}},
	{folder: "dataflow/observe", may: []string{"dataflow", "dataflow/batch"}},
	{folder: "dataflow/dataflowtest", may: top},
	{folder: "dataflow", exact: true, may: []string{"dataflow/batch"}},
	{folder: "operators", may: []string{"operators", "dataflow", "dataflow/batch", "internal"}},
	{folder: "io", may: []string{"io/file", "dataflow", "dataflow/batch", "internal"}},
	{folder: "internal", may: []string{"internal", "dataflow/batch"}},
	{folder: "examples", may: append([]string{"examples", "dataflow/dataflowtest"}, top...)},
	{folder: "bench", may: append([]string{"bench", "dataflow/dataflowtest"}, top...)},
}

// top is what those on top may import.
var top = []string{"dataflow", "dataflow/batch", "dataflow/executor", "dataflow/observe", "operators", "io", "internal"}

// only are the packages that one room alone may import, by how their paths
// begin.
var only = []struct {
	of   func(importPath string) bool
	room string
	home string // the packages themselves, where they are ours
	why  string
}{
	{func(p string) bool { return within(p, spill) }, "dataflow/executor", spill, "spill files belong to the executor"},
	{isParquet, "io/parquetio", "elsewhere", "Parquet is a format"},
	{func(p string) bool { return within(p, "github.com/apache/arrow-go") }, "io/parquetio", "elsewhere", "batches are of arrow/go/v17"},
}

const spill = module + "/internal/spill"

// thirdParty are the modules that code, not tests, may import, and what for. What
// a new one is for is said here.
var thirdParty = map[string]string{
	"github.com/apache/arrow/go/v17":        "the batches",
	"github.com/apache/arrow-go":            "Parquet: footers, pages, codecs, nested types, writing",
	"github.com/alecthomas/participle":      "the grammar of expressions",
	"github.com/google/flatbuffers":         "the metadata of Arrow IPC",
	"github.com/pierrec/lz4":                "LZ4 frames in Arrow IPC",
	"github.com/KimMachineGun/automemlimit": "memory limits of containers",
	"github.com/bmatcuk/doublestar":         "globs with **",
	"github.com/dustin/go-humanize":         "sizes as people write them",
	"github.com/cespare/xxhash":             "the hash of Parquet's bloom filters",
	"github.com/klauspost/compress":         "gzip and zstd",
	"github.com/rivo/uniseg":                "how wide text is on a terminal",
	"github.com/schollz/progressbar":        "a progress bar on a terminal",
	"github.com/spf13/pflag":                "GNU-style flags",
	"golang.org/x/sys":                      "system calls, and what the CPU can do",
	"golang.org/x/term":                     "is it a terminal",
}

// vague are names that say nothing of what is inside.
var vague = []string{"utils", "util", "helpers", "helper", "common", "misc", "base", "manager"}

// source is what the rules look at in a Go file.
type source struct {
	path    string // from the module's root, with slashes
	name    string // of its package
	imports []string
}

// broken lists what breaks the rules, a line each.
func broken(files []source) []string {
	var found []string
	for _, f := range files {
		folder := path.Dir(f.path)
		if folder == "io" {
			found = append(found, fmt.Sprintf("%s: no Go file stands in io itself: each format has a folder", f.path))
		}
		for _, name := range append(strings.Split(folder, "/"), strings.TrimSuffix(f.name, "_test")) {
			if slices.Contains(vague, name) {
				found = append(found, fmt.Sprintf("%s: the name %q does not say what is inside", f.path, name))
				break
			}
		}
		if strings.HasSuffix(f.path, "_test.go") {
			continue
		}
		for _, p := range f.imports {
			if why := forbidden(folder, p); why != "" {
				found = append(found, fmt.Sprintf("%s: imports %s: %s", f.path, p, why))
			}
		}
	}
	return found
}

// forbidden is why a package in folder may not import a path; empty: it may.
func forbidden(folder, p string) string {
	for _, o := range only {
		if o.of(p) && !within(folder, o.room) && !within(module+"/"+folder, o.home) {
			return fmt.Sprintf("only %s may: %s", o.room, o.why)
		}
	}
	own, isOwn := strings.CutPrefix(p, module+"/")
	switch {
	case isOwn:
		return forbiddenOwn(folder, own)
	case p == module:
		return "the root holds no package"
	case !strings.Contains(strings.Split(p, "/")[0], "."):
		return "" // the standard library
	}
	for m := range thirdParty {
		if within(p, m) || strings.HasPrefix(p, m+"/v") {
			return ""
		}
	}
	return "no reason for it stands in layout_test.go"
}

func forbiddenOwn(folder, own string) string {
	i := slices.IndexFunc(rooms, func(r room) bool { return folder == r.folder || !r.exact && within(folder, r.folder) })
	if i < 0 {
		return fmt.Sprintf("layout_test.go has no rule for what %s may import", folder)
	}
	if !rooms[i].exact && within(own, folder) {
		return ""
	}
	j := slices.IndexFunc(rooms, func(r room) bool { return own == r.folder || !r.exact && within(own, r.folder) })
	for _, may := range rooms[i].may {
		if own == may || within(own, may) && (j < 0 || rooms[j].folder == may || within(may, rooms[j].folder)) {
			return ""
		}
	}
	return fmt.Sprintf("%s may import only %s", rooms[i].folder, strings.Join(append([]string{"arrow"}, rooms[i].may...), ", "))
}

func within(p, folder string) bool { return p == folder || strings.HasPrefix(p, folder+"/") }

func isParquet(p string) bool {
	first, _, _ := strings.Cut(p, "/")
	return strings.Contains(first, ".") && !within(p, module) && strings.Contains(p, "parquet")
}

// sources reads the module's Go files. Other modules inside it, and what the go
// command leaves out, are left out.
func sources(root string) ([]source, error) {
	var files []source
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		if d.IsDir() {
			hidden := strings.HasPrefix(d.Name(), ".") || strings.HasPrefix(d.Name(), "_") || d.Name() == "testdata" || d.Name() == "vendor"
			_, nested := os.Stat(filepath.Join(name, "go.mod"))
			if rel != "." && (hidden || nested == nil) {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) != ".go" {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		s := source{path: filepath.ToSlash(rel), name: f.Name.Name}
		for _, i := range f.Imports {
			p, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			s.imports = append(s.imports, p)
		}
		files = append(files, s)
		return nil
	})
	return files, err
}

func TestLayout(t *testing.T) {
	files, err := sources(".")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(files, func(f source) bool { return f.path == "dataflow/graph.go" && len(f.imports) > 0 }) {
		t.Fatal("the module's files were not found")
	}
	for _, line := range broken(files) {
		t.Error(line)
	}
}

func TestLayoutCatches(t *testing.T) {
	const arrow = "github.com/apache/arrow/go/v17/arrow"
	own := func(folder string) string { return module + "/" + folder }
	for _, c := range []struct {
		path, imports string
		want          string // empty: allowed
	}{
		{"dataflow/graph.go", own("dataflow/batch"), ""},
		{"dataflow/graph.go", own("dataflow/executor"), "dataflow may import only"},
		{"dataflow/graph.go", own("internal/hashtab"), "dataflow may import only"},
		{"dataflow/batch/take.go", arrow, ""},
		{"dataflow/batch/take.go", own("dataflow"), "dataflow/batch may import only arrow"},
		{"dataflow/executor/run.go", own("dataflow"), ""},
		{"dataflow/executor/run.go", own("internal/spill"), ""},
		{"dataflow/executor/run.go", own("operators"), "dataflow/executor may import only"},
		{"dataflow/executor/run.go", own("io/memio"), "dataflow/executor may import only"},
		{"dataflow/executor/run.go", own("dataflow/observe"), "dataflow/executor may import only"},
		{"dataflow/executor/run.go", own("dataflow/dataflowtest"), "dataflow/executor may import only"},
		{"dataflow/executor/run_test.go", own("io/memio"), ""},
		{"dataflow/observe/bar.go", own("dataflow/executor"), "dataflow/observe may import only"},
		{"dataflow/dataflowtest/check.go", own("dataflow/executor"), ""},
		{"operators/filter.go", own("internal/hashtab"), ""},
		{"operators/filter.go", own("operators/expr"), ""},
		{"operators/expr/col.go", own("operators"), ""},
		{"operators/filter.go", own("io/file"), "operators may import only"},
		{"operators/filter.go", own("dataflow/executor"), "operators may import only"},
		{"operators/filter.go", own("dataflow/dataflowtest"), "operators may import only"},
		{"operators/filter.go", own("internal/spill"), "only dataflow/executor may"},
		{"io/csvio/write.go", own("io/file"), ""},
		{"io/csvio/write.go", own("io/csvio/quote"), ""},
		{"io/csvio/write.go", own("io/textio"), "io may import only"},
		{"io/csvio/write.go", own("operators"), "io may import only"},
		{"io/csvio/write.go", own("dataflow/executor"), "io may import only"},
		{"io/io.go", arrow, "no Go file stands in io itself"},
		{"io/io_test.go", arrow, "no Go file stands in io itself"},
		{"io/parquetio/scan.go", arrow[:len(arrow)-len("arrow")] + "parquet/file", ""},
		{"io/csvio/scan.go", arrow[:len(arrow)-len("arrow")] + "parquet/file", "only io/parquetio may"},
		{"examples/groupby/main.go", "github.com/parquet-go/parquet-go", "only io/parquetio may"},
		{"io/parquetio/wrap.go", "github.com/apache/arrow-go/v18/arrow", ""},
		{"io/ipcio/read.go", "github.com/apache/arrow-go/v18/arrow", "only io/parquetio may"},
		{"internal/hashtab/table.go", own("dataflow/batch"), ""},
		{"internal/words/nonascii.go", own("internal/lower"), ""},
		{"internal/words/nonascii.go", own("internal/spill"), "only dataflow/executor may"},
		{"examples/wordcount/main.go", own("examples/internal/cli"), ""},
		{"internal/hashtab/table.go", own("dataflow"), "internal may import only"},
		{"internal/spill/file.go", own("internal/spill/frame"), ""},
		{"examples/wordcount/main.go", own("io/textio"), ""},
		{"examples/wordcount/main.go", own("dataflow/observe"), ""},
		{"bench/run.go", own("dataflow/dataflowtest"), ""},
		{"operators/filter.go", own("bench"), "operators may import only"},
		{"web/page.go", own("dataflow"), "no rule for what web may import"},
		{"operators/utils/strings.go", "strings", `"utils"`},
		{"operators/filter.go", "github.com/someone/left-pad", "no reason for it"},
		{"io/file/glob.go", "github.com/bmatcuk/doublestar/v4", ""},
	} {
		got := broken([]source{{c.path, path.Base(path.Dir(c.path)), []string{c.imports}}})
		if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || !strings.Contains(got[0], c.want)) {
			t.Errorf("%s importing %s: got %q, want %q", c.path, c.imports, got, c.want)
		}
	}
	if got := broken([]source{{"operators/filter.go", "helpers", nil}}); len(got) != 1 {
		t.Errorf("a package named helpers: %q", got)
	}
}
