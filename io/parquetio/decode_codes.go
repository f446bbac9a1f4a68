package parquetio

import "fmt"

// codes decodes dictionary codes, a segment at a time.
type codes struct {
	stream  hybrid
	entries int // of the dictionary
	out     [segmentRows]int32
}

// page goes on with the codes of a data page.
func (c *codes) page(data []byte) error {
	width, rest, err := codeWidth(data)
	if err != nil {
		return err
	}
	c.stream = hybrid{data: rest, width: width}
	return nil
}

// read returns the next n codes, each less than the dictionary is long. They are
// good until the next call.
func (c *codes) read(n int) ([]int32, error) {
	out := c.out[:n]
	return out, c.readTo(out)
}

func (c *codes) readTo(out []int32) error {
	if len(out) == 0 {
		return nil
	}
	if err := c.stream.codes(out); err != nil {
		return fmt.Errorf("dictionary codes: %w", err)
	}
	if most := maxCode(out); int64(most) >= int64(c.entries) {
		return errCode(most, c.entries)
	}
	return nil
}

func errCode(code uint32, entries int) error {
	return fmt.Errorf("code %d of a dictionary of %d", code, entries)
}

// gather writes the entries of dict, of width bytes each, that the next n codes name
// to dst.
func (c *codes) gather(dst, dict []byte, width, n int) error {
	switch width {
	case 1:
		return gatherTyped(c, dst[:n], dict)
	case 2:
		return gatherTyped(c, cast[uint16](dst)[:n], cast[uint16](dict))
	case 4:
		return gatherTyped(c, cast[uint32](dst)[:n], cast[uint32](dict))
	case 8:
		return gatherTyped(c, cast[uint64](dst)[:n], cast[uint64](dict))
	case 16:
		return gatherTyped(c, cast[pair](dst)[:n], cast[pair](dict))
	case 32:
		return gatherTyped(c, cast[quad](dst)[:n], cast[quad](dict))
	}
	codes, err := c.read(n)
	if err != nil {
		return err
	}
	for i, code := range codes {
		copy(dst[i*width:(i+1)*width], dict[int(code)*width:])
	}
	return nil
}

func gatherTyped[T any](c *codes, dst, dict []T) error {
	dict = dict[:c.entries]
	if c.stream.width > lookUpMost {
		codes, err := c.read(len(dst))
		if err == nil {
			pick(dst, dict, codes)
		}
		return err
	}
	if err := lookUp(&c.stream, dst, dict); err != nil {
		return fmt.Errorf("dictionary codes: %w", err)
	}
	return nil
}

func pick[T any](dst, dict []T, codes []int32) {
	dst = dst[:len(codes)]
	for i, c := range codes {
		dst[i] = dict[c]
	}
}

// maxCode is the largest code; one of 32 bits with the highest set is large.
func maxCode(codes []int32) uint32 {
	var a, b, c, d uint32
	for len(codes) >= 4 {
		a, b, c, d = max(a, uint32(codes[0])), max(b, uint32(codes[1])), max(c, uint32(codes[2])), max(d, uint32(codes[3]))
		codes = codes[4:]
	}
	for _, x := range codes {
		a = max(a, uint32(x))
	}
	return max(a, b, c, d)
}

// spread moves the present values that v begins with to the rows that have one;
// the others become zero. Bit at+i of valid is that of row i.
func spread[T any](v []T, valid []byte, at, present int) {
	var zero T
	j := present
	for i := len(v) - 1; i >= j; i-- {
		if bit := at + i; valid[bit>>3]>>(bit&7)&1 != 0 {
			j--
			v[i] = v[j]
		} else {
			v[i] = zero
		}
	}
}
