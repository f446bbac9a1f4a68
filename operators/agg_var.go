package operators

import (
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/exact/doubledouble"
	"github.com/arrowmill/arrowmill/internal/plaincol"
	"github.com/arrowmill/arrowmill/internal/reserved"
)

// Var is the sample variance (divided by n-1), a float64, of the values that are not
// null; null where there are fewer than two. The argument is an integer or a float,
// plain or dictionary-encoded.
//
// It comes from the power sums n, Σx and Σx² in 106 bits, which merge in any order. Two
// orders agree to 1e-12 where the mean is up to 1e6 standard deviations from zero; ten
// times the mean costs two digits. It is exactly 0 where all values are equal. A value
// that is not finite, or whose square is not (beyond 1.3e154), makes it NaN; squares of
// values below 1e-146 lose digits.
func Var(arg Expr) Agg { return Aggregated("var", variance{name: "var"}, arg) }

// Std is the sample standard deviation: the square root of [Var].
func Std(arg Expr) Agg { return Aggregated("std", variance{name: "std", root: true}, arg) }

type variance struct {
	name string
	root bool
}

var _ Aggregate = variance{}

// powerState are the columns of a doubledouble.Powers.
var powerState = floatFields("count", "sum", "sum_low", "squares", "squares_low", "only", "only_low")

// floatFields are fields of float64, but for the first, a count.
func floatFields(names ...string) []arrow.Field {
	fields := []arrow.Field{{Name: names[0], Type: arrow.PrimitiveTypes.Int64}}
	for _, name := range names[1:] {
		fields = append(fields, arrow.Field{Name: name, Type: arrow.PrimitiveTypes.Float64})
	}
	return fields
}

func (v variance) Types(args []arrow.DataType) ([]arrow.Field, arrow.DataType, error) {
	t, err := oneArgument(v.name, args)
	if err != nil {
		return nil, nil, err
	}
	if !isNumber(t) {
		return nil, nil, fmt.Errorf("%s needs integers or floats, not %s", v.name, valueType(args[0]))
	}
	return powerState, arrow.PrimitiveTypes.Float64, nil
}

func (v variance) NewStates(args []arrow.DataType, env dataflow.Env) (States, error) {
	if _, _, err := v.Types(args); err != nil {
		return nil, err
	}
	ledger := reserved.NewLedger(env.Reserve)
	return &varianceStates{root: v.root, arg: newFloats(valueType(args[0]), ledger), ledger: ledger, alloc: env.Alloc}, nil
}

type varianceStates struct {
	root   bool
	powers []doubledouble.Powers
	arg    *floats
	group  []int32
	ledger *reserved.Ledger
	alloc  memory.Allocator
}

var _ States = (*varianceStates)(nil)

func (s *varianceStates) Grow(groups int) (err error) {
	if err = s.ledger.Settle(); err == nil {
		s.powers, err = reserved.Grow(s.ledger, s.powers, groups)
	}
	return err
}

func (s *varianceStates) Update(group []int32, args []arrow.Array, _ dataflow.Place) error {
	if err := s.ledger.Settle(); err != nil {
		return err
	}
	v := s.arg.read(args[0])
	if v.keep != nil {
		s.group = reserved.Scratch(s.ledger, s.group, len(group))
		group = s.group[:squeeze(s.group, group, v.keep)]
		v = s.arg.squeeze(v)
	}
	switch {
	case v.low != nil:
		doubledouble.AddWide(s.powers, group, v.x, v.low)
	case s.arg.integral:
		doubledouble.AddInts(s.powers, group, v.x)
	default:
		doubledouble.AddFloats(s.powers, group, v.x)
	}
	return nil
}

func (s *varianceStates) Merge(group []int32, state []arrow.Array) error {
	c := readFloats(state)
	for i, g := range group {
		s.powers[g].Merge(c.powers(i, 0))
	}
	return nil
}

// floatState is a state of a count and floats being read or written.
type floatState struct {
	count  []int64
	floats [][]float64
}

func readFloats(state []arrow.Array) floatState {
	c := floatState{count: state[0].(*array.Int64).Int64Values()}
	for _, column := range state[1:] {
		c.floats = append(c.floats, column.(*array.Float64).Float64Values())
	}
	return c
}

// powers are those of row i, in the floats from column at on.
func (c floatState) powers(i, at int) doubledouble.Powers {
	f := c.floats[at:]
	return doubledouble.Powers{
		Count:   c.count[i],
		Sum:     doubledouble.Value{Hi: f[0][i], Lo: f[1][i]},
		Squares: doubledouble.Value{Hi: f[2][i], Lo: f[3][i]},
		Only:    f[4][i], OnlyLow: f[5][i],
	}
}

func (c floatState) set(i, at int, p *doubledouble.Powers) {
	f := c.floats[at:]
	c.count[i] = p.Count
	f[0][i], f[1][i], f[2][i], f[3][i] = p.Sum.Hi, p.Sum.Lo, p.Squares.Hi, p.Squares.Lo
	f[4][i], f[5][i] = p.Only, p.OnlyLow
}

// writeFloats writes a state of so many float columns and rows by write.
func writeFloats(alloc memory.Allocator, columns, rows int, write func(c floatState)) []arrow.Array {
	count := plaincol.New[int64](alloc, rows)
	c := floatState{count: count.Values}
	var out []*plaincol.Column[float64]
	for range columns {
		out = append(out, plaincol.New[float64](alloc, rows))
		c.floats = append(c.floats, out[len(out)-1].Values)
	}
	write(c)
	arrays := []arrow.Array{count.Array(arrow.PrimitiveTypes.Int64)}
	for _, column := range out {
		arrays = append(arrays, column.Array(arrow.PrimitiveTypes.Float64))
	}
	return arrays
}

func (s *varianceStates) State(from, to int) ([]arrow.Array, error) {
	return writeFloats(s.alloc, len(powerState)-1, to-from, func(c floatState) {
		for g := from; g < to; g++ {
			c.set(g-from, 0, &s.powers[g])
		}
	}), nil
}

func (s *varianceStates) Result(from, to int) (arrow.Array, error) {
	out := plaincol.New[float64](s.alloc, to-from)
	for g := from; g < to; g++ {
		switch p := &s.powers[g]; {
		case p.Count < 2:
			out.Null(g - from)
		case s.root:
			out.Values[g-from] = math.Sqrt(p.Variance())
		default:
			out.Values[g-from] = p.Variance()
		}
	}
	return out.Array(arrow.PrimitiveTypes.Float64), nil
}

func (s *varianceStates) Reset() { s.powers = reserved.Empty(s.ledger, s.powers) }

func (s *varianceStates) Close() {
	s.powers, s.group = reserved.Free(s.ledger, s.powers), reserved.Free(s.ledger, s.group)
	s.arg.close()
	s.ledger.Close()
}
