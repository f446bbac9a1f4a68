package ipcio

import (
	"fmt"
	"math"
	"sort"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
)

// listViews lays out lists that stand anywhere in their values, of which only the
// stretch from the first used to the last is written.
func listViews[O int32 | int64](e *encoder, n *node, d arrow.ArrayData, off, rows int, cast func([]byte) []O) error {
	offsets, sizes := cast(bytesOf(d, 1))[off:off+rows], cast(bytesOf(d, 2))[off:off+rows]
	valid := bytesOf(d, 0)
	used := func(i int) bool { return sizes[i] > 0 && (valid == nil || bitutil.BitIsSet(valid, off+i)) }
	from, to := O(math.MaxInt32), O(0)
	for i := range offsets {
		if used(i) {
			from, to = min(from, offsets[i]), max(to, offsets[i]+sizes[i])
		}
	}
	from = min(from, to)
	width := int(unsafe.Sizeof(from))
	newOffsets, err := e.make(rows * width)
	if err != nil {
		return err
	}
	newSizes, err := e.make(rows * width)
	if err != nil {
		return err
	}
	for i := range offsets {
		if used(i) {
			cast(newOffsets)[i], cast(newSizes)[i] = offsets[i]-from, sizes[i]
		}
	}
	e.put(newOffsets)
	e.put(newSizes)
	return e.kid(n, d, 0, int(from), int(to-from))
}

// union lays out a union. Of the values of a dense one the stretch that is used is
// written.
func (e *encoder) union(n *node, t arrow.UnionType, d arrow.ArrayData, off, rows int) error {
	codes := bytesOf(d, 1)[off:][:rows]
	e.put(codes)
	if t.Mode() == arrow.SparseMode {
		for i := range n.kids {
			if err := e.kid(n, d, i, off, rows); err != nil {
				return err
			}
		}
		return nil
	}
	offsets := arrow.Int32Traits.CastFromBytes(bytesOf(d, 2))[off:][:rows]
	from, to := make([]int32, len(n.kids)), make([]int32, len(n.kids))
	for i := range from {
		from[i] = math.MaxInt32
	}
	kid := t.ChildIDs()
	for i, c := range codes {
		k := kid[c]
		from[k], to[k] = min(from[k], offsets[i]), max(to[k], offsets[i]+1)
	}
	b, err := e.make(rows * 4)
	if err != nil {
		return err
	}
	for i, c := range codes {
		arrow.Int32Traits.CastFromBytes(b)[i] = offsets[i] - from[kid[c]]
	}
	e.put(b)
	for k := range n.kids {
		first := min(from[k], to[k])
		if err := e.kid(n, d, k, int(first), int(to[k]-first)); err != nil {
			return err
		}
	}
	return nil
}

// runs lays out the runs that have rows from off to off+rows-1.
func (e *encoder) runs(n *node, d arrow.ArrayData, off, rows int) error {
	switch n.t.(*arrow.RunEndEncodedType).RunEnds().ID() {
	case arrow.INT16:
		return runs(e, n, d, off, rows, arrow.Int16Traits.CastFromBytes)
	case arrow.INT32:
		return runs(e, n, d, off, rows, arrow.Int32Traits.CastFromBytes)
	}
	return runs(e, n, d, off, rows, arrow.Int64Traits.CastFromBytes)
}

func runs[E int16 | int32 | int64](e *encoder, n *node, d arrow.ArrayData, off, rows int, cast func([]byte) []E) error {
	kid := d.Children()[0]
	var ends []E
	if kid.Len() > 0 {
		ends = cast(bytesOf(kid, 1))[kid.Offset():][:kid.Len()]
	}
	first, last := 0, 0
	if rows > 0 {
		first = sort.Search(len(ends), func(i int) bool { return int64(ends[i]) > int64(off) })
		last = sort.Search(len(ends), func(i int) bool { return int64(ends[i]) >= int64(off+rows) }) + 1
	}
	var width E
	b, err := e.make((last - first) * int(unsafe.Sizeof(width)))
	if err != nil {
		return err
	}
	for i := first; i < last; i++ {
		cast(b)[i-first] = E(min(int64(ends[i])-int64(off), int64(rows)))
	}
	e.nodes = append(e.nodes, [2]int64{int64(last - first), 0})
	e.put(nil)
	e.put(b)
	return e.kid(n, d, 1, first, last-first)
}

// coded lays out the codes of a dictionary column, changed where the dictionary
// that is written is another.
func (e *encoder) coded(n *node, d arrow.ArrayData, off, rows int) error {
	t := n.t.(*arrow.DictionaryType).IndexType
	width := t.(arrow.FixedWidthDataType).BitWidth() / 8
	dict, _ := d.Dictionary().(*array.Data)
	if dict == nil && rows == 0 {
		e.put(nil)
		return nil
	}
	if dict == nil {
		return fmt.Errorf("column %q: codes without a dictionary", n.name)
	}
	// The nested columns of a dictionary are laid out by another encoder, so
	// that e has nothing of them.
	remap, err := e.codes(n, dict)
	if err != nil {
		return fmt.Errorf("column %q: %w", n.name, err)
	}
	if remap == nil {
		return e.fixed(bytesOf(d, 1), width, off, rows)
	}
	out, err := e.make(rows * width)
	if err != nil {
		return err
	}
	codes, valid := bytesOf(d, 1), bytesOf(d, 0)
	for i := range rows {
		if valid == nil || bitutil.BitIsSet(valid, off+i) {
			putCode(out[i*width:(i+1)*width], uint64(remap[getCode(codes[(off+i)*width:(off+i+1)*width])]))
		}
	}
	e.put(out)
	return nil
}

// getCode and putCode are a code in the machine's byte order.
func getCode(b []byte) uint64 {
	switch len(b) {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(arrow.Uint16Traits.CastFromBytes(b)[0])
	case 4:
		return uint64(arrow.Uint32Traits.CastFromBytes(b)[0])
	}
	return arrow.Uint64Traits.CastFromBytes(b)[0]
}

func putCode(b []byte, code uint64) {
	switch len(b) {
	case 1:
		b[0] = byte(code)
	case 2:
		arrow.Uint16Traits.CastFromBytes(b)[0] = uint16(code)
	case 4:
		arrow.Uint32Traits.CastFromBytes(b)[0] = uint32(code)
	default:
		arrow.Uint64Traits.CastFromBytes(b)[0] = code
	}
}
