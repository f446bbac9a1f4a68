package operators

import (
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
)

// SortKey is a column to order rows by, made by [Asc] or [Desc].
//
// Numbers, times and decimals go by value, strings and bytes by their bytes,
// false stands before true, a dictionary goes by its values. NaN is above every
// number and equal to itself, -0 equals 0. Nulls come last either way. Rows that
// all keys find equal keep their order in the source.
type SortKey struct {
	column string
	desc   bool
}

// Asc orders by the column, least first.
func Asc(column string) SortKey { return SortKey{column, false} }

// Desc orders by the column, greatest first.
func Desc(column string) SortKey { return SortKey{column, true} }

// String is the key as plans print it: n desc.
func (k SortKey) String() string {
	if k.desc {
		return k.column + " desc"
	}
	return k.column + " asc"
}

func formatKeys(keys []SortKey) string {
	parts := make([]string, len(keys))
	for i, k := range keys {
		parts[i] = k.String()
	}
	return strings.Join(parts, ", ")
}

// resolveKeys checks the keys against a schema and returns their columns.
func resolveKeys(keys []SortKey, in *arrow.Schema) ([]int, error) {
	if len(keys) == 0 {
		return nil, errors.New("there is no key to order by: name one with Asc or Desc")
	}
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.column
	}
	columns, err := columnsNamed(names, in)
	if err != nil {
		return nil, err
	}
	for i, c := range columns {
		if t := in.Field(c).Type; !sortable(t) {
			return nil, fmt.Errorf("column %q of type %s has no order", keys[i].column, t)
		}
	}
	return columns, nil
}

// sortable says whether values of the type have an order here.
func sortable(t arrow.DataType) bool {
	if d, ok := t.(*arrow.DictionaryType); ok {
		return d.ValueType.ID() != arrow.DICTIONARY && sortable(d.ValueType)
	}
	return ofText(t) || orderWords(t) > 0
}

var _ fmt.Stringer = SortKey{}
