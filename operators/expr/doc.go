// Package expr computes values from the columns of a batch, a whole column at a
// time.
//
// An [Expr] is a tree of columns, constants and operations, built by [Col], [Lit]
// and methods:
//
//	expr.Col("price").Mul(expr.Lit(1).Sub(expr.Col("discount")))    // price * (1 - discount)
//	expr.Col("v1").Gt(2).And(expr.Col("id4").In("a", "b"))          // v1 > 2 and id4 in ('a', 'b')
//
// It is held against a schema once, which settles all types, and then evaluated by
// loops over typed slices; validity goes beside the values as a bitmap, and a
// constant stays one value. Of a dictionary column of text each value of the
// dictionary is looked at once.
//
// # Null
//
// As in SQL: an operation on null is null; "false and null" is false, "true or null"
// is true; x in (1, null) is true or null, never false; if takes its else for null.
//
// # Numbers
//
//   - Integers of any width compute in int64, unsigned ones among themselves in
//     uint64. An unsigned column of 64 bits with a constant that is not negative stays
//     uint64; with a signed column it becomes int64, and a value beyond is an overflow.
//   - With a float, all is float64. / is true division and always gives float64:
//     division by zero is IEEE's (infinite, or NaN).
//   - Decimals of 128 bits add, subtract and multiply exactly, also with integers. The
//     result has the larger scale, or the sum of the scales for a product, and
//     as many digits as that can take, at most 38. A float constant that is itself the
//     operand beside a decimal is read as the decimal that it is written as (0.05, not
//     the binary fraction nearest to it).
//   - x % y has the sign of x. Of integers, x % 0 is null, as in DuckDB; of floats, NaN.
//   - Integer and decimal results that do not fit are errors, never wrapped.
//   - Round rounds half away from zero.
//
// # Comparing
//
// Numbers of different types compare by their exact values. NaN equals NaN and is
// above all other numbers, -0 equals 0, as in sorting and grouping. Text and bytes
// compare byte by byte, false is below true. Dates compare with timestamps, as their
// midnight; a timestamp without a zone counts as UTC beside one with. A text constant
// beside a date, time, timestamp, duration, bool, decimal or binary operand is read
// as such: shipdate <= '1998-09-02'.
//
// # Time
//
//	timestamp - timestamp, timestamp - date = duration, in the finer unit
//	date - date = int64, in days
//	timestamp ± duration, date ± duration = timestamp; duration ± duration = duration
//	duration * integer = duration
//
// Year, Month, Day, Hour, Minute and Second of a timestamp with a zone are those of
// its zone's clocks.
//
// # Rows that count
//
// An error (an overflow, a text that is no number) is raised only for a row that
// counts: one that is in the chunk's selection, where no operand is null, and whose
// value is asked for: not in the branch of if that is not taken, right of an and whose
// left side is false, of an or whose left side is true, or behind the value that
// coalesce takes. It names the expression, the row and its values.
package expr
