package race

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/bench/answer"
	"github.com/arrowmill/arrowmill/bench/data"
	"github.com/arrowmill/arrowmill/bench/jobs"
	"github.com/arrowmill/arrowmill/bench/measure"
	"github.com/arrowmill/arrowmill/bench/naive"
	"github.com/arrowmill/arrowmill/bench/special"
	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/executor"
)

// work is what a process of this program runs.
type work string

const (
	runGraph   work = "graph"   // the job by arrowmill
	runNaive   work = "naive"   // the job by the naive program
	runSpecial work = "special" // the job by the special program
	runTiny    work = "tiny"    // a tiny graph, over and over
	runCheck   work = "check"   // all of them, and all answers compared
	runStart   work = "start"   // floor: a process begins and ends
	runRead    work = "read"    // floor: the bytes are read
	runTouch   work = "touch"   // floor: they are looked at too
	runUnpack  work = "unpack"  // floor: they are unpacked
)

// task is what one process of this program does.
type task struct {
	Work    work
	Job     string
	Path    string // of a table
	Workers int

	// Of a check.
	Plain   string // the same table for the naive program
	Answers map[string]written
}

// written is the answer of a program that is not of Go.
type written struct {
	Path  string
	Terms answer.Terms
}

// outcome is what came of a task.
type outcome struct {
	Rows    int64 // of the answer
	Bytes   int64 // that a floor went through
	Cannot  string
	Seconds float64 // from when the program had begun, its library imported, to its answer

	Tiny []time.Duration // what each run of the tiny graph took

	Mismatches map[string]string // of a check, by program: how its answer differs
}

// Child does the task of a process that a runner began, and reports it by out. is:
// this process is one.
func Child(ctx context.Context, out io.Writer) (is bool, err error) {
	var t task
	is, err = measure.Task(&t)
	if !is || err != nil {
		return is, err
	}
	o, failure := t.do(ctx)
	return true, measure.Finish(out, o, failure)
}

// do does the task.
func (t task) do(ctx context.Context) (o outcome, err error) {
	begun := time.Now()
	defer func() { o.Seconds = time.Since(begun).Seconds() }()
	switch t.Work {
	case runGraph:
		debug.SetGCPercent(60) // as the programs wordcount and groupby do
		o.Rows, err = t.answer(ctx)
	case runNaive:
		o.Rows, err = count(t.naive(t.Path))
	case runSpecial:
		o.Rows, err = count(special.Programs[t.Job](t.Path))
	case runTiny:
		o.Tiny, err = tiny(ctx, t.Workers)
	case runCheck:
		return t.check(ctx)
	case runStart:
	case runRead, runTouch:
		o.Bytes, _, err = measure.Read(t.Path, t.Workers, t.Work == runTouch)
	case runUnpack:
		o.Bytes, err = measure.Unpack(ctx, t.Path)
	default:
		err = fmt.Errorf("no work %q", t.Work)
	}
	return o, err
}

// count is how many rows an answer has.
func count(rows answer.Rows, err error) (n int64, _ error) {
	if err != nil {
		return 0, err
	}
	for _, err := range rows {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

// answer answers the job. The whole answer is in memory before it ends, as that of
// the peers is.
func (t task) answer(ctx context.Context) (rows int64, err error) {
	var all []arrow.Record
	defer func() {
		for _, rec := range all {
			rec.Release()
		}
	}()
	for rec, err := range t.batches(ctx) {
		if err != nil {
			return 0, err
		}
		rec.Retain()
		all = append(all, rec)
		rows += rec.NumRows()
	}
	return rows, nil
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

// check holds our answer, and those that are written, against the naive one.
func (t task) check(ctx context.Context) (o outcome, err error) {
	job, err := jobs.Find(t.Job)
	if err != nil {
		return o, err
	}
	rows, err := t.naive(t.Plain)
	if err != nil {
		return o, err
	}
	want, err := answer.Keep(rows)
	if err != nil {
		return o, err
	}
	o.Rows, o.Mismatches = want.Rows(), map[string]string{}
	if err := o.compare(ours, want, job.Rows(t.batches(ctx)), answer.Terms{}); err != nil {
		return o, err
	}
	if program := special.Programs[t.Job]; program != nil && t.Path == t.Plain {
		got, err := program(t.Path)
		if err != nil {
			return o, err
		}
		if err := o.compare("special", want, got, answer.Terms{}); err != nil {
			return o, err
		}
	}
	for name, a := range t.Answers {
		if err := o.compare(name, want, answer.Read(a.Path, job.Keys), a.Terms); err != nil {
			o.Mismatches[name] = fmt.Sprintf("its answer cannot be read: %v", err)
		}
	}
	return o, nil
}

// compare keeps how an answer differs.
func (o *outcome) compare(name string, want *answer.Reference, got answer.Rows, terms answer.Terms) error {
	_, err := want.Compare(got, terms)
	var bad *answer.Mismatch
	if errors.As(err, &bad) {
		o.Mismatches[name], err = bad.Error(), nil
	}
	return err
}
