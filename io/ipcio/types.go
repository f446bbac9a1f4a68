package ipcio

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
)

// bigEndian is the byte order of this machine.
var bigEndian = binary.NativeEndian.Uint16([]byte{0, 1}) == 1

// readType is the Arrow type of a member of the union Type, with the fields that
// are nested in it.
func readType(member uint8, t table, kids []arrow.Field) (arrow.DataType, error) {
	if !t.present() {
		return nil, errors.New("damaged metadata: a field without a type")
	}
	if want := kidsOf(member); want >= 0 && want != len(kids) {
		return nil, fmt.Errorf("damaged metadata: %d fields are nested where there should be %d", len(kids), want)
	}
	switch member {
	case typeNull:
		return arrow.Null, nil
	case typeInt:
		return intType(t)
	case typeFloat:
		return choose(t.int16(0, 0), "float precision", arrow.DataType(arrow.FixedWidthTypes.Float16), arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64)
	case typeBinary:
		return arrow.BinaryTypes.Binary, nil
	case typeUtf8:
		return arrow.BinaryTypes.String, nil
	case typeLargeBinary:
		return arrow.BinaryTypes.LargeBinary, nil
	case typeLargeUtf8:
		return arrow.BinaryTypes.LargeString, nil
	case typeBinaryView:
		return arrow.BinaryTypes.BinaryView, nil
	case typeUtf8View:
		return arrow.BinaryTypes.StringView, nil
	case typeBool:
		return arrow.FixedWidthTypes.Boolean, nil
	case typeDecimal:
		return decimalType(t)
	case typeDate:
		return choose(t.int16(0, 1), "unit of dates", arrow.DataType(arrow.FixedWidthTypes.Date32), arrow.FixedWidthTypes.Date64)
	case typeTime:
		return timeType(t)
	case typeTimestamp:
		unit, err := unitOf(t, 0)
		return &arrow.TimestampType{Unit: unit, TimeZone: t.string(1)}, err
	case typeDuration:
		unit, err := unitOf(t, 1)
		return &arrow.DurationType{Unit: unit}, err
	case typeInterval:
		return choose(t.int16(0, 0), "unit of intervals", arrow.DataType(arrow.FixedWidthTypes.MonthInterval), arrow.FixedWidthTypes.DayTimeInterval, arrow.FixedWidthTypes.MonthDayNanoInterval)
	case typeFixedBinary:
		w := t.int32(0, 0)
		if w < 0 {
			return nil, fmt.Errorf("values of %d bytes", w)
		}
		return &arrow.FixedSizeBinaryType{ByteWidth: int(w)}, nil
	}
	return nestedType(member, t, kids)
}

// kidsOf is how many fields are nested in a type; -1: any number.
func kidsOf(member uint8) int {
	switch member {
	case typeStruct, typeUnion:
		return -1
	case typeList, typeLargeList, typeListView, typeLargeListView, typeFixedList, typeMap:
		return 1
	case typeRunEnds:
		return 2
	}
	return 0
}

func nestedType(member uint8, t table, kids []arrow.Field) (arrow.DataType, error) {
	switch member {
	case typeStruct:
		return arrow.StructOf(kids...), nil
	case typeList:
		return arrow.ListOfField(kids[0]), nil
	case typeLargeList:
		return arrow.LargeListOfField(kids[0]), nil
	case typeListView:
		return arrow.ListViewOfField(kids[0]), nil
	case typeLargeListView:
		return arrow.LargeListViewOfField(kids[0]), nil
	case typeFixedList:
		n := t.int32(0, 0)
		if n <= 0 {
			return nil, fmt.Errorf("fixed-size lists of %d values are not read", n)
		}
		return arrow.FixedSizeListOfField(n, kids[0]), nil
	case typeMap:
		return mapType(t, kids[0])
	case typeUnion:
		return unionType(t, kids)
	case typeRunEnds:
		switch kids[0].Type.ID() {
		case arrow.INT16, arrow.INT32, arrow.INT64:
			return arrow.RunEndEncodedOf(kids[0].Type, kids[1].Type), nil
		}
		return nil, fmt.Errorf("run ends of type %s", kids[0].Type)
	}
	return nil, fmt.Errorf("type number %d of the Arrow format is not known to this reader: write the column in another type", member)
}

func choose(n int16, what string, types ...arrow.DataType) (arrow.DataType, error) {
	if n < 0 || int(n) >= len(types) {
		return nil, fmt.Errorf("%s %d is not known", what, n)
	}
	return types[n], nil
}

func unitOf(t table, missing int16) (arrow.TimeUnit, error) {
	u := t.int16(0, missing)
	if u < 0 || u > 3 {
		return 0, fmt.Errorf("unit of time %d is not known", u)
	}
	return arrow.TimeUnit(u), nil
}

func intType(t table) (arrow.DataType, error) {
	signed := t.bool(1)
	switch bits := t.int32(0, 0); {
	case bits == 8 && signed:
		return arrow.PrimitiveTypes.Int8, nil
	case bits == 16 && signed:
		return arrow.PrimitiveTypes.Int16, nil
	case bits == 32 && signed:
		return arrow.PrimitiveTypes.Int32, nil
	case bits == 64 && signed:
		return arrow.PrimitiveTypes.Int64, nil
	case bits == 8:
		return arrow.PrimitiveTypes.Uint8, nil
	case bits == 16:
		return arrow.PrimitiveTypes.Uint16, nil
	case bits == 32:
		return arrow.PrimitiveTypes.Uint32, nil
	case bits == 64:
		return arrow.PrimitiveTypes.Uint64, nil
	default:
		return nil, fmt.Errorf("integers of %d bits are not known", bits)
	}
}

func decimalType(t table) (arrow.DataType, error) {
	precision, scale := t.int32(0, 0), t.int32(1, 0)
	bits, most := t.int32(2, 128), int32(38)
	if bits == 256 {
		most = 76
	}
	switch {
	case bits == 32, bits == 64:
		return nil, fmt.Errorf("decimals of %d bits are not read: write the column as decimal128", bits)
	case bits != 128 && bits != 256:
		return nil, fmt.Errorf("decimals of %d bits are not known", bits)
	case precision < 1 || precision > most:
		return nil, fmt.Errorf("decimals of %d bits with %d digits", bits, precision)
	case bits == 128:
		return &arrow.Decimal128Type{Precision: precision, Scale: scale}, nil
	}
	return &arrow.Decimal256Type{Precision: precision, Scale: scale}, nil
}

func timeType(t table) (arrow.DataType, error) {
	unit, err := unitOf(t, 1)
	if err != nil {
		return nil, err
	}
	switch bits := t.int32(1, 32); {
	case bits == 32 && unit <= arrow.Millisecond:
		return &arrow.Time32Type{Unit: unit}, nil
	case bits == 64 && unit >= arrow.Microsecond:
		return &arrow.Time64Type{Unit: unit}, nil
	default:
		return nil, fmt.Errorf("times of day of %d bits in %s are not known", bits, unit)
	}
}

func mapType(t table, entries arrow.Field) (arrow.DataType, error) {
	s, ok := entries.Type.(*arrow.StructType)
	if !ok || s.NumFields() != 2 {
		return nil, fmt.Errorf("a map of entries of type %s, not of keys and values", entries.Type)
	}
	key, item := s.Field(0), s.Field(1)
	m := arrow.MapOfWithMetadata(key.Type, key.Metadata, item.Type, item.Metadata)
	m.KeysSorted = t.bool(0)
	m.SetItemNullable(item.Nullable)
	return m, nil
}

func unionType(t table, kids []arrow.Field) (arrow.DataType, error) {
	ids := t.vector(1, 4)
	codes := make([]arrow.UnionTypeCode, len(kids))
	if ids.n != 0 && ids.n != len(kids) {
		return nil, fmt.Errorf("a union of %d types with %d codes", len(kids), ids.n)
	}
	var seen [128]bool
	for i := range codes {
		c := int32(i)
		if ids.n > 0 {
			c = ids.int32(i)
		}
		if c < 0 || c > 127 || seen[c] {
			return nil, fmt.Errorf("a union with the code %d, which stands twice or is not in 0 to 127", c)
		}
		seen[c], codes[i] = true, int8(c)
	}
	switch mode := t.int16(0, 0); mode {
	case 0:
		return arrow.SparseUnionOf(kids, codes), nil
	case 1:
		return arrow.DenseUnionOf(kids, codes), nil
	default:
		return nil, fmt.Errorf("unions of mode %d are not known", mode)
	}
}
