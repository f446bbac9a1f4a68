package operators

import (
	"bytes"
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
)

// extremeBytes are the extremes of strings and binary, by bytes. The states own
// their bytes: they stand in one slice, which is packed anew when it is full, so
// that what was replaced is not kept.
type extremeBytes struct {
	extremeBase
	at     []bytesAt
	arena  []byte
	unused int // bytes of arena that no state has

	offsets []int64 // scratch, of a column of fixed size
}

// bytesAt is a state: n-1 bytes of the arena, or nothing where n is 0.
type bytesAt struct{ from, n int }

func (s *extremeBytes) Grow(groups int) error { return growColumn(&s.at, groups, s.env) }

// Update may have folded some rows when it ends with an error; to fold a row
// again changes nothing.
func (s *extremeBytes) Update(group []int32, args []arrow.Array, _ dataflow.Place) error {
	arr := args[0]
	var codes []int32
	if dict, ok := arr.(*array.Dictionary); ok {
		codes, arr = rowCodes(dict), dict.Dictionary()
	}
	if arr.Len() == arr.NullN() {
		return nil
	}
	bufs, from := arr.Data().Buffers(), arr.Data().Offset()
	switch t := arr.DataType().(type) {
	case *arrow.FixedSizeBinaryType:
		offsets := resized(&s.offsets, arr.Len()+1)
		for i := range offsets {
			offsets[i] = int64((from + i) * t.ByteWidth)
		}
		return foldBytes(s, group, codes, arr, offsets, valuesOf[byte](bufs[1]))
	case *arrow.LargeStringType, *arrow.LargeBinaryType:
		return foldBytes(s, group, codes, arr, valuesOf[int64](bufs[1])[from:], valuesOf[byte](bufs[2]))
	}
	return foldBytes(s, group, codes, arr, valuesOf[int32](bufs[1])[from:], valuesOf[byte](bufs[2]))
}

// foldBytes folds the values that offsets cut data into. codes say which of them
// stands for each row, or is nil where they are the rows.
func foldBytes[O int32 | int64](s *extremeBytes, group, codes []int32, arr arrow.Array, offsets []O, data []byte) error {
	nulls, sign := arr.NullN() > 0, 1
	if s.max {
		sign = -1
	}
	for i, g := range group {
		at := i
		if codes != nil {
			at = int(codes[i])
		}
		if at < 0 || nulls && arr.IsNull(at) {
			continue
		}
		b := data[offsets[at]:offsets[at+1]]
		if old := s.at[g]; old.n == 0 || bytes.Compare(b, s.arena[old.from:old.from+old.n-1])*sign < 0 {
			if err := s.put(g, b); err != nil {
				return err
			}
		}
	}
	return nil
}

// put makes a copy of b the state of g.
func (s *extremeBytes) put(g int32, b []byte) error {
	old := s.at[g]
	if len(b) < old.n { // fits where the old one was
		copy(s.arena[old.from:], b)
		s.unused += old.n - 1 - len(b)
		s.at[g].n = len(b) + 1
		return nil
	}
	if len(s.arena)+len(b) > cap(s.arena) {
		if err := s.pack(len(b)); err != nil {
			return err
		}
		old = s.at[g]
	}
	s.unused += max(old.n-1, 0)
	s.at[g] = bytesAt{len(s.arena), len(b) + 1}
	s.arena = append(s.arena, b...)
	return nil
}

// pack copies what is in use to a slice with room for it, a half more, and n bytes.
func (s *extremeBytes) pack(n int) error {
	live := len(s.arena) - s.unused
	size := max(live+live/2+n, 1<<10)
	if err := s.env.Reserve(int64(size)); err != nil {
		return err
	}
	packed := make([]byte, 0, size)
	for g, at := range s.at {
		if at.n > 0 {
			s.at[g].from = len(packed)
			packed = append(packed, s.arena[at.from:at.from+at.n-1]...)
		}
	}
	_ = s.env.Reserve(-int64(cap(s.arena))) // giving back does not fail
	s.arena, s.unused = packed, 0
	return nil
}

func (s *extremeBytes) Merge(group []int32, state []arrow.Array) error {
	return s.Update(group, state, dataflow.Place{})
}

func (s *extremeBytes) State(from, to int) ([]arrow.Array, error) {
	col, err := s.Result(from, to)
	if err != nil {
		return nil, err
	}
	return []arrow.Array{col}, nil
}

func (s *extremeBytes) Result(from, to int) (arrow.Array, error) {
	states := s.at[from:to]
	seen, total := make([]bool, len(states)), 0
	for i, at := range states {
		seen[i] = at.n > 0
		total += max(at.n-1, 0)
	}
	values := memory.NewResizableBuffer(s.env.Alloc)
	defer values.Release()
	switch t := s.typ.(type) {
	case *arrow.FixedSizeBinaryType:
		values.Resize(len(states) * t.ByteWidth)
		clear(values.Bytes())
		for i, at := range states {
			if at.n > 0 {
				copy(values.Bytes()[i*t.ByteWidth:], s.arena[at.from:at.from+at.n-1])
			}
		}
		return arrayOf(s.typ, len(states), seen, s.env.Alloc, values), nil
	case *arrow.LargeStringType, *arrow.LargeBinaryType:
		values.Resize(total)
		offsets := memory.NewResizableBuffer(s.env.Alloc)
		defer offsets.Release()
		offsets.Resize(8 * (len(states) + 1))
		gatherBytes(values.Bytes(), valuesOf[int64](offsets), s.arena, states)
		return arrayOf(s.typ, len(states), seen, s.env.Alloc, offsets, values), nil
	}
	if total > math.MaxInt32 {
		return nil, fmt.Errorf("%d bytes do not fit one column of type %s", total, s.typ)
	}
	values.Resize(total)
	offsets := memory.NewResizableBuffer(s.env.Alloc)
	defer offsets.Release()
	offsets.Resize(4 * (len(states) + 1))
	gatherBytes(values.Bytes(), valuesOf[int32](offsets), s.arena, states)
	return arrayOf(s.typ, len(states), seen, s.env.Alloc, offsets, values), nil
}

func gatherBytes[O int32 | int64](values []byte, offsets []O, arena []byte, states []bytesAt) {
	to := 0
	offsets[0] = 0
	for i, at := range states {
		if at.n > 0 {
			to += copy(values[to:], arena[at.from:at.from+at.n-1])
		}
		offsets[i+1] = O(to)
	}
}

func (s *extremeBytes) Reset() {
	resetColumn(&s.at, s.env)
	_ = s.env.Reserve(-int64(cap(s.arena))) // giving back does not fail
	s.arena, s.unused = nil, 0
}

func (s *extremeBytes) Close() {
	s.Reset()
	freeColumn(&s.at, s.env)
}

var _ States = (*extremeBytes)(nil)
