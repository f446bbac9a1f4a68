package parquetio

import (
	"fmt"

	v18 "github.com/apache/arrow-go/v18/arrow"
	v18array "github.com/apache/arrow-go/v18/arrow/array"
	v18memory "github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow/go/v17/arrow"
)

// plainTypes are the types without parameters.
var plainTypes = []struct {
	ours   arrow.DataType
	theirs v18.DataType
}{
	{arrow.Null, v18.Null},
	{arrow.FixedWidthTypes.Boolean, v18.FixedWidthTypes.Boolean},
	{arrow.PrimitiveTypes.Int8, v18.PrimitiveTypes.Int8},
	{arrow.PrimitiveTypes.Int16, v18.PrimitiveTypes.Int16},
	{arrow.PrimitiveTypes.Int32, v18.PrimitiveTypes.Int32},
	{arrow.PrimitiveTypes.Int64, v18.PrimitiveTypes.Int64},
	{arrow.PrimitiveTypes.Uint8, v18.PrimitiveTypes.Uint8},
	{arrow.PrimitiveTypes.Uint16, v18.PrimitiveTypes.Uint16},
	{arrow.PrimitiveTypes.Uint32, v18.PrimitiveTypes.Uint32},
	{arrow.PrimitiveTypes.Uint64, v18.PrimitiveTypes.Uint64},
	{arrow.FixedWidthTypes.Float16, v18.FixedWidthTypes.Float16},
	{arrow.PrimitiveTypes.Float32, v18.PrimitiveTypes.Float32},
	{arrow.PrimitiveTypes.Float64, v18.PrimitiveTypes.Float64},
	{arrow.BinaryTypes.String, v18.BinaryTypes.String},
	{arrow.BinaryTypes.LargeString, v18.BinaryTypes.LargeString},
	{arrow.BinaryTypes.Binary, v18.BinaryTypes.Binary},
	{arrow.BinaryTypes.LargeBinary, v18.BinaryTypes.LargeBinary},
	{arrow.PrimitiveTypes.Date32, v18.PrimitiveTypes.Date32},
	{arrow.PrimitiveTypes.Date64, v18.PrimitiveTypes.Date64},
}

// typeFrom is a type of the library as one of ours; of a dictionary, that of its
// values.
func typeFrom(t v18.DataType) (arrow.DataType, error) {
	for _, p := range plainTypes {
		if p.theirs.ID() == t.ID() {
			return p.ours, nil
		}
	}
	switch t := t.(type) {
	case *v18.TimestampType:
		return &arrow.TimestampType{Unit: arrow.TimeUnit(t.Unit), TimeZone: t.TimeZone}, nil
	case *v18.Time32Type:
		return &arrow.Time32Type{Unit: arrow.TimeUnit(t.Unit)}, nil
	case *v18.Time64Type:
		return &arrow.Time64Type{Unit: arrow.TimeUnit(t.Unit)}, nil
	case *v18.DurationType:
		return &arrow.DurationType{Unit: arrow.TimeUnit(t.Unit)}, nil
	case *v18.Decimal128Type:
		return &arrow.Decimal128Type{Precision: t.Precision, Scale: t.Scale}, nil
	case *v18.Decimal256Type:
		return &arrow.Decimal256Type{Precision: t.Precision, Scale: t.Scale}, nil
	case *v18.FixedSizeBinaryType:
		return &arrow.FixedSizeBinaryType{ByteWidth: t.ByteWidth}, nil
	case v18.ExtensionType:
		return typeFrom(t.StorageType())
	case *v18.DictionaryType:
		return typeFrom(t.ValueType)
	case *v18.StructType:
		fields := make([]arrow.Field, t.NumFields())
		for i, f := range t.Fields() {
			var err error
			if fields[i], err = fieldFrom(f); err != nil {
				return nil, err
			}
		}
		return arrow.StructOf(fields...), nil
	case *v18.MapType:
		key, err := fieldFrom(t.KeyField())
		if err != nil {
			return nil, err
		}
		item, err := fieldFrom(t.ItemField())
		if err != nil {
			return nil, err
		}
		m := arrow.MapOf(key.Type, item.Type)
		m.SetItemNullable(item.Nullable)
		m.KeysSorted = t.KeysSorted
		return m, nil
	case v18.ListLikeType:
		elem, err := fieldFrom(t.ElemField())
		if err != nil {
			return nil, err
		}
		elem.Name = "item" // as Arrow names it, whatever the file does
		switch t := t.(type) {
		case *v18.ListType:
			return arrow.ListOfField(elem), nil
		case *v18.LargeListType:
			return arrow.LargeListOfField(elem), nil
		case *v18.FixedSizeListType:
			return arrow.FixedSizeListOfField(t.Len(), elem), nil
		}
	}
	return nil, fmt.Errorf("type %s is not supported", t)
}

func fieldFrom(f v18.Field) (arrow.Field, error) {
	t, err := typeFrom(f.Type)
	return arrow.Field{Name: f.Name, Type: t, Nullable: f.Nullable}, err
}

// typeTo is a type as one of the library's.
func typeTo(t arrow.DataType) (v18.DataType, error) {
	for _, p := range plainTypes {
		if p.ours.ID() == t.ID() {
			return p.theirs, nil
		}
	}
	switch t := t.(type) {
	case *arrow.TimestampType:
		return &v18.TimestampType{Unit: v18.TimeUnit(t.Unit), TimeZone: t.TimeZone}, nil
	case *arrow.Time32Type:
		return &v18.Time32Type{Unit: v18.TimeUnit(t.Unit)}, nil
	case *arrow.Time64Type:
		return &v18.Time64Type{Unit: v18.TimeUnit(t.Unit)}, nil
	case *arrow.DurationType:
		return &v18.DurationType{Unit: v18.TimeUnit(t.Unit)}, nil
	case *arrow.Decimal128Type:
		return &v18.Decimal128Type{Precision: t.Precision, Scale: t.Scale}, nil
	case *arrow.Decimal256Type:
		return &v18.Decimal256Type{Precision: t.Precision, Scale: t.Scale}, nil
	case *arrow.FixedSizeBinaryType:
		return &v18.FixedSizeBinaryType{ByteWidth: t.ByteWidth}, nil
	case *arrow.DictionaryType:
		index, err := typeTo(t.IndexType)
		if err != nil {
			return nil, err
		}
		value, err := typeTo(t.ValueType)
		return &v18.DictionaryType{IndexType: index, ValueType: value, Ordered: t.Ordered}, err
	case *arrow.StructType:
		if t.NumFields() == 0 {
			return nil, fmt.Errorf("a struct without fields has no place in Parquet: add a field, or drop the column")
		}
		fields := make([]v18.Field, t.NumFields())
		for i, f := range t.Fields() {
			var err error
			if fields[i], err = fieldTo(f); err != nil {
				return nil, err
			}
		}
		return v18.StructOf(fields...), nil
	case *arrow.MapType:
		key, err := fieldTo(t.KeyField())
		if err != nil {
			return nil, err
		}
		item, err := fieldTo(t.ItemField())
		if err != nil {
			return nil, err
		}
		m := v18.MapOf(key.Type, item.Type)
		m.SetItemNullable(item.Nullable)
		m.KeysSorted = t.KeysSorted
		return m, nil
	case *arrow.ListType:
		elem, err := elementTo(t.ElemField())
		return v18.ListOfField(elem), err
	case *arrow.LargeListType:
		elem, err := elementTo(t.ElemField())
		return v18.LargeListOfField(elem), err
	case *arrow.FixedSizeListType:
		// The library mistakes slices and nulls of these.
		elem, err := elementTo(t.ElemField())
		return v18.ListOfField(elem), err
	}
	return nil, fmt.Errorf("type %s has no place in Parquet: cast the column first, or drop it", t)
}

// elementTo is the field of a list's elements, named as the format does.
func elementTo(f arrow.Field) (v18.Field, error) {
	f.Name = "element"
	return fieldTo(f)
}

func fieldTo(f arrow.Field) (v18.Field, error) {
	t, err := typeTo(f.Type)
	if err != nil {
		t = v18.Null // a list is made of it before the error is looked at
	}
	return v18.Field{Name: f.Name, Type: t, Nullable: f.Nullable}, err
}

// lendParts is lend behind the buffers: children and dictionary.
func lendParts(t v18.DataType, d arrow.ArrayData, bufs []*v18memory.Buffer) v18.ArrayData {
	if dt, ok := t.(*v18.DictionaryType); ok {
		dict := lend(dt.ValueType, d.Dictionary()).(*v18array.Data)
		return v18array.NewDataWithDictionary(t, d.Len(), bufs, d.NullN(), d.Offset(), dict)
	}
	children := make([]v18.ArrayData, len(d.Children()))
	for i, c := range d.Children() {
		children[i] = lend(theirChild(t, i), c)
	}
	return v18array.NewData(t, d.Len(), bufs, children, d.NullN(), d.Offset())
}

func theirChild(t v18.DataType, i int) v18.DataType {
	switch t := t.(type) {
	case *v18.StructType:
		return t.Field(i).Type
	case *v18.MapType:
		return t.Elem()
	}
	return t.(v18.ListLikeType).Elem()
}
