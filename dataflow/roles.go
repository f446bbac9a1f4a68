package dataflow

import (
	"context"
	"io"
	"iter"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Env is what the executor hands to one instance. It belongs to that instance
// and, like it, to one goroutine at a time. Every field is set.
type Env struct {
	// Alloc is the instance's own allocator. What it hands out is zeroed and
	// counted; what is released is used again.
	Alloc memory.Allocator

	// Reserve asks for bytes of state outside of Alloc (Go slices, maps,
	// tables) before they are allocated; negative gives them back. It returns
	// an error that wraps ErrBudget when the run may not hold them: let state
	// go through the exchange and ask again, or return the error. Nothing is
	// reserved then.
	Reserve func(bytes int64) error

	// Advance reports that a reader has come bytes further through its split.
	Advance func(bytes int64)

	// Warn reports something that a person should know and that does not end
	// the run. Warnings of one stage with one Text are added up; the first
	// place is kept.
	Warn func(Warning)

	// Shared is what the description's Share returned, nil without [Sharer].
	Shared io.Closer

	// BatchRows is about how many rows a chunk should have: a reader of few columns may make
	// larger ones, unless few are asked for. Answers do not depend on it.
	BatchRows int

	// Partitions is the fan-out of the exchange, Level how often its input was
	// partitioned before.
	Partitions, Level int

	// Ordered: the rows of a keyed reducer's answer are to come in an order that
	// depends on the rows of the partition alone and agrees with the order
	// of the partitions, because what reads them depends on it. Without it,
	// groups come in any order.
	Ordered bool
}

// Warning is one kind of oddity, met Count times in one call.
type Warning struct {
	Text  string // what, in words that can follow a count: "byte sequences that are not UTF-8"
	Count int64
	Path  string // file of the first one, if any
	Byte  int64  // its byte offset in the file, -1 if not known
}

// Source yields the rows of a graph's input.
//
// Shape: → Batch<columns>. A source is immutable and may be shared; its methods
// may be called concurrently.
type Source interface {
	// Schema may open files.
	Schema(ctx context.Context) (*arrow.Schema, error)

	// Splits cuts the input into parts of about bytes bytes, in source order. It
	// depends on the data and on bytes alone, never on the number of workers.
	Splits(ctx context.Context, bytes int64, env Env) ([]Split, error)

	// Read yields the rows of one split in order. Each chunk is given away. At
	// is set by the executor. An error ends the sequence; its message names
	// file and place. The consumer may stop early. Splits are read by several
	// goroutines: of what their chunks share (a dictionary, a batch that they
	// are slices of), count the nulls first (batch.CountNulls).
	Read(ctx context.Context, s Split, env Env) iter.Seq2[Chunk, error]
}

// Operator makes chunks of chunks, handed to Map.
//
// Shape: Batch<in> → 0..n × Batch<out>.
type Operator interface {
	// OutSchema checks the input's schema. It is called again after columns were
	// pruned, with fewer of them.
	OutSchema(in *arrow.Schema) (*arrow.Schema, error)
	NewTask(in *arrow.Schema, env Env) (Task, error)
}

// Task is one worker's instance of an operator. It processes one split after
// another, each one's chunks in order, and must not carry rows from one split
// to the next (see [Flusher]).
type Task interface {
	// Process borrows in for the call, and emits what comes of it.
	Process(ctx context.Context, in Chunk, emit Emit) error
	Close()
}

// Partitioner says to which partition a row goes, handed to Shuffle.
type Partitioner interface {
	Check(in *arrow.Schema) error

	// NewRouter returns a function that writes to partition[i], in
	// [0, env.Partitions), the partition of row i of in.
	// len(partition) == in.Rows(). in is borrowed. The function is not safe for
	// concurrent use.
	NewRouter(in *arrow.Schema, env Env) (func(in Chunk, partition []int32) error, error)
}

// Reducer folds many chunks into few, handed to TreeReduce. It is associative;
// it is also commutative unless it declares [Ordered].
//
// Shape: Batch<in> → Batch<partial> → Batch<out>; partials of partials merge.
type Reducer interface {
	Schemas(in *arrow.Schema) (partial, out *arrow.Schema, err error)
	NewAccumulator(in *arrow.Schema, env Env, x Exchange) (Accumulator, error)
}

// Accumulator is one instance of a reducer. After Drain it is empty and may be
// added to again; after Result it is only closed.
type Accumulator interface {
	Add(ctx context.Context, in Chunk) error        // folds input rows; in is borrowed
	Merge(ctx context.Context, partial Chunk) error // folds another's partial that stands behind its own rows; partial is borrowed
	Drain(ctx context.Context) error                // all state leaves through the exchange
	Result(ctx context.Context, emit Emit) error    // all state leaves as the answer
	Close()
}

// Exchange takes what an accumulator lets go of, at any time. The partition p is
// in [0, Env.Partitions). Chunks are given away, even with an error. Where the
// accumulator holds a whole answer nobody takes them: the error then wraps
// ErrBudget. What an [Ordered] accumulator lets go of stands before what it
// keeps: its state leaves before rows that stand behind it.
//
// Where instances share something for the run (Env.Shared), what one lets go of may need
// that to be read. State is of the schema that the reducer declares for partials, or in a
// form that Merge knows by the metadata of its schema.
type Exchange struct {
	Partial func(p int, c Chunk) error // state: the owner of the partition merges it
	Rows    func(p int, c Chunk) error // input not yet folded, in any form that Add takes: the owner adds it
}

// Sink takes a stream's rows out of the graph.
type Sink interface {
	// Open is called once a run, before the first row, also when none comes.
	Open(ctx context.Context, in *arrow.Schema, env Env) (Output, error)
}

// Output is an opened sink. Its methods are called one at a time, in source
// order where the stream has one.
type Output interface {
	// Write borrows in for the call.
	Write(ctx context.Context, in Chunk) error

	// Commit makes all that was written visible at once. It is called last, when
	// the whole run has succeeded.
	Commit(ctx context.Context) error

	// Abort undoes what was written, as far as it can be. Exactly one of Commit
	// and Abort is called; Abort also follows a Commit that failed.
	Abort() error
}

// Composite expands to verbs on the stream that it is applied to. Names of
// stages inside begin with name and a slash by convention.
type Composite interface {
	Expand(name string, in *Stream) *Stream
}

// CompositeFunc is a function as a [Composite].
type CompositeFunc func(name string, in *Stream) *Stream

// Expand calls f.
func (f CompositeFunc) Expand(name string, in *Stream) *Stream { return f(name, in) }
