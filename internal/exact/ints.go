package exact

import (
	"math/big"
	"math/bits"

	"github.com/arrowmill/arrowmill/internal/reserved"
)

// Ints are exact sums of integers, for groups 0, 1, 2, …, of 128 bits: low is the
// sum modulo 2^64 and high counts how often it wrapped, for the columns that do.
// Either the signed or the unsigned methods are used. Ints belong to one goroutine.
type Ints struct {
	ledger   *reserved.Ledger
	unsigned bool
	low      []uint64
	high     []int64 // nil as long as no sum wrapped
	seen     []uint8
}

// Int64s are the types that AddInt64 adds.
type Int64s interface {
	int8 | int16 | int32 | int64 | uint8 | uint16 | uint32
}

// NewInts returns the sums of no groups, to be added to by AddUint64 if unsigned, by
// AddInt64 if not.
func NewInts(l *reserved.Ledger, unsigned bool) *Ints { return &Ints{ledger: l, unsigned: unsigned} }

// Grow makes room for at least groups groups.
func (s *Ints) Grow(groups int) error {
	if err := s.ledger.Settle(); err != nil || groups <= len(s.low) {
		return err
	}
	var err error
	if s.high != nil {
		if s.high, err = reserved.Grow(s.ledger, s.high, groups); err != nil {
			return err
		}
	}
	if s.seen, err = reserved.Grow(s.ledger, s.seen, groups); err != nil {
		return err
	}
	s.low, err = reserved.Grow(s.ledger, s.low, groups)
	return err
}

// AddInt64 adds values[i] to the sum of group[i]. On an error nothing was added.
func AddInt64[T Int64s](s *Ints, group []int32, values []T) error {
	if err := s.ledger.Settle(); err != nil {
		return err
	}
	for {
		i := addSigned(s.low, s.seen, group, values)
		if i == len(group) {
			return nil
		}
		s.wrap(int(group[i]), uint64(int64(values[i])), 1|int64(values[i])>>63)
		group, values = group[i+1:], values[i+1:]
	}
}

// AddUint64 adds values[i] to the sum of group[i]. On an error nothing was added.
func AddUint64(s *Ints, group []int32, values []uint64) error {
	if err := s.ledger.Settle(); err != nil {
		return err
	}
	for {
		i := addUnsigned(s.low, s.seen, group, values)
		if i == len(group) {
			return nil
		}
		s.wrap(int(group[i]), values[i], 1)
		group, values = group[i+1:], values[i+1:]
	}
}

// addSigned adds up to the first sum that does not fit, which it returns the place
// of.
func addSigned[T Int64s](low []uint64, seen []uint8, group []int32, values []T) int {
	values, seen = values[:len(group)], seen[:len(low)]
	for i, g := range group {
		x := int64(values[i])
		a := int64(low[g])
		sum := a + x
		if (a^sum)&(x^sum) < 0 {
			return i
		}
		low[g] = uint64(sum)
		seen[g] = 1
	}
	return len(group)
}

func addUnsigned(low []uint64, seen []uint8, group []int32, values []uint64) int {
	values, seen = values[:len(group)], seen[:len(low)]
	for i, g := range group {
		sum, carry := bits.Add64(low[g], values[i], 0)
		if carry != 0 {
			return i
		}
		low[g] = sum
		seen[g] = 1
	}
	return len(group)
}

// wrap adds x to the sum of g, which wraps by by.
func (s *Ints) wrap(g int, x uint64, by int64) {
	s.low[g] += x
	s.seen[g] = 1
	s.addHigh(g, by)
}

func (s *Ints) addHigh(g int, by int64) {
	if by == 0 {
		return
	}
	if s.high == nil {
		s.ledger.Owe(int64(cap(s.low)) * 8)
		s.high = make([]int64, len(s.low), cap(s.low))
	}
	s.high[g] += by
}

// Settle reserves what was owed by earlier calls. It stands before a row of
// Merges.
func (s *Ints) Settle() error { return s.ledger.Settle() }

// Parts are the halves of the sum of group g, as Merge takes them.
func (s *Ints) Parts(g int) (low uint64, wraps int64) {
	if s.high != nil {
		wraps = s.high[g]
	}
	return s.low[g], wraps
}

// Merge adds the parts of another's sum to that of group g.
func (s *Ints) Merge(g int, low uint64, wraps int64) {
	a := s.low[g]
	sum := a + low
	switch {
	case s.unsigned && sum < a:
		wraps++
	case !s.unsigned && int64((a^sum)&(low^sum)) < 0:
		wraps += 1 | int64(low)>>63
	}
	s.low[g], s.seen[g] = sum, 1
	s.addHigh(g, wraps)
}

// Empty reports whether nothing was added to group g.
func (s *Ints) Empty(g int) bool { return s.seen[g] == 0 }

// Int64 is the sum of group g, and whether it fits.
func (s *Ints) Int64(g int) (sum int64, fits bool) {
	hi, lo := s.int128(g)
	return int64(lo), int64(hi) == int64(lo)>>63
}

// Uint64 is the sum of group g, and whether it fits.
func (s *Ints) Uint64(g int) (sum uint64, fits bool) {
	hi, lo := s.int128(g)
	return lo, hi == 0
}

// Mean is the sum of group g divided by count > 0, rounded once.
func (s *Ints) Mean(g int, count uint64) float64 {
	hi, lo := s.int128(g)
	return Int128(hi, lo, 0).Quo(count).Float64()
}

// Text is the sum of group g in decimal.
func (s *Ints) Text(g int) string {
	hi, lo := s.int128(g)
	sum := new(big.Int).Lsh(big.NewInt(int64(hi)), 64)
	return sum.Add(sum, new(big.Int).SetUint64(lo)).String()
}

func (s *Ints) int128(g int) (hi, lo uint64) {
	low, wraps := s.Parts(g)
	if !s.unsigned {
		wraps += int64(low) >> 63
	}
	return uint64(wraps), low
}

// Reset forgets all groups.
func (s *Ints) Reset() {
	s.low, s.seen, s.high = reserved.Empty(s.ledger, s.low), reserved.Empty(s.ledger, s.seen), reserved.Free(s.ledger, s.high)
}

// Close gives all memory back.
func (s *Ints) Close() {
	s.low, s.seen, s.high = reserved.Free(s.ledger, s.low), reserved.Free(s.ledger, s.seen), reserved.Free(s.ledger, s.high)
}
