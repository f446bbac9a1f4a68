package jsonlio

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/internal/textcol"
)

// node gathers the values of one column, or of a part of it. Its slots are the
// places that have a value or null; those of a member are as many as its object's
// are, those of an element as many as its lists have together.
//
//	rows         {"a":{"x":1},"l":[5,6]}   {"l":[]}
//	a            object                    null
//	a.x          1                         null
//	l            2 elements                0 elements
//	l[]          5  6
//
// Texts of scalars are gathered as fields and made values by flush.
type node interface {
	read(s *scanner, depth int) *fault // appends the value at s.at
	null()
	slots() int
	truncate(slots int) // forgets slots that were not flushed
	flush(data []byte, told *[]badValue)
	row(slot int) int   // that a slot belongs to
	path() string       // a.x, l[]
	top() string        // the column
	array() arrow.Array // of all that was flushed; the node is empty then
	heldBytes() int64
	close()
}

// badValue is a value that is not of its column's type.
type badValue struct {
	row   int
	field textcol.Field
	leaf  *leaf
}

// parent is where a node hangs.
type parent struct {
	of   node // nil: a column
	name string
}

func (p parent) path() string {
	switch of := p.of.(type) {
	case nil:
		return p.name
	case *list:
		return of.path() + "[]"
	}
	return p.of.path() + "." + p.name
}

func (p parent) top() string {
	if p.of == nil {
		return p.name
	}
	return p.of.top()
}

func (p parent) row(slot int) int {
	switch of := p.of.(type) {
	case nil:
		return slot
	case *list:
		return of.row(of.slotOf(slot))
	}
	return p.of.row(slot)
}

// maker makes nodes, whose arrays are in memory of alloc. replaced is told of
// values that were not UTF-8.
type maker struct {
	alloc    memory.Allocator
	replaced func(v textcol.Field, sequences int64)
}

// node returns the node of a column, or of a part of one.
func (m maker) node(t arrow.DataType, c column, p parent) (node, error) {
	switch t := t.(type) {
	case *arrow.StructType:
		o := &object{parent: p, t: t, alloc: m.alloc}
		for i, f := range t.Fields() {
			member, err := m.node(f.Type, c.member(i), parent{o, f.Name})
			if err != nil {
				o.close()
				return nil, err
			}
			o.add(f.Name, member)
		}
		return o, nil
	case *arrow.ListType, *arrow.LargeListType, *arrow.FixedSizeListType:
		l := &list{parent: p, t: t.(arrow.ListLikeType), alloc: m.alloc, ends: []int{0}}
		if fixed, ok := t.(*arrow.FixedSizeListType); ok {
			l.length = int(fixed.Len())
		}
		var err error
		l.element, err = m.node(l.t.Elem(), c.elem(), parent{l, ""})
		return l, err
	}
	l := &leaf{parent: p, t: t, takes: c.takes(t)}
	var err error
	l.values, err = textcol.New(t, textcol.Options{Replaced: func(i int, n int64) { m.replaced(l.fields[i], n) }}, m.alloc)
	if err != nil {
		return nil, fmt.Errorf("column %q: %w", p.path(), err)
	}
	return l, nil
}

// ignored is a column that is not made. Its values are read all the same, to find
// where they end.
type ignored struct{ n int }

func (i *ignored) read(s *scanner, depth int) *fault {
	i.n++
	return s.skip(depth)
}

func (i *ignored) null()                     { i.n++ }
func (i *ignored) slots() int                { return i.n }
func (i *ignored) truncate(slots int)        { i.n = slots }
func (i *ignored) flush([]byte, *[]badValue) {}
func (i *ignored) row(slot int) int          { return slot }
func (i *ignored) path() string              { return "" }
func (i *ignored) top() string               { return "" }
func (i *ignored) heldBytes() int64          { return 0 }
func (i *ignored) close()                    {}
func (i *ignored) array() arrow.Array        { i.n = 0; return nil }

var (
	_ node = (*ignored)(nil)
	_ node = (*object)(nil)
	_ node = (*list)(nil)
	_ node = (*leaf)(nil)
)
