package exact

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// NearBytes is the size of an encoded near window.
const NearBytes = 16

// AppendNear appends the near window of group g: two words, little-endian, the
// lower first. Its unit is Base.
func (s *Sums) AppendNear(out []byte, g int) []byte {
	out = binary.LittleEndian.AppendUint64(out, s.near[g].lo)
	return binary.LittleEndian.AppendUint64(out, s.near[g].hi)
}

// Base is the lowest biased exponent of the near windows, 0 where they hold
// nothing but zeros.
func (s *Sums) Base() int16 { return int16(s.base) }

// AppendWide appends the rest of the sum of group g, nothing where there is none:
//
//	flags (1 byte) { number of the window (1 byte) window (16 bytes) }…
func (s *Sums) AppendWide(out []byte, g int) []byte {
	if s.flags == nil || s.flags[g] == 0 {
		return out
	}
	out = append(out, s.flags[g])
	for at, blocks := range s.wide {
		if b := g / blockGroups; b < len(blocks) && blocks[b] != nil && blocks[b][g%blockGroups] != (window{}) {
			w := blocks[b][g%blockGroups]
			out = append(out, uint8(at))
			out = binary.LittleEndian.AppendUint64(out, w.lo)
			out = binary.LittleEndian.AppendUint64(out, w.hi)
		}
	}
	return out
}

// Settle reserves what was owed by earlier calls. It stands before a row of
// Merges.
func (s *Sums) Settle() error { return s.ledger.Settle() }

// Merge adds the sum of a group of other Sums, as encoded, to that of group g. Its
// error is that of bytes which are no encoded sum.
func (s *Sums) Merge(g int, base int16, near, wide []byte) error {
	if len(near) != NearBytes || base < 0 || base > baseMost {
		return errors.New("exact: not the state of a sum")
	}
	w := window{binary.LittleEndian.Uint64(near), binary.LittleEndian.Uint64(near[8:])}
	if w.lo&1 == 0 {
		return nil
	}
	s.near[g].lo |= 1
	if v := w.value(); v != (window{}) {
		if base == 0 || int64(v.hi^v.hi<<1) < 0 {
			return errors.New("exact: not the near window of a sum")
		}
		s.mergeNear(g, v, uint64(base))
	}
	if len(wide) == 0 {
		return nil
	}
	s.mark(g, wide[0]&(hasPlus|hasMinus|hasNaN))
	for wide = wide[1:]; len(wide) > 0; wide = wide[17:] {
		if len(wide) < 17 || wide[0] >= windows {
			return fmt.Errorf("exact: not the wide windows of a sum: %d bytes at the end", len(wide))
		}
		v := window{binary.LittleEndian.Uint64(wide[1:]), binary.LittleEndian.Uint64(wide[9:])}
		if v.lo&1 != 0 || int64(v.hi^v.hi<<1) < 0 {
			return errors.New("exact: not a wide window of a sum")
		}
		s.addWide(g, int(wide[0]), v.lo, v.hi)
	}
	return nil
}

// alignMost is how far windows are shifted to meet in one place; those further
// apart meet in the wide windows.
const alignMost = 48

// mergeNear adds v, of a window at base.
func (s *Sums) mergeNear(g int, v window, base uint64) {
	if s.base == 0 {
		s.base = base
	}
	if base < s.base && s.base-base <= alignMost {
		s.lower(base)
	}
	if base > s.base && base-s.base <= alignMost {
		if up, ok := v.up(uint(base - s.base)); ok {
			v, base = up, s.base
		}
	}
	if base == s.base {
		s.addNearWindow(g, v.lo, v.hi)
	} else {
		s.moveWide(g, v, base)
	}
}

// lower moves the near windows of all groups down to base, so that later merges
// from there are plain additions. What does not fit then goes to the wide windows.
func (s *Sums) lower(base uint64) {
	n := uint(s.base - base)
	for g := range s.near {
		v := s.near[g].value()
		up, ok := v.up(n)
		if !ok {
			s.moveWide(g, v, s.base)
			up = window{}
		}
		s.near[g] = window{up.lo | s.near[g].lo&1, up.hi}
	}
	s.base = base
}
