package hashtab

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

// TestLookUp looks up rows of which a table has some, for every type that one column of
// text may have, plain and coded, and holds the answer against Find and RowHashes.
func TestLookUp(t *testing.T) {
	check := func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for _, typ := range keyTypes {
			table, b := newTable(t, 1<<40, typ)
			if !table.CanLookUp() {
				continue
			}
			const n = 2500
			rec := dataflowtest.Random(5, n, arrow.Field{Name: "k", Type: typ, Nullable: true}).NewSlice(3, n)
			col := rec.Column(0)
			for name, v := range map[string]arrow.Array{"plain": col, "short dictionary": coded(t, col, true, rng), "long dictionary": coded(t, col, false, rng)} {
				t.Run(fmt.Sprint(typ, ", ", name), func(t *testing.T) {
					for _, known := range []int{0, 1, 700, v.Len()} {
						table.Reset()
						want, group := make([]int32, v.Len()), make([]int32, v.Len())
						hash, wantHash := make([]uint64, v.Len()), make([]uint64, v.Len())
						keys := []arrow.Array{v}
						if _, err := table.Find(keys, 0, known, group); err != nil {
							t.Fatal(err)
						}
						groups := table.Len()
						if err := table.LookUp(keys, 0, 11, group, hash); err != nil {
							t.Fatal(err)
						}
						if err := table.LookUp(keys, 11, v.Len(), group[11:], hash[11:]); err != nil {
							t.Fatal(err)
						}
						if table.Len() != groups {
							t.Fatalf("%d groups became %d", groups, table.Len())
						}
						if err := table.RowHashes(keys, 0, v.Len(), wantHash); err != nil {
							t.Fatal(err)
						}
						if _, err := table.Find(keys, 0, v.Len(), want); err != nil {
							t.Fatal(err)
						}
						for i, g := range want {
							if g >= int32(groups) {
								g = -1
							}
							if group[i] != g || hash[i] != wantHash[i] {
								t.Fatalf("%d groups, row %d, %s: group %d, want %d, hash %#x, want %#x", groups, i, v.ValueStr(i), group[i], g, hash[i], wantHash[i])
							}
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
	if table, _ := newTable(t, 1<<40, arrow.BinaryTypes.String, arrow.BinaryTypes.String); table.CanLookUp() {
		t.Error("two columns are one")
	}
	table, _ := newTable(t, 1<<40, arrow.BinaryTypes.String)
	if err := table.LookUp([]arrow.Array{array.NewSlice(dataflowtest.Batch(dataflowtest.Col("k", []any{"a"})).Column(0), 0, 0)}, 0, 0, nil, nil); err != nil {
		t.Error(err)
	}
}
