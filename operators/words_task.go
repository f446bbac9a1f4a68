package operators

import (
	"context"
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/words"
)

// A batch of words, of eight bytes at most on average, and its offsets stay in a
// second-level cache until the next stage has read them.
const (
	wordsBatchRows  = 32 << 10
	wordsBatchBytes = 256 << 10
)

// wordsTask writes words into buffers that it gives away with each batch. No
// words wait from one call to the next.
type wordsTask struct {
	column            int
	schema            *arrow.Schema
	alloc             memory.Allocator
	scanner           *words.Scanner
	rowsMax, bytesMax int

	out             words.Output   // over the buffers
	values, offsets *memory.Buffer // nil: not made yet
	left            int64          // bytes of text that are still to be scanned in this call
}

func (t *wordsTask) Process(ctx context.Context, in dataflow.Chunk, emit dataflow.Emit) error {
	send := func() error { return t.send(ctx, in.At, emit) }
	var err error
	switch col := in.Rec.Column(t.column).(type) {
	case *array.String:
		err = scanPlain[int32](t, col, in.Sel, in.Rows(), send)
	case *array.LargeString:
		err = scanPlain[int64](t, col, in.Sel, in.Rows(), send)
	case *array.Dictionary:
		if col.Dictionary().DataType().ID() == arrow.LARGE_STRING {
			err = scanCoded[int64](t, col, in.Sel, in.Rows(), send)
		} else {
			err = scanCoded[int32](t, col, in.Sel, in.Rows(), send)
		}
	default:
		err = fmt.Errorf("column %q came as %s", in.Rec.ColumnName(t.column), col.DataType())
	}
	if err == nil && t.out.Words > 0 {
		err = send()
	}
	t.Close()
	return err
}

// Close drops what was written and not sent.
func (t *wordsTask) Close() {
	if t.values != nil {
		t.values.Release()
		t.offsets.Release()
		t.values, t.offsets, t.out = nil, nil, words.Output{}
	}
}

// texts are the strings of an array: string i is bytes[offsets[i]:offsets[i+1]],
// null where bit first+i of valid is not set.
type texts[O int32 | int64] struct {
	offsets []O
	bytes   []byte
	valid   []byte // nil: no nulls
	first   int
}

func textsOf[O int32 | int64](col arrow.Array) texts[O] {
	d := col.Data()
	v := texts[O]{first: d.Offset()}
	if d.Len() == 0 {
		return v
	}
	v.offsets = arrow.GetOffsets[O](d, 1)
	if b := d.Buffers()[2]; b != nil {
		v.bytes = b.Bytes()
	}
	if col.NullN() > 0 {
		v.valid = d.Buffers()[0].Bytes()
	}
	return v
}

func (v *texts[O]) size(i int) int64 { return int64(v.offsets[i+1]) - int64(v.offsets[i]) }

func (v *texts[O]) null(i int) bool { return v.valid != nil && !bitutil.BitIsSet(v.valid, v.first+i) }

// textRow is row i of a chunk: of its batch where sel is nil.
func textRow(sel []int32, i int) int {
	if sel == nil {
		return i
	}
	return int(sel[i])
}

// scanPlain scans n rows of col, in runs whose bytes lie one behind another.
func scanPlain[O int32 | int64](t *wordsTask, col arrow.Array, sel []int32, n int, send func() error) error {
	v := textsOf[O](col)
	t.left = 0
	for i := range n {
		t.left += v.size(textRow(sel, i))
	}
	for i := 0; i < n; {
		from := textRow(sel, i)
		to := from
		for i < n && textRow(sel, i) == to && (!v.null(to) || v.size(to) == 0) {
			i, to = i+1, to+1
		}
		if to == from { // null, with bytes that nobody is to see
			i++
			continue
		}
		if err := scanRun(t, v.bytes, int(v.offsets[from]), v.offsets[from+1:to+1], send); err != nil {
			return err
		}
	}
	return nil
}

// scanCoded scans n rows of a dictionary-encoded col, one by one.
func scanCoded[O int32 | int64](t *wordsTask, col *array.Dictionary, sel []int32, n int, send func() error) error {
	v := textsOf[O](col.Dictionary())
	t.left = 0
	for i := range n {
		if row := textRow(sel, i); col.IsValid(row) {
			t.left += v.size(col.GetValueIndex(row))
		}
	}
	for i := range n {
		row := textRow(sel, i)
		if col.IsNull(row) {
			continue
		}
		code := col.GetValueIndex(row)
		if v.null(code) {
			continue
		}
		if err := scanRun(t, v.bytes, int(v.offsets[code]), v.offsets[code+1:code+2], send); err != nil {
			return err
		}
	}
	return nil
}

// scanRun scans rows whose bytes lie one behind another from src[from:], ended
// by ends, and sends what fills a batch.
func scanRun[O int32 | int64](t *wordsTask, src []byte, from int, ends []O, send func() error) error {
	to := int(ends[len(ends)-1])
	for from < to {
		if t.values == nil {
			t.open(0)
		}
		next := words.Scan(t.scanner, src, from, ends, &t.out)
		t.left -= int64(next - from)
		switch {
		case next == to:
		case t.out.Words > 0:
			if err := send(); err != nil {
				return err
			}
		case next == from: // a word that is longer than the room for a batch
			bytes := len(t.out.Values)
			if bytes == math.MaxInt32 {
				return fmt.Errorf("a word is longer than the %s that a column of strings can hold: it begins with %.40q",
					dataflow.FormatBytes(math.MaxInt32), src[from:to])
			}
			t.Close()
			t.open(min(2*bytes, math.MaxInt32))
		}
		from = next
	}
	return nil
}

// open makes buffers for the words of the text that is left, or for as many as
// go into a batch; at least bytes long.
func (t *wordsTask) open(bytes int) {
	rows := int(min(t.left, int64(t.rowsMax))) + words.SlackWords
	bytes = max(bytes, int(min(t.left, int64(t.bytesMax)))+words.SlackBytes)
	t.values, t.offsets = memory.NewResizableBuffer(t.alloc), memory.NewResizableBuffer(t.alloc)
	t.values.Resize(bytes)
	t.offsets.Resize(arrow.Int32Traits.BytesRequired(rows))
	t.out = words.Output{Values: t.values.Bytes(), Offsets: arrow.Int32Traits.CastFromBytes(t.offsets.Bytes())}
	t.out.Offsets[0] = 0
}

// send gives away a batch of the words that were written.
func (t *wordsTask) send(ctx context.Context, at dataflow.Place, emit dataflow.Emit) error {
	n := t.out.Words
	t.values.ResizeNoShrink(t.out.Bytes)
	t.offsets.ResizeNoShrink(arrow.Int32Traits.BytesRequired(n + 1))
	data := array.NewData(arrow.BinaryTypes.String, n, []*memory.Buffer{nil, t.offsets, t.values}, nil, 0, 0)
	col := array.NewStringData(data)
	data.Release()
	t.Close()
	rec := array.NewRecord(t.schema, []arrow.Array{col}, int64(n))
	col.Release()
	if err := emit(dataflow.Chunk{Rec: rec, At: at}); err != nil {
		return err
	}
	return context.Cause(ctx)
}
