package operators

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/exact/doubledouble"
	"github.com/arrowmill/arrowmill/internal/plaincol"
	"github.com/arrowmill/arrowmill/internal/reserved"
)

// Corr is Pearson's correlation of x and y, a float64 in [-1, 1], over the rows where
// neither is null; null where there are fewer than two such rows, and NaN where x or y
// has but one value there, as pandas, Polars and DuckDB have it (SQL elsewhere: null).
// The arguments are integers or floats, plain or dictionary-encoded.
//
// It comes from the power sums of x, y and xy in 106 bits, with the accuracy and the
// limits of [Var].
func Corr(x, y Expr) Agg { return Aggregated("corr", corr{}, x, y) }

type corr struct{}

var _ Aggregate = corr{}

var productState = floatFields("count",
	"x", "x_low", "xx", "xx_low", "x_only", "x_only_low",
	"y", "y_low", "yy", "yy_low", "y_only", "y_only_low", "xy", "xy_low")

// The columns of a state behind the count.
const (
	xAt  = 0
	yAt  = 6
	xyAt = 12
)

func (corr) Types(args []arrow.DataType) ([]arrow.Field, arrow.DataType, error) {
	if len(args) != 2 {
		return nil, nil, fmt.Errorf("corr takes two arguments, not %d", len(args))
	}
	for _, t := range args {
		if !isNumber(valueType(t)) {
			return nil, nil, fmt.Errorf("corr needs integers or floats, not %s", valueType(t))
		}
	}
	return productState, arrow.PrimitiveTypes.Float64, nil
}

func (c corr) NewStates(args []arrow.DataType, env dataflow.Env) (States, error) {
	if _, _, err := c.Types(args); err != nil {
		return nil, err
	}
	l := reserved.NewLedger(env.Reserve)
	return &corrStates{x: newFloats(valueType(args[0]), l), y: newFloats(valueType(args[1]), l), ledger: l, alloc: env.Alloc}, nil
}

type corrStates struct {
	products []doubledouble.Products
	x, y     *floats
	group    []int32
	keep     []uint8
	zero     []float64
	ledger   *reserved.Ledger
	alloc    memory.Allocator
}

var _ States = (*corrStates)(nil)

func (s *corrStates) Grow(groups int) (err error) {
	if err = s.ledger.Settle(); err == nil {
		s.products, err = reserved.Grow(s.ledger, s.products, groups)
	}
	return err
}

func (s *corrStates) Update(group []int32, args []arrow.Array, _ dataflow.Place) error {
	if err := s.ledger.Settle(); err != nil {
		return err
	}
	x, y := s.x.read(args[0]), s.y.read(args[1])
	if keep := s.both(x.keep, y.keep); keep != nil {
		s.group = reserved.Scratch(s.ledger, s.group, len(group))
		group = s.group[:squeeze(s.group, group, keep)]
		x.keep, y.keep = keep, keep
		x, y = s.x.squeeze(x), s.y.squeeze(y)
	}
	switch {
	case x.low != nil || y.low != nil:
		s.zero = reserved.Scratch(s.ledger, s.zero, len(group))
		clear(s.zero)
		if x.low == nil {
			x.low = s.zero
		}
		if y.low == nil {
			y.low = s.zero
		}
		doubledouble.AddWidePairs(s.products, group, x.x, x.low, y.x, y.low)
	case s.x.integral && s.y.integral:
		doubledouble.AddIntPairs(s.products, group, x.x, y.x)
	default:
		doubledouble.AddFloatPairs(s.products, group, x.x, y.x)
	}
	return nil
}

// both is 1 where a and b are, of which nil is 1 everywhere.
func (s *corrStates) both(a, b []uint8) []uint8 {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	s.keep = reserved.Scratch(s.ledger, s.keep, len(a))
	for i := range s.keep {
		s.keep[i] = a[i] & b[i]
	}
	return s.keep
}

func (s *corrStates) Merge(group []int32, state []arrow.Array) error {
	c := readFloats(state)
	for i, g := range group {
		s.products[g].Merge(doubledouble.Products{
			X:  c.powers(i, xAt),
			Y:  c.powers(i, yAt),
			XY: doubledouble.Value{Hi: c.floats[xyAt][i], Lo: c.floats[xyAt+1][i]},
		})
	}
	return nil
}

func (s *corrStates) State(from, to int) ([]arrow.Array, error) {
	return writeFloats(s.alloc, len(productState)-1, to-from, func(c floatState) {
		for g := from; g < to; g++ {
			p := &s.products[g]
			c.set(g-from, xAt, &p.X)
			c.set(g-from, yAt, &p.Y)
			c.floats[xyAt][g-from], c.floats[xyAt+1][g-from] = p.XY.Hi, p.XY.Lo
		}
	}), nil
}

func (s *corrStates) Result(from, to int) (arrow.Array, error) {
	out := plaincol.New[float64](s.alloc, to-from)
	for g := from; g < to; g++ {
		if p := &s.products[g]; p.X.Count < 2 {
			out.Null(g - from)
		} else {
			out.Values[g-from] = p.Correlation()
		}
	}
	return out.Array(arrow.PrimitiveTypes.Float64), nil
}

func (s *corrStates) Reset() { s.products = reserved.Empty(s.ledger, s.products) }

func (s *corrStates) Close() {
	s.products = reserved.Free(s.ledger, s.products)
	s.group, s.keep, s.zero = reserved.Free(s.ledger, s.group), reserved.Free(s.ledger, s.keep), reserved.Free(s.ledger, s.zero)
	s.x.close()
	s.y.close()
	s.ledger.Close()
}
