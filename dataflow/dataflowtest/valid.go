package dataflowtest

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// validate checks a batch that a role gave away against the schema that it
// declared.
func validate(rec arrow.Record, declared *arrow.Schema) error {
	if d := schemaDiff(declared, rec.Schema(), true, false); d != "" {
		return fmt.Errorf("a batch has another schema than was declared: %s", d)
	}
	if int(rec.NumCols()) != declared.NumFields() {
		return errReleased // its columns are gone
	}
	for i, col := range rec.Columns() {
		f := declared.Field(i)
		switch {
		case !arrow.TypeEqual(f.Type, col.DataType()):
			return fmt.Errorf("column %q is declared as %s, but its array is of %s", f.Name, f.Type, col.DataType())
		case int64(col.Len()) != rec.NumRows():
			return fmt.Errorf("column %q has %d rows in a batch of %d", f.Name, col.Len(), rec.NumRows())
		}
		nulls := 0
		for row := range col.Len() {
			if col.IsNull(row) {
				nulls++
			}
		}
		switch {
		case col.NullN() != nulls && f.Type.ID() != arrow.NULL:
			return fmt.Errorf("column %q says that %d of its rows are null, but %d are", f.Name, col.NullN(), nulls)
		case nulls > 0 && !f.Nullable:
			return fmt.Errorf("column %q is declared not nullable and has %d nulls", f.Name, nulls)
		}
		if err := validCodes(col); err != nil {
			return fmt.Errorf("column %q: %w", f.Name, err)
		}
	}
	return nil
}

// validCodes checks that the codes of a dictionary column have entries.
func validCodes(col arrow.Array) error {
	d, ok := col.(*array.Dictionary)
	if !ok {
		return nil
	}
	for row := range d.Len() {
		if d.IsValid(row) {
			if code := d.GetValueIndex(row); code < 0 || code >= d.Dictionary().Len() {
				return fmt.Errorf("row %d has code %d of a dictionary of %d", row, code, d.Dictionary().Len())
			}
		}
	}
	return nil
}

// own takes a chunk that was given away: its rows alone, the selection applied,
// valid by the declared schema. The reference of c is used up.
func own(c dataflow.Chunk, declared *arrow.Schema, l *ledger) (arrow.Record, error) {
	if c.Rec == nil {
		return nil, fmt.Errorf("a chunk without a batch was given away")
	}
	defer c.Rec.Release()
	if err := validate(c.Rec, declared); err != nil {
		return nil, err
	}
	last := int32(-1)
	for _, row := range c.Sel {
		if row <= last || int64(row) >= c.Rec.NumRows() {
			return nil, fmt.Errorf("a selection vector that does not ascend within its batch: %d behind %d, of %d rows", row, last, c.Rec.NumRows())
		}
		last = row
	}
	return batch.Compact(c.Rec, c.Sel, l)
}
