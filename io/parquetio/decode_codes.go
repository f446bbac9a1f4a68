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
		return fmt.Errorf("code %d of a dictionary of %d", most, c.entries)
	}
	return nil
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
