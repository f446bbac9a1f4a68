package expr_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/internal/typetext"
	"github.com/arrowmill/arrowmill/operators/expr"
)

var (
	col = expr.Col
	lit = expr.Lit
)

// typeOf is a type by its name.
func typeOf(name string) arrow.DataType {
	t, err := typetext.Parse(name)
	if err != nil {
		panic(err)
	}
	return t
}

var sample = func() arrow.Record {
	day := func(s string) any {
		t, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			panic(err)
		}
		return t
	}
	return dataflowtest.Batch(
		dataflowtest.Col("i", []any{int64(7), int64(-7), nil, int64(math.MaxInt64)}),
		dataflowtest.ColOf("n", arrow.PrimitiveTypes.Int32, 2, 0, 3, nil),
		dataflowtest.Col("u", []any{uint64(0), uint64(math.MaxUint64), nil, uint64(1 << 63)}),
		dataflowtest.Col("f", []any{1.5, math.NaN(), nil, math.Copysign(0, -1)}),
		dataflowtest.ColOf("d", typeOf("decimal(12,2)"), 105, -250, nil, 5),
		dataflowtest.Col("s", []any{"Abc", "", nil, " ÉÀ "}),
		dataflowtest.ColOf("k", typeOf("dictionary"), "Abc", "b", nil, "Abc"),
		dataflowtest.Col("b", []any{true, false, nil, true}),
		dataflowtest.ColOf("day", typeOf("date"), day("1998-09-02T00:00:00Z"), day("1969-12-31T00:00:00Z"), nil, day("2024-02-29T00:00:00Z")),
		dataflowtest.ColOf("ts", typeOf("timestamp[ms]"), day("1998-09-02T12:30:15.5Z"), day("1969-12-31T23:59:59.999Z"), nil, day("2024-02-29T00:00:00Z")),
		dataflowtest.ColOf("tz", typeOf("timestamp[us, Europe/Madrid]"), day("1998-09-01T23:30:00Z"), day("1969-12-31T23:59:59Z"), nil, day("2024-12-31T23:00:00Z")),
		dataflowtest.ColOf("du", typeOf("duration[s]"), 90*time.Minute, -time.Second, nil, time.Duration(0)),
		dataflowtest.ColOf("bin", typeOf("binary"), []byte("ab"), []byte{0xff}, nil, []byte{}),
		dataflowtest.ColOf("l", typeOf("list(int64)"), []any{int64(1), int64(2)}, []any{}, nil, []any{nil}),
	)
}()

// TestValues is a table of what each operation gives, and of its type.
func TestValues(t *testing.T) {
	cast := func(e expr.Expr, typ string) expr.Expr { return e.Cast(typeOf(typ)) }
	try := func(e expr.Expr, typ string) expr.Expr { return e.TryCast(typeOf(typ)) }
	for _, tt := range []struct {
		e    expr.Expr
		text string
		typ  string
		want string
	}{
		{col("i").Add(1), "i + 1", "int64", "!"},
		{col("i").Sub(1), "i - 1", "int64", "[6 -8 (null) 9223372036854775806]"},
		{col("i").Mod(col("n")), "i % n", "int64", "[1 (null) (null) (null)]"},
		{col("i").Mod(-4), "i % -4", "int64", "[3 -3 (null) 3]"},
		{col("u").Add(0), "u + 0", "uint64", "[0 18446744073709551615 (null) 9223372036854775808]"},
		{col("u").Sub(1), "u - 1", "uint64", "!"},
		{col("u").Add(col("n")), "u + n", "int64", "!"},
		{col("u").Neg(), "-u", "int64", "!"},
		{col("n").Mul(col("n")), "n * n", "int64", "[4 0 9 (null)]"},
		{col("i").Div(2), "i / 2", "float64", "[3.5 -3.5 (null) 4.611686018427388e+18]"},
		{col("i").Div(col("n")), "i / n", "float64", "[3.5 -Inf (null) (null)]"},
		{col("f").Mod(1), "f % 1", "float64", "[0.5 NaN (null) -0]"},
		{col("f").Neg().Abs(), "abs(-f)", "float64", "[1.5 NaN (null) 0]"},
		{col("f").Round(), "round(f)", "float64", "[2 NaN (null) -0]"},
		{lit(2.5).Round(), "round(2.5)", "float64", "[3 3 3 3]"},
		{lit(-2.5).Round(), "round(-2.5)", "float64", "[-3 -3 -3 -3]"},
		{col("d").Mul(col("d")), "d * d", "decimal(24, 4)", "[1.1025 6.2500 (null) 0.0025]"},
		{col("d").Mul(lit(1).Sub(0.05)), "d * (1 - 0.05)", "float64", "[0.9974999999999999 -2.375 (null) 0.0475]"},
		{col("d").Mul(0.5), "d * 0.5", "decimal(13, 3)", "[0.525 -1.250 (null) 0.025]"},
		{col("d").Add(1), "d + 1", "decimal(13, 2)", "[2.05 -1.50 (null) 1.05]"},
		{col("d").Div(2), "d / 2", "float64", "[0.525 -1.25 (null) 0.025]"},
		{col("d").Round(), "round(d)", "decimal(11, 0)", "[1 -3 (null) 0]"},
		{col("d").Floor(), "floor(d)", "decimal(11, 0)", "[1 -3 (null) 0]"},
		{col("d").Ceil(), "ceil(d)", "decimal(11, 0)", "[2 -2 (null) 1]"},

		{col("d").Eq(0.05), "d = 0.05", "bool", "[false false (null) true]"},
		{col("d").Ge("0.05"), "d >= '0.05'", "bool", "[true false (null) true]"},
		{col("f").Gt(1), "f > 1", "bool", "[true true (null) false]"},
		{col("f").Eq(math.NaN()), "f = cast('NaN' as float64)", "bool", "[false true (null) false]"},
		{col("f").Eq(0), "f = 0", "bool", "[false false (null) true]"},
		{col("i").Lt(float64(1 << 63)), "i < 9223372036854776000.0", "bool", "[true true (null) true]"},
		{col("i").Lt(math.Inf(1)), "i < cast('Infinity' as float64)", "bool", "[true true (null) true]"},
		{col("u").Gt(col("i")), "u > i", "bool", "[false true (null) true]"},
		{col("u").Ge(-1), "u >= -1", "bool", "[true true (null) true]"},
		{lit(2).Lt(col("n")), "2 < n", "bool", "[false false true (null)]"},
		{col("s").Ge("A"), "s >= 'A'", "bool", "[true false (null) false]"},
		{col("k").Eq("Abc"), "k = 'Abc'", "bool", "[true false (null) true]"},
		{col("k").Ne(col("s")), "k != s", "bool", "[false true (null) true]"},
		{col("b").Eq("true"), "b = 'true'", "bool", "[true false (null) true]"},
		{col("bin").Eq("ab"), "bin = 'ab'", "bool", "[true false (null) false]"},
		{col("i").Eq(nil), "i = null", "bool", "[(null) (null) (null) (null)]"},

		{col("day").Le("1998-09-02"), "day <= '1998-09-02'", "bool", "[true true (null) false]"},
		{col("day").Lt(col("ts")), "day < ts", "bool", "[true true (null) false]"},
		{col("ts").Eq("2024-02-29"), "ts = '2024-02-29'", "bool", "[false false (null) true]"},
		{col("ts").Eq(time.Date(1998, 9, 2, 12, 30, 15, 5e8, time.UTC)), "ts = cast('1998-09-02T12:30:15.5Z' as timestamp[ns, UTC])", "bool", "[true false (null) false]"},
		{col("ts").Lt(time.Date(1998, 9, 2, 12, 30, 15, 5e8+1, time.UTC)), "ts < cast('1998-09-02T12:30:15.500000001Z' as timestamp[ns, UTC])", "bool", "[true true (null) false]"},
		{col("du").Gt(time.Hour), "du > cast('PT3600S' as duration[ns])", "bool", "[true false (null) false]"},
		{col("du").Gt("PT1H"), "du > 'PT1H'", "bool", "[true false (null) false]"},
		{col("day").Sub("1998-09-01"), "day - '1998-09-01'", "int64", "[1 -10471 (null) 9312]"},
		{col("ts").Sub(col("day")), "ts - day", "duration[ms]", "[45015500ms 86399999ms (null) 0ms]"},
		{col("day").Add(col("du")), "day + du", "timestamp[s]", "[1998-09-02 01:30:00Z 1969-12-30 23:59:59Z (null) 2024-02-29 00:00:00Z]"},
		{col("ts").Sub(time.Second), "ts - cast('PT1S' as duration[ns])", "timestamp[ns]", "[1998-09-02 12:30:14.5Z 1969-12-31 23:59:58.999Z (null) 2024-02-28 23:59:59Z]"},
		{col("du").Mul(2), "du * 2", "duration[s]", "[10800s -2s (null) 0s]"},
		{col("tz").Year(), "year(tz)", "int64", "[1998 1970 (null) 2025]"},
		{col("tz").Day(), "day(tz)", "int64", "[2 1 (null) 1]"},
		{col("tz").Hour(), "hour(tz)", "int64", "[1 0 (null) 0]"},
		{col("ts").Month().Mul(100).Add(col("ts").Day()), "month(ts) * 100 + day(ts)", "int64", "[902 1231 (null) 229]"},
		{col("ts").Second(), "second(ts)", "int64", "[15 59 (null) 0]"},
		{col("day").Minute(), "minute(day)", "int64", "[0 0 (null) 0]"},
		{cast(col("tz"), "date"), "cast(tz as date)", "date", "[1998-09-02 1970-01-01 (null) 2025-01-01]"},
		{cast(col("tz"), "time"), "cast(tz as time)", "time", "[01:30:00.000000 00:59:59.000000 (null) 00:00:00.000000]"},
		{cast(col("ts"), "timestamp[s]"), "cast(ts as timestamp[s])", "timestamp[s]", "[1998-09-02 12:30:15Z 1969-12-31 23:59:59Z (null) 2024-02-29 00:00:00Z]"},
		{cast(col("day"), "int32"), "cast(day as int32)", "int32", "[10471 -1 (null) 19782]"},

		{col("b").And(col("i").Gt(0)), "b and i > 0", "bool", "[true false (null) true]"},
		{col("b").Or(nil), "b or null", "bool", "[true (null) (null) true]"},
		{col("b").And(nil), "b and null", "bool", "[(null) false (null) (null)]"},
		{col("b").Not().Or(col("b")), "not b or b", "bool", "[true true (null) true]"},
		{col("l").IsNull(), "l is null", "bool", "[false false true false]"},
		{col("i").Add(col("n")).IsNotNull(), "i + n is not null", "bool", "[true true false false]"},
		{col("i").In(7, 2.5, nil), "i in (7, 2.5, null)", "bool", "[true (null) (null) (null)]"},
		{col("i").In(), "i in ()", "bool", "[false false false false]"},
		{col("f").In(math.NaN(), 0), "f in (cast('NaN' as float64), 0)", "bool", "[false true (null) true]"},
		{col("day").In("2024-02-29", "1998-09-02"), "day in ('2024-02-29', '1998-09-02')", "bool", "[true false (null) true]"},
		{col("d").In(1.05, 7), "d in (1.05, 7)", "bool", "[true false (null) false]"},
		{expr.If(col("b"), col("n"), 0), "if(b, n, 0)", "int32", "[2 0 0 (null)]"},
		{expr.If(col("b"), col("n"), 0.5), "if(b, n, 0.5)", "float64", "[2 0.5 0.5 (null)]"},
		{expr.If(col("b"), col("l"), nil), "if(b, l, null)", "list(int64)", "[[1 2] (null) (null) [(null)]]"},
		{expr.If(col("n").Ne(0), col("i").Mod(col("n")), nil), "if(n != 0, i % n, null)", "int64", "[1 (null) (null) (null)]"},
		{col("i").Coalesce(col("n"), 9), "coalesce(i, n, 9)", "int64", "[7 -7 3 9223372036854775807]"},
		{col("s").Coalesce(col("k"), "none"), "coalesce(s, k, 'none')", "text", `["Abc" "" "none" " ÉÀ "]`},
		{col("day").Coalesce("2000-01-01"), "coalesce(day, '2000-01-01')", "date", "[1998-09-02 1969-12-31 2000-01-01 2024-02-29]"},

		{col("s").Lower(), "lower(s)", "text", `["abc" "" (null) " éà "]`},
		{col("s").Upper().Trim(), "trim(upper(s))", "text", `["ABC" "" (null) "ÉÀ"]`},
		{col("s").Length(), "length(s)", "int64", "[3 0 (null) 4]"},
		{col("bin").Length(), "length(bin)", "int64", "[2 1 (null) 0]"},
		{col("k").Contains("b"), "contains(k, 'b')", "bool", "[true true (null) true]"},
		{col("s").StartsWith("A").Or(col("s").EndsWith(" ")), "starts_with(s, 'A') or ends_with(s, ' ')", "bool", "[true false (null) true]"},

		{cast(col("n"), "text"), "cast(n as text)", "text", `["2" "0" "3" (null)]`},
		{cast(col("f"), "text"), "cast(f as text)", "text", `["1.5" "NaN" (null) "-0"]`},
		{cast(col("tz"), "text"), "cast(tz as text)", "text", `["1998-09-02T01:30:00+02:00" "1970-01-01T00:59:59+01:00" (null) "2025-01-01T00:00:00+01:00"]`},
		{cast(col("l"), "text"), "cast(l as text)", "text", `["[1,2]" "[]" (null) "[null]"]`},
		{cast(col("d"), "int64"), "cast(d as int64)", "int64", "!"},
		{cast(col("d").Round(), "int8"), "cast(round(d) as int8)", "int8", "[1 -3 (null) 0]"},
		{cast(col("d"), "decimal(6,1)"), "cast(d as decimal(6,1))", "decimal(6, 1)", "[1.1 -2.5 (null) 0.1]"},
		{cast(col("i"), "int32"), "cast(i as int32)", "int32", "!"},
		{try(col("i"), "int32"), "try_cast(i as int32)", "int32", "[7 -7 (null) (null)]"},
		{try(col("i"), "decimal(4,2)"), "try_cast(i as decimal(4,2))", "decimal(4, 2)", "[7.00 -7.00 (null) (null)]"},
		{try(col("f"), "int64"), "try_cast(f as int64)", "int64", "[(null) (null) (null) 0]"},
		{cast(lit(1.005), "decimal(5,2)"), "cast(1.005 as decimal(5,2))", "decimal(5, 2)", "[1.01 1.01 1.01 1.01]"},
		{try(col("s"), "int64"), "try_cast(s as int64)", "int64", "[(null) (null) (null) (null)]"},
		{cast(col("b"), "int64"), "cast(b as int64)", "int64", "[1 0 (null) 1]"},
		{cast(lit(" 1e3 "), "float32"), "cast(' 1e3 ' as float32)", "float32", "[1000 1000 1000 1000]"},
		{cast(lit("2024-01-31 15:04:05.25"), "timestamp[ms]"), "cast('2024-01-31 15:04:05.25' as timestamp[ms])", "timestamp[ms]", "[" + strings.TrimSpace(strings.Repeat("2024-01-31 15:04:05.25Z ", 4)) + "]"},
		{try(col("bin"), "text"), "try_cast(bin as text)", "text", `["ab" (null) (null) ""]`},
		{cast(cast(col("k"), "text"), "dictionary"), "cast(cast(k as text) as dictionary)", "dictionary", `{ dictionary: ["Abc" "b"]` + "\n" + `  indices: [0 1 (null) 0] }`},
		{cast(lit("a"), "dictionary"), "cast('a' as dictionary)", "dictionary", `{ dictionary: ["a"]` + "\n" + `  indices: [0 0 0 0] }`},
		{cast(col("k"), "binary").Length(), "length(cast(k as binary))", "int64", "[3 1 (null) 3]"},
		{try(cast(col("n"), "text"), "dictionary").Eq("2"), "try_cast(cast(n as text) as dictionary) = '2'", "bool", "[true false false (null)]"},
		{col("l").Coalesce(nil, col("l")).IsNull(), "coalesce(l, null, l) is null", "bool", "[false false true false]"},
		{cast(lit(nil), "date"), "cast(null as date)", "date", "[(null) (null) (null) (null)]"},
		{lit(nil), "null", "null", "[(null) (null) (null) (null)]"},
		{lit(true).And(lit("it's").Eq("it's")), "true and 'it''s' = 'it''s'", "bool", "[true true true true]"},
	} {
		t.Run(tt.text, func(t *testing.T) {
			if got := tt.e.String(); got != tt.text {
				t.Errorf("the text is %s", got)
			}
			typ, err := tt.e.Type(sample.Schema())
			if err != nil {
				t.Fatal(err)
			}
			if got := typetext.Format(typ); got != typetext.Format(typeOf(tt.typ)) {
				t.Errorf("the type is %s, want %s", got, tt.typ)
			}
			alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
			defer alloc.AssertSize(t, 0)
			arr, err := tt.e.Eval(t.Context(), dataflow.Chunk{Rec: sample}, alloc)
			if tt.want == "!" {
				if err == nil {
					t.Errorf("no error, but %s", arr)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer arr.Release()
			if got := shown(arr); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

// shown is an array as the table has it.
func shown(arr arrow.Array) string {
	switch arr.(type) {
	case *array.Dictionary, *array.List, *array.String, *array.Boolean, *array.Int64, *array.Int32, *array.Int8, *array.Uint64, *array.Null:
		return fmt.Sprint(arr)
	}
	parts := make([]string, arr.Len())
	for i := range parts {
		if parts[i] = arr.ValueStr(i); arr.IsNull(i) {
			parts[i] = "(null)"
		}
		if d, ok := arr.(*array.Decimal128); ok && arr.IsValid(i) {
			parts[i] = d.Value(i).ToString(arr.DataType().(*arrow.Decimal128Type).Scale)
		}
	}
	return "[" + strings.Join(parts, " ") + "]"
}

// TestMistakes are errors of Type.
func TestMistakes(t *testing.T) {
	for _, tt := range []struct {
		e    expr.Expr
		want string
	}{
		{expr.Expr{}, "the expression is empty"},
		{expr.Expr{}.Add(1), "the expression is empty"},
		{lit(struct{}{}), "struct {} is no constant"},
		{col("x").Add(1), `no column "x": there are i, n, u`},
		{col("i").Add("a"), "i + 'a': int64 and text do not go together"},
		{col("i").Eq("a"), "i = 'a': int64 and text do not go together"},
		{col("day").Le("1998-13-01"), "day <= '1998-13-01': '1998-13-01' is no date"},
		{col("ts").Eq("2024-01-01T00:00:00Z"), "is no timestamp[ms]"},
		{col("b").Eq("maybe"), "'maybe' is no bool"},
		{col("d").Lt("abc"), "'abc' is no decimal(12,2)"},
		{col("i").And(col("b")), "i and b: i is int64, no condition"},
		{col("i").Lower(), "lower(i): this takes text, not int64"},
		{col("i").Contains("a"), "this takes two texts, not int64 and text"},
		{col("s").Year(), "year(s): s is text"},
		{col("l").Add(1), "l + 1: list(int64) and int64 do not go together"},
		{col("l").Cast(typeOf("int64")), "there is no cast from list(int64) to int64"},
		{col("s").Cast(nil), "the type to cast to is nil"},
		{expr.If(col("b"), 1, "a"), "int64 and text have no type in common"},
		{col("ts").Add(col("ts")), "ts + ts: timestamp[ms] and timestamp[ms]"},
		{expr.Func("f", nil, nil, 1), "f(1): a function is nil"},
	} {
		if _, err := tt.e.Type(sample.Schema()); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.e, err, tt.want)
		}
	}
	if err := col("i").Add(1).Check(sample.Schema()); err == nil || !strings.Contains(err.Error(), "i + 1 is of type int64, no condition") {
		t.Error(err)
	}
}

// TestErrorsCount: an error is one of a row that counts, and names it.
func TestErrorsCount(t *testing.T) {
	over := col("i").Add(1) // in row 3
	bad := col("s").Cast(typeOf("int64"))
	for _, tt := range []struct {
		e    expr.Expr
		sel  []int32
		want string // "": none
	}{
		{over, nil, "i + 1: the result does not fit int64, in row 103, where i = 9223372036854775807"},
		{over, []int32{0, 1, 3}, "in row 102, where i = 9223372036854775807"},
		{over, []int32{0, 1, 2}, ""},
		{over.Mul(2), []int32{1}, ""},
		{bad, nil, "cast(s as int64): 'Abc' is no int64, in row 100, where s = 'Abc'"},
		{bad, []int32{1}, "'' is no int64"},
		{bad, []int32{2}, ""},
		{col("k").Cast(typeOf("int64")), []int32{2}, ""},
		{col("k").Cast(typeOf("int64")), []int32{1}, "'b' is no int64"},
		{col("d").Cast(typeOf("int64")), []int32{0}, "1.05 is no int64"},
		{expr.If(col("i").Lt(100), over, 0), nil, ""},
		{expr.If(col("i").Ge(100), over, 0), nil, "does not fit"},
		{expr.If(col("i").Ge(100), 0, over), nil, ""},
		{col("i").Lt(100).And(over.Gt(0)), nil, ""},
		{col("i").Ge(100).And(over.Gt(0)), nil, "does not fit"},
		{col("i").Ge(100).Or(over.Gt(0)), nil, ""},
		{lit(nil).And(over.Gt(0)), nil, "does not fit"},
		{col("i").Coalesce(over), nil, ""},
		{col("n").Coalesce(over), nil, "does not fit"},
		{lit(math.MaxInt64).Add(1), nil, "9223372036854775807 + 1: the result does not fit int64"},
		{lit(math.MaxInt64).Add(1), []int32{}, ""},
		{expr.If(lit(false), lit(math.MaxInt64).Add(1), 0), nil, ""},
	} {
		if tt.e.String() == "" {
			t.Fatal("no text")
		}
		alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
		in := dataflow.Chunk{Rec: sample, Sel: tt.sel, At: dataflow.Place{Row: 100}}
		arr, err := tt.e.Eval(t.Context(), in, alloc)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s of %v: %v, want %q", tt.e, tt.sel, err, tt.want)
		}
		if err == nil {
			arr.Release()
		}
		if typ, _ := tt.e.Type(sample.Schema()); typ.ID() == arrow.BOOL {
			keep := make([]bool, 4)
			if err := tt.e.Keep(t.Context(), in, keep, alloc); (err == nil) != (tt.want == "") {
				t.Errorf("Keep of %s of %v: %v, want %q", tt.e, tt.sel, err, tt.want)
			}
		}
		alloc.AssertSize(t, 0)
	}
}

func TestTexts(t *testing.T) {
	for _, tt := range []struct {
		e    expr.Expr
		want string
	}{
		{col("Origin State").Eq(`say "no"`), `"Origin State" = 'say "no"'`},
		{col(`a"b`).Add(col("And")).Sub(col("_x1")), `"a""b" + "And" - _x1`},
		{col("").Eq(col("1a")), `"" = "1a"`},
		{col("a").Sub(col("b").Sub(col("c"))), "a - (b - c)"},
		{col("a").Sub(col("b")).Sub(col("c")), "a - b - c"},
		{col("a").Add(col("b")).Mul(col("c")), "(a + b) * c"},
		{col("a").Mul(col("b")).Add(col("c")).Neg(), "-(a * b + c)"},
		{col("a").Neg().Neg(), "-(-a)"},
		{lit(5).Neg().Sub(-3), "-5 - -3"},
		{lit(uint64(1 << 63)).Neg(), "-9223372036854775808"},
		{col("a").And(col("b").And(col("c"))).Or(col("d")), "a and b and c or d"},
		{col("a").Or(col("b")).And(col("c").Or(col("d")).Not()), "(a or b) and not (c or d)"},
		{col("a").Lt(col("b")).Eq(col("c").Gt(1)), "(a < b) = (c > 1)"},
		{col("a").Eq(1).Not().IsNull(), "(not a = 1) is null"},
		{col("a").Add(1).In(1, "x", nil), "a + 1 in (1, 'x', null)"},
		{lit(1e300).Add(1e-7).Add(2.0).Add(float32(0.5)), "1e+300 + 1e-07 + 2.0 + 0.5"},
		{lit(-90 * time.Minute), "cast('-PT5400S' as duration[ns])"},
		{lit(1500 * time.Millisecond), "cast('PT1.5S' as duration[ns])"},
		{lit([]byte("ab")), "cast('ab' as binary)"},
		{expr.Func("my", nil, nil, col("a"), 1), "my(a, 1)"},
	} {
		if got := tt.e.String(); got != tt.want {
			t.Errorf("%s, want %s", got, tt.want)
		}
	}
	if got := fmt.Sprint(col("b").Add(col("a")).Mul(col("b")).Columns(), lit(1).Columns() != nil); got != "[a b] true" {
		t.Error(got)
	}
	if !col("a").Add(1).Equal(col("a").Add(int8(1))) || col("a").Add(1).Equal(col("a").Add(1.0)) {
		t.Error("Equal is wrong")
	}
	f := func([]arrow.DataType) (arrow.DataType, error) { return arrow.PrimitiveTypes.Int64, nil }
	if one := expr.Func("f", f, nil); !one.Equal(one) || one.Equal(expr.Func("f", f, nil)) {
		t.Error("Equal of functions is wrong")
	}
	if e, err := expr.Call("Starts_With", col("s"), lit("a")); err != nil || e.String() != "starts_with(s, 'a')" {
		t.Error(e, err)
	}
	for name, want := range map[string]string{"lower": "lower takes one argument, not 2", "nope": `no function "nope": there are abs, ceil`} {
		if _, err := expr.Call(name, col("a"), col("b")); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestBounds(t *testing.T) {
	day := time.Date(1998, 9, 2, 0, 0, 0, 0, time.UTC)
	var fields []arrow.Field
	for name, typ := range map[string]string{"i": "int64", "n": "int64", "s": "text", "k": "dictionary", "d": "decimal(12,2)", "b": "bool", "c": "bool", "f": "float64", "day": "date", "ts": "timestamp", "utc": "timestamp[ms, UTC]"} {
		fields = append(fields, arrow.Field{Name: name, Type: typeOf(typ)})
	}
	in := arrow.NewSchema(fields, nil)
	for _, tt := range []struct {
		e    expr.Expr
		want string
	}{
		{col("i").Gt(2).And(lit("b").Eq(col("s"))), "[{i > 2} {s = b}]"},
		{lit(2).Lt(col("i")), "[{i > 2}]"},
		{col("i").Gt(lit(1).Add(2)), "[{i > 3}]"},
		{col("i").Gt(2).Or(col("i").Lt(1)), "[]"},
		{col("i").Gt(2).Or(col("i").Lt(1)).Not(), "[{i <= 2} {i >= 1}]"},
		{col("i").Gt(col("n")), "[]"},
		{col("i").Add(1).Gt(2), "[]"},
		{col("i").IsNull().And(col("s").IsNotNull()).And(col("d").IsNull().Not()), "[{i is null <nil>} {s is not null <nil>} {d is not null <nil>}]"},
		{col("b").And(col("c").Not()), "[{b = true} {c = false}]"},
		{col("i").In(5, 2, nil, 9), "[{i >= 2} {i <= 9}]"},
		{col("i").In(5), "[{i = 5}]"},
		{col("i").In(5, 2.5), "[]"},
		{col("i").In(5, 2).Not(), "[{i != 5} {i != 2}]"},
		{col("s").StartsWith("ab"), "[{s >= ab} {s < ac}]"},
		{col("s").StartsWith(""), "[{s is not null <nil>}]"},
		{col("f").Lt(math.NaN()), "[]"},
		{col("day").Le("1998-09-02"), fmt.Sprintf("[{day <= %v}]", day)},
		{col("day").In("1998-10-01", "1998-09-02"), fmt.Sprintf("[{day >= %v} {day <= %v}]", day, day.AddDate(0, 0, 29))},
		{col("ts").Lt("1998-09-02"), fmt.Sprintf("[{ts < %v}]", day)},
		{col("utc").In("1998-09-02T00:30:00+01:00", "1998-09-02T00:00:00Z"), fmt.Sprintf("[{utc >= %v} {utc <= %v}]", day.Add(-30*time.Minute), day)},
		{col("day").Le("soon"), "[]"},
		{col("k").Eq("1998-09-02"), "[{k = 1998-09-02}]"},
		{col("nowhere").Eq(1), "[]"},
		{col("day").Le(lit("1998-09-02").Cast(typeOf("date"))), fmt.Sprintf("[{day <= %v}]", day)},
		{col("ts").Gt(day), fmt.Sprintf("[{ts > %v}]", day)},
		{col("i").Eq(nil), "[]"},
	} {
		parts := []string{}
		for _, b := range tt.e.Bounds(in) {
			parts = append(parts, fmt.Sprintf("{%s %s %v}", b.Column, b.Op, b.Value))
		}
		if got := "[" + strings.Join(parts, " ") + "]"; got != tt.want {
			t.Errorf("%s: %s, want %s", tt.e, got, tt.want)
		}
	}
}

// TestFunc: a user's function sees rows that count alone, and its answer is checked.
func TestFunc(t *testing.T) {
	result := func(args []arrow.DataType) (arrow.DataType, error) { return args[0], nil }
	var saw string
	double := func(_ context.Context, args []arrow.Array, alloc memory.Allocator) (arrow.Array, error) {
		saw = fmt.Sprint(args[0])
		b := array.NewInt64Builder(alloc)
		defer b.Release()
		for i := range args[0].Len() {
			if v := args[0].(*array.Int64); v.IsNull(i) {
				b.AppendNull()
			} else {
				b.Append(2 * v.Value(i))
			}
		}
		return b.NewArray(), nil
	}
	twice := expr.Func("double", result, double, col("i"))
	same := expr.Func("same", result, func(_ context.Context, args []arrow.Array, _ memory.Allocator) (arrow.Array, error) {
		return args[0], nil
	}, col("i"))
	for _, tt := range []struct {
		e         expr.Expr
		sel       []int32
		row       int
		saw, want string
	}{
		{twice, nil, 0, "[7 -7 (null) 9223372036854775807]", "14"},
		{twice, []int32{1, 2}, 1, "[-7 (null)]", "-14"},
		{twice.Add(1), []int32{1, 2}, 1, "[-7 (null)]", "-13"},
		{expr.If(col("i").Lt(0), twice, 1), nil, 1, "[-7]", "-14"},
		{expr.If(col("i").Lt(-100), twice, 1), nil, 1, "", "1"},
		{same, nil, 1, "", "-7"},
		{same, []int32{1}, 1, "", "-7"},
	} {
		saw = ""
		alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
		arr, err := tt.e.Eval(t.Context(), dataflow.Chunk{Rec: sample, Sel: tt.sel}, alloc)
		if err != nil {
			t.Fatal(err)
		}
		if got := arr.ValueStr(tt.row); got != tt.want || saw != tt.saw || arr.Len() != 4 {
			t.Errorf("%s of %v is %s over %s, want %s over %s", tt.e, tt.sel, got, saw, tt.want, tt.saw)
		}
		arr.Release()
		alloc.AssertSize(t, 0)
	}
	for want, f := range map[string]func(context.Context, []arrow.Array, memory.Allocator) (arrow.Array, error){
		"no luck": func(context.Context, []arrow.Array, memory.Allocator) (arrow.Array, error) {
			return nil, errors.New("no luck")
		},
		"returned no array": func(context.Context, []arrow.Array, memory.Allocator) (arrow.Array, error) { return nil, nil },
		"0 values of type null for 4 rows of type int64": func(context.Context, []arrow.Array, memory.Allocator) (arrow.Array, error) {
			return array.NewNull(0), nil
		},
	} {
		if _, err := expr.Func("f", result, f, col("i")).Eval(t.Context(), dataflow.Chunk{Rec: sample}, memory.NewGoAllocator()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestDecimalOverflow: 38 digits hold, 39 do not.
func TestDecimalOverflow(t *testing.T) {
	most := decimal128.GetMaxValue(38)
	in := dataflowtest.Batch(dataflowtest.ColOf("d", typeOf("decimal(38,0)"), most, most.Negate(), nil))
	for _, tt := range []struct {
		e     expr.Expr
		fails bool
	}{
		{col("d").Add(0), false}, {col("d").Add(1), true}, {col("d").Sub(1), true}, {col("d").Mul(-1), false}, {col("d").Mul(2), true}, {col("d").Add(0.5), true},
	} {
		arr, err := tt.e.Eval(t.Context(), dataflow.Chunk{Rec: in}, memory.NewGoAllocator())
		if (err != nil) != tt.fails {
			t.Errorf("%s: %v, %v", tt.e, arr, err)
		}
	}
	if arr, err := col("d").Lt(col("d").Cast(typeOf("decimal(38,0)"))).Eval(t.Context(), dataflow.Chunk{Rec: in}, memory.NewGoAllocator()); err != nil || fmt.Sprint(arr) != "[false false (null)]" {
		t.Error(arr, err)
	}
}

// TestLargeDictionary: of a dictionary with many more values than rows only those of the
// rows are looked at, and the others are no reason for an error.
func TestLargeDictionary(t *testing.T) {
	words := make([]any, 1000)
	for i := range words {
		words[i] = fmt.Sprintf("Word %d", i)
	}
	words[7], words[8], words[9], words[10] = " 42 ", nil, " 42 ", "-1"
	whole := dataflowtest.Batch(dataflowtest.ColOf("k", typeOf("dictionary"), words...))
	in := whole.NewSlice(7, 11)
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	for _, tt := range []struct {
		e    expr.Expr
		want string
	}{
		{col("k").Cast(typeOf("int64")), "[42 (null) 42 -1]"},
		{col("k").TryCast(typeOf("uint8")), "[42 (null) 42 (null)]"},
		{col("k").Length(), "[4 (null) 4 2]"},
		{col("k").Trim().Eq("42"), "[true (null) true false]"},
		{col("k").In("-1", "Word 5"), "[false (null) false true]"},
		{col("k").Trim(), `{ dictionary: ["42" "-1"]` + "\n  indices: [0 (null) 0 1] }"},
		{col("k").Upper().Cast(typeOf("text")), `[" 42 " (null) " 42 " "-1"]`},
	} {
		arr, err := tt.e.Eval(t.Context(), dataflow.Chunk{Rec: in}, alloc)
		if err != nil {
			t.Error(err)
			continue
		}
		if got := fmt.Sprint(arr); got != tt.want && !strings.Contains(tt.want, "dictionary") {
			t.Errorf("%s is %s, want %s", tt.e, got, tt.want)
		}
		if d, ok := arr.(*array.Dictionary); ok && (d.Dictionary().Len() > 4 || d.ValueStr(0) != "42" || d.ValueStr(3) != "-1" || d.IsValid(1)) {
			t.Errorf("%s is %s", tt.e, arr)
		}
		arr.Release()
	}
}

// TestShared: one expression serves many goroutines and schemas.
func TestShared(t *testing.T) {
	e := col("a").Add(1)
	ints := dataflowtest.Batch(dataflowtest.Col("a", []int64{1}))
	floats := dataflowtest.Batch(dataflowtest.Col("x", []int64{1}), dataflowtest.Col("a", []float64{1.5}))
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			in, want := ints, "[2]"
			if i%2 == 1 {
				in, want = floats, "[2.5]"
			}
			for range 100 {
				arr, err := e.Eval(t.Context(), dataflow.Chunk{Rec: in}, memory.NewGoAllocator())
				if err != nil || fmt.Sprint(arr) != want {
					t.Errorf("%v, %v, want %s", arr, err, want)
					return
				}
			}
		})
	}
	all.Wait()
}
