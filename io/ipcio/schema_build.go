package ipcio

import (
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	flatbuffers "github.com/google/flatbuffers/go"
)

// slot is a field of a flatbuffer table that is written: a number, or where ref is
// set the place of something written before.
type slot struct {
	i     int
	ref   flatbuffers.UOffsetT
	n     int64
	width int // bytes of n; 0: ref
}

// putTable writes a table.
func putTable(b *flatbuffers.Builder, slots ...slot) flatbuffers.UOffsetT {
	count := 0
	for _, s := range slots {
		count = max(count, s.i+1)
	}
	b.StartObject(count)
	for _, s := range slots {
		switch s.width {
		case 0:
			if s.ref != 0 {
				b.PrependUOffsetT(s.ref)
				b.Slot(s.i)
			}
			continue
		case 1:
			b.PrependInt8(int8(s.n))
		case 2:
			b.PrependInt16(int16(s.n))
		case 4:
			b.PrependInt32(int32(s.n))
		case 8:
			b.PrependInt64(s.n)
		}
		b.Slot(s.i)
	}
	return b.EndObject()
}

// putRefs writes a vector of tables.
func putRefs(b *flatbuffers.Builder, refs []flatbuffers.UOffsetT) flatbuffers.UOffsetT {
	b.StartVector(4, len(refs), 4)
	for _, r := range slices.Backward(refs) {
		b.PrependUOffsetT(r)
	}
	return b.EndVector(len(refs))
}

func bit(v bool) int64 {
	if v {
		return 1
	}
	return 0
}

// putSchema writes the schema table.
func putSchema(b *flatbuffers.Builder, s *arrow.Schema, l *layout) flatbuffers.UOffsetT {
	fields := make([]flatbuffers.UOffsetT, s.NumFields())
	for i, f := range s.Fields() {
		fields[i] = putField(b, f, l.columns[i])
	}
	list := putRefs(b, fields)
	meta := putMetadata(b, s.Metadata())
	return putTable(b, slot{i: 1, ref: list}, slot{i: 2, ref: meta}, slot{i: 0, n: bit(bigEndian), width: 2})
}

func putMetadata(b *flatbuffers.Builder, m arrow.Metadata) flatbuffers.UOffsetT {
	if m.Len() == 0 {
		return 0
	}
	refs := make([]flatbuffers.UOffsetT, m.Len())
	for i := range refs {
		k, v := b.CreateString(m.Keys()[i]), b.CreateString(m.Values()[i])
		refs[i] = putTable(b, slot{i: 0, ref: k}, slot{i: 1, ref: v})
	}
	return putRefs(b, refs)
}

// The keys under which a field's metadata names its extension type.
const (
	extensionName = "ARROW:extension:name"
	extensionData = "ARROW:extension:metadata"
)

func putField(b *flatbuffers.Builder, f arrow.Field, n *node) flatbuffers.UOffsetT {
	meta := f.Metadata
	if ext, ok := f.Type.(arrow.ExtensionType); ok {
		var keys, values []string
		for i, k := range meta.Keys() {
			if k != extensionName && k != extensionData {
				keys, values = append(keys, k), append(values, meta.Values()[i])
			}
		}
		meta = arrow.NewMetadata(append(keys, extensionName, extensionData), append(values, ext.ExtensionName(), ext.Serialize()))
	}
	values, dict := n, flatbuffers.UOffsetT(0)
	if n.dict != nil {
		values = n.dict
		t := n.t.(*arrow.DictionaryType)
		index := putInt(b, t.IndexType)
		dict = putTable(b, slot{i: 0, n: n.id, width: 8}, slot{i: 1, ref: index}, slot{i: 2, n: bit(t.Ordered), width: 1})
	}
	nested := nestedFields(values.t)
	kids := make([]flatbuffers.UOffsetT, len(nested))
	for i, k := range nested {
		kids[i] = putField(b, k, values.kids[i])
	}
	list := putRefs(b, kids)
	member, slots, _ := typeMember(values.t) // newLayout saw to its error
	for i, s := range slots {
		if s.width == 0 {
			slots[i].ref = putTail(b, values.t)
		}
	}
	typ := putTable(b, slots...)
	name, m := b.CreateString(f.Name), putMetadata(b, meta)
	return putTable(b, slot{i: 0, ref: name}, slot{i: 3, ref: typ}, slot{i: 4, ref: dict}, slot{i: 5, ref: list}, slot{i: 6, ref: m},
		slot{i: 1, n: bit(f.Nullable), width: 1}, slot{i: 2, n: int64(member), width: 1})
}

// putTail writes what a type's table leads to: a time zone, a union's codes.
func putTail(b *flatbuffers.Builder, t arrow.DataType) flatbuffers.UOffsetT {
	switch t := t.(type) {
	case *arrow.TimestampType:
		if t.TimeZone != "" {
			return b.CreateString(t.TimeZone)
		}
	case arrow.UnionType:
		codes := t.TypeCodes()
		b.StartVector(4, len(codes), 4)
		for _, c := range slices.Backward(codes) {
			b.PrependInt32(int32(c))
		}
		return b.EndVector(len(codes))
	}
	return 0
}

func putInt(b *flatbuffers.Builder, t arrow.DataType) flatbuffers.UOffsetT {
	_, slots, _ := typeMember(t)
	return putTable(b, slots...)
}

// typeMember is the member of the union Type that t is, and its table. A slot
// without a width is for putTail.
func typeMember(t arrow.DataType) (uint8, []slot, error) {
	none := []slot{}
	short := func(n int) []slot { return []slot{{i: 0, n: int64(n), width: 2}} }
	word := func(i int, n int32) slot { return slot{i: i, n: int64(n), width: 4} }
	switch t := t.(type) {
	case *arrow.NullType:
		return typeNull, none, nil
	case *arrow.BooleanType:
		return typeBool, none, nil
	case *arrow.Float16Type:
		return typeFloat, short(0), nil
	case *arrow.Float32Type:
		return typeFloat, short(1), nil
	case *arrow.Float64Type:
		return typeFloat, short(2), nil
	case *arrow.StringType:
		return typeUtf8, none, nil
	case *arrow.BinaryType:
		return typeBinary, none, nil
	case *arrow.LargeStringType:
		return typeLargeUtf8, none, nil
	case *arrow.LargeBinaryType:
		return typeLargeBinary, none, nil
	case *arrow.StringViewType:
		return typeUtf8View, none, nil
	case *arrow.BinaryViewType:
		return typeBinaryView, none, nil
	case *arrow.FixedSizeBinaryType:
		return typeFixedBinary, []slot{word(0, int32(t.ByteWidth))}, nil
	case *arrow.Decimal128Type:
		return typeDecimal, []slot{word(0, t.Precision), word(1, t.Scale), word(2, 128)}, nil
	case *arrow.Decimal256Type:
		return typeDecimal, []slot{word(0, t.Precision), word(1, t.Scale), word(2, 256)}, nil
	case *arrow.Date32Type:
		return typeDate, short(0), nil
	case *arrow.Date64Type:
		return typeDate, short(1), nil
	case *arrow.Time32Type:
		return typeTime, append(short(int(t.Unit)), word(1, 32)), nil
	case *arrow.Time64Type:
		return typeTime, append(short(int(t.Unit)), word(1, 64)), nil
	case *arrow.TimestampType:
		return typeTimestamp, append(short(int(t.Unit)), slot{i: 1}), nil
	case *arrow.DurationType:
		return typeDuration, short(int(t.Unit)), nil
	case *arrow.MonthIntervalType:
		return typeInterval, short(0), nil
	case *arrow.DayTimeIntervalType:
		return typeInterval, short(1), nil
	case *arrow.MonthDayNanoIntervalType:
		return typeInterval, short(2), nil
	case *arrow.ListType:
		return typeList, none, nil
	case *arrow.LargeListType:
		return typeLargeList, none, nil
	case *arrow.ListViewType:
		return typeListView, none, nil
	case *arrow.LargeListViewType:
		return typeLargeListView, none, nil
	case *arrow.FixedSizeListType:
		return typeFixedList, []slot{word(0, t.Len())}, nil
	case *arrow.StructType:
		return typeStruct, none, nil
	case *arrow.MapType:
		return typeMap, []slot{{i: 0, n: bit(t.KeysSorted), width: 1}}, nil
	case arrow.UnionType:
		return typeUnion, append(short(int(t.Mode()-arrow.SparseMode)), slot{i: 1}), nil
	case *arrow.RunEndEncodedType:
		return typeRunEnds, none, nil
	case arrow.FixedWidthDataType:
		if arrow.IsInteger(t.ID()) {
			return typeInt, []slot{word(0, int32(t.BitWidth())), {i: 1, n: bit(arrow.IsSignedInteger(t.ID())), width: 1}}, nil
		}
	}
	return 0, nil, fmt.Errorf("type %s cannot be written as Arrow IPC", t)
}
