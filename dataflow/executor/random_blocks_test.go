package executor_test

import (
	"context"
	"iter"

	"github.com/arrowmill/arrowmill/dataflow"
)

// drawnBlockSource is a drawn source that yields blocks, but for each third
// split.
type drawnBlockSource struct{ drawnSource }

type drawnPrunedBlockSource struct{ drawnBlockSource }

func (s drawnPrunedBlockSource) PruneColumns(cols []string) dataflow.Source {
	s.cols = cols
	return s
}

func (s drawnPrunedBlockSource) TakeBounds(b []dataflow.Bound) dataflow.Source {
	s.bounds = b
	return s
}

func (s drawnBlockSource) Blocks(_ context.Context, split dataflow.Split, env dataflow.Env) (iter.Seq2[dataflow.Block, error], bool) {
	if split.From%3 == 2 {
		return nil, false
	}
	rows := s.rows(split)
	return func(yield func(dataflow.Block, error) bool) {
		for from := 0; ; from += s.node.blockRows {
			if err := s.at("Blocks", env); err != nil {
				yield(nil, err)
				return
			}
			if from >= len(rows) {
				return
			}
			some := rows[from:min(from+s.node.blockRows, len(rows))]
			if !yield(&drawnBlock{instance: s.instance(dataflow.Env{}), source: s, rows: some, from: from}, nil) {
				return
			}
		}
	}, true
}

type drawnBlock struct {
	*instance
	source drawnBlockSource
	rows   []row
	from   int
}

func (b *drawnBlock) Bytes() int64 { return int64(len(b.rows)) * 100 }

func (b *drawnBlock) Read(_ context.Context, env dataflow.Env) iter.Seq2[dataflow.Chunk, error] {
	return func(yield func(dataflow.Chunk, error) bool) {
		defer b.enter()()
		for from := 0; from < len(b.rows); from += b.node.batch {
			if err := b.at("Block.Read", env); err != nil {
				yield(dataflow.Chunk{}, err)
				return
			}
			if !yield(b.source.some(b.rows[from:min(from+b.node.batch, len(b.rows))], b.from+from, env), nil) {
				return
			}
		}
	}
}

func (b *drawnBlock) Close() { b.close() }
