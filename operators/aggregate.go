package operators

import (
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
type States interface {
	// Grow makes room for at least groups groups; new ones are empty. It reserves
	// before it allocates.
	Grow(groups int) error

	// Update folds row i of the arguments into group[i]. All slices have one
	// length and are borrowed. at is the place of row 0.
	Update(group []int32, args []arrow.Array, at dataflow.Place) error

	// Merge folds row i of another's State columns, which stand behind what is
	// here, into group[i]. All is borrowed.
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

// Agg is an aggregate with its arguments and the name of its result column.
type Agg struct {
	aggregate Aggregate
	args      []Expr
	name      string
}

// Aggregated is a user's own aggregate of the arguments; function names it, as in
// function(arg, arg).
func Aggregated(function string, aggregate Aggregate, args ...Expr) Agg {
	texts := make([]string, len(args))
	for i, a := range args {
		texts[i] = a.String()
	}
	return Agg{aggregate, args, function + "(" + strings.Join(texts, ", ") + ")"}
}

// As names the result column.
func (a Agg) As(name string) Agg {
	a.name = name
	return a
}

// Name is the name of the result column: by default the aggregate's text, sum(v1).
func (a Agg) Name() string { return a.name }
