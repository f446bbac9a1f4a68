package operators

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/internal/plaincol"
)

// orderBlock is how many rows are looked at in one go: what is known of them
// stays in the first-level cache.
const orderBlock = 512

// orderKey is a resolved [SortKey].
type orderKey struct {
	column int
	desc   bool
	words  int  // order words of a value
	text   bool // which are only the beginning of it
}

func orderKeys(keys []SortKey, in *arrow.Schema) ([]orderKey, error) {
	columns, err := resolveKeys(keys, in)
	if err != nil {
		return nil, err
	}
	resolved := make([]orderKey, len(keys))
	for i, c := range columns {
		t := in.Field(c).Type
		if d, ok := t.(*arrow.DictionaryType); ok {
			t = d.ValueType
		}
		resolved[i] = orderKey{c, keys[i].desc, orderWords(t), ofText(t)}
	}
	return resolved, nil
}

// orderReader reads the order words of key columns block by block, with the
// scratch memory that this takes.
type orderReader struct {
	codes [orderBlock]int32
}

// nulls writes 1 for null and 0 for a value, for each row.
func (o *orderReader) nulls(col arrow.Array, from int, rows []int32, out []uint64) {
	clear(out)
	plaincol.MarkNulls(out, 1, col, from, rows)
	if d, ok := col.(*array.Dictionary); ok && d.Dictionary().NullN() > 0 {
		codes := o.coded(d, from, rows, len(out))
		values := d.Dictionary()
		for i, c := range codes {
			if out[i] == 0 && values.IsNull(int(c)) {
				out[i] = 1
			}
		}
	}
}

// word writes order word w of the key's values, flipped where the order is
// descending. nulls are the rows' marks; nulls get the greatest word.
func (o *orderReader) word(k orderKey, col arrow.Array, w, from int, rows []int32, nulls, out []uint64) {
	if d, ok := col.(*array.Dictionary); ok {
		if d.Dictionary().Len() > 0 {
			loadOrder(d.Dictionary(), w, 0, o.coded(d, from, rows, len(out)), out)
		}
	} else {
		loadOrder(col, w, from, rows, out)
	}
	flip := uint64(0)
	if k.desc {
		flip--
	}
	for i, null := range nulls[:len(out)] {
		out[i] = (out[i] ^ flip) | -null
	}
}

// coded are the codes of rows of a dictionary column, 0 for nulls.
func (o *orderReader) coded(d *array.Dictionary, from int, rows []int32, n int) []int32 {
	codes := o.codes[:n]
	plaincol.Codes(codes, d, from, rows)
	plaincol.MarkNulls(codes, 0, d, from, rows) // what a null row's code says, is nothing
	return codes
}
