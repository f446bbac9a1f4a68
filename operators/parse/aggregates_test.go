package parse_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/arrowmill/arrowmill/operators/parse"
)

func TestAggregates(t *testing.T) {
	for _, tt := range []struct {
		text    string
		columns []string
		aggs    string
	}{
		{"sum(v1), mean(v3) as avg, count(), count(v1), quantile(v3, 0.9)",
			[]string{"sum(v1)", "avg", "count()", "count(v1)", "quantile(v3, 0.9)"},
			"[sum(v1) mean(v3) count() count(v1) quantile(v3, 0.9)]"},
		{"median(v), MIN(v), max( v ), var(v), std(v), largest(v,2), corr(v1, v2)",
			[]string{"median(v)", "min(v)", "max(v)", "var(v)", "std(v)", "largest(v, 2)", "corr(v1, v2)"},
			"[median(v) min(v) max(v) var(v) std(v) largest(v, 2) corr(v1, v2)]"},
		{"max(v1) - min(v2) as range, sum(price * (1 - discount)) as revenue",
			[]string{"range", "revenue"}, "[max(v1) min(v2) sum(price * (1 - discount))]"},
		{"max(v1)-min(v2), sum(v1) / count(*), sum( v1 )",
			[]string{"max(v1) - min(v2)", "sum(v1) / count()", "sum(v1)"}, "[max(v1) min(v2) sum(v1) count()]"},
		{`sum("a b" + 1) as "Sum, of all", (sum(v1)), -sum(v1)`,
			[]string{"Sum, of all", "sum(v1)", "-sum(v1)"}, `[sum("a b" + 1) sum(v1)]`},
		{"case when count() > 1 then 'agg_0_' else coalesce(max(s), 'agg_') end",
			[]string{"if(count() > 1, 'agg_0_', coalesce(max(s), 'agg_'))"}, "[count() max(s)]"},
		{"sum(1), count() > 2 and min(v) is not null as ok, round(mean(v) * 100) / 100 as pct",
			[]string{"sum(1)", "ok", "pct"}, "[sum(1) count() min(v) mean(v)]"},
		{"sum(sum) as count, mean(as_of) as min, quantile(v, 1), quantile(v, 0)",
			[]string{"count", "min", "quantile(v, 1)", "quantile(v, 0)"}, "[sum(sum) mean(as_of) quantile(v, 1) quantile(v, 0)]"},
	} {
		got, err := parse.Aggregates(tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		if !slices.Equal(got.Columns(), tt.columns) || fmt.Sprint(got.Aggs()) != tt.aggs {
			t.Errorf("%s:\ngot  %q of %v\nwant %q of %s", tt.text, got.Columns(), got.Aggs(), tt.columns, tt.aggs)
		}
	}
}

func TestAggregatesFails(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", "character 1: found nothing, expected a value"},
		{"sum(v1),", "character 9: found the end, expected a value"},
		{"sum(v1) mean(v1)", "character 9: found \"mean\", expected an operator or the end"},
		{"sum(v1) as", "character 11: found the end, expected a name"},
		{"sum(v1) as in", `character 12: found "in", expected a name (a column of this name stands in "double quotes")`},
		{`sum(v1) as ""`, "character 12: the name of the column is empty"},
		{"sum(v1), sum( v1 )", "character 10: two columns would be named \"sum(v1)\": give one of them another name with as\n  sum(v1), sum( v1 )\n           ^"},
		{"sum(v1) as a, min(v1) as a", `two columns would be named "a"`},
		{"sum(v1) + v2", "character 11: column v2 stands outside of an aggregate: it has many values in a group, so write max(v2), say"},
		{`"Origin State"`, `column "Origin State" stands outside of an aggregate`},
		{"sum(max(v1))", "character 5: the aggregate max stands within sum: aggregates do not stand in each other"},
		{"1 + 2 as three", "character 1: no aggregate stands in 1 + 2"},
		{"avg(v1)", `there is no aggregate or function "avg" (mean?): there are corr, count, largest, max, mean, median, min, quantile, std, sum, var, abs, `},
		{"summ(v1)", `"summ" (sum?)`},
		{"sum(lenght(v1))", `there is no function "lenght" (length?)`},
		{"sum()", "sum has 0 arguments: write sum(x)"},
		{"sum(a, b)", "sum has 2 arguments: write sum(x)"},
		{"count(a, b)", "count has 2 arguments: write count() or count(x)"},
		{"corr(a)", "corr has 1 arguments: write corr(x, y)"},
		{"quantile(v3)", "quantile has 1 arguments: write quantile(x, q)"},
		{"quantile(v3, 1.5)", "character 14: what follows the comma in quantile(x, q) is a number from 0 to 1"},
		{"quantile(v3, -0.5)", "is a number from 0 to 1"},
		{"quantile(v3, q)", "is a number from 0 to 1"},
		{"largest(v3, 0)", "character 13: what follows the comma in largest(x, k) is an integer from 1 to 1000"},
		{"largest(v3, 1.5)", "is an integer from 1 to 1000"},
		{"largest(v3, 1001)", "is an integer from 1 to 1000"},
		{"sum(*)", "sum(*): only count takes *"},
		{"sum(v1", `character 7: found the end, expected an operator or ")"`},
		{"sum", "column sum stands outside of an aggregate"},
	} {
		got, err := parse.Aggregates(tt.text)
		var at *parse.Error
		if !errors.As(err, &at) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s:\ngot  %v, %v\nwant %s", tt.text, got, err, tt.want)
		}
	}
	a, err := parse.Aggregates("count(), sum(v1) as id1")
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.GroupBy("id2", "id1")
	if want := "character 10: the column would be named \"id1\", as a key is: give it another name with as\n  count(), sum(v1) as id1\n           ^"; err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

// TestManyAggregates: each of a few thousand columns is named by its own text, and
// an aggregate that comes again is computed once. Work of the number squared would
// take half a minute.
func TestManyAggregates(t *testing.T) {
	const n = 1500
	var items, want []string
	for i := range n {
		items = append(items, fmt.Sprintf("sum( c%d )", i), fmt.Sprintf("max(c%d)-sum(c%d)", i, (i+1)%n))
		want = append(want, fmt.Sprintf("sum(c%d)", i), fmt.Sprintf("max(c%d) - sum(c%d)", i, (i+1)%n))
	}
	a, err := parse.Aggregates(strings.Join(items, ","))
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Columns(); !slices.Equal(got, want) {
		t.Errorf("columns %v …", got[:10])
	}
	if got := len(a.Aggs()); got != 2*n {
		t.Errorf("%d aggregates, want %d", got, 2*n)
	}
}
