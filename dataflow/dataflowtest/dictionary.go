package dataflowtest

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// indexTypes are those of the dictionaries' codes, a column by its position.
var indexTypes = []arrow.DataType{arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Int64}

// codesMost is how many distinct values every index type has room for, with
// spare, repeated and null entries.
const codesMost = 1 << 13

// encodedSchema is schema with columns as dictionaries. in decides how wide the
// codes of columns with many rows are.
func encodedSchema(schema *arrow.Schema, in arrow.Record, columns []string) *arrow.Schema {
	fields := schema.Fields()
	for _, name := range columns {
		for _, i := range schema.FieldIndices(name) {
			if _, ok := fields[i].Type.(*arrow.DictionaryType); ok {
				continue
			}
			index := indexTypes[i%len(indexTypes)]
			if in.NumRows() > codesMost {
				index = arrow.PrimitiveTypes.Int32
			}
			fields[i].Type = &arrow.DictionaryType{IndexType: index, ValueType: fields[i].Type}
		}
	}
	return arrow.NewSchema(fields, nil)
}

// encode returns rec with the feed's dictionary columns encoded by new
// dictionaries.
func (f *feed) encode(rec arrow.Record) (arrow.Record, error) {
	cols := make([]arrow.Array, rec.NumCols())
	defer func() {
		for i := range f.types {
			if cols[i] != nil {
				cols[i].Release()
			}
		}
	}()
	for i, col := range rec.Columns() {
		cols[i] = col
		if t, ok := f.types[i]; ok {
			var err error
			if cols[i], err = f.encodeArray(col, t); err != nil {
				delete(f.types, i)
				return nil, fmt.Errorf("column %q: %w", rec.ColumnName(i), err)
			}
		}
	}
	return array.NewRecord(f.schema, cols, rec.NumRows()), nil
}

// encodeArray codes a column, one of dictionaries too, by a dictionary of its own
// in random order, with entries that no row has.
func (f *feed) encodeArray(col arrow.Array, t *arrow.DictionaryType) (arrow.Array, error) {
	plain := col
	rowOf := func(i int) int32 { return int32(i) }
	if d, ok := col.(*array.Dictionary); ok {
		plain, rowOf = d.Dictionary(), func(i int) int32 { return int32(d.GetValueIndex(i)) }
	}
	entries := map[any][]int{} // by value: where it stands in words
	var words []int32          // rows of plain; -1: null
	for i := range col.Len() {
		if col.IsNull(i) || plain.IsNull(int(rowOf(i))) {
			continue
		}
		key := wordKey(value(col, i))
		if len(entries[key]) == 0 || f.shape.coding == wildCoding && len(words) < codesMost && f.rng.IntN(2) == 0 {
			entries[key] = append(entries[key], len(words))
			words = append(words, rowOf(i))
		}
	}
	wild := f.shape.coding == wildCoding
	if wild {
		words = append(words, -1)
	}
	place := f.rng.Perm(len(words))
	shuffled := make([]any, len(words))
	for w, at := range place {
		if words[w] >= 0 {
			shuffled[at] = value(plain, int(words[w]))
		}
	}
	if wild || f.shape.coding == ownCoding {
		if n := len(shuffled); n > 0 { // spare ones
			shuffled = append(shuffled, randomValue(f.rng, t.ValueType, false), randomValue(f.rng, t.ValueType, false))
		}
	}
	codes := make([]any, col.Len())
	for i := range codes {
		if col.IsNull(i) || plain.IsNull(int(rowOf(i))) {
			if wild && f.rng.IntN(2) == 0 {
				codes[i] = place[len(words)-1]
			}
			continue
		}
		at := entries[wordKey(value(col, i))]
		codes[i] = place[at[f.rng.IntN(len(at))]]
	}
	indices, err := buildIn(f.alloc, t.IndexType, codes)
	if err != nil {
		return nil, err
	}
	defer indices.Release()
	dictionary, err := buildIn(f.alloc, t.ValueType, shuffled)
	if err != nil {
		return nil, err
	}
	defer dictionary.Release()
	return array.NewDictionaryArray(t, indices, dictionary), nil
}

// wordKey is a value of Rows as the key of a map.
func wordKey(v any) any {
	if b, ok := v.([]byte); ok {
		return string(b)
	}
	return v
}
