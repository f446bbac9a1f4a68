package operators

import (
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/internal/plaincol"
	"github.com/arrowmill/arrowmill/internal/reserved"
)

// number is a type of Go that the values of numeric columns are read as.
type number interface {
	int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64 | float32 | float64
}

// valueType is t, or what a dictionary of type t holds.
func valueType(t arrow.DataType) arrow.DataType {
	if d, ok := t.(*arrow.DictionaryType); ok {
		return d.ValueType
	}
	return t
}

// oneArgument is the value type of the only argument of function.
func oneArgument(function string, args []arrow.DataType) (arrow.DataType, error) {
	if len(args) != 1 {
		return nil, fmt.Errorf("%s takes one argument, not %d", function, len(args))
	}
	return valueType(args[0]), nil
}

// numbers reads a column, plain or dictionary-encoded, as a Go slice. It belongs to
// one aggregate's states, which it keeps its scratch memory for.
type numbers[T number] struct {
	ledger *reserved.Ledger
	values []T
	keep   []uint8
	codes  []int32

	denseGroup  []int32
	denseValues []T
}

// dense is the rows of arr that are not null, and their groups. Both are borrowed
// from the arguments or valid until the next call.
func (n *numbers[T]) dense(group []int32, arr arrow.Array) ([]int32, []T) {
	values, keep := n.all(arr)
	if keep == nil {
		return group, values
	}
	n.denseGroup = reserved.Scratch(n.ledger, n.denseGroup, len(group))
	n.denseValues = reserved.Scratch(n.ledger, n.denseValues, len(group))
	kept := squeeze(n.denseGroup, group, keep)
	squeeze(n.denseValues, values, keep)
	return n.denseGroup[:kept], n.denseValues[:kept]
}

// all is a value for every row of arr, and 1 for each row that is not null, 0 for each
// that is; nil where none is. Both are borrowed as those of dense.
func (n *numbers[T]) all(arr arrow.Array) (values []T, keep []uint8) {
	dict, ok := arr.(*array.Dictionary)
	if !ok {
		return n.plain(arr), n.validity(arr)
	}
	var wordKept []uint8
	if d := dict.Dictionary(); d.NullN() > 0 { // rare: writers leave nulls to the codes
		wordKept = make([]uint8, d.Len())
		expand(wordKept, d.NullBitmapBytes(), d.Data().Offset())
	}
	words := n.plain(dict.Dictionary())
	if len(words) > 0 && cap(n.values) > 0 && &words[0] == &n.values[:1][0] {
		words = slices.Clone(words) // they were converted to where the rows go
	}
	n.codes = reserved.Scratch(n.ledger, n.codes, dict.Len())
	plaincol.Codes(n.codes, dict, 0, nil)
	keep = n.validity(dict)
	if keep == nil && wordKept != nil {
		n.keep = reserved.Scratch(n.ledger, n.keep, arr.Len())
		keep = n.keep
		fill(keep, 1)
	}
	out := reserved.Scratch(n.ledger, n.values, arr.Len())
	n.values = out
	for i, code := range n.codes {
		if keep != nil && keep[i] == 0 {
			out[i] = 0
			continue
		}
		out[i] = words[code]
		if wordKept != nil {
			keep[i] = wordKept[code]
		}
	}
	return out, keep
}

// plain reads an array that is not a dictionary; half floats and booleans are
// converted.
func (n *numbers[T]) plain(arr arrow.Array) []T {
	switch arr := arr.(type) {
	case *array.Boolean:
		n.values = reserved.Scratch(n.ledger, n.values, arr.Len())
		for i := range n.values {
			n.values[i] = 0
			if arr.Value(i) {
				n.values[i] = 1
			}
		}
		return n.values
	case *array.Float16:
		n.values = reserved.Scratch(n.ledger, n.values, arr.Len())
		for i, h := range arr.Values() {
			n.values[i] = T(plaincol.HalfFloat(h))
		}
		return n.values
	}
	return plaincol.Values[T](arr)
}

// validity is 1 for each row of arr that is not null, nil where none is null.
func (n *numbers[T]) validity(arr arrow.Array) []uint8 {
	if arr.NullN() == 0 {
		return nil
	}
	n.keep = reserved.Scratch(n.ledger, n.keep, arr.Len())
	expand(n.keep, arr.NullBitmapBytes(), arr.Data().Offset())
	return n.keep
}

func (n *numbers[T]) close() {
	n.values, n.denseValues = reserved.Free(n.ledger, n.values), reserved.Free(n.ledger, n.denseValues)
	n.codes, n.denseGroup = reserved.Free(n.ledger, n.codes), reserved.Free(n.ledger, n.denseGroup)
	n.keep = reserved.Free(n.ledger, n.keep)
}

// squeeze copies to out the values to keep, and returns how many they are. out, which
// has the length of values, may be values.
func squeeze[T any](out, values []T, keep []uint8) int {
	out, keep = out[:len(values)], keep[:len(values)]
	n := 0
	for i, v := range values {
		out[n] = v
		n += int(keep[i])
	}
	return n
}

// expand writes bit offset+i of bits to keep[i].
func expand(keep, bits []byte, offset int) {
	i := 0
	for ; i < len(keep) && (offset+i)&7 != 0; i++ {
		keep[i] = bits[(offset+i)>>3] >> ((offset + i) & 7) & 1
	}
	for ; i+8 <= len(keep); i += 8 {
		b, to := bits[(offset+i)>>3], keep[i:i+8:i+8]
		to[0], to[1], to[2], to[3] = b&1, b>>1&1, b>>2&1, b>>3&1
		to[4], to[5], to[6], to[7] = b>>4&1, b>>5&1, b>>6&1, b>>7
	}
	for ; i < len(keep); i++ {
		keep[i] = bits[(offset+i)>>3] >> ((offset + i) & 7) & 1
	}
}

func fill[T any](to []T, v T) {
	for i := range to {
		to[i] = v
	}
}
