package parquetio

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	df "github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

// TestPageBounds: with page indexes and bloom filters, all rows that meet a bound are
// read, in order, and many that do not are not.
func TestPageBounds(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	var read, skipped, met int64
	files := 60
	if testing.Short() {
		files = 15
	}
	for range files {
		typ := boundTypes[rng.IntN(len(boundTypes))]
		rec := table(rng.Uint64(), 1+rng.IntN(300), rng.IntN(2) == 0, typ, arrow.BinaryTypes.String)
		props := []parquet.WriterProperty{
			parquet.WithPageIndexEnabled(true), parquet.WithDataPageSize(int64(1 + rng.IntN(60))), parquet.WithBatchSize(int64(1 + rng.IntN(8))),
			parquet.WithBloomFilterEnabled(rng.IntN(2) == 0), parquet.WithDictionaryDefault(rng.IntN(2) == 0),
			parquet.WithDataPageVersion([]parquet.DataPageVersion{parquet.DataPageV1, parquet.DataPageV2}[rng.IntN(2)]),
		}
		path := save(t, theirs(t, []arrow.Record{rec}, int64(20+rng.IntN(300)), props, pqarrow.WithStoreSchema()))
		all := df.Rows(rec)
		for range 20 {
			b := dataflow.Bound{Column: "c0", Op: dataflow.BoundOp(rng.IntN(8)), Value: boundValues(rng, typ)}
			s := Scan(path)
			got := rows(t, s.TakeBounds([]dataflow.Bound{b}), 1+rng.IntN(100))
			missed := func(row []any) bool { return !meets(typ, row[0], b) }
			want := slices.DeleteFunc(slices.Clone(all), missed)
			if d := df.Diff(want, slices.DeleteFunc(got, missed)); d != "" {
				t.Fatalf("seed %d: %s, %s: %s", seed, typ, boundString(b), d)
			}
			met += int64(len(want))
			read += s.Stats().Values
			skipped += s.Stats().RowsSkipped
		}
	}
	if skipped < read/100 || met == 0 {
		t.Errorf("%d rows left out, %d values read, %d rows meet their bound", skipped, read, met)
	}
}

// TestPagesNotRead: pages that the index rules out are not read, of any column.
func TestPagesNotRead(t *testing.T) {
	n := 200_000
	ids, other := make([]int64, n), make([]float64, n)
	for i := range ids {
		ids[i], other[i] = int64(i), float64(i)*0.7
	}
	rec := df.Batch(df.Col("id", ids), df.Col("x", other))
	data := theirs(t, []arrow.Record{rec}, int64(n), []parquet.WriterProperty{parquet.WithPageIndexEnabled(true), parquet.WithDictionaryDefault(false), parquet.WithDataPageSize(16 << 10)})
	s := Scan(save(t, data))
	got := rows(t, s.TakeBounds([]dataflow.Bound{{Column: "id", Op: dataflow.GreaterEqual, Value: int64(100_000)}, {Column: "id", Op: dataflow.Less, Value: int64(100_010)}}), 0)
	if len(got) == 0 || len(got) > 10_000 || int(s.Stats().RowsSkipped) != n-len(got) {
		t.Errorf("%d rows: %s", len(got), s.Stats())
	}
	if st := s.Stats(); st.Bytes > 400<<10 || st.Values > 10_000 {
		t.Errorf("of %d bytes: %s", len(data), st)
	}
	// A float may be NaN, which is above all numbers and not in a page's maximum.
	s = Scan(save(t, data))
	if got := rows(t, s.TakeBounds([]dataflow.Bound{{Column: "x", Op: dataflow.Greater, Value: 1e9}}), 0); len(got) != n {
		t.Errorf("%d rows", len(got))
	}
}

// TestBloomFilters: a value that is not there, among others that are less and greater.
func TestBloomFilters(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	n := 4000
	ids, texts, small := make([]int64, n), make([]string, n), make([]uint16, n)
	for i := range ids {
		ids[i], small[i] = int64(2*rng.IntN(1e6)), uint16(2*rng.IntN(30000))
		texts[i] = fmt.Sprint("text ", ids[i])
	}
	rec := df.Batch(df.Col("id", ids), df.Col("text", texts), df.Col("small", small))
	data := theirs(t, []arrow.Record{rec}, 1000, []parquet.WriterProperty{parquet.WithBloomFilterEnabled(true), parquet.WithBloomFilterNDV(2000), parquet.WithDictionaryDefault(false)})
	for _, c := range []struct {
		column         string
		there, nowhere any
	}{
		{"id", ids[1234], ids[1234] + 1}, {"text", texts[1234], texts[1234] + "!"}, {"small", uint64(small[1234]), uint64(small[1234] + 1)},
	} {
		s := Scan(save(t, data))
		got := rows(t, s.TakeBounds([]dataflow.Bound{{Column: c.column, Op: dataflow.Equal, Value: c.there}}), 0)
		if len(got) < 1000 || len(got) == n {
			t.Errorf("%s: %d rows where it is there", c.column, len(got))
		}
		s = Scan(save(t, data))
		got = rows(t, s.TakeBounds([]dataflow.Bound{{Column: c.column, Op: dataflow.Equal, Value: c.nowhere}}), 0)
		if len(got) == n || s.Stats().RowsSkipped+1000*s.Stats().RowGroupsSkipped != int64(n-len(got)) {
			t.Errorf("%s: %d rows where it is not: %s", c.column, len(got), s.Stats())
		}
		if st := s.Stats(); len(got) == 0 && st.Bytes > 80<<10 {
			t.Errorf("of %d bytes: %s", len(data), st)
		}
	}
}

// FuzzPageIndex: indexes of any bytes rule out no more than the rows of the row group,
// or are an error.
func FuzzPageIndex(f *testing.F) {
	rec := df.Batch(df.Col("id", []int64{1, 2, 3, 4, 5, 6}))
	data := theirs(f, []arrow.Record{rec}, 6, []parquet.WriterProperty{parquet.WithPageIndexEnabled(true), parquet.WithDataPageSize(8), parquet.WithBatchSize(2), parquet.WithDictionaryDefault(false)})
	s := Scan(save(f, data))
	foot, err := readFooter(f.Context(), s.paths[0], nil, s.stats, s.known)
	if err != nil {
		f.Fatal(err)
	}
	chunk := foot.meta.RowGroups[0].Columns[0]
	values := data[*chunk.ColumnIndexOffset:][:*chunk.ColumnIndexLength]
	places := data[*chunk.OffsetIndexOffset:][:*chunk.OffsetIndexLength]
	if pages, err := foot.statisticsOfPages(&foot.cols[0], 0, values, places); err != nil || len(pages) < 2 || binary.LittleEndian.Uint64(pages[1].min) != uint64(pages[0].rows)+1 {
		f.Fatalf("%v, %v", pages, err)
	}
	f.Add(values, places)
	f.Add(values[:len(values)-3], places)
	f.Add(values, places[:len(places)/2])
	f.Fuzz(func(t *testing.T, values, places []byte) {
		pages, err := foot.statisticsOfPages(&foot.cols[0], 0, values, places)
		if err != nil {
			return
		}
		total := int64(0)
		for i := range pages {
			total += pages[i].rows
			pages[i].misses(&dataflow.Bound{Column: "id", Op: dataflow.Equal, Value: int64(3)})
		}
		if total != 6 {
			t.Fatalf("%d rows in %d pages", total, len(pages))
		}
		_, _, _ = parseBloom(values)
	})
}
