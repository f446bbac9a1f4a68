package memio

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// Source is batches in memory as a source. It is immutable but for Release and
// may be shared by graphs and runs.
type Source struct {
	schema  *arrow.Schema
	columns []int // of the batches; nil: all
	held    *held
	err     error // what Schema reports
}

// held is the batches that a source and those pruned from it share.
type held struct {
	mu       sync.RWMutex
	recs     []arrow.Record
	released bool
}

// Batches is a source of the rows of recs, in order. They must have one schema,
// and at least one must be given (see [Empty]): Schema reports it otherwise.
//
// The source retains recs until [Source.Release]. Where their memory is Go's,
// as that of most programs is, Release may be left out.
func Batches(recs ...arrow.Record) *Source {
	s := &Source{held: &held{recs: slices.Clone(recs)}}
	for i, rec := range recs {
		rec.Retain()
		batch.CountNulls(rec) // several readers will read it at once
		switch {
		case i == 0:
			s.schema = rec.Schema()
		case s.err == nil && !rec.Schema().Equal(s.schema):
			s.err = fmt.Errorf("memio: batch %d has columns %s, but batch 0 has %s", i,
				dataflow.FormatSchema(rec.Schema()), dataflow.FormatSchema(s.schema))
		}
	}
	if len(recs) == 0 {
		s.err = errors.New("memio: no batch to take the schema from: use memio.Empty")
	}
	return s
}

// Empty is a source of no rows.
func Empty(schema *arrow.Schema) *Source {
	return &Source{schema: schema, held: &held{}}
}

// Release gives the batches back. Call it when no run reads the source any more:
// reading it is an error from then on. Calling it again does nothing.
func (s *Source) Release() {
	s.held.mu.Lock()
	defer s.held.mu.Unlock()
	for _, rec := range s.held.recs {
		rec.Release()
	}
	s.held.recs, s.held.released = nil, true
}

// String is the source as plans print it.
func (s *Source) String() string {
	s.held.mu.RLock()
	defer s.held.mu.RUnlock()
	var rows int64
	for _, rec := range s.held.recs {
		rows += rec.NumRows()
	}
	text := fmt.Sprintf("%d rows in memory", rows)
	if s.columns != nil {
		text += ", columns " + dataflow.FormatSchema(s.schema)
	}
	return text
}

// Schema is that of the batches.
func (s *Source) Schema(context.Context) (*arrow.Schema, error) {
	if s.err != nil {
		return nil, s.err
	}
	return s.schema, nil
}

// PruneColumns returns a source of the named columns of the same batches. It
// need not be released.
func (s *Source) PruneColumns(columns []string) dataflow.Source {
	pruned := &Source{columns: []int{}, held: s.held, err: s.err}
	var fields []arrow.Field
	for i, f := range s.schemaFields() {
		if !slices.Contains(columns, f.Name) {
			continue
		}
		at := i
		if s.columns != nil {
			at = s.columns[i]
		}
		pruned.columns = append(pruned.columns, at)
		fields = append(fields, f)
	}
	pruned.schema = arrow.NewSchema(fields, nil)
	return pruned
}

func (s *Source) schemaFields() []arrow.Field {
	if s.schema == nil {
		return nil
	}
	return s.schema.Fields()
}

// batches are the source's, each retained once more.
func (s *Source) batches() ([]arrow.Record, error) {
	s.held.mu.RLock()
	defer s.held.mu.RUnlock()
	switch {
	case s.err != nil:
		return nil, s.err
	case s.held.released:
		return nil, errors.New("memio: the source has been released")
	}
	recs := make([]arrow.Record, len(s.held.recs))
	for i, rec := range s.held.recs {
		recs[i] = s.view(rec)
	}
	return recs, nil
}

// view is rec with the source's columns, a new reference.
func (s *Source) view(rec arrow.Record) arrow.Record {
	if s.columns == nil {
		rec.Retain()
		return rec
	}
	return batch.Columns(rec, s.schema, s.columns)
}

func releaseAll(recs []arrow.Record) {
	for _, rec := range recs {
		rec.Release()
	}
}

// Splits are ranges of rows, counted over all batches, of about bytes bytes of
// the source's columns: a large batch is cut, small ones are put together.
func (s *Source) Splits(_ context.Context, bytes int64, _ dataflow.Env) ([]dataflow.Split, error) {
	recs, err := s.batches()
	if err != nil {
		return nil, err
	}
	defer releaseAll(recs)
	bytes = max(bytes, 1)
	var splits []dataflow.Split
	var first int64 // row of the batch at hand
	for _, rec := range recs {
		rows, size := rec.NumRows(), batch.Bytes(rec)
		parts := min(max((size+bytes-1)/bytes, 1), rows)
		for i := range parts {
			from, to := rows*i/parts, rows*(i+1)/parts
			next := dataflow.Split{Path: "memory", From: first + from, To: first + to, Bytes: share(size, to, rows) - share(size, from, rows)}
			if n := len(splits); n > 0 && splits[n-1].Bytes+next.Bytes <= bytes {
				splits[n-1].To, splits[n-1].Bytes = next.To, splits[n-1].Bytes+next.Bytes
				continue
			}
			splits = append(splits, next)
		}
		first += rows
	}
	return splits, nil
}

// share is the bytes of the first n of rows, of size bytes in all.
func share(size, n, rows int64) int64 {
	if rows == 0 {
		return 0
	}
	return int64(float64(size) * (float64(n) / float64(rows)))
}

// Read yields slices of the batches, of at most env.BatchRows rows.
func (s *Source) Read(ctx context.Context, split dataflow.Split, env dataflow.Env) iter.Seq2[dataflow.Chunk, error] {
	return func(yield func(dataflow.Chunk, error) bool) {
		recs, err := s.batches()
		if err != nil {
			yield(dataflow.Chunk{}, err)
			return
		}
		defer releaseAll(recs)
		at, done := split.From, int64(0)
		var first int64
		for _, rec := range recs {
			for at < split.To && at < first+rec.NumRows() {
				if ctx.Err() != nil {
					yield(dataflow.Chunk{}, context.Cause(ctx))
					return
				}
				end := min(split.To, first+rec.NumRows())
				if env.BatchRows > 0 {
					end = min(end, at+int64(env.BatchRows))
				}
				next := share(split.Bytes, end-split.From, split.To-split.From)
				env.Advance(next - done)
				done = next
				if !yield(dataflow.Chunk{Rec: slice(rec, at-first, end-first)}, nil) {
					return
				}
				at = end
			}
			first += rec.NumRows()
		}
		if at < split.To {
			yield(dataflow.Chunk{}, fmt.Errorf("memio: rows %d to %d are asked for, but there are %d", split.From, split.To-1, first))
		}
	}
}

// slice is rows from to to-1 of rec, with nulls counted: arrow counts them at
// first use, which may be by several readers of the chunk at once.
func slice(rec arrow.Record, from, to int64) arrow.Record {
	if from == 0 && to == rec.NumRows() {
		rec.Retain()
		return rec
	}
	out := rec.NewSlice(from, to)
	for _, col := range out.Columns() {
		col.NullN()
	}
	return out
}

var (
	_ dataflow.Source       = (*Source)(nil)
	_ dataflow.ColumnPruner = (*Source)(nil)
)
