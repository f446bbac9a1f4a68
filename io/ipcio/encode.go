package ipcio

import (
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// encoder lays out the columns of one batch: their nodes, and the buffers of the
// body. A buffer is a part of the array's, where that can be.
type encoder struct {
	mem      *claims
	codes    func(n *node, dict arrow.ArrayData) (remap []int64, err error) // told before the codes of a dictionary are written
	rows     int
	nodes    [][2]int64 // rows, nulls
	bufs     [][]byte
	variadic []int64
	own      []*memory.Buffer // what was made for it
}

// release lets go of what was made, and makes the encoder empty.
func (e *encoder) release() {
	for _, b := range e.own {
		b.Release()
	}
	e.nodes, e.bufs, e.variadic, e.own = e.nodes[:0], e.bufs[:0], e.variadic[:0], e.own[:0]
	e.mem.drop()
}

func (e *encoder) put(b []byte) { e.bufs = append(e.bufs, b) }

// make is n bytes of the batch's own, zero.
func (e *encoder) make(n int) ([]byte, error) {
	b, err := e.mem.allocate(n)
	if err != nil {
		return nil, err
	}
	e.own = append(e.own, b)
	clear(b.Bytes())
	return b.Bytes(), nil
}

// bytesOf is the bytes of buffer i of d, nil where there is none.
func bytesOf(d arrow.ArrayData, i int) []byte {
	if bufs := d.Buffers(); i < len(bufs) && bufs[i] != nil {
		return bufs[i].Bytes()
	}
	return nil
}

// column lays out rows rows of d from row off of its buffers on, which is where
// d.Offset counts from.
func (e *encoder) column(n *node, d arrow.ArrayData, off, rows int) error {
	at := len(e.nodes)
	e.nodes = append(e.nodes, [2]int64{int64(rows), 0})
	switch t := n.t.(type) {
	case *arrow.NullType:
		e.nodes[at][1] = int64(rows)
		return nil
	case *arrow.RunEndEncodedType:
		return e.runs(n, d, off, rows)
	case arrow.UnionType:
		return e.union(n, t, d, off, rows)
	}
	nulls, err := e.validity(d, off, rows)
	if err != nil {
		return err
	}
	e.nodes[at][1] = int64(nulls)
	if n.dict != nil {
		return e.coded(n, d, off, rows)
	}
	switch t := n.t.(type) {
	case *arrow.BooleanType:
		return e.bits(bytesOf(d, 1), off, rows)
	case *arrow.StringType, *arrow.BinaryType, *arrow.ListType, *arrow.MapType:
		return e.lists(n, d, off, rows, 4)
	case *arrow.LargeStringType, *arrow.LargeBinaryType, *arrow.LargeListType:
		return e.lists(n, d, off, rows, 8)
	case *arrow.StringViewType, *arrow.BinaryViewType:
		return e.views(d, off, rows)
	case *arrow.ListViewType:
		return listViews(e, n, d, off, rows, arrow.Int32Traits.CastFromBytes)
	case *arrow.LargeListViewType:
		return listViews(e, n, d, off, rows, arrow.Int64Traits.CastFromBytes)
	case *arrow.FixedSizeListType:
		size := int(t.Len())
		return e.kid(n, d, 0, off*size, rows*size)
	case *arrow.StructType:
		for i := range n.kids {
			if err := e.kid(n, d, i, off, rows); err != nil {
				return err
			}
		}
		return nil
	case arrow.FixedWidthDataType:
		return e.fixed(bytesOf(d, 1), t.BitWidth()/8, off, rows)
	}
	return fmt.Errorf("column %q: type %s cannot be written as Arrow IPC", n.name, n.t)
}

// kid lays out rows of nested column i, counted from its start.
func (e *encoder) kid(n *node, d arrow.ArrayData, i, from, rows int) error {
	kid := d.Children()[i]
	return e.column(n.kids[i], kid, kid.Offset()+from, rows)
}

// validity lays out which rows are null: nothing where none is.
func (e *encoder) validity(d arrow.ArrayData, off, rows int) (nulls int, err error) {
	b := bytesOf(d, 0)
	if b != nil && rows > 0 {
		nulls = rows - bitutil.CountSetBits(b, off, rows)
	}
	if nulls == 0 {
		e.put(nil)
		return 0, nil
	}
	return nulls, e.bits(b, off, rows)
}

func (e *encoder) bits(b []byte, off, rows int) error {
	n := int(bitutil.BytesForBits(int64(rows)))
	if b != nil && off%8 == 0 {
		e.put(b[off/8:][:n])
		return nil
	}
	out, err := e.make(n)
	if err != nil {
		return err
	}
	if b != nil && rows > 0 {
		bitutil.CopyBitmap(b, off, rows, out, 0)
	}
	e.put(out)
	return nil
}

// fixed lays out values of width bytes. A column of nulls may come without any.
func (e *encoder) fixed(b []byte, width, off, rows int) error {
	if b == nil && rows*width > 0 {
		out, err := e.make(rows * width)
		e.put(out)
		return err
	}
	e.put(b[off*width:][: rows*width : rows*width])
	return nil
}

// lists lays out strings and lists.
func (e *encoder) lists(n *node, d arrow.ArrayData, off, rows, width int) error {
	var from, to int64
	offsets := bytesOf(d, 1)
	switch {
	case rows == 0 || len(offsets) == 0:
		zero, err := e.make((rows + 1) * width)
		if err != nil {
			return err
		}
		offsets = zero
	case width == 4:
		o := arrow.Int32Traits.CastFromBytes(offsets)[off : off+rows+1]
		from, to = int64(o[0]), int64(o[rows])
		offsets = arrow.Int32Traits.CastToBytes(o)
	default:
		o := arrow.Int64Traits.CastFromBytes(offsets)[off : off+rows+1]
		from, to = o[0], o[rows]
		offsets = arrow.Int64Traits.CastToBytes(o)
	}
	if from != 0 {
		out, err := e.make(len(offsets))
		if err != nil {
			return err
		}
		if width == 4 {
			rebase(arrow.Int32Traits.CastFromBytes(out), arrow.Int32Traits.CastFromBytes(offsets))
		} else {
			rebase(arrow.Int64Traits.CastFromBytes(out), arrow.Int64Traits.CastFromBytes(offsets))
		}
		offsets = out
	}
	e.put(offsets)
	if len(n.kids) > 0 {
		return e.kid(n, d, 0, int(from), int(to-from))
	}
	e.put(bytesOf(d, 2)[from:to])
	return nil
}

// rebase moves offsets to begin at 0.
func rebase[O int32 | int64](dst, src []O) {
	first := src[0]
	for i, o := range src {
		dst[i] = o - first
	}
}

// views lays out strings by views. Where they use less than half of their
// buffers, as slices do, what they use is copied.
func (e *encoder) views(d arrow.ArrayData, off, rows int) error {
	width := arrow.ViewHeaderSizeBytes
	src := arrow.ViewHeaderTraits.CastFromBytes(bytesOf(d, 1))[off : off+rows]
	valid := bytesOf(d, 0)
	used, whole := int64(0), int64(0)
	for i := range src {
		if (valid == nil || bitutil.BitIsSet(valid, off+i)) && !src[i].IsInline() {
			used += int64(src[i].Len())
		}
	}
	for i := 2; i < len(d.Buffers()); i++ {
		whole += int64(len(bytesOf(d, i)))
	}
	if 2*used >= whole || used > math.MaxInt32 {
		e.put(bytesOf(d, 1)[off*width:][:rows*width])
		for i := 2; i < len(d.Buffers()); i++ {
			e.put(bytesOf(d, i))
		}
		e.variadic = append(e.variadic, int64(len(d.Buffers())-2))
		return nil
	}
	out, err := e.make(rows * width)
	if err != nil {
		return err
	}
	text, err := e.make(int(used))
	if err != nil {
		return err
	}
	dst, at := arrow.ViewHeaderTraits.CastFromBytes(out), 0
	for i := range src {
		switch h := src[i]; {
		case valid != nil && !bitutil.BitIsSet(valid, off+i):
		case h.IsInline():
			dst[i] = h
		default:
			at += copy(text[at:], bytesOf(d, 2+int(h.BufferIndex()))[h.BufferOffset():][:h.Len()])
			dst[i] = h
			dst[i].SetIndexOffset(0, int32(at-h.Len()))
		}
	}
	e.put(out)
	e.put(text)
	e.variadic = append(e.variadic, 1)
	return nil
}
