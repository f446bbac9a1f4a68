package operators

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/float16"

	"github.com/arrowmill/arrowmill/internal/plaincol"
)

// wordBlock are the words of orderBlock rows, those of one cell side by side.
type wordBlock []uint64

func (b wordBlock) cell(i, n int) []uint64 { return b[i*orderBlock:][:n] }

// load writes the words of n rows of a plain column of the kind that h says, and returns
// the length of the longest string.
func (h *heldColumn) load(col arrow.Array, from int, rows []int32, n int, to wordBlock) (longest uint64) {
	switch t := h.typ.(type) {
	case *arrow.Decimal128Type:
		loadLimbs(plaincol.Values[[2]uint64](col), h.cell, from, rows, n, to)
	case *arrow.Decimal256Type:
		loadLimbs(plaincol.Values[[4]uint64](col), h.cell, from, rows, n, to)
	case *arrow.Float16Type:
		loadNarrow(to.cell(h.cell, n), plaincol.Values[uint16](col), from, rows)
	case *arrow.Float32Type:
		loadNarrow(to.cell(h.cell, n), plaincol.Values[uint32](col), from, rows)
	case *arrow.StringType, *arrow.BinaryType:
		longest = loadTexts(plaincol.Offsets[int32](col), plaincol.Text(col), h.cell, from, rows, n, to)
	case *arrow.LargeStringType, *arrow.LargeBinaryType:
		longest = loadTexts(plaincol.Offsets[int64](col), plaincol.Text(col), h.cell, from, rows, n, to)
	case *arrow.FixedSizeBinaryType:
		longest = loadSized(plaincol.Fixed(col, t.ByteWidth), t.ByteWidth, h.cell, from, rows, n, to)
	default:
		plaincol.Words(to.cell(h.cell, n), col, from, rows)
	}
	last := to.cell(h.cell+h.cells-1, n)
	if h.kind == heldSigned {
		for i, x := range last {
			last[i] = zigzag(x)
		}
	}
	return longest
}

func loadNarrow[T uint16 | uint32](words []uint64, v []T, from int, rows []int32) {
	for i := range words {
		words[i] = uint64(v[plaincol.RowAt(i, from, rows)])
	}
}

func loadLimbs[T [2]uint64 | [4]uint64](v []T, first, from int, rows []int32, n int, to wordBlock) {
	for i := range n {
		for w, limb := range limbsOf(&v[plaincol.RowAt(i, from, rows)]) {
			to[(first+w)*orderBlock+i] = limb
		}
	}
}

func limbsOf[T [2]uint64 | [4]uint64](v *T) []uint64 {
	switch v := any(v).(type) {
	case *[2]uint64:
		return v[:]
	case *[4]uint64:
		return v[:]
	}
	return nil
}

// loadTexts writes the pieces and the lengths of strings.
func loadTexts[O int32 | int64](offsets []O, text []byte, first, from int, rows []int32, n int, to wordBlock) (longest uint64) {
	p0, p1, p2, size := to.cell(first, n), to.cell(first+1, n), to.cell(first+2, n), to.cell(first+3, n)
	for i := range n {
		r := plaincol.RowAt(i, from, rows)
		at, end := int(offsets[r]), int(offsets[r+1])
		size[i] = uint64(end - at)
		longest = max(longest, size[i])
		p0[i] = piece(text, at, end)
		p1[i], p2[i] = 0, 0
		if at += 8; at < end {
			p1[i] = piece(text, at, end)
			p2[i] = piece(text, at+8, end)
		}
	}
	return longest
}

func loadSized(text []byte, width, first, from int, rows []int32, n int, to wordBlock) (longest uint64) {
	for i := range n {
		at := plaincol.RowAt(i, from, rows) * width
		for w := range textPieces {
			to[(first+w)*orderBlock+i] = piece(text, at+8*w, at+width)
		}
		to[(first+textPieces)*orderBlock+i] = uint64(width)
	}
	return uint64(width)
}

// piece is the eight bytes of text from at on, the first one lowest, and zeros from end on.
func piece(text []byte, at, end int) uint64 {
	n := end - at
	if n <= 0 {
		return 0
	}
	if at+8 <= len(text) {
		w := binary.LittleEndian.Uint64(text[at:])
		if n < 8 {
			w &= 1<<(8*n&63) - 1
		}
		return w
	}
	var w uint64
	for i, c := range text[at:min(end, at+8)] {
		w |= uint64(c) << (8 * i)
	}
	return w
}

// widenFloats makes the bits of floats of a narrow type those of a float64.
func widenFloats(t arrow.DataType, words []uint64) {
	switch t.ID() {
	case arrow.FLOAT32:
		for i, x := range words {
			words[i] = math.Float64bits(float64(math.Float32frombits(uint32(x))))
		}
	case arrow.FLOAT16:
		for i, x := range words {
			words[i] = math.Float64bits(float64(plaincol.HalfFloat(float16.FromBits(uint16(x)))))
		}
	}
}
