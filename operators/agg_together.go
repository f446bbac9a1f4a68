package operators

import (
	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/exact"
)

// Aggregates of the same argument read each row's group and value again, and most of what a
// row costs is that:
//
//	mean(x), sum(x)           one exact sum, and a count
//	mean(x), min(x), max(x)   of float64: one pass
//
// Each still has states of its own, which are merged, sent and read as if they were alone;
// but the rows are folded by those of the mean, whichever comes first.

// foldTogether replaces those of the states that can be folded in one pass. states[i] is that
// of aggs[i].
func foldTogether(aggs []aggPlan, states []States) {
	of := func(arg int, is func(s States) bool) int {
		for i, a := range aggs {
			if len(a.args) == 1 && a.args[0] == arg && is(states[i]) {
				return i
			}
		}
		return -1
	}
	for i, a := range aggs {
		m, ok := states[i].(*meanStates)
		if !ok {
			continue
		}
		if at := of(a.args[0], func(s States) bool { _, ok := s.(*sumStates); return ok }); at >= 0 {
			states[at].Close()
			states[at] = sumOfMean{m}
		}
		low := of(a.args[0], func(s States) bool { return floatExtremes(s, false) != nil })
		high := of(a.args[0], func(s States) bool { return floatExtremes(s, true) != nil })
		if low >= 0 && high >= 0 {
			states[i] = &rangedMean{m, floatExtremes(states[low], false), floatExtremes(states[high], true)}
			states[low], states[high] = foldedBeside{states[low]}, foldedBeside{states[high]}
		}
	}
}

// floatExtremes are the states of minima, or maxima, of float64 values; nil where s are others.
func floatExtremes(s States, maxima bool) *extremes[int64] {
	if e, ok := s.(extremeStates); ok {
		if e, ok := e.extremeFold.(*extremes[int64]); ok && e.max == maxima && e.typ.ID() == arrow.FLOAT64 {
			return e
		}
	}
	return nil
}

// sumOfMean are the states of a sum whose values those of a mean have.
type sumOfMean struct{ mean *meanStates }

func (sumOfMean) Grow(int) error                                      { return nil }
func (sumOfMean) Update([]int32, []arrow.Array, dataflow.Place) error { return nil }
func (sumOfMean) Merge([]int32, []arrow.Array) error                  { return nil }
func (sumOfMean) Reset()                                              {}
func (sumOfMean) Close()                                              {}

func (s sumOfMean) State(from, to int) ([]arrow.Array, error) {
	return s.mean.totals.state(from, to, s.mean.count)
}

func (s sumOfMean) Result(from, to int) (arrow.Array, error) {
	return s.mean.totals.result(from, to, s.mean.count)
}

// rangedMean are the states of a mean that fold the rows of a minimum and a maximum too.
type rangedMean struct {
	*meanStates
	low, high *extremes[int64]
}

func (s *rangedMean) Update(group []int32, args []arrow.Array, _ dataflow.Place) error {
	counted, err := s.totals.add(group, args[0], exact.Beside{Count: s.count, Low: s.low.values, High: s.high.values})
	if err != nil {
		return err
	}
	s.low.has.mark(counted)
	s.high.has.mark(counted)
	return nil
}

// foldedBeside are states whose rows others fold.
type foldedBeside struct{ States }

func (foldedBeside) Update([]int32, []arrow.Array, dataflow.Place) error { return nil }

var (
	_ States = sumOfMean{}
	_ States = (*rangedMean)(nil)
	_ States = foldedBeside{}
)
