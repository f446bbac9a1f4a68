package operators

import (
	"fmt"
	"math"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow/batch"
	"github.com/arrowmill/arrowmill/internal/plaincol"
)

// rowRef says where a row is held: in which of several batches, and where in it.
type rowRef struct{ part, row int32 }

// gatherRows is a batch of rows of several batches, which have one schema. Plain
// columns are copied once, from where they stand. The only errors are strings or
// dictionaries that grow too large for their type.
func gatherRows(recs []arrow.Record, refs []rowRef, alloc memory.Allocator) (arrow.Record, error) {
	cols := make([]arrow.Array, recs[0].NumCols())
	defer releaseArrays(cols)
	parts := make([]arrow.Array, len(recs))
	var others []int
	for c := range cols {
		for p, rec := range recs {
			parts[p] = rec.Column(c)
		}
		var err error
		if cols[c], err = gatherColumn(parts, refs, alloc); err != nil {
			return nil, fmt.Errorf("column %q: %w", recs[0].ColumnName(c), err)
		}
		if cols[c] == nil {
			others = append(others, c)
		}
	}
	if len(others) > 0 {
		rest, err := gatherOthers(recs, others, refs, alloc)
		if err != nil {
			return nil, err
		}
		defer rest.Release()
		for i, c := range others {
			cols[c] = rest.Column(i)
			cols[c].Retain()
		}
	}
	return array.NewRecord(recs[0].Schema(), cols, int64(len(refs))), nil
}

// gatherColumn is a column of rows of parts, nil where its type is none of the plain
// ones.
func gatherColumn(parts []arrow.Array, refs []rowRef, alloc memory.Allocator) (arrow.Array, error) {
	typ := parts[0].DataType()
	switch t := typ.(type) {
	case *arrow.StringType, *arrow.BinaryType:
		return gatherTexts[int32](parts, refs, math.MaxInt32, alloc)
	case *arrow.LargeStringType, *arrow.LargeBinaryType:
		return gatherTexts[int64](parts, refs, math.MaxInt64, alloc)
	case *arrow.DictionaryType, arrow.ExtensionType:
		return nil, nil
	case arrow.FixedWidthDataType:
		if len(parts[0].Data().Buffers()) != 2 || len(parts[0].Data().Children()) > 0 {
			return nil, nil
		}
		switch t.BitWidth() {
		case 8:
			return gatherFixed[uint8](parts, refs, alloc), nil
		case 16:
			return gatherFixed[uint16](parts, refs, alloc), nil
		case 32:
			return gatherFixed[uint32](parts, refs, alloc), nil
		case 64:
			return gatherFixed[uint64](parts, refs, alloc), nil
		case 128:
			return gatherFixed[[2]uint64](parts, refs, alloc), nil
		case 256:
			return gatherFixed[[4]uint64](parts, refs, alloc), nil
		}
	}
	return nil, nil
}

func gatherFixed[T any](parts []arrow.Array, refs []rowRef, alloc memory.Allocator) arrow.Array {
	from := make([][]T, len(parts))
	for p, part := range parts {
		from[p] = plaincol.Values[T](part)
	}
	out := plaincol.New[T](alloc, len(refs))
	gatherValues(out.Values, from, refs)
	eachNull(parts, refs, out.Null)
	return out.Array(parts[0].DataType())
}

func gatherValues[T any](out []T, from [][]T, refs []rowRef) {
	out = out[:len(refs)]
	for i, ref := range refs {
		out[i] = from[ref.part][ref.row]
	}
}

func gatherTexts[O int32 | int64](parts []arrow.Array, refs []rowRef, most int64, alloc memory.Allocator) (arrow.Array, error) {
	offsets, texts := make([][]O, len(parts)), make([][]byte, len(parts))
	for p, part := range parts {
		offsets[p], texts[p] = plaincol.Offsets[O](part), plaincol.Text(part)
	}
	out := plaincol.New[O](alloc, len(refs)+1)
	defer out.Release()
	var total int64
	for i, ref := range refs {
		from := offsets[ref.part]
		total += int64(from[ref.row+1] - from[ref.row])
		if total > most {
			return nil, fmt.Errorf("more than %d bytes of strings do not fit a column of type %s", most, parts[0].DataType())
		}
		out.Values[i+1] = O(total)
	}
	text := plaincol.NewBuffer(alloc, int(total))
	defer text.Release()
	to := text.Bytes()
	for i, ref := range refs {
		from := offsets[ref.part]
		copy(to[out.Values[i]:], texts[ref.part][from[ref.row]:from[ref.row+1]])
	}
	valid := plaincol.NewValidity(alloc, len(refs))
	eachNull(parts, refs, valid.Null)
	return plaincol.Array(parts[0].DataType(), len(refs), &valid, out.Buffer(), text), nil
}

// eachNull calls null for each i whose row is null.
func eachNull(parts []arrow.Array, refs []rowRef, null func(i int)) {
	if !slices.ContainsFunc(parts, func(part arrow.Array) bool { return part.NullN() > 0 }) {
		return
	}
	for i, ref := range refs {
		if parts[ref.part].IsNull(int(ref.row)) {
			null(i)
		}
	}
}

// gatherOthers is a batch of some columns of any type: rows of each batch, one batch
// behind the other, and then all in their order.
func gatherOthers(recs []arrow.Record, columns []int, refs []rowRef, alloc memory.Allocator) (arrow.Record, error) {
	fields := make([]arrow.Field, len(columns))
	for i, c := range columns {
		fields[i] = recs[0].Schema().Field(c)
	}
	schema := arrow.NewSchema(fields, nil)
	rows, order := make([][]int32, len(recs)), make([]int32, len(refs))
	for i, ref := range refs {
		order[i] = int32(len(rows[ref.part]))
		rows[ref.part] = append(rows[ref.part], ref.row)
	}
	var pieces []arrow.Record
	defer func() {
		for _, p := range pieces {
			p.Release()
		}
	}()
	start, before := make([]int32, len(recs)), int32(0)
	for p, list := range rows {
		if len(list) == 0 {
			continue
		}
		start[p] = before
		before += int32(len(list))
		some := batch.Columns(recs[p], schema, columns)
		piece, err := batch.Take(some, list, alloc)
		some.Release()
		if err != nil {
			return nil, err
		}
		pieces = append(pieces, piece)
	}
	whole, err := batch.Concat(pieces, alloc)
	if err != nil {
		return nil, err
	}
	defer whole.Release()
	for i, ref := range refs {
		order[i] += start[ref.part]
	}
	return batch.Take(whole, order, alloc)
}
