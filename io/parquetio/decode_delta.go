package parquetio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// deltas decodes integers that are stored as differences, in blocks.
//
//	head    varints: values in a block, miniblocks in a block, values; zigzag: the first
//	block   zigzag: the least difference │ a byte a miniblock: its bits │ miniblocks
//	        miniblock: difference minus the least one, bits each, low bits first
//
// Sums wrap around at the column's width. A column of 32 bits may have differences
// of more: DuckDB writes them so. A miniblock is stored whole, whatever is used of
// it; behind the last value there are none, whatever bits they are said to have.
//
// Parquet, encodings: "Delta Encoding (DELTA_BINARY_PACKED)".
type deltas struct {
	miniblocks
	narrow [segmentRows]int32
}

// miniblocks is where deltas are in a page.
type miniblocks struct {
	data   []byte // behind the miniblock in hand
	minis  int    // in a block
	per    int    // values in a miniblock
	left   int    // values of the page
	begun  bool   // the first one, which stands in the head, is read
	last   uint64
	least  uint64 // difference of the block in hand
	widths []byte // of its miniblocks that are not begun

	packed []byte // of the miniblock in hand, and some behind
	width  int    // bits
	at, n  int    // values of it that are used, that are left
}

var errDelta = errors.New("a page of differences ends too early")

// open begins with the head of a page of at most values values.
func (d *miniblocks) open(data []byte, values int) error {
	*d = miniblocks{data: data}
	if len(data) == 0 { // a page of nulls
		return nil
	}
	var head [3]uint64 // values in a block, miniblocks in it, values
	for i := range head {
		v, n := binary.Uvarint(d.data)
		if n <= 0 {
			return errDelta
		}
		head[i], d.data = v, d.data[n:]
	}
	if head[0] == 0 || head[0]%128 != 0 || head[0] > math.MaxInt32 || head[1] == 0 || head[0]%head[1] != 0 || head[0]/head[1]%32 != 0 {
		return fmt.Errorf("blocks of %d differences in %d parts", head[0], head[1])
	}
	if head[2] > uint64(values) {
		return fmt.Errorf("%d values in a page of %d", head[2], values)
	}
	d.minis, d.per, d.left = int(head[1]), int(head[0]/head[1]), int(head[2])
	var err error
	d.last, err = d.zigzag()
	return err
}

func (d *miniblocks) zigzag() (uint64, error) {
	v, n := binary.Varint(d.data)
	if n <= 0 {
		return 0, errDelta
	}
	d.data = d.data[n:]
	return uint64(v), nil
}

// mini takes up the next miniblock, with which a block may begin.
func (d *miniblocks) mini() (err error) {
	if len(d.widths) == 0 {
		if d.least, err = d.zigzag(); err != nil {
			return err
		}
		if len(d.data) < d.minis {
			return errDelta
		}
		d.widths, d.data = d.data[:d.minis], d.data[d.minis:]
	}
	d.width, d.widths = int(d.widths[0]), d.widths[1:]
	if d.width > 64 {
		return fmt.Errorf("differences of %d bits", d.width)
	}
	bytes := d.per / 8 * d.width
	if bytes > len(d.data) {
		return errDelta
	}
	// What is unpacked fast is loaded eight bytes at once.
	d.packed, d.data = d.data[:min(bytes+8, len(d.data))], d.data[bytes:]
	d.at, d.n = 0, min(d.per, d.left)
	return nil
}

// end is what stands behind the last value of a page of which none is read.
func (d miniblocks) end() ([]byte, error) {
	for left := d.left - 1; left > 0; left -= d.per {
		if err := d.mini(); err != nil {
			return nil, err
		}
	}
	return d.data, nil
}

// readDeltas fills out with the next values.
func readDeltas[T uint32 | uint64](d *deltas, out []T) error {
	if len(out) > d.left {
		return errPlainEnds
	}
	if len(out) > 0 && !d.begun {
		out[0], d.begun = T(d.last), true
		out = out[1:]
		d.left--
	}
	for len(out) > 0 {
		if d.n == 0 {
			if err := d.mini(); err != nil {
				return err
			}
		}
		n := min(len(out), d.n, segmentRows)
		switch {
		case d.width == 0:
			d.last = sumSteps(out[:n], d.last, d.least)
		case d.width <= 32:
			unpackBits(d.narrow[:n], d.packed, d.at, d.width)
			d.last = sumNarrow(out[:n], d.narrow[:n], d.last, d.least)
		default:
			d.last = sumWide(out[:n], d.packed, d.at, d.width, d.last, d.least)
		}
		d.at, d.n, d.left = d.at+n, d.n-n, d.left-n
		out = out[n:]
	}
	return nil
}

// sumSteps writes last+step, last+2*step, … to out and returns the last one.
func sumSteps[T uint32 | uint64](out []T, last, step uint64) uint64 {
	for i := range out {
		last += step
		out[i] = T(last)
	}
	return last
}

// sumNarrow writes the sums of last and the differences, least added to each, to
// out, and returns the last one.
func sumNarrow[T uint32 | uint64](out []T, differences []int32, last, least uint64) uint64 {
	out = out[:len(differences)]
	for i, d := range differences {
		last += least + uint64(uint32(d))
		out[i] = T(last)
	}
	return last
}

// sumWide is sumNarrow of the differences at, at+1, … of packed, width bits each, 64
// at most.
func sumWide[T uint32 | uint64](out []T, packed []byte, at, width int, last, least uint64) uint64 {
	mask := uint64(math.MaxUint64) >> (64 - width)
	for i := range out {
		bit := (at + i) * width
		b, shift := packed[bit/8:], uint(bit&7)
		var low, high uint64
		if len(b) > 8 {
			low, high = binary.LittleEndian.Uint64(b), uint64(b[8])
		} else {
			for j, x := range b {
				low |= uint64(x) << (8 * j)
			}
		}
		last += least + (low>>shift|high<<(64-shift))&mask
		out[i] = T(last)
	}
	return last
}

// deltaInts recodes differences.
type deltaInts struct {
	deltas
	size int // bytes of an integer: 4 or 8
	out  scratch
}

var _ recoder = (*deltaInts)(nil)

func (d *deltaInts) page(p *page) error { return d.open(p.data, p.values) }

func (d *deltaInts) read(n int) ([]byte, error) {
	out, err := d.out.room(n * d.size)
	switch {
	case err != nil:
	case d.size == 4:
		err = readDeltas(&d.deltas, cast[uint32](out))
	default:
		err = readDeltas(&d.deltas, cast[uint64](out))
	}
	return out, err
}

func (d *deltaInts) free() { d.out.free() }
