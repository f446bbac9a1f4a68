package parse_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/arrowmill/arrowmill/operators/parse"
)

// FuzzExpr: nothing panics, errors have their place, and what is read is printed as a
// text that is read back as the same.
func FuzzExpr(f *testing.F) {
	for _, text := range []string{
		"v1 > 2 and id4 in ('a', 'b')", "not a between 1 and -2.5e3 or b is not null", `"Origin State" like '%x%'`,
		"case when a then 'it''s' else cast(b as decimal(12,2)) end", "date '2020-01-31' + 1", "try_cast(a as timestamp[ns, UTC])",
		"coalesce(lower(a), if(b, c, d)) % 3", strings.Repeat("(", 200), strings.Repeat("not ", 50), "a in ()", "- - -1", "a not in (null)",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := parse.Expr(text)
		if err != nil {
			placed(t, text, err)
			return
		}
		again, err := parse.Expr(e.String())
		if err != nil {
			t.Fatalf("%q is read as %q, which is not read: %v", text, e, err)
		}
		if again.String() != e.String() {
			t.Fatalf("%q is read as %q, and that as %q", text, e, again)
		}
	})
}

// FuzzLists: nothing panics, and the names of aggregates are read back as the same.
func FuzzLists(f *testing.F) {
	for _, text := range []string{
		"sum(v1), mean(v3) as avg, count(), max(v1) - min(v2) as range", "quantile(v3, 0.9) desc, largest(v, 2)", `avg desc, id1, "a b" asc`, "a,,b", `"`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := parse.Columns(text); err != nil {
			placed(t, text, err)
		}
		if _, err := parse.SortKeys(text); err != nil {
			placed(t, text, err)
		}
		a, err := parse.Aggregates(text)
		if err != nil {
			placed(t, text, err)
			return
		}
		for _, agg := range a.Aggs() {
			again, err := parse.Aggregates(agg.Name())
			if err != nil {
				t.Fatalf("%q has %q, which is not read: %v", text, agg.Name(), err)
			}
			if got := again.Columns(); len(got) != 1 || got[0] != agg.Name() {
				t.Fatalf("%q has %q, which is read as %q", text, agg.Name(), got)
			}
		}
	})
}

func placed(t *testing.T, text string, err error) {
	t.Helper()
	var at *parse.Error
	if !errors.As(err, &at) || at.Text != text || at.Offset < 0 || at.Offset > len(text) || at.Problem == "" {
		t.Fatalf("%q: the error has no place: %#v", text, err)
	}
	_ = err.Error()
}
