package executor

import (
	"context"

	"github.com/arrowmill/arrowmill/dataflow"
)

// pusher pushes the chunks of a split into a pipeline, one behind another.
type pusher struct {
	w       *worker
	stage   *stageRun
	chain   *chain
	at      int64
	rows    int64
	stopped bool // the pipeline wants no more
	waits   bool // it may be held up while too much is in transit
}

// push takes chunk. ErrStop: no more is wanted.
func (p *pusher) push(chunk dataflow.Chunk) error {
	n := int64(chunk.Rows())
	if n == 0 {
		chunk.Rec.Release()
		return nil
	}
	chunk.At = dataflow.Place{Split: p.at, Row: p.rows}
	p.rows += n
	st := p.stage.statsOf(p.w)
	st.batches.Add(1)
	st.rowsOut.Add(n)
	err := p.chain.inHand(chunk)
	if err == nil {
		err = p.chain.schema.of(p.stage, chunk)
	}
	if err == nil {
		err = p.chain.head.push(p.w, chunk)
		p.stopped = isStop(err)
	} else {
		chunk.Rec.Release()
	}
	p.chain.held.reserved.Store(0)
	if err != nil {
		return err
	}
	if p.w.run.ctx.Err() != nil {
		return context.Cause(p.w.run.ctx)
	}
	if !p.waits {
		return p.w.assist(p.stage)
	}
	return p.w.gate()
}

// pushBlock finds the rows of block by itself and pushes them.
func (p *pusher) pushBlock(block dataflow.Block, with *parser) error {
	defer with.report(p.stage, p.w.rank)
	for chunk, err := range block.Read(p.w.run.ctx, with.env) {
		if err != nil {
			if chunk.Rec != nil {
				chunk.Rec.Release()
			}
			return err
		}
		if err := p.push(chunk); err != nil {
			return err
		}
	}
	return nil
}
