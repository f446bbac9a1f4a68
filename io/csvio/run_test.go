package csvio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/io/file"
	"github.com/arrowmill/arrowmill/io/memio"
)

// run runs s alone.
func run(t testing.TB, s dataflow.Source, opts executor.Options) ([][]any, *dataflow.Report, error) {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	opts.Alloc = alloc
	g := dataflow.New()
	job, err := executor.Start(t.Context(), g.Source("csv", s), opts)
	if err != nil {
		return nil, nil, err
	}
	var rows [][]any
	for rec, err := range job.Batches() {
		if err != nil {
			break
		}
		rows = append(rows, dataflowtest.Rows(rec)...)
	}
	report, err := job.Wait()
	return rows, report, err
}

// TestRuns runs random texts with several workers, plain and packed.
func TestRuns(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 2))
	for i := range 40 {
		text := randomText(rng, rng.IntN(50000))
		names, want, bad, ok := naiveTable(comma, string(text))
		if !ok {
			continue
		}
		dir := t.TempDir()
		rejected := filepath.Join(dir, "rejected.csv")
		for _, path := range []string{write(t, "f.csv", text), write(t, "f.csv.zst", zstded(t, text))} {
			s := texts(Scan(path).buffers(1+rng.IntN(3000)), names).BadRows(Reject(rejected))
			opts := executor.Options{Workers: 1 + rng.IntN(4), SplitBytes: 1 + rng.Int64N(10000) + int64(len(text)/300), BatchRows: 1 + rng.IntN(300)}
			got, report, err := run(t, s, opts)
			if err != nil {
				t.Fatalf("seed %d, text %d: %v", seed, i, err)
			}
			same(t, fmt.Sprintf("seed %d, text %d, %+v", seed, i, opts), got, want)
			var lines strings.Builder
			for _, b := range bad {
				lines.WriteString(withEnd(b.raw))
			}
			file, err := os.ReadFile(rejected)
			if err != nil || !strings.HasSuffix(string(file), lines.String()) {
				t.Fatalf("seed %d, text %d: rejected %q (%v), want %q", seed, i, file, err, lines.String())
			}
			var warned int64
			for _, w := range report.Warnings {
				if w.Text == Reject("").Warning() {
					warned = w.Count
				}
			}
			if warned != int64(len(bad)) {
				t.Errorf("seed %d, text %d: %d rows were warned of, want %d", seed, i, warned, len(bad))
			}
		}
	}
}

// A run that fails leaves the file of rejected rows as it was.
func TestRejectsOfAFailedRun(t *testing.T) {
	rejected := write(t, "rejected.csv", []byte("old"))
	path := write(t, "f.csv", []byte("a,b\n1\n1,2\n3,\"\n"))
	if _, _, err := run(t, Scan(path).BadRows(Reject(rejected)), executor.Options{}); err == nil {
		t.Fatal("no error")
	}
	left, err := os.ReadDir(filepath.Dir(rejected))
	if text, _ := os.ReadFile(rejected); string(text) != "old" || len(left) != 1 || err != nil {
		t.Errorf("got %q, %v, %v", text, left, err)
	}
	if _, _, err := run(t, Scan(path).BadRows(Reject(filepath.Join(rejected, "x"))), executor.Options{}); err == nil || !strings.Contains(err.Error(), "rejected.csv") {
		t.Errorf("got %v", err)
	}
}

// What was rejected can be read again.
func TestRejectsAreReadAgain(t *testing.T) {
	for _, end := range []string{"\n", "\r\n"} {
		path := write(t, "f.csv", []byte(strings.ReplaceAll("name,n\na,1\n\"b\nc\",x\nd\ne,2", "\n", end)))
		rejected := filepath.Join(t.TempDir(), "rejected.csv")
		s := Scan(path).Type("n", arrow.PrimitiveTypes.Int64).BadRows(Reject(rejected))
		if got := read(t, s, 3, 0, nil, false); got.err != nil || len(got.rows) != 2 {
			t.Fatalf("got %v, %v", got.rows, got.err)
		}
		text, err := os.ReadFile(rejected)
		if want := strings.ReplaceAll("name,n\n\"b\nc\",x\nd\n", "\n", end); err != nil || string(text) != want {
			t.Errorf("got %q, want %q", text, want)
		}
		mended := bytes.Replace(bytes.Replace(text, []byte(",x"), []byte(",7"), 1), []byte("\nd"), []byte("\nd,8"), 1)
		if got := read(t, Scan(write(t, "m.csv", mended)), 0, 0, nil, false); got.err != nil || len(got.rows) != 2 {
			t.Errorf("got %v, %v", got.rows, got.err)
		}
	}
}

// TestStdin reads a pipe as standard input, whose head types are inferred from.
func TestStdin(t *testing.T) {
	var text strings.Builder
	text.WriteString("a,b\n")
	for i := range 50000 {
		fmt.Fprintf(&text, "%d,\"x\ny\"\n", i)
	}
	for _, data := range [][]byte{[]byte(text.String()), gzipped(t, []byte(text.String()))} {
		for _, workers := range []int{1, 3} {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			before := os.Stdin
			os.Stdin = r
			go func() {
				_, _ = w.Write(data)
				w.Close()
			}()
			s := Scan(file.Stdin).buffers(10000)
			schema, err := s.Schema(t.Context())
			if err != nil || schema.Field(0).Type.ID() != arrow.INT64 {
				t.Errorf("got %v, %v", schema, err)
			}
			rows, _, err := run(t, s.Dictionaries(), executor.Options{Workers: workers})
			if err != nil || len(rows) != 50000 || rows[49999][0] != int64(49999) || rows[0][1] != "x\ny" {
				t.Errorf("%d rows, %v", len(rows), err)
			}
			if _, _, err := run(t, s, executor.Options{}); err == nil || !strings.Contains(err.Error(), "cannot be read again") {
				t.Errorf("read twice: %v", err)
			}
			os.Stdin = before
			r.Close()
		}
	}
}

// TestStdinWaits ends a run that waits for a pipe.
func TestStdinWaits(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func(f *os.File) { os.Stdin = f; r.Close(); w.Close() }(os.Stdin)
	os.Stdin = r
	if _, err := w.WriteString("a\n1\n"); err != nil {
		t.Fatal(err)
	}
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	go cancel(why)
	if _, err := Scan(file.Stdin).Schema(ctx); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
}

// TestDamaged cuts packed files short: an error, and never fewer rows without one.
func TestDamaged(t *testing.T) {
	text := []byte("a,b\n" + strings.Repeat("1,\"x\ny\"\n", 20000))
	for name, data := range map[string][]byte{"f.gz": gzipped(t, text), "f.zst": zstded(t, text)} {
		for _, n := range []int{len(data) - 1, len(data) - 9, len(data) / 2, 30} {
			path := write(t, name, data[:n])
			s := Scan(path).Names("a", "b").Header(true).Type("a", arrow.PrimitiveTypes.Int64).Type("b", arrow.BinaryTypes.String)
			for _, workers := range []int{1, 3} {
				if rows, _, err := run(t, s, executor.Options{Workers: workers}); err == nil || !strings.Contains(err.Error(), path) {
					t.Errorf("%s[:%d]: %d rows, %v", name, n, len(rows), err)
				}
			}
		}
	}
}

// TestBlocks shows that packed files are parsed as several blocks.
func TestBlocks(t *testing.T) {
	text := []byte("a,b\n" + strings.Repeat("1,\"x\ny\"\n", 20000))
	path := write(t, "f.gz", gzipped(t, text))
	s := Scan(path).buffers(100)
	e := dataflowtest.NewEnv(t, memory.NewGoAllocator())
	sh, err := s.Share(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	e.Shared = sh
	for split, want := range map[dataflow.Split]bool{
		{Path: path, To: -1}:                             true,
		{Path: path, From: 0, To: 10}:                    false,
		{Path: write(t, "small.csv", text[:20]), To: -1}: false,
		{Path: write(t, "plain.csv", text), To: -1}:      false,
		{Path: filepath.Join(t.TempDir(), "no"), To: -1}: false,
		{Path: file.Stdin, To: -1}:                       true,
	} {
		blocks, ok := s.Blocks(t.Context(), split, e)
		if ok != want {
			t.Errorf("%v: %v", split, ok)
		}
		if split.Path != path || !ok {
			continue
		}
		n := 0
		for b, err := range blocks {
			if err != nil || b.Bytes() > 4096 {
				t.Fatal(b.Bytes(), err)
			}
			b.Close()
			n++
		}
		if n < 100 {
			t.Errorf("%d blocks", n)
		}
	}
}

// TestBudget reads a record that is larger than what may be held.
func TestBudget(t *testing.T) {
	for _, text := range []string{"a,b\n1,\"" + strings.Repeat("x", 20<<20) + "\"\n", "a,b\n1,\"" + strings.Repeat("x\n", 10<<20)} {
		s := Scan(write(t, "f.csv", []byte(text))).SplitBytes(4 << 20)
		for _, s := range []*Source{s, texts(Scan(write(t, "f.csv.gz", gzipped(t, []byte(text)))), []string{"a", "b"})} {
			_, _, err := run(t, s, executor.Options{Workers: 2, MemoryBytes: 8 << 20})
			if !errors.Is(err, dataflow.ErrBudget) || !strings.Contains(err.Error(), "f.csv") || !strings.Contains(err.Error(), ":2: ") {
				t.Errorf("got %v", err)
			}
		}
	}
}

// TestLongRecords reads records that are longer than the buffer, up to the limit.
func TestLongRecords(t *testing.T) {
	long := strings.Repeat("long, and\nlonger\n", 10000)
	text := "a,b\n1,\"" + long + "\"\n2,x\n3,\"" + long + "\"\n"
	for _, path := range []string{write(t, "f.csv", []byte(text)), write(t, "f.gz", gzipped(t, []byte(text)))} {
		for _, blocks := range []bool{false, true} {
			s := Scan(path).buffers(50)
			got := read(t, s, 1000, 0, nil, blocks)
			if got.err != nil || len(got.rows) != 3 || got.rows[2][1] != long {
				t.Errorf("%s: %d rows, %v", path, len(got.rows), got.err)
			}
			got = read(t, s.with(func(o *settings) { o.recordMax = 20000 }), 1000, 0, nil, blocks)
			if want := ":2: a record of more than 19.5 KiB begins here"; got.err == nil || !strings.Contains(got.err.Error(), path+want) {
				t.Errorf("%s: got %v", path, got.err)
			}
		}
	}
}

// TestManyColumns has more of them than a step or a region holds.
func TestManyColumns(t *testing.T) {
	const width = 8000
	rows := make([]string, 50)
	want := make([][]any, len(rows))
	for r := range rows {
		fields := make([]string, width)
		for c := range fields {
			fields[c] = fmt.Sprint(r * c)
			want[r] = append(want[r], int64(r*c))
		}
		rows[r] = strings.Join(fields, ",") + "\n"
	}
	s := Scan(write(t, "f.csv", []byte(strings.Join(rows, "")))).Header(false)
	got := read(t, s, 1<<20, 30, nil, false)
	if got.err != nil {
		t.Fatal(got.err)
	}
	same(t, "many columns", got.rows, want)
}

// TestStoppedEarly leaves nothing behind where no more rows are wanted.
func TestStoppedEarly(t *testing.T) {
	text := []byte("a,b\n" + strings.Repeat("1,\"x\ny\"\n2\n", 5000))
	for _, path := range []string{write(t, "f.csv", text), write(t, "f.gz", gzipped(t, text))} {
		alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
		e := dataflowtest.NewEnv(t, alloc)
		s := Scan(path).buffers(100).BadRows(Skip)
		sh, err := s.Share(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		e.Shared, e.BatchRows = sh, 10
		splits, err := s.Splits(t.Context(), 0, e)
		if err != nil {
			t.Fatal(err)
		}
		for c, err := range s.Read(t.Context(), splits[0], e) {
			if err != nil {
				t.Fatal(err)
			}
			c.Rec.Release()
			break
		}
		if blocks, ok := s.Blocks(t.Context(), splits[0], e); ok {
			for b, err := range blocks {
				if err != nil {
					t.Fatal(err)
				}
				for c := range b.Read(t.Context(), e) {
					c.Rec.Release()
					break
				}
				b.Close()
				break
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for c, err := range s.Read(ctx, splits[0], e) {
			if c.Rec != nil || !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		}
		alloc.AssertSize(t, 0)
	}
}

// TestRoundTrips writes every type that can be read, with nulls, and reads it back.
func TestRoundTrips(t *testing.T) {
	seed := rand.Uint64()
	madrid := &arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "Europe/Madrid"}
	types := []arrow.DataType{
		arrow.FixedWidthTypes.Boolean, arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64,
		arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Uint64,
		arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64, &arrow.Decimal128Type{Precision: 12, Scale: 2},
		arrow.FixedWidthTypes.Date32, arrow.FixedWidthTypes.Date64, arrow.FixedWidthTypes.Time32ms, arrow.FixedWidthTypes.Time64ns,
		&arrow.TimestampType{Unit: arrow.Microsecond}, arrow.FixedWidthTypes.Timestamp_ms, madrid, arrow.FixedWidthTypes.Duration_us,
		arrow.BinaryTypes.String, arrow.BinaryTypes.LargeString, arrow.BinaryTypes.Binary, dictionary, arrow.Null,
	}
	write := func(rec arrow.Record) string {
		path := filepath.Join(t.TempDir(), "f.csv")
		g := dataflow.New()
		g.Source("rows", memio.Batches(rec)).Sink("file", Write(path))
		if _, err := executor.Run(t.Context(), g, executor.Options{}); err != nil {
			t.Fatal(err)
		}
		return path
	}
	fields, told := make([]arrow.Field, len(types)), make(map[string]arrow.DataType)
	for i, typ := range types {
		fields[i] = arrow.Field{Name: fmt.Sprintf("%d, \"%s\"", i, typ), Type: typ, Nullable: true}
		told[fields[i].Name] = typ
	}
	all := dataflowtest.Random(seed, 2000, fields...)
	rows, _, err := run(t, Scan(write(all)).Types(told), executor.Options{SplitBytes: 5000, Workers: 3})
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	same(t, fmt.Sprintf("seed %d", seed), rows, dataflowtest.Rows(all))
	for i, f := range fields {
		one := dataflowtest.Random(seed+uint64(i), 500, f)
		rows, _, err := run(t, Scan(write(one)).Types(map[string]arrow.DataType{f.Name: f.Type}), executor.Options{SplitBytes: 100})
		if err != nil {
			t.Fatalf("seed %d: %s alone: %v", seed, f.Type, err)
		}
		same(t, fmt.Sprintf("seed %d: %s alone", seed, f.Type), rows, dataflowtest.Rows(one))
	}
}

// TestRealData reads files that nobody here made.
func TestRealData(t *testing.T) {
	const dir = "../../../shared/data"
	for name, c := range map[string]struct {
		rows   int
		schema string
	}{
		"birdstrikes.csv":                    {10000, "Airport Name utf8, Aircraft Make Model utf8, Effect Amount of damage utf8, Flight Date date32, Aircraft Airline Operator utf8, Origin State utf8, Phase of flight utf8, Wildlife Size utf8, Wildlife Species utf8, Time of day utf8, Cost Other int64, Cost Repair int64, Cost Total $ int64, Speed IAS in knots int64"},
		"species.csv":                        {12360, "item_id utf8, common_name utf8, scientific_name utf8, gap_species_code utf8, county_id utf8, habitat_yearround_pct float64"},
		"zipcodes.csv":                       {42049, "zip_code utf8, latitude float64, longitude float64, city utf8, state utf8, county utf8"},
		"seattle-weather-hourly-normals.csv": {8759, "date timestamp[us], pressure float64, temperature float64, wind float64"},
	} {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err != nil {
			t.Skipf("the real data is not here: %v", err)
		}
		rows, _, err := run(t, Scan(path), executor.Options{SplitBytes: 100_000, Workers: 2})
		if err != nil || len(rows) != c.rows {
			t.Errorf("%s: %d rows, want %d (%v)", name, len(rows), c.rows, err)
		}
		schema, err := Scan(path).Schema(t.Context())
		if err != nil || dataflow.FormatSchema(schema) != c.schema {
			t.Errorf("%s: got  %s\nwant %s (%v)", name, dataflow.FormatSchema(schema), c.schema, err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		names, want, bad, ok := naiveTable(comma, string(text))
		if !ok || len(bad) > 0 {
			t.Fatalf("%s: %d bad rows", name, len(bad))
		}
		if rows, _, err = run(t, texts(Scan(path), names), executor.Options{SplitBytes: 77_777, Workers: 2}); err != nil {
			t.Fatal(err)
		}
		same(t, name, rows, want)
	}
}
