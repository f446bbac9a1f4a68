package parquetio

import (
	"encoding/binary"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
)

// bytesColumn decodes strings and binary to arrays with offsets of type O.
type bytesColumn[O int32 | int64] struct {
	t   arrow.DataType
	env *dataflow.Env

	encoding int32 // of the page in hand
	codes    codes
	plain    []byte      // PLAIN values that are left
	delta    *deltaBytes // nil until there is a page
	dict     entries

	offsets *memory.Buffer
	bytes   *memory.Buffer
	guess   int // bytes that the last array had
	used    int
}

var (
	_ values = (*bytesColumn[int32])(nil)
	_ values = (*bytesColumn[int64])(nil)
)

func newBytesColumn[O int32 | int64](t arrow.DataType, env *dataflow.Env) *bytesColumn[O] {
	return &bytesColumn[O]{t: t, env: env, dict: entries{slots: scratch{env: env}, long: scratch{env: env}}}
}

func (c *bytesColumn[O]) dictionary(p *page) error {
	c.codes.entries = p.values
	return c.dict.fill(p)
}

func (c *bytesColumn[O]) page(p *page) error {
	c.encoding = p.encoding
	switch p.encoding {
	case encodingPlain:
		c.plain = p.data
		return nil
	case encodingDictionary, encodingOldDictionary:
		return c.codes.page(p.data)
	case encodingDeltaLengths, encodingDeltaBytes:
		if c.delta == nil {
			c.delta = &deltaBytes{last: scratch{env: c.env}}
		}
		return c.delta.page(p)
	}
	return unexpected(p.encoding)
}

func (c *bytesColumn[O]) begin(rows int) int {
	c.offsets = newBuffer((rows+1)*offsetBytes[O](), c.env.Alloc)
	c.bytes = memory.NewResizableBuffer(c.env.Alloc)
	c.bytes.Reserve(c.guess)
	c.used = 0
	return rows
}

func offsetBytes[O int32 | int64]() int {
	if _, ok := any(O(0)).(int32); ok {
		return 4
	}
	return 8
}

func (c *bytesColumn[O]) full() bool { return c.used >= batchBytes }

// growBytes is for how much more room than the next value's is asked at most.
const growBytes = 32 << 10

// wideCopy is how many bytes short strings are copied at once, so that there is
// room for as many behind the last one.
const wideCopy = 32

func (c *bytesColumn[O]) read(at, rows, present int, valid []byte) error {
	offsets := cast[O](c.offsets.Bytes())[at : at+rows+1]
	switch c.encoding {
	case encodingDictionary, encodingOldDictionary:
		codes, err := c.codes.read(present)
		if err != nil {
			return err
		}
		slots := cast[slot](c.dict.slots.b)
		if most := int64(len(codes)) * c.dict.longest; int64(c.used)+most+wideCopy > min(int64(len(c.bytes.Buf())), stringsMost) {
			if err := c.room(codeBytes(codes, slots)); err != nil {
				return err
			}
		}
		c.used = appendCoded(c.bytes.Buf(), c.used, offsets, slots, c.dict.long.b, codes)
	case encodingDeltaLengths, encodingDeltaBytes:
		total, err := c.delta.measure(present)
		if err != nil {
			return err
		}
		if err := c.room(total); err != nil {
			return err
		}
		if c.used, err = appendDelta(c.delta, c.bytes.Buf(), c.used, offsets, present); err != nil {
			return err
		}
	default:
		if err := appendPlain(c, offsets, present); err != nil {
			return err
		}
	}
	if valid != nil {
		spreadOffsets(offsets, valid, at, present)
	}
	return nil
}

func (c *bytesColumn[O]) skip(n int) (bool, error) {
	switch c.encoding {
	case encodingDictionary, encodingOldDictionary:
		return c.codes.skip(n)
	case encodingPlain:
		for range n {
			_, next, err := plainBytes(c.plain, 0)
			if err != nil {
				return false, err
			}
			c.plain = c.plain[next:]
		}
		return true, nil
	}
	return false, nil
}

// room makes room for n more bytes, and a wide copy.
func (c *bytesColumn[O]) room(n int64) error {
	all := int64(c.used) + n
	if offsetBytes[O]() == 4 && all > stringsMost {
		return fmt.Errorf("%d bytes of strings in %d rows do not fit a batch: run it with smaller batches (Options.BatchRows)", n, segmentRows)
	}
	all += wideCopy
	have := int64(len(c.bytes.Buf()))
	if all <= have {
		return nil
	}
	size := max(all, min(2*have, all+batchBytes/4))
	if size < batchBytes/8 {
		c.bytes.Reserve(int(size))
		return nil
	}
	// What the allocator has handed out is counted when this call is over; ask
	// before, because it can be much.
	if err := c.env.Reserve(size); err != nil {
		return fmt.Errorf("%s of strings: %w", dataflow.FormatBytes(all), err)
	}
	c.bytes.Reserve(int(size))
	return c.env.Reserve(-size)
}

func (c *bytesColumn[O]) end(rows int, valid *memory.Buffer, nulls int) (arrow.Array, error) {
	c.bytes.ResizeNoShrink(c.used)
	c.guess = min(c.used+c.used/16+wideCopy, batchBytes/8)
	data := array.NewData(c.t, rows, []*memory.Buffer{valid, c.offsets, c.bytes}, nil, nulls, 0)
	defer data.Release()
	return array.MakeFromData(data), nil
}

func (c *bytesColumn[O]) drop() {
	release(c.offsets)
	release(c.bytes)
	c.offsets, c.bytes = nil, nil
}

func (c *bytesColumn[O]) close() {
	c.dict.slots.free()
	c.dict.long.free()
	if c.delta != nil {
		c.delta.last.free()
	}
}

// appendPlain appends the next n PLAIN values and writes where each ends to
// offsets[1:].
func appendPlain[O int32 | int64](c *bytesColumn[O], offsets []O, n int) error {
	offsets[0] = O(c.used)
	ends := offsets[1 : n+1]
	for {
		done, used, at := copyPlain(c.bytes.Buf(), c.used, ends, c.plain)
		c.used, c.plain, ends = used, c.plain[at:], ends[done:]
		if len(ends) == 0 {
			return nil
		}
		// What copyPlain stops at: no room, the end of the page, or no value.
		v, next, err := plainBytes(c.plain, 0)
		if err != nil {
			return err
		}
		// The others may well be as long.
		ahead := min(len(ends)*max(len(v), wideCopy), growBytes)
		if err := c.room(int64(max(ahead, len(v)))); err != nil {
			return err
		}
		c.used += copy(c.bytes.Buf()[c.used:], v)
		c.plain, ends[0] = c.plain[next:], O(c.used)
		ends = ends[1:]
	}
}

// copyPlain copies PLAIN values of src to b, from used on, and writes where each ends
// to ends, as long as both have room for a wide copy. It returns how many it has
// copied, where the last one ends, and how many bytes of src they took.
func copyPlain[O int32 | int64](b []byte, used int, ends []O, src []byte) (n, end, at int) {
	for n < len(ends) && at+4+wideCopy <= len(src) && used+wideCopy <= len(b) {
		size := int(binary.LittleEndian.Uint32(src[at:]))
		from := at + 4
		switch {
		case size <= wideCopy/2:
			*(*[wideCopy / 2]byte)(b[used:]) = *(*[wideCopy / 2]byte)(src[from:])
		case size <= wideCopy:
			*(*[wideCopy]byte)(b[used:]) = *(*[wideCopy]byte)(src[from:])
		default:
			if size > len(src)-from || size > len(b)-used-wideCopy {
				return n, used, at
			}
			copy(b[used:used+size], src[from:])
		}
		used += size
		at = from + size
		ends[n] = O(used)
		n++
	}
	return n, used, at
}

// spreadOffsets moves the ends of the present values to the rows that have one; the
// others end where the one before does.
func spreadOffsets[O int32 | int64](offsets []O, valid []byte, at, present int) {
	ends, j := offsets[1:], present
	last := offsets[present]
	for i := len(ends) - 1; i >= j; i-- {
		if bit := at + i; valid[bit>>3]>>(bit&7)&1 != 0 {
			ends[i] = last
			j--
			last = offsets[j]
		} else {
			ends[i] = last
		}
	}
}
