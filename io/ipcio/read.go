package ipcio

import (
	"context"
	"fmt"
	"iter"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file"
)

// Read yields the rows of a split. A file that is read by several splits is opened
// once a run.
func (s *Source) Read(ctx context.Context, split dataflow.Split, env dataflow.Env) iter.Seq2[dataflow.Chunk, error] {
	return func(yield func(dataflow.Chunk, error) bool) {
		files, end := s.files(env)
		defer end()
		r := &reader{source: s, split: split, env: env, yield: yield, mem: claims{alloc: env.Alloc, reserve: env.Reserve}}
		defer r.mem.drop()
		if err := r.read(ctx, files); err != nil {
			yield(dataflow.Chunk{}, fmt.Errorf("ipcio: %w", named(split.Path, err)))
		}
	}
}

// reader reads one split.
type reader struct {
	source   *Source
	split    dataflow.Split
	env      dataflow.Env
	yield    func(dataflow.Chunk, error) bool
	mem      claims
	schema   *arrow.Schema // of what is yielded
	want     []int         // the file's columns, in the order of schema
	advanced int64
	stopped  bool
}

func (r *reader) read(ctx context.Context, files *files) error {
	whole, err := files.wholeSchema(ctx)
	if err != nil {
		return err
	}
	stream, err := file.IsStream(r.split.Path)
	if err != nil {
		return err
	}
	if !stream {
		o, err := files.take(ctx, r.split.Path)
		if err != nil {
			return err
		}
		defer files.give(o)
		if o.archive != nil {
			return r.readArchive(ctx, o.archive, whole)
		}
	}
	in, messages, err := r.source.openStream(ctx, r.split.Path, &r.mem)
	if err != nil {
		return err
	}
	defer in.Close()
	return r.readStream(ctx, messages, whole, in.File().Consumed)
}

// fit finds the columns of the split's file that are wanted. The file must have
// those of the first file.
func (r *reader) fit(own, whole *arrow.Schema) error {
	if own.NumFields() != whole.NumFields() {
		return fmt.Errorf("this file has %d columns and the first file %d: all files of a scan have the same", own.NumFields(), whole.NumFields())
	}
	r.schema = r.source.prune(whole)
	r.want = make([]int, 0, r.schema.NumFields())
	for _, f := range whole.Fields() {
		at := own.FieldIndices(f.Name)
		if len(at) != 1 {
			return fmt.Errorf("column %q of the first file is %d times in this one: all files of a scan have the same columns", f.Name, len(at))
		}
		if t := own.Field(at[0]).Type; !arrow.TypeEqual(t, f.Type) {
			return fmt.Errorf("column %q has type %s here and %s in the first file: cast it when writing, or scan the files one by one", f.Name, t, f.Type)
		}
		if _, ok := r.schema.FieldsByName(f.Name); ok {
			r.want = append(r.want, at[0])
		}
	}
	return nil
}

// emit yields the rows from to to-1 of the columns arrs, in slices. It does not
// keep arrs.
func (r *reader) emit(ctx context.Context, arrs []arrow.Array, from, to int64) error {
	rows := to
	for i, f := range r.schema.Fields() {
		if !f.Nullable && arrs[i].NullN() > 0 && arrs[i].DataType().ID() != arrow.NULL {
			return fmt.Errorf("column %q has nulls, but its schema, or that of the first file, says that it has none", f.Name)
		}
	}
	if len(arrs) > 0 {
		rows = int64(arrs[0].Len())
	}
	rec := array.NewRecord(r.schema, arrs, rows)
	defer rec.Release()
	step := int64(r.env.BatchRows)
	if step <= 0 {
		step = to - from
	}
	r.mem.drop()
	for at := from; at < to && !r.stopped; at += step {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		out := rec
		if n := min(at+step, to); at == 0 && n == rec.NumRows() {
			out.Retain()
		} else {
			out = rec.NewSlice(at, n)
		}
		r.stopped = !r.yield(dataflow.Chunk{Rec: out}, nil)
	}
	return nil
}

// advance says that the reader has come to byte to of its split.
func (r *reader) advance(to int64) {
	if r.split.Bytes > 0 {
		to = min(to, r.split.Bytes)
	}
	if to > r.advanced {
		r.env.Advance(to - r.advanced)
		r.advanced = to
	}
}

// readArchive reads the rows of the split.
func (r *reader) readArchive(ctx context.Context, a *archive, whole *arrow.Schema) error {
	if err := r.fit(a.schema.arrow, whole); err != nil {
		return err
	}
	from, to := r.split.From, r.split.To
	if to < 0 {
		to = a.rows()
	}
	if from < 0 || from > to || to > a.rows() {
		return fmt.Errorf("rows %d to %d of a file of %d rows: it was changed since it was cut into splits", from, to, a.rows())
	}
	if from == to {
		r.advance(r.split.Bytes)
		return nil
	}
	start := a.bytesAt(from)
	for i := a.batchOf(from); i < len(a.order) && a.starts[i] < to && !r.stopped; i++ {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		first, end := max(from, a.starts[i]), min(to, a.starts[i+1])
		if first >= end {
			continue
		}
		if err := r.readBatch(ctx, a, i, first, end); err != nil {
			return fmt.Errorf("record batch %d at byte %d: %w", i, a.order[i].at, err)
		}
		if !r.stopped {
			r.advance(a.bytesAt(end) - start)
		}
	}
	if !r.stopped {
		r.advance(r.split.Bytes)
	}
	return nil
}

// readBatch yields the rows from first to end-1 of the file, which stand in batch
// i.
func (r *reader) readBatch(ctx context.Context, a *archive, i int, first, end int64) error {
	var arrs []arrow.Array
	var err error
	if first > a.starts[i] || end < a.starts[i+1] {
		var b *sharedBatch
		if b, err = a.part(i, r.want, &r.mem); err == nil {
			defer a.done(i, b, end-first)
		}
		if b != nil {
			arrs = b.arrs
		}
	} else {
		arrs, err = a.decode(i, r.want, &r.mem)
		defer func() { releaseAll(arrs) }()
	}
	if err != nil {
		return err
	}
	return r.emit(ctx, arrs, first-a.starts[i], end-a.starts[i])
}

// sharedBatch is a batch that several splits are parts of, decoded once. Its
// buffers are those of the mapping, so that keeping it takes no memory.
type sharedBatch struct {
	once sync.Once
	arrs []arrow.Array
	err  error
	left int64 // rows that nobody has read
}

func (b *sharedBatch) release() { releaseAll(b.arrs) }

// part is batch i for one that reads a part of it, until it calls done.
func (a *archive) part(i int, want []int, mem *claims) (*sharedBatch, error) {
	a.mu.Lock()
	b := a.shared[i]
	if b == nil {
		b = &sharedBatch{left: a.order[i].rows}
		if a.shared == nil {
			a.shared = map[int]*sharedBatch{}
		}
		a.shared[i] = b
	}
	a.mu.Unlock()
	b.once.Do(func() { b.arrs, b.err = a.decode(i, want, mem) })
	return b, b.err
}

// done says that rows of a batch were read; behind the last it is let go.
func (a *archive) done(i int, b *sharedBatch, rows int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if b.left -= rows; b.left <= 0 && a.shared[i] == b {
		delete(a.shared, i)
		b.release()
	}
}
