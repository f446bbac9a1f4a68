package parquetio

import "encoding/binary"

// lookUpMost is how many bits codes may have that lookUp unpacks. Longer ones are
// unpacked first: their entries come from far, and that takes most of the time.
const lookUpMost = 16

// lookUp fills dst with the entries of dict that the next codes name, in one pass: a
// code goes from the page's bits to its entry without a stop in memory.
func lookUp[T any](h *hybrid, dst, dict []T) error {
	for len(dst) > 0 {
		if err := h.run(); err != nil {
			return err
		}
		n := min(len(dst), h.left)
		if h.packed == nil || h.width == 0 {
			code := uint32(0)
			if h.packed == nil {
				code = h.value
			}
			if int64(code) >= int64(len(dict)) {
				return errCode(code, len(dict))
			}
			fill(dst[:n], dict[code])
		} else if err := lookUpPacked(dst[:n], dict, h.packed, h.at, h.width); err != nil {
			return err
		}
		h.at += n
		h.left -= n
		dst = dst[n:]
	}
	return nil
}

// lookUpPacked fills dst with the entries that the values at, at+1, … of packed
// name, which are width bits each.
func lookUpPacked[T any](dst, dict []T, packed []byte, at, width int) error {
	head := min(-at&7, len(dst)) // up to a whole group
	if err := lookUpEach(dst[:head], dict, packed, at, width); err != nil {
		return err
	}
	dst, at = dst[head:], at+head
	n := 0
	if width <= 8 {
		n = lookUp8(dst, dict, packed[at/8*width:], uint(width))
	} else {
		n = lookUp16(dst, dict, packed[at/8*width:], uint(width))
	}
	return lookUpEach(dst[n:], dict, packed, at+n, width)
}

// lookUpEach is lookUpPacked, one by one.
func lookUpEach[T any](dst, dict []T, packed []byte, at, width int) error {
	for i := range dst {
		code := uint32(unpackOne(packed, at+i, width))
		if int64(code) >= int64(len(dict)) {
			return errCode(code, len(dict))
		}
		dst[i] = dict[code]
	}
	return nil
}

// lookUp8 looks up groups of 8 codes of up to 8 bits, as long as there are 8 bytes to
// load and all codes of a group are in dict. It returns how many it has looked up.
func lookUp8[T any](dst, dict []T, b []byte, w uint) int {
	mask, most := uint64(1)<<w-1, uint64(len(dict))
	w &= 63
	n := 0
	for len(dst) >= n+8 && len(b) >= 8 {
		v := binary.LittleEndian.Uint64(b)
		o := dst[n : n+8 : n+8]
		c := v & mask
		if c >= most {
			break
		}
		o[0] = dict[c]
		v >>= w
		if c = v & mask; c >= most {
			break
		}
		o[1] = dict[c]
		v >>= w
		if c = v & mask; c >= most {
			break
		}
		o[2] = dict[c]
		v >>= w
		if c = v & mask; c >= most {
			break
		}
		o[3] = dict[c]
		v >>= w
		if c = v & mask; c >= most {
			break
		}
		o[4] = dict[c]
		v >>= w
		if c = v & mask; c >= most {
			break
		}
		o[5] = dict[c]
		v >>= w
		if c = v & mask; c >= most {
			break
		}
		o[6] = dict[c]
		v >>= w
		if c = v & mask; c >= most {
			break
		}
		o[7] = dict[c]
		b = b[w:]
		n += 8
	}
	return n
}

// lookUp16 is lookUp8 of codes of 9 to 16 bits, two loads a group.
func lookUp16[T any](dst, dict []T, b []byte, w uint) int {
	mask, most := uint64(1)<<w-1, uint64(len(dict))
	half, shift := w/2, w%2*4 // where the fifth code begins
	w &= 63
	n := 0
	for len(dst) >= n+8 && uint(len(b)) >= half+8 {
		v := binary.LittleEndian.Uint64(b)
		u := binary.LittleEndian.Uint64(b[half:]) >> (shift & 63)
		o := dst[n : n+8 : n+8]
		c, d := v&mask, u&mask
		if c >= most || d >= most {
			break
		}
		o[0], o[4] = dict[c], dict[d]
		v, u = v>>w, u>>w
		if c, d = v&mask, u&mask; c >= most || d >= most {
			break
		}
		o[1], o[5] = dict[c], dict[d]
		v, u = v>>w, u>>w
		if c, d = v&mask, u&mask; c >= most || d >= most {
			break
		}
		o[2], o[6] = dict[c], dict[d]
		v, u = v>>w, u>>w
		if c, d = v&mask, u&mask; c >= most || d >= most {
			break
		}
		o[3], o[7] = dict[c], dict[d]
		b = b[w:]
		n += 8
	}
	return n
}
