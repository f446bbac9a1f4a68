package dataflowtest

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// strategy is one way to spread rows over accumulators and to merge these.
type strategy struct {
	accumulators int     // over which the chunks are dealt
	drains       float64 // chance that an accumulator is drained behind a chunk
	tree         bool    // merged in a tree with random fan-in 2 to 4; else all at once
	partitions   int     // fan-out of the exchange of a keyed reducer
	refuse       float64 // chance that Env.Reserve refuses
	sated        bool    // an accumulator that is sated gets no more rows
	ordered      bool    // Env.Ordered
	leave        int     // closed after so many calls of Add and Merge, if not 0
}

// String is the strategy as failures print it.
func (s strategy) String() string {
	parts := []string{fmt.Sprintf("%d accumulators", s.accumulators)}
	add := func(set bool, format string, args ...any) {
		if set {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	add(s.partitions > 1, "%d partitions", s.partitions)
	add(s.drains > 0, "drains in between")
	add(s.tree, "a merge tree of random fan-in")
	add(s.refuse > 0, "a budget that refuses %.0f%% of what is asked for", s.refuse*100)
	add(s.sated, "no rows for who is sated")
	add(s.ordered, "Env.Ordered")
	return strings.Join(parts, ", ")
}

// strategies are those that a reducer is tried in over one shape: all of them
// where thorough is set, else the first and two others, or any one under -short.
func strategies(rng *rand.Rand, keyed, thorough bool) []strategy {
	several := func() int { return 2 + rng.IntN(6) }
	all := []strategy{
		{accumulators: 1},
		{accumulators: several()},
		{accumulators: several(), tree: true, drains: 0.3},
		{accumulators: 1, drains: 0.5, tree: true},
		{accumulators: several(), sated: true},
		{accumulators: 1, sated: true, drains: 0.2},
		{accumulators: 1, refuse: 0.5},
		{accumulators: several(), refuse: 0.2, tree: true},
		{accumulators: several(), refuse: 0.05, drains: 0.1},
	}
	if keyed {
		all = append(all,
			strategy{accumulators: 1, partitions: 2},
			strategy{accumulators: several(), partitions: 64, drains: 0.2},
			strategy{accumulators: several(), partitions: 64, refuse: 0.3},
			strategy{accumulators: several(), partitions: 2, refuse: 0.3, tree: true},
			strategy{accumulators: 1, ordered: true},
			strategy{accumulators: several(), ordered: true, partitions: 2, drains: 0.2},
			strategy{accumulators: several(), ordered: true, partitions: 64, tree: true},
			strategy{accumulators: several(), ordered: true, partitions: 64, refuse: 0.2})
	}
	for i := range all {
		all[i].partitions = max(all[i].partitions, 1)
	}
	if thorough {
		return all
	}
	if short() {
		return []strategy{all[rng.IntN(len(all))]}
	}
	i := 1 + rng.IntN(len(all)-1)
	j := 1 + rng.IntN(len(all)-1)
	return []strategy{all[0], all[i], all[j]}
}
