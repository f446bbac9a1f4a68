package dataflowtest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
)

// shape is one way to hand rows over.
type shape struct {
	rows    int  // of a batch; 0: all of a split
	splits  int  // contiguous parts of the input
	gaps    bool // empty batches in between
	padded  bool // other rows before and behind, in the same arrays
	picked  bool // other rows in between, and a selection vector
	coding  coding
	columns []string // that coding encodes
	pruned  bool     // without the columns that the role does not read
	asked   int      // how many of its output columns are read then
	seed    uint64
}

// coding is how columns are encoded by dictionaries.
type coding uint8

const (
	plainCoding  coding = iota
	sharedCoding        // one dictionary for all batches
	ownCoding           // each batch its own, in any order, with entries that no row has
	wildCoding          // as ownCoding, with repeated entries and null ones
)

// String is the shape as failures print it.
func (s shape) String() string {
	var parts []string
	add := func(set bool, format string, args ...any) {
		if set {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	add(s.rows == 0, "whole batches")
	add(s.rows > 0, "batches of %d rows", s.rows)
	add(s.splits > 1, "%d splits", s.splits)
	add(s.gaps, "empty batches in between")
	add(s.padded, "array offsets that are not 0")
	add(s.picked, "a selection vector")
	columns := strings.Join(s.columns, ", ")
	add(s.coding == sharedCoding, "one dictionary for %s", columns)
	add(s.coding == ownCoding, "a dictionary a batch for %s", columns)
	add(s.coding == wildCoding, "a dictionary a batch with repeated and null entries for %s", columns)
	add(s.pruned, "only the columns that are read")
	return strings.Join(parts, ", ")
}

// shapes are the ways to hand over in that a role is tried in. encodings are the
// sets of columns to encode by dictionaries; made is how many columns the role
// makes, where it says what it needs for each, and 0 where it does not.
func shapes(in arrow.Record, c config, encodings []encoding, selection bool, made int) []shape {
	rng := rand.New(rand.NewPCG(c.seed, 1))
	sizes := []int{0, 1, 2, 3, 1024}
	sizes = slices.DeleteFunc(sizes, func(n int) bool { return int64(n) >= in.NumRows() && n > 1 })
	if short() && len(sizes) > 3 {
		sizes = []int{0, 1, sizes[2+rng.IntN(len(sizes)-2)]}
	}
	var all []shape
	for i, rows := range sizes {
		all = append(all,
			shape{rows: rows, splits: 1},
			shape{rows: rows, splits: 1 + i%3, padded: true, gaps: true},
			shape{rows: rows, splits: 3 - i%3, padded: true})
		if selection {
			all = append(all, shape{rows: rows, splits: 1 + i%2, picked: true, padded: i%2 == 0, gaps: true})
		}
		if made > 0 {
			all = append(all, shape{rows: rows, splits: 1 + (i+1)%3, pruned: true, asked: i % (made + 1), gaps: true})
		}
		for k, e := range encodings {
			all = append(all,
				shape{rows: rows, splits: 1 + (i+k)%3, coding: sharedCoding, columns: e.columns, padded: (i+k)%2 == 0},
				shape{rows: rows, splits: 1 + (i+k+1)%3, coding: ownCoding, columns: e.columns, padded: (i+k)%2 == 1, gaps: true})
			if e.wild {
				all = append(all, shape{rows: rows, splits: 1, coding: wildCoding, columns: e.columns, padded: true})
			}
			if selection {
				all = append(all, shape{rows: rows, splits: 1, coding: ownCoding, columns: e.columns, picked: true})
			}
		}
	}
	for i := range all {
		all[i].seed = rng.Uint64()
	}
	return all
}

// encoding is a set of columns that are tried as dictionaries.
type encoding struct {
	columns  []string
	required bool // the role must accept them
	wild     bool // repeated and null entries too
}

// encodings are those to try of columns of schema.
func encodings(schema *arrow.Schema, c config) []encoding {
	if c.plain {
		return nil
	}
	var text, all []string
	for _, f := range schema.Fields() {
		switch {
		case isText(f.Type):
			text, all = append(text, f.Name), append(all, f.Name)
		case arrow.IsInteger(f.Type.ID()):
			all = append(all, f.Name)
		}
	}
	var out []encoding
	if len(c.dictionaries) > 0 {
		out = append(out, encoding{c.dictionaries, true, true})
	} else if c.dictionary && len(all) > 0 {
		out = append(out, encoding{all, true, true})
	}
	for _, columns := range [][]string{text, all} {
		if len(columns) > 0 && !slices.ContainsFunc(out, func(e encoding) bool { return slices.Equal(e.columns, columns) }) {
			out = append(out, encoding{columns, false, false})
		}
	}
	return out
}

func isText(t arrow.DataType) bool {
	switch t.ID() {
	case arrow.STRING, arrow.LARGE_STRING, arrow.BINARY, arrow.LARGE_BINARY:
		return true
	}
	return false
}
