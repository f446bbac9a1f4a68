package textcol

import (
	"unicode/utf8"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/internal/utf8fix"
)

const (
	// dictionaryMost and dictionaryBytes are how much a dictionary holds before
	// the next array begins a new one: what no longer fits the second-level cache
	// is as slow to look up as text is to copy.
	dictionaryMost  = 1 << 16
	dictionaryBytes = 4 << 20
)

// dictionary is a column of codes of a dictionary of texts, in the order of their
// first use. The dictionary grows from array to array, which share one for as
// long as it does not.
type dictionary struct {
	core
	codes   *memory.Buffer
	words   *words
	shared  *array.Data // the dictionary of the last array, with sharedN values
	sharedN int
	scratch []byte
	clean   []byte
}

func newDictionary(c core) *dictionary { return &dictionary{core: c, words: newWords()} }

func (c *dictionary) Append(data []byte, fields []Field, bad []int32) []int32 {
	const width = arrow.Int32SizeBytes
	n := len(fields)
	if n == 0 {
		return bad
	}
	c.codes = c.grow(c.codes, c.rows*width, n*width, c.hint*width)
	dst := unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(c.codes.Buf()))), c.rows+n)[c.rows:]
	c.begin(bad)
	c.code(dst, data, c.nulls.prepare(data, fields, true))
	return c.end(n)
}

// code writes the codes of fields, 0 for null.
func (c *dictionary) code(dst []int32, data []byte, fields []Field) {
	w := c.words
	for i, f := range fields {
		from, to := int(f.From&Mask), int(f.To)
		dst[i] = 0
		n := uint(to - from)
		switch {
		case n-1 < 16 && f.From&Escaped == 0:
			high, low := last16(data, to, n)
			hash := w.hash16(high, low, n)
			if slot := w.slots[hash&w.mask]; slot>>32 == tag(hash) {
				if e := &w.entries[uint32(slot)-1]; e.low == low && e.high == high && e.n == uint32(n) {
					dst[i] = int32(uint32(slot)) - 1
					continue
				}
			}
		case from >= to && f.From&Quoted == 0:
			c.miss.skip(i)
			continue
		}
		var text []byte
		if from < to {
			text = data[from:to]
		}
		text, c.scratch = unescaped(text, f, c.o.quote(), c.scratch)
		dst[i] = c.add(i, text)
	}
}

// add is the code of text, which is new or was not found at once.
func (c *dictionary) add(i int, text []byte) int32 {
	code := c.words.find(text)
	if code >= 0 {
		return code
	}
	var sequences int64
	if !c.o.Valid && !utf8.Valid(text) {
		c.clean, sequences = utf8fix.Append(c.clean[:0], text)
		text = c.clean
		code = c.words.find(text)
	}
	switch {
	case sequences > 0 && c.o.Replaced == nil, code < 0 && len(c.words.text)+len(text) > c.most:
		c.miss.refuse(i)
		return 0
	case sequences > 0:
		c.o.Replaced(i, sequences)
	}
	if code >= 0 {
		return code
	}
	return c.words.add(text)
}

func (c *dictionary) Array() arrow.Array {
	codes := c.grow(c.codes, c.rows*arrow.Int32SizeBytes, 0, 0)
	codes.ResizeNoShrink(c.rows * arrow.Int32SizeBytes)
	c.codes = nil
	if n := len(c.words.entries); c.shared == nil || n > c.sharedN {
		c.drop()
		c.shared, c.sharedN = c.words.array(c.alloc), n
	}
	arr := c.array(c.shared, codes)
	if len(c.words.entries) >= dictionaryMost || len(c.words.text) >= dictionaryBytes {
		c.drop()
		c.words = newWords()
	}
	return arr
}

func (c *dictionary) drop() {
	if c.shared != nil {
		c.shared.Release()
		c.shared = nil
	}
}

// HeldBytes counts the table of the dictionary too.
func (c *dictionary) HeldBytes() int64 {
	return c.core.HeldBytes() + c.words.heldBytes() + int64(cap(c.scratch)+cap(c.clean))
}

func (c *dictionary) Close() {
	if c.codes != nil {
		c.codes.Release()
		c.codes = nil
	}
	c.drop()
	c.words, c.rows, c.miss.null = newWords(), 0, nil
}
