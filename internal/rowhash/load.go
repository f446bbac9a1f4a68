package rowhash

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/internal/plaincol"
)

// load writes the words of rows of col that is no dictionary: of row rows[i], or
// from+i where rows is nil.
func load(col arrow.Array, from int, rows []int32, words []uint64) {
	switch plaincol.Words(words, col, from, rows) {
	case plaincol.Float:
		floatWords(words)
	case plaincol.Other:
		loadOther(col, from, rows, words)
	}
	plaincol.MarkNulls(words, nullWord, col, from, rows)
}

// loadOther is load for a column whose values do not fit words.
func loadOther(col arrow.Array, from int, rows []int32, words []uint64) {
	switch t := col.DataType().(type) {
	case *arrow.NullType:
		fill(words, nullWord)
	case *arrow.Decimal128Type:
		v := plaincol.Values[[2]uint64](col)
		for i := range words {
			x := &v[plaincol.RowAt(i, from, rows)]
			words[i] = Mix(x[0], x[1])
		}
	case *arrow.Decimal256Type:
		v := plaincol.Values[[4]uint64](col)
		for i := range words {
			x := &v[plaincol.RowAt(i, from, rows)]
			words[i] = Mix(Mix(x[0], x[1]), Mix(x[2], x[3]))
		}
	case *arrow.StringType, *arrow.BinaryType:
		loadStrings(plaincol.Offsets[int32](col), plaincol.Text(col), from, rows, words)
	case *arrow.LargeStringType, *arrow.LargeBinaryType:
		loadStrings(plaincol.Offsets[int64](col), plaincol.Text(col), from, rows, words)
	case *arrow.FixedSizeBinaryType:
		b, n := plaincol.Fixed(col, t.ByteWidth), t.ByteWidth
		for i := range words {
			at := plaincol.RowAt(i, from, rows) * n
			words[i] = Bytes(b[at : at+n])
		}
	default:
		panic(fmt.Sprintf("rowhash: a column of type %s, which Supports denies", col.DataType()))
	}
}

// floatWords gives the bits of floats one NaN and one zero.
func floatWords(words []uint64) {
	for i, x := range words {
		switch magnitude := x << 1; {
		case magnitude == 0:
			words[i] = 0
		case magnitude > 0x7ff<<53:
			words[i] = 0x7ff8000000000001
		}
	}
}

func loadStrings[O int32 | int64](offsets []O, bytes []byte, from int, rows []int32, words []uint64) {
	if rows == nil {
		offsets = offsets[from : from+len(words)+1]
		begin := offsets[0]
		for i, end := range offsets[1:] {
			words[i] = Bytes(bytes[begin:end])
			begin = end
		}
		return
	}
	for i, r := range rows {
		words[i] = Bytes(bytes[offsets[r]:offsets[r+1]])
	}
}
