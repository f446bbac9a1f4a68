package parse_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/arrowmill/arrowmill/operators/parse"
)

func TestColumns(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"v1", []string{"v1"}},
		{`id1, "Origin State",2020`, []string{"id1", "Origin State", "2020"}},
		{"a.b,Größe,a-b,x:y,$,sum'", []string{"a.b", "Größe", "a-b", "x:y", "$", "sum'"}},
		{`"a""b" , "sum(v1)"`, []string{`a"b`, "sum(v1)"}},
		{`"Cost: Total $",` + "\n\t" + `"a,b"`, []string{"Cost: Total $", "a,b"}},
		{"and, NOT, as, desc", []string{"and", "NOT", "as", "desc"}},
	} {
		got, err := parse.Columns(tt.text)
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, %v", tt.text, got, err)
		}
	}
	for _, tt := range []struct{ text, want string }{
		{"", "character 1: found nothing, expected a name"},
		{" ", "character 2: found nothing, expected a name\n   \n   ^"},
		{"a,", "character 3: found the end, expected a name"},
		{",a", `character 1: found ",", expected a name`},
		{"a,,b", `character 3: found ",", expected a name`},
		{"Origin State", "character 8: found \"State\", expected a comma or the end (a name of several words stands in \"double quotes\")\n  Origin State\n         ^"},
		{`a"b"`, `character 2: found "\"b\"", expected a comma or the end`},
		{`"a`, `character 1: the name that begins here has no closing "`},
		{`""`, "the name of the column is empty"},
		{"sum(v1)", `character 4: found "(", expected a comma or the end`},
		{`a, b, "a"`, `character 7: column "a" is named twice`},
	} {
		got, err := parse.Columns(tt.text)
		var at *parse.Error
		if !errors.As(err, &at) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %q, %v; want %s", tt.text, got, err, tt.want)
		}
	}
}

func TestSortKeys(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"a", "[a asc]"},
		{`avg desc, id1, "a b" asc`, "[avg desc id1 asc a b asc]"},
		{"2020 DESC, a-b, desc, asc Desc", "[2020 desc a-b asc desc asc asc desc]"},
		{"sum(v1) desc", "[sum(v1) desc]"},
		{`"sum( v1 )" desc`, "[sum( v1 ) desc]"},
		{"SUM( v1 ) desc, id1, 2020, \"x y\" desc, quantile(v3 ,.90)", "[sum(v1) desc id1 asc 2020 asc x y desc quantile(v3, 0.9) asc]"},
		{"max(v1)-min(v2) desc", "[max(v1) - min(v2) desc]"},
		{"count(*), corr(a,b)", "[count() asc corr(a, b) asc]"},
	} {
		got, err := parse.SortKeys(tt.text)
		if err != nil || fmt.Sprint(got) != tt.want {
			t.Errorf("%s: got %v, %v", tt.text, got, err)
		}
	}
	for _, tt := range []struct{ text, want string }{
		{"", "found nothing, expected a name"},
		{"a b", "character 3: found \"b\", expected a comma or the end"},
		{"a desc desc", `character 8: found "desc", expected a comma or the end`},
		{"a, a desc", `character 4: column "a" is named twice`},
		{"sum(v1), sum( v1 )", `character 10: column "sum(v1)" is named twice`},
		{"a - b, sum(v1)", `character 3: found "-", expected a comma or the end`},
		{"lower(a)", "character 7: column a stands outside of an aggregate"},
		{"sum(a", `character 6: found the end, expected an operator or ")"`},
		{"smu(a)", `there is no aggregate or function "smu" (sum?)`},
		{"sum(a), 1 + 2", "no aggregate stands in 1 + 2"},
		{`""`, "the name of the column is empty"},
	} {
		got, err := parse.SortKeys(tt.text)
		var at *parse.Error
		if !errors.As(err, &at) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, %v; want %s", tt.text, got, err, tt.want)
		}
	}
}
