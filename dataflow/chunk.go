package dataflow

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
)

// Place is where a row stands in source order: in which split of its stream,
// and at which row of that split, both counted from 0. Places of one stream
// compare as the rows do, whatever the number of workers and the size of the
// batches.
type Place struct {
	Split, Row int64
}

// Compare returns -1, 0 or +1: p stands before q, at q, behind q.
func (p Place) Compare(q Place) int {
	return cmp.Or(cmp.Compare(p.Split, q.Split), cmp.Compare(p.Row, q.Row))
}

// Chunk is a batch with its place in source order.
//
// Row i of the chunk is row i of Rec or, where Sel is not nil, row Sel[i]; its
// place is {At.Split, At.Row+i}. Sel ascends. Only an operator that declares
// [SelectionTaker] is handed a chunk with a selection; for the others the
// executor gathers the selected rows first.
//
// A chunk is owned as its record is. Sel belongs to whoever made the chunk and
// may be overwritten as soon as the call that carries it returns.
type Chunk struct {
	Rec arrow.Record
	Sel []int32
	At  Place
}

// Rows is the number of rows of the chunk: the selected ones where it has a
// selection.
func (c Chunk) Rows() int {
	if c.Sel != nil {
		return len(c.Sel)
	}
	return int(c.Rec.NumRows())
}

// Emit passes a chunk on and gives it away, even when it returns an error. It
// returns ErrStop when no more chunks are wanted: the caller then ends and
// returns that error unchanged. An operator leaves At as it is; the executor
// numbers the rows that a stage emits.
type Emit func(Chunk) error

// ErrStop says that no more is wanted. It is not a failure.
var ErrStop = errors.New("dataflow: no more is wanted")

// Split is a part of a source that can be read by itself. It is plain data: it
// can be logged, compared, sent to another process, and read again.
type Split struct {
	Path  string // file or other name that a person can find the data by
	From  int64  // first byte, row or part, as the source counts
	To    int64  // one past the last; -1: to the end
	Bytes int64  // what reading it will advance by; 0: not known
	Part  string // more that the source needs to find it; often empty
}

// String is the split as error messages name it: path[from:to].
func (s Split) String() string {
	part := ""
	if s.Part != "" {
		part = " " + s.Part
	}
	switch {
	case s.From == 0 && s.To < 0:
		return s.Path + part
	case s.To < 0:
		return fmt.Sprintf("%s[%d:]%s", s.Path, s.From, part)
	}
	return fmt.Sprintf("%s[%d:%d]%s", s.Path, s.From, s.To, part)
}
