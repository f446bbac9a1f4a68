package operators_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/operators"
)

// geoMean is a user's aggregate: the geometric mean of floats.
type geoMean struct{}

func (geoMean) Types(args []arrow.DataType) ([]arrow.Field, arrow.DataType, error) {
	if len(args) != 1 || args[0].ID() != arrow.FLOAT64 {
		return nil, nil, fmt.Errorf("one argument of type float64 is needed, not %v", args)
	}
	return []arrow.Field{{Name: "logs", Type: arrow.PrimitiveTypes.Float64}, {Name: "n", Type: arrow.PrimitiveTypes.Int64}}, arrow.PrimitiveTypes.Float64, nil
}

func (geoMean) NewStates(_ []arrow.DataType, env dataflow.Env) (operators.States, error) {
	return &geoMeans{env: env}, nil
}

type geoMeans struct {
	env  dataflow.Env
	logs []float64
	n    []int64
}

func (s *geoMeans) Grow(groups int) error {
	more := groups - len(s.n)
	if more <= 0 {
		return nil
	}
	if err := s.env.Reserve(int64(more) * 16); err != nil {
		return err
	}
	s.logs, s.n = append(s.logs, make([]float64, more)...), append(s.n, make([]int64, more)...)
	return nil
}

func (s *geoMeans) Update(group []int32, args []arrow.Array, _ dataflow.Place) error {
	col := args[0].(*array.Float64)
	for i, v := range col.Float64Values() {
		if col.IsValid(i) {
			s.logs[group[i]] += math.Log(v)
			s.n[group[i]]++
		}
	}
	return nil
}

func (s *geoMeans) Merge(group []int32, state []arrow.Array) error {
	logs, n := state[0].(*array.Float64).Float64Values(), state[1].(*array.Int64).Int64Values()
	for i, g := range group {
		s.logs[g] += logs[i]
		s.n[g] += n[i]
	}
	return nil
}

func (s *geoMeans) State(from, to int) ([]arrow.Array, error) {
	logs, n := array.NewFloat64Builder(s.env.Alloc), array.NewInt64Builder(s.env.Alloc)
	defer logs.Release()
	defer n.Release()
	logs.AppendValues(s.logs[from:to], nil)
	n.AppendValues(s.n[from:to], nil)
	return []arrow.Array{logs.NewArray(), n.NewArray()}, nil
}

func (s *geoMeans) Result(from, to int) (arrow.Array, error) {
	b := array.NewFloat64Builder(s.env.Alloc)
	defer b.Release()
	for g := from; g < to; g++ {
		if s.n[g] == 0 {
			b.AppendNull()
		} else {
			b.Append(math.Exp(s.logs[g] / float64(s.n[g])))
		}
	}
	return b.NewArray(), nil
}

func (s *geoMeans) Reset() {
	_ = s.env.Reserve(-int64(len(s.n)) * 16)
	s.logs, s.n = nil, nil
}

func (s *geoMeans) Close() { s.Reset() }

func TestGroupByUsersAggregate(t *testing.T) {
	t.Parallel()
	in := dataflowtest.Batch(dataflowtest.Col("k", []string{"a", "b", "a", "a", "b", "c"}), dataflowtest.Col("v", []any{2.0, 5.0, 4.0, 8.0, nil, nil}))
	want := dataflowtest.Batch(dataflowtest.Col("k", []string{"a", "b", "c"}), dataflowtest.Col("geomean(v)", []any{4.0, 5.0, nil}), dataflowtest.Col("n", []int64{3, 2, 1}))
	r := operators.GroupBy("k").Agg(operators.Aggregated("geomean", geoMean{}, operators.Col("v")), operators.Count().As("n"))
	dataflowtest.CheckReducer(t, r, in, want, dataflowtest.Tolerance(1e-12))
}
