package executor_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/io/memio"
)

// joiner counts its rows; its answer are the numbers from 0 up to their count, in parts.
type joiner struct {
	parts int
	fail  string // the call that does, or panics
}

var errJoiner = errors.New("as was wanted")

func (j joiner) failing(call string) error {
	switch j.fail {
	case call:
		return errJoiner
	case call + " panics":
		panic(errJoiner)
	}
	return nil
}

func (j joiner) Schemas(in *arrow.Schema) (partial, out *arrow.Schema, err error) { return in, in, nil }

func (j joiner) NewAccumulator(_ *arrow.Schema, env dataflow.Env, _ dataflow.Exchange) (dataflow.Accumulator, error) {
	return &joinerRows{env: env}, nil
}

func (j joiner) Join(all []dataflow.Accumulator) (dataflow.Joint, error) {
	joint := &joinerAnswer{joiner: j, prepared: make([]bool, len(all))}
	for _, acc := range all {
		joint.rows += acc.(*joinerRows).n
	}
	return joint, j.failing("Join")
}

type joinerRows struct {
	env dataflow.Env
	n   int
}

func (r *joinerRows) Add(_ context.Context, in dataflow.Chunk) error {
	r.n += in.Rows()
	return r.env.Reserve(int64(in.Rows()))
}
func (r *joinerRows) Merge(context.Context, dataflow.Chunk) error { return errors.ErrUnsupported }
func (r *joinerRows) Drain(context.Context) error                 { return errors.ErrUnsupported }
func (r *joinerRows) Result(context.Context, dataflow.Emit) error { return errors.ErrUnsupported }
func (r *joinerRows) Close()                                      { _ = r.env.Reserve(-int64(r.n)) }

type joinerAnswer struct {
	joiner
	rows     int
	prepared []bool
}

func (a *joinerAnswer) Prepare(_ context.Context, i int) error {
	a.prepared[i] = true
	return a.failing("Prepare")
}

func (a *joinerAnswer) Parts(most int) int { return min(a.parts, most) }

func (a *joinerAnswer) Part(_ context.Context, _ dataflow.Env, part, parts int, emit dataflow.Emit) error {
	for i, ok := range a.prepared {
		if !ok {
			return fmt.Errorf("part %d is asked for before accumulator %d is prepared", part, i)
		}
	}
	if part == parts/2 {
		if err := a.failing("Part"); err != nil {
			return err
		}
	}
	for n := part * a.rows / parts; n < (part+1)*a.rows/parts; n++ {
		if err := emit(dataflow.Chunk{Rec: dataflowtest.Batch(dataflowtest.Col("n", []int64{int64(n)}))}); err != nil {
			return err
		}
	}
	return nil
}

// TestJoiner has the answer come in the order of its parts, whatever their number.
func TestJoiner(t *testing.T) {
	const rows = 1000
	in := dataflowtest.Batch(dataflowtest.Col("n", make([]int64, rows)))
	var recs []arrow.Record
	for from := int64(0); from < rows; from += 50 {
		recs = append(recs, in.NewSlice(from, from+50))
	}
	for _, parts := range []int{1, 2, 7, 256, 1000} {
		for _, workers := range []int{1, 2, 5} {
			s := dataflow.New().Source("in", memio.Batches(recs...)).TreeReduce("count", joiner{parts: parts})
			job, err := executor.Start(t.Context(), s, executor.Options{Workers: workers, SplitBytes: 1})
			if err != nil {
				t.Fatal(err)
			}
			var at int64
			for rec, err := range job.Batches() {
				if err != nil {
					t.Fatal(err)
				}
				for _, row := range dataflowtest.Rows(rec) {
					if row[0] != at {
						t.Fatalf("%d parts, %d workers: %v in place of %d", parts, workers, row[0], at)
					}
					at++
				}
			}
			if at != rows {
				t.Errorf("%d parts, %d workers: %d rows", parts, workers, at)
			}
		}
	}
}

// TestJoinerFails has each call of a joiner fail, and the stage named.
func TestJoinerFails(t *testing.T) {
	in := dataflowtest.Batch(dataflowtest.Col("n", make([]int64, 100)))
	for _, call := range []string{"Join", "Prepare", "Part"} {
		for _, how := range []string{"", " panics"} {
			for _, workers := range []int{1, 3} {
				g := dataflow.New()
				g.Source("in", memio.Batches(in.NewSlice(0, 50), in.NewSlice(50, 100))).
					TreeReduce("count", joiner{parts: 9, fail: call + how}).Sink("out", memio.NewSink())
				_, err := executor.Run(t.Context(), g, executor.Options{Workers: workers, SplitBytes: 1})
				var stage *dataflow.StageError
				if !errors.As(err, &stage) || stage.Stage != "count" {
					t.Errorf("%s%s, %d workers: %v", call, how, workers, err)
				}
				if how == "" && !errors.Is(err, errJoiner) {
					t.Errorf("%s, %d workers: %v does not wrap the cause", call, workers, err)
				}
			}
		}
	}
}
