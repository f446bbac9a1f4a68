package dataflowtest

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"math/big"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// checkBounds checks that rows that miss a bound of op do not matter to it.
func checkBounds(op dataflow.Operator, in arrow.Record, w wanted, s shape) error {
	b, ok := op.(dataflow.Bounder)
	if !ok {
		return nil
	}
	bounds := b.Bounds(in.Schema())
	var kept []int32
	rows := Rows(in)
	for i, row := range rows {
		missed := false
		for _, bound := range bounds {
			at, err := dataflow.Column(in.Schema(), bound.Column)
			if err != nil {
				return fmt.Errorf("a bound of it: %w", err)
			}
			missed = missed || misses(row[at], bound)
		}
		if !missed {
			kept = append(kept, int32(i))
		}
	}
	less, err := batch.Take(in, kept, newLedger())
	if err != nil {
		return err
	}
	defer less.Release()
	if err := checkOperator(op, less, w, s); err != nil {
		return fmt.Errorf("without the rows that miss one of its bounds %v: %w", bounds, err)
	}
	return nil
}

// misses reports whether a value surely misses a bound. A NaN and a value of
// another kind are left to the operator.
func misses(v any, b dataflow.Bound) bool {
	switch {
	case b.Op == dataflow.IsNull:
		return v != nil
	case v == nil:
		return true
	case b.Op == dataflow.NotNull:
		return false
	}
	c, ok := against(v, b.Value)
	if !ok {
		return false
	}
	switch b.Op {
	case dataflow.Equal:
		return c != 0
	case dataflow.NotEqual:
		return c == 0
	case dataflow.Less:
		return c >= 0
	case dataflow.LessEqual:
		return c > 0
	case dataflow.Greater:
		return c <= 0
	case dataflow.GreaterEqual:
		return c < 0
	}
	return false
}

// against compares a value of Rows with one of a bound, where they compare.
func against(v, bound any) (int, bool) {
	if x, ok := number(v); ok {
		y, ok := number(bound)
		if !ok {
			return 0, false
		}
		return x.Cmp(y), true
	}
	switch x := v.(type) {
	case string:
		if y, ok := bound.(string); ok {
			return strings.Compare(x, y), true
		}
	case []byte:
		if y, ok := bound.([]byte); ok {
			return bytes.Compare(x, y), true
		}
	case bool:
		if y, ok := bound.(bool); ok {
			return cmp.Compare(truth(x), truth(y)), true
		}
	case time.Time:
		if y, ok := bound.(time.Time); ok {
			return x.Compare(y), true
		}
	}
	return 0, false
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// number is a value as an exact number, where it is one.
func number(v any) (*big.Float, bool) {
	exact := func() *big.Float { return new(big.Float).SetPrec(128) }
	switch x := v.(type) {
	case int8:
		return exact().SetInt64(int64(x)), true
	case int16:
		return exact().SetInt64(int64(x)), true
	case int32:
		return exact().SetInt64(int64(x)), true
	case int64:
		return exact().SetInt64(x), true
	case uint8:
		return exact().SetUint64(uint64(x)), true
	case uint16:
		return exact().SetUint64(uint64(x)), true
	case uint32:
		return exact().SetUint64(uint64(x)), true
	case uint64:
		return exact().SetUint64(x), true
	case float32:
		return number(float64(x))
	case float64:
		if math.IsNaN(x) {
			return nil, false
		}
		return exact().SetFloat64(x), true
	}
	return nil, false
}

// checkTrace checks that the columns that op traces are those of the input, of
// some of its rows, in their order.
func checkTrace(op dataflow.Operator, in arrow.Record, w wanted) error {
	tracer, ok := op.(dataflow.Tracer)
	if !ok {
		return nil
	}
	var from, to []int
	for i, f := range w.schema.Fields() {
		name, ok := tracer.Trace(f.Name)
		if !ok {
			continue
		}
		at, err := dataflow.Column(in.Schema(), name)
		if err != nil {
			return fmt.Errorf("it traces column %q: %w", f.Name, err)
		}
		from, to = append(from, at), append(to, i)
	}
	next := 0
	rows := Rows(in)
	for i, row := range w.rows {
		for next < len(rows) && !sameRow(chosen(rows[next], from), chosen(row, to), 0) {
			next++
		}
		if next == len(rows) {
			return fmt.Errorf("row %d of what it makes, %s, is not one of the rows, in their order, that it traces the columns to", i, formatRow(row))
		}
		next++
	}
	return nil
}

func chosen(row []any, at []int) []any {
	out := make([]any, len(at))
	for i, j := range at {
		out[i] = row[j]
	}
	return out
}
