package expr

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"slices"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// op is what a node does.
type op uint8

const (
	opInvalid op = iota
	opColumn
	opLiteral
	opAdd
	opSub
	opMul
	opDiv
	opMod
	opNeg
	opEq
	opNe
	opLt
	opLe
	opGt
	opGe
	opAnd
	opOr
	opNot
	opIsNull
	opIsNotNull
	opIn
	opContains
	opStartsWith
	opEndsWith
	opLower
	opUpper
	opTrim
	opLength
	opAbs
	opFloor
	opCeil
	opRound
	opCoalesce
	opIf
	opYear
	opMonth
	opDay
	opHour
	opMinute
	opSecond
	opCast
	opTryCast
	opFunc
)

// node is a node of an expression's tree. It is immutable.
type node struct {
	op    op
	name  string         // of a column or function; what is wrong with an invalid node
	value any            // of a literal: nil, bool, int64, uint64 beyond int64, float64, string, []byte, time.Time, time.Duration
	typ   arrow.DataType // of a cast
	fn    *function
	args  []*node
}

// function is a user's own.
type function struct {
	result func(args []arrow.DataType) (arrow.DataType, error)
	eval   func(ctx context.Context, args []arrow.Array, alloc memory.Allocator) (arrow.Array, error)
}

var zeroNode = &node{name: "the expression is empty: build one with Col or Lit"}

// literal is a Go constant as a node.
func literal(v any) *node {
	switch x := v.(type) {
	case nil, bool, string, time.Duration:
		return &node{op: opLiteral, value: v}
	case time.Time:
		return &node{op: opLiteral, value: x.Round(0).UTC()}
	case []byte:
		if x == nil {
			return &node{op: opLiteral}
		}
		return &node{op: opLiteral, value: slices.Clone(x)}
	}
	switch r := reflect.ValueOf(v); {
	case r.CanInt():
		return &node{op: opLiteral, value: r.Int()}
	case r.CanUint() && r.Uint() <= math.MaxInt64:
		return &node{op: opLiteral, value: int64(r.Uint())}
	case r.CanUint():
		return &node{op: opLiteral, value: r.Uint()}
	case r.CanFloat():
		return &node{op: opLiteral, value: r.Float()}
	case r.Kind() == reflect.String:
		return &node{op: opLiteral, value: r.String()}
	case r.Kind() == reflect.Bool:
		return &node{op: opLiteral, value: r.Bool()}
	}
	return &node{name: fmt.Sprintf("a Go %T is no constant: there are nil, bool, integers, floats, string, []byte, time.Time and time.Duration", v)}
}

// operand is an argument of a method: an expression or a Go constant.
func operand(v any) *node {
	if e, ok := v.(Expr); ok {
		return e.node()
	}
	return literal(v)
}

func operands(first *node, more []any) []*node {
	all := make([]*node, 0, 1+len(more))
	if first != nil {
		all = append(all, first)
	}
	for _, v := range more {
		all = append(all, operand(v))
	}
	return all
}

// negated is -n; of a constant, the constant.
func negated(n *node) *node {
	if n.op == opLiteral {
		switch x := n.value.(type) {
		case int64:
			switch {
			case x == math.MinInt64:
				return &node{op: opLiteral, value: uint64(1) << 63}
			case x != 0:
				return &node{op: opLiteral, value: -x}
			}
			return n
		case uint64:
			if x == 1<<63 {
				return &node{op: opLiteral, value: int64(math.MinInt64)}
			}
		case float64:
			return &node{op: opLiteral, value: -x}
		}
	}
	return &node{op: opNeg, args: []*node{n}}
}

// walk calls f for n and all below it.
func (n *node) walk(f func(*node)) {
	f(n)
	for _, a := range n.args {
		a.walk(f)
	}
}

// columns are the names of the columns that n reads, sorted, each once.
func (n *node) columns() []string {
	names := []string{}
	n.walk(func(n *node) {
		if n.op == opColumn {
			names = append(names, n.name)
		}
	})
	slices.Sort(names)
	return slices.Compact(names)
}

// functions are the user's functions in n, in the order of the text.
func (n *node) functions() []*function {
	var all []*function
	n.walk(func(n *node) {
		if n.op == opFunc {
			all = append(all, n.fn)
		}
	})
	return all
}
