package dataflowtest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
)

// CheckReducer checks that r makes want of in in every shape of the package
// comment and, in each, however the rows are spread and merged:
//
//   - by one accumulator, or dealt at random to up to seven (an Ordered reducer
//     gets contiguous parts), drained at random in between;
//   - merged by one accumulator, or in a tree of random fan-in 2 to 4, left to
//     right where it is Ordered;
//   - where it is Keyed, through 1, 2 and 64 partitions, the answers one after
//     another, and, under Env.Ordered, in one and the same order every time;
//   - with Env.Reserve refusing now and then: an accumulator lets state go and
//     asks again, or ends the run with an error that wraps dataflow.ErrBudget;
//   - with no more rows for an accumulator that says it is sated.
//
// Rows that an accumulator lets go of are added by the partition's owner, whose
// Env.Level is one higher. Partials are copied on their way, into arrays whose
// offset is not 0. in and want stay the caller's. The first failure is reported.
func CheckReducer(t T, r dataflow.Reducer, in, want arrow.Record, opts ...Option) {
	t.Helper()
	c := configured(opts)
	_, out, err := reducedBy(r, in.Schema())
	if err == nil {
		if d := schemaDiff(want.Schema(), out, false, false); d != "" {
			err = errors.New(d)
		}
	}
	var coded []encoding
	if err == nil {
		coded, err = accepted(in, c, func(s *arrow.Schema) error { _, _, err := r.Schemas(s); return err })
	}
	if err != nil {
		t.Errorf("dataflowtest: %s: %v", describe(r), err)
		return
	}
	if err := checkCodes(r, in.Schema(), reducerSchemas(r)); err != nil {
		t.Errorf("dataflowtest: %s: %v", describe(r), err)
		return
	}
	keyed, ordered := isKeyed(r), isOrdered(r)
	if keyed && ordered {
		t.Errorf("dataflowtest: %s says that it is both Keyed and Ordered", describe(r))
		return
	}
	w := wanted{schema: want.Schema(), rows: Rows(want), config: c, any: keyed}
	rng := rand.New(rand.NewPCG(c.seed, 4))
	var inOrder [][]any // the answer under Env.Ordered, once there is one
	for i, s := range shapes(in, c, coded, takesSelection(r), columnsMade(r, out)) {
		for _, how := range strategies(rng, keyed, i == 0 || i == 1 && !short()) {
			rows, err := checkReducer(r, in, w, s, how)
			if err == nil && how.ordered && rows != nil && s.coding == plainCoding {
				if inOrder == nil {
					inOrder = rows
				} else if d := diffRows(inOrder, rows, false, c.tolerance); d != "" {
					err = fmt.Errorf("under Env.Ordered the rows came in another order before: %s", d)
				}
			}
			if err != nil {
				report(t, describe(r), both{s, how}, c.seed, err)
				return
			}
		}
		if i%seldom(4) == 0 {
			if err := interruptReducer(r, in, s); err != nil {
				report(t, describe(r), s, c.seed, err)
				return
			}
		}
	}
	executeReducer(t, r, in, w, coded)
}

// both is a shape and a strategy.
type both struct {
	shape    shape
	strategy strategy
}

// String joins the two.
func (b both) String() string { return b.shape.String() + "; " + b.strategy.String() }

func isKeyed(role any) bool {
	k, ok := role.(dataflow.Keyed)
	return ok && k.Keyed()
}

func isOrdered(role any) bool {
	o, ok := role.(dataflow.Ordered)
	return ok && o.Ordered()
}

// reducedBy is the reducer's schemas, asked for twice.
func reducedBy(r dataflow.Reducer, in *arrow.Schema) (partial, out *arrow.Schema, err error) {
	err = guarded(func() error {
		if partial, out, err = r.Schemas(in); err != nil {
			return fmt.Errorf("calling Schemas: %w", err)
		}
		partial2, out2, err := r.Schemas(in)
		switch {
		case err != nil:
			return fmt.Errorf("calling Schemas again: %w", err)
		case partial == nil || out == nil:
			return errors.New("the reducer's Schemas gave no schema")
		case !partial.Equal(partial2) || !out.Equal(out2):
			return errors.New("the reducer's Schemas gave other schemas when called again")
		}
		return nil
	})
	return partial, out, err
}

// checkReducer drives r over one shape by one strategy and compares. It returns
// the answer, nil where the budget ended the run.
func checkReducer(r dataflow.Reducer, in arrow.Record, w wanted, s shape, how strategy) (rows [][]any, err error) {
	if s.pruned {
		names := make([]string, w.schema.NumFields())
		for i, f := range w.schema.Fields() {
			names[i] = f.Name
		}
		in = narrowed(in, r.(dataflow.ColumnUser).InColumns(names))
		defer in.Release()
	}
	err = guarded(func() error {
		rows = nil
		d, err := reduce(r, in, s, how, nil)
		if err != nil && !(how.refuse > 0 && errors.Is(err, dataflow.ErrBudget) && d.run.refused()) {
			return err
		}
		if err == nil {
			rows = d.run.rows()
			if err := w.compare(d.out, rows); err != nil {
				return err
			}
			if rows == nil {
				rows = [][]any{}
			}
		}
		return d.run.settle()
	})
	return rows, err
}

// reduce drives r over one shape by one strategy. What is emitted goes through
// stop, if any. The reduction is returned also with an error of the role.
func reduce(r dataflow.Reducer, in arrow.Record, s shape, how strategy, stop func(emitted int) error) (*reduction, error) {
	run, err := newRun(r)
	if err != nil {
		return nil, err
	}
	f, err := newFeed(in, s, run.ledger)
	if err != nil {
		return nil, err
	}
	defer f.close()
	d := &reduction{run: run, reducer: r, how: how, rng: rand.New(rand.NewPCG(s.seed, 5)), in: f.schema,
		keyed: isKeyed(r), ordered: isOrdered(r), batchRows: batchRows(s), stop: stop}
	if d.partial, d.out, err = r.Schemas(f.schema); err != nil {
		return nil, fmt.Errorf("calling Schemas: %w", err)
	}
	err = d.reduce(f)
	d.close()
	if released := f.close(); released != nil {
		err = released
	}
	return d, err
}

// reduce drives the feed's chunks through accumulators to the answer.
func (d *reduction) reduce(f *feed) error {
	if d.how.accumulators == 1 && d.how.drains == 0 {
		return d.alone(f)
	}
	locals, err := d.deal(f)
	if err != nil {
		return err
	}
	return d.merge(locals)
}

// interruptReducer checks that Result ends when emit returns an error, and that
// accumulators hold nothing when they are closed early.
func interruptReducer(r dataflow.Reducer, in arrow.Record, s shape) error {
	if s.pruned {
		return nil
	}
	for _, with := range []error{dataflow.ErrStop, errEmit, errLeft} {
		for _, after := range []int{1, 2, 5} {
			how := strategy{accumulators: 2, partitions: 1}
			stop := func(emitted int) error {
				if emitted >= after {
					return with
				}
				return nil
			}
			if with == errLeft {
				how.leave, stop = after, nil
			}
			err := guarded(func() error {
				d, err := reduce(r, in, s, how, stop)
				if err != nil && err != errLeft && !(d != nil && d.stopped != nil && err == d.stopped) {
					return err
				}
				return d.run.settle()
			})
			switch {
			case err != nil && with == errLeft:
				return fmt.Errorf("when it is closed after call %d of Add or Merge: %w", after, err)
			case err != nil:
				return fmt.Errorf("when emit returns %q at chunk %d: %w", with, after, err)
			}
		}
	}
	return nil
}

// contiguous cuts n things into at most k runs at random, in order.
func contiguous(rng *rand.Rand, n, k int) []int {
	ends := []int{n}
	for range k - 1 {
		if at := rng.IntN(max(n, 1)); at > 0 && !slices.Contains(ends, at) {
			ends = append(ends, at)
		}
	}
	slices.Sort(ends)
	return ends
}
