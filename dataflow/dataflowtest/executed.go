package dataflowtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/pprof"
	"strings"
	"sync/atomic"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/io/memio"
)

// execution is one run of a role by the executor.
type execution struct {
	workers     int
	batchRows   int
	memoryBytes int64 // 0: enough
	leave       bool  // after the first batch
	shape       shape // of the batches of the source
}

// String is the execution as failures print it.
func (e execution) String() string {
	text := fmt.Sprintf("the executor, %d workers, batches of %d rows, from a source of %s", e.workers, e.batchRows, e.shape)
	if e.leave {
		text += ", left after the first batch"
	}
	if e.memoryBytes > 0 {
		text += ", in " + dataflow.FormatBytes(e.memoryBytes)
	}
	return text
}

// executions are those that each role is tried in.
func executions(in arrow.Record, c config, coded []encoding) []execution {
	part := max(1, int(in.NumRows())/11)
	all := []execution{
		{workers: 1, batchRows: 1024, shape: shape{splits: 1}},
		{workers: 1, batchRows: 3, shape: shape{splits: 3, rows: part, gaps: true}},
		{workers: 2, batchRows: 1, shape: shape{splits: 1, rows: part, padded: true}},
		{workers: 7, batchRows: 2, shape: shape{splits: 2, rows: part, padded: true}},
		{workers: 7, batchRows: 1024, shape: shape{splits: 1, rows: part, gaps: true}},
		{workers: 2, batchRows: 7, shape: shape{splits: 1, rows: part}, memoryBytes: 64 << 10},
		{workers: 2, batchRows: 2, shape: shape{splits: 3, rows: part}, leave: true},
	}
	for _, e := range coded {
		all = append(all,
			execution{workers: 2, batchRows: 5, shape: shape{splits: 2, rows: part, coding: ownCoding, columns: e.columns}},
			execution{workers: 7, batchRows: 3, shape: shape{splits: 2, rows: part, coding: sharedCoding, columns: e.columns}})
	}
	for i := range all {
		all[i].shape.seed = c.seed + uint64(i)
	}
	return all
}

// executed runs the stream that build makes of the source, and hands the answer
// to look. It returns a stage's error only where nothing else is wrong. whole is false where the run ended for
// want of memory, or was left.
func (e execution) executed(in arrow.Record, build func(*dataflow.Stream) *dataflow.Stream, look func(out *arrow.Schema, rows [][]any, whole bool) error) error {
	return guarded(func() error {
		r := &run{ledger: newLedger()}
		f, err := newFeed(in, e.shape, r.ledger)
		if err != nil {
			return err
		}
		src, err := f.table()
		if err != nil {
			return err
		}
		g := dataflow.New()
		stream := build(g.Source("in", src))
		left, failure := labelled(func() error { return e.collect(r, g, stream, look) })
		src.Release()
		if left != "" {
			return fmt.Errorf("goroutines of the run go on:\n%s", left)
		}
		var stage *dataflow.StageError
		if failure != nil && !errors.As(failure, &stage) {
			return failure
		}
		if err := errors.Join(f.close(), r.settle()); err != nil {
			return err
		}
		return failure
	})
}

// table is the feed's chunks as a source.
func (f *feed) table() (*memio.Source, error) {
	var recs []arrow.Record
	defer func() {
		for _, rec := range recs {
			rec.Release()
		}
	}()
	for _, split := range f.pieces() {
		for _, p := range split {
			c, err := f.chunk(p)
			if err != nil {
				return nil, err
			}
			recs = append(recs, c.Rec)
		}
	}
	if len(recs) == 0 {
		return memio.Empty(f.schema), nil
	}
	return memio.Batches(recs...), nil
}

func (e execution) collect(r *run, g *dataflow.Graph, stream *dataflow.Stream, look func(*arrow.Schema, [][]any, bool) error) error {
	schemas, err := g.Check(context.Background())
	if err != nil {
		return err
	}
	out := schemas[stream.Stage()].Out
	job, err := executor.Start(context.Background(), stream, executor.Options{
		Workers: e.workers, BatchRows: e.batchRows, MemoryBytes: e.memoryBytes, SplitBytes: 100, Alloc: r.ledger})
	if err != nil {
		return err
	}
	whole := true
	for rec, err := range job.Batches() {
		if err != nil && e.memoryBytes > 0 && errors.Is(err, dataflow.ErrBudget) {
			whole = false
			break
		}
		if err != nil {
			return err
		}
		rec.Retain()
		if err := r.take(dataflow.Chunk{Rec: rec}, out); err != nil {
			return err
		}
		if e.leave {
			whole = false
			break
		}
	}
	<-job.Done()
	return look(out, r.rows(), whole)
}

var runs atomic.Int64

// labelled calls f and returns the stacks of those goroutines that it, or one of
// them in turn, started and that do not end. Goroutines of other tests do not
// count.
func labelled(f func() error) (left string, err error) {
	const key = "dataflowtest"
	id := fmt.Sprint(runs.Add(1))
	pprof.Do(context.Background(), pprof.Labels(key, id), func(context.Context) { err = f() })
	label := fmt.Sprintf("%q:%q", key, id)
	for wait := time.Millisecond; wait < 2*time.Second; wait *= 2 {
		if left = goroutines(label); left == "" {
			return "", err
		}
		time.Sleep(wait) // a goroutine that has done its work takes a moment to end
	}
	return left, err
}

// goroutines are the stacks of those with a label.
func goroutines(label string) string {
	var all bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&all, 1); err != nil {
		return err.Error()
	}
	var with []string
	for stack := range strings.SplitSeq(all.String(), "\n\n") {
		if strings.Contains(stack, label) {
			with = append(with, stack)
		}
	}
	return strings.Join(with, "\n\n")
}

// executeOperator runs op by the executor in all ways and compares.
func executeOperator(t T, op dataflow.Operator, in arrow.Record, w wanted, coded []encoding) {
	t.Helper()
	executeAll(t, op, in, w, coded, func(s *dataflow.Stream) *dataflow.Stream { return s.Map("checked", op) })
}

// executeReducer runs r by the executor in all ways and compares.
func executeReducer(t T, r dataflow.Reducer, in arrow.Record, w wanted, coded []encoding) {
	t.Helper()
	executeAll(t, r, in, w, coded, func(s *dataflow.Stream) *dataflow.Stream { return s.TreeReduce("checked", r, dataflow.FanIn(2)) })
}

func executeAll(t T, role any, in arrow.Record, w wanted, coded []encoding, build func(*dataflow.Stream) *dataflow.Stream) {
	t.Helper()
	for _, e := range executions(in, w.config, coded) {
		err := e.executed(in, build, func(out *arrow.Schema, rows [][]any, whole bool) error {
			if !whole {
				return nil
			}
			return w.compare(out, rows)
		})
		if err != nil {
			report(t, describe(role), e, w.config.seed, err)
			return
		}
	}
}

// executePartitioner runs a shuffle by p in all ways: no row is lost.
func executePartitioner(t T, p dataflow.Partitioner, in arrow.Record, c config, coded []encoding) {
	t.Helper()
	w := wanted{schema: in.Schema(), rows: Rows(in), config: c, any: true}
	executeAll(t, p, in, w, coded, func(s *dataflow.Stream) *dataflow.Stream { return s.Shuffle("checked", p, dataflow.Partitions(7)) })
}

// executedFailure is the error of a run of the role over in, by the executor, or
// what else is wrong.
func executedFailure(role any, in arrow.Record, seed uint64) (broken, err error) {
	e := execution{workers: 2, batchRows: 3, shape: shape{splits: 2, seed: seed}}
	err = e.executed(in, func(s *dataflow.Stream) *dataflow.Stream {
		switch r := role.(type) {
		case dataflow.Operator:
			return s.Map("checked", r)
		case dataflow.Reducer:
			return s.TreeReduce("checked", r)
		}
		return s.Shuffle("checked", role.(dataflow.Partitioner))
	}, func(*arrow.Schema, [][]any, bool) error { return nil })
	var stage *dataflow.StageError
	if err != nil && !errors.As(err, &stage) {
		return err, nil
	}
	return nil, err
}
