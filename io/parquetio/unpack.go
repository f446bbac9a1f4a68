package parquetio

import "encoding/binary"

// unpackBits writes the values at, at+1, … of packed, which are width bits each, to
// out.
func unpackBits(out []int32, packed []byte, at, width int) {
	for len(out) > 0 && at&7 != 0 { // up to a whole group
		out[0] = unpackOne(packed, at, width)
		out, at = out[1:], at+1
	}
	packed = packed[at/8*width:]
	n := 0
	switch {
	case width <= 8:
		n = unpack8(out, packed, uint(width))
	case width <= 16:
		n = unpack16(out, packed, uint(width))
	case width <= 28:
		n = unpack28(out, packed, uint(width))
	default:
		n = unpack32(out, packed, uint(width))
	}
	for i := n; i < len(out); i++ {
		out[i] = unpackOne(packed, i, width)
	}
}

// unpackOne is value i of packed.
func unpackOne(packed []byte, i, width int) int32 {
	bit := i * width
	b := packed[bit/8:]
	var v uint64
	if len(b) >= 8 {
		v = binary.LittleEndian.Uint64(b)
	} else {
		for j, x := range b {
			v |= uint64(x) << (8 * j)
		}
	}
	return int32(uint32(v>>(bit&7)) & (1<<width - 1))
}

// unpack8 unpacks groups of 8 values of up to 8 bits, a load each, as long as there
// are 8 bytes to load. It returns how many values it has written.
func unpack8(out []int32, b []byte, w uint) int {
	mask := uint64(1)<<w - 1
	n := 0
	for len(out) >= n+8 && len(b) >= 8 {
		v := binary.LittleEndian.Uint64(b)
		o := out[n : n+8 : n+8]
		o[0] = int32(v & mask)
		o[1] = int32(v >> (w & 63) & mask)
		o[2] = int32(v >> (2 * w & 63) & mask)
		o[3] = int32(v >> (3 * w & 63) & mask)
		o[4] = int32(v >> (4 * w & 63) & mask)
		o[5] = int32(v >> (5 * w & 63) & mask)
		o[6] = int32(v >> (6 * w & 63) & mask)
		o[7] = int32(v >> (7 * w & 63) & mask)
		b = b[w:]
		n += 8
	}
	return n
}

// unpack16 unpacks groups of 8 values of 9 to 16 bits, two loads each.
func unpack16(out []int32, b []byte, w uint) int {
	mask := uint64(1)<<w - 1
	half, shift := w/2, w%2*4 // where the fifth value begins
	n := 0
	for len(out) >= n+8 && uint(len(b)) >= half+8 {
		v := binary.LittleEndian.Uint64(b)
		u := binary.LittleEndian.Uint64(b[half:]) >> (shift & 63)
		o := out[n : n+8 : n+8]
		o[0] = int32(v & mask)
		o[1] = int32(v >> (w & 63) & mask)
		o[2] = int32(v >> (2 * w & 63) & mask)
		o[3] = int32(v >> (3 * w & 63) & mask)
		o[4] = int32(u & mask)
		o[5] = int32(u >> (w & 63) & mask)
		o[6] = int32(u >> (2 * w & 63) & mask)
		o[7] = int32(u >> (3 * w & 63) & mask)
		b = b[w:]
		n += 8
	}
	return n
}

// unpack28 unpacks groups of 8 values of 17 to 28 bits, four loads each.
func unpack28(out []int32, b []byte, w uint) int {
	mask := uint64(1)<<w - 1
	at1, at2, at3 := 2*w/8, 4*w/8, 6*w/8 // where the third, fifth and seventh value begin
	shift1, shift2, shift3 := 2*w%8, 4*w%8, 6*w%8
	n := 0
	for len(out) >= n+8 && uint(len(b)) >= at3+8 {
		o := out[n : n+8 : n+8]
		v := binary.LittleEndian.Uint64(b)
		o[0], o[1] = int32(v&mask), int32(v>>(w&63)&mask)
		v = binary.LittleEndian.Uint64(b[at1:]) >> (shift1 & 63)
		o[2], o[3] = int32(v&mask), int32(v>>(w&63)&mask)
		v = binary.LittleEndian.Uint64(b[at2:]) >> (shift2 & 63)
		o[4], o[5] = int32(v&mask), int32(v>>(w&63)&mask)
		v = binary.LittleEndian.Uint64(b[at3:]) >> (shift3 & 63)
		o[6], o[7] = int32(v&mask), int32(v>>(w&63)&mask)
		b = b[w:]
		n += 8
	}
	return n
}

// unpack32 unpacks values of 29 to 32 bits, a load each.
func unpack32(out []int32, b []byte, w uint) int {
	mask := uint64(1)<<w - 1
	for i := range out {
		bit := uint(i) * w
		if uint(len(b)) < bit/8+8 {
			return i
		}
		out[i] = int32(binary.LittleEndian.Uint64(b[bit/8:]) >> (bit & 7) & mask)
	}
	return len(out)
}
