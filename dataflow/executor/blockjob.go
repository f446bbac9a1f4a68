package executor

import (
	"context"
	"runtime/debug"
	"slices"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// blockJob is a block whose rows are to be found, by the owner of the split or
// by another worker. blocks.mu guards its fields but for block and bytes.
type blockJob struct {
	blocks *blocks
	block  dataflow.Block
	bytes  int64
	number int // among those of the split, from 1

	claimed  bool
	out      []dataflow.Chunk // found by another worker and not taken by the owner
	rowBytes int64            // of all that were found so
	done     bool
	err      error
	warnings []dataflow.Warning
}

// claim reports whether the caller, and nobody else, is to find the rows and to
// close the block.
func (j *blockJob) claim() bool {
	b := j.blocks
	b.mu.Lock()
	defer b.mu.Unlock()
	if j.claimed {
		return false
	}
	j.claimed = true
	return true
}

// help finds the rows, as a unit of work of any worker.
func (j *blockJob) help(w *worker) error {
	if !j.claim() {
		return nil
	}
	b := j.blocks
	w.rank = b.rank
	if b.apart {
		return j.runApart(w)
	}
	w.frame = frame{split: b.split}
	w.enter(b.stage, dataflow.Chunk{})
	p := b.stage.parser(b.run)
	err := j.find(p)
	j.close()
	b.mu.Lock()
	j.done, j.err, j.warnings = true, err, p.warnings
	if j.bytes > 0 {
		b.growth = max(b.growth, float64(j.rowBytes)/float64(j.bytes))
	}
	p.warnings = nil
	b.changed.Broadcast()
	b.mu.Unlock()
	b.stage.putParser(p)
	return nil // an error is the owner's, where its turn comes
}

// find finds the rows for the owner.
func (j *blockJob) find(p *parser) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &dataflow.PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	ctx := j.blocks.ctx
	for chunk, err := range j.block.Read(ctx, p.env) {
		if err != nil {
			if chunk.Rec != nil {
				chunk.Rec.Release()
			}
			return err
		}
		if ctx.Err() != nil {
			chunk.Rec.Release()
			return context.Cause(ctx)
		}
		if chunk, err = compact(chunk, p.pool); err != nil { // the selection may be overwritten
			return err
		}
		if err := j.keep(chunk); err != nil {
			return err
		}
	}
	return nil
}

// close lets go of the block.
func (j *blockJob) close() {
	j.blocks.run.closing(j.blocks.stage, j.block.Close)
	j.block = nil // the unit of the job may be left for long
	j.blocks.held.reserved.Add(-j.bytes)
}

// keep keeps chunk until the owner takes it.
func (j *blockJob) keep(chunk dataflow.Chunk) error {
	b, n := j.blocks, batch.Bytes(chunk.Rec)
	b.held.reserved.Add(n)
	b.mu.Lock()
	j.out = append(j.out, chunk)
	j.rowBytes += n
	if len(b.jobs) > 0 && b.jobs[0] == j { // none where they were dropped
		b.changed.Broadcast()
	}
	b.mu.Unlock()
	return b.held.check()
}

// passOn pushes the rows of the job, which is the front one, and takes it away.
func (j *blockJob) passOn(w *worker, to *pusher) error {
	b := j.blocks
	if j.claim() {
		if err := j.passInLine(to); err != nil {
			return err
		}
		b.done()
		return nil
	}
	for chunk, ok := j.next(w); ok; chunk, ok = j.next(w) {
		b.held.reserved.Add(-batch.Bytes(chunk.Rec))
		if err := to.push(chunk); err != nil {
			return err
		}
	}
	for _, warning := range j.warnings {
		b.stage.warnAt(b.rank, warning)
	}
	if j.err != nil {
		return j.err
	}
	b.done()
	return nil
}

// passInLine is passOn where nobody else finds the rows.
func (j *blockJob) passInLine(to *pusher) error {
	b := j.blocks
	p := b.stage.parser(b.run)
	defer func() { // also when it panics
		b.stage.putParser(p)
		j.close()
		b.mu.Lock()
		j.done = true
		b.mu.Unlock()
	}()
	return to.pushBlock(j.block, p)
}

// next is the next chunk that another worker finds; false: there are no more.
// Until it is there, w, the owner, finds the rows of jobs behind.
func (j *blockJob) next(w *worker) (dataflow.Chunk, bool) {
	b := j.blocks
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(j.out) == 0 && !j.done {
		i := slices.IndexFunc(b.jobs, func(other *blockJob) bool { return !other.claimed })
		if i < 0 {
			b.changed.Wait()
			continue
		}
		other := b.jobs[i]
		b.mu.Unlock()
		before := w.frame
		_ = other.help(w) // its errors wait for their turn
		w.leave(before)
		b.mu.Lock()
	}
	if len(j.out) == 0 {
		return dataflow.Chunk{}, false
	}
	chunk := j.out[0]
	j.out = j.out[1:]
	return chunk, true
}

// drop lets go of the job, when whoever is at it has seen that no more is
// wanted.
func (j *blockJob) drop() {
	b := j.blocks
	if j.claim() {
		j.close()
		return
	}
	b.mu.Lock()
	for !j.done {
		b.changed.Wait()
	}
	b.mu.Unlock()
	for _, chunk := range j.out {
		b.held.reserved.Add(-batch.Bytes(chunk.Rec))
		chunk.Rec.Release()
	}
	j.out = nil
}

// parser is what finding the rows of a block takes, one block after another.
type parser struct {
	env      dataflow.Env
	account  *account
	pool     *batch.Pool
	warnings []dataflow.Warning // in the block at hand
}

// parser is one that nobody uses.
func (s *stageRun) parser(r *run) *parser {
	s.mu.Lock()
	if n := len(s.parsers); n > 0 {
		p := s.parsers[n-1]
		s.parsers = s.parsers[:n-1]
		s.mu.Unlock()
		return p
	}
	s.mu.Unlock()
	p := &parser{}
	p.env, p.account, p.pool = r.newEnv(s, nil, false)
	p.env.Warn = func(warning dataflow.Warning) { p.warnings = append(p.warnings, warning) }
	r.onClose(func() { p.pool.End(); p.account.close() })
	return p
}

func (s *stageRun) putParser(p *parser) {
	s.mu.Lock()
	s.parsers = append(s.parsers, p)
	s.mu.Unlock()
}

// report hands on the warnings of the block at hand.
func (p *parser) report(s *stageRun, rank dataflow.Place) {
	for _, warning := range p.warnings {
		s.warnAt(rank, warning)
	}
	p.warnings = nil
}
