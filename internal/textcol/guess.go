package textcol

import (
	"bytes"
	"math"
	"strconv"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
)

// Guess finds the narrowest type that holds all fields that it was fed, without
// losing a character that matters. It belongs to one goroutine.
//
//	bool
//	int64, uint64, float64               int64 and float64 together: float64
//	date, timestamp[us], timestamp[ns]   dates and timestamps together: timestamp
//	timestamp[us, UTC], timestamp[ns, UTC]
//	time[us], time[ns]
//	text                                 anything else, and what fits no one of the lines above; nothing but nulls
//
// The rules:
//
//  1. Numbers are as programs write them. A zero followed by a digit (00501,
//     -007), a plus sign (+34600123456), hexadecimal digits, separators of
//     thousands: text. NaN, Inf, -Inf, Infinity and -Infinity in any case are
//     float64; -0 is one too.
//  2. An integer is a float64 only where that has the same digits. So integers
//     beyond int64 are uint64 where all fit that, and else text, unless they are
//     float64s such as 100000000000000000000.
//  3. Dates and timestamps have years of four digits, and all timestamps of a
//     column have an offset or none has one. Nanoseconds are taken where some
//     field has more than six digits of a fraction; one that they cannot reach
//     (beyond the years 1678 to 2261) makes that text.
//  4. Empty fields and the texts of Options.Nulls are null, in quotes too: with
//     values beside them that are no text, they can be nothing else.
type Guess struct {
	nulls  nullTexts
	fits   kinds
	values int64
	nanos  bool // a fraction has more than six digits
	far    bool // a date or timestamp is beyond what nanoseconds reach
	odd    Field
}

// kinds is a set of types.
type kinds uint16

const (
	isBool kinds = 1 << iota
	isInt
	isUint
	isFloat
	isDate
	isLocal
	isZoned
	isTime
	anyKind kinds = 1<<iota - 1
)

// NewGuess returns a guess that has seen nothing. Of the options it takes Nulls.
func NewGuess(o Options) *Guess { return &Guess{nulls: newNullTexts(o.Nulls), fits: anyKind} }

// Add looks at more fields. data and fields are borrowed.
func (g *Guess) Add(data []byte, fields []Field) {
	for _, f := range g.nulls.prepare(data, fields, false) {
		from, to := f.From&Mask, f.To
		if from >= to {
			continue
		}
		g.values++
		if g.fits == 0 {
			return
		}
		if g.fits &= g.kindsOf(trimmed(data[from:to])); g.fits == 0 {
			g.odd = f
		}
	}
}

// Odd is the field that made it text: that of the last call of Add that no type has in common
// with those before. ok: there was one.
func (g *Guess) Odd() (f Field, ok bool) { return g.odd, g.fits == 0 }

// Empty reports whether no field had a value.
func (g *Guess) Empty() bool { return g.values == 0 }

// Type is the narrowest type that holds all fields that were added.
func (g *Guess) Type() arrow.DataType {
	unit := arrow.Microsecond
	if g.nanos {
		unit = arrow.Nanosecond
	}
	switch {
	case g.values == 0, g.fits == 0:
	case g.fits&isBool != 0:
		return arrow.FixedWidthTypes.Boolean
	case g.fits&isInt != 0:
		return arrow.PrimitiveTypes.Int64
	case g.fits&isUint != 0:
		return arrow.PrimitiveTypes.Uint64
	case g.fits&isFloat != 0:
		return arrow.PrimitiveTypes.Float64
	case g.fits&isDate != 0:
		return arrow.FixedWidthTypes.Date32
	case g.fits&isTime != 0:
		return &arrow.Time64Type{Unit: unit}
	case g.nanos && g.far:
	case g.fits&isLocal != 0:
		return &arrow.TimestampType{Unit: unit}
	case g.fits&isZoned != 0:
		return &arrow.TimestampType{Unit: unit, TimeZone: "UTC"}
	}
	return arrow.BinaryTypes.String
}

// kindsOf is the types that b, which may be empty, is a value of.
func (g *Guess) kindsOf(b []byte) kinds {
	if len(b) == 0 {
		return 0
	}
	switch c := b[0]; {
	case c == '-' || c == '.' || c-'0' <= 9:
		if k := numberKinds(b); k != 0 {
			return k
		}
		return g.temporalKinds(b)
	case c|0x20 == 't' || c|0x20 == 'f':
		if _, ok := boolean(b); ok {
			return isBool
		}
	case c|0x20 == 'n' || c|0x20 == 'i':
		if notANumber(b) {
			return isFloat
		}
	}
	return 0
}

// notANumber reports whether b is how programs write NaN or the infinite, in any case.
func notANumber(b []byte) bool {
	switch len(b) {
	case 3:
		return bytes.EqualFold(b, []byte("nan")) || bytes.EqualFold(b, []byte("inf"))
	case 8:
		return bytes.EqualFold(b, []byte("infinity"))
	}
	return false
}

func numberKinds(b []byte) kinds {
	digits, negative := b, b[0] == '-'
	if negative {
		if len(b) > 1 && b[1]|0x20 == 'i' && notANumber(b[1:]) {
			return isFloat
		}
		digits = b[1:]
	}
	switch n := digitsAt(digits, 0); {
	case n > 1 && digits[0] == '0', !isDecimal(digits):
		return 0
	case n < len(digits), negative && n == 1 && digits[0] == '0':
		if _, ok := anyFloat(b, 64); ok {
			return isFloat
		}
		return 0
	}
	var k kinds
	v, ok := magnitude(digits)
	switch {
	case ok && negative && v <= 1<<63:
		k = isInt
	case ok && !negative:
		if k = isUint; v <= math.MaxInt64 {
			k |= isInt
		}
	}
	if ok && v <= 1<<53 || sameFloat(digits) {
		k |= isFloat
	}
	return k
}

// sameFloat reports whether an integer has the digits of the float64 next to it.
func sameFloat(digits []byte) bool {
	v, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(digits), len(digits)), 64)
	if err != nil {
		return false
	}
	var room [512]byte
	return string(strconv.AppendFloat(room[:0], v, 'f', -1, 64)) == string(digits)
}

func (g *Guess) temporalKinds(b []byte) kinds {
	if len(b) >= 10 && b[4] == '-' {
		t, ok := parseInstant(b)
		if !ok {
			return 0
		}
		if _, ok := t.value(nanos); !ok {
			g.far = true
		}
		g.nanos = g.nanos || t.digits > 6
		switch {
		case t.plain:
			return isDate | isLocal
		case t.zoned:
			return isZoned
		}
		return isLocal
	}
	_, _, digits, rest, ok := clockPrefix(b)
	if !ok || len(rest) > 0 {
		return 0
	}
	g.nanos = g.nanos || digits > 6
	return isTime
}
