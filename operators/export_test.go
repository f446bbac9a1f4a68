package operators

import (
	"math"

	"github.com/arrowmill/arrowmill/dataflow"
)

// Adapting is a grouping whose accumulators let go of their groups when table and states
// have so many bytes, and then, where a group has met fewer than fewRows rows, route the next
// routeRows. They share keys from then on.
func Adapting(g dataflow.Reducer, tableBytes int64, fewRows, routeRows int) dataflow.Reducer {
	adapting := g.(Grouping)
	adapting.planned = &planned{}
	adapting.policy = policy{firstBytes: tableBytes, nextBytes: tableBytes, fewRows: fewRows, routeRows: routeRows, routeMost: 2 * routeRows, valueBytes: 1 << 40}
	return adapting
}

// LettingValuesGo is a grouping whose accumulators let go of their groups when values that
// are all held have so many bytes, and for no other reason.
func LettingValuesGo(g dataflow.Reducer, valueBytes int64) dataflow.Reducer {
	holding := g.(Grouping)
	holding.planned = &planned{}
	holding.policy = policy{firstBytes: 1 << 40, nextBytes: 1 << 40, valueBytes: valueBytes}
	return holding
}

// PlainKeys is a grouping whose accumulators share no keys.
func PlainKeys(g dataflow.Reducer) dataflow.Reducer {
	plain := g.(Grouping)
	plain.planned = &planned{}
	plain.policy.repeat = math.MaxInt32
	return plain
}

// Frequent is a grouping whose accumulators keep the groups that markRows rows have met of a
// table of so many bytes, and look again after watchRows.
func Frequent(g dataflow.Reducer, tableBytes int64, markRows, watchRows int) dataflow.Reducer {
	frequent := g.(Grouping)
	frequent.planned = &planned{}
	frequent.policy = policy{firstBytes: tableBytes, nextBytes: tableBytes, markRows: markRows, watchRows: watchRows, valueBytes: 1 << 40}
	return frequent
}
