package operators

import (
	"cmp"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/internal/plaincol"
	"github.com/arrowmill/arrowmill/internal/reserved"
)

// extremeDecimals are the extremes of decimals: words from the least on, in two's
// complement.
type extremeDecimals[T [2]uint64 | [4]uint64] struct {
	extremeBase
	values []T
	seen   []bool
}

var _ extremeFold = (*extremeDecimals[[2]uint64])(nil)

func (s *extremeDecimals[T]) Grow(groups int) (err error) {
	if s.seen, err = reserved.Grow(s.ledger, s.seen, groups); err == nil {
		s.values, err = reserved.Grow(s.ledger, s.values, groups)
	}
	return err
}

func (s *extremeDecimals[T]) fold(group []int32, arr arrow.Array) error {
	group, at, column, err := s.present(group, arr)
	if err != nil {
		return err
	}
	values := plaincol.Values[T](column)
	for i, g := range group {
		row := i
		if at != nil {
			row = int(at[i])
		}
		if v := values[row]; !s.seen[g] || lessDecimal(v, s.values[g]) != s.max && v != s.values[g] {
			s.values[g], s.seen[g] = v, true
		}
	}
	return nil
}

func lessDecimal[T [2]uint64 | [4]uint64](a, b T) bool {
	last := len(a) - 1
	if a[last] != b[last] {
		return int64(a[last]) < int64(b[last])
	}
	for i := last - 1; i >= 0; i-- {
		if a[i] != b[i] {
			return cmp.Less(a[i], b[i])
		}
	}
	return false
}

func (s *extremeDecimals[T]) Result(from, to int) (arrow.Array, error) {
	return plaincol.Of(s.alloc, s.typ, s.values[from:to], s.seen[from:to]), nil
}

func (s *extremeDecimals[T]) Reset() {
	s.values, s.seen = reserved.Empty(s.ledger, s.values), reserved.Empty(s.ledger, s.seen)
}

func (s *extremeDecimals[T]) Close() {
	s.values, s.seen = reserved.Free(s.ledger, s.values), reserved.Free(s.ledger, s.seen)
	s.close()
}
