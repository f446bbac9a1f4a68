package expr

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/internal/typetext"
)

// The text of an expression, from what binds least to what binds most:
//
//	a or b
//	a and b
//	not a
//	a = b  a != b  a < b  a <= b  a > b  a >= b  a is null  a is not null  a in (b, c)    (not chained)
//	a + b  a - b
//	a * b  a / b  a % b
//	-a
//	a column, a constant, name(a, b), cast(a as type), (a)
const (
	bindsOr = iota
	bindsAnd
	bindsNot
	bindsCompare
	bindsAdd
	bindsMul
	bindsNeg
	bindsAll
)

// signs are the operations that are written between their operands.
var signs = map[op]struct {
	sign  string
	binds int
}{
	opOr: {"or", bindsOr}, opAnd: {"and", bindsAnd},
	opEq: {"=", bindsCompare}, opNe: {"!=", bindsCompare}, opLt: {"<", bindsCompare}, opLe: {"<=", bindsCompare}, opGt: {">", bindsCompare}, opGe: {">=", bindsCompare},
	opAdd: {"+", bindsAdd}, opSub: {"-", bindsAdd}, opMul: {"*", bindsMul}, opDiv: {"/", bindsMul}, opMod: {"%", bindsMul},
}

// calls are the operations that are written as name(a, b), and how many operands they
// take; -1: any number but none.
var calls = map[op]struct {
	name string
	args int
}{
	opContains: {"contains", 2}, opStartsWith: {"starts_with", 2}, opEndsWith: {"ends_with", 2},
	opLower: {"lower", 1}, opUpper: {"upper", 1}, opTrim: {"trim", 1}, opLength: {"length", 1},
	opAbs: {"abs", 1}, opFloor: {"floor", 1}, opCeil: {"ceil", 1}, opRound: {"round", 1},
	opCoalesce: {"coalesce", -1}, opIf: {"if", 3},
	opYear: {"year", 1}, opMonth: {"month", 1}, opDay: {"day", 1}, opHour: {"hour", 1}, opMinute: {"minute", 1}, opSecond: {"second", 1},
}

// keywords are the words that are no column unless quoted, in any case.
var keywords = map[string]bool{"and": true, "or": true, "not": true, "in": true, "is": true, "null": true, "true": true, "false": true,
	"as": true, "asc": true, "desc": true, "between": true, "like": true, "cast": true, "try_cast": true}

// Keyword reports whether a word, in any case, is no column unless it is quoted.
func Keyword(word string) bool { return keywords[strings.ToLower(word)] }

// Quoted is a column's name as it stands in a text: bare where it is a word that is no
// keyword, in double quotes, those in it doubled, otherwise.
func Quoted(column string) string {
	word := column != "" && !Keyword(column)
	for i := range len(column) {
		c := column[i]
		word = word && (c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z' || i > 0 && '0' <= c && c <= '9')
	}
	if word {
		return column
	}
	return `"` + strings.ReplaceAll(column, `"`, `""`) + `"`
}

// nameOf is a type as people write it.
func nameOf(t arrow.DataType) string { return typetext.Format(t) }

func (n *node) text() string {
	var b strings.Builder
	n.write(&b, bindsOr)
	return b.String()
}

// write writes n, in parentheses where it binds less than it must.
func (n *node) write(b *strings.Builder, must int) {
	if n.binds() < must {
		b.WriteByte('(')
		defer b.WriteByte(')')
	}
	switch n.op {
	case opInvalid:
		b.WriteString("(invalid)")
	case opColumn:
		b.WriteString(Quoted(n.name))
	case opLiteral:
		writeLiteral(b, n.value)
	case opNeg:
		b.WriteByte('-')
		n.args[0].write(b, bindsAll)
	case opNot:
		b.WriteString("not ")
		n.args[0].write(b, bindsNot)
	case opIsNull, opIsNotNull:
		n.args[0].write(b, bindsAdd)
		b.WriteString(map[op]string{opIsNull: " is null", opIsNotNull: " is not null"}[n.op])
	case opIn:
		n.args[0].write(b, bindsAdd)
		b.WriteString(" in ")
		writeList(b, n.args[1:])
	case opCast, opTryCast:
		b.WriteString(map[op]string{opCast: "cast(", opTryCast: "try_cast("}[n.op])
		n.args[0].write(b, bindsOr)
		b.WriteString(" as " + typeText(n.typ) + ")")
	case opFunc:
		b.WriteString(n.name)
		writeList(b, n.args)
	default:
		if c, ok := calls[n.op]; ok {
			b.WriteString(c.name)
			writeList(b, n.args)
			return
		}
		s := signs[n.op]
		left, right := s.binds, s.binds+1
		switch s.binds {
		case bindsCompare:
			left++
		case bindsAnd, bindsOr: // (a and b) and c says the same as a and (b and c)
			right--
		}
		n.args[0].write(b, left)
		b.WriteString(" " + s.sign + " ")
		n.args[1].write(b, right)
	}
}

func (n *node) binds() int {
	if s, ok := signs[n.op]; ok {
		return s.binds
	}
	switch n.op {
	case opNot:
		return bindsNot
	case opIsNull, opIsNotNull, opIn:
		return bindsCompare
	case opNeg:
		return bindsNeg
	case opLiteral: // -(-1), not --1
		switch x := n.value.(type) {
		case int64:
			if x < 0 {
				return bindsNeg
			}
		case float64:
			if math.Signbit(x) && !math.IsNaN(x) && !math.IsInf(x, 0) {
				return bindsNeg
			}
		}
	}
	return bindsAll
}

func writeList(b *strings.Builder, list []*node) {
	b.WriteByte('(')
	for i, n := range list {
		if i > 0 {
			b.WriteString(", ")
		}
		n.write(b, bindsOr)
	}
	b.WriteByte(')')
}

func typeText(t arrow.DataType) string {
	if t == nil {
		return "(no type)"
	}
	return nameOf(t)
}

func writeLiteral(b *strings.Builder, v any) {
	as := func(text string, t arrow.DataType) {
		b.WriteString("cast(")
		writeText(b, text)
		b.WriteString(" as " + nameOf(t) + ")")
	}
	switch x := v.(type) {
	case nil:
		b.WriteString("null")
	case bool:
		b.WriteString(strconv.FormatBool(x))
	case int64:
		b.WriteString(strconv.FormatInt(x, 10))
	case uint64:
		b.WriteString(strconv.FormatUint(x, 10))
	case float64:
		switch {
		case math.IsNaN(x):
			as("NaN", arrow.PrimitiveTypes.Float64)
		case math.IsInf(x, 1):
			as("Infinity", arrow.PrimitiveTypes.Float64)
		case math.IsInf(x, -1):
			as("-Infinity", arrow.PrimitiveTypes.Float64)
		default:
			b.WriteString(floatText(x))
		}
	case string:
		writeText(b, x)
	case []byte:
		as(string(x), arrow.BinaryTypes.Binary)
	case time.Time:
		as(x.Format(time.RFC3339Nano), instantType(x))
	case time.Duration:
		as(periodText(x), arrow.FixedWidthTypes.Duration_ns)
	}
}

// floatText is a float with the fewest digits that read back as it, and a point or an
// exponent, so that it is not read as an integer.
func floatText(x float64) string {
	s := strconv.FormatFloat(x, 'f', -1, 64)
	if a := math.Abs(x); a != 0 && (a < 1e-6 || a >= 1e21) {
		return strconv.FormatFloat(x, 'e', -1, 64)
	}
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// periodText is a duration in ISO 8601, in seconds: -PT5400.5S.
func periodText(d time.Duration) string {
	sign, whole, rest := "", uint64(d), uint64(0)
	if d < 0 {
		sign, whole = "-", -whole
	}
	whole, rest = whole/1e9, whole%1e9
	text := sign + "PT" + strconv.FormatUint(whole, 10)
	if rest > 0 {
		text += "." + strings.TrimRight(strconv.FormatUint(1e9+rest, 10)[1:], "0")
	}
	return text + "S"
}

func writeText(b *strings.Builder, s string) {
	b.WriteString("'" + strings.ReplaceAll(s, "'", "''") + "'")
}

// instantType is the type of an instant: in nanoseconds where they can count it.
func instantType(t time.Time) arrow.DataType {
	if y := t.Year(); y > 1677 && y < 2262 {
		return &arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "UTC"}
	}
	return &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
}
