package hashtab

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// TestNovel finds keys most of which are new, then none of them, then both by turns, also
// where one is twice in a vector.
func TestNovel(t *testing.T) {
	for _, width := range []int{1, 2} {
		for _, same := range []bool{false, true} {
			table, err := New(nil, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			s := &table.packed
			s.width, s.bits, s.same = width, 64, same
			rng := rand.New(rand.NewPCG(3, uint64(width)))
			at := map[[2]uint64]int32{}
			novel, probed := 0, 0
			words, group, miss := make([]uint64, vector*width), make([]int32, vector), make([]int32, vector)
			for step := range 40 {
				n := 1 + rng.IntN(vector)
				var keys [][2]uint64
				for i := range n {
					k := [2]uint64{rng.Uint64(), 0}
					if old := step%10 > 5; old || rng.IntN(10) == 0 {
						k[0] = uint64(rng.IntN(300))
					}
					if i > 0 && rng.IntN(20) == 0 {
						k = keys[rng.IntN(i)]
					} else if width == 2 {
						k[1] = k[0] & 3
					}
					keys = append(keys, k)
					for w := range width {
						words[w*vector+i] = k[w]
					}
				}
				if s.novel {
					novel++
				} else {
					probed++
				}
				if err := s.find(words, vector, group[:n], miss); err != nil {
					t.Fatal(err)
				}
				for i, k := range keys {
					want, ok := at[k]
					if !ok {
						want = int32(len(at))
						at[k] = want
					}
					if group[i] != want {
						t.Fatalf("width %d, step %d: row %d is group %d, want %d", width, step, i, group[i], want)
					}
				}
			}
			if novel < 5 || probed < 5 {
				t.Errorf("%d vectors of new keys and %d others", novel, probed)
			}
		}
	}
}

// TestEvenTexts reads columns of texts of one length, and what becomes of them when others
// come.
func TestEvenTexts(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	for _, typ := range []arrow.DataType{arrow.BinaryTypes.String, arrow.BinaryTypes.LargeString} {
		for _, length := range []int{0, 1, 5, 11, 12, 13, 40} {
			table, err := New([]arrow.DataType{typ}, alloc, nil)
			if err != nil {
				t.Fatal(err)
			}
			text := func(i, n int) string { return (fmt.Sprintf("%04d", i) + strings.Repeat("x", n))[4-min(n, 4):][:n] }
			check := func(even bool, texts ...any) {
				t.Helper()
				b := array.NewBuilder(alloc, typ)
				defer b.Release()
				for _, s := range texts {
					if s == nil {
						b.AppendNull()
					} else if err := b.AppendValueFromString(s.(string)); err != nil {
						t.Fatal(err)
					}
				}
				col := b.NewArray()
				defer col.Release()
				group := make([]int32, len(texts))
				if _, err := table.Find([]arrow.Array{col}, 0, len(texts), group); err != nil {
					t.Fatal(err)
				}
				if is := table.single.even >= 0; is != even {
					t.Errorf("length %d: even is %v, want %v", length, is, even)
				}
				keys, err := table.Keys(group)
				if err != nil {
					t.Fatal(err)
				}
				defer keys[0].Release()
				if !array.Equal(keys[0], col) {
					t.Errorf("length %d: %v, want %v", length, keys[0], col)
				}
			}
			for range 2 {
				var many []any
				for i := range 70 {
					many = append(many, text(i, length))
				}
				check(true, many[:1]...)
				check(true, many...)
				if length%2 == 0 {
					check(false, text(1, length), text(1, length+1), text(2, length))
				} else {
					check(false, text(3, length), nil)
				}
				check(false, many...)
				table.Reset()
				check(false, nil, text(1, length), text(2, length))
				table.Reset()
			}
			table.Close()
		}
	}
}
