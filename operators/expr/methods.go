package expr

import "github.com/apache/arrow/go/v17/arrow"

func (e Expr) unary(o op) Expr { return of(&node{op: o, args: []*node{e.node()}}) }

func (e Expr) binary(o op, other any) Expr {
	return of(&node{op: o, args: []*node{e.node(), operand(other)}})
}

// Add is e + other.
func (e Expr) Add(other any) Expr { return e.binary(opAdd, other) }

// Sub is e - other.
func (e Expr) Sub(other any) Expr { return e.binary(opSub, other) }

// Mul is e * other.
func (e Expr) Mul(other any) Expr { return e.binary(opMul, other) }

// Div is e / other as a float64.
func (e Expr) Div(other any) Expr { return e.binary(opDiv, other) }

// Mod is what is left of e / other, of integers or floats, with the sign of e. Of
// integers it is null where other is 0.
func (e Expr) Mod(other any) Expr { return e.binary(opMod, other) }

// Neg is -e.
func (e Expr) Neg() Expr { return of(negated(e.node())) }

// Eq is e = other.
func (e Expr) Eq(other any) Expr { return e.binary(opEq, other) }

// Ne is e != other.
func (e Expr) Ne(other any) Expr { return e.binary(opNe, other) }

// Lt is e < other.
func (e Expr) Lt(other any) Expr { return e.binary(opLt, other) }

// Le is e <= other.
func (e Expr) Le(other any) Expr { return e.binary(opLe, other) }

// Gt is e > other.
func (e Expr) Gt(other any) Expr { return e.binary(opGt, other) }

// Ge is e >= other.
func (e Expr) Ge(other any) Expr { return e.binary(opGe, other) }

// And is e and other: false where one is false, else null where one is null.
func (e Expr) And(other any) Expr { return e.binary(opAnd, other) }

// Or is e or other: true where one is true, else null where one is null.
func (e Expr) Or(other any) Expr { return e.binary(opOr, other) }

// Not is true where e is false.
func (e Expr) Not() Expr { return e.unary(opNot) }

// IsNull is true where e is null, of any type; it is never null.
func (e Expr) IsNull() Expr { return e.unary(opIsNull) }

// IsNotNull is true where e is not null, of any type; it is never null.
func (e Expr) IsNotNull() Expr { return e.unary(opIsNotNull) }

// In is true where e is equal to one of values, null where it is not and one of them or
// e itself is null. Among no values there is none.
func (e Expr) In(values ...any) Expr {
	return of(&node{op: opIn, args: operands(e.node(), values)})
}

// Contains is true where the text or the bytes of other stand somewhere in e.
func (e Expr) Contains(other any) Expr { return e.binary(opContains, other) }

// StartsWith is true where e begins with other.
func (e Expr) StartsWith(other any) Expr { return e.binary(opStartsWith, other) }

// EndsWith is true where e ends with other.
func (e Expr) EndsWith(other any) Expr { return e.binary(opEndsWith, other) }

// Lower is text in lower case, by Unicode's full mapping. What is not UTF-8 becomes
// U+FFFD.
func (e Expr) Lower() Expr { return e.unary(opLower) }

// Upper is text in upper case, each code point by itself. What is not UTF-8 becomes
// U+FFFD.
func (e Expr) Upper() Expr { return e.unary(opUpper) }

// Trim is text without Unicode's white space at both ends.
func (e Expr) Trim() Expr { return e.unary(opTrim) }

// Length is the number of code points of a text, of bytes of a binary, as int64.
func (e Expr) Length() Expr { return e.unary(opLength) }

// Cast is e as type t. What has no value there is an error that names it:
//
//	number → integer       it must be one, and in range
//	number → float         the nearest; beyond the largest of float32 is an error
//	number → decimal       rounded half away from zero to the scale; more digits before the point than there are is an error
//	bool → integer         1 and 0
//	anything → text        as all formats here write it; binary must be UTF-8
//	text → anything else   as all formats here read it, spaces around it aside: numbers in decimal, 1e3, NaN, Infinity; a decimal
//	                       with no more digits behind the point than fit; true, false; 2024-01-31, 15:04:05.25, RFC 3339 or
//	                       2024-01-31 15:04:05, with an offset only for a type with a zone; PT1H30M; of binary, the text's bytes.
//	                       Empty text is an error, not null.
//	timestamp → date, time that of its zone's clocks
//	date → timestamp       midnight, UTC
//	time, duration, timestamp → other units, cut down to the unit, towards the past
//	timestamps             with and without a zone: the same instant, UTC where there is none
//	integer ↔ date, time, timestamp, duration    counted in its unit
//	text ↔ dictionary      of text; of other dictionaries, to what their values can be cast to
func (e Expr) Cast(t arrow.DataType) Expr {
	return of(&node{op: opCast, typ: t, args: []*node{e.node()}})
}

// TryCast is Cast with null for what has no value in type t.
func (e Expr) TryCast(t arrow.DataType) Expr {
	return of(&node{op: opTryCast, typ: t, args: []*node{e.node()}})
}

// Abs is the magnitude of a number or duration.
func (e Expr) Abs() Expr { return e.unary(opAbs) }

// Floor is the greatest whole number not above e, of e's type (a decimal without a
// scale, a float64).
func (e Expr) Floor() Expr { return e.unary(opFloor) }

// Ceil is the least whole number not below e, of types as of Floor.
func (e Expr) Ceil() Expr { return e.unary(opCeil) }

// Round is the nearest whole number, the one farther from zero where two are as near,
// of types as of Floor.
func (e Expr) Round() Expr { return e.unary(opRound) }

// Coalesce is the first of e and others that is not null.
func (e Expr) Coalesce(others ...any) Expr {
	return of(&node{op: opCoalesce, args: operands(e.node(), others)})
}

// Year is the year of a date or timestamp, as int64.
func (e Expr) Year() Expr { return e.unary(opYear) }

// Month is the month of a date or timestamp, 1 to 12.
func (e Expr) Month() Expr { return e.unary(opMonth) }

// Day is the day of the month of a date or timestamp, 1 to 31.
func (e Expr) Day() Expr { return e.unary(opDay) }

// Hour is the hour of a timestamp or time, 0 to 23; of a date, 0.
func (e Expr) Hour() Expr { return e.unary(opHour) }

// Minute is the minute of a timestamp or time, 0 to 59; of a date, 0.
func (e Expr) Minute() Expr { return e.unary(opMinute) }

// Second is the whole second of a timestamp or time, 0 to 59; of a date, 0.
func (e Expr) Second() Expr { return e.unary(opSecond) }
