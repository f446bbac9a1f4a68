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

// LargestMost is the greatest k of [Largest].
const LargestMost = 1000

// Largest is the k largest values that are not null, k from 1 to LargestMost, as a list of
// the argument's type, greatest first, equal values as often as they come; shorter where
// there are fewer and null where there are none. The argument is an integer, a float, a
// date, a time, a timestamp or a duration, plain or dictionary-encoded; half floats become
// float32. NaN is larger than all numbers, and -0 becomes 0.
//
// Every group takes room for k values.
func Largest(arg Expr, k int) Agg {
	return withParameters("largest", largest{k}, []Expr{arg}, k)
}

type largest struct{ k int }

var _ Aggregate = largest{}

func (a largest) Types(args []arrow.DataType) ([]arrow.Field, arrow.DataType, error) {
	t, err := oneArgument("largest", args)
	if err != nil {
		return nil, nil, err
	}
	if a.k < 1 || a.k > LargestMost {
		return nil, nil, fmt.Errorf("largest takes a number of values from 1 to %d, not %d", LargestMost, a.k)
	}
	out := arrow.ListOf(heldType(t))
	switch t.ID() {
	case arrow.DATE32, arrow.DATE64, arrow.TIME32, arrow.TIME64, arrow.TIMESTAMP, arrow.DURATION:
	default:
		if !isNumber(t) {
			return nil, nil, fmt.Errorf("largest needs numbers or times, not %s", valueType(args[0]))
		}
	}
	return []arrow.Field{{Name: "values", Type: out, Nullable: true}}, out, nil
}

func (a largest) NewStates(args []arrow.DataType, env dataflow.Env) (States, error) {
	if _, _, err := a.Types(args); err != nil {
		return nil, err
	}
	t := heldType(valueType(args[0]))
	switch t.ID() {
	case arrow.FLOAT32:
		return newLargestStates[float32](a.k, t, env), nil
	case arrow.FLOAT64:
		return newLargestStates[float64](a.k, t, env), nil
	case arrow.INT8:
		return newLargestStates[int8](a.k, t, env), nil
	case arrow.INT16:
		return newLargestStates[int16](a.k, t, env), nil
	case arrow.INT32, arrow.DATE32, arrow.TIME32:
		return newLargestStates[int32](a.k, t, env), nil
	case arrow.UINT8:
		return newLargestStates[uint8](a.k, t, env), nil
	case arrow.UINT16:
		return newLargestStates[uint16](a.k, t, env), nil
	case arrow.UINT32:
		return newLargestStates[uint32](a.k, t, env), nil
	case arrow.UINT64:
		return newLargestStates[uint64](a.k, t, env), nil
	}
	return newLargestStates[int64](a.k, t, env), nil
}

// largestStates keeps k slots a group: the first kept[g] of them hold its largest values,
// greatest first.
type largestStates[T number] struct {
	k      int
	held   arrow.DataType
	slots  []T
	kept   []int32
	arg    numbers[T]
	ledger *reserved.Ledger
	alloc  memory.Allocator
}

var _ States = (*largestStates[float64])(nil)

func newLargestStates[T number](k int, held arrow.DataType, env dataflow.Env) States {
	l := reserved.NewLedger(env.Reserve)
	return &largestStates[T]{k: k, held: held, arg: numbers[T]{ledger: l}, ledger: l, alloc: env.Alloc}
}

func (s *largestStates[T]) Grow(groups int) error {
	err := s.ledger.Settle()
	if err != nil || groups <= len(s.kept) {
		return err
	}
	if s.slots, err = reserved.Grow(s.ledger, s.slots, groups*s.k); err == nil {
		s.kept, err = reserved.Grow(s.ledger, s.kept, groups)
	}
	return err
}

func (s *largestStates[T]) Update(group []int32, args []arrow.Array, _ dataflow.Place) error {
	if err := s.ledger.Settle(); err != nil {
		return err
	}
	group, values := s.arg.dense(group, args[0])
	for len(group) > 0 {
		n := len(group)
		if len(s.kept) >= fetchedGroups {
			n = min(n, fetchedRows)
			fetchSlots(s.slots, s.kept, s.k, group[:n])
		}
		keepLargest(s.slots, s.kept, s.k, group[:n], values)
		group, values = group[n:], values[n:]
	}
	return nil
}

const (
	fetchedRows   = 256     // rows whose slots are loaded ahead, together
	fetchedGroups = 1 << 14 // number of groups from which that pays
)

// fetchSlots loads the least of the slots of the groups, so that the cache misses of a batch
// overlap; keepLargest waits for each, to know whether to go on. The result keeps the loads
// from being dropped.
//
//go:noinline
func fetchSlots[T number](slots []T, kept []int32, k int, group []int32) (mixed T) {
	for _, g := range group {
		mixed += slots[int(g)*k+k-1] + T(kept[g])
	}
	return mixed
}

// keepLargest puts values[i] among the k largest of group[i], where it is one of them.
func keepLargest[T number](slots []T, kept []int32, k int, group []int32, values []T) {
	values = values[:len(group)]
	for i, g := range group {
		v, n := values[i], int(kept[g])
		top := slots[int(g)*k : int(g)*k+k]
		if n == k && !above(v, top[k-1]) {
			continue
		}
		insert(top, n, v)
		kept[g] = int32(min(n+1, k))
	}
}

// above reports whether v stands before w: NaN before numbers.
func above[T number](v, w T) bool { return v > w || v != v && w == w }

// insert puts v among the n first of top, which may drop the last one.
func insert[T number](top []T, n int, v T) {
	if v == 0 {
		v = 0 // not -0
	} else if v != v {
		v = T(math.NaN()) // whatever NaN it was
	}
	at := min(n, len(top)-1)
	for ; at > 0 && above(v, top[at-1]); at-- {
		top[at] = top[at-1]
	}
	top[at] = v
}

func (s *largestStates[T]) Merge(group []int32, state []arrow.Array) error {
	lists := state[0].(*array.List)
	values := plaincol.Values[T](lists.ListValues())
	for i, g := range group {
		if lists.IsNull(i) {
			continue
		}
		from, to := lists.ValueOffsets(i)
		for _, v := range values[from:to] {
			s.keep(int(g), v)
		}
	}
	return nil
}

func (s *largestStates[T]) keep(g int, v T) {
	n, top := int(s.kept[g]), s.slots[g*s.k:g*s.k+s.k]
	if n == s.k && !above(v, top[s.k-1]) {
		return
	}
	insert(top, n, v)
	s.kept[g] = int32(min(n+1, s.k))
}

func (s *largestStates[T]) State(from, to int) ([]arrow.Array, error) {
	lists, err := s.Result(from, to)
	return []arrow.Array{lists}, err
}

func (s *largestStates[T]) Result(from, to int) (arrow.Array, error) {
	total := 0
	for _, n := range s.kept[from:to] {
		total += int(n)
	}
	if total > math.MaxInt32 {
		return nil, fmt.Errorf("the largest %d values of %d groups do not fit one batch", s.k, to-from)
	}
	values, offsets := plaincol.New[T](s.alloc, total), plaincol.New[int32](s.alloc, to-from+1)
	valid, at := plaincol.NewValidity(s.alloc, to-from), 0
	for g := from; g < to; g++ {
		n := int(s.kept[g])
		if n == 0 {
			valid.Null(g - from)
		}
		at += copy(values.Values[at:], s.slots[g*s.k:g*s.k+n])
		offsets.Values[g-from+1] = int32(at)
	}
	return plaincol.List(arrow.ListOf(s.held), &valid, offsets, values.Array(s.held)), nil
}

func (s *largestStates[T]) Reset() {
	s.slots, s.kept = reserved.Empty(s.ledger, s.slots), reserved.Empty(s.ledger, s.kept)
}

func (s *largestStates[T]) Close() {
	s.slots, s.kept = reserved.Free(s.ledger, s.slots), reserved.Free(s.ledger, s.kept)
	s.arg.close()
	s.ledger.Close()
}
