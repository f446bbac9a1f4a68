package data

import (
	"fmt"
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"

	"github.com/arrowmill/arrowmill/io/file/textsink"
)

// format is the sink's part of a layout. It is not csvio's, which has a header always
// and writes floats in their shortest form: brc has one decimal, also of 12.0.
func (l Layout) format() textsink.Format {
	return textsink.Format{Package: "data", Name: "text", NewEncoder: l.newEncoder}
}

// encoder writes rows as text. What the tables hold needs no quotes.
type encoder struct {
	fields []field
	end    byte // behind a field, but for the last
}

var _ textsink.Encoder = (*encoder)(nil)

// kind is what a field's text is made of.
type kind uint8

const (
	words kind = iota
	wholes
	floats
	dates
)

// field is a column of the batch at hand: where kind says so, its values.
type field struct {
	kind    kind
	scale   float64 // 10 to the places
	places  int
	trim    bool
	dates   [][10]byte // texts, of days from firstOrder on
	valid   []byte     // nil: no nulls
	first   int        // bit of row 0 in it
	offsets []int32
	text    []byte
	whole   []int64
	float   []float64
	date    []arrow.Date32
}

func (l Layout) newEncoder(in *arrow.Schema) (textsink.Encoder, []byte, error) {
	e := &encoder{end: l.Delimiter}
	var head []byte
	for i, f := range in.Fields() {
		c := field{}
		switch f.Type.ID() {
		case arrow.STRING:
			c.kind = words
		case arrow.INT64:
			c.kind = wholes
		case arrow.FLOAT64:
			d, ok := l.Decimals[f.Name]
			if !ok {
				return nil, nil, fmt.Errorf("column %q: how many decimals it has is not said", f.Name)
			}
			c.kind, c.places, c.scale, c.trim = floats, d.Places, math.Pow10(d.Places), d.Trim
		case arrow.DATE32:
			c.kind, c.dates = dates, dateTexts()
		default:
			return nil, nil, fmt.Errorf("column %q: no text for %s", f.Name, f.Type)
		}
		e.fields = append(e.fields, c)
		if l.Header {
			if i > 0 {
				head = append(head, l.Delimiter)
			}
			head = append(head, f.Name...)
		}
	}
	if l.Header {
		head = append(head, '\n')
	}
	return e, head, nil
}

// Append appends rows from to to-1 of rec.
func (e *encoder) Append(b []byte, rec arrow.Record, from, to int) []byte {
	for i := range e.fields {
		e.fields[i].read(rec.Column(i))
	}
	last := len(e.fields) - 1
	for r := from; r < to; r++ {
		for i := range e.fields {
			b = e.fields[i].append(b, r)
			if i < last {
				b = append(b, e.end)
			}
		}
		b = append(b, '\n')
	}
	for i := range e.fields { // nothing of rec is kept
		f := &e.fields[i]
		*f = field{kind: f.kind, scale: f.scale, places: f.places, trim: f.trim, dates: f.dates}
	}
	return b
}

// Finish appends nothing: rows are written as they come.
func (e *encoder) Finish(b []byte) []byte { return b }

// HeldBytes is nothing that counts.
func (e *encoder) HeldBytes() int64 { return 0 }

// Close does nothing.
func (e *encoder) Close() {}

func (f *field) read(arr arrow.Array) {
	if arr.NullN() > 0 {
		f.valid, f.first = arr.NullBitmapBytes(), arr.Data().Offset()
	}
	switch arr := arr.(type) {
	case *array.String:
		f.offsets, f.text = arr.ValueOffsets(), arr.ValueBytes()
		if len(f.offsets) > 0 && f.offsets[0] != 0 { // a slice: its bytes begin at the first offset
			first := f.offsets[0]
			moved := make([]int32, len(f.offsets))
			for i, o := range f.offsets {
				moved[i] = o - first
			}
			f.offsets = moved
		}
	case *array.Int64:
		f.whole = arr.Int64Values()
	case *array.Float64:
		f.float = arr.Float64Values()
	case *array.Date32:
		f.date = arr.Date32Values()
	}
}

func (f *field) append(b []byte, r int) []byte {
	if f.valid != nil && !bitutil.BitIsSet(f.valid, f.first+r) {
		return b
	}
	switch f.kind {
	case words:
		return append(b, f.text[f.offsets[r]:f.offsets[r+1]]...)
	case wholes:
		return appendWhole(b, f.whole[r])
	case floats:
		return appendPlaces(b, int64(math.Round(f.float[r]*f.scale)), f.places, f.trim)
	}
	return append(b, f.dates[int64(f.date[r])-firstOrder][:]...)
}

// appendWhole is quick with what g1 has most of.
func appendWhole(b []byte, v int64) []byte {
	switch {
	case uint64(v) < 10:
		return append(b, '0'+byte(v))
	case uint64(v) < 100:
		return append(b, '0'+byte(v/10), '0'+byte(v%10))
	}
	return strconv.AppendInt(b, v, 10)
}

// appendPlaces appends v divided by 10 to the places.
func appendPlaces(b []byte, v int64, places int, trim bool) []byte {
	if v < 0 {
		b, v = append(b, '-'), -v
	}
	for trim && places > 0 && v%10 == 0 {
		v, places = v/10, places-1
	}
	var digits [24]byte
	at := len(digits)
	for n := 0; v > 0 || n <= places; n++ {
		if n == places && places > 0 {
			at--
			digits[at] = '.'
		}
		at--
		digits[at] = '0' + byte(v%10)
		v /= 10
	}
	return append(b, digits[at:]...)
}

// dateTexts are the dates of lineitem, whose shipping ends in 1998.
var dateTexts = sync.OnceValue(func() (texts [][10]byte) {
	for d := range day(1999, 12, 31) - firstOrder + 1 {
		texts = append(texts, [10]byte(time.Unix((firstOrder+d)*86_400, 0).UTC().AppendFormat(nil, time.DateOnly)))
	}
	return texts
})
