package dataflowtest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
)

// CheckOperator checks that op makes want of in, in that order unless told
// otherwise, in every shape of the package comment. In some an instance
// processes all splits, in some each split has its own. It also checks that an
// instance ends at once with the very error that emit returns, and that
// OutSchema, InColumns, Codes, Narrow, Bounds, Trace and RowWise keep their word; and
// that where Env.Reserve refuses, an instance makes want all the same or fails
// with an error that wraps dataflow.ErrBudget. in and want stay the caller's. The
// first failure is reported.
func CheckOperator(t T, op dataflow.Operator, in, want arrow.Record, opts ...Option) {
	t.Helper()
	c := configured(opts)
	out, err := declaredBy(op, in.Schema())
	if err == nil {
		if d := schemaDiff(want.Schema(), out, false, false); d != "" {
			err = errors.New(d)
		}
	}
	var coded []encoding
	if err == nil {
		coded, err = accepted(in, c, func(s *arrow.Schema) error { _, err := op.OutSchema(s); return err })
	}
	if err != nil {
		t.Errorf("dataflowtest: %s: %v", describe(op), err)
		return
	}
	w := wanted{schema: want.Schema(), rows: Rows(want), config: c}
	if err := errors.Join(checkTrace(op, in, w), checkCodes(op, in.Schema(), operatorSchemas(op)), checkNarrowCodes(op, in.Schema()), checkRowWise(op, in, w)); err != nil {
		t.Errorf("dataflowtest: %s: %v", describe(op), err)
		return
	}
	all := shapes(in, c, coded, takesSelection(op), columnsMade(op, out))
	for i, s := range all {
		err := checkOperator(op, in, w, s)
		if err == nil && i%seldom(4) == 0 {
			err = interrupt(op, in, s)
		}
		if err == nil && !s.pruned && i%seldom(4) == 2 {
			err = checkRefused(op, in, w, s)
		}
		if err == nil && !s.pruned && i%seldom(4) == 1 {
			err = checkBounds(op, in, w, s)
		}
		if err != nil {
			report(t, describe(op), s, c.seed, err)
			return
		}
	}
	executeOperator(t, op, in, w, coded)
}

// declaredBy is the operator's output schema, asked for twice.
func declaredBy(op dataflow.Operator, in *arrow.Schema) (out *arrow.Schema, err error) {
	err = guarded(func() error {
		if out, err = op.OutSchema(in); err != nil {
			return fmt.Errorf("calling OutSchema: %w", err)
		}
		again, err := op.OutSchema(in)
		switch {
		case err != nil:
			return fmt.Errorf("calling OutSchema again: %w", err)
		case out == nil:
			return errors.New("the operator's OutSchema gave no schema")
		case !out.Equal(again):
			return errors.New("the operator's OutSchema gave another schema when called again")
		}
		return nil
	})
	return out, err
}

// checkOperator drives op over one shape and compares.
func checkOperator(op dataflow.Operator, in arrow.Record, w wanted, s shape) error {
	in.Retain()
	if s.pruned {
		in.Release()
		var err error
		if op, in, err = pruneOperator(op, in, w.schema, s); err != nil {
			return err
		}
	}
	defer in.Release()
	return guarded(func() error {
		r, out, err := driveOperator(op, in, s, trouble{})
		if err != nil {
			return err
		}
		if err := w.compare(out, r.rows()); err != nil {
			return err
		}
		return r.settle()
	})
}

// columnsMade is how many columns of out a role makes, 0 where it does not say
// what it needs for them.
func columnsMade(role any, out *arrow.Schema) int {
	if _, ok := role.(dataflow.ColumnUser); !ok {
		return 0
	}
	return out.NumFields()
}

// pruneOperator is op, narrowed where it can be, and in with the columns that op
// says some of its output columns need.
func pruneOperator(op dataflow.Operator, in arrow.Record, out *arrow.Schema, s shape) (dataflow.Operator, arrow.Record, error) {
	var asked []string
	chosen := rand.New(rand.NewPCG(s.seed, 3)).Perm(out.NumFields())[:s.asked]
	for i, f := range out.Fields() {
		if slices.Contains(chosen, i) {
			asked = append(asked, f.Name)
		}
	}
	need := op.(dataflow.ColumnUser).InColumns(asked)
	narrower, exact := op.(dataflow.Narrower)
	if exact {
		op = narrower.Narrow(asked)
	}
	less := narrowed(in, need)
	got, err := declaredBy(op, less.Schema())
	if err == nil {
		var made []string
		for _, f := range got.Fields() {
			if exact || slices.Contains(asked, f.Name) {
				made = append(made, f.Name)
			}
		}
		if !slices.Equal(asked, made) {
			err = fmt.Errorf("it makes (%s)", formatSchema(got, false))
		}
	}
	if err != nil {
		less.Release()
		return nil, nil, fmt.Errorf("asked for columns %q, it reads columns %q, but with those: %w", asked, need, err)
	}
	return op, less, nil
}

// trouble is what a drive of an operator meets on its way.
type trouble struct {
	stop   func(emitted int) error // what emit returns, which the task must return too; nil: nothing
	leave  int                     // chunks after which the task is left with errLeft; 0: none
	refuse float64                 // chance that Env.Reserve refuses
}

// driveOperator hands the shape's chunks to tasks of op.
func driveOperator(op dataflow.Operator, in arrow.Record, s shape, with trouble) (*run, *arrow.Schema, error) {
	r, err := newRun(op)
	if err != nil {
		return nil, nil, err
	}
	f, err := newFeed(in, s, r.ledger)
	if err != nil {
		return nil, nil, err
	}
	defer f.close()
	out, err := op.OutSchema(f.schema)
	if err != nil {
		return nil, nil, fmt.Errorf("calling OutSchema: %w", err)
	}
	tasks := &taskLine{run: r, op: op, in: f.schema, out: out, trouble: with, batchRows: batchRows(s)}
	err = tasks.process(f, s.splits > 1 && s.seed%2 == 0)
	if tasks.task != nil {
		tasks.task.Close()
	}
	if released := f.close(); released != nil {
		err = released
	}
	return r, out, err
}

// checkRefused checks that op, where Env.Reserve refuses it memory, makes the
// answer all the same or ends with an error that wraps dataflow.ErrBudget.
func checkRefused(op dataflow.Operator, in arrow.Record, w wanted, s shape) error {
	err := guarded(func() error {
		r, out, err := driveOperator(op, in, s, trouble{refuse: 0.5})
		switch {
		case err != nil && !(errors.Is(err, dataflow.ErrBudget) && r.refused()):
			return err
		case err == nil:
			if err := w.compare(out, r.rows()); err != nil {
				return err
			}
		}
		return r.settle()
	})
	if err != nil {
		return fmt.Errorf("where Env.Reserve refuses now and then: %w", err)
	}
	return nil
}

// batchRows is an Env.BatchRows that goes with a shape.
func batchRows(s shape) int { return [...]int{1024, 1, 3}[s.seed%3] }

// taskLine is one task after another over the splits.
type taskLine struct {
	run       *run
	op        dataflow.Operator
	in, out   *arrow.Schema
	task      dataflow.Task
	batchRows int
	trouble

	taken   int // chunks
	emitted int
	stopped error
	wrong   error // about what was emitted
}

func (l *taskLine) process(f *feed, taskPerSplit bool) error {
	for _, split := range f.pieces() {
		if l.task != nil && taskPerSplit {
			l.task.Close()
			l.task = nil
		}
		if l.task == nil {
			env := l.run.env(&account{refuse: l.refuse, rng: f.rng})
			env.BatchRows = l.batchRows
			task, err := l.op.NewTask(l.in, env)
			if err != nil {
				return fmt.Errorf("calling NewTask: %w", err)
			}
			l.task = task
		}
		for _, p := range split {
			broken, err := f.lend(p, func(c dataflow.Chunk) error { return l.task.Process(l.run.ctx, c, l.emit) })
			if done, err := l.check("Process", err, broken); done || err != nil {
				return err
			}
			if l.taken++; l.taken == l.leave {
				return errLeft
			}
		}
		if flusher, ok := l.task.(dataflow.Flusher); ok {
			if done, err := l.check("Flush", flusher.Flush(l.run.ctx, l.emit), nil); done || err != nil {
				return err
			}
		}
	}
	return nil
}

// check looks at what a call returned. done: it was stopped, as it should be.
func (l *taskLine) check(call string, err, broken error) (done bool, _ error) {
	switch {
	case l.wrong != nil:
		return false, l.wrong
	case broken != nil:
		return false, fmt.Errorf("%s: %w", call, broken)
	case l.stopped == nil && err != nil:
		return false, fmt.Errorf("%s: %w", call, err)
	case l.stopped == nil:
		return false, nil
	case l.stopped == dataflow.ErrStop && err != dataflow.ErrStop, !errors.Is(err, l.stopped):
		return false, fmt.Errorf("%s returned %v when emit had returned %v", call, err, l.stopped)
	}
	return true, nil
}

func (l *taskLine) emit(c dataflow.Chunk) error {
	if l.stopped != nil {
		l.wrong = fmt.Errorf("emit was called again after it had returned %v", l.stopped)
	}
	if err := l.run.take(c, l.out); err != nil && l.wrong == nil {
		l.wrong = err
	}
	l.emitted++
	if l.stop != nil {
		l.stopped = l.stop(l.emitted)
	}
	return l.stopped
}

// errEmit is an error of a stage behind.
var errEmit = errors.New("dataflowtest: the stage behind has ended")

// errLeft is an error of somewhere else, for which a task is left.
var errLeft = errors.New("dataflowtest: the run has ended elsewhere")

// interrupt checks that tasks end when emit returns an error, and that they hold
// nothing when they are closed in the middle of a split.
func interrupt(op dataflow.Operator, in arrow.Record, s shape) error {
	for _, with := range []error{dataflow.ErrStop, errEmit, errLeft} {
		for _, after := range []int{1, 2, 5} {
			err := guarded(func() error {
				met := trouble{leave: after}
				if with != errLeft {
					met = trouble{stop: func(emitted int) error {
						if emitted >= after {
							return with
						}
						return nil
					}}
				}
				r, _, err := driveOperator(op, in, s, met)
				if err != nil && err != errLeft {
					return err
				}
				return r.settle()
			})
			switch {
			case err != nil && with == errLeft:
				return fmt.Errorf("when it is closed after chunk %d: %w", after, err)
			case err != nil:
				return fmt.Errorf("when emit returns %q at chunk %d: %w", with, after, err)
			}
		}
	}
	return nil
}
