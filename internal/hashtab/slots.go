package hashtab

import (
	"math/bits"

	"github.com/arrowmill/arrowmill/internal/reserved"
)

const (
	fewestSlots = 64
	groupsLimit = 1<<31 - 2
)

// slots say where a hash leads: an open-addressing index with linear probing, at most
// half full. A hash's upper half is in its slot and its topmost bits are the slot's
// place, so that growing is one pass over the slots that reads nothing else and
// writes in order.
type slots struct {
	at    []uint64 // upper half of the hash, group+1; 0: free
	shift uint     // the place of hash h is h>>shift
}

func slotOf(hash uint64, group int) uint64 { return hash>>32<<32 | uint64(group+1) }

// room is how many groups so many slots are for.
func room(slots int) int { return slots / 8 * 5 }

// slotsFor is how many slots groups need.
func slotsFor(groups int) int {
	n := fewestSlots
	for room(n) < groups {
		n *= 2
	}
	return n
}

// newSlots reserves and makes n empty slots, n a power of two.
func newSlots(mem *reserved.Ledger, n int) (slots, error) {
	at, err := reserved.New[uint64](mem, n)
	return slots{at, uint(64 - bits.Len(uint(n-1)))}, err
}

// grow makes room for so many groups.
func (s *slots) grow(mem *reserved.Ledger, groups int) error {
	if groups <= room(len(s.at)) {
		return nil
	}
	out, err := newSlots(mem, slotsFor(groups))
	if err != nil {
		return err
	}
	for _, slot := range s.at {
		if slot != 0 {
			out.put(slot)
		}
	}
	mem.Release(8 * int64(len(s.at)))
	*s = out
	return nil
}

// put adds a slot that leads to another key than all before.
func (s *slots) put(slot uint64) {
	mask := uint64(len(s.at) - 1)
	at := slot >> s.shift
	for s.at[at&mask] != 0 {
		at++
	}
	s.at[at&mask] = slot
}

func (s *slots) free(mem *reserved.Ledger) {
	reserved.Free(mem, s.at)
	*s = slots{}
}
