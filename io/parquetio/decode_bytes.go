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
	dict     scratch
	entries  scratch // offsets in dict, uint32

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
	return &bytesColumn[O]{t: t, env: env, dict: scratch{env: env}, entries: scratch{env: env}}
}

// dictionary keeps the entries without their lengths. A page is shorter than 4 GiB.
func (c *bytesColumn[O]) dictionary(p *page) error {
	n := p.values
	if n > len(p.data)/4 {
		return fmt.Errorf("a dictionary of %d values in %d bytes", n, len(p.data))
	}
	dict, err := c.dict.room(len(p.data) + wideCopy)
	if err != nil {
		return err
	}
	room, err := c.entries.room(4 * (n + 1))
	if err != nil {
		return err
	}
	c.codes.entries = n
	return cutDictionary(p.data, dict, cast[uint32](room))
}

// cutDictionary writes the PLAIN values of data to dict, one behind another, and
// where each begins, and the last ends, to offsets.
func cutDictionary(data, dict []byte, offsets []uint32) error {
	at, to := 0, 0
	for i := range len(offsets) - 1 {
		v, next, err := plainBytes(data, at)
		if err != nil {
			return err
		}
		offsets[i] = uint32(to)
		to += copy(dict[to:], v)
		at = next
	}
	offsets[len(offsets)-1] = uint32(to)
	return nil
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

// wideCopy is how many bytes short strings are copied at once, so that there is
// room for as many behind the last one.
const wideCopy = 16

func (c *bytesColumn[O]) read(at, rows, present int, valid []byte) error {
	offsets := cast[O](c.offsets.Bytes())[at : at+rows+1]
	switch c.encoding {
	case encodingDictionary, encodingOldDictionary:
		codes, err := c.codes.read(present)
		if err != nil {
			return err
		}
		entries := cast[uint32](c.entries.b)
		if err := c.room(codeBytes(codes, entries)); err != nil {
			return err
		}
		c.used = appendCoded(c.bytes.Buf(), c.used, offsets, c.dict.b, entries, codes)
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
		total, err := measurePlain(c.plain, present)
		if err != nil {
			return err
		}
		if err := c.room(int64(total)); err != nil {
			return err
		}
		c.used = appendPlain(c.bytes.Buf(), c.used, offsets, c.plain, present)
		c.plain = c.plain[total+4*present:]
	}
	if valid != nil {
		spreadOffsets(offsets, valid, at, present)
	}
	return nil
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
	c.dict.free()
	c.entries.free()
	if c.delta != nil {
		c.delta.last.free()
	}
}

// codeBytes is how many bytes the entries that codes name have together.
func codeBytes(codes []int32, entries []uint32) int64 {
	n := int64(0)
	for _, c := range codes {
		n += int64(entries[c+1] - entries[c])
	}
	return n
}

// appendCoded appends the entries of dict that codes name to b from used on, and
// writes where each ends to offsets[1:]. It returns where the last one ends.
func appendCoded[O int32 | int64](b []byte, used int, offsets []O, dict []byte, entries []uint32, codes []int32) int {
	offsets[0] = O(used)
	to := offsets[1 : len(codes)+1]
	for i, c := range codes {
		from, end := entries[c], entries[c+1]
		n := int(end - from)
		if n <= wideCopy {
			*(*[wideCopy]byte)(b[used:]) = *(*[wideCopy]byte)(dict[from:])
		} else {
			copy(b[used:], dict[from:end])
		}
		used += n
		to[i] = O(used)
	}
	return used
}

// measurePlain is how many bytes the first n PLAIN values of b have together,
// without their lengths.
func measurePlain(b []byte, n int) (int, error) {
	at := 0
	for range n {
		if at+4 > len(b) {
			return 0, errPlainEnds
		}
		size := int(binary.LittleEndian.Uint32(b[at:]))
		if at += 4; size > len(b)-at {
			return 0, fmt.Errorf("a value of %d bytes, where its page has %d left", size, len(b)-at)
		}
		at += size
	}
	return at - 4*n, nil
}

// appendPlain appends the first n PLAIN values of src to b from used on, and writes
// where each ends to offsets[1:].
func appendPlain[O int32 | int64](b []byte, used int, offsets []O, src []byte, n int) int {
	offsets[0] = O(used)
	to := offsets[1 : n+1]
	for i := range to {
		size := int(binary.LittleEndian.Uint32(src))
		src = src[4:]
		if size <= wideCopy && len(src) >= wideCopy {
			*(*[wideCopy]byte)(b[used:]) = *(*[wideCopy]byte)(src)
		} else {
			copy(b[used:], src[:size])
		}
		src = src[size:]
		used += size
		to[i] = O(used)
	}
	return used
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
