package textcol

import (
	"unicode/utf8"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/internal/utf8fix"
)

// dictionary is a column of codes of texts, as Codes tells.
type dictionary struct {
	core
	*Codes
	codes *memory.Buffer
	texts *textColumn[int32] // of an array with its own texts
}

func newDictionary(c core) *dictionary {
	texts := newCore(arrow.BinaryTypes.String, c.o, c.alloc)
	d := &dictionary{core: c, Codes: c.o.Codes, texts: &textColumn[int32]{core: texts}}
	if d.Codes == nil {
		d.Codes = NewCodes()
	}
	return d
}

func (c *dictionary) Append(data []byte, fields []Field, bad []int32) []int32 {
	n := len(fields)
	if n == 0 {
		return bad
	}
	if c.own > 0 {
		c.core.rows += n
		return c.texts.Append(data, fields, bad)
	}
	const width = arrow.Int32SizeBytes
	c.codes = c.grow(c.codes, c.core.rows*width, n*width, c.hint*width)
	dst := unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(c.codes.Buf()))), c.core.rows+n)[c.core.rows:]
	c.begin(bad)
	fields = c.nulls.prepare(data, fields, true)
	var odd oddFields
	for at := 0; at < n; at += blockFields {
		end := min(at+blockFields, n)
		k := 0
		if len(data) < 16 {
			k = odd.all(end - at)
		} else {
			k = c.words.codes(dst[at:end], data, fields[at:end], &odd)
			k = c.words.codes32(dst[at:end], data, fields[at:end], &odd, k)
		}
		for _, i := range odd[:k] {
			dst[at+int(i)] = c.code(at+int(i), data, fields[at+int(i)])
		}
		c.words.learn()
	}
	return c.end(n)
}

// code is the code of any field, 0 for null.
func (c *dictionary) code(i int, data []byte, f Field) int32 {
	from, to := f.From&Mask, f.To
	if from >= to && f.From&Quoted == 0 {
		c.miss.skip(i)
		return 0
	}
	var text []byte
	if from < to {
		text = data[from:to]
	}
	text, c.scratch = unescaped(text, f, c.o.quote(), c.scratch)
	code, key, hash := c.words.find(text)
	if code >= 0 {
		c.words.missed++
		return code
	}
	var sequences int64
	if !c.o.Valid && !utf8.Valid(text) {
		c.clean, sequences = utf8fix.Append(c.clean[:0], text)
		text = c.clean
		code, key, hash = c.words.find(text)
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
	return c.words.add(text, key, hash)
}

func (c *dictionary) Array() arrow.Array {
	if c.own > 0 && c.core.rows > 0 {
		return c.ownArray()
	}
	codes := c.grow(c.codes, c.core.rows*arrow.Int32SizeBytes, 0, 0)
	codes.ResizeNoShrink(c.core.rows * arrow.Int32SizeBytes)
	c.codes = nil
	rows, n := c.core.rows, c.words.len()
	grown := c.shared == nil || n > c.sharedN
	if grown {
		c.drop()
		c.shared, c.sharedN = c.words.array(c.alloc), n
	}
	arr := c.array(c.shared, codes)
	c.judge(rows, grown)
	return arr
}

// ownArray is the array whose dictionary is its own texts.
func (c *dictionary) ownArray() arrow.Array {
	rows := c.core.rows
	c.miss.null = append(c.miss.null[:0], c.texts.miss.null...)
	c.texts.miss.null = c.texts.miss.null[:0]
	texts := c.texts.Array()
	defer texts.Release()
	codes := c.grow(nil, 0, rows*arrow.Int32SizeBytes, 0)
	codes.ResizeNoShrink(rows * arrow.Int32SizeBytes)
	to := arrow.Int32Traits.CastFromBytes(codes.Bytes())
	for i := range to {
		to[i] = int32(i)
	}
	c.own--
	return c.array(texts.Data().(*array.Data), codes)
}

// HeldBytes counts the table of the dictionary too.
func (c *dictionary) HeldBytes() int64 {
	return c.core.HeldBytes() + c.texts.HeldBytes() + c.Codes.HeldBytes()
}

// Close leaves Options.Codes as they are.
func (c *dictionary) Close() {
	if c.codes != nil {
		c.codes.Release()
		c.codes = nil
	}
	c.texts.Close()
	if c.o.Codes == nil {
		c.Codes.Release()
	}
	c.core.rows, c.miss.null = 0, nil
}
