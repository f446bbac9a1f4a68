package expr

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
)

// bound is a node held against a schema: its type, and how to compute it. It is
// immutable.
type bound struct {
	node     *node
	typ      arrow.DataType
	kind     kind
	fallible bool // some rows may be a reason for an error
	konst    *vec // its value, where no row changes it

	// eval computes the values of all rows; those outside of w are any.
	eval func(r *run, w *where) (*vec, error)

	// truths, if set, writes for each row whether it is true, not null.
	truths func(r *run, w *where, out []bool) error

	// array, if set, makes the values as an array without eval.
	array func(r *run, w *where) (arrow.Array, error)
}

// binder makes the bound of a node whose operands are bound.
type binder func(n *node, args []*bound) (*bound, error)

var binders map[op]binder

func init() {
	binders = map[op]binder{
		opAdd: bindArithmetic, opSub: bindArithmetic, opMul: bindArithmetic, opDiv: bindArithmetic, opMod: bindArithmetic,
		opNeg: bindSign, opAbs: bindSign, opFloor: bindRounding, opCeil: bindRounding, opRound: bindRounding,
		opEq: bindCompare, opNe: bindCompare, opLt: bindCompare, opLe: bindCompare, opGt: bindCompare, opGe: bindCompare,
		opAnd: bindJunction, opOr: bindJunction, opNot: bindNot, opIsNull: bindNullTest, opIsNotNull: bindNullTest, opIn: bindIn,
		opIf: bindIf, opCoalesce: bindCoalesce,
		opContains: bindSearch, opStartsWith: bindSearch, opEndsWith: bindSearch,
		opLower: bindLetters, opUpper: bindLetters, opTrim: bindLetters, opLength: bindLength,
		opYear: bindField, opMonth: bindField, opDay: bindField, opHour: bindField, opMinute: bindField, opSecond: bindField,
		opCast: bindCastNode, opTryCast: bindCastNode,
	}
}

// bind holds n against a schema.
func bind(n *node, in *arrow.Schema) (*bound, error) {
	switch n.op {
	case opInvalid:
		return nil, errors.New(n.name)
	case opColumn:
		return bindColumn(n, in)
	case opLiteral:
		return bindLiteral(n), nil
	}
	args := make([]*bound, len(n.args))
	for i, a := range n.args {
		var err error
		if args[i], err = bind(a, in); err != nil {
			return nil, err
		}
	}
	if n.op == opFunc {
		return bindFunc(n, args)
	}
	b, err := binders[n.op](n, args)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", n.text(), err)
	}
	return b.folded(args), nil
}

func bindColumn(n *node, in *arrow.Schema) (*bound, error) {
	i, err := dataflow.Column(in, n.name)
	if err != nil {
		return nil, err
	}
	t := in.Field(i).Type
	return &bound{node: n, typ: t, kind: kindOf(t),
		eval: func(r *run, _ *where) (*vec, error) { return r.column(i), nil },
		array: func(r *run, _ *where) (arrow.Array, error) {
			col := r.in.Rec.Column(i)
			col.Retain()
			return col, nil
		}}, nil
}

func bindLiteral(n *node) *bound {
	v := &vec{single: true}
	var t arrow.DataType
	switch x := n.value.(type) {
	case nil:
		v.null, t = true, arrow.Null
	case bool:
		v.bools, t = []bool{x}, arrow.FixedWidthTypes.Boolean
	case int64:
		v.ints, t = []int64{x}, arrow.PrimitiveTypes.Int64
	case uint64:
		v.uints, t = []uint64{x}, arrow.PrimitiveTypes.Uint64
	case float64:
		v.floats, t = []float64{x}, arrow.PrimitiveTypes.Float64
	case string:
		v.text, t = oneText([]byte(x)), arrow.BinaryTypes.String
	case []byte:
		v.text, t = oneText(x), arrow.BinaryTypes.Binary
	case time.Time:
		t = instantType(x)
		if t.(*arrow.TimestampType).Unit == arrow.Nanosecond {
			v.ints = []int64{x.UnixNano()}
		} else {
			v.ints = []int64{x.UnixMicro()}
		}
	case time.Duration:
		v.ints, t = []int64{int64(x)}, arrow.FixedWidthTypes.Duration_ns
	}
	return constant(n, t, v)
}

func oneText(b []byte) texts { return texts{bytes: b, small: []int32{0, int32(len(b))}, n: 1} }

// constant is a value that no row changes.
func constant(n *node, t arrow.DataType, v *vec) *bound {
	return &bound{node: n, typ: t, kind: kindOf(t), konst: v,
		eval: func(*run, *where) (*vec, error) { return v, nil }}
}

// folded is b computed once, where all of args are constants. Where that is an error,
// it is one of the rows for which it is asked for.
func (b *bound) folded(args []*bound) *bound {
	if b.konst != nil || b.node.op == opFunc || slices.ContainsFunc(args, func(a *bound) bool { return a.konst == nil }) {
		return b
	}
	v, err := b.alone()
	if err != nil {
		return b
	}
	return constant(b.node, b.typ, v)
}

// alone is the value of b for one row that has no columns. Its memory is Go's.
func (b *bound) alone() (*vec, error) {
	r := &run{ctx: context.Background(), rows: 1, alloc: memory.NewGoAllocator()}
	v, err := b.eval(r, nil)
	if err == nil && !v.single {
		return nil, errors.New("expr: a constant depends on rows")
	}
	return v, err
}

// isLiteral reports whether b is a constant of the given kind as it stands in the text.
func (b *bound) isLiteral(k kind) bool { return b.node.op == opLiteral && b.kind == k }

// beside reads a literal as the type of the operand beside it, where it has to: text as
// dates, times, bools, decimals and bytes, floats as decimals.
func (b *bound) beside(o *bound) (*bound, error) {
	switch {
	case b.isLiteral(text) && (o.kind.temporal() || o.kind == boolean || o.kind == decimal || o.kind == raw):
		t := plain(o.typ)
		if o.kind == raw {
			t = arrow.BinaryTypes.Binary
		}
		c, err := bindCast(b.node, b, t, false)
		if err != nil {
			return nil, err
		}
		v, err := c.alone()
		if err != nil {
			return nil, fmt.Errorf("%s is no %s", b.node.text(), nameOf(t))
		}
		return constant(b.node, t, v), nil
	case b.isLiteral(floating) && o.kind == decimal:
		if d, t, ok := decimalOf(b.konst.floats[0]); ok {
			return constant(b.node, t, &vec{single: true, decs: []num{d}}), nil
		}
	}
	return b, nil
}

// pair reads each of two operands beside the other.
func pair(a, b *bound) (*bound, *bound, error) {
	x, err := a.beside(b)
	if err != nil {
		return nil, nil, err
	}
	y, err := b.beside(a)
	return x, y, err
}

// anyFallible reports whether a row can be a reason for an error in one of args.
func anyFallible(args ...*bound) bool {
	return slices.ContainsFunc(args, func(a *bound) bool { return a.fallible })
}

// both evaluates two operands.
func both(r *run, w *where, a, b *bound) (x, y *vec, err error) {
	if x, err = a.eval(r, w); err != nil {
		return nil, nil, err
	}
	y, err = b.eval(r, w)
	return x, y, err
}

// test writes for each row whether b, a condition, is true, not null.
func (b *bound) test(r *run, w *where, out []bool) error {
	if b.truths != nil {
		return b.truths(r, w, out)
	}
	v, err := b.eval(r, w)
	if err != nil {
		return err
	}
	truths(v, out)
	return nil
}

// truths writes for each row whether it is true, not null.
func truths(v *vec, out []bool) {
	switch {
	case v.single:
		yes := v.truth(0)
		for i := range out {
			out[i] = yes
		}
	default:
		copy(out, v.bools)
		v.valid.clear(out)
	}
}

// clear makes out false where rows are null.
func (b bitmap) clear(out []bool) {
	if b.bits == nil {
		return
	}
	bytes := asBytes(out)
	i := 0
	for ; i+8 <= len(bytes); i += 8 {
		eight := bytes[i : i+8]
		binary.LittleEndian.PutUint64(eight, binary.LittleEndian.Uint64(eight)&spreadBits(b.eight(i)))
	}
	for ; i < len(out); i++ {
		out[i] = out[i] && b.at(i)
	}
}

// firstBad is an error for the first row that counts, has no null operand, and is bad;
// nil where there is none.
func (r *run) firstBad(n *node, w *where, operands []*vec, what string, bad func(row int) bool) error {
	for place, row := range r.counting(w) {
		if !slices.ContainsFunc(operands, func(v *vec) bool { return v.isNull(row) }) && bad(row) {
			return r.errorAt(n, place, row, what)
		}
	}
	return nil
}

// errorAt says what is wrong with n in a row, with the columns that it reads there.
func (r *run) errorAt(n *node, place, row int, what string) error {
	if r.in.Rec == nil {
		return fmt.Errorf("%s: %s", n.text(), what)
	}
	var values []string
	for _, name := range n.columns() {
		if i, err := dataflow.Column(r.in.Rec.Schema(), name); err == nil {
			values = append(values, Quoted(name)+" = "+cell(r.in.Rec.Column(i), row))
		}
	}
	where := ""
	if len(values) > 0 {
		where = ", where " + strings.Join(values, ", ")
	}
	return fmt.Errorf("%s: %s, in row %d%s", n.text(), what, r.in.At.Row+int64(place), where)
}

// cell is a value as messages have it.
func cell(col arrow.Array, row int) string {
	s := col.ValueStr(row)
	const most = 60
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most]) + "…"
	}
	if kindOf(col.DataType()) == text && !col.IsNull(row) {
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return s
}
