// Program outside uses arrowmill as any other module would: closures over
// batches, and an aggregate of its own.
package main

import (
	"context"
	"fmt"
	"log"
	"math"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/io/memio"
	"github.com/arrowmill/arrowmill/operators"
)

func main() {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "city", Type: arrow.BinaryTypes.String},
		{Name: "growth", Type: arrow.PrimitiveTypes.Float64},
	}, nil)
	rows, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(`[
		{"city": "oslo", "growth": 2}, {"city": "lima", "growth": 3}, {"city": "oslo", "growth": 8},
		{"city": "lima", "growth": 27}, {"city": "rome", "growth": -1}]`))
	if err != nil {
		log.Fatal(err)
	}
	defer rows.Release()

	least := 0.0 // a closure's variable
	g := dataflow.New()
	grown := g.Source("rows", memio.Batches(rows)).
		Map("grown", operators.MapBatch(nil, func(_ context.Context, in arrow.Record) (arrow.Record, error) {
			return above(in, least), nil
		})).
		TreeReduce("by city", operators.GroupBy("city").Agg(
			operators.Count().As("n"),
			operators.Aggregated("geomean", geomean{}, operators.Col("growth")).As("growth"))).
		TreeReduce("sorted", operators.TopK(10, operators.Asc("city")))

	job, err := executor.Start(context.Background(), grown, executor.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for batch, err := range job.Batches() {
		if err != nil {
			log.Fatal(err)
		}
		city, n, growth := batch.Column(0).(*array.String), batch.Column(1).(*array.Int64), batch.Column(2).(*array.Float64)
		for i := range int(batch.NumRows()) {
			fmt.Printf("%s %d %.3f\n", city.Value(i), n.Value(i), growth.Value(i))
		}
	}
}

// above is the rows of in whose growth is above least.
func above(in arrow.Record, least float64) arrow.Record {
	b := array.NewRecordBuilder(memory.DefaultAllocator, in.Schema())
	defer b.Release()
	city, growth := in.Column(0).(*array.String), in.Column(1).(*array.Float64)
	for i := range int(in.NumRows()) {
		if growth.Value(i) > least {
			b.Field(0).(*array.StringBuilder).Append(city.Value(i))
			b.Field(1).(*array.Float64Builder).Append(growth.Value(i))
		}
	}
	return b.NewRecord()
}

// geomean is the geometric mean of positive numbers: the exponential of the mean
// of their logarithms. Its state is the sum of those and their number.
type geomean struct{}

func (geomean) Types(args []arrow.DataType) ([]arrow.Field, arrow.DataType, error) {
	if len(args) != 1 || args[0].ID() != arrow.FLOAT64 {
		return nil, nil, fmt.Errorf("geomean takes a float64 column, not %v", args)
	}
	return []arrow.Field{
		{Name: "logs", Type: arrow.PrimitiveTypes.Float64},
		{Name: "n", Type: arrow.PrimitiveTypes.Int64},
	}, arrow.PrimitiveTypes.Float64, nil
}

func (geomean) NewStates(_ []arrow.DataType, env dataflow.Env) (operators.States, error) {
	return &geomeans{env: env}, nil
}

type geomeans struct {
	env  dataflow.Env
	logs []float64
	n    []int64
}

func (s *geomeans) Grow(groups int) error {
	more := groups - len(s.logs)
	if more <= 0 {
		return nil
	}
	if err := s.env.Reserve(16 * int64(more)); err != nil {
		return err
	}
	s.logs, s.n = append(s.logs, make([]float64, more)...), append(s.n, make([]int64, more)...)
	return nil
}

func (s *geomeans) Update(group []int32, args []arrow.Array, _ dataflow.Place) error {
	growth := args[0].(*array.Float64)
	for i, g := range group {
		if growth.IsValid(i) {
			s.logs[g] += math.Log(growth.Value(i))
			s.n[g]++
		}
	}
	return nil
}

func (s *geomeans) Merge(group []int32, state []arrow.Array) error {
	logs, n := state[0].(*array.Float64), state[1].(*array.Int64)
	for i, g := range group {
		s.logs[g] += logs.Value(i)
		s.n[g] += n.Value(i)
	}
	return nil
}

func (s *geomeans) State(from, to int) ([]arrow.Array, error) {
	logs, n := array.NewFloat64Builder(s.env.Alloc), array.NewInt64Builder(s.env.Alloc)
	defer logs.Release()
	defer n.Release()
	logs.AppendValues(s.logs[from:to], nil)
	n.AppendValues(s.n[from:to], nil)
	return []arrow.Array{logs.NewArray(), n.NewArray()}, nil
}

func (s *geomeans) Result(from, to int) (arrow.Array, error) {
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

func (s *geomeans) Reset() {
	s.env.Reserve(-16 * int64(len(s.logs)))
	s.logs, s.n = nil, nil
}

func (s *geomeans) Close() { s.Reset() }
