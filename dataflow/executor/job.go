package executor

import (
	"context"
	"iter"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
)

// Run runs g until its sinks have all rows and have committed, or until the
// first error, which cancels everything and aborts the sinks. Mistakes in the
// graph are reported before anything runs, as dataflow.GraphErrors; errors of a
// stage are *dataflow.StageError. The report is never nil once the graph was
// found right.
//
// Nothing outlives Run but a user's function that does not return (see
// Options.Grace).
func Run(ctx context.Context, g *dataflow.Graph, opts Options) (*dataflow.Report, error) {
	job, err := newJob(ctx, g, nil, opts)
	if err != nil {
		return nil, err
	}
	job.begin()
	<-job.done
	return job.report, job.err
}

// Start runs the graph of s, with its sinks if it has any, and returns at once a
// job that yields the rows of s. The graph is checked before Start returns.
func Start(ctx context.Context, s *dataflow.Stream, opts Options) (*Job, error) {
	job, err := newJob(ctx, s.Graph(), s.Stage(), opts)
	if err == nil {
		job.begin()
	}
	return job, err
}

// Job is a started run. Its methods may be called from any goroutine.
type Job struct {
	run    *run
	done   chan struct{}
	report *dataflow.Report
	err    error
}

func newJob(ctx context.Context, g *dataflow.Graph, target *dataflow.Stage, opts Options) (*Job, error) {
	opts = opts.withDefaults()
	p, err := newPlan(ctx, g, target)
	if err != nil {
		if opts.Hooks.Finished != nil {
			opts.Hooks.Finished(dataflow.Report{}, err)
		}
		return nil, err
	}
	j := &Job{run: newRun(ctx, p, opts), done: make(chan struct{})}
	j.run.ended = j.end
	return j, nil
}

// begin runs the job in a goroutine of its own.
func (j *Job) begin() {
	go func() {
		growStack()
		j.run.do()
	}()
}

// end is called once, when the run has come to its end or has been given up.
func (j *Job) end(err error) {
	defer close(j.done)
	r := j.run
	if err == nil { // closing may have failed
		r.mu.Lock()
		err = r.failure
		r.mu.Unlock()
	}
	r.cancel(nil)
	r.elapsed.Store(int64(time.Since(r.begun)))
	report := r.report()
	j.report, j.err = &report, err
	switch {
	case r.outBatches == nil:
	case err != nil:
		r.outBatches.stop()
	default:
		r.outBatches.end()
	}
	if r.opts.Hooks.Finished != nil {
		r.opts.Hooks.Finished(report, err)
	}
}

// Batches yields the rows of the stream that Start was given, in the order of
// Options.Order, as they become ready. Each batch is lent until the loop's next
// turn: retain it to keep it. An error comes last. Leaving the loop cancels the
// job and waits for its end. Batches may be ranged over once.
//
// The job runs ahead of the loop by no more than a window of bytes.
func (j *Job) Batches() iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		q := j.run.outBatches
		if q == nil || !q.claim() {
			<-j.done
			if j.err != nil {
				yield(nil, j.err)
			}
			return
		}
		all := false
		defer func() {
			if !all {
				j.Cancel()
				<-j.done
				q.stop() // the job may have ended before, with batches to be taken
			}
		}()
		for rec, ok := q.take(); ok; rec, ok = q.take() {
			if !lend(rec, yield) {
				return
			}
		}
		<-j.done
		all = true
		if j.err != nil {
			yield(nil, j.err)
		}
	}
}

// lend releases rec also when the loop's body panics.
func lend(rec arrow.Record, yield func(arrow.Record, error) bool) bool {
	defer rec.Release()
	return yield(rec, nil)
}

// Wait returns when the job has ended. If nobody ranges over its batches, they
// are dropped.
func (j *Job) Wait() (*dataflow.Report, error) {
	if q := j.run.outBatches; q != nil {
		q.discard()
	}
	<-j.done
	return j.report, j.err
}

// Cancel ends the job; its error is then context.Canceled, unless it has ended
// before. It does not wait.
func (j *Job) Cancel() { j.run.cancel(context.Canceled) }

// Done is closed when the job has ended.
func (j *Job) Done() <-chan struct{} { return j.done }

// Progress is how far the job has come.
func (j *Job) Progress() dataflow.Progress { return j.run.progress() }
