package operators

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/rowhash"
)

// RoundRobin deals rows to the partitions in turn. Where a row goes depends on
// its place in the source alone, not on batches or workers; each split begins
// with a partition of its own, so that many short splits do not all fill the
// first.
func RoundRobin() dataflow.Partitioner { return roundRobin{} }

type roundRobin struct{}

var _ interface {
	dataflow.Partitioner
	dataflow.SelectionTaker
	dataflow.ColumnUser
	dataflow.PlaceUser
	fmt.Stringer
} = roundRobin{}

func (roundRobin) String() string { return "round robin" }

func (roundRobin) Check(*arrow.Schema) error { return nil }

func (roundRobin) NewRouter(_ *arrow.Schema, env dataflow.Env) (func(in dataflow.Chunk, partition []int32) error, error) {
	n := uint64(env.Partitions)
	return func(in dataflow.Chunk, partition []int32) error {
		start := rowhash.Mix(uint64(in.At.Split), uint64(env.Level)) % n
		p := (start + uint64(in.At.Row)%n) % n
		for i := range partition {
			partition[i] = int32(p)
			if p++; p == n {
				p = 0
			}
		}
		return nil
	}, nil
}

func (roundRobin) TakesSelection() bool { return true }

func (roundRobin) UsesPlace() bool { return true }

func (roundRobin) InColumns([]string) []string { return []string{} }
