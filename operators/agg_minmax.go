package operators

import (
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/plaincol"
	"github.com/arrowmill/arrowmill/internal/reserved"
)

// Min is the least value of a group, of the argument's type (a dictionary's value
// type). Strings and binary compare by bytes, false is less than true. -0 is less
// than 0, and NaN, which is one value, is greater than all numbers: it is the
// minimum only where there is nothing else.
func Min(of Expr) Agg { return Aggregated("min", extreme{}, of) }

// Max is the greatest value of a group, in the order of Min: NaN where there is
// one.
func Max(of Expr) Agg { return Aggregated("max", extreme{max: true}, of) }

type extreme struct{ max bool }

func (e extreme) Types(args []arrow.DataType) ([]arrow.Field, arrow.DataType, error) {
	name := "min"
	if e.max {
		name = "max"
	}
	if len(args) != 1 {
		return nil, nil, fmt.Errorf("%s has one argument, not %d", name, len(args))
	}
	out := valueType(args[0])
	if _, err := e.NewStates(args, dataflow.Env{}); err != nil {
		return nil, nil, err
	}
	return []arrow.Field{{Name: name, Type: out, Nullable: true}}, out, nil
}

func (e extreme) NewStates(args []arrow.DataType, env dataflow.Env) (States, error) {
	t := valueType(args[0])
	switch t.ID() {
	case arrow.NULL:
		return &nullStates{}, nil
	case arrow.BOOL:
		return newExtremes(e, t, env, boolForm, math.MaxUint8), nil
	case arrow.INT8:
		return newExtremes(e, t, env, plainForm[int8](), math.MaxInt8), nil
	case arrow.INT16:
		return newExtremes(e, t, env, plainForm[int16](), math.MaxInt16), nil
	case arrow.INT32, arrow.DATE32, arrow.TIME32, arrow.INTERVAL_MONTHS:
		return newExtremes(e, t, env, plainForm[int32](), math.MaxInt32), nil
	case arrow.INT64, arrow.DATE64, arrow.TIME64, arrow.TIMESTAMP, arrow.DURATION:
		return newExtremes(e, t, env, plainForm[int64](), math.MaxInt64), nil
	case arrow.UINT8:
		return newExtremes(e, t, env, plainForm[uint8](), math.MaxUint8), nil
	case arrow.UINT16:
		return newExtremes(e, t, env, plainForm[uint16](), math.MaxUint16), nil
	case arrow.UINT32:
		return newExtremes(e, t, env, plainForm[uint32](), math.MaxUint32), nil
	case arrow.UINT64:
		return newExtremes(e, t, env, plainForm[uint64](), math.MaxUint64), nil
	case arrow.FLOAT16:
		return newExtremes(e, t, env, halfForm, math.MaxInt16), nil
	case arrow.FLOAT32:
		return newExtremes(e, t, env, floatForm(float32Bits), math.MaxInt32), nil
	case arrow.FLOAT64:
		return newExtremes(e, t, env, floatForm(float64Bits), math.MaxInt64), nil
	case arrow.DECIMAL128:
		return extremeStates{&extremeDecimals[[2]uint64]{extremeBase: newExtremeBase(e, t, env)}}, nil
	case arrow.DECIMAL256:
		return extremeStates{&extremeDecimals[[4]uint64]{extremeBase: newExtremeBase(e, t, env)}}, nil
	case arrow.STRING, arrow.BINARY, arrow.LARGE_STRING, arrow.LARGE_BINARY, arrow.FIXED_SIZE_BINARY:
		return extremeStates{&extremeBytes{extremeBase: newExtremeBase(e, t, env)}}, nil
	}
	return nil, fmt.Errorf("values of type %s have no order", args[0])
}

// extremeFold is what the states of minima and maxima differ in.
type extremeFold interface {
	Grow(groups int) error

	// fold folds row i of arr, which is a dictionary or plain, into group[i]. With an
	// error it may have folded some rows: to fold a row again changes nothing.
	fold(group []int32, arr arrow.Array) error

	Result(from, to int) (arrow.Array, error)
	Reset()
	Close()
}

// extremeStates are states of which one is the result so far.
type extremeStates struct{ extremeFold }

func (s extremeStates) Update(group []int32, args []arrow.Array, _ dataflow.Place) error {
	return s.fold(group, args[0])
}

func (s extremeStates) Merge(group []int32, state []arrow.Array) error {
	return s.fold(group, state[0])
}

func (s extremeStates) State(from, to int) ([]arrow.Array, error) {
	col, err := s.Result(from, to)
	if err != nil {
		return nil, err
	}
	return []arrow.Array{col}, nil
}

// extremeBase is what the states of minima and maxima have in common.
type extremeBase struct {
	max    bool
	typ    arrow.DataType
	alloc  memory.Allocator
	ledger *reserved.Ledger

	groups, codes []int32 // scratch
	keep          []uint8
}

func newExtremeBase(e extreme, t arrow.DataType, env dataflow.Env) extremeBase {
	return extremeBase{max: e.max, typ: t, alloc: env.Alloc, ledger: reserved.NewLedger(env.Reserve)}
}

// present leaves out the rows of arr that are null: it returns the groups of the
// others, and which of values stands for each; at is nil where value i stands for
// row i. It reserves what was owed before.
func (s *extremeBase) present(group []int32, arr arrow.Array) (groups, at []int32, values arrow.Array, err error) {
	if err := s.ledger.Settle(); err != nil {
		return nil, nil, nil, err
	}
	dict, coded := arr.(*array.Dictionary)
	if !coded && arr.NullN() == 0 {
		return group, nil, arr, nil
	}
	s.codes = reserved.Scratch(s.ledger, s.codes, len(group))
	s.groups = reserved.Scratch(s.ledger, s.groups, len(group))
	if !coded {
		s.keep = reserved.Scratch(s.ledger, s.keep, len(group))
		expand(s.keep, arr.NullBitmapBytes(), arr.Data().Offset())
		n := squeeze(s.groups, group, s.keep)
		kept(s.codes, s.keep)
		return s.groups[:n], s.codes[:n], arr, nil
	}
	plaincol.Codes(s.codes, dict, 0, nil)
	values = dict.Dictionary()
	n, nulls := 0, values.NullN() > 0
	plaincol.MarkNulls(s.codes, -1, arr, 0, nil)
	for i, code := range s.codes {
		if code < 0 || nulls && values.IsNull(int(code)) {
			continue
		}
		s.groups[n], s.codes[n] = group[i], code
		n++
	}
	return s.groups[:n], s.codes[:n], values, nil
}

// kept writes to the front of rows, of the length of keep, those to keep.
func kept(rows []int32, keep []uint8) {
	n := 0
	for i, k := range keep {
		rows[n] = int32(i)
		n += int(k)
	}
}

func (s *extremeBase) close() {
	s.keep = reserved.Free(s.ledger, s.keep)
	s.groups, s.codes = reserved.Free(s.ledger, s.groups), reserved.Free(s.ledger, s.codes)
	s.ledger.Close()
}

// nullStates are those of a column of nulls.
type nullStates struct{ groups int }

func (s *nullStates) Grow(groups int) error                               { s.groups = groups; return nil }
func (s *nullStates) Update([]int32, []arrow.Array, dataflow.Place) error { return nil }
func (s *nullStates) Merge([]int32, []arrow.Array) error                  { return nil }
func (s *nullStates) State(from, to int) ([]arrow.Array, error) {
	return []arrow.Array{array.NewNull(to - from)}, nil
}
func (s *nullStates) Result(from, to int) (arrow.Array, error) { return array.NewNull(to - from), nil }
func (s *nullStates) Reset()                                   { s.groups = 0 }
func (s *nullStates) Close()                                   {}

var (
	_ Aggregate = extreme{}
	_ States    = extremeStates{}
	_ States    = (*nullStates)(nil)
)
