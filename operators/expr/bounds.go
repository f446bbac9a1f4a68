package expr

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
)

// Bounds are conditions that every row meets for which the expression is true: of
// columns with constants, as far as they hold for the expression as a whole. Values are
// as [dataflow.Bound] says and ordered as the package comment says, NaN above all
// numbers: a source whose statistics leave NaN out cannot skip by Greater or
// NotEqual. A text beside a column of dates or times is the time that it is read as.
func (e Expr) Bounds(in *arrow.Schema) []dataflow.Bound { return e.node().bounds(in, false) }

// boundOps are the bounds of comparisons, and inverted what holds where they are false.
var boundOps = map[op]dataflow.BoundOp{opEq: dataflow.Equal, opNe: dataflow.NotEqual, opLt: dataflow.Less, opLe: dataflow.LessEqual, opGt: dataflow.Greater, opGe: dataflow.GreaterEqual}

var inverted = map[op]op{opEq: opNe, opNe: opEq, opLt: opGe, opGe: opLt, opGt: opLe, opLe: opGt}

// bounds are those of the rows for which n is true or, where not is set, false.
func (n *node) bounds(in *arrow.Schema, not bool) []dataflow.Bound {
	switch n.op {
	case opColumn:
		return []dataflow.Bound{{Column: n.name, Op: dataflow.Equal, Value: !not}}
	case opNot:
		return n.args[0].bounds(in, !not)
	case opAnd, opOr:
		if (n.op == opAnd) != not {
			return slices.Concat(n.args[0].bounds(in, not), n.args[1].bounds(in, not))
		}
	case opIsNull, opIsNotNull:
		if c := n.args[0]; c.op == opColumn {
			if (n.op == opIsNull) != not {
				return []dataflow.Bound{{Column: c.name, Op: dataflow.IsNull}}
			}
			return []dataflow.Bound{{Column: c.name, Op: dataflow.NotNull}}
		}
	case opEq, opNe, opLt, opLe, opGt, opGe:
		o, column, value := n.op, n.args[0], n.args[1]
		if value.op == opColumn {
			o, column, value = flipped[o], value, column
		}
		if not {
			o = inverted[o]
		}
		if v, ok := value.boundValue(column, in); ok {
			return []dataflow.Bound{{Column: column.name, Op: boundOps[o], Value: v}}
		}
	case opIn:
		return n.listBounds(in, not)
	case opStartsWith:
		if v, ok := n.args[1].boundValue(n.args[0], in); ok && !not {
			return prefixBounds(n.args[0].name, v)
		}
	}
	return nil
}

// listBounds are those of a column that is, or is not, one of constants.
func (n *node) listBounds(in *arrow.Schema, not bool) []dataflow.Bound {
	column := n.args[0]
	if column.op != opColumn {
		return nil
	}
	var values []any
	for _, a := range n.args[1:] {
		if a.op == opLiteral && a.value == nil {
			continue // equal to nothing; and what is not in the list, is not known to be
		}
		v, ok := a.boundValue(column, in)
		if !ok {
			if not {
				continue
			}
			return nil
		}
		values = append(values, v)
	}
	var out []dataflow.Bound
	if not {
		for _, v := range values {
			out = append(out, dataflow.Bound{Column: column.name, Op: dataflow.NotEqual, Value: v})
		}
		return out
	}
	if len(values) == 0 {
		return nil
	}
	least, most := values[0], values[0]
	for _, v := range values[1:] {
		below, ok := compareValues(v, least)
		above, also := compareValues(v, most)
		if !ok || !also {
			return nil
		}
		if below < 0 {
			least = v
		}
		if above > 0 {
			most = v
		}
	}
	if c, ok := compareValues(least, most); ok && c == 0 {
		return []dataflow.Bound{{Column: column.name, Op: dataflow.Equal, Value: least}}
	}
	return []dataflow.Bound{{Column: column.name, Op: dataflow.GreaterEqual, Value: least}, {Column: column.name, Op: dataflow.LessEqual, Value: most}}
}

// compareValues compares two values of bounds of one type.
func compareValues(a, b any) (int, bool) {
	switch x := a.(type) {
	case int64:
		y, ok := b.(int64)
		return cmp.Compare(x, y), ok
	case uint64:
		y, ok := b.(uint64)
		return cmp.Compare(x, y), ok
	case float64:
		y, ok := b.(float64)
		return cmp.Compare(x, y), ok && x == x && y == y
	case string:
		y, ok := b.(string)
		return strings.Compare(x, y), ok
	case []byte:
		y, ok := b.([]byte)
		return bytes.Compare(x, y), ok
	case bool:
		y, ok := b.(bool)
		return one(x) - one(y), ok
	case time.Time:
		y, ok := b.(time.Time)
		return x.Compare(y), ok
	}
	return 0, false
}

// prefixBounds are those of a column that begins with a text or bytes.
func prefixBounds(column string, prefix any) []dataflow.Bound {
	text, isText := prefix.(string)
	raw, isRaw := prefix.([]byte)
	if isText {
		raw = []byte(text)
	}
	if !isText && !isRaw || len(raw) == 0 {
		return []dataflow.Bound{{Column: column, Op: dataflow.NotNull}}
	}
	as := func(b []byte) any {
		if isText {
			return string(b)
		}
		return b
	}
	out := []dataflow.Bound{{Column: column, Op: dataflow.GreaterEqual, Value: as(raw)}}
	end := slices.Clone(raw)
	for len(end) > 0 && end[len(end)-1] == math.MaxUint8 {
		end = end[:len(end)-1]
	}
	if len(end) > 0 {
		end[len(end)-1]++
		out = append(out, dataflow.Bound{Column: column, Op: dataflow.Less, Value: as(end)})
	}
	return out
}

// boundValue is the value of an expression without columns beside a column, where a
// bound can have it.
func (n *node) boundValue(column *node, in *arrow.Schema) (any, bool) {
	if column.op != opColumn {
		return nil, false
	}
	for range n.columns() {
		return nil, false
	}
	if len(n.functions()) > 0 {
		return nil, false
	}
	of, err := bind(column, in)
	if err != nil {
		return nil, false
	}
	b, err := bind(n, arrow.NewSchema(nil, nil))
	if err == nil {
		b, err = b.beside(of)
	}
	if err != nil || b.konst == nil || b.konst.null {
		return nil, false
	}
	v := b.konst
	switch b.kind {
	case boolean:
		return v.bools[0], true
	case signed:
		return v.ints[0], true
	case unsigned:
		return v.uints[0], true
	case floating:
		return v.floats[0], v.floats[0] == v.floats[0]
	case text:
		return string(v.text.row(0)), true
	case raw:
		return slices.Clone(v.text.row(0)), true
	case date, timestamp:
		per := tick(b.typ)
		if per == day {
			return time.Unix(v.ints[0]*86400, 0).UTC(), true
		}
		whole, rest := floorDiv(v.ints[0], int64(time.Second/per))
		return time.Unix(whole, rest*int64(per)).UTC(), true
	}
	return nil, false
}
