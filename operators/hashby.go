package operators

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/rowhash"
)

// HashBy sends rows with equal values in the named columns to one partition.
// Nulls are one value, as are NaNs, and -0 and 0; a dictionary's value is the
// same as the plain one. The partition depends on the values and the number of
// partitions alone.
//
// Columns may be integers, floats, bools, strings, bytes, dates, times,
// timestamps, durations, decimals and dictionaries of them; another type, and a
// column that is not there, are errors of the graph's check.
func HashBy(columns ...string) dataflow.Partitioner {
	return &hashBy{slices.Clone(columns)}
}

type hashBy struct{ columns []string }

var _ interface {
	dataflow.Partitioner
	dataflow.SelectionTaker
	dataflow.ColumnUser
	fmt.Stringer
} = (*hashBy)(nil)

func (h *hashBy) String() string { return "hash of " + strings.Join(h.columns, ", ") }

func (h *hashBy) Check(in *arrow.Schema) error {
	_, err := h.resolve(in)
	return err
}

func (h *hashBy) resolve(in *arrow.Schema) ([]int, error) {
	if len(h.columns) == 0 {
		return nil, errors.New("no column to hash is named; to spread rows evenly there is RoundRobin")
	}
	columns, err := columnsNamed(h.columns, in)
	if err != nil {
		return nil, err
	}
	for _, c := range columns {
		if f := in.Field(c); !rowhash.Supports(f.Type) {
			return nil, fmt.Errorf("column %q of type %s cannot be hashed", f.Name, f.Type)
		}
	}
	return columns, nil
}

func (h *hashBy) NewRouter(in *arrow.Schema, env dataflow.Env) (func(in dataflow.Chunk, partition []int32) error, error) {
	columns, err := h.resolve(in)
	if err != nil {
		return nil, err
	}
	// Each level of partitioning has a seed of its own: the rows of one partition
	// agree in their hashes of the level above.
	hasher := rowhash.Hasher{Seed: rowhash.Mix(hashBySeed, uint64(env.Level))}
	keys, hashes := make([]arrow.Array, len(columns)), []uint64(nil)
	return func(in dataflow.Chunk, partition []int32) error {
		for i, c := range columns {
			keys[i] = in.Rec.Column(c)
		}
		hashes = slices.Grow(hashes[:0], in.Rows())[:in.Rows()]
		hasher.Hash(keys, in.Sel, hashes)
		rowhash.Partitions(hashes, env.Partitions, partition)
		clear(keys)
		return nil
	}, nil
}

// hashBySeed sets shuffles apart from other users of the hash, whose tables
// would otherwise be filled with keys that agree in their upper bits.
const hashBySeed = 0x73687566666c65 // "shuffle"

func (h *hashBy) TakesSelection() bool { return true }

func (h *hashBy) InColumns([]string) []string { return slices.Clone(h.columns) }
