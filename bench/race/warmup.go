package race

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/arrowmill/arrowmill/bench/measure"
	"github.com/arrowmill/arrowmill/dataflow/executor"
)

// A variant that took longer than the best of its library by this factor, and by so
// many seconds, is not measured: the best one counts.
const (
	variantFactor  = 1.5
	variantSeconds = 0.5
)

// warmUp is what the run to check the answers said, by the names of the programs.
type warmUp struct {
	void    map[string]string
	wrong   map[string]bool
	rows    map[string]int64
	seconds map[string]float64 // of peers
}

// warmUp has all peers answer, and all answers compared.
func (r *Runner) warmUp(ctx context.Context, c cell, programs []program) (*warmUp, error) {
	w := &warmUp{void: map[string]string{}, wrong: map[string]bool{}, rows: map[string]int64{}, seconds: map[string]float64{}}
	answers := map[string]written{}
	for i, p := range programs {
		if p.peer == nil {
			continue
		}
		to := filepath.Join(r.scratch, fmt.Sprintf("%d.csv", i))
		_, o, err := r.run(ctx, c, p, to)
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err != nil:
			w.void[p.name] = reason(err)
		case o.Cannot != "":
			w.void[p.name] = "cannot: " + o.Cannot
		default:
			answers[p.name] = written{Path: to, Terms: p.peer.Terms}
			w.rows[p.name], w.seconds[p.name] = o.Rows, o.Seconds
		}
	}
	o, err := r.check(ctx, c, answers)
	if err != nil {
		return nil, err
	}
	for name, mismatch := range o.Mismatches {
		w.void[name], w.wrong[name] = mismatch, true
		if name == ours { // with however many workers
			for _, p := range programs {
				if p.kind == Ours {
					w.void[p.name], w.wrong[p.name] = mismatch, true
				}
			}
		}
	}
	for _, p := range programs {
		if p.peer == nil {
			w.rows[p.name] = o.Rows
		}
	}
	w.prune(programs)
	return w, nil
}

// check compares the answers in a process of its own.
func (r *Runner) check(ctx context.Context, c cell, answers map[string]written) (o outcome, err error) {
	t := task{Work: runCheck, Job: c.job, Path: c.path, Plain: c.path, Workers: r.Workers, Answers: answers}
	if !naiveReads(c.file) {
		text := c.file.As(c.file.Table.TextFormat())
		if _, _, _, err := text.Make(ctx, r.Data, executor.Options{Workers: r.Workers}); err != nil {
			return o, err
		}
		t.Plain = r.path(text)
	}
	_, err = measure.Process(ctx, t, r.Workers, measure.Limits{}, &o)
	return o, err
}

// prune leaves out the variants that are slower than another of their library.
func (w *warmUp) prune(programs []program) {
	for _, p := range programs {
		s, ok := w.seconds[p.name]
		if !ok || w.void[p.name] != "" {
			continue
		}
		for _, q := range programs {
			if other, ok := w.seconds[q.name]; ok && q.peer.Name == p.peer.Name && w.void[q.name] == "" && s > variantFactor*other && s > other+variantSeconds {
				w.void[p.name] = fmt.Sprintf("slower than %s in the warm-up, %.2f s for %.2f s: not measured", q.name, s, other)
				break
			}
		}
	}
}

// rowsOf is how many rows the program's answer had; -1: it was not checked.
func (w *warmUp) rowsOf(p program) int64 {
	if w == nil {
		return -1
	}
	return w.rows[p.name]
}
