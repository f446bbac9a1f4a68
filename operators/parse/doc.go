// Package parse reads the text forms of expressions, aggregates, sort keys and lists of
// columns, as people write them on a command line.
//
//	parse.Expr("v1 > 2 and id4 in ('a', 'b')")
//	parse.Aggregates("sum(price * (1 - discount)) as revenue, count()")
//	parse.SortKeys(`revenue desc, "Origin State"`)
//	parse.Columns(`id1, "Origin State"`)
//
// # Expressions
//
// From what binds least to what binds most:
//
//	a or b
//	a and b
//	not a
//	= == != <> < <= > >=   is null   is not null   in (a, b)   not in (a, b)
//	between a and b   not between a and b   like 'text%'   not like 'text%'
//	a + b   a - b
//	a * b   a / b   a % b
//	-a
//	a column, a constant, function(a, b), case, cast, (a)
//
// Comparisons do not chain: a < b < c is an error.
//
//	v1  a.b  Größe           columns: a letter or _, then letters, digits, _ and points
//	"Origin State"  "a""b"   columns of any name; a " in it is doubled
//	'text'  'it''s'          text; a ' in it is doubled
//	12  1.5  1e6             an integer (up to what 64 bits hold, else it is an error), floats
//	true  false  null        in upper or lower case, as all words but columns are
//	date '2020-01-31'        a constant of a type: any of those that cast knows
//	timestamp '2020-01-31 10:00:00'   without a zone; with one where the text ends in Z or +02:00
//	case when a then b when c then d else e end     without else: else null
//	cast(a as decimal(12,2))  try_cast(a as date)   try_cast: null for what has no value there
//	if(a, b, c)  coalesce(a, b)
//	lower upper trim length contains starts_with ends_with
//	abs floor ceil round  year month day hour minute second
//
// A column that is named as one of the words and, or, not, in, is, null, true, false, as,
// asc, desc, between, like, cast or try_cast needs quotes. Names of functions and types are
// none of these: year, date and count are columns where no parenthesis, and no text,
// follows them.
//
// like knows the patterns that are a text, one that ends, begins, or begins and ends with
// %; for others there are contains, starts_with and ends_with.
//
// # Lists
//
// Items stand between commas. In lists of columns and sort keys a bare word is longer than
// in an expression: 2020 and a-b are columns there. See [Columns], [SortKeys] and
// [Aggregates].
//
// # Errors
//
// What cannot be read is an [*Error], which says where in the text, what stands there, and
// what was expected, and shows the place:
//
//	character 12: found "and", expected a value: a column, a number, 'text', a function or "("
//	  v1 > 2 and and id4 = 1
//	             ^
//
// A text may have 1 MiB, brackets and cases 100 deep in each other, and 2000 operators.
package parse
