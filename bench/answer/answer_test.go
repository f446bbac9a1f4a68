package answer

import (
	"errors"
	"math"
	"os"
	"path/filepath"
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

// What another program wrote is the same answer where only the types of its numbers
// and its nulls are other ones.
func TestRead(t *testing.T) {
	want := rowsOf(Row{"a,1", []Value{Whole(3), Real(0.5), {}}}, Row{"b\",", []Value{Whole(4), Real(2), Real(math.NaN())}})
	path := filepath.Join(t.TempDir(), "answer.csv")
	for _, c := range []struct {
		text  string
		terms Terms
		want  string // in the error; empty: equal
	}{
		{"\"a\",1,3,0.5,\n\"b\"\"\",,4,2.0,nan\n", Terms{}, ""},
		{"\"a\",1,3,0.5,\n\"b\"\"\",,4,2,nan\n", Terms{}, "wanted [4 2 NaN]"},
		{"\"a\",1,3.0,0.5,nan\n\"b\"\"\",,4,2,\n", Terms{Types: true}, ""},
		{"a,1,3.0000000001,0.5,\n\"b\"\"\",,4,2,\n", Terms{Types: true}, "3.0000000001"},
		{"a,1,3,0.5,0\n\"b\"\"\",,4,2,\n", Terms{Types: true}, "wanted [3 0.5 null]"},
		{"a,1,3,0.5,0\n\"b\"\"\",,4,2,\n", Terms{Types: true, EmptySums: true}, ""},
		{"a,1,3,0.5,\n", Terms{}, "is missing"},
		{"a,1,three,0.5,\n", Terms{}, "three"},
		{"a\n", Terms{}, "1 fields"},
		{"a,1,\"3\n", Terms{}, "quote"},
	} {
		if err := os.WriteFile(path, []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		r, err := Keep(want)
		if err != nil || r.Rows() != 2 {
			t.Fatal(r, err)
		}
		for range 2 { // a reference serves for more than one
			_, err = r.Compare(Read(path, 2), c.terms)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%q: %v, want %s", c.text, err, c.want)
			}
		}
	}
	if _, err := Compare(want, Read(path+"x", 2)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}
