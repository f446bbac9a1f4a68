package jsonlio

import (
	"bytes"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/internal/textcol"
)

// object is the members of objects, and which objects are null.
type object struct {
	parent
	isRoot  bool // a row, whose members are columns
	t       *arrow.StructType
	alloc   memory.Allocator
	names   [][]byte
	byName  map[string]int
	members []node
	n       int
	nulls   []int32
}

func (o *object) add(name string, member node) {
	if o.byName == nil {
		o.byName = map[string]int{}
	}
	o.byName[name] = len(o.names)
	o.names = append(o.names, []byte(name))
	o.members = append(o.members, member)
}

func (o *object) read(s *scanner, depth int) *fault {
	switch s.peek() {
	case '{':
		return o.readMembers(s, depth)
	case 'n':
		_, f := s.word("null")
		if f == nil {
			o.null()
		}
		return f
	}
	return mismatch(s, o, o.t)
}

// readMembers reads the members of one object. A key that is missing is null.
func (o *object) readMembers(s *scanner, depth int) *fault {
	if depth >= depthMost {
		return s.fault(errDepth)
	}
	o.n++
	next := 0 // the member that comes if keys stand in order
	s.at++
	closed := s.peek() == '}'
	for !closed {
		if s.peek() != '"' {
			return s.fault(errKey)
		}
		begin := s.at
		key, f := s.text()
		if f != nil {
			return f
		}
		if s.peek() != ':' {
			return s.fault(errColon)
		}
		s.at++
		name := s.data[key.From&textcol.Mask : key.To]
		if next >= len(o.names) || !bytes.Equal(name, o.names[next]) {
			var ok bool
			if next, ok = o.byName[string(name)]; !ok {
				return o.wrongKey(begin, string(name), errUnknown)
			}
		}
		member := o.members[next]
		if member.slots() == o.n {
			return o.wrongKey(begin, string(name), errDuplicate)
		}
		if f := member.read(s, depth+1); f != nil {
			return f
		}
		next++
		switch s.peek() {
		case ',':
			s.at++
		case '}':
			closed = true
		default:
			return s.fault(errComma)
		}
	}
	s.at++
	for _, m := range o.members {
		if m.slots() < o.n {
			m.null()
		}
	}
	return nil
}

// wrongKey is the fault of a key at at.
func (o *object) wrongKey(at int, name string, err error) *fault {
	if o.isRoot {
		return &fault{at: at, top: name, column: name, err: err}
	}
	return &fault{at: at, top: o.top(), column: o.path() + "." + name, err: err}
}

func (o *object) null() {
	o.nulls = append(o.nulls, int32(o.n))
	o.n++
	for _, m := range o.members {
		m.null()
	}
}

func (o *object) slots() int { return o.n }

func (o *object) truncate(slots int) {
	o.n = min(o.n, slots)
	o.nulls = cutFrom(o.nulls, slots)
	for _, m := range o.members {
		m.truncate(slots)
	}
}

// cutFrom is nulls, which ascend, without those from slot on.
func cutFrom(nulls []int32, slot int) []int32 {
	for len(nulls) > 0 && int(nulls[len(nulls)-1]) >= slot {
		nulls = nulls[:len(nulls)-1]
	}
	return nulls
}

func (o *object) flush(data []byte, told *[]badValue) {
	for _, m := range o.members {
		m.flush(data, told)
	}
}

func (o *object) array() arrow.Array {
	children := make([]arrow.ArrayData, len(o.members))
	for i, m := range o.members {
		arr := m.array()
		defer arr.Release()
		children[i] = arr.Data()
	}
	valid := bitmap(o.n, o.nulls, o.alloc)
	data := array.NewData(o.t, o.n, []*memory.Buffer{valid}, children, len(o.nulls), 0)
	defer data.Release()
	if valid != nil {
		valid.Release()
	}
	o.n, o.nulls = 0, o.nulls[:0]
	return array.NewStructData(data)
}

// bitmap is the validity of n slots, nil where none is null.
func bitmap(n int, nulls []int32, alloc memory.Allocator) *memory.Buffer {
	if len(nulls) == 0 {
		return nil
	}
	b := memory.NewResizableBuffer(alloc)
	b.ResizeNoShrink((n + 7) / 8)
	bits := b.Bytes()
	for i := range bits {
		bits[i] = 0xFF
	}
	if n&7 != 0 {
		bits[len(bits)-1] = 1<<(n&7) - 1
	}
	for _, slot := range nulls {
		bits[slot>>3] &^= 1 << (slot & 7)
	}
	return b
}

func (o *object) heldBytes() int64 {
	n := 4 * int64(cap(o.nulls))
	for _, m := range o.members {
		n += m.heldBytes()
	}
	return n
}

func (o *object) close() {
	for _, m := range o.members {
		m.close()
	}
}
