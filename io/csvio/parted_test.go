package csvio

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

// TestALookThatPanics: nobody waits for it afterwards.
func TestALookThatPanics(t *testing.T) {
	p := newParted()
	p.bounds = []int64{0, 10, 20}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("it did not panic")
			}
		}()
		_, _ = p.stateAt(20, 0, func(stretch) (transition, error) { panic("of a look") })
	}()
	if len(p.begun) > 0 {
		t.Fatalf("still begun: %v", p.begun)
	}
	looks := 0
	same := transition{outside, inside}
	s, err := p.stateAt(20, 0, func(stretch) (transition, error) { looks++; return same, nil })
	if err != nil || s != outside || looks != 2 {
		t.Errorf("state %v after %d looks: %v", s, looks, err)
	}
}

// TestReached: what is parsed is not looked through.
func TestReached(t *testing.T) {
	p := newParted()
	p.bounds = []int64{0, 10, 20, 30}
	var looks []stretch
	turn := func(s stretch) (transition, error) {
		looks = append(looks, s)
		return transition{inside, outside, outside, outside}, nil
	}
	p.reach(10, 17)
	for range 2 {
		if s, err := p.stateAt(20, 3, turn); s != inside || err != nil {
			t.Errorf("state %v at 20: %v", s, err)
		}
		p.reach(10, 19) // which nobody needs to know now
	}
	p.reach(0, 3) // as far as the header
	if s, err := p.stateAt(30, 3, turn); s != outside || err != nil {
		t.Errorf("state %v at 30: %v", s, err)
	}
	if s, err := p.stateAt(10, 3, turn); s != inside || err != nil {
		t.Errorf("state %v at 10: %v", s, err)
	}
	if want := []stretch{{17, 20}, {20, 30}, {3, 10}}; !slices.Equal(looks, want) {
		t.Errorf("looked through %v, want %v", looks, want)
	}
}

// Readers of one file that are somewhere within their splits, each, read the rows that
// one reader does.
func TestReadersSideBySide(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 2))
	reached := 0
	for range 150 {
		text := randomText(rng, 200+rng.IntN(6000))
		d := []dialect{comma, hash}[rng.IntN(2)]
		s := Scan(write(t, "f.csv", text)).BadRows(Skip).buffers(1 + rng.IntN(100))
		if d.comment != 0 {
			s = s.Comment('#')
		}
		splitBytes := 50 + rng.Int64N(1000)
		want := read(t, s, splitBytes, 2, nil, false)
		if want.err != nil {
			continue // a quote that is never closed
		}
		rows, n := sideBySide(t, s, rng, splitBytes, 1+rng.IntN(4))
		if reached += n; fmt.Sprint(rows) != fmt.Sprint(want.rows) {
			t.Fatalf("seed %d: got %d rows, want %d, of %q", seed, len(rows), len(want.rows), text)
		}
	}
	if reached == 0 {
		t.Error("no reader told how far it had come")
	}
}

// sideBySide reads with some readers, of which one at random goes on by a chunk.
func sideBySide(t *testing.T, s *Source, rng *rand.Rand, splitBytes int64, readers int) (rows [][]any, reached int) {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	e := dataflow.Env{Alloc: alloc, Reserve: func(int64) error { return nil }, Advance: func(int64) {}, Warn: func(dataflow.Warning) {}, BatchRows: 2}
	if _, err := s.Schema(t.Context()); err != nil {
		t.Fatal(err)
	}
	sh, err := s.Share(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	defer sh.Close()
	e.Shared = sh
	splits, err := s.Splits(t.Context(), splitBytes, e)
	if err != nil {
		t.Fatal(err)
	}
	type reading struct {
		split int
		next  func() (dataflow.Chunk, error, bool)
	}
	parts, begun, open := make([][][]any, len(splits)), 0, []reading{}
	for begun < len(splits) || len(open) > 0 {
		if begun < len(splits) && len(open) < readers {
			next, stop := iter.Pull2(s.Read(t.Context(), splits[begun], e))
			defer stop()
			open = append(open, reading{begun, next})
			begun++
		}
		i := rng.IntN(len(open))
		switch c, err, ok := open[i].next(); {
		case err != nil:
			t.Fatal(err)
		case !ok:
			open = slices.Delete(open, i, i+1)
		default:
			parts[open[i].split] = append(parts[open[i].split], dataflowtest.Rows(c.Rec)...)
			c.Rec.Release()
		}
	}
	for _, p := range sh.(*shared).files {
		reached += len(p.reached)
	}
	return slices.Concat(parts...), reached
}
