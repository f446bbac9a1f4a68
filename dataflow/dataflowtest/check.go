package dataflowtest

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow"
)

// run is one drive of a role in one shape: its memory, its instances' accounts,
// what came out.
type run struct {
	ctx      context.Context
	ledger   *ledger
	accounts []*account
	shared   io.Closer
	out      []arrow.Record
}

// newRun sets up what the instances of role share.
func newRun(role any) (*run, error) {
	r := &run{ctx: context.Background(), ledger: newLedger()}
	if s, ok := role.(dataflow.Sharer); ok {
		var err error
		if r.shared, err = s.Share(r.ctx, r.env(nil)); err != nil {
			return nil, fmt.Errorf("calling Share: %w", err)
		}
	}
	return r, nil
}

// env is that of a new instance.
func (r *run) env(a *account) dataflow.Env {
	if a == nil {
		a = &account{}
	}
	r.accounts = append(r.accounts, a)
	env := a.env(r.ledger)
	env.Shared = r.shared
	return env
}

// refused reports whether a request of any instance was refused.
func (r *run) refused() bool {
	return slices.ContainsFunc(r.accounts, func(a *account) bool { return a.refused > 0 })
}

// take keeps a chunk that was given away as part of the answer.
func (r *run) take(c dataflow.Chunk, declared *arrow.Schema) error {
	rec, err := own(c, declared, r.ledger)
	if err != nil {
		return err
	}
	r.out = append(r.out, rec)
	return nil
}

// rows reads the answer.
func (r *run) rows() [][]any { return Rows(r.out...) }

// settle releases the answer and reports what is still held.
func (r *run) settle() error {
	all := make([]held, len(r.out))
	for i, rec := range r.out {
		all[i] = held{rec, fingerprint(rec)}
	}
	r.out = nil
	if err := releaseHeld(all); err != nil {
		return err
	}
	if r.shared != nil {
		if err := r.shared.Close(); err != nil {
			return fmt.Errorf("closing what was shared: %w", err)
		}
	}
	for _, a := range r.accounts {
		if err := a.settled(); err != nil {
			return err
		}
	}
	return r.ledger.settled()
}

// guarded turns a panic of f into an error.
func guarded(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &dataflow.PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return f()
}

// wanted is an answer and how to compare with it.
type wanted struct {
	schema *arrow.Schema
	rows   [][]any
	config config
	any    bool // order
}

// compare is nil where rows, of columns schema, are the answer. Where fewer
// columns were made, the others are not compared.
func (w wanted) compare(schema *arrow.Schema, rows [][]any) error {
	want := w.rows
	if schema.NumFields() < w.schema.NumFields() {
		want = make([][]any, len(w.rows))
		var at []int
		for _, f := range schema.Fields() {
			at = append(at, w.schema.FieldIndices(f.Name)...)
		}
		for i, row := range w.rows {
			for _, j := range at {
				want[i] = append(want[i], row[j])
			}
		}
	}
	if d := diffRows(want, rows, w.any || w.config.unordered, w.config.tolerance); d != "" {
		return fmt.Errorf("%s", d)
	}
	return nil
}

// narrowed is in with the named columns, in its own order.
func narrowed(in arrow.Record, names []string) arrow.Record {
	var cols []arrow.Array
	var fields []arrow.Field
	for i, f := range in.Schema().Fields() {
		if slices.Contains(names, f.Name) {
			cols, fields = append(cols, in.Column(i)), append(fields, f)
		}
	}
	return newRecord(fields, cols, in.NumRows())
}

// accepted drops the encodings that a role's schema check refuses, and reports
// those that it had to accept.
func accepted(in arrow.Record, c config, check func(*arrow.Schema) error) ([]encoding, error) {
	var out []encoding
	for _, e := range encodings(in.Schema(), c) {
		for _, name := range e.columns {
			if _, err := dataflow.Column(in.Schema(), name); err != nil {
				return nil, fmt.Errorf("option DictionaryToo: %w", err)
			}
		}
		err := guarded(func() error { return check(encodedSchema(in.Schema(), in, e.columns)) })
		switch {
		case err == nil:
			out = append(out, e)
		case e.required:
			return nil, fmt.Errorf("the schema with dictionaries for %v is refused: %w", e.columns, err)
		}
	}
	return out, nil
}

// takesSelection reports whether a role reads selection vectors.
func takesSelection(role any) bool {
	s, ok := role.(dataflow.SelectionTaker)
	return ok && s.TakesSelection()
}

// report prints a failure with what it takes to see it again.
func report(t T, what string, how fmt.Stringer, seed uint64, err error) {
	t.Helper()
	t.Errorf("dataflowtest: %s, with %s (Seed(%#x)): %v", what, how, seed, err)
}

// describe names a role.
func describe(role any) string {
	if s, ok := role.(fmt.Stringer); ok {
		return s.String()
	}
	return fmt.Sprintf("%T", role)
}

// newRecord is a batch of columns, which stay the caller's.
func newRecord(fields []arrow.Field, cols []arrow.Array, rows int64) arrow.Record {
	return array.NewRecord(arrow.NewSchema(fields, nil), cols, rows)
}
