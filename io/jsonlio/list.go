package jsonlio

import (
	"fmt"
	"math"
	"sort"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// list is the elements of lists.
type list struct {
	parent
	t       arrow.ListLikeType
	alloc   memory.Allocator
	length  int // of a fixed-size list
	element node
	ends    []int // of the elements of each slot, behind a 0
	nulls   []int32
}

func (l *list) read(s *scanner, depth int) *fault {
	switch s.peek() {
	case '[':
	case 'n':
		_, f := s.word("null")
		if f == nil {
			l.null()
		}
		return f
	default:
		return mismatch(s, l, l.t)
	}
	begin := s.at
	if f := s.array(depth, func() *fault { return l.element.read(s, depth+1) }); f != nil {
		return f
	}
	n := l.element.slots() - l.ends[len(l.ends)-1]
	switch l.t.(type) {
	case *arrow.FixedSizeListType:
		if n != l.length {
			return &fault{at: begin, top: l.top(), column: l.path(), err: fmt.Errorf("a list of %d elements is wanted, not of %d", l.length, n)}
		}
	case *arrow.ListType:
		if l.element.slots() > math.MaxInt32 {
			return &fault{at: begin, top: l.top(), column: l.path(), err: fmt.Errorf("the lists of one batch have more than %d elements: read the column as large_list, or as text", math.MaxInt32)}
		}
	}
	l.ends = append(l.ends, l.element.slots())
	return nil
}

func (l *list) null() {
	l.nulls = append(l.nulls, int32(l.slots()))
	for range l.length {
		l.element.null()
	}
	l.ends = append(l.ends, l.element.slots())
}

func (l *list) slots() int { return len(l.ends) - 1 }

func (l *list) truncate(slots int) {
	l.ends = l.ends[:min(slots, l.slots())+1]
	l.nulls = cutFrom(l.nulls, slots)
	l.element.truncate(l.ends[len(l.ends)-1])
}

func (l *list) flush(data []byte, told *[]badValue) { l.element.flush(data, told) }

// slotOf is the list that an element belongs to.
func (l *list) slotOf(element int) int {
	return sort.SearchInts(l.ends, element+1) - 1
}

func (l *list) array() arrow.Array {
	n := l.slots()
	elements := l.element.array()
	defer elements.Release()
	buffers := []*memory.Buffer{bitmap(n, l.nulls, l.alloc)}
	switch l.t.(type) {
	case *arrow.ListType:
		b := memory.NewResizableBuffer(l.alloc)
		b.ResizeNoShrink(len(l.ends) * arrow.Int32SizeBytes)
		for i, end := range l.ends {
			arrow.Int32Traits.CastFromBytes(b.Bytes())[i] = int32(end)
		}
		buffers = append(buffers, b)
	case *arrow.LargeListType:
		b := memory.NewResizableBuffer(l.alloc)
		b.ResizeNoShrink(len(l.ends) * arrow.Int64SizeBytes)
		for i, end := range l.ends {
			arrow.Int64Traits.CastFromBytes(b.Bytes())[i] = int64(end)
		}
		buffers = append(buffers, b)
	}
	data := array.NewData(l.t, n, buffers, []arrow.ArrayData{elements.Data()}, len(l.nulls), 0)
	defer data.Release()
	for _, b := range buffers {
		if b != nil {
			b.Release()
		}
	}
	l.ends, l.nulls = l.ends[:1], l.nulls[:0]
	return array.MakeFromData(data)
}

func (l *list) heldBytes() int64 {
	return 8*int64(cap(l.ends)) + 4*int64(cap(l.nulls)) + l.element.heldBytes()
}

func (l *list) close() {
	if l.element != nil {
		l.element.close()
	}
}
