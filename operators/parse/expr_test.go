package parse_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/operators/expr"
	"github.com/arrowmill/arrowmill/operators/parse"
)

var col, lit = expr.Col, expr.Lit

// TestExpr holds texts against expressions that are built in Go.
func TestExpr(t *testing.T) {
	a, b, c := col("a"), col("b"), col("c")
	micros, nanos := &arrow.TimestampType{Unit: arrow.Microsecond}, &arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "UTC"}
	for _, tt := range []struct {
		text string
		want expr.Expr
	}{
		{"v1 > 2 and id4 in ('a', 'b')", col("v1").Gt(2).And(col("id4").In("a", "b"))},
		{"a or b and not c = a + b * -c", a.Or(b.And(c.Eq(a.Add(b.Mul(c.Neg()))).Not()))},
		{"(a or b) and c", a.Or(b).And(c)},
		{"a and (b or c)", a.And(b.Or(c))},
		{"not a and b", a.Not().And(b)},
		{"not (a and b)", a.And(b).Not()},
		{"not not a", a.Not().Not()},
		{"a - b - c", a.Sub(b).Sub(c)},
		{"a - (b - c)", a.Sub(b.Sub(c))},
		{"a / b * c % 2", a.Div(b).Mul(c).Mod(2)},
		{"a * (b + c)", a.Mul(b.Add(c))},
		{"-a * b", a.Neg().Mul(b)},
		{"-(a * b)", a.Mul(b).Neg()},
		{"a - -1", a.Sub(-1)},
		{"--a", a.Neg().Neg()},
		{"a=b", a.Eq(b)}, {"a==b", a.Eq(b)}, {"a!=b", a.Ne(b)}, {"a<>b", a.Ne(b)},
		{"a<b", a.Lt(b)}, {"a<=b", a.Le(b)}, {"a>b", a.Gt(b)}, {"a>=b", a.Ge(b)},
		{"a + 1 < b * 2", a.Add(1).Lt(b.Mul(2))},
		{"a is null", a.IsNull()}, {"a IS NOT NULL", a.IsNotNull()}, {"not a is null", a.IsNull().Not()},
		{"a + b is null", a.Add(b).IsNull()},
		{"a in (1, b, null, 'it''s', -1, 2.5, 1 + 2, (3))", a.In(1, b, nil, "it's", -1, 2.5, lit(1).Add(2), 3)}, {"a in ()", a.In()},
		{"a NOT IN (1)", a.In(1).Not()},
		{"a between 1 and 2 and b", a.Ge(1).And(a.Le(2)).And(b)},
		{"a not between b + 1 and c", a.Ge(b.Add(1)).And(a.Le(c)).Not()},
		{"a like 'x'", a.Eq("x")}, {"a like 'x%'", a.StartsWith("x")}, {"a like '%x'", a.EndsWith("x")},
		{"a like '%x%'", a.Contains("x")}, {"a not like '%'", a.Contains("").Not()}, {"a like ''", a.Eq("")}, {"a like '%%'", a.Contains("")},
		{"1", lit(1)}, {"-1", lit(-1)}, {"1.5", lit(1.5)}, {"1e6", lit(1e6)}, {".5", lit(.5)}, {"2.", lit(2.0)}, {"1E-3", lit(1e-3)},
		{"9223372036854775807", lit(int64(9223372036854775807))}, {"-9223372036854775808", lit(int64(-9223372036854775808))},
		{"18446744073709551615", lit(uint64(18446744073709551615))},
		{"'it''s'", lit("it's")}, {"''", lit("")}, {"'Ä \"x\"'", lit(`Ä "x"`)}, {"'--; a\nb'", lit("--; a\nb")},
		{"TRUE", lit(true)}, {"False", lit(false)}, {"NULL", lit(nil)},
		{`"Origin State"`, col("Origin State")}, {`"a""b"`, col(`a"b`)}, {"a.b", col("a.b")}, {"Größe", col("Größe")}, {"_x1", col("_x1")},
		{`"And"`, col("And")}, {`"1"`, col("1")}, {"And_", col("And_")}, {"year", col("year")}, {"count + date", col("count").Add(col("date"))},
		{"case when a then 1 end", expr.If(a, 1, nil)},
		{"CASE WHEN a > 1 THEN 'x' WHEN b THEN 'y' ELSE c END", expr.If(a.Gt(1), "x", expr.If(b, "y", c))},
		{"case when case when a then b end then c else a end + 1", expr.If(expr.If(a, b, nil), c, a).Add(1)},
		{"case + when * end", col("case").Add(col("when").Mul(col("end")))},
		{"case when when then then else else end", expr.If(col("when"), col("then"), col("else"))},
		{"If(a, b, 1)", expr.If(a, b, 1)},
		{"cast(a as decimal( 12 , 2 ))", a.Cast(&arrow.Decimal128Type{Precision: 12, Scale: 2})},
		{"cast(a as timestamp[ns, UTC])", a.Cast(nanos)},
		{"CAST(a AS timestamp[ms, Etc/GMT+5])", a.Cast(&arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "Etc/GMT+5"})},
		{"cast(a as timestamp[s, +02:00])", a.Cast(&arrow.TimestampType{Unit: arrow.Second, TimeZone: "+02:00"})},
		{"cast(a as list(list(int)))", a.Cast(arrow.ListOf(arrow.ListOf(arrow.PrimitiveTypes.Int64)))},
		{"try_cast(a + 1 as TEXT)", a.Add(1).TryCast(arrow.BinaryTypes.String)},
		{"cast(null as date)", lit(nil).Cast(arrow.FixedWidthTypes.Date32)},
		{"date '2020-01-31'", lit("2020-01-31").Cast(arrow.FixedWidthTypes.Date32)},
		{"Timestamp '2020-01-31 10:00:00'", lit("2020-01-31 10:00:00").Cast(micros)},
		{"timestamp '2020-01-31T10:00:00.123456789Z'", lit("2020-01-31T10:00:00.123456789Z").Cast(nanos)},
		{"a - date '2020-01-31' > 3", a.Sub(lit("2020-01-31").Cast(arrow.FixedWidthTypes.Date32)).Gt(3)},
		{"lower(a)", a.Lower()}, {"Upper(a)", a.Upper()}, {"trim(a)", a.Trim()}, {"length(a)", a.Length()},
		{"contains(a, 'x')", a.Contains("x")}, {"starts_with(a, b)", a.StartsWith(b)}, {"ends_with(a, 'x')", a.EndsWith("x")},
		{"abs(a) + floor(b) + ceil(c) + round(a)", a.Abs().Add(b.Floor()).Add(c.Ceil()).Add(a.Round())},
		{"coalesce(a, b, 0)", a.Coalesce(b, 0)}, {"coalesce(a)", a.Coalesce()},
		{"year(a) = month(a) + day(a)", a.Year().Eq(a.Month().Add(a.Day()))},
		{"hour(a) + minute(a) + second(a)", a.Hour().Add(a.Minute()).Add(a.Second())},
		{"\ta\n+ b\u00a0", a.Add(b)},
	} {
		got, err := parse.Expr(tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		if got.String() != tt.want.String() {
			t.Errorf("%s: got %s, want %s", tt.text, got, tt.want)
		}
		again, err := parse.Expr(got.String())
		if err != nil || again.String() != got.String() {
			t.Errorf("%s: its text is read back as %s, %v", got, again, err)
		}
	}
}

func TestExprFails(t *testing.T) {
	for _, tt := range []struct {
		text, want string
		at         int // byte of the text
	}{
		{"", "character 1: found nothing, expected a value", 0},
		{"a and", "character 6: found the end, expected a value: a column, a number, 'text', a function or \"(\"", 5},
		{"v1 > 2 and and id4 = 1", "character 12: found \"and\", expected a value: a column, a number, 'text', a function or \"(\"\n  v1 > 2 and and id4 = 1\n             ^", 11},
		{"a +\n  b c", "line 2, character 5: found \"c\", expected an operator or the end (a name of several words stands in \"double quotes\")\n    b c\n      ^", 8},
		{"Origin State > 1", `a name of several words stands in "double quotes"`, 7},
		{"'ä' < ü ö", "character 9: found \"ö\"", 10},
		{"(a between 1 and 2) between 3 and 4", "a between stands left of another", 20},
		{"a)", "character 2: found \")\", expected an operator or the end", 1},
		{"(a", "character 3: found the end, expected an operator or \")\"", 2},
		{"a < b < c", "comparisons do not chain: write a < b and b < c", 6},
		{"a = not b", `found "not", expected a value`, 4},
		{"a in 3", `found "3", expected "("`, 5},
		{"a is 3", `found "3", expected null or not null`, 5},
		{"a not 3", `found "3", expected in, between or like`, 6},
		{"a between 1", `found the end, expected an operator or "and"`, 11},
		{"like > 1", `found "like", expected a value: a column, a number, 'text', a function or "(" (a column of this name stands in "double quotes")`, 0},
		{"case when a 1", `expected an operator or "then"`, 12},
		{"case when a then b", `found the end, expected an operator or "end"`, 18},
		{"cast(a)", `found ")", expected an operator or "as"`, 6},
		{"cast(a as 3)", `found "3", expected the name of a type`, 10},
		{"cast(a as integr)", `there is no type "integr"`, 10},
		{"cast(a as decimal(99))", "decimal", 10},
		{"'abc", "character 1: the text that begins here has no closing '", 0},
		{`a = "x`, `the name that begins here has no closing "`, 4},
		{"a $ b", `found "$", which belongs to no operator and no bare word`, 2},
		{"a é\u0301\U0001F600", `found "😀"`, 6},
		{"a && b", `found "&&": write and`, 2},
		{"!a", `found "!": write not`, 0},
		{`""`, "the name of the column is empty", 0},
		{"a like 'x_%'", "like knows 'text', 'text%', '%text' and '%text%' alone", 7},
		{"a like b", "found \"b\", expected a pattern", 7},
		{"18446744073709551616", "the integer 18446744073709551616 has more than 64 bits: write 18446744073709551616.0", 0},
		{"a > 1e999", "the number 1e999 is larger than a float can be", 4},
		{"12abc", `found "abc", expected an operator or the end`, 2},
		{"sum(a) > 1", "sum is an aggregate, of many rows", 0},
		{"lowr(a)", `there is no function "lowr" (lower?): there are abs, `, 0},
		{"1 + LEN(a)", `there is no function "LEN" (length?)`, 4},
		{"date(a)", `there is no function "date" (cast(x as date)?)`, 0},
		{"frobnicate(a)", `there is no function "frobnicate": there are abs, `, 0},
		{"lower(a, b)", "lower takes one argument, not 2", 0},
		{"if(a, b)", "if takes three arguments, not 2", 0},
		{"lower(*)", "only count takes *", 0},
		{"coalesce()", "at least one argument", 0},
		{"date '2020-13-01'", "'2020-13-01' is no date: write date '2020-01-31'", 0},
		{"a > timestamp 'noon'", "'noon' is no timestamp: write timestamp", 4},
		{"int8 '300'", "'300' is no int8", 0},
		{"a in (1, 18446744073709551616)", "has more than 64 bits", 9},
		{"a in (1, 1e999 )", "larger than a float", 9},
		{"a in (1 2)", "found \"2\", expected an operator or \")\"", 8},
		{"colour 'red'", `colour does not belong before a text: there is no type "colour"`, 0},
	} {
		e, err := parse.Expr(tt.text)
		if err == nil {
			t.Errorf("%s: got %s, want an error with %q", tt.text, e, tt.want)
			continue
		}
		if !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s:\ngot  %v\nwant %s", tt.text, err, tt.want)
		}
		var at *parse.Error
		if !errors.As(err, &at) || at.Offset != tt.at || at.Text != tt.text {
			t.Errorf("%s: the error is at byte %d, not %d", tt.text, at.Offset, tt.at)
		}
	}
}

// TestExprLimits reads texts that would take too much of the stack, or of memory.
func TestExprLimits(t *testing.T) {
	deep := func(open, inner, end string, n int) string {
		return strings.Repeat(open, n) + inner + strings.Repeat(end, n)
	}
	for _, tt := range []struct{ text, want string }{
		{strings.Repeat("(", 10_000), "brackets stand in each other more than 100 deep"},
		{deep("(", "a", ")", 101), "more than 100 deep"},
		{deep("lower(", "a", ")", 101), "more than 100 deep"},
		{deep("case when ", "a", " then b end", 101), "more than 100 cases"},
		{strings.Repeat("not ", 3000) + "a", "more than 2000 operators"},
		{strings.Repeat("-", 3000) + "a", "more than 2000 operators"},
		{"a" + strings.Repeat("+a", 3000), "more than 2000 operators"},
		{"a" + strings.Repeat(" or a", 3000), "more than 2000 operators: x in (1, 2) does for many comparisons of x"},
		{"cast(a as " + deep("list(", "int", ")", 101) + ")", "more than 100 deep"},
		{strings.Repeat("a", 10<<20), "the text has 10485760 bytes, 1048576 at most are read"},
	} {
		_, err := parse.Expr(tt.text)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.20s…: got %v, want %s", tt.text, err, tt.want)
		}
		if err != nil && len(err.Error()) > 1000 {
			t.Errorf("%.20s…: an error of %d bytes", tt.text, len(err.Error()))
		}
	}
	for _, text := range []string{
		deep("(", "a", ")", 100), deep("lower(", "a", ")", 100), deep("case when ", "a", " then b end", 100),
		strings.Repeat("not ", 2000) + "a", "a" + strings.Repeat(" + a", 2000),
		"a in (1" + strings.Repeat(", 1", 3_000) + ")",
	} {
		e, err := parse.Expr(text)
		if err != nil {
			t.Errorf("%.20s…: %v", text, err)
			continue
		}
		again, err := parse.Expr(e.String())
		if err != nil || again.String() != e.String() {
			t.Errorf("%.20s…: its text is not read back: %v", text, err)
		}
	}
}
