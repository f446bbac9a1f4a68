package rowtext

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
)

// Cells is the text of consecutive cells of one column.
//
//	Text  a b b c c c
//	Ends    1   3     6     cell i is Text[Ends[i-1]:Ends[i]]
type Cells struct {
	Text []byte
	Ends []int
}

// Reset forgets all cells and keeps the memory.
func (c *Cells) Reset() { c.Text, c.Ends = c.Text[:0], c.Ends[:0] }

// Cell is the text of cell i, a view.
func (c *Cells) Cell(i int) []byte {
	if i == 0 {
		return c.Text[:c.Ends[0]]
	}
	return c.Text[c.Ends[i-1]:c.Ends[i]]
}

// HeldBytes is the memory held.
func (c *Cells) HeldBytes() int64 { return int64(cap(c.Text)) + 8*int64(cap(c.Ends)) }

// end closes a cell.
func (c *Cells) end() { c.Ends = append(c.Ends, len(c.Text)) }

// Style says how a text is quoted.
type Style uint8

// The styles.
const (
	CSV   Style = iota // RFC 4180: quoted where it must be, and where it is empty
	JSON               // quoted and escaped; what is no number, bool or null is a string
	Plain              // as it is, with control characters escaped as in Go
)

// Column writes the cells of columns of one type. It belongs to one goroutine.
type Column interface {
	// Append appends the cells of rows from to to-1 of arr, which is borrowed and
	// has the type that the column was made for.
	Append(c *Cells, arr arrow.Array, from, to int)

	// HeldBytes is the memory that the column holds for itself.
	HeldBytes() int64

	// Close lets go of all that is held.
	Close()
}

// NewColumn returns the writer of columns of type t. null is the text of a null.
// A type that cannot be written, or a time zone that this machine does not know,
// is an error.
func NewColumn(t arrow.DataType, style Style, null string) (Column, error) {
	as := look{style: style, null: null}
	if style == JSON {
		as.quote = `"`
	}
	switch t := t.(type) {
	case *arrow.NullType:
		return nulls{look: as}, nil
	case *arrow.Int8Type, *arrow.Int16Type, *arrow.Int32Type, *arrow.Int64Type,
		*arrow.Uint8Type, *arrow.Uint16Type, *arrow.Uint32Type, *arrow.Uint64Type,
		*arrow.Float16Type, *arrow.Float32Type, *arrow.Float64Type, *arrow.BooleanType:
		return numbers{look: as}, nil
	case *arrow.StringType, *arrow.LargeStringType, *arrow.StringViewType:
		return texts{look: as}, nil
	case *arrow.BinaryType, *arrow.LargeBinaryType, *arrow.BinaryViewType, *arrow.FixedSizeBinaryType:
		return binaries{look: as}, nil
	case *arrow.Decimal128Type:
		return decimals{look: as, scale: t.Scale}, nil
	case *arrow.Decimal256Type:
		return decimals{look: as, scale: t.Scale}, nil
	case *arrow.TimestampType:
		return newTimestamps(t, as)
	case *arrow.Date32Type, *arrow.Date64Type:
		return dates{look: as}, nil
	case *arrow.Time32Type:
		return clocks{look: as, ticks: ticksPerSecond(t.Unit)}, nil
	case *arrow.Time64Type:
		return clocks{look: as, ticks: ticksPerSecond(t.Unit)}, nil
	case *arrow.DurationType:
		return durations{look: as, ticks: ticksPerSecond(t.Unit)}, nil
	case *arrow.MonthIntervalType, *arrow.DayTimeIntervalType, *arrow.MonthDayNanoIntervalType:
		return intervals{look: as}, nil
	case *arrow.DictionaryType:
		return newDictionaries(t, style, null)
	case arrow.ExtensionType:
		return newExtensions(t, style, null)
	case *arrow.RunEndEncodedType:
		return newRuns(t, style, null)
	case arrow.ListLikeType, *arrow.StructType, arrow.UnionType:
		return newNested(t, as)
	}
	return nil, fmt.Errorf("values of type %s cannot be written as text", t)
}

// look is how the cells of one column look.
type look struct {
	style Style
	null  string
	quote string // around a text that needs no escapes
}

// bare is a column that holds nothing of its own.
type bare struct{}

func (bare) HeldBytes() int64 { return 0 }
func (bare) Close()           {}

// validity is a bitmap with its offset; without bits, all rows are valid.
type validity struct {
	bits   []byte
	offset int
}

func validityOf(arr arrow.Array) validity {
	return validity{arr.NullBitmapBytes(), arr.Data().Offset()}
}

func (v validity) null(i int) bool {
	i += v.offset
	return len(v.bits) > 0 && v.bits[i>>3]>>(i&7)&1 == 0
}

// each writes cells whose text needs no escapes and costs more than a call.
func each(c *Cells, as look, valid validity, from, to int, text func(b []byte, i int) []byte) {
	for i := from; i < to; i++ {
		if valid.null(i) {
			c.Text = append(c.Text, as.null...)
		} else {
			c.Text = append(c.Text, as.quote...)
			c.Text = text(c.Text, i)
			c.Text = append(c.Text, as.quote...)
		}
		c.end()
	}
}

// nulls writes the type that has no values.
type nulls struct {
	look
	bare
}

func (n nulls) Append(c *Cells, _ arrow.Array, from, to int) {
	for range to - from {
		c.Text = append(c.Text, n.null...)
		c.end()
	}
}

var (
	_ Column = nulls{}
	_ Column = numbers{}
	_ Column = texts{}
	_ Column = binaries{}
	_ Column = decimals{}
	_ Column = (*timestamps)(nil)
	_ Column = dates{}
	_ Column = clocks{}
	_ Column = durations{}
	_ Column = intervals{}
	_ Column = (*dictionaries)(nil)
	_ Column = extensions{}
	_ Column = runs{}
	_ Column = (*nested)(nil)
	_ Column = (*lists)(nil)
	_ Column = (*structs)(nil)
	_ Column = unions{}
)
