package parquetio

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	df "github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/io/memio"
	"github.com/arrowmill/arrowmill/operators"
)

// randomProperties are settings of a writer, as other programs might have them.
func randomProperties(rng *rand.Rand, fields []arrow.Field) (props []parquet.WriterProperty, what string) {
	codecs := []compress.Compression{compress.Codecs.Uncompressed, compress.Codecs.Snappy, compress.Codecs.Gzip, compress.Codecs.Zstd, compress.Codecs.Lz4Raw, compress.Codecs.Brotli}
	codec := codecs[rng.IntN(len(codecs))]
	version := []parquet.DataPageVersion{parquet.DataPageV1, parquet.DataPageV2}[rng.IntN(2)]
	dict, pageSize, integers := rng.IntN(2) == 0, int64(1)<<(4+rng.IntN(14)), rng.IntN(2) == 0
	dictSize := int64(1) << (3 + rng.IntN(15))
	props = []parquet.WriterProperty{
		parquet.WithCompression(codec), parquet.WithDataPageVersion(version), parquet.WithDictionaryDefault(dict),
		parquet.WithDataPageSize(pageSize), parquet.WithDictionaryPageSizeLimit(dictSize), parquet.WithStoreDecimalAsInteger(integers),
		parquet.WithBatchSize(int64(1 + rng.IntN(200))), parquet.WithStats(rng.IntN(2) == 0), parquet.WithPageIndexEnabled(rng.IntN(2) == 0),
	}
	what = fmt.Sprintf("%s, page version %v, dictionary %t of %d, pages of %d, decimals as integers %t", codec, version, dict, dictSize, pageSize, integers)
	for _, f := range fields {
		if dict || rng.IntN(2) == 0 {
			continue
		}
		encodings := encodingsOf(f.Type, integers)
		if len(encodings) == 0 {
			continue
		}
		e := encodings[rng.IntN(len(encodings))]
		props = append(props, parquet.WithEncodingFor(f.Name, e))
		what += fmt.Sprintf(", %s %s", f.Name, e)
	}
	return props, what
}

// encodingsOf are the encodings, but PLAIN and dictionaries, that the library writes
// values of the type in.
func encodingsOf(t arrow.DataType, integers bool) []parquet.Encoding {
	ints := []parquet.Encoding{parquet.Encodings.DeltaBinaryPacked, parquet.Encodings.ByteStreamSplit}
	split := []parquet.Encoding{parquet.Encodings.ByteStreamSplit}
	switch t.ID() {
	case arrow.BOOL:
		return []parquet.Encoding{parquet.Encodings.RLE}
	case arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64, arrow.UINT8, arrow.UINT16, arrow.UINT32, arrow.UINT64,
		arrow.DATE32, arrow.TIME32, arrow.TIME64, arrow.TIMESTAMP:
		return ints
	case arrow.STRING, arrow.BINARY, arrow.LARGE_STRING, arrow.LARGE_BINARY:
		return []parquet.Encoding{parquet.Encodings.DeltaByteArray, parquet.Encodings.DeltaLengthByteArray}
	case arrow.FLOAT16, arrow.FLOAT32, arrow.FLOAT64, arrow.FIXED_SIZE_BINARY:
		return split
	case arrow.DECIMAL128, arrow.DECIMAL256:
		if integers && t.(arrow.DecimalType).GetPrecision() <= 18 {
			return ints
		}
		return split
	}
	return nil
}

// TestAgainstLibrary: files of all kinds are read as the library reads them.
func TestAgainstLibrary(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	var ours, library, failed int64
	all := slices.Concat(flatTypes, decimalTypes, nestedTypes[:2])
	all = slices.DeleteFunc(all, func(t arrow.DataType) bool { return t.ID() == arrow.DURATION }) // the library has none
	for range 120 {
		var types []arrow.DataType
		for range 1 + rng.IntN(5) {
			types = append(types, all[rng.IntN(len(all))])
		}
		rec := table(rng.Uint64(), rng.IntN(3000), rng.IntN(3) > 0, types...)
		props, what := randomProperties(rng, rec.Schema().Fields())
		data, err := tryTheirs(t, slices3(rec), int64(1+rng.IntN(2000)), props, pqarrow.WithStoreSchema())
		if err != nil {
			failed++
			continue
		}
		s := Scan(save(t, data))
		got := rows(t, s, []int{0, 1 + rng.IntN(100), 1000, 5000}[rng.IntN(4)])
		// The library writes runs of booleans wrongly where they come in several
		// batches: then what it reads counts.
		if d := df.Diff(df.Rows(rec), got); d != "" && !strings.Contains(what, " RLE") {
			t.Fatalf("seed %d: %s: %s\n%s", seed, what, rec.Schema(), d)
		}
		want, err := oracle(t, data)
		switch {
		case err != nil && strings.Contains(err.Error(), "zero values per block"):
			failed++ // the library does not read its own pages of DELTA_BYTE_ARRAY without values
			continue
		case err != nil:
			t.Fatalf("seed %d: %s: %v", seed, what, err)
		}
		if d := df.Diff(want, got); d != "" {
			t.Fatalf("seed %d: %s: %s\n%s", seed, what, rec.Schema(), d)
		}
		ours, library = ours+s.Stats().Values, library+s.Stats().LibraryValues
	}
	if failed > 12 {
		t.Errorf("%d of 120 files could not be written, or not be read by the library", failed)
	}
	if ours == 0 || library == 0 {
		t.Errorf("%d values decoded here, %d by the library: one was not tested", ours, library)
	}
}

// TestInt96: timestamps as old programs wrote them.
func TestInt96(t *testing.T) {
	typ := &arrow.TimestampType{Unit: arrow.Nanosecond}
	rec := df.Batch(df.ColOf("t", typ, int64(0), nil, int64(-1), int64(1<<62), int64(-1<<62), int64(86_400_000_000_000)))
	for _, dict := range []bool{true, false} {
		data := theirs(t, []arrow.Record{rec}, 100, []parquet.WriterProperty{parquet.WithDictionaryDefault(dict)}, pqarrow.WithDeprecatedInt96Timestamps(true))
		s := Scan(save(t, data))
		if d := df.Diff(df.Rows(rec), rows(t, s, 2)); d != "" {
			t.Error(d)
		}
		if s.Stats().LibraryValues > 0 {
			t.Errorf("decoded: %s", s.Stats())
		}
	}
}

// TestDictionaries: codes are kept where all pages have them, and strings made where
// not.
func TestDictionaries(t *testing.T) {
	n := 5000
	few, many, none := make([]any, n), make([]any, n), make([]any, n)
	for i := range few {
		if few[i] = fmt.Sprintf("value %d", i%7); i%11 == 0 {
			few[i] = nil
		}
		many[i] = strings.Repeat(fmt.Sprint(i, " "), 5)
	}
	rec := df.Batch(df.ColOf("few", arrow.BinaryTypes.String, few...), df.ColOf("many", arrow.BinaryTypes.String, many...),
		df.ColOf("bytes", arrow.BinaryTypes.Binary, few...), df.ColOf("none", arrow.BinaryTypes.String, none...))
	path := save(t, theirs(t, []arrow.Record{rec}, 2000, []parquet.WriterProperty{parquet.WithDictionaryPageSizeLimit(4096)}))
	s := Scan(path).Dictionaries()
	res := read(t, s, 700)
	if res.err != nil {
		t.Fatal(res.err)
	}
	for i, want := range []string{"dictionary<values=utf8, indices=int32, ordered=false>", "utf8", "dictionary<values=binary, indices=int32, ordered=false>", "utf8"} {
		if got := res.schema.Field(i).Type.String(); got != want {
			t.Errorf("column %q is %s, want %s", res.schema.Field(i).Name, got, want)
		}
	}
	if d := df.Diff(df.Rows(rec), res.rows); d != "" {
		t.Error(d)
	}

	plain := rows(t, Scan(path), 700)
	if d := df.Diff(plain, res.rows); d != "" {
		t.Error(d)
	}
	// Coded asks for some columns; one that is not coded, and one that is not there, stay.
	some := read(t, Scan(path).Coded([]string{"bytes", "many"}).(*Source).Coded([]string{"gone"}), 700)
	if some.err != nil {
		t.Fatal(some.err)
	}
	for i, want := range []arrow.Type{arrow.STRING, arrow.STRING, arrow.DICTIONARY, arrow.STRING} {
		if got := some.schema.Field(i).Type; got.ID() != want {
			t.Errorf("column %q is %s, want %s", some.schema.Field(i).Name, got, want)
		}
	}
	if d := df.Diff(plain, some.rows); d != "" {
		t.Error(d)
	}
	// A file where a column is not coded takes the promise back.
	other := save(t, theirs(t, []arrow.Record{rec}, 2000, []parquet.WriterProperty{parquet.WithDictionaryDefault(false)}))
	both := read(t, Scan(path, other).Dictionaries(), 700)
	if both.err != nil || both.schema.Field(0).Type.ID() != arrow.STRING {
		t.Errorf("%v, %v", both.schema, both.err)
	}
	if d := df.Diff(append(slices.Clone(plain), plain...), both.rows); d != "" {
		t.Error(d)
	}
}

// TestOneDictionaryAChunk: batches of a row group share the dictionary's array.
func TestOneDictionaryAChunk(t *testing.T) {
	rec := df.Batch(df.Col("s", slices.Repeat([]string{"a", "b", "c"}, 1000)))
	s := Scan(written(t, []arrow.Record{rec})).Dictionaries()
	env := df.NewEnv(t, newLedger(t))
	splits, err := s.Splits(t.Context(), 0, env)
	if err != nil {
		t.Fatal(err)
	}
	var first arrow.ArrayData
	batches := 0
	for c, err := range s.Read(t.Context(), splits[0], env) {
		if err != nil {
			t.Fatal(err)
		}
		d := c.Rec.Column(0).Data().Dictionary()
		if first == nil {
			first = d
		} else if d != first {
			t.Error("another dictionary")
		}
		if d.Len() != 3 {
			t.Errorf("a dictionary of %d", d.Len())
		}
		batches++
		c.Rec.Release()
	}
	if batches != 3 {
		t.Errorf("%d batches", batches)
	}
}

// TestPruning: what is not asked for is not read.
func TestPruning(t *testing.T) {
	var recs []arrow.Record
	for g := range 4 {
		ids, texts := make([]int64, 1000), make([]string, 1000)
		for i := range ids {
			ids[i] = int64(1000*g + i)
			texts[i] = strings.Repeat(fmt.Sprint("row ", ids[i]), 20)
		}
		recs = append(recs, df.Batch(df.Col("id", ids), df.Col("text", texts)))
	}
	path := written(t, recs, RowGroupRows(1000), Compression(None), Dictionary(false))
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}

	s := Scan(path)
	ids := s.PruneColumns([]string{"id", "other"}).(*Source)
	res := read(t, ids, 0)
	if res.err != nil || len(res.rows) != 4000 || len(res.rows[0]) != 1 {
		t.Fatalf("%d rows, %v", len(res.rows), res.err)
	}
	if st := s.Stats(); st.Chunks != 4 || st.Values != 4000 || st.Bytes > info.Size()/4 || st.Bytes < 32_000 {
		t.Errorf("of %d bytes: %s", info.Size(), st)
	}

	s = Scan(path)
	got := rows(t, s.TakeBounds([]dataflow.Bound{{Column: "id", Op: dataflow.GreaterEqual, Value: int64(2500)}, {Column: "id", Op: dataflow.Less, Value: int64(2600)}}), 0)
	if len(got) != 1000 || got[0][0] != int64(2000) {
		t.Errorf("%d rows, the first %v", len(got), got[0][0])
	}
	if st := s.Stats(); st.RowGroupsSkipped != 3 || st.RowGroups != 1 || st.Chunks != 2 || st.Bytes > info.Size()/2 {
		t.Errorf("of %d bytes: %s", info.Size(), st)
	}

	s = Scan(path)
	count := read(t, s.PruneColumns(nil), 300)
	if count.err != nil || len(count.rows) != 4000 || count.schema.NumFields() != 0 {
		t.Errorf("%d rows, %v", len(count.rows), count.err)
	}
	if st := s.Stats(); st.Chunks != 0 || st.Bytes > tailBytes*2 {
		t.Errorf("%s", st)
	}
	if got, want := fmt.Sprint(ids.TakeBounds([]dataflow.Bound{{Column: "id", Op: dataflow.IsNull}, {Column: "text", Op: dataflow.Less, Value: "b"}})),
		"parquet of "+path+`, columns (id, other), where id is null and text < "b"`; got != want {
		t.Errorf("plans say %s", got)
	}
}

// TestRuns: through the executor, whatever the number of workers.
func TestRuns(t *testing.T) {
	seed := rand.Uint64()
	var want [][]any
	folder := t.TempDir()
	for i := range 3 {
		rec := table(seed+uint64(i), 2000, true, arrow.PrimitiveTypes.Int64, arrow.BinaryTypes.String, arrow.ListOf(arrow.PrimitiveTypes.Int64))
		if err := os.Rename(written(t, []arrow.Record{rec}, RowGroupRows(300)), filepath.Join(folder, fmt.Sprintf("%d.parquet", i))); err != nil {
			t.Fatal(err)
		}
		want = append(want, df.Rows(rec)...)
	}
	for _, workers := range []int{1, 2, 7} {
		for _, batchRows := range []int{0, 7} {
			for _, c := range []struct {
				name   string
				source *Source
				keep   []string
				want   [][]any
			}{
				{"all", Scan(folder), nil, want},
				{"dictionaries", Scan(folder + "/*.parquet").Dictionaries(), nil, want},
				{"pruned", Scan(folder), []string{"c1"}, column1(want)},
			} {
				alloc := newLedger(t)
				g := dataflow.New()
				in := g.Source("files", c.source)
				if c.keep != nil {
					in = in.Map("keep", operators.Project(c.keep...))
				}
				got := memio.NewSink()
				in.Sink("out", got)
				_, err := executor.Run(t.Context(), g, executor.Options{Workers: workers, BatchRows: batchRows, Alloc: alloc})
				if err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
				if d := df.Diff(c.want, df.Rows(got.Records()...)); d != "" {
					t.Errorf("seed %d, %s, %d workers: %s", seed, c.name, workers, d)
				}
				got.Release()
				if c.keep != nil && c.source.Stats().LibraryValues > 0 {
					t.Errorf("a list that nothing reads was read: %s", c.source.Stats())
				}
			}
		}
	}
}

func column1(rows [][]any) [][]any {
	out := make([][]any, len(rows))
	for i, r := range rows {
		out[i] = r[1:2]
	}
	return out
}

// TestMistakes: errors say which file and what to do.
func TestMistakes(t *testing.T) {
	one := written(t, []arrow.Record{df.Batch(df.Col("a", []int64{1}), df.Col("b", []string{"x"}))})
	other := written(t, []arrow.Record{df.Batch(df.Col("a", []float64{1}), df.Col("b", []string{"x"}))})
	fewer := written(t, []arrow.Record{df.Batch(df.Col("a", []int64{1}))})
	turned := written(t, []arrow.Record{df.Batch(df.Col("b", []string{"y"}), df.Col("a", []int64{2}))})
	text := save(t, []byte("this is no Parquet file at all"))
	for _, c := range []struct {
		paths []string
		want  string
	}{
		{[]string{one, other}, `column "a" is int64 in ` + one + `, but float64 in ` + other},
		{[]string{one, fewer}, one + ` has the column "b", but ` + fewer + ` has not`},
		{[]string{fewer, one}, one + ` has the column "b", but ` + fewer + ` has not`},
		{[]string{text}, text + ": this is no Parquet file"},
		{[]string{save(t, nil)}, "a file of 0 bytes is no Parquet file"},
		{[]string{"-"}, "-: Parquet is read from its end"},
		{[]string{"none.parquet"}, "none.parquet: there is no such file"},
	} {
		err := read(t, Scan(c.paths...), 0).err
		if err == nil || !strings.HasPrefix(err.Error(), "parquetio: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.paths, err, c.want)
		}
	}
	if d := df.Diff([][]any{{int64(1), "x"}, {int64(2), "y"}}, rows(t, Scan(one, turned), 0)); d != "" {
		t.Errorf("columns in another order: %s", d)
	}
	// A file that is changed between the footers and the rows.
	s := Scan(one)
	env := df.NewEnv(t, newLedger(t))
	shared, err := s.Share(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	defer shared.Close()
	env.Shared = shared
	splits, err := s.Splits(t.Context(), 0, env)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(one, 100); err != nil {
		t.Fatal(err)
	}
	for _, err := range s.Read(t.Context(), splits[0], env) {
		if err == nil || !strings.Contains(err.Error(), "do not change it while it is read") {
			t.Errorf("error %v", err)
		}
	}
}

// TestRequiredAndEmpty: columns without levels; files and row groups without rows.
func TestRequiredAndEmpty(t *testing.T) {
	rec := table(7, 500, false, arrow.PrimitiveTypes.Int32, arrow.BinaryTypes.String, arrow.FixedWidthTypes.Boolean)
	s := Scan(save(t, theirs(t, []arrow.Record{rec}, 200, nil)))
	res := read(t, s, 64)
	if res.err != nil || res.schema.Field(0).Nullable {
		t.Fatalf("%v, %v", res.schema, res.err)
	}
	if d := df.Diff(df.Rows(rec), res.rows); d != "" {
		t.Error(d)
	}
	empty := read(t, Scan(written(t, []arrow.Record{rec.NewSlice(0, 0)})), 0)
	if empty.err != nil || len(empty.rows) != 0 || empty.schema.NumFields() != 3 {
		t.Errorf("%v, %v", empty.schema, empty.err)
	}
}
