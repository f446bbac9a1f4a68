// Package answer is what a job answers, in a form that programs of any make can
// be held against each other by.
package answer

import (
	"fmt"
	"iter"
	"math"
	"strings"
)

// Kind is what a value is.
type Kind uint8

// The kinds of values.
const (
	Null Kind = iota
	Int
	Float
)

// Value is a value of an answer.
type Value struct {
	Kind  Kind
	Int   int64
	Float float64
}

// Whole is an integer as a value.
func Whole(v int64) Value { return Value{Kind: Int, Int: v} }

// Real is a float as a value.
func Real(v float64) Value { return Value{Kind: Float, Float: v} }

// String is the value as a difference shows it.
func (v Value) String() string {
	switch v.Kind {
	case Int:
		return fmt.Sprint(v.Int)
	case Float:
		return fmt.Sprint(v.Float)
	}
	return "null"
}

// Row is a group and what came of it. The key is the texts of its columns as the
// table's CSV has them, with commas between them; the text of null is empty.
type Row struct {
	Key    string
	Values []Value
}

// Rows are an answer, in any order. A row's Values may be overwritten by the next.
type Rows = iter.Seq2[Row, error]

// tolerance is how far floats may differ, of 1 or of themselves if they are larger.
const tolerance = 1e-9

// same compares integers exactly.
func same(a, b Value) bool {
	if a.Kind != b.Kind {
		return false
	}
	if a.Kind != Float {
		return a.Int == b.Int
	}
	if math.IsNaN(a.Float) || math.IsNaN(b.Float) {
		return math.IsNaN(a.Float) && math.IsNaN(b.Float)
	}
	return a.Float == b.Float || math.Abs(a.Float-b.Float) <= tolerance*max(1, math.Abs(a.Float), math.Abs(b.Float))
}

// Mismatch is how one answer differs from another.
type Mismatch struct {
	Rows  int64 // that differ, are missing or too many
	First []string
}

// Error lists the first differences.
func (m *Mismatch) Error() string {
	return fmt.Sprintf("%d rows differ, the first: %s", m.Rows, strings.Join(m.First, "; "))
}

func (m *Mismatch) add(format string, args ...any) {
	const shown = 3
	if m.Rows++; len(m.First) < shown {
		m.First = append(m.First, fmt.Sprintf(format, args...))
	}
}

// Compare holds got against want, which it keeps in memory, and returns how many
// rows got has. The error is a *[Mismatch] where they differ.
func Compare(want, got Rows) (rows int64, err error) {
	type entry struct {
		values []Value
		seen   bool
	}
	groups := map[string]*entry{}
	var bad Mismatch
	for row, err := range want {
		if err != nil {
			return 0, fmt.Errorf("what is wanted: %w", err)
		}
		if groups[row.Key] != nil {
			return 0, fmt.Errorf("what is wanted has %q twice", row.Key)
		}
		groups[row.Key] = &entry{values: append([]Value(nil), row.Values...)}
	}
	for row, err := range got {
		if err != nil {
			return rows, err
		}
		rows++
		e := groups[row.Key]
		switch {
		case e == nil:
			bad.add("%q is not wanted", row.Key)
		case e.seen:
			bad.add("%q comes twice", row.Key)
		case !equal(e.values, row.Values):
			bad.add("%q: %v, wanted %v", row.Key, row.Values, e.values)
		}
		if e != nil {
			e.seen = true
		}
	}
	for key, e := range groups {
		if !e.seen {
			bad.add("%q is missing", key)
		}
	}
	if bad.Rows > 0 {
		return rows, &bad
	}
	return rows, nil
}

func equal(a, b []Value) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !same(a[i], b[i]) {
			return false
		}
	}
	return true
}
