package special

import (
	"encoding/binary"
	"math/bits"

	"github.com/arrowmill/arrowmill/bench/answer"
)

// station is what is kept of one, in tenths of a degree.
type station struct {
	sum, n      int64
	least, most int32
}

// weather is the One Billion Row Challenge.
func weather(path string) (answer.Rows, error) {
	t := newTable(1 << 15)
	var stations []station
	err := pieces(path, func(b byte) bool { return b == '\n' }, func(piece []byte) { stations = measure(t, stations, piece) })
	if err != nil {
		return nil, err
	}
	return func(yield func(answer.Row, error) bool) {
		var to [3]answer.Value
		for i, s := range stations {
			to = [3]answer.Value{answer.Real(float64(s.least) / 10), answer.Real(float64(s.sum) / 10 / float64(s.n)), answer.Real(float64(s.most) / 10)}
			if !yield(answer.Row{Key: string(t.key(i)), Values: to[:]}, nil) {
				return
			}
		}
	}, nil
}

// measure folds lines into the stations.
func measure(t *table, stations []station, piece []byte) []station {
	open := piece[:cap(piece)]
	for i := 0; i < len(piece); {
		from, hash := i, uint64(0)
		for {
			word := binary.LittleEndian.Uint64(open[i:])
			if found := semicolons(word); found != 0 {
				at := bits.TrailingZeros64(found) &^ 7
				hash = mix(hash, word&(1<<at-1)|uint64(at)<<56)
				i += at >> 3
				break
			}
			hash = mix(hash, word)
			i += 8
		}
		n := t.at(piece[from:i], hash)
		v, size := tenths(binary.LittleEndian.Uint64(open[i+1:]))
		i += 1 + size
		if n == len(stations) {
			stations = append(stations, station{least: v, most: v})
		}
		s := &stations[n]
		s.sum += int64(v)
		s.n++
		s.least, s.most = min(s.least, v), max(s.most, v)
	}
	return stations
}

// semicolons has the highest bit set of the first byte that is a semicolon, and none
// where there is no such byte (H. S. Warren, "Hacker's Delight", 6-1).
func semicolons(word uint64) uint64 {
	x := word ^ 0x3b3b3b3b3b3b3b3b
	return (x - 0x0101010101010101) & ^x & 0x8080808080808080
}

// tenths is a number of one or two digits, a point and a digit, with a sign or none,
// without a branch, and the bytes that it takes with its line end (Q. A. Mai,
// in the challenge of 2024).
func tenths(word uint64) (v int32, size int) {
	point := bits.TrailingZeros64(^word & 0x10101000)
	sign := int64(^word<<59) >> 63
	digits := ((word &^ (uint64(sign) & 0xff)) << (28 - point)) & 0x0f000f0f00
	whole := int64((digits * 0x640a0001) >> 32 & 0x3ff)
	return int32((whole ^ sign) - sign), point>>3 + 3
}
