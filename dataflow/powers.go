package dataflow

import (
	"context"
	"io"
	"iter"

	"github.com/apache/arrow/go/v17/arrow"
)

// The interfaces of this file are optional powers of a role's description, found
// by type assertion. A description without them works; with them the planner
// can do more. A description that implements fmt.Stringer is printed by it in
// plans.

// Sharer sets up what the instances of one run share, handed to each as
// Env.Shared and closed when the run ends. What it returns must be safe for
// concurrent use.
type Sharer interface {
	Share(ctx context.Context, env Env) (io.Closer, error)
}

// SelectionTaker is an operator, reducer or partitioner that reads chunks with
// a selection vector. Without it the executor gathers the rows before the call.
type SelectionTaker interface {
	TakesSelection() bool
}

// Flusher is a [Task] that holds rows back, to be emitted at the end of each
// split at the latest. Flush is called at the end of every split, also where no
// more is wanted (emit then says so at once): the task holds nothing afterwards.
type Flusher interface {
	Flush(ctx context.Context, emit Emit) error
}

// PartitionWriter is an [Output] that keeps the partitions of a shuffled stream
// apart. Where the sink's input is one (a Shuffle with no TreeReduce behind it),
// chunks come by WritePartition and none by Write.
type PartitionWriter interface {
	// WritePartition writes rows of partition p, counted from 0. The chunks of
	// one partition come in the order of the stream; those of different ones
	// take turns. It borrows in for the call.
	WritePartition(ctx context.Context, p int, in Chunk) error
}

// BlockSource is a source some of whose splits can be read only from front to
// end (compressed files, pipes), but are cut to blocks with little work, whose
// rows others find.
type BlockSource interface {
	Source

	// Blocks yields the blocks of s in order; together their rows are what Read
	// would give. ok is false where s had better be read by Read. An error ends
	// the sequence, as in Read. Each block is given away, even with an error, and
	// outlives the sequence and env's next call; whoever gets it closes it. The
	// consumer may stop early.
	Blocks(ctx context.Context, s Split, env Env) (blocks iter.Seq2[Block, error], ok bool)
}

// Block is a part of a split that was read but whose rows were not yet found. It
// belongs to one goroutine at a time.
type Block interface {
	// Bytes is the memory that the block holds.
	Bytes() int64

	// Read yields the rows of the block in order, once, as Source.Read does
	// those of a split. env is of the goroutine that reads, not of the one that
	// made the block, and progress was reported by that one.
	Read(ctx context.Context, env Env) iter.Seq2[Chunk, error]

	// Close lets go of the block, read or not.
	Close()
}

// Keyed is a reducer whose rows with different keys never meet: its state can
// be cut into partitions that are merged each by itself, and its answer is that
// of the partitions, in no order.
type Keyed interface {
	Keyed() bool
}

// Ordered is a reducer that is associative but not commutative: it gets one
// accumulator a split, merged left to right.
type Ordered interface {
	Ordered() bool
}

// Parted is an [Accumulator] of a [Keyed] reducer that can cut its answer to partitions,
// so that a small one needs no accumulator for each.
type Parted interface {
	Accumulator

	// ResultParts is Result under [Env.Ordered] for n partitions: it emits, in their
	// order, the chunks that an accumulator of each partition would. All state leaves.
	ResultParts(ctx context.Context, n int, emit func(p int, c Chunk) error) error
}

// PlaceUser is a reducer or partitioner whose answer depends on where its input
// rows stand (ties, first, last), so that they must stand in an order that
// depends on the data alone. Ordered implies it.
type PlaceUser interface {
	UsesPlace() bool
}

// Sated is an [Accumulator] that can tell that no row behind those it has
// folded changes its answer, so that reading can stop.
type Sated interface {
	Sated() bool
}

// ColumnUser is an operator, reducer or partitioner that knows which columns it
// reads. Without it a stage reads all of its input's columns.
type ColumnUser interface {
	// InColumns returns the names of the input columns that must be there for
	// the output columns out, in any order. out is what is read of the stage
	// behind (for a reducer: all of its output). A partitioner, which passes its
	// input on, returns only what it needs for itself.
	InColumns(out []string) []string
}

// Narrower is an operator that can do without making some of its output columns.
type Narrower interface {
	// Narrow returns an operator that makes the columns of out that the
	// original makes, in the original's order.
	Narrow(out []string) Operator
}

// Tracer is an operator whose output rows are its input rows or some of them, in
// their order, and that can tell which input column an output column is,
// unchanged. Bounds are pushed through it.
type Tracer interface {
	Trace(out string) (in string, ok bool)
}

// TypeTeller is a source that infers types and can tell what made a column text. It is asked
// where a stage refuses the column for its type (a [TypeError]), and may look at its files once
// more.
type TypeTeller interface {
	// TellType returns, as a part of an error, which value of the named column is no number
	// or what else the others are, and where it stands; empty where there is nothing to tell.
	TellType(ctx context.Context, column string) string
}

// ColumnPruner is a source that can leave columns out.
type ColumnPruner interface {
	// PruneColumns returns a source with only the named columns, in the
	// original's order. An empty list asks for rows without columns.
	PruneColumns(columns []string) Source
}

// Coder is a source that can give columns of text as codes: as dictionary<int32, T>
// in place of T. That is cheaper where values repeat and the reader takes codes.
type Coder interface {
	Source

	// Coded returns a source that gives as codes those of the named columns for
	// which it can and which are not given so already; all else is as it was.
	// Each chunk may have dictionaries of its own, with values that no row has.
	Coded(columns []string) Source
}

// CodeTaker is an operator or reducer that gives the same answer, of the same
// types, where columns of text come as codes (see [Coder]), and is no slower for
// it. Without it a stage gets none of its input's columns so.
type CodeTaker interface {
	// Codes returns the names of the input columns that may come as codes where
	// the output columns out, and no others, may leave as codes. An operator
	// that passes a column on, in the codes in which it came, returns it only if
	// out has all that it becomes. Columns that are not read need not be returned.
	Codes(out []string) []string
}

// RowWise is an operator that makes of each row what it would make of it by itself,
// wherever it stands and whatever stands beside it, and holds none back. Where
// nothing depends on the order of rows either, those of one split may then be made
// by several instances, and the places of chunks do not tell where they stand.
type RowWise interface {
	RowWise() bool
}

// Bounder is an operator that drops every row that misses one of its bounds.
type Bounder interface {
	// Bounds are those of rows with the schema in, which has passed OutSchema.
	Bounds(in *arrow.Schema) []Bound
}

// BoundTaker is a source that can leave out rows that miss a bound. It need not:
// the operator that gave the bound still looks at what comes.
type BoundTaker interface {
	TakeBounds(bounds []Bound) Source
}

// Bound is a condition on one column that every row of interest meets. Null
// meets none but IsNull.
type Bound struct {
	Column string
	Op     BoundOp
	Value  any // int64, uint64, float64, string, []byte, bool or time.Time; nil for IsNull, NotNull
}

// BoundOp compares a column's value (left) with a bound's (right).
type BoundOp uint8

// The comparisons of bounds.
const (
	Equal BoundOp = iota
	NotEqual
	Less
	LessEqual
	Greater
	GreaterEqual
	IsNull
	NotNull
)

// String is the comparison as plans print it.
func (op BoundOp) String() string {
	return [...]string{"=", "!=", "<", "<=", ">", ">=", "is null", "is not null"}[op]
}

// Joiner is a commutative reducer that is not [Keyed] and whose answer has an order: the
// accumulators of the workers come to it together, and all workers give parts of it.
// Without it the accumulators are merged in a tree, and one worker gives the answer.
type Joiner interface {
	Reducer

	// Join makes one answer of accumulators that have all rows among them; nothing is added
	// to them any more. They are closed when the answer has been given.
	Join(all []Accumulator) (Joint, error)
}

// Joint is the answer of several accumulators.
type Joint interface {
	// Prepare does what can be done on accumulator i by itself. Calls for different
	// accumulators are concurrent. All of them end before the first part is asked for.
	Prepare(ctx context.Context, i int) error

	// Parts is in how many parts, at least one and at most so many, the answer is to be
	// given. It depends on the rows alone.
	Parts(most int) int

	// Part emits a part of the answer; all parts, one behind the other, are the answer, and
	// which rows one has depends on the rows and on parts alone. Calls are concurrent. env
	// is of the call.
	Part(ctx context.Context, env Env, part, parts int, emit Emit) error
}
