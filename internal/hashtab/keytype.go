package hashtab

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
)

// KeyType is the type in which keys of a column of type t come out: a
// dictionary's value type, otherwise t. A type that cannot be a key is an error.
func KeyType(t arrow.DataType) (arrow.DataType, error) {
	out := t
	if d, ok := t.(*arrow.DictionaryType); ok {
		out = d.ValueType
	}
	if isBytes(out) || widthOf(out) >= 0 {
		return out, nil
	}
	return nil, fmt.Errorf("a column of type %s cannot be a key", t)
}

func isBytes(t arrow.DataType) bool {
	switch t.ID() {
	case arrow.STRING, arrow.BINARY, arrow.LARGE_STRING, arrow.LARGE_BINARY, arrow.FIXED_SIZE_BINARY:
		return true
	}
	return false
}

// widthOf is the size in bits of a key of fixed width, -1 for any other type.
func widthOf(t arrow.DataType) int {
	switch t.ID() {
	case arrow.NULL:
		return 0
	case arrow.BOOL, arrow.INT8, arrow.UINT8, arrow.INT16, arrow.UINT16, arrow.INT32, arrow.UINT32, arrow.INT64, arrow.UINT64,
		arrow.FLOAT16, arrow.FLOAT32, arrow.FLOAT64, arrow.DATE32, arrow.DATE64, arrow.TIME32, arrow.TIME64, arrow.TIMESTAMP,
		arrow.DURATION, arrow.INTERVAL_MONTHS, arrow.DECIMAL128, arrow.DECIMAL256:
		return t.(arrow.FixedWidthDataType).BitWidth()
	}
	return -1
}

// viewed says whether values of a type are looked at as bytes.
func viewed(t arrow.DataType) bool { return isBytes(t) || widthOf(t) > 64 }
