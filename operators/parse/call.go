package parse

import (
	"slices"
	"strings"

	"github.com/arrowmill/arrowmill/internal/typetext"
	"github.com/arrowmill/arrowmill/operators/expr"
)

// call is a function of rows or an aggregate.
func (b *builder) call(at int, name string, c *call) (expr.Expr, error) {
	lower := strings.ToLower(name)
	if _, ok := aggregates[lower]; ok {
		switch {
		case b.within != "":
			return expr.Expr{}, b.fail(at, "the aggregate %s stands within %s: aggregates do not stand in each other", lower, b.within)
		case b.aggregate == nil:
			return expr.Expr{}, b.fail(at, "%s is an aggregate, of many rows: here stands what is computed of one row", lower)
		}
		return b.aggregate(at, lower, c)
	}
	if !slices.Contains(expr.Functions(), lower) {
		return expr.Expr{}, b.unknown(at, name)
	}
	if c.Star {
		return expr.Expr{}, b.fail(at, "%s(*): only count takes *", lower)
	}
	args, err := b.list(c.Args)
	if err != nil {
		return expr.Expr{}, err
	}
	e, err := expr.Call(lower, args...)
	if err != nil {
		return expr.Expr{}, b.fail(at, "%v", err)
	}
	return e, nil
}

// unknown is the error of a function that is not there.
func (b *builder) unknown(at int, name string) error {
	known := slices.Concat(expr.Functions(), []string{"cast", "try_cast"})
	what := "function"
	if b.aggregate != nil {
		known, what = slices.Concat(aggregateNames(), known), "aggregate or function"
	}
	near, hint := nearest(strings.ToLower(name), known), ""
	if _, err := typetext.Parse(name); err == nil {
		near = "cast(x as " + strings.ToLower(name) + ")"
	}
	if near != "" {
		hint = " (" + near + "?)"
	}
	return b.fail(at, "there is no %s %q%s: there are %s", what, name, hint, strings.Join(known, ", "))
}

// otherNames are what other programs call what is here.
var otherNames = map[string]string{
	"avg": "mean", "average": "mean", "stddev": "std", "stdev": "std", "stddev_samp": "std", "variance": "var", "var_samp": "var",
	"quantile_cont": "quantile", "percentile": "quantile", "percentile_cont": "quantile", "total": "sum", "n": "count", "size": "count",
	"minimum": "min", "maximum": "max", "correlation": "corr", "top": "largest", "nlargest": "largest",
	"len": "length", "char_length": "length", "strlen": "length", "lcase": "lower", "tolower": "lower", "ucase": "upper", "toupper": "upper",
	"strip": "trim", "ceiling": "ceil", "ifnull": "coalesce", "nvl": "coalesce", "fillna": "coalesce", "iif": "if", "includes": "contains",
	"startswith": "starts_with", "endswith": "ends_with", "convert": "cast", "safe_cast": "try_cast",
}

// nearest is the name that was likely meant, empty where none is near.
func nearest(name string, known []string) string {
	if other := otherNames[name]; slices.Contains(known, other) {
		return other
	}
	best, least := "", 3
	for _, k := range known {
		if d := distance(name, k); d < least && d < len(k) {
			best, least = k, d
		}
	}
	return best
}

// distance is how many letters have to be put in, left out, changed or exchanged with the
// next one to make b of a (F. J. Damerau, 1964; no letter is touched twice). It is at
// least 3 where their lengths differ by that.
func distance(a, b string) int {
	if d := len(a) - len(b); d >= 3 || d <= -3 {
		return 3
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			d := min(rows[i-1][j], rows[i][j-1]) + 1
			if a[i-1] == b[j-1] {
				d = min(d, rows[i-1][j-1])
			}
			d = min(d, rows[i-1][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(a)][len(b)]
}
