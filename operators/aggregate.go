package operators

import (
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
)

// Aggregate folds the rows of each group to one value. It is vectorised (one
// call a batch, for the rows of many groups) and mergeable (the state of a
// group is a row of columns that can be sent, spilled and merged). The built-in
// aggregates implement it and so may a user's; hand it to Agg by [Aggregated].
//
// An Aggregate is immutable and may be shared.
type Aggregate interface {
	// Types checks the types of the arguments, and returns the columns of the
	// state and the type of the result.
	Types(args []arrow.DataType) (state []arrow.Field, out arrow.DataType, err error)

	// NewStates returns the states of no groups, of one accumulator.
	NewStates(args []arrow.DataType, env dataflow.Env) (States, error)
}

// States are the states of an aggregate for groups 0, 1, 2, …, in columns
// indexed by group. They belong to one goroutine. By SQL's rule a null argument
// is skipped and a group with nothing but nulls is null.
//
// An Update or Merge that returns an error wrapping [dataflow.ErrBudget] must have
// folded nothing (or nothing that shows when it is folded twice, as in a maximum):
// the caller lets the State of all groups go, calls Reset and Grow, and calls again
// for the same rows. State must then do without asking for more. Any other error
// ends the run.
type States interface {
	// Grow makes room for at least groups groups; new ones are empty. It reserves
	// before it allocates.
	Grow(groups int) error

	// Update folds row i of the arguments into group[i]. All slices have one
	// length and are borrowed. at is the place of row 0 in source order, and row i
	// stands i rows behind it: an aggregate to which order matters (first, last)
	// keeps the place of what it holds and compares. Calls come in any order.
	Update(group []int32, args []arrow.Array, at dataflow.Place) error

	// Merge folds row i of another's State columns into group[i]. All is
	// borrowed. The other's rows may stand before, behind or between those folded
	// here: places that matter are part of the state.
	Merge(group []int32, state []arrow.Array) error

	// State is the state of groups from to to-1, in the columns of Types, given
	// away.
	State(from, to int) ([]arrow.Array, error)

	// Result is the value of groups from to to-1, given away.
	Result(from, to int) (arrow.Array, error)

	// Reset forgets all groups and keeps the memory where that pays.
	Reset()

	Close()
}

// valueStates are states that hold every value, so that folding does not make them fewer.
type valueStates interface {
	// valueBytes is what values take, and what is reserved for them.
	valueBytes() (taken, room int64)

	// keepRoom says whether Reset keeps that: as many values will follow at once.
	keepRoom(keep bool)

	// stateOf is State of the groups from+rows[i], in that order: a gather of lists less.
	stateOf(from int, rows []int32) ([]arrow.Array, error)
}

// Agg is an aggregate with its arguments, its text and the name of its result
// column.
type Agg struct {
	aggregate Aggregate
	args      []Expr
	text      string
	name      string // empty: the text
}

// Aggregated is a user's own aggregate of the arguments; function names it, as in
// function(arg, arg).
func Aggregated(function string, aggregate Aggregate, args ...Expr) Agg {
	return withParameters(function, aggregate, args)
}

// withParameters is Aggregated with parameters, which follow the arguments in the
// text.
func withParameters(function string, aggregate Aggregate, args []Expr, parameters ...any) Agg {
	texts := make([]string, 0, len(args)+len(parameters))
	for _, a := range args {
		texts = append(texts, a.String())
	}
	for _, p := range parameters {
		texts = append(texts, fmt.Sprint(p))
	}
	return Agg{aggregate: aggregate, args: args, text: function + "(" + strings.Join(texts, ", ") + ")"}
}

// As names the result column.
func (a Agg) As(name string) Agg {
	a.name = name
	return a
}

// Name is the name of the result column: by default the aggregate's text, sum(v1).
func (a Agg) Name() string {
	if a.name == "" {
		return a.text
	}
	return a.name
}

// String is the aggregate as plans print it: its text, and its name where As gave
// it another one: count() as n.
func (a Agg) String() string {
	if a.Name() == a.text {
		return a.text
	}
	return a.text + " as " + a.name
}

var _ fmt.Stringer = Agg{}
