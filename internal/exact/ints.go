package exact

import (
	"math"
	"math/big"
	"math/bits"
	"unsafe"

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
	s.low, err = reserved.Grow(s.ledger, s.low, groups)
	return err
}

// AddInt64 adds values[i] to the sum of group[i] and, where count is not nil, 1 to that of
// the group. On an error nothing was added.
func AddInt64[T Int64s](s *Ints, group []int32, values []T, count []int64) error {
	if err := s.ledger.Settle(); err != nil {
		return err
	}
	if s.high == nil {
		wrapped := false
		if count != nil {
			wrapped = addSignedCounted(s.low, group, values, count)
		} else {
			wrapped = addSigned(s.low, group, values)
		}
		if !wrapped {
			return nil
		}
		count = nil // they are counted
		subtract(s.low, group, values)
	}
	for i, g := range group {
		s.addSigned(int(g), uint64(int64(values[i])), 0)
	}
	countAll(count, group)
	return nil
}

// AddUint64 adds values[i] to the sum of group[i] and, where count is not nil, 1 to that of
// the group. On an error nothing was added.
func AddUint64(s *Ints, group []int32, values []uint64, count []int64) error {
	if err := s.ledger.Settle(); err != nil {
		return err
	}
	countAll(count, group)
	if s.high == nil {
		if !addUnsigned(s.low, group, values) {
			return nil
		}
		subtract(s.low, group, values)
	}
	for i, g := range group {
		s.addUnsigned(int(g), values[i], 0)
	}
	return nil
}

// addSigned adds modulo 2^64, and reports whether a sum wrapped. Then subtract takes
// all of it back: that is cheaper than to look at each sum before it is stored.
func addSigned[T Int64s](low []uint64, group []int32, values []T) (wrapped bool) {
	values = values[:len(group)]
	var signs int64
	for i, g := range group {
		x, a := int64(values[i]), int64(low[g])
		sum := a + x
		signs |= (a ^ sum) & (x ^ sum)
		low[g] = uint64(sum)
	}
	return signs < 0
}

// addSignedCounted is addSigned, and counts the rows.
func addSignedCounted[T Int64s](low []uint64, group []int32, values []T, count []int64) (wrapped bool) {
	values = values[:len(group)]
	m := min(len(low), len(count))
	low, count = low[:m], count[:m]
	var signs int64
	for i, g := range group {
		x, a := int64(values[i]), int64(low[g])
		sum := a + x
		signs |= (a ^ sum) & (x ^ sum)
		low[g] = uint64(sum)
		count[g]++
	}
	return signs < 0
}

func countAll(count []int64, group []int32) {
	if count == nil {
		return
	}
	for _, g := range group {
		count[g]++
	}
}

func addUnsigned(low []uint64, group []int32, values []uint64) (wrapped bool) {
	values = values[:len(group)]
	var carries uint64
	for i, g := range group {
		sum, carry := bits.Add64(low[g], values[i], 0)
		carries |= carry
		low[g] = sum
	}
	return carries != 0
}

func subtract[T Int64s | uint64](low []uint64, group []int32, values []T) {
	values = values[:len(group)]
	for i, g := range group {
		low[g] -= uint64(int64(values[i]))
	}
}

func (s *Ints) addSigned(g int, x uint64, wraps int64) {
	a := s.low[g]
	sum := a + x
	if int64((a^sum)&(x^sum)) < 0 {
		wraps += 1 | int64(x)>>63
	}
	s.low[g] = sum
	s.addHigh(g, wraps)
}

func (s *Ints) addUnsigned(g int, x uint64, wraps int64) {
	sum, carry := bits.Add64(s.low[g], x, 0)
	s.low[g] = sum
	s.addHigh(g, wraps+int64(carry))
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

// Low are the sums of groups from to to-1 modulo 2^64, borrowed until anything is
// added.
func (s *Ints) Low(from, to int) []uint64 { return s.low[from:to] }

// Wraps is how often they wrapped, nil where none did.
func (s *Ints) Wraps(from, to int) []int64 {
	if s.high == nil {
		return nil
	}
	return s.high[from:to]
}

// Merge adds sums, as Low and Wraps have them, to those of the groups.
func (s *Ints) Merge(group []int32, low []uint64, wraps []int64) {
	if s.high == nil && allZero(wraps) {
		wrapped := false
		if s.unsigned {
			wrapped = addUnsigned(s.low, group, low)
		} else {
			wrapped = addSigned(s.low, group, signed(low))
		}
		if !wrapped {
			return
		}
		subtract(s.low, group, low)
	}
	for i, g := range group {
		if s.unsigned {
			s.addUnsigned(int(g), low[i], wraps[i])
		} else {
			s.addSigned(int(g), low[i], wraps[i])
		}
	}
}

func signed(words []uint64) []int64 {
	return unsafe.Slice((*int64)(unsafe.Pointer(unsafe.SliceData(words))), len(words))
}

func allZero(words []int64) bool {
	var any int64
	for _, w := range words {
		any |= w
	}
	return any == 0
}

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
	const most = 1 << 53 // such integers are floats
	if count <= most && (hi == 0 && lo <= most || hi == math.MaxUint64 && -lo-1 < most) {
		return float64(int64(lo)) / float64(count)
	}
	return Int128(hi, lo, 0).Quo(count).Float64()
}

// Text is the sum of group g in decimal.
func (s *Ints) Text(g int) string {
	hi, lo := s.int128(g)
	sum := new(big.Int).Lsh(big.NewInt(int64(hi)), 64)
	return sum.Add(sum, new(big.Int).SetUint64(lo)).String()
}

func (s *Ints) int128(g int) (hi, lo uint64) {
	low, wraps := s.low[g], int64(0)
	if s.high != nil {
		wraps = s.high[g]
	}
	if !s.unsigned {
		wraps += int64(low) >> 63
	}
	return uint64(wraps), low
}

// Reset forgets all groups.
func (s *Ints) Reset() {
	s.low = reserved.Empty(s.ledger, s.low)
	s.forgetHigh()
}

// Close gives all memory back.
func (s *Ints) Close() {
	s.low = reserved.Free(s.ledger, s.low)
	s.forgetHigh()
}

func (s *Ints) forgetHigh() { s.high = reserved.Free(s.ledger, s.high) }
