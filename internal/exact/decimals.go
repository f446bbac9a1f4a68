package exact

import (
	"math/big"
	"math/bits"
)

// Decimal is a two's complement integer of 192 bits, lowest word first: the sum of any
// number of 128-bit ones.
type Decimal [3]uint64

// Add adds a 128-bit two's complement integer to d.
func (d *Decimal) Add(hi int64, lo uint64) {
	d.Merge(Decimal{lo, uint64(hi), uint64(hi >> 63)})
}

// Merge adds o to d.
func (d *Decimal) Merge(o Decimal) {
	var c uint64
	d[0], c = bits.Add64(d[0], o[0], 0)
	d[1], c = bits.Add64(d[1], o[1], c)
	d[2], _ = bits.Add64(d[2], o[2], c)
}

// Int128 is d as 128 bits, and whether it fits.
func (d *Decimal) Int128() (hi int64, lo uint64, fits bool) {
	return int64(d[1]), d[0], int64(d[2]) == int64(d[1])>>63
}

// Big is d.
func (d *Decimal) Big() *big.Int {
	n := big.NewInt(int64(d[2]))
	for _, word := range []uint64{d[1], d[0]} {
		n.Lsh(n, 64).Add(n, new(big.Int).SetUint64(word))
	}
	return n
}
