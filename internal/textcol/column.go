package textcol

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Field is a field of text, data[From&Mask:To] without the quotes around it. The
// top bits of From are flags.
type Field struct{ From, To uint32 }

// The parts of Field.From. data is no longer than Mask+1 bytes, 1 GiB.
const (
	Quoted  = 1 << 31 // the field stood in quotes
	Escaped = 1 << 30 // quotes in it are doubled, and must be halved
	Mask    = Escaped - 1
)

// Column gathers the values of one column. It belongs to one goroutine.
//
// The text of one array of type utf8, binary or dictionary is less than 2 GiB:
// fields that do not fit are told as bad, never wrapped. Who takes an array for
// every GiB of data or less does not meet that.
type Column interface {
	// Append appends a value for each field, null for those that are no value of
	// the type: their indexes in fields are appended to bad, which is returned.
	// data and fields are borrowed.
	Append(data []byte, fields []Field, bad []int32) []int32
	// Array is what was appended, given away, with a known number of nulls. The
	// column is empty then.
	Array() arrow.Array
	// Len is how many values were appended since Array.
	Len() int
	// HeldBytes is the memory held outside of the allocator.
	HeldBytes() int64
	// Close lets go of all that is held.
	Close()
}

// Options say how fields are read. The zero value works.
type Options struct {
	// Nulls are texts that are null beside the empty one. In text columns a field
	// in quotes is never null.
	Nulls []string
	// Quote is the character that is doubled in an escaped field; 0 is ".
	Quote byte
	// Replaced, if set, is called for field i of an Append in which that many
	// sequences were not UTF-8; they have become U+FFFD, one for each maximal
	// subpart. Without it such a field is bad. Text and dictionary columns only.
	Replaced func(i int, sequences int64)
	// Exact makes integers and floats bad that would lose characters which may
	// matter, as LosesZeros tells.
	Exact bool
	// Codes, if set, are what a dictionary column goes on with and leaves when it is
	// closed; else it has its own.
	Codes *Codes
	// Valid promises that all text is UTF-8, so that nobody looks.
	Valid bool
}

func (o Options) quote() byte {
	if o.Quote == 0 {
		return '"'
	}
	return o.Quote
}

// New returns an empty column of type t, whose arrays are in memory of alloc. A
// type that no field can be read as, or a time zone that this machine does not
// know, is an error.
func New(t arrow.DataType, o Options, alloc memory.Allocator) (Column, error) {
	core := newCore(t, o, alloc)
	switch t := t.(type) {
	case *arrow.NullType:
		return &nullColumn{core: core}, nil
	case *arrow.BooleanType:
		return &boolColumn{core: core}, nil
	case *arrow.Int8Type:
		return newFixed(core, parseInts[int8]), nil
	case *arrow.Int16Type:
		return newFixed(core, parseInts[int16]), nil
	case *arrow.Int32Type:
		return newFixed(core, parseInts[int32]), nil
	case *arrow.Int64Type:
		return newFixed(core, parseInts[int64]), nil
	case *arrow.Uint8Type:
		return newFixed(core, parseUints[uint8]), nil
	case *arrow.Uint16Type:
		return newFixed(core, parseUints[uint16]), nil
	case *arrow.Uint32Type:
		return newFixed(core, parseUints[uint32]), nil
	case *arrow.Uint64Type:
		return newFixed(core, parseUints[uint64]), nil
	case *arrow.Float32Type:
		return newFixed(core, parseFloats[float32]), nil
	case *arrow.Float64Type:
		return newFixed(core, parseFloats[float64]), nil
	case *arrow.Decimal128Type:
		return newDecimals(core, t), nil
	case *arrow.Date32Type:
		return newFixed(core, parseDates32), nil
	case *arrow.Date64Type:
		return newFixed(core, parseDates64), nil
	case *arrow.Time32Type:
		return newClocks[int32](core, t.Unit), nil
	case *arrow.Time64Type:
		return newClocks[int64](core, t.Unit), nil
	case *arrow.TimestampType:
		return newTimestamps(core, t)
	case *arrow.DurationType:
		return newDurations(core, t.Unit), nil
	case *arrow.StringType:
		return &textColumn[int32]{core: core}, nil
	case *arrow.LargeStringType:
		return &textColumn[int64]{core: core}, nil
	case *arrow.BinaryType:
		return &textColumn[int32]{core: core, base64: true}, nil
	case *arrow.LargeBinaryType:
		return &textColumn[int64]{core: core, base64: true}, nil
	case *arrow.DictionaryType:
		if t.IndexType.ID() == arrow.INT32 && t.ValueType.ID() == arrow.STRING {
			return newDictionary(core), nil
		}
	}
	return nil, fmt.Errorf("values of type %s cannot be read from text", t)
}

var (
	_ Column = (*nullColumn)(nil)
	_ Column = (*boolColumn)(nil)
	_ Column = (*fixed[int64])(nil)
	_ Column = (*textColumn[int32])(nil)
	_ Column = (*dictionary)(nil)
)
