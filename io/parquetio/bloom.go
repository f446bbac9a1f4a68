package parquetio

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/cespare/xxhash/v2"

	"github.com/arrowmill/arrowmill/dataflow"
)

// A bloom filter says of a column chunk which values are certainly not in it. It is
// one of blocks of 256 bits; a value has one bit in each of the eight words of one
// block, so that 32 bytes of the file tell.
//
// Parquet, "Bloom Filter": split block bloom filters of XXH64.

const (
	bloomBlock = 32
	bloomHead  = 64 // bytes that are read of a filter's header
)

var bloomSalt = [8]uint32{0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31}

// bloomMisses reports whether the filter of the column's chunk, if it has one, shows
// that no row is what b wants it to equal. A filter that cannot be one says nothing.
func (r *reader) bloomMisses(c *fileColumn, b *dataflow.Bound) (bool, error) {
	m := r.foot.meta.RowGroups[r.group].Columns[c.leaves[0]].MetaData
	if b.Op != dataflow.Equal || m.BloomFilterOffset == nil {
		return false, nil
	}
	value, ok := bloomValue(c, b.Value)
	at := *m.BloomFilterOffset
	if !ok || at < 4 || at >= r.foot.data {
		return false, nil
	}
	head := make([]byte, min(bloomHead, r.foot.data-at))
	if err := readFull(r.in, head, at); err != nil {
		return false, err
	}
	size, n, ok := parseBloom(head)
	if !ok || size > r.foot.data-at-int64(n) {
		return false, nil
	}
	hash := xxhash.Sum64(value)
	block := make([]byte, bloomBlock)
	if err := readFull(r.in, block, at+int64(n)+bloomBlock*bloomPlace(hash, size/bloomBlock)); err != nil {
		return false, err
	}
	return !bloomHas(block, uint32(hash)), nil
}

// bloomPlace is which of blocks blocks a hash belongs to.
func bloomPlace(hash uint64, blocks int64) int64 {
	return int64((hash >> 32) * uint64(blocks) >> 32)
}

// bloomHas reports whether all bits of a hash's low half are set in its block.
func bloomHas(block []byte, hash uint32) bool {
	for i, salt := range bloomSalt {
		if binary.LittleEndian.Uint32(block[4*i:])>>(hash*salt>>27)&1 == 0 {
			return false
		}
	}
	return true
}

// parseBloom reads a filter's header: how many bytes its blocks have, and it. ok is
// false for one of a kind that is not known.
func parseBloom(b []byte) (size int64, n int, ok bool) {
	r := thriftReader{b: b}
	known := 0
	r.fields(func(id int16, kind byte) bool {
		switch {
		case id == 1 && kind == thriftI32:
			size = int64(r.int32())
		case id >= 2 && id <= 4 && kind == thriftStruct: // BLOCK, XXHASH, UNCOMPRESSED
			r.fields(func(id int16, kind byte) bool {
				if id == 1 && kind == thriftStruct {
					known++
				}
				return false
			})
		default:
			return false
		}
		return true
	})
	return size, r.at, r.err == nil && known == 3 && size > 0 && size%bloomBlock == 0
}

// bloomValue is the value of a bound as the column has it PLAIN. ok is false where
// rows that do not have those bytes might equal it nevertheless.
func bloomValue(c *fileColumn, value any) (plain []byte, ok bool) {
	switch c.t.ID() {
	case arrow.STRING, arrow.LARGE_STRING, arrow.BINARY, arrow.LARGE_BINARY:
		if c.physical != physicalBytes {
			return nil, false
		}
		switch v := value.(type) {
		case string:
			return []byte(v), true
		case []byte:
			return v, true
		}
	case arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64:
		if v, is := value.(int64); is {
			return bloomInteger(c, uint64(v), v >= math.MinInt32 && v <= math.MaxInt32)
		}
	case arrow.UINT8, arrow.UINT16, arrow.UINT32, arrow.UINT64:
		if v, is := value.(uint64); is {
			return bloomInteger(c, v, v <= math.MaxUint32)
		}
	}
	return nil, false
}

// bloomInteger is an integer, of 32 bits where the column's are and it fits them.
func bloomInteger(c *fileColumn, v uint64, fits bool) ([]byte, bool) {
	switch {
	case c.physical == physicalInt64:
		return binary.LittleEndian.AppendUint64(nil, v), true
	case c.physical == physicalInt32 && fits:
		return binary.LittleEndian.AppendUint32(nil, uint32(v)), true
	}
	return nil, false
}
