package data

import (
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
)

// Table is a kind of table, of any number of rows and seed. It is immutable.
type Table struct {
	Name   string
	About  string // in a few words
	Schema *arrow.Schema
	Text   Layout

	rowBytes int64 // about, as text
	begin    func(rows int64, salt, seed uint64) filler
}

// filler fills b, which is empty, with n rows from row first on. It is safe for
// concurrent use with a block and dice of one's own.
type filler func(b *block, d *dice, first int64, n int)

// Layout is how a table looks as text.
type Layout struct {
	Lines     bool // a line is a row of the one column; what follows is of CSV
	Delimiter byte
	Header    bool
	Decimals  map[string]Decimals // of the float columns
}

// Decimals is how a float column is written.
type Decimals struct {
	Places int
	Trim   bool // zeros at the end, and a point there, are left out
}

// Tables are all tables.
func Tables() []Table {
	return []Table{
		groupTable("g1", "db-benchmark groupby, K = 100", 0),
		groupTable("g1-nulls", "the same, 5 % nulls", 20),
		weatherTable("brc", "One Billion Row Challenge, 413 stations", 413),
		weatherTable("brc10k", "the same, 10,000 stations", 10_000),
		lineitemTable(),
		visitTable(),
		textTable(),
		goSourceTable(),
	}
}

// Find is the table of a name.
func Find(name string) (Table, error) {
	var names []string
	for _, t := range Tables() {
		if t.Name == name {
			return t, nil
		}
		names = append(names, t.Name)
	}
	return Table{}, fmt.Errorf("no table %q: there are %s", name, strings.Join(names, ", "))
}

// Formats are the endings of the files that a table can be written to.
func (t Table) Formats() []string {
	if t.Text.Lines {
		return []string{"txt", "txt.gz", "txt.zst"}
	}
	return slices.Concat([]string{"csv", "csv.gz", "csv.zst"}, columnar())
}

// TextFormat is the ending of the table as plain text.
func (t Table) TextFormat() string { return t.Formats()[0] }

// Bytes is about how large the table is as text.
func (t Table) Bytes(rows int64) int64 { return rows * t.rowBytes }

// salt tells tables with one seed apart.
func (t Table) salt() uint64 {
	var h uint64
	for _, c := range []byte(t.Name) {
		h = mix(h ^ uint64(c))
	}
	return h
}

func column(name string, t arrow.DataType) arrow.Field {
	return arrow.Field{Name: name, Type: t, Nullable: true}
}
