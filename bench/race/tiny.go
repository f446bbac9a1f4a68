package race

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/bench/measure"
	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/io/memio"
	"github.com/arrowmill/arrowmill/operators"
)

// Tiny is the name of the job of a graph of a hundred rows, declared and run within a
// process that runs already.
const Tiny = "tiny"

const (
	tinyRows = 100
	tinyRuns = 1001
	tinyWarm = 200
)

// tiny declares and runs the graph over and over.
func tiny(ctx context.Context, workers int) (took []time.Duration, err error) {
	rec := tinyTable()
	defer rec.Release()
	for i := range tinyWarm + tinyRuns {
		from := time.Now()
		if err := tinyRun(ctx, rec, workers); err != nil {
			return nil, err
		}
		if i >= tinyWarm {
			took = append(took, time.Since(from))
		}
	}
	return took, nil
}

// tinyTable has ten groups of ten rows.
func tinyTable() arrow.Record {
	schema := arrow.NewSchema([]arrow.Field{{Name: "k", Type: arrow.BinaryTypes.String}, {Name: "v", Type: arrow.PrimitiveTypes.Int64}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for i := range tinyRows {
		b.Field(0).(*array.StringBuilder).Append(fmt.Sprint("group ", i%10))
		b.Field(1).(*array.Int64Builder).Append(int64(i))
	}
	return b.NewRecord()
}

// tinyRun filters and groups.
func tinyRun(ctx context.Context, rec arrow.Record, workers int) error {
	table := memio.Batches(rec)
	defer table.Release()
	job, err := executor.Start(ctx, dataflow.New().
		Source("table", table).
		Map("few", operators.Filter(operators.Col("v").Ge(10))).
		TreeReduce("groups", operators.GroupBy("k").Agg(operators.Sum(operators.Col("v")))), executor.Options{Workers: workers})
	if err != nil {
		return err
	}
	rows := int64(0)
	for batch, err := range job.Batches() {
		if err != nil {
			return err
		}
		rows += batch.NumRows()
	}
	if rows != tinyRows/10 {
		return fmt.Errorf("the tiny graph answers %d rows", rows)
	}
	return nil
}

// tinies measures the tiny graph by all threads and by one: what is more by several is
// what the runtime takes to wake one.
func (r *Runner) tinies(ctx context.Context) error {
	for _, p := range r.programs {
		if p.kind == Ours && (p.workers == r.Workers || p.workers == 1) {
			if err := r.tiny(ctx, p); err != nil {
				return fmt.Errorf("tiny: %w", err)
			}
		}
	}
	return nil
}

// tiny measures the tiny graph by a program: its row has the median of the runs within
// one process, and half of the span that the middle eight tenths of them keep to.
func (r *Runner) tiny(ctx context.Context, p program) error {
	row := Row{Job: Tiny, Program: p.name, Kind: Ours, Workers: p.workers}
	if !r.Again && r.Results.has(row) {
		return nil
	}
	var o outcome
	s, err := measure.Process(ctx, task{Work: runTiny, Workers: p.workers}, p.workers, r.Limits, &o)
	if err != nil {
		return err
	}
	slices.Sort(o.Tiny)
	at := func(part float64) time.Duration { return o.Tiny[int(part*float64(len(o.Tiny)-1))] }
	row.Rows, row.TableRows = tinyRows/10, tinyRows
	row.Summary = measure.Summary{Wall: at(0.5), Spread: (at(0.9) - at(0.1)) / 2, CPU: s.CPU / (tinyWarm + tinyRuns), PeakBytes: s.PeakBytes}
	r.Results.put(row)
	fmt.Fprintf(r.Out, "%-10s %-18s a graph of %d rows, declared and run: %s ± %s\n", Tiny, p.name, tinyRows, row.Wall.Round(time.Microsecond), row.Spread.Round(time.Microsecond))
	return r.Save()
}
