package data

import (
	"context"
	"fmt"
	"iter"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
)

// blockRows is a multiple of 28, the lines of seven orders of lineitem, and a
// block of it stays in a second-level cache until it is written.
const blockRows = 28 << 8

// Source is the table of so many rows. It depends on rows and seed alone, and may
// be shared.
//
// Shape: → Batch<the table's columns>, 7,168 rows each but for the last.
func (t Table) Source(rows int64, seed uint64) dataflow.Source {
	return &source{table: t, rows: rows, seed: seed, fill: t.begin(rows, t.salt(), seed)}
}

type source struct {
	table Table
	rows  int64
	seed  uint64
	fill  filler
}

var _ dataflow.Source = (*source)(nil)

// String is the source as plans print it.
func (s *source) String() string {
	return fmt.Sprintf("%d rows of %s, seed %d", s.rows, s.table.Name, s.seed)
}

// Schema is the table's.
func (s *source) Schema(context.Context) (*arrow.Schema, error) { return s.table.Schema, nil }

// Splits are runs of blocks.
func (s *source) Splits(_ context.Context, bytes int64, _ dataflow.Env) ([]dataflow.Split, error) {
	if s.rows < 0 {
		return nil, fmt.Errorf("data: a table of %d rows", s.rows)
	}
	step := max(bytes/s.table.rowBytes/blockRows, 1) * blockRows
	var splits []dataflow.Split
	for from := int64(0); from < s.rows; from += step {
		to := min(from+step, s.rows)
		splits = append(splits, dataflow.Split{Path: s.table.Name, From: from, To: to, Bytes: s.table.Bytes(to - from)})
	}
	return splits, nil
}

// Read makes the blocks of a split.
func (s *source) Read(ctx context.Context, split dataflow.Split, env dataflow.Env) iter.Seq2[dataflow.Chunk, error] {
	return func(yield func(dataflow.Chunk, error) bool) {
		b := newBlock(s.table.Schema)
		for from := split.From; from < split.To; from += blockRows {
			if ctx.Err() != nil {
				yield(dataflow.Chunk{}, context.Cause(ctx))
				return
			}
			n := min(blockRows, split.To-from)
			b.reset()
			s.fill(b, cast(s.table.salt(), s.seed, uint64(from/blockRows)), from, int(n))
			env.Advance(s.table.Bytes(n))
			if !yield(dataflow.Chunk{Rec: b.record(s.table.Schema, int(n), env.Alloc)}, nil) {
				return
			}
		}
	}
}
