package memio

import (
	"context"
	"slices"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// Sink keeps the batches of a run in memory. They are there once the run has
// succeeded, and those of an earlier run until then: a run that fails changes
// nothing. It may be used by one run after another, and its methods called from
// any goroutine.
type Sink struct {
	mu     sync.Mutex
	schema *arrow.Schema
	recs   []arrow.Record
}

// NewSink returns a sink that has nothing yet.
func NewSink() *Sink { return &Sink{} }

// Records are the batches of the last run that succeeded, in order. They are
// the sink's, until Release or until another run succeeds: retain one to keep it
// longer.
func (s *Sink) Records() []arrow.Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.recs)
}

// Schema is that of the last run that succeeded, also when it had no rows; nil
// before there is one.
func (s *Sink) Schema() *arrow.Schema {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.schema
}

// Rows is the number of rows of Records.
func (s *Sink) Rows() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	var n int64
	for _, rec := range s.recs {
		n += rec.NumRows()
	}
	return n
}

// Release gives the batches back. The sink may be used again.
func (s *Sink) Release() { s.replace(nil, nil) }

func (s *Sink) replace(schema *arrow.Schema, recs []arrow.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	releaseAll(s.recs)
	s.schema, s.recs = schema, recs
}

// String is the sink as plans print it.
func (s *Sink) String() string { return "kept in memory" }

// Open returns the output of one run.
func (s *Sink) Open(_ context.Context, in *arrow.Schema, env dataflow.Env) (dataflow.Output, error) {
	return &output{sink: s, schema: in, env: env}, nil
}

type output struct {
	sink   *Sink
	schema *arrow.Schema
	env    dataflow.Env
	recs   []arrow.Record
}

// Write retains the batch; a chunk without rows is dropped.
func (o *output) Write(_ context.Context, in dataflow.Chunk) error {
	if in.Rows() == 0 {
		return nil
	}
	rec, err := batch.Compact(in.Rec, in.Sel, o.env.Alloc)
	if err != nil {
		return err
	}
	o.recs = append(o.recs, rec)
	return nil
}

// Commit hands the batches to the sink.
func (o *output) Commit(context.Context) error {
	o.sink.replace(o.schema, o.recs)
	o.recs = nil
	return nil
}

// Abort releases them.
func (o *output) Abort() error {
	releaseAll(o.recs)
	o.recs = nil
	return nil
}

var _ dataflow.Sink = (*Sink)(nil)
