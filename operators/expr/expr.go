package expr

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
)

// Expr is a value computed from each row of a batch. It is immutable and may be
// shared by goroutines. The zero Expr is none: its Type is an error.
//
// Wherever a method takes operands as any, they are an Expr or a Go constant as Lit
// takes it.
type Expr struct{ t *tree }

// tree is the root of an expression, with what was settled for the schema that it was
// last used with.
type tree struct {
	root  *node
	bound atomic.Pointer[program]
}

// program is an expression held against a schema.
type program struct {
	schema  *arrow.Schema
	columns []string // that are read
	root    *bound
}

// Named is an expression with the name of the column that it becomes.
type Named struct {
	Name string
	Expr Expr
}

// Col is the named column.
func Col(name string) Expr { return of(&node{op: opColumn, name: name}) }

// Lit is a constant: nil for null, a bool, an integer, a float, a string, []byte
// (binary), time.Time (an instant: a timestamp in nanoseconds, UTC, or in
// microseconds where it is outside of the years 1678 to 2261) or time.Duration (a
// duration in nanoseconds). Another type is an error of Type.
func Lit(value any) Expr { return of(literal(value)) }

// If is then where cond is true, otherwise where it is false or null. Both have one
// type, or types with one that holds the values of both.
func If(cond Expr, then, otherwise any) Expr {
	return of(&node{op: opIf, args: []*node{cond.node(), operand(then), operand(otherwise)}})
}

// Func is a user's own function of columns.
//
// result is handed the types of the arguments and returns that of the values. eval
// makes a value for each row of its arguments, which have one length and are
// borrowed; what it returns is given away. It is only shown rows that count (see the
// package comment), is called by several goroutines at once, and not at all where
// there are none. name stands in texts: name(a, b).
func Func(name string, result func(args []arrow.DataType) (arrow.DataType, error),
	eval func(ctx context.Context, args []arrow.Array, alloc memory.Allocator) (arrow.Array, error), args ...any) Expr {
	return of(&node{op: opFunc, name: name, fn: &function{result, eval}, args: operands(nil, args)})
}

func of(n *node) Expr { return Expr{&tree{root: n}} }

func (e Expr) node() *node {
	if e.t == nil {
		return zeroNode
	}
	return e.t.root
}

// As names the column that the expression becomes.
func (e Expr) As(name string) Named { return Named{name, e} }

// String is the expression's canonical text, which package parse reads back: as few
// parentheses as its structure takes, a column bare where it is a word and
// in "double quotes" otherwise, strings in 'single quotes'. Constants without a form of
// their own are written as a cast: cast('2024-01-31' as date).
func (e Expr) String() string { return e.node().text() }

// Columns are the columns that it reads, sorted, each once; not nil.
func (e Expr) Columns() []string { return e.node().columns() }

// Column is the column that the expression is, where it is nothing but that.
func (e Expr) Column() (name string, ok bool) {
	n := e.node()
	return n.name, n.op == opColumn
}

// Equal reports whether two expressions are one, by their texts and the functions in
// them: what has been computed for one is right for the other.
func (e Expr) Equal(other Expr) bool {
	a, b := e.node(), other.node()
	return a == b || a.text() == b.text() && slices.Equal(a.functions(), b.functions())
}

// Type is the type of its values over a schema. Its errors name the operation and the
// types, or the column that is not there and the columns there are.
func (e Expr) Type(in *arrow.Schema) (arrow.DataType, error) {
	p, err := e.program(in)
	if err != nil {
		return nil, err
	}
	return p.typ, nil
}

// program is the expression held against a schema, which most of the time is the one
// that it was last held against.
func (e Expr) program(in *arrow.Schema) (*bound, error) {
	if e.t == nil {
		return nil, errors.New(zeroNode.name)
	}
	last := e.t.bound.Load()
	if last != nil && (last.schema == in || last.fits(in)) {
		return last.root, nil
	}
	root, err := bind(e.t.root, in)
	if err != nil {
		return nil, err
	}
	e.t.bound.Store(&program{in, e.Columns(), root})
	return root, nil
}

// fits reports whether the columns of p stand in the same places of another schema,
// with the same types. Only they are looked at: there may be thousands of others,
// and as many expressions.
func (p *program) fits(in *arrow.Schema) bool {
	for _, name := range p.columns {
		was, is := p.schema.FieldIndices(name), in.FieldIndices(name)
		if len(is) == 0 || was[0] != is[0] || !arrow.TypeEqual(p.schema.Field(was[0]).Type, in.Field(is[0]).Type, arrow.CheckMetadata()) {
			return false
		}
	}
	return true
}

// Eval computes the value of every row of in.Rec, which is borrowed; the result is
// given away. Its length is in.Rec.NumRows(), also where in has a selection: what
// stands at other rows means nothing, and they are never a reason for an error. A
// column by itself is not copied.
func (e Expr) Eval(ctx context.Context, in dataflow.Chunk, alloc memory.Allocator) (arrow.Array, error) {
	p, err := e.program(in.Rec.Schema())
	if err != nil {
		return nil, err
	}
	r := newRun(ctx, in, alloc)
	defer r.release()
	return r.result(p)
}

// Check checks that it is a condition on rows of the schema: a bool.
func (e Expr) Check(in *arrow.Schema) error {
	_, err := e.condition(in)
	return err
}

func (e Expr) condition(in *arrow.Schema) (*bound, error) {
	p, err := e.program(in)
	if err != nil {
		return nil, err
	}
	if p.kind != boolean && p.kind != null {
		return nil, fmt.Errorf("%s is of type %s, no condition: compare it with something", e, nameOf(p.typ))
	}
	return p, nil
}

// Keep sets keep[r] where the expression is true for row r of in.Rec, and clears it
// where it is false or null. len(keep) is the number of rows of in.Rec. in and keep
// are borrowed.
func (e Expr) Keep(ctx context.Context, in dataflow.Chunk, keep []bool, alloc memory.Allocator) error {
	p, err := e.condition(in.Rec.Schema())
	if err != nil {
		return err
	}
	r := newRun(ctx, in, alloc)
	defer r.release()
	return p.test(r, nil, keep)
}
