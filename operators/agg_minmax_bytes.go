package operators

import (
	"bytes"
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/internal/plaincol"
	"github.com/arrowmill/arrowmill/internal/reserved"
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

var _ extremeFold = (*extremeBytes)(nil)

func (s *extremeBytes) Grow(groups int) (err error) {
	s.at, err = reserved.Grow(s.ledger, s.at, groups)
	return err
}

func (s *extremeBytes) fold(group []int32, arr arrow.Array) error {
	group, at, values, err := s.present(group, arr)
	if err != nil || len(group) == 0 {
		return err
	}
	switch t := values.DataType().(type) {
	case *arrow.FixedSizeBinaryType:
		s.offsets = reserved.Scratch(s.ledger, s.offsets, values.Len()+1)
		for i := range s.offsets {
			s.offsets[i] = int64(i * t.ByteWidth)
		}
		return foldBytes(s, group, at, s.offsets, plaincol.Fixed(values, t.ByteWidth))
	case *arrow.LargeStringType, *arrow.LargeBinaryType:
		return foldBytes(s, group, at, plaincol.Offsets[int64](values), plaincol.Text(values))
	}
	return foldBytes(s, group, at, plaincol.Offsets[int32](values), plaincol.Text(values))
}

// foldBytes folds the values that offsets cut data into. at says which of them
// stands for each row, or is nil where they are the rows.
func foldBytes[O int32 | int64](s *extremeBytes, group, at []int32, offsets []O, data []byte) error {
	sign := 1
	if s.max {
		sign = -1
	}
	for i, g := range group {
		row := i
		if at != nil {
			row = int(at[i])
		}
		b := data[offsets[row]:offsets[row+1]]
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
	if err := s.ledger.Reserve(int64(size)); err != nil {
		return err
	}
	packed := make([]byte, 0, size)
	for g, at := range s.at {
		if at.n > 0 {
			s.at[g].from = len(packed)
			packed = append(packed, s.arena[at.from:at.from+at.n-1]...)
		}
	}
	s.ledger.Release(int64(cap(s.arena)))
	s.arena, s.unused = packed, 0
	return nil
}

func (s *extremeBytes) Result(from, to int) (arrow.Array, error) {
	states := s.at[from:to]
	valid, total := plaincol.NewValidity(s.alloc, len(states)), 0
	for i, at := range states {
		if at.n == 0 {
			valid.Null(i)
		}
		total += max(at.n-1, 0)
	}
	switch t := s.typ.(type) {
	case *arrow.FixedSizeBinaryType:
		values := plaincol.NewBuffer(s.alloc, len(states)*t.ByteWidth)
		defer values.Release()
		for i, at := range states {
			if at.n > 0 {
				copy(values.Bytes()[i*t.ByteWidth:], s.arena[at.from:at.from+at.n-1])
			}
		}
		return plaincol.Array(s.typ, len(states), &valid, values), nil
	case *arrow.LargeStringType, *arrow.LargeBinaryType:
		return bytesColumn[int64](s, states, total, &valid), nil
	}
	if total > math.MaxInt32 {
		valid.Release()
		return nil, fmt.Errorf("%d bytes do not fit one column of type %s", total, s.typ)
	}
	return bytesColumn[int32](s, states, total, &valid), nil
}

func bytesColumn[O int32 | int64](s *extremeBytes, states []bytesAt, total int, valid *plaincol.Validity) arrow.Array {
	offsets, values := plaincol.New[O](s.alloc, len(states)+1), plaincol.NewBuffer(s.alloc, total)
	defer offsets.Release()
	defer values.Release()
	gatherBytes(values.Bytes(), offsets.Values, s.arena, states)
	return plaincol.Array(s.typ, len(states), valid, offsets.Buffer(), values)
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
	s.at = reserved.Empty(s.ledger, s.at)
	s.ledger.Release(int64(cap(s.arena)))
	s.arena, s.unused = nil, 0
}

func (s *extremeBytes) Close() {
	s.Reset()
	s.at, s.offsets = reserved.Free(s.ledger, s.at), reserved.Free(s.ledger, s.offsets)
	s.close()
}
