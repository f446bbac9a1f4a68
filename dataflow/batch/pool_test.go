package batch_test

import (
	"bytes"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow/batch"
)

func TestPoolUsesBuffersAgain(t *testing.T) {
	under := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer under.AssertSize(t, 0)
	p := batch.NewPool(under, 1<<20)
	a := p.Allocate(1000)
	a[5] = 1
	p.Free(a)
	b := p.Allocate(990) // of the same class
	if &a[0] != &b[0] {
		t.Error("a released buffer is not used again")
	}
	if len(b) != 990 || b[5] != 0 {
		t.Error("a buffer that is used again is not zero")
	}
	if p.LiveBytes() < 990 || p.LiveBytes() > 1300 {
		t.Errorf("%d bytes live", p.LiveBytes())
	}
	p.End()
	p.Free(b) // after the end
	if p.LiveBytes() != 0 {
		t.Errorf("%d bytes live at the end", p.LiveBytes())
	}
}

func TestPoolKeepsNoMoreThanItMay(t *testing.T) {
	under := memory.NewCheckedAllocator(memory.NewGoAllocator())
	p := batch.NewPool(under, 4096)
	var all [][]byte
	for range 10 {
		all = append(all, p.Allocate(1024))
	}
	for _, b := range all {
		p.Free(b)
	}
	if kept := under.CurrentAlloc(); kept != 4096 {
		t.Errorf("%d bytes kept", kept)
	}
	p.End()
	under.AssertSize(t, 0)
}

func TestPoolRandom(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	under := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer under.AssertSize(t, 0)
	p := batch.NewPool(under, 1<<16)
	defer p.End()
	var users sync.WaitGroup
	for user := range 4 {
		users.Add(1)
		go func() {
			defer users.Done()
			rng := rand.New(rand.NewPCG(seed, uint64(user)))
			var held [][]byte
			mark := byte(user + 1)
			check := func(b []byte) {
				if bytes.Count(b, []byte{mark}) != len(b) {
					t.Error("a buffer was handed out twice")
				}
			}
			for range 5000 {
				size := rng.IntN(5000)
				switch i := rng.IntN(10); {
				case i < 4 || len(held) == 0:
					b := p.Allocate(size)
					if bytes.Count(b, []byte{0}) != size {
						t.Error("a new buffer is not zero")
					}
					held = append(held, bytesOf(b, mark))
				case i < 7:
					k := rng.IntN(len(held))
					check(held[k])
					p.Free(held[k])
					held = append(held[:k], held[k+1:]...)
				default:
					k := rng.IntN(len(held))
					old := len(held[k])
					b := p.Reallocate(size, held[k])
					check(b[:min(old, size)])
					if size > old && bytes.Count(b[old:], []byte{0}) != size-old {
						t.Error("what a buffer grew by is not zero")
					}
					held[k] = bytesOf(b, mark)
				}
			}
			for _, b := range held {
				p.Free(b)
			}
		}()
	}
	users.Wait()
	if p.LiveBytes() != 0 {
		t.Errorf("%d bytes live at the end", p.LiveBytes())
	}
}

// bytesOf is b, filled with mark.
func bytesOf(b []byte, mark byte) []byte {
	for i := range b {
		b[i] = mark
	}
	return b
}
