package dataflowtest

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Column is a named column of Go values, for [Batch].
type Column struct {
	field  arrow.Field
	values []any
}

// Col is a nullable column whose type follows from that of the values:
//
//	[]int8 … []int64, []int, []uint8 … []uint64, []float32, []float64, []bool,
//	[]string, [][]byte, []time.Time (timestamp in nanoseconds, UTC),
//	[]time.Duration (duration in nanoseconds)
//
// or []any of one of these, where nil is null and the first that is not nil
// decides; a column of nulls alone is one of strings. It panics on other values.
func Col(name string, values any) Column {
	v := reflect.ValueOf(values)
	if v.Kind() != reflect.Slice {
		panic(fmt.Sprintf("dataflowtest: column %q: a slice is wanted, not %T", name, values))
	}
	list := make([]any, v.Len())
	var sample any
	for i := range list {
		list[i] = v.Index(i).Interface()
		if sample == nil {
			sample = list[i]
		}
	}
	elem := v.Type().Elem()
	if sample != nil {
		elem = reflect.TypeOf(sample)
	}
	t := arrow.DataType(arrow.BinaryTypes.String)
	if elem.Kind() != reflect.Interface {
		var ok bool
		if t, ok = typeOf(elem); !ok {
			panic(fmt.Sprintf("dataflowtest: column %q: no column type for %s: use ColOf", name, elem))
		}
	}
	return ColOf(name, t, list...)
}

// ColOf is a nullable column of type t. A value is nil for null, or
//
//	integers, floats   any Go number that fits
//	bool               bool
//	string, binary     string or []byte
//	decimal            decimal128.Num, decimal256.Num, or a Go integer (unscaled)
//	date, timestamp    time.Time, or a Go integer (in the type's unit)
//	time, duration     time.Duration, or a Go integer (in the type's unit)
//	list               []any
//	struct             []any, a value a field
//	dictionary         what its values are
//
// Batch panics on values that do not fit.
func ColOf(name string, t arrow.DataType, values ...any) Column {
	return Column{arrow.Field{Name: name, Type: t, Nullable: true}, values}
}

// NotNull is the column with a field that is not nullable.
func (c Column) NotNull() Column {
	if slices.Contains(c.values, nil) {
		panic(fmt.Sprintf("dataflowtest: column %q has a null", c.field.Name))
	}
	c.field.Nullable = false
	return c
}

// Batch is a batch of columns of one length. Its memory is Go's: the caller may
// release it or leave it to the garbage collector.
func Batch(columns ...Column) arrow.Record {
	fields, cols, rows := make([]arrow.Field, len(columns)), make([]arrow.Array, len(columns)), 0
	for i, c := range columns {
		if i > 0 && len(c.values) != rows {
			panic(fmt.Sprintf("dataflowtest: column %q has %d values, the ones before it %d", c.field.Name, len(c.values), rows))
		}
		fields[i], rows = c.field, len(c.values)
		cols[i] = build(c.field.Name, c.field.Type, c.values)
	}
	rec := array.NewRecord(arrow.NewSchema(fields, nil), cols, int64(rows))
	for _, c := range cols {
		c.Release()
	}
	return rec
}

var goTypes = map[reflect.Type]arrow.DataType{
	reflect.TypeFor[int8]():          arrow.PrimitiveTypes.Int8,
	reflect.TypeFor[int16]():         arrow.PrimitiveTypes.Int16,
	reflect.TypeFor[int32]():         arrow.PrimitiveTypes.Int32,
	reflect.TypeFor[int64]():         arrow.PrimitiveTypes.Int64,
	reflect.TypeFor[int]():           arrow.PrimitiveTypes.Int64,
	reflect.TypeFor[uint8]():         arrow.PrimitiveTypes.Uint8,
	reflect.TypeFor[uint16]():        arrow.PrimitiveTypes.Uint16,
	reflect.TypeFor[uint32]():        arrow.PrimitiveTypes.Uint32,
	reflect.TypeFor[uint64]():        arrow.PrimitiveTypes.Uint64,
	reflect.TypeFor[float32]():       arrow.PrimitiveTypes.Float32,
	reflect.TypeFor[float64]():       arrow.PrimitiveTypes.Float64,
	reflect.TypeFor[bool]():          arrow.FixedWidthTypes.Boolean,
	reflect.TypeFor[string]():        arrow.BinaryTypes.String,
	reflect.TypeFor[[]byte]():        arrow.BinaryTypes.Binary,
	reflect.TypeFor[time.Time]():     arrow.FixedWidthTypes.Timestamp_ns,
	reflect.TypeFor[time.Duration](): arrow.FixedWidthTypes.Duration_ns,
}

func typeOf(t reflect.Type) (arrow.DataType, bool) {
	out, ok := goTypes[t]
	return out, ok
}

// build makes the array of one column.
func build(name string, t arrow.DataType, values []any) arrow.Array {
	if d, ok := t.(*arrow.DictionaryType); ok {
		return buildDictionary(name, d, values)
	}
	arr, err := buildIn(memory.NewGoAllocator(), t, values)
	if err != nil {
		panic(fmt.Sprintf("dataflowtest: column %q, %v", name, err))
	}
	return arr
}

// buildIn is build in memory of alloc, but for dictionaries.
func buildIn(alloc memory.Allocator, t arrow.DataType, values []any) (arrow.Array, error) {
	b := array.NewBuilder(alloc, t)
	defer b.Release()
	b.Reserve(len(values))
	for i, v := range values {
		if err := appendValue(b, v); err != nil {
			return nil, fmt.Errorf("row %d: %w", i, err)
		}
	}
	return b.NewArray(), nil
}

// buildDictionary codes values by a dictionary in order of appearance.
func buildDictionary(name string, t *arrow.DictionaryType, values []any) arrow.Array {
	code := map[string]int{}
	var distinct []any
	codes := make([]any, len(values))
	for i, v := range values {
		if v == nil {
			continue
		}
		key := fmt.Sprintf("%T %#v", v, v)
		if _, ok := code[key]; !ok {
			code[key] = len(distinct)
			distinct = append(distinct, v)
		}
		codes[i] = code[key]
	}
	indices := build(name, t.IndexType, codes)
	defer indices.Release()
	words := build(name, t.ValueType, distinct)
	defer words.Release()
	return array.NewDictionaryArray(t, indices, words)
}
