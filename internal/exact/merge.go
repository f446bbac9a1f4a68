package exact

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Near are the near windows of groups from to to-1, borrowed until anything is added.
// Their unit is that of Place.
func (s *Sums) Near(from, to int) []Near { return s.near[from:to] }

// Place is where the near windows lie: 2^(Place-1074) is the unit of Near.Lo.
func (s *Sums) Place() int16 { return int16(s.place) }

// Widened reports whether AppendWide has anything for any group.
func (s *Sums) Widened() bool { return s.flags != nil }

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

// MergeNear adds near[i], of Sums that have their near windows at place, to the sum of
// group[i]. Its error is that of numbers which are no state of a sum; some may have been
// added then.
func (s *Sums) MergeNear(place int16, group []int32, near []Near) error {
	if place < 0 || place > placeMost {
		return errors.New("exact: not the place of a sum")
	}
	if !s.placed && place > 0 {
		s.move(int(place))
	}
	if int(place) < s.place && s.place-int(place) <= alignMost {
		s.lower(int(place))
	}
	near = near[:len(group)]
	up := int(place) - s.place
	for i, g := range group {
		w, v := &s.near[g], near[i]
		if sum, fits := w.plus(v); fits && up == 0 && within(v.Hi, 2*nearMost) && within(v.Lo, 2*nearMost) {
			*w = sum
			continue
		}
		if err := s.mergeNear(int(g), v, up); err != nil {
			return err
		}
	}
	return nil
}

// mergeNear adds v, of a near window up bits above those of s.
func (s *Sums) mergeNear(g int, v Near, up int) error {
	if !within(v.Hi, 2*nearMost) || !within(v.Lo, 2*nearMost) {
		return errors.New("exact: not the near window of a sum")
	}
	moved, fits := v, up == 0
	if up > 0 {
		moved, fits = v.up(uint(up))
	}
	if !fits {
		s.moveWide(g, v, s.place+up)
		return nil
	}
	sum, fits := s.near[g].plus(moved)
	if !fits {
		s.moveWide(g, sum, s.place)
		sum = Near{}
	}
	s.near[g] = sum
	return nil
}

// alignMost is how far windows are shifted to meet in one place; those further
// apart meet in the wide windows.
const alignMost = 24

// lower moves the near windows of all groups down to place, so that later merges
// from there are plain additions. What does not fit then goes to the wide windows.
func (s *Sums) lower(place int) {
	n := uint(s.place - place)
	for g, w := range s.near {
		up, ok := w.up(n)
		if !ok {
			s.spill(g)
			up = Near{}
		}
		s.near[g] = up
	}
	s.place = place
}

// MergeWide adds what AppendWide made of a group to the sum of group g. Its error is
// that of bytes which are not that.
func (s *Sums) MergeWide(g int, wide []byte) error {
	if len(wide) == 0 {
		return nil
	}
	if f := wide[0] & (hasPlus | hasMinus | hasNaN); f != 0 {
		s.mark(g, f)
	}
	for wide = wide[1:]; len(wide) > 0; wide = wide[17:] {
		if len(wide) < 17 || wide[0] >= windows {
			return fmt.Errorf("exact: not the wide windows of a sum: %d bytes at the end", len(wide))
		}
		lo, hi := binary.LittleEndian.Uint64(wide[1:]), binary.LittleEndian.Uint64(wide[9:])
		if int64(hi^hi<<1) < 0 {
			return errors.New("exact: not a wide window of a sum")
		}
		s.addWide(g, int(wide[0]), lo, hi)
	}
	return nil
}
