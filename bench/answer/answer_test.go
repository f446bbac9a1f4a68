package answer

import (
	"errors"
	"math"
	"strings"
	"testing"
)

func rowsOf(rows ...Row) Rows {
	return func(yield func(Row, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func TestCompare(t *testing.T) {
	a := Row{"a", []Value{Whole(1), Real(0.1), {}}}
	b := Row{"b", []Value{Whole(2), Real(math.NaN()), Real(1e12)}}
	for _, c := range []struct {
		name string
		got  Rows
		rows int64
		want string // in the error; empty: equal
	}{
		{"equal in another order", rowsOf(b, a), 2, ""},
		{"within the tolerance", rowsOf(a, Row{"b", []Value{Whole(2), Real(math.NaN()), Real(1e12 + 100)}}), 2, ""},
		{"beyond it", rowsOf(a, Row{"b", []Value{Whole(2), Real(math.NaN()), Real(1e12 + 1100)}}), 2, `"b": [2 NaN 1.0000000011e+12], wanted`},
		{"an integer off by one", rowsOf(Row{"a", []Value{Whole(2), Real(0.1), {}}}, b), 2, `"a"`},
		{"a float for an integer", rowsOf(Row{"a", []Value{Real(1), Real(0.1), {}}}, b), 2, `"a"`},
		{"zero for null", rowsOf(Row{"a", []Value{Whole(1), Real(0.1), Whole(0)}}, b), 2, "wanted [1 0.1 null]"},
		{"a value too few", rowsOf(Row{"a", []Value{Whole(1), Real(0.1)}}, b), 2, `"a"`},
		{"a row missing", rowsOf(a), 1, `"b" is missing`},
		{"a row twice", rowsOf(a, b, a), 3, `"a" comes twice`},
		{"a row too many", rowsOf(a, b, Row{Key: "c"}), 3, `"c" is not wanted`},
	} {
		rows, err := Compare(rowsOf(a, b), c.got)
		var bad *Mismatch
		switch {
		case rows != c.rows:
			t.Errorf("%s: %d rows, want %d", c.name, rows, c.rows)
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != "" && (!errors.As(err, &bad) || bad.Rows != 1 || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

func TestCompareFails(t *testing.T) {
	broken := errors.New("broken")
	bad := func(yield func(Row, error) bool) { yield(Row{}, broken) }
	if _, err := Compare(rowsOf(), bad); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if _, err := Compare(bad, rowsOf()); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if _, err := Compare(rowsOf(Row{Key: "a"}, Row{Key: "a"}), rowsOf()); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("got %v", err)
	}
}
