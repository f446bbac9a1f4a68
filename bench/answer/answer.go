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
	r, err := Keep(want)
	if err != nil {
		return 0, err
	}
	return r.Compare(got, Terms{})
}

// Reference is an answer that others are held against.
type Reference struct {
	groups map[string]*entry
	turn   int // of the comparison
}

type entry struct {
	values []Value
	turn   int // that it was seen in last
}

// Rows is how many rows it has.
func (r *Reference) Rows() int64 { return int64(len(r.groups)) }

// Keep keeps an answer in memory.
func Keep(want Rows) (*Reference, error) {
	groups := map[string]*entry{}
	for row, err := range want {
		if err != nil {
			return nil, fmt.Errorf("what is wanted: %w", err)
		}
		if groups[row.Key] != nil {
			return nil, fmt.Errorf("what is wanted has %q twice", row.Key)
		}
		groups[row.Key] = &entry{values: append([]Value(nil), row.Values...)}
	}
	return &Reference{groups: groups}, nil
}

// Compare holds got against the reference and returns how many rows it has. The error
// is a *[Mismatch] where they differ. One comparison at a time.
func (r *Reference) Compare(got Rows, terms Terms) (rows int64, err error) {
	var bad Mismatch
	r.turn++
	for row, err := range got {
		if err != nil {
			return rows, err
		}
		rows++
		e := r.groups[row.Key]
		switch {
		case e == nil:
			bad.add("%q is not wanted", row.Key)
			continue
		case e.turn == r.turn:
			bad.add("%q comes twice", row.Key)
		case !terms.equal(e.values, row.Values):
			bad.add("%q: %v, wanted %v", row.Key, row.Values, e.values)
		}
		e.turn = r.turn
	}
	for key, e := range r.groups {
		if e.turn != r.turn {
			bad.add("%q is missing", key)
		}
	}
	if bad.Rows > 0 {
		return rows, &bad
	}
	return rows, nil
}

func (t Terms) equal(want, got []Value) bool {
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if !t.same(want[i], got[i]) {
			return false
		}
	}
	return true
}
