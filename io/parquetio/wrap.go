package parquetio

import (
	"fmt"

	v18 "github.com/apache/arrow-go/v18/arrow"
	v18memory "github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// lent is a buffer of the library as one of ours: releasing ours releases it.
type lent struct{ buf *v18memory.Buffer }

// Allocate is not called: the buffer does not grow.
func (lent) Allocate(int) []byte { panic("parquetio: a buffer of the library grows") }

// Reallocate is not called either.
func (lent) Reallocate(int, []byte) []byte { panic("parquetio: a buffer of the library grows") }

// Free lets go of the library's buffer.
func (l lent) Free([]byte) { l.buf.Release() }

var _ memory.Allocator = lent{}

// wrap is an array of the library as one of type t, without a copy. The array may
// be released before what is returned is.
func wrap(t arrow.DataType, d v18.ArrayData) (*array.Data, error) {
	if err := fits(t, d.DataType()); err != nil {
		return nil, err
	}
	bufs := make([]*memory.Buffer, len(d.Buffers()))
	for i, b := range d.Buffers() {
		if b != nil {
			b.Retain()
			bufs[i] = memory.NewBufferWithAllocator(b.Bytes(), lent{b})
		}
	}
	defer func() {
		for _, b := range bufs {
			release(b)
		}
	}()
	kinds := childTypes(t)
	if len(kinds) != len(d.Children()) {
		return nil, fmt.Errorf("an array of type %s has %d children", t, len(d.Children()))
	}
	children := make([]arrow.ArrayData, 0, len(kinds))
	defer func() {
		for _, c := range children {
			c.Release()
		}
	}()
	for i, c := range d.Children() {
		child, err := wrap(kinds[i], c)
		if err != nil {
			return nil, err
		}
		children = append(children, child)
	}
	return array.NewData(t, d.Len(), bufs, children, d.NullN(), d.Offset()), nil
}

// fits compares the layout of what the library made with what was promised.
func fits(t arrow.DataType, made v18.DataType) error {
	have, err := typeFrom(made)
	switch {
	case err != nil || made.ID() == v18.DICTIONARY:
	case arrow.TypeEqual(t, have), t.ID() == arrow.DURATION && have.ID() == arrow.INT64:
		return nil
	case t.ID() == have.ID() && arrow.IsNested(t.ID()):
		return nil // its children are compared each by itself
	}
	return fmt.Errorf("the column is %s, but was read as %s", t, made)
}

// childTypes are the types of an array's children.
func childTypes(t arrow.DataType) []arrow.DataType {
	switch t := t.(type) {
	case *arrow.MapType:
		return []arrow.DataType{t.Elem()}
	case arrow.ListLikeType:
		return []arrow.DataType{t.Elem()}
	case *arrow.StructType:
		out := make([]arrow.DataType, t.NumFields())
		for i := range out {
			out[i] = t.Field(i).Type
		}
		return out
	}
	return nil
}

// lend is an array as one of the library's, of type t, for as long as d lives.
func lend(t v18.DataType, d arrow.ArrayData) v18.ArrayData {
	bufs := make([]*v18memory.Buffer, len(d.Buffers()))
	for i, b := range d.Buffers() {
		if b != nil {
			bufs[i] = v18memory.NewBufferBytes(b.Bytes())
		}
	}
	return lendParts(t, d, bufs)
}
