package parquetio

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	df "github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

// TestStretches: any rows of a row group, of any types in any encoding, are those that
// all rows have there.
func TestStretches(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	all := slices.Concat(flatTypes, decimalTypes, nestedTypes[:1])
	all = slices.DeleteFunc(all, func(t arrow.DataType) bool { return t.ID() == arrow.DURATION }) // the library has none
	var ours int64
	rounds := 60
	if testing.Short() {
		rounds = 20
	}
	for range rounds {
		types := []arrow.DataType{all[rng.IntN(len(all))], all[rng.IntN(len(all))]}
		rec := table(rng.Uint64(), 1+rng.IntN(6000), rng.IntN(3) > 0, types...)
		props, what := randomProperties(rng, rec.Schema().Fields())
		data, err := tryTheirs(t, slices3(rec), int64(1+rng.IntN(4000)), props)
		if err != nil {
			continue
		}
		s := Scan(save(t, data))
		if rng.IntN(2) == 0 {
			s = s.Dictionaries()
		}
		whole := read(t, s, 0)
		if whole.err != nil {
			t.Fatal(whole.err)
		}
		for range 10 {
			split := whole.splits[rng.IntN(len(whole.splits))]
			rows := split.To - split.From
			part := split
			part.From += rng.Int64N(rows)
			part.To = part.From + 1 + rng.Int64N(split.To-part.From)
			got := readSplits(t, s, 1+rng.IntN(2000), part)
			if d := df.Diff(whole.rows[part.From:part.To], got); d != "" {
				t.Fatalf("seed %d: %s: %s, rows %v: %s", seed, what, rec.Schema(), part, d)
			}
		}
		ours += s.Stats().Values
	}
	if ours == 0 {
		t.Error("nothing was decoded here")
	}
}

// readSplits are the rows of the splits of s.
func readSplits(t *testing.T, s *Source, batchRows int, splits ...dataflow.Split) [][]any {
	t.Helper()
	env := df.NewEnv(t, newLedger(t))
	env.BatchRows = batchRows
	advanced, bytes := int64(0), int64(0)
	env.Advance = func(n int64) { advanced += n }
	var recs []arrow.Record
	for _, split := range splits {
		bytes += split.Bytes
		for c, err := range s.Read(t.Context(), split, env) {
			if err != nil {
				t.Fatalf("%v: %+v", split, err)
			}
			recs = append(recs, c.Rec)
		}
	}
	if advanced != bytes {
		t.Errorf("advanced by %d of %d bytes", advanced, bytes)
	}
	out := df.Rows(recs...)
	for _, r := range recs {
		r.Release()
	}
	return out
}

// TestParts: few row groups are parted, by the split size alone; their rows together
// are all rows, in order, and no page is read by a part that has none of its rows.
func TestParts(t *testing.T) {
	var cols []arrow.Record
	n := 32 * partRows
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = int64(i) * 0x9e3779b97f4a7c1
	}
	id := df.Col("id", ids)
	cols = append(cols, df.Batch(id))
	path := written(t, cols, Dictionary(false), Compression(None), RowGroupRows(int64(n)))
	for _, c := range []struct{ bytes, want int64 }{
		{0, 1}, {64 << 20, 1}, {3 << 20, 2}, {1 << 20, 5}, {1, enoughGroups},
	} {
		s := Scan(path)
		splits, err := s.Splits(t.Context(), c.bytes, df.NewEnv(t, newLedger(t)))
		if err != nil {
			t.Fatal(err)
		}
		if len(splits) != int(c.want) {
			t.Fatalf("%d parts of a row group of %d bytes, split at %d", len(splits), splits[0].Bytes, c.bytes)
		}
		at := int64(0)
		for _, split := range splits {
			if split.From != at || split.To-split.From < partRows {
				t.Errorf("a part of rows %v", split)
			}
			at = split.To
		}
		if c.want == 2 || c.want == 5 { // TestStretches reads parts of every size
			continue
		}
		if got := readSplits(t, s, 5000, splits...); at != int64(n) || len(got) != n || got[n-1][0] != ids[n-1] || got[n/2][0] != ids[n/2] {
			t.Errorf("%d rows up to %d", len(got), at)
		}
	}

	// Pages that are not wanted are passed: of them, no more than the headers is read.
	s := Scan(path)
	readSplits(t, s, 5000, dataflow.Split{Path: path, From: int64(n) - 100, To: int64(n)})
	if st := s.Stats(); st.Values != 100 || st.Bytes > 2<<20 {
		t.Errorf("of %d bytes: %s", 8*n, st)
	}

	// Nested columns are decoded from their beginning, and not parted; many row groups
	// are enough.
	for _, many := range []bool{true, false} {
		rows, recs := int64(n)/enoughGroups, cols
		if !many {
			rows = int64(n)
			recs = []arrow.Record{table(1, n, false, arrow.ListOf(arrow.PrimitiveTypes.Int64))}
		}
		splits, err := Scan(written(t, recs, Dictionary(false), RowGroupRows(rows))).Splits(t.Context(), 1, df.NewEnv(t, newLedger(t)))
		if err != nil || len(splits) != map[bool]int{true: enoughGroups, false: 1}[many] {
			t.Errorf("%d splits, %v", len(splits), err)
		}
	}

	for _, wrong := range []dataflow.Split{{From: -1, To: 1}, {From: 0, To: 0}, {From: 0, To: int64(n) + 1}, {From: int64(n), To: int64(n) + 1}} {
		wrong.Path = path
		for _, err := range s.Read(t.Context(), wrong, df.NewEnv(t, newLedger(t))) {
			if err == nil {
				t.Errorf("%v is read", wrong)
			}
		}
	}
	if _, _, _, err := (&footer{start: []int64{0, 0, 5, 5, 9}}).locate(dataflow.Split{From: 4, To: 6}); err == nil {
		t.Error("rows of two row groups")
	}
	g, from, to, err := (&footer{start: []int64{0, 0, 5, 5, 9}}).locate(dataflow.Split{From: 5, To: 7})
	if got := fmt.Sprint(g, from, to, err); got != "3 0 2 <nil>" {
		t.Error(got)
	}
}
