package textcol

import (
	"encoding/binary"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// boolColumn is a column of true and false.
type boolColumn struct {
	core
	values *memory.Buffer
}

func (c *boolColumn) Append(data []byte, fields []Field, bad []int32) []int32 {
	n := len(fields)
	used := (c.rows + 7) / 8
	c.values = c.grow(c.values, used, (c.rows+n+7)/8-used, (c.hint+7)/8)
	c.begin(bad)
	parseBools(c.values.Buf(), c.rows, data, c.nulls.prepare(data, fields, false), &c.miss)
	return c.end(n)
}

// parseBools writes bits from bit at on, false for null.
func parseBools(to []byte, at int, data []byte, fields []Field, m *misses) {
	for i, f := range fields {
		from, end := int(f.From&Mask), int(f.To)
		var bit byte
		if from >= end {
			m.skip(i)
		} else {
			var ok bool
			if bit, ok = boolean(data[from:end]); !ok {
				m.refuse(i)
			}
		}
		b := &to[(at+i)>>3]
		*b = *b&(1<<((at+i)&7)-1) | bit<<((at+i)&7)
	}
}

// boolean is 1 for true and 0 for false, in upper or lower case, with spaces
// around it.
func boolean(b []byte) (bit byte, ok bool) {
	const lower = 0x20202020
	const yes, no = 't' | 'r'<<8 | 'u'<<16 | 'e'<<24, 'f' | 'a'<<8 | 'l'<<16 | 's'<<24
	switch {
	case len(b) == 4 && binary.LittleEndian.Uint32(b)|lower == yes:
		return 1, true
	case len(b) == 5 && binary.LittleEndian.Uint32(b)|lower == no && b[4]|0x20 == 'e':
		return 0, true
	}
	if t := trimmed(b); len(t) < len(b) {
		return boolean(t)
	}
	return 0, false
}

func (c *boolColumn) Array() arrow.Array {
	bytes := (c.rows + 7) / 8
	values := c.grow(c.values, bytes, 0, 0)
	values.ResizeNoShrink(bytes)
	c.values = nil
	return c.array(nil, values)
}

func (c *boolColumn) Close() {
	if c.values != nil {
		c.values.Release()
		c.values = nil
	}
	c.rows, c.miss.null = 0, nil
}
