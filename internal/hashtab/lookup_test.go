package hashtab

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

// TestPart parts rows of which a table has some, for every type that one column of text may
// have, plain and coded, by an index that is fixed and by that of a table that grows, and
// holds the answer against Find and RowHashes.
func TestPart(t *testing.T) {
	check := func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for _, typ := range keyTypes {
			table, b := newTable(t, 1<<40, typ)
			if !table.CanPart() {
				continue
			}
			const n = 2500
			rec := dataflowtest.Random(5, n, arrow.Field{Name: "k", Type: typ, Nullable: true}).NewSlice(3, n)
			col := rec.Column(0)
			for name, v := range map[string]arrow.Array{"plain": col, "short dictionary": coded(t, col, true, rng), "long dictionary": coded(t, col, false, rng)} {
				t.Run(fmt.Sprint(typ, ", ", name), func(t *testing.T) {
					for _, known := range []int{0, 1, 9, 700, v.Len()} {
						for _, fix := range []bool{false, true} {
							checkPart(t, table, v, known, fix)
						}
					}
				})
			}
			if b.held != table.HeldBytes() {
				t.Errorf("%s: %d bytes held, %d said", typ, b.held, table.HeldBytes())
			}
		}
	}
	check(t)
	t.Run("constant hash", func(t *testing.T) {
		defer ConstantHash()()
		check(t)
	})
	if table, _ := newTable(t, 1<<40, arrow.BinaryTypes.String, arrow.BinaryTypes.String); table.CanPart() {
		t.Error("two columns are one")
	}
	table, _ := newTable(t, 1<<40, arrow.BinaryTypes.String)
	if _, err := table.Part([]arrow.Array{array.NewSlice(dataflowtest.Batch(dataflowtest.Col("k", []any{"a"})).Column(0), 0, 0)}, 0, 0, nil, nil, nil); err != nil {
		t.Error(err)
	}
}

// checkPart has a table know the first rows of v and parts all.
func checkPart(t *testing.T, table *Table, v arrow.Array, known int, fix bool) {
	t.Helper()
	table.Reset()
	n := v.Len()
	want, group, strange := make([]int32, n), make([]int32, n), make([]int32, n)
	hash, wantHash := make([]uint64, n), make([]uint64, n)
	keys := []arrow.Array{v}
	if _, err := table.Find(keys, 0, known, group); err != nil {
		t.Fatal(err)
	}
	groups := table.Len()
	if fix {
		if table.Fix(); (table.single.fixed != nil) != (groups > 0 && !table.same) {
			t.Fatalf("%d groups, one hash %v: index is %v", groups, table.same, table.single.fixed)
		}
	}
	if err := table.RowHashes(keys, 0, n, wantHash); err != nil {
		t.Fatal(err)
	}
	var gotGroups, gotStrange []int32
	var gotHashes []uint64
	for _, part := range [][2]int{{0, min(11, n)}, {min(11, n), n}} {
		k, err := table.Part(keys, part[0], part[1], group, strange, hash)
		if err != nil {
			t.Fatal(err)
		}
		u := part[1] - part[0] - k
		gotGroups, gotStrange, gotHashes = append(gotGroups, group[:k]...), append(gotStrange, strange[:u]...), append(gotHashes, hash[:u]...)
	}
	if table.Len() != groups {
		t.Fatalf("%d groups became %d", groups, table.Len())
	}
	if _, err := table.Find(keys, 0, n, want); err != nil {
		t.Fatal(err)
	}
	if table.Len() > groups && table.single.fixed != nil {
		t.Fatal("an index is fixed though groups were added")
	}
	k, u := 0, 0
	for i, g := range want {
		if g < int32(groups) {
			if k == len(gotGroups) || gotGroups[k] != g {
				t.Fatalf("%d groups, fixed %v, row %d, %s: it is not in group %d", groups, fix, i, v.ValueStr(i), g)
			}
			k++
			continue
		}
		if u == len(gotStrange) || gotStrange[u] != int32(i) || gotHashes[u] != wantHash[i] {
			t.Fatalf("%d groups, fixed %v, row %d, %s: it is not strange, with hash %#x", groups, fix, i, v.ValueStr(i), wantHash[i])
		}
		u++
	}
}

// TestFixed has very many values fixed, and more than there is a number for, and forgets
// some of them.
func TestFixed(t *testing.T) {
	table, b := newTable(t, 1<<40, arrow.BinaryTypes.String)
	for _, n := range []int{1, 2, 3, 13, 1000, 26213, fixedMost, fixedMost + 1} {
		text := make([]any, n)
		for i := range text {
			text[i] = strconv.Itoa(i * i)
		}
		col := dataflowtest.Batch(dataflowtest.Col("k", text)).Column(0)
		if n <= fixedMost {
			checkPart(t, table, col, n, true)
			checkPart(t, table, col, n/2, true)
			continue
		}
		table.Reset()
		if _, err := table.Find([]arrow.Array{col}, 0, n, make([]int32, n)); err != nil {
			t.Fatal(err)
		}
		if table.Fix(); table.single.fixed != nil {
			t.Error("more values were fixed than there are numbers for")
		}
		table.Truncate(100)
		if table.Fix(); table.single.fixed == nil {
			t.Error("few values were not fixed")
		}
		if table.Truncate(99); table.single.fixed != nil {
			t.Error("a value that is forgotten is fixed")
		}
	}
	b.limit = b.held // no memory for the index
	if table.Fix(); table.single.fixed != nil || b.held != table.HeldBytes() {
		t.Errorf("%d bytes held, %d said", b.held, table.HeldBytes())
	}
}
