package operators

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
)

// Rename gives columns new names, handed over in pairs, old then new; the other
// columns, and the order, stay. All pairs count at once, so that two columns can
// exchange their names. No buffer is copied.
//
//	operators.Rename("qty", "quantity", "sku", "article")
//
// Shape: Batch<a, b> → Batch<x, b>. An old name that is not there or comes twice,
// a new name that another column has, and an odd number of names are errors of
// the graph's check.
func Rename(oldNew ...string) dataflow.Operator {
	return &rename{pairs: slices.Clone(oldNew)}
}

type rename struct {
	pairs []string // old, new, old, new, …
	only  []string // the output columns that are wanted; nil: all
}

var _ interface {
	columnOperator
	fmt.Stringer
} = (*rename)(nil)

func (r *rename) String() string {
	var parts []string
	for i := 0; i+1 < len(r.pairs); i += 2 {
		if r.wants(r.pairs[i+1]) {
			parts = append(parts, r.pairs[i]+" as "+r.pairs[i+1])
		}
	}
	if len(parts) == 0 {
		return "columns " + strings.Join(r.only, ", ")
	}
	return strings.Join(parts, ", ")
}

func (r *rename) choose(in *arrow.Schema) ([]int, *arrow.Schema, error) {
	if err := r.checkPairs(); err != nil {
		return nil, nil, err
	}
	for i := 0; i < len(r.pairs); i += 2 {
		if _, err := dataflow.Column(in, r.pairs[i]); err != nil && r.wants(r.pairs[i+1]) {
			return nil, nil, err
		}
	}
	var from []int
	var fields []arrow.Field
	for i, f := range in.Fields() {
		old := f.Name
		f.Name = r.newName(old)
		if !r.wants(f.Name) {
			continue
		}
		for j, other := range fields {
			if other.Name == f.Name {
				return nil, nil, fmt.Errorf("columns %q and %q would both be named %q", in.Field(from[j]).Name, old, f.Name)
			}
		}
		from, fields = append(from, i), append(fields, f)
	}
	return from, schemaLike(in, fields), nil
}

func (r *rename) checkPairs() error {
	switch {
	case len(r.pairs) == 0:
		return errors.New("no column to rename is named")
	case len(r.pairs)%2 != 0:
		return fmt.Errorf("names come in pairs, old then new, but there are %d: %q has no new name", len(r.pairs), r.pairs[len(r.pairs)-1])
	}
	olds := make([]string, 0, len(r.pairs)/2)
	for i := 0; i < len(r.pairs); i += 2 {
		olds = append(olds, r.pairs[i])
		if r.pairs[i+1] == "" {
			return fmt.Errorf("the new name of column %q is empty", r.pairs[i])
		}
	}
	return namedOnce(olds)
}

func (r *rename) wants(out string) bool { return r.only == nil || slices.Contains(r.only, out) }

func (r *rename) newName(old string) string {
	for i := 0; i+1 < len(r.pairs); i += 2 {
		if r.pairs[i] == old {
			return r.pairs[i+1]
		}
	}
	return old
}

func (r *rename) OutSchema(in *arrow.Schema) (*arrow.Schema, error) { return outSchema(r, in) }

func (r *rename) NewTask(in *arrow.Schema, _ dataflow.Env) (dataflow.Task, error) {
	return newColumnTask(r, in)
}

func (r *rename) TakesSelection() bool { return true }

func (r *rename) RowWise() bool { return true }

func (r *rename) InColumns(out []string) []string {
	in := make([]string, 0, len(out))
	for _, c := range out {
		if old, ok := r.Trace(c); ok {
			in = append(in, old)
		}
	}
	return in
}

func (r *rename) Codes(out []string) []string { return r.InColumns(out) }

// Narrow keeps all pairs, since a column that was renamed must not be passed on
// under its old name, and asks only for those that are wanted.
func (r *rename) Narrow(out []string) dataflow.Operator {
	only := make([]string, 0, len(out))
	for _, c := range out {
		if _, ok := r.Trace(c); ok {
			only = append(only, c)
		}
	}
	return &rename{r.pairs, only}
}

func (r *rename) Trace(out string) (string, bool) {
	if !r.wants(out) {
		return "", false
	}
	for i := 0; i+1 < len(r.pairs); i += 2 {
		if r.pairs[i+1] == out {
			return r.pairs[i], true
		}
	}
	return out, r.newName(out) == out
}
