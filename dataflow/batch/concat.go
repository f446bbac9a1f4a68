package batch

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Concat is the rows of recs, which have one schema, one after another in one
// batch. A dictionary that all of them share stays shared; of different ones the
// values that rows use are gathered in a new one.
func Concat(recs []arrow.Record, alloc memory.Allocator) (arrow.Record, error) {
	if len(recs) == 1 {
		recs[0].Retain()
		return recs[0], nil
	}
	var rows int64
	for _, r := range recs {
		rows += r.NumRows()
	}
	cols := make([]arrow.Array, recs[0].NumCols())
	defer releaseAll(cols)
	parts := make([]arrow.Array, len(recs))
	for i := range cols {
		for j, r := range recs {
			parts[j] = r.Column(i)
		}
		var err error
		if cols[i], err = concat(parts, alloc); err != nil {
			return nil, fmt.Errorf("column %q: %w", recs[0].ColumnName(i), err)
		}
	}
	return array.NewRecord(recs[0].Schema(), cols, rows), nil
}

func concat(parts []arrow.Array, alloc memory.Allocator) (arrow.Array, error) {
	if parts[0].DataType().ID() == arrow.RUN_END_ENCODED {
		return concatRunEnds(parts, alloc)
	}
	first, ok := parts[0].(*array.Dictionary)
	switch {
	case !ok:
		return array.Concatenate(parts, alloc)
	case !sameDictionary(parts):
		return concatCoded(parts, alloc)
	}
	codes := make([]arrow.Array, len(parts))
	for i, p := range parts {
		codes[i] = p.(*array.Dictionary).Indices()
	}
	whole, err := array.Concatenate(codes, alloc)
	if err != nil {
		return nil, err
	}
	defer whole.Release()
	d := whole.Data()
	data := array.NewDataWithDictionary(first.DataType(), d.Len(), d.Buffers(), d.NullN(), d.Offset(), first.Data().Dictionary().(*array.Data))
	defer data.Release()
	return array.MakeFromData(data), nil
}

// concatRunEnds brings each part to begin at its first run before it
// concatenates: array.Concatenate counts the rows before a slice as part of it.
func concatRunEnds(parts []arrow.Array, alloc memory.Allocator) (arrow.Array, error) {
	own := make([]arrow.Array, len(parts))
	defer releaseAll(own)
	for i, p := range parts {
		rows := make([]int32, p.Len())
		for j := range rows {
			rows[j] = int32(j)
		}
		var err error
		if own[i], err = TakeArray(p, rows, alloc); err != nil {
			return nil, err
		}
	}
	return array.Concatenate(own, alloc)
}

func sameDictionary(parts []arrow.Array) bool {
	for _, p := range parts[1:] {
		if p.Data().Dictionary() != parts[0].Data().Dictionary() {
			return false
		}
	}
	return true
}

// SameDictionaries reports whether each dictionary column of a and b, which have
// one schema, is coded by one and the same dictionary.
func SameDictionaries(a, b arrow.Record) bool {
	for i, col := range a.Columns() {
		if col.DataType().ID() == arrow.DICTIONARY && col.Data().Dictionary() != b.Column(i).Data().Dictionary() {
			return false
		}
	}
	return true
}
