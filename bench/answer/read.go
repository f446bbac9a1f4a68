package answer

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// Read are the rows of an answer that another program wrote as CSV without a header:
// the columns of the key first, null as an empty field. A field behind them is an
// integer where it looks like one, else a float.
func Read(path string, keys int) Rows {
	return func(yield func(Row, error) bool) {
		f, err := os.Open(path)
		if err != nil {
			yield(Row{}, err)
			return
		}
		defer f.Close()
		r := csv.NewReader(f)
		r.ReuseRecord = true
		var values []Value
		for {
			fields, err := r.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if err == nil && len(fields) < keys {
				err = fmt.Errorf("%s: %d fields, of which %d are to be keys", path, len(fields), keys)
			}
			if err == nil {
				values, err = appendValues(values[:0], fields[keys:])
			}
			if err != nil {
				yield(Row{}, err)
				return
			}
			if !yield(Row{Key: strings.Join(fields[:keys], ","), Values: values}, nil) {
				return
			}
		}
	}
}

func appendValues(to []Value, fields []string) ([]Value, error) {
	for _, field := range fields {
		if field == "" {
			to = append(to, Value{})
			continue
		}
		if v, err := strconv.ParseInt(field, 10, 64); err == nil {
			to = append(to, Whole(v))
			continue
		}
		v, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return nil, fmt.Errorf("a value of an answer: %w", err)
		}
		to = append(to, Real(v))
	}
	return to, nil
}

// Terms are what two answers may differ in. The zero value is exact.
type Terms struct {
	// Types: a whole number is one whether it comes as an integer or a float, and NaN is
	// no other than null: what is written as text, and pandas, tell neither apart.
	Types bool
	// EmptySums: a sum of no values is 0 where null is wanted.
	EmptySums bool
}

// same compares integers exactly.
func (t Terms) same(want, got Value) bool {
	if want.Kind == got.Kind {
		return same(want, got)
	}
	if !t.Types {
		return false
	}
	a, aNumber := want.number()
	b, bNumber := got.number()
	switch {
	case aNumber && bNumber: // an integer and a float
		return same(Real(a), Real(b)) && (want.Kind == Float || a == b)
	case !aNumber && !bNumber:
		return true
	}
	return t.EmptySums && want.Kind == Null && b == 0
}

// number is the value as a float, and false where it is null or NaN.
func (v Value) number() (float64, bool) {
	if v.Kind == Int {
		return float64(v.Int), true
	}
	return v.Float, v.Kind == Float && v.Float == v.Float
}
