package badrows

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file"
)

func TestPolicies(t *testing.T) {
	var zero Policy
	for _, c := range []struct {
		policy           Policy
		text             string
		leavesOut, keeps bool
	}{
		{zero, "fail", false, false},
		{Fail, "fail", false, false},
		{Skip, "skip", true, false},
		{Reject("bad rows.csv"), "reject to bad rows.csv", true, true},
		{Reject(""), "reject to ", true, true},
	} {
		if got := c.policy; got.String() != c.text || got.LeavesOut() != c.leavesOut || got.Keeps() != c.keeps {
			t.Errorf("%v leaves out: %v, keeps: %v; want %v", got, got.LeavesOut(), got.Keeps(), c)
		}
	}
	if zero != Fail || Skip.Warning() == Reject("x").Warning() {
		t.Error("the zero policy is not Fail, or warnings do not tell Skip from Reject")
	}
}

// create begins a file in a folder of its own, whose scratch file has one too.
func create(t *testing.T, ctx context.Context, header string) (f *File, path string) {
	t.Helper()
	scratch := t.TempDir()
	t.Setenv("TMPDIR", scratch)
	path = filepath.Join(t.TempDir(), "rejected")
	f, err := Reject(path).Create(ctx, header)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, folder := range []string{scratch, filepath.Dir(path)} {
			entries, err := os.ReadDir(folder)
			if err != nil {
				t.Error(err)
			}
			for _, e := range entries {
				if e.Name() != "rejected" {
					t.Errorf("%s is left in %s", e.Name(), folder)
				}
			}
		}
	})
	return f, path
}

func splits(n int) []dataflow.Split {
	out := make([]dataflow.Split, n)
	for i := range out {
		out[i] = dataflow.Split{Path: "f", From: int64(10 * i), To: int64(10*i + 10)}
	}
	return out
}

// Whoever rejects rows, and when: they stand in source order.
func TestRowsStandInSourceOrder(t *testing.T) {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	for _, header := range []string{"", "a,b", "a,b\n"} {
		f, path := create(t, t.Context(), header)
		all := splits(7)
		f.Expect(all)
		type source struct {
			split int
			part  int
			rows  []string
		}
		var sources []source
		var want strings.Builder
		if want.WriteString(header); header == "a,b" {
			want.WriteString("\n")
		}
		for split := range all {
			for part := range 1 + random.IntN(3) {
				s := source{split: split, part: part}
				for i := range random.IntN(50) {
					row := fmt.Sprintf("%d/%d/%d", split, part, i) + strings.Repeat("x", []int{0, 10, 5000, gathered - 8, gathered + 1}[random.IntN(5)])
					want.WriteString(row + "\n")
					if random.IntN(2) == 0 {
						row += "\n"
					}
					s.rows = append(s.rows, row)
				}
				sources = append(sources, s)
			}
		}
		random.Shuffle(len(sources), func(i, j int) { sources[i], sources[j] = sources[j], sources[i] })
		var wg sync.WaitGroup
		for _, s := range sources {
			wg.Go(func() {
				part := f.Part(all[s.split], s.part)
				for _, row := range s.rows {
					bytes := []byte(row)
					if err := part.Add(bytes); err != nil {
						t.Error(err)
					}
					clear(bytes) // it is not kept
				}
				if held := part.HeldBytes(); held > HeldMost {
					t.Errorf("a part holds %d bytes", held)
				}
				if err := part.Flush(); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("it is there before its end: %v", err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want.String() {
			t.Errorf("seed %d: %d bytes, want %d, %v", seed, len(got), want.Len(), err)
		}
	}
}

func TestRowsKeepTheirBytes(t *testing.T) {
	f, path := create(t, t.Context(), "")
	part := f.Part(splits(1)[0], 0)
	row := []byte("12\r")
	for _, r := range [][]byte{row[:2], {}, row, []byte("\n"), []byte("\xff\n")} {
		if err := part.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(part.Flush(), f.Close()); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "12\n\n12\r\n\n\xff\n" || string(row) != "12\r" {
		t.Errorf("%q, %q, %v", got, row, err)
	}
}

// A process that is killed leaves no scratch file.
func TestTheScratchFileHasNoName(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open file cannot be removed")
	}
	f, _ := create(t, t.Context(), "")
	part := f.Part(splits(1)[0], 0)
	if err := errors.Join(part.Add([]byte("1")), part.Flush()); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(os.TempDir())
	if err != nil || len(entries) > 0 {
		t.Errorf("%v, %v", entries, err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

func TestTheFileIsThereWhereNoRowIsBad(t *testing.T) {
	f, path := create(t, t.Context(), "a,b\n")
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "a,b\n" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestAFailedRunLeavesTheOldFile(t *testing.T) {
	gone := errors.New("the run has failed")
	ctx, cancel := context.WithCancelCause(t.Context())
	f, path := create(t, ctx, "a,b\n")
	if err := os.WriteFile(path, []byte("of the last run"), 0o600); err != nil {
		t.Fatal(err)
	}
	part := f.Part(splits(1)[0], 0)
	if err := errors.Join(part.Add([]byte("1")), part.Flush()); err != nil {
		t.Fatal(err)
	}
	cancel(gone)
	if err := f.Close(); !errors.Is(err, gone) {
		t.Errorf("got %v", err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "of the last run" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestTheFileIsCompressedByItsName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rejected.csv.zst")
	f, err := Reject(path).Create(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	part := f.Part(splits(1)[0], 0)
	if err := errors.Join(part.Add([]byte("1")), part.Flush(), f.Close()); err != nil {
		t.Fatal(err)
	}
	in, err := file.Open(t.Context(), path, file.Options{Compression: file.Zstd})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if got, err := io.ReadAll(in); err != nil || string(got) != "a\n1\n" {
		t.Errorf("%q, %v", got, err)
	}
}

// What a policy keeps no rows with is safe to use.
func TestNoFile(t *testing.T) {
	for _, p := range []Policy{Fail, Skip} {
		f, err := p.Create(t.Context(), "a,b\n")
		if f != nil || err != nil {
			t.Errorf("%v: %v, %v", p, f, err)
		}
		f.Expect(splits(2))
		part := f.Part(splits(1)[0], 3)
		if err := errors.Join(part.Flush(), f.Close()); err != nil {
			t.Error(err)
		}
	}
}

func TestErrors(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	if _, err := Reject(filepath.Join(missing, "f")).Create(t.Context(), ""); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if _, err := Reject("").Create(t.Context(), ""); err == nil {
		t.Error("a file without a name was created")
	}
	t.Setenv("TMPDIR", missing)
	path := filepath.Join(t.TempDir(), "f")
	f, err := Reject(path).Create(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	part := f.Part(splits(1)[0], 0)
	if err := errors.Join(part.Add([]byte("1")), part.Flush()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder for the scratch file: %v", err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

func TestAdvice(t *testing.T) {
	integer, fraction, text := arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Float64, arrow.BinaryTypes.String
	for _, c := range []struct {
		of    arrow.DataType
		value string
		want  arrow.DataType
	}{
		{integer, "1.5", fraction}, {integer, "-1e9", fraction}, {integer, "1e999", text}, {integer, "1.2.3", text},
		{integer, "99999999999999999999", text}, {integer, "x", text}, {integer, "", text}, {arrow.FixedWidthTypes.Boolean, "1.5", text}, {fraction, "1,5", text},
	} {
		if got := Better(c.of, c.value); !arrow.TypeEqual(got, c.want) {
			t.Errorf("%v, %q: %v, want %v", c.of, c.value, got, c.want)
		}
	}
	for column, want := range map[string]string{
		"zip":    `--type 'zip=text', or Type("zip", arrow.BinaryTypes.String)`,
		"it's":   `--type 'it'\''s=text', or Type("it's", arrow.BinaryTypes.String)`,
		`a "b"`:  `--type '"a ""b"""=text', or Type("a \"b\"", arrow.BinaryTypes.String)`,
		"":       `--type '""=text', or Type("", arrow.BinaryTypes.String)`,
		"a=b,\t": `--type '"a=b,` + "\t" + `"=text', or Type("a=b,\t", arrow.BinaryTypes.String)`,
	} {
		if got := ToType(column, text); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	if got := ToType("n", fraction); !slices.Contains(strings.Fields(got), "arrow.PrimitiveTypes.Float64)") {
		t.Error(got)
	}
}
