package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/bench/answer"
	"github.com/arrowmill/arrowmill/bench/data"
	"github.com/arrowmill/arrowmill/bench/jobs"
	"github.com/arrowmill/arrowmill/bench/measure"
	"github.com/arrowmill/arrowmill/bench/naive"
	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/executor"
)

// program is what a process runs.
type program string

// The programs. A floor is what no program of this binary that reads the whole file
// can do without.
const (
	ours   program = "arrowmill"
	plain  program = "naive"
	check  program = "check"  // both, their answers compared
	start  program = "start"  // floor: a process begins and ends
	read   program = "read"   // floor: the bytes are read
	touch  program = "touch"  // floor: they are looked at too
	unpack program = "unpack" // floor: they are unpacked
)

// task is what one process does.
type task struct {
	Program program
	Job     string
	Path    string // of a table
	Plain   string // of a check: the same table for the naive program
	Workers int
}

// outcome is what came of a task.
type outcome struct {
	Rows     int64  // of the answer
	Bytes    int64  // that a floor went through
	Mismatch string // of a check; empty: the answers are equal
}

// do does the task.
func (t task) do(ctx context.Context) (o outcome, err error) {
	switch t.Program {
	case ours:
		for rec, err := range t.batches(ctx) {
			if err != nil {
				return o, err
			}
			o.Rows += rec.NumRows()
		}
	case plain:
		rows, err := t.naive(t.Path)
		if err != nil {
			return o, err
		}
		for range rows {
			o.Rows++
		}
	case check:
		return t.check(ctx)
	case start:
	case read, touch:
		o.Bytes, _, err = measure.Read(t.Path, t.Workers, t.Program == touch)
	case unpack:
		o.Bytes, err = measure.Unpack(ctx, t.Path)
	default:
		err = fmt.Errorf("no program %q", t.Program)
	}
	return o, err
}

// batches are the answer of the job's graph, each lent until the next.
func (t task) batches(ctx context.Context) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		running, err := t.start(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		running.Batches()(yield)
	}
}

// start starts the job's graph over the table.
func (t task) start(ctx context.Context) (*executor.Job, error) {
	job, err := jobs.Find(t.Job)
	if err != nil {
		return nil, err
	}
	f, ok := data.Parse(filepath.Base(t.Path))
	if !ok {
		return nil, fmt.Errorf("%s: the name is not that of a table", t.Path)
	}
	table := dataflow.New().Source(f.Table.Name, f.Scan(t.Path))
	return executor.Start(ctx, job.Declare(table), executor.Options{Workers: t.Workers})
}

// naive is the answer of the naive program.
func (t task) naive(path string) (answer.Rows, error) {
	program, ok := naive.Programs[t.Job]
	if !ok {
		return nil, fmt.Errorf("no naive program for the job %q", t.Job)
	}
	return program(path)
}

// check compares the answers.
func (t task) check(ctx context.Context) (o outcome, err error) {
	job, err := jobs.Find(t.Job)
	if err != nil {
		return o, err
	}
	want, err := t.naive(t.Plain)
	if err != nil {
		return o, err
	}
	o.Rows, err = answer.Compare(want, job.Rows(t.batches(ctx)))
	var bad *answer.Mismatch
	if errors.As(err, &bad) {
		o.Mismatch, err = bad.Error(), nil
	}
	return o, err
}
