package executor_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/io/memio"
	"github.com/arrowmill/arrowmill/operators"
)

// partsSeen is a keyed reducer that counts how often an answer was cut by an accumulator,
// or hides that they can.
type partsSeen struct {
	dataflow.Reducer
	hide bool
	cuts *atomic.Int32
}

func (r partsSeen) Keyed() bool { return true }

func (r partsSeen) NewAccumulator(in *arrow.Schema, env dataflow.Env, x dataflow.Exchange) (dataflow.Accumulator, error) {
	acc, err := r.Reducer.NewAccumulator(in, env, x)
	if err != nil || r.hide {
		return struct{ dataflow.Accumulator }{acc}, err
	}
	return cutsSeen{acc.(dataflow.Parted), r.cuts}, nil
}

type cutsSeen struct {
	dataflow.Parted
	cuts *atomic.Int32
}

func (c cutsSeen) ResultParts(ctx context.Context, n int, emit func(p int, c dataflow.Chunk) error) error {
	c.cuts.Add(1)
	return c.Parted.ResultParts(ctx, n, emit)
}

// TestSmallAnswersAreCutAlike compares how a small answer is cut to splits and chunks by
// one accumulator with how the owners of the partitions cut it, by the shape of a tree of
// calls.
func TestSmallAnswersAreCutAlike(t *testing.T) {
	text := arrow.NewSchema([]arrow.Field{{Name: "shape", Type: arrow.BinaryTypes.String}}, nil)
	one := func(format string, of ...any) arrow.Record {
		return dataflowtest.Batch(dataflowtest.Col("shape", []string{fmt.Sprintf(format, of...)}))
	}
	shape := func(rec arrow.Record) string { return rec.Column(0).(*array.String).Value(0) }
	for _, groups := range []int{0, 1, 3, 300, 5000} {
		var batches []arrow.Record
		for from := 0; from < 3*groups; from += 100 {
			var key []int64
			for i := range 100 {
				key = append(key, int64((from+i)%groups))
			}
			batches = append(batches, dataflowtest.Batch(dataflowtest.Col("key", key)))
		}
		if groups == 0 {
			batches = append(batches, dataflowtest.Batch(dataflowtest.Col("key", []int64{})))
		}
		run := func(workers int, hide bool) (out string, cuts int) {
			var seen atomic.Int32
			g := dataflow.New()
			s := g.Source("keys", memio.Batches(batches...)).
				TreeReduce("groups", partsSeen{operators.GroupBy("key").Agg(operators.Count().As("n")), hide, &seen}).
				Map("chunks", operators.MapBatch(text, func(_ context.Context, in arrow.Record) (arrow.Record, error) {
					return one("%v %v", in.Column(0), in.Column(1)), nil
				})).
				TreeReduce("shape", operators.Combine(func(a, b arrow.Record) (arrow.Record, error) {
					return one("(%s %s)", shape(a), shape(b)), nil
				}))
			job, err := executor.Start(t.Context(), s, executor.Options{Workers: workers})
			if err != nil {
				t.Fatal(err)
			}
			for rec, err := range job.Batches() {
				if err != nil {
					t.Fatal(err)
				}
				if rec.NumRows() > 0 {
					out += shape(rec)
				}
			}
			return out, int(seen.Load())
		}
		want, cuts := run(1, true)
		if cuts > 0 || want == "" != (groups == 0) {
			t.Fatalf("%d groups: %d cuts, %q", groups, cuts, want)
		}
		for _, workers := range []int{1, 2, 7} {
			got, cuts := run(workers, false)
			if groups > 0 && cuts != 1 {
				t.Errorf("%d groups, %d workers: cut %d times by an accumulator, want once", groups, workers, cuts)
			}
			if got != want {
				t.Errorf("%d groups, %d workers:\n%s\nwant what the partitions give:\n%s", groups, workers, got, want)
			}
		}
	}
}

// TestSmallAnswerThatIsNotWanted ends a run whose reader has enough of it, or fails.
func TestSmallAnswerThatIsNotWanted(t *testing.T) {
	refused := fmt.Errorf("refused")
	for _, c := range []struct {
		name string
		by   dataflow.Reducer
		rows int64
		err  error
	}{
		{"none", operators.Limit(0), 0, nil},
		{"few", operators.Limit(7), 7, nil},
		{"all", operators.Limit(1 << 40), 100, nil},
		{"failed", operators.Combine(func(a, b arrow.Record) (arrow.Record, error) { return nil, refused }), 0, refused},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := dataflow.New()
			s := g.Source("keys", memio.Batches(fewGroups(100))).
				TreeReduce("groups", operators.GroupBy("shop")).TreeReduce("reader", c.by)
			job, err := executor.Start(t.Context(), s, executor.Options{Workers: 2})
			if err != nil {
				t.Fatal(err)
			}
			var rows int64
			for rec, more := range job.Batches() {
				if err = more; err == nil {
					rows += rec.NumRows()
				}
			}
			if rows != c.rows || (err == nil) != (c.err == nil) {
				t.Errorf("%d rows, %v; want %d, %v", rows, err, c.rows, c.err)
			}
		})
	}
}
