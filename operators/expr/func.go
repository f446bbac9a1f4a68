package expr

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// bindFunc binds a user's function.
func bindFunc(n *node, args []*bound) (*bound, error) {
	if n.fn.result == nil || n.fn.eval == nil {
		return nil, fmt.Errorf("%s: a function is nil", n.text())
	}
	types := make([]arrow.DataType, len(args))
	for i, a := range args {
		types[i] = a.typ
	}
	t, err := n.fn.result(types)
	if err == nil && t == nil {
		err = fmt.Errorf("the function has no result type")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", n.text(), err)
	}
	b := &bound{node: n, typ: t, kind: kindOf(t), fallible: true}
	b.array = func(r *run, w *where) (arrow.Array, error) { return r.call(b, w, args) }
	b.eval = func(r *run, w *where) (*vec, error) {
		arr, err := b.array(r, w)
		if err != nil {
			return nil, err
		}
		r.arrays = append(r.arrays, arr)
		return r.load(arr), nil
	}
	return b, nil
}

// call calls a user's function for the rows that count.
func (r *run) call(b *bound, w *where, args []*bound) (arrow.Array, error) {
	var rows []int32 // nil: all
	if r.in.Sel != nil || w != nil {
		rows = make([]int32, 0, r.rows)
		for _, row := range r.counting(w) {
			rows = append(rows, int32(row))
		}
		if len(rows) == r.rows {
			rows = nil
		}
	}
	if rows != nil && len(rows) == 0 || r.rows == 0 {
		return r.toArray(&vec{single: true, null: true}, b.typ)
	}
	in := make([]arrow.Array, len(args))
	defer func() {
		for _, a := range in {
			if a != nil {
				a.Release()
			}
		}
	}()
	for i, a := range args {
		arr, err := r.arrayOf(a, w)
		if err != nil {
			return nil, err
		}
		if rows != nil {
			some, err := batch.TakeArray(arr, rows, r.alloc)
			arr.Release()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", b.node.text(), err)
			}
			arr = some
		}
		in[i] = arr
	}
	out, err := b.node.fn.eval(r.ctx, in, r.alloc)
	if out == nil && err == nil {
		err = fmt.Errorf("the function returned no array")
	}
	if err != nil {
		if out != nil {
			out.Release()
		}
		return nil, fmt.Errorf("%s: %w", b.node.text(), err)
	}
	for _, a := range in { // one of them given back is still ours too
		if a == out {
			out.Retain()
			break
		}
	}
	want := r.rows
	if rows != nil {
		want = len(rows)
	}
	if out.Len() != want || !arrow.TypeEqual(out.DataType(), b.typ) {
		defer out.Release()
		return nil, fmt.Errorf("%s: the function returned %d values of type %s for %d rows of type %s", b.node.text(), out.Len(), nameOf(out.DataType()), want, nameOf(b.typ))
	}
	if rows == nil {
		return out, nil
	}
	defer out.Release()
	back := make([]int32, r.rows) // rows that do not count get any value
	for i, row := range rows {
		back[row] = int32(i)
	}
	return batch.TakeArray(out, back, r.alloc)
}
