package parquetio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow/bitutil"
)

// hybrid decodes the format's mixture of run lengths and bit-packing.
//
//	run     varint n<<1    then one value in whole bytes, n times
//	packed  varint n<<1|1  then n groups of 8 values of width bits, low bits first
//
// Parquet, encodings: "Run Length Encoding / Bit-Packing Hybrid".
type hybrid struct {
	data   []byte // behind the run in hand
	width  int    // bits, up to 32
	left   int    // values of the run in hand
	value  uint32 // of a run
	packed []byte // of packed values, and some bytes behind; nil in a run
	at     int    // values of packed that are used
}

var errHybrid = errors.New("it has fewer values than it says")

// run takes up the next run that is not empty.
func (h *hybrid) run() error {
	for h.left == 0 {
		head, n := binary.Uvarint(h.data)
		if n <= 0 {
			return errHybrid
		}
		h.data = h.data[n:]
		count := head >> 1
		if head&1 == 0 {
			if err := h.repeated(count); err != nil {
				return err
			}
			continue
		}
		// The last group may be cut off behind the last value that is used.
		if h.width == 0 {
			h.packed, h.at, h.left = h.data[:0], 0, int(min(count, 1<<40))*8
			continue
		}
		bytes := len(h.data)
		if count <= uint64(bytes/h.width) {
			bytes = int(count) * h.width
		}
		// What is unpacked fast is loaded eight bytes at once.
		h.packed, h.data, h.at = h.data[:min(bytes+8, len(h.data))], h.data[bytes:], 0
		h.left = bytes * 8 / h.width
	}
	return nil
}

func (h *hybrid) repeated(count uint64) error {
	size := (h.width + 7) / 8
	if len(h.data) < size {
		return errHybrid
	}
	h.value = 0
	for i, b := range h.data[:size] {
		h.value |= uint32(b) << (8 * i)
	}
	if h.width < 32 && h.value>>h.width != 0 {
		return fmt.Errorf("a value of %d does not fit %d bits", h.value, h.width)
	}
	h.data, h.packed, h.left = h.data[size:], nil, int(min(count, 1<<40))
	return nil
}

// codes fills out with the next values.
func (h *hybrid) codes(out []int32) error {
	for len(out) > 0 {
		if err := h.run(); err != nil {
			return err
		}
		n := min(len(out), h.left)
		switch {
		case h.packed == nil:
			fill(out[:n], int32(h.value))
		case h.width == 0:
			clear(out[:n])
		default:
			unpackBits(out[:n], h.packed, h.at, h.width)
			h.at += n
		}
		h.left -= n
		out = out[n:]
	}
	return nil
}

// ones reports whether the next n values are in one run of 1, and takes them then.
func (h *hybrid) ones(n int) (bool, error) {
	if err := h.run(); err != nil {
		return false, err
	}
	if h.packed != nil || h.value != 1 || h.left < n {
		return false, nil
	}
	h.left -= n
	return true, nil
}

// bits writes the next n values, of one bit, to bitmap from bit at, and returns how
// many are 1. The bits there are 0 before.
func (h *hybrid) bits(bitmap []byte, at, n int) (int, error) {
	set := 0
	for n > 0 {
		if err := h.run(); err != nil {
			return 0, err
		}
		k := min(n, h.left)
		switch {
		case h.packed != nil:
			bitutil.CopyBitmap(h.packed, h.at, k, bitmap, at)
			h.at += k
			set += bitutil.CountSetBits(bitmap, at, k)
		case h.value == 1:
			bitutil.SetBitsTo(bitmap, int64(at), int64(k), true)
			set += k
		}
		h.left -= k
		at, n = at+k, n-k
	}
	return set, nil
}

// count is how many of the next n values, of one bit, are 1. None is taken.
func (h hybrid) count(n int) (int, error) {
	set := 0
	for n > 0 {
		if err := h.run(); err != nil {
			return 0, err
		}
		k := min(n, h.left)
		switch {
		case h.packed != nil:
			set += bitutil.CountSetBits(h.packed, h.at, k)
			h.at += k
		case h.value == 1:
			set += k
		}
		h.left -= k
		n -= k
	}
	return set, nil
}

func fill[T any](out []T, v T) {
	for i := range out {
		out[i] = v
	}
}

// codeWidth is the bits of a code that the first byte of a dictionary-coded page
// tells. A page of nulls may have no bytes.
func codeWidth(b []byte) (int, []byte, error) {
	if len(b) == 0 {
		return 0, nil, nil
	}
	if b[0] > 32 {
		return 0, nil, fmt.Errorf("codes of %d bits", b[0])
	}
	return int(b[0]), b[1:], nil
}

// reversed is b with the bits of each byte in the other order.
func reversed(b, to []byte) {
	for i, x := range b {
		to[i] = bits.Reverse8(x)
	}
}
