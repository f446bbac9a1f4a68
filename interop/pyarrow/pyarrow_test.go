// Package pyarrow_test checks Arrow IPC files against pyarrow, the reference, where
// Python has it: what pyarrow writes is read, written again in both formats, and
// read back by pyarrow as the same table. ARROWMILL_PYTHON names another Python
// than python3.
package pyarrow_test

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/io/ipcio"
)

func python(t *testing.T) string {
	t.Helper()
	py := cmp.Or(os.Getenv("ARROWMILL_PYTHON"), "python3")
	if out, err := exec.Command(py, "-c", "import pyarrow").CombinedOutput(); err != nil {
		t.Skipf("there is no pyarrow: %v\n%s", err, out)
	}
	return py
}

func run(t *testing.T, py string, args ...string) {
	t.Helper()
	if out, err := exec.Command(py, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func TestThereAndBack(t *testing.T) {
	py := python(t)
	in, out := t.TempDir(), t.TempDir()
	run(t, py, "make.py", in)
	paths, err := filepath.Glob(filepath.Join(in, "*"))
	if err != nil || len(paths) != 11 {
		t.Fatalf("%v, %v", err, paths)
	}
	pairs := []string{"check.py"}
	for _, path := range paths {
		for name, opts := range map[string][]ipcio.Option{
			"file": {ipcio.BatchRows(40)}, "lz4": {ipcio.Compress(ipcio.LZ4)}, "zstd": {ipcio.Compress(ipcio.Zstd)},
			"stream": {ipcio.AsStream()}, "zstd_stream": {ipcio.AsStream(), ipcio.Compress(ipcio.Zstd), ipcio.BatchRows(20)},
		} {
			to := filepath.Join(out, name+"_"+filepath.Base(path))
			g := dataflow.New()
			g.Source("in", ipcio.Scan(path)).Sink("out", ipcio.Write(to, opts...))
			if _, err := executor.Run(t.Context(), g, executor.Options{SplitBytes: 3000, BatchRows: 17}); err != nil {
				t.Fatalf("%s: %v", filepath.Base(path), err)
			}
			pairs = append(pairs, path+"="+to)
		}
	}
	run(t, py, pairs...)
}
