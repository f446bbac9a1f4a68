package executor

import (
	"cmp"
	"errors"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
)

func isStop(err error) bool { return err != nil && errors.Is(err, dataflow.ErrStop) }

// mapStep is one task of a map.
type mapStep struct {
	stage     *stageRun
	task      dataflow.Task
	emit      dataflow.Emit
	next      step
	pool      *batch.Pool
	selection bool
	schema    schemaCheck

	w     *worker // that runs it now
	split int64
	row   int64 // of the split, emitted so far
	below error // that next returned in this call; at the end of a split, in the last one
}

func (b *chainBuilder) mapStep(n *node, s *stageRun) (step, error) {
	next, err := b.fan(n.next)
	if err != nil {
		return nil, err
	}
	if s.pool != nil {
		a := newAsyncStep(s, next, b.scratch())
		b.chain.onClose(a.drop)
		return a, nil
	}
	env, account, pool := b.run.newEnv(s, b.w, false)
	b.chain.onClose(func() { pool.End(); account.close() })
	var task dataflow.Task
	if err := b.run.guard(s, func() (err error) {
		task, err = s.Operator.NewTask(s.schemas.In, env)
		return stray(err)
	}); err != nil {
		return nil, err
	}
	b.chain.onClose(func() { b.run.closing(s, task.Close) })
	m := &mapStep{stage: s, task: task, next: next, pool: pool, selection: takesSelection(s.Operator)}
	m.emit = m.pass
	return m, nil
}

func (m *mapStep) begin(split int64) {
	m.split, m.row = split, 0
	m.next.begin(split)
}

func (m *mapStep) push(w *worker, c dataflow.Chunk) error {
	m.w = w
	st := m.stage.statsOf(w)
	st.batches.Add(1)
	st.rowsIn.Add(int64(c.Rows()))
	before := w.enter(m.stage, c)
	if !m.selection {
		var err error
		if c, err = compact(c, m.pool); err != nil {
			return w.stageError(err)
		}
	}
	defer c.Rec.Release()
	err := m.process(c)
	if err == nil || isStop(err) {
		w.leave(before)
	}
	return w.stageError(err)
}

// process hands c to the task, in pieces where the stage asks for them.
func (m *mapStep) process(c dataflow.Chunk) error {
	return pieces(c, m.stage.BatchRows, func(c dataflow.Chunk) error {
		m.below = nil
		if err := m.task.Process(m.w.run.ctx, c, m.emit); err != nil {
			return err
		}
		return m.below // which the task was to return
	})
}

// pass numbers what the task emits and hands it on.
func (m *mapStep) pass(c dataflow.Chunk) error {
	n := int64(c.Rows())
	if m.below == nil && n > 0 {
		m.below = cmp.Or(m.schema.of(m.stage, c), m.w.run.ctx.Err())
	}
	if m.below != nil || n == 0 {
		c.Rec.Release()
		return m.below
	}
	c.At = dataflow.Place{Split: m.split, Row: m.row}
	m.row += n
	m.stage.statsOf(m.w).rowsOut.Add(n)
	m.below = m.next.push(m.w, c)
	return m.below
}

// end has the task give out what it holds, also where nothing is wanted any more:
// it must not come with the next split.
func (m *mapStep) end(w *worker, split int64) error {
	if f, ok := m.task.(dataflow.Flusher); ok {
		m.w = w
		before := w.enter(m.stage, dataflow.Chunk{})
		err := f.Flush(w.run.ctx, m.emit)
		if err == nil {
			err = m.below
		}
		if err != nil && !isStop(err) {
			return w.stageError(err)
		}
		w.leave(before)
	}
	m.below = nil
	return m.next.end(w, split)
}

func (m *mapStep) finish(w *worker) error { return m.next.finish(w) }

// pieces calls f with at most rows rows of c at a time, which it borrows; 0: all.
func pieces(c dataflow.Chunk, rows int, f func(dataflow.Chunk) error) error {
	total := c.Rows()
	if rows <= 0 || total <= rows {
		return f(c)
	}
	for from := 0; from < total; from += rows {
		if err := piece(c, from, min(from+rows, total), f); err != nil {
			return err
		}
	}
	return nil
}

// piece calls f with the rows of c from from up to to.
func piece(c dataflow.Chunk, from, to int, f func(dataflow.Chunk) error) error {
	at := dataflow.Place{Split: c.At.Split, Row: c.At.Row + int64(from)}
	if c.Sel != nil {
		return f(dataflow.Chunk{Rec: c.Rec, Sel: c.Sel[from:to], At: at})
	}
	rec := c.Rec.NewSlice(int64(from), int64(to))
	defer rec.Release() // also when f panics
	return f(dataflow.Chunk{Rec: rec, At: at})
}

// unionStep moves the splits of one input behind those of the inputs before it.
type unionStep struct {
	base    int64
	schema  *arrow.Schema
	columns []int // nil: the batch is as the union's schema has it
	stage   *stageRun
	next    step
}

func newUnionStep(s *stageRun, input int, base int64, next step) *unionStep {
	u := &unionStep{base: base, schema: s.schemas.Out, stage: s, next: next}
	in := s.inputs[input].schemas.Out
	if !in.Equal(u.schema) {
		u.columns = make([]int, u.schema.NumFields())
		for i, f := range u.schema.Fields() {
			u.columns[i] = in.FieldIndices(f.Name)[0]
		}
	}
	return u
}

func (u *unionStep) begin(split int64) { u.next.begin(split + u.base) }

func (u *unionStep) push(w *worker, c dataflow.Chunk) error {
	st := u.stage.statsOf(w)
	st.batches.Add(1)
	st.rowsIn.Add(int64(c.Rows()))
	st.rowsOut.Add(int64(c.Rows()))
	c.At.Split += u.base
	if u.columns != nil {
		whole := c.Rec
		c.Rec = batch.Columns(whole, u.schema, u.columns)
		whole.Release()
	}
	return u.next.push(w, c)
}

func (u *unionStep) end(w *worker, split int64) error { return u.next.end(w, split+u.base) }
func (u *unionStep) finish(w *worker) error           { return u.next.finish(w) }
