package rowhash

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/internal/plaincol"
)

// blockRows is how many rows are taken through all steps of a column at once:
// their words stay in the first-level cache.
const blockRows = 512

// Hasher hashes rows. The zero value has seed 0 and is ready. It keeps scratch
// memory between calls and is not safe for concurrent use.
type Hasher struct {
	Seed uint64 // hashes of different seeds are independent

	block [blockRows]uint64
	codes [blockRows]int32
	dict  []uint64 // words of a dictionary's values
}

// Supports says whether columns of the type can be hashed: integers, floats,
// bool, strings and bytes, dates, times, timestamps, durations, decimals, null,
// and dictionaries of them.
func Supports(t arrow.DataType) bool {
	switch t := t.(type) {
	case *arrow.DictionaryType:
		return t.ValueType.ID() != arrow.DICTIONARY && Supports(t.ValueType)
	case *arrow.NullType, *arrow.Decimal128Type, *arrow.Decimal256Type,
		*arrow.StringType, *arrow.LargeStringType, *arrow.BinaryType, *arrow.LargeBinaryType, *arrow.FixedSizeBinaryType:
		return true
	}
	return plaincol.KindOf(t) != plaincol.Other
}

// Hash writes to out[i] the hash of row sel[i] of the columns, or of row i where
// sel is nil. The columns have one length and a type that is supported; out has
// the length of sel or of the columns. All is borrowed.
func (h *Hasher) Hash(cols []arrow.Array, sel []int32, out []uint64) {
	if len(cols) == 0 {
		for i := range out {
			out[i] = h.Seed
		}
	}
	for c, col := range cols {
		h.column(col, sel, out, c == 0)
	}
}

// column mixes the words of one column into out, which the first one begins.
func (h *Hasher) column(col arrow.Array, sel []int32, out []uint64, first bool) {
	coded, isDict := col.(*array.Dictionary)
	whole := isDict && coded.Dictionary().Len() <= len(out)/2
	if whole {
		h.dict = append(h.dict[:0], make([]uint64, coded.Dictionary().Len())...)
		load(coded.Dictionary(), 0, nil, h.dict)
	}
	for from := 0; from < len(out); from += blockRows {
		to := min(from+blockRows, len(out))
		words := h.block[:to-from]
		var rows []int32
		if sel != nil {
			rows = sel[from:to]
		}
		if isDict {
			h.coded(coded, from, rows, words, whole)
		} else {
			load(col, from, rows, words)
		}
		if first {
			begin(words, h.Seed, out[from:to])
		} else {
			next(words, out[from:to])
		}
	}
}

// coded writes the words of rows of a dictionary column: looked up where the
// dictionary was hashed as a whole, else of the values that the rows name.
func (h *Hasher) coded(col *array.Dictionary, from int, rows []int32, words []uint64, whole bool) {
	values := col.Dictionary()
	if values.Len() == 0 { // every row is null
		fill(words, nullWord)
		return
	}
	codes := h.codes[:len(words)]
	plaincol.Codes(codes, col, from, rows)
	plaincol.MarkNulls(codes, 0, col, from, rows) // what a null row's code says, is nothing
	if whole {
		for i, code := range codes {
			words[i] = h.dict[code]
		}
	} else {
		load(values, 0, codes, words)
	}
	plaincol.MarkNulls(words, nullWord, col, from, rows)
}

func begin(words []uint64, seed uint64, out []uint64) {
	out = out[:len(words)]
	for i, x := range words {
		out[i] = Mix(x, seed)
	}
}

func next(words []uint64, out []uint64) {
	out = out[:len(words)]
	for i, x := range words {
		out[i] = Mix(x, out[i])
	}
}

func fill(words []uint64, with uint64) {
	for i := range words {
		words[i] = with
	}
}
