package hashtab

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

// packedPage is keys that a bound table has packed.
type packedPage struct {
	planes [][]uint64
	layout *Layout
	texts  []string // the keys
	hashes []uint64
}

func newShared(t *testing.T, limit int64, types []arrow.DataType) (*Shared, *budget) {
	t.Helper()
	b := &budget{limit: limit}
	s, err := NewShared(types, b.reserve)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil || b.held != 0 {
			t.Errorf("%d bytes are not given back: %v", b.held, err)
		}
	})
	return s, b
}

// packRows packs rows, in as many pages as there are layouts.
func packRows(table *Table, rec arrow.Record, from, to int) (pages []packedPage, err error) {
	for from < to {
		layout, stride := table.Bound(), to-from
		words, hash := make([]uint64, layout.Width()*stride), make([]uint64, stride)
		n, err := table.PackRows(rec.Columns(), from, to, words, stride, hash)
		if err != nil {
			return pages, err
		}
		p := packedPage{layout: layout, hashes: hash[:n]}
		for w := range layout.Width() {
			p.planes = append(p.planes, words[w*stride:][:n])
		}
		for i := range n {
			p.texts = append(p.texts, keyText(rec, from+i))
		}
		if n > 0 {
			pages = append(pages, p)
		}
		from += n
	}
	return pages, nil
}

// keyText is rowText with -0 as the 0 that it is as a key.
func keyText(rec arrow.Record, row int) string {
	return strings.TrimPrefix(strings.ReplaceAll("|"+rowText(rec, row), "|-0|", "|0|"), "|")
}

// groupsPacked are the groups of a bound table, packed.
func groupsPacked(t *testing.T, table *Table) packedPage {
	p := packedPage{layout: table.Bound(), texts: keysOf(t, table), hashes: append([]uint64(nil), table.Hashes()...)}
	for w := range p.layout.Width() {
		p.planes = append(p.planes, make([]uint64, table.Len()))
		table.PackedKeys(w, 0, table.Len(), p.planes[w])
	}
	return p
}

// TestSharedKeys sends keys of tables that were bound empty or with groups, packed as rows
// or as groups, by many layouts and out of their order, to an owner that gets plain rows
// too, before it is bound and after.
func TestSharedKeys(t *testing.T) {
	sets := layouts()
	for i, typ := range keyTypes {
		sets["int8 and "+typ.String()] = []arrow.Field{{Name: "a", Type: arrow.PrimitiveTypes.Int8, Nullable: true}, {Name: "b", Type: typ, Nullable: true}}
		sets[fmt.Sprint("wide", i)] = []arrow.Field{{Name: "b", Type: typ, Nullable: true}, {Name: "a", Type: arrow.BinaryTypes.String, Nullable: true}}
	}
	for _, constant := range []bool{false, true} {
		for name, fields := range sets {
			t.Run(fmt.Sprint(name, ", constant hash ", constant), func(t *testing.T) {
				if constant {
					defer ConstantHash()()
				}
				seed := rand.Uint64()
				defer func() {
					if t.Failed() {
						t.Logf("seed %#x", seed)
					}
				}()
				rng := rand.New(rand.NewPCG(seed, 0))
				types := columns(dataflowtest.Random(0, 0, fields...))
				shared, _ := newShared(t, 1<<40, types)
				owner, _ := newTable(t, 1<<40, types...)
				at := map[string]int32{}
				check := func(texts []string, group []int32) {
					for i, g := range group {
						if known, ok := at[texts[i]]; !ok {
							at[texts[i]] = g
						} else if known != g {
							t.Fatalf("key %s: group %d, before %d", texts[i], g, known)
						}
					}
				}
				rows := func() arrow.Record { return dataflowtest.Random(rng.Uint64N(5), 1+rng.IntN(1500), fields...) }
				plain := func() {
					rec := rows()
					group, texts := make([]int32, rec.NumRows()), []string(nil)
					if _, err := owner.Find(rec.Columns(), 0, len(group), group); err != nil {
						t.Fatal(err)
					}
					for i := range group {
						texts = append(texts, keyText(rec, i))
					}
					check(texts, group)
				}
				var pages []packedPage
				for i := range 3 {
					sender, _ := newTable(t, 1<<40, types...)
					if i > 0 {
						rec := rows()
						if _, err := sender.Find(rec.Columns(), 0, int(rec.NumRows()), make([]int32, rec.NumRows())); err != nil {
							t.Fatal(err)
						}
					}
					before := keysOf(t, sender)
					if err := sender.Bind(shared); err != nil {
						t.Fatal(err)
					}
					if sender.single != nil {
						return
					}
					for g, key := range keysOf(t, sender) {
						if key != before[g] {
							t.Fatalf("group %d is %s when bound, %s before", g, key, before[g])
						}
					}
					for range 3 {
						rec := rows()
						from := rng.IntN(int(rec.NumRows()))
						more, err := packRows(sender, rec, from, int(rec.NumRows()))
						if err != nil {
							t.Fatal(err)
						}
						pages = append(pages, more...)
						hashes := make([]uint64, int(rec.NumRows())-from)
						if err := sender.RowHashes(rec.Columns(), from, int(rec.NumRows()), hashes); err != nil {
							t.Fatal(err)
						}
						for _, p := range more {
							for _, h := range p.hashes {
								if h != hashes[0] {
									t.Fatalf("hash %x, want %x", h, hashes[0])
								}
								hashes = hashes[1:]
							}
						}
						if rng.IntN(2) == 0 {
							if _, err := sender.Find(rec.Columns(), from, int(rec.NumRows()), make([]int32, rec.NumRows())); err != nil {
								t.Fatal(err)
							}
							pages = append(pages, groupsPacked(t, sender))
						}
						if rng.IntN(3) == 0 {
							sender.forgetTexts(0)
							sender.Reset()
						}
					}
				}
				plain()
				if err := owner.Bind(shared); err != nil {
					t.Fatal(err)
				}
				rng.Shuffle(len(pages), func(i, j int) { pages[i], pages[j] = pages[j], pages[i] })
				for _, p := range pages {
					group := make([]int32, len(p.texts))
					from := rng.IntN(len(group) + 1)
					for _, part := range [][2]int{{0, from}, {from, len(group)}} {
						if n, err := owner.FindPacked(p.planes, p.layout, part[0], part[1], group[part[0]:]); err != nil || n != part[1]-part[0] {
							t.Fatal(n, err)
						}
					}
					check(p.texts, group)
					for i, g := range group {
						if h := owner.Hashes()[g]; h != p.hashes[i] {
							t.Fatalf("key %s hashes to %x, packed to %x", p.texts[i], h, p.hashes[i])
						}
					}
					if rng.IntN(3) == 0 {
						plain()
					}
				}
				if owner.Len() != len(at) {
					t.Errorf("%d groups of %d keys", owner.Len(), len(at))
				}
				for g, key := range keysOf(t, owner) {
					if want, ok := at[key]; !ok || want != int32(g) {
						t.Fatalf("group %d is %s, which is group %d (%v)", g, key, want, ok)
					}
				}
			})
		}
	}
}

// Values that rise, fall and spread get layouts that have a code for all that came before,
// at either end of their type.
func TestSharedLayoutsGrow(t *testing.T) {
	u64, i64, u8 := arrow.PrimitiveTypes.Uint64, arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Uint8
	for _, typ := range []arrow.DataType{u64, i64, u8, arrow.PrimitiveTypes.Int16} {
		shared, _ := newShared(t, 1<<40, []arrow.DataType{typ, typ})
		sender, _ := newTable(t, 1<<40, typ, typ)
		owner, _ := newTable(t, 1<<40, typ, typ)
		for _, table := range []*Table{sender, owner} {
			if err := table.Bind(shared); err != nil {
				t.Fatal(err)
			}
		}
		group, want := make([]int32, 1), int32(0)
		var pages []packedPage
		find := func(p packedPage) int32 {
			if _, err := owner.FindPacked(p.planes, p.layout, 0, 1, group); err != nil {
				t.Fatal(err)
			}
			return group[0]
		}
		add := func(a, b any) {
			rec := dataflowtest.Batch(dataflowtest.ColOf("a", typ, a), dataflowtest.ColOf("b", typ, b))
			more, err := packRows(sender, rec, 0, 1)
			if err != nil {
				t.Fatal(err)
			}
			pages = append(pages, more...)
			if g := find(more[0]); g != want {
				t.Errorf("%s: %v and %v are group %d, want %d", typ, a, b, g, want)
			}
			want++
		}
		switch typ {
		case u64:
			for _, v := range []uint64{5, 0, 9, 1 << 20, 1<<63 + 7, 1<<64 - 1, 1<<64 - 900, 1 << 62} {
				add(v, 1<<64-1-v)
			}
		case i64:
			for _, v := range []int64{-1, 5, -7, 1 << 40, -1 << 63, 1<<63 - 1, 1<<63 - 40, 3} {
				add(v, ^v)
			}
		case u8:
			for _, v := range []uint8{0, 255, 3, 128, 127} {
				add(v, 255-v)
			}
		default:
			for _, v := range []int16{32767, -32768, 0, 12, 32000} {
				add(v, ^v)
			}
		}
		add(nil, nil)
		if n := sender.Bound().Version(); n < 2 || shared.Layout(n) != sender.Bound() {
			t.Errorf("%s: the newest layout is number %d", typ, n)
		}
		for i, p := range pages {
			if g := find(p); g != int32(i) {
				t.Errorf("%s: page %d of layout %d leads to group %d", typ, i, p.layout.Version(), g)
			}
		}
	}
}

// Where memory is refused nothing is lost, and a table goes on once there is more.
func TestSharedWithinABudget(t *testing.T) {
	fields := []arrow.Field{{Name: "s", Type: arrow.BinaryTypes.String, Nullable: true}, {Name: "n", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}
	rec := wideRange(fields, 5000)
	types, refused := columns(rec), 0
	shared, b := newShared(t, 0, types)
	sender, own := newTable(t, 1<<40, types...)
	owner, _ := newTable(t, 1<<40, types...)
	if _, err := sender.Find(rec.Columns(), 0, 500, make([]int32, 500)); err != nil {
		t.Fatal(err)
	}
	retry := func(do func() error) {
		for {
			err := do()
			if err == nil {
				return
			}
			if !errors.Is(err, dataflow.ErrBudget) {
				t.Fatal(err)
			}
			refused++
			b.limit += 2000
			own.limit += 2000
		}
	}
	own.limit = own.held
	retry(func() error { return sender.Bind(shared) })
	var pages []packedPage
	for from := 0; from < 5000; from += 250 {
		retry(func() error {
			more, err := packRows(sender, rec, from, from+250)
			if err == nil {
				pages = append(pages, more...)
			}
			return err
		})
	}
	if refused < 5 {
		t.Errorf("refused %d times", refused)
	}
	retry(func() error { return owner.Bind(shared) })
	at := map[string]int32{}
	for _, p := range pages {
		group := make([]int32, len(p.texts))
		if _, err := owner.FindPacked(p.planes, p.layout, 0, len(group), group); err != nil {
			t.Fatal(err)
		}
		for i, g := range group {
			at[p.texts[i]] = g
		}
	}
	for g, key := range keysOf(t, owner) {
		if at[key] != int32(g) {
			t.Fatalf("group %d is %s, which is group %d", g, key, at[key])
		}
	}
	if own.held != sender.HeldBytes() {
		t.Errorf("held %d, says %d", own.held, sender.HeldBytes())
	}
}

// Several tables number texts and change layouts at once.
func TestSharedAtOnce(t *testing.T) {
	fields := []arrow.Field{{Name: "s", Type: arrow.BinaryTypes.String}, {Name: "n", Type: arrow.PrimitiveTypes.Int64}}
	rec := wideRange(fields, 4000)
	types := columns(rec)
	shared, _ := newShared(t, 1<<40, types)
	pages := make([][]packedPage, 4)
	var workers sync.WaitGroup
	for i := range pages {
		sender, _ := newTable(t, 1<<40, types...)
		workers.Go(func() {
			if err := sender.Bind(shared); err != nil {
				t.Error(err)
				return
			}
			for from := 0; from < 4000; from += 100 {
				more, err := packRows(sender, rec, from, from+100)
				if err != nil {
					t.Error(err)
					return
				}
				pages[i] = append(pages[i], more...)
				if _, err := sender.Find(rec.Columns(), from, from+100, make([]int32, 100)); err != nil {
					t.Error(err)
				}
				for _, col := range must(sender.KeysBetween(max(0, sender.Len()-50), sender.Len())) {
					col.Release()
				}
			}
		})
	}
	workers.Wait()
	owner, _ := newTable(t, 1<<40, types...)
	if err := owner.Bind(shared); err != nil {
		t.Fatal(err)
	}
	at := map[string]int32{}
	for _, p := range append(append(append(pages[0], pages[1]...), pages[2]...), pages[3]...) {
		group := make([]int32, len(p.texts))
		if _, err := owner.FindPacked(p.planes, p.layout, 0, len(group), group); err != nil {
			t.Fatal(err)
		}
		for i, g := range group {
			if known, ok := at[p.texts[i]]; ok && known != g {
				t.Fatalf("key %s is group %d and %d", p.texts[i], known, g)
			}
			at[p.texts[i]] = g
		}
	}
	for g, key := range keysOf(t, owner) {
		if at[key] != int32(g) {
			t.Fatalf("group %d is %s, which is group %d", g, key, at[key])
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
