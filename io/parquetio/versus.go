package parquetio

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"time"

	"github.com/apache/arrow-go/v18/parquet/schema"
	"github.com/apache/arrow/go/v17/arrow"
)

// versus is how a value compares with a bound's, in each way that an operator may
// compare them: -1, 0, +1. Something follows only where they agree.
type versus []int

func (v versus) all(want int) bool {
	for _, c := range v {
		if c != want {
			return false
		}
	}
	return true
}

func (v versus) above() bool { return v.all(1) }
func (v versus) below() bool { return v.all(-1) }
func (v versus) same() bool  { return v.all(0) }

// span compares min and max with the value of a bound. ok is false where they
// cannot be compared.
func (s *statistics) span(value any) (lo, hi versus, ok bool) {
	lo, ok = s.versus(s.min, value)
	if !ok {
		return nil, nil, false
	}
	hi, ok = s.versus(s.max, value)
	return lo, hi, ok
}

func (s *statistics) versus(stat []byte, value any) (versus, bool) {
	c := s.column
	switch c.physical {
	case physicalBool:
		if v, ok := value.(bool); ok && len(stat) == 1 && stat[0] <= 1 {
			want := byte(0)
			if v {
				want = 1
			}
			return versus{cmp.Compare(stat[0], want)}, true
		}
	case physicalInt32:
		if len(stat) == 4 {
			return s.integer(uint64(int64(int32(binary.LittleEndian.Uint32(stat)))), uint64(binary.LittleEndian.Uint32(stat)), value)
		}
	case physicalInt64:
		if len(stat) == 8 {
			v := binary.LittleEndian.Uint64(stat)
			return s.integer(v, v, value)
		}
	case physicalFloat:
		if len(stat) == 4 {
			return float32Versus(math.Float32frombits(binary.LittleEndian.Uint32(stat)), value)
		}
	case physicalDouble:
		if len(stat) == 8 {
			return floatVersus(math.Float64frombits(binary.LittleEndian.Uint64(stat)), value)
		}
	case physicalBytes, physicalFixed:
		return s.text(stat, value)
	}
	return nil, false
}

// text compares strings and plain bytes, whose order is that of their bytes.
// Decimals, intervals and half floats have others.
func (s *statistics) text(stat []byte, value any) (versus, bool) {
	switch s.column.t.ID() {
	case arrow.STRING, arrow.LARGE_STRING, arrow.BINARY, arrow.LARGE_BINARY, arrow.FIXED_SIZE_BINARY:
	default:
		return nil, false
	}
	if s.column.order != schema.SortUNSIGNED {
		return nil, false
	}
	switch v := value.(type) {
	case string:
		return versus{cmp.Compare(string(stat), v)}, true
	case []byte:
		return versus{bytes.Compare(stat, v)}, true
	}
	return nil, false
}

// integer compares a statistic of an integer column: signed, or unsigned where the
// column is.
func (s *statistics) integer(signed, unsigned uint64, value any) (versus, bool) {
	switch t := s.column.t.(type) {
	case *arrow.Uint8Type, *arrow.Uint16Type, *arrow.Uint32Type, *arrow.Uint64Type:
		return unsignedVersus(unsigned, value)
	case *arrow.Int8Type, *arrow.Int16Type, *arrow.Int32Type, *arrow.Int64Type:
		return signedVersus(int64(signed), value)
	case *arrow.Date32Type:
		if v, ok := value.(time.Time); ok {
			return timeVersus(time.Unix(int64(signed)*86400, 0), v, 24*time.Hour)
		}
	case *arrow.TimestampType:
		if v, ok := value.(time.Time); ok {
			unit := t.Unit.Multiplier()
			per := int64(time.Second / unit)
			n := int64(signed)
			sec, rest := n/per, n%per
			return timeVersus(time.Unix(sec, rest*int64(unit)), v, unit)
		}
	}
	return nil, false
}

// timeVersus compares times of a column with a step. A bound between two steps may
// be compared as it is, or cut to the column's step first.
func timeVersus(stat, v time.Time, step time.Duration) (versus, bool) {
	cut := v.UTC()
	if step == 24*time.Hour {
		cut = time.Date(cut.Year(), cut.Month(), cut.Day(), 0, 0, 0, 0, time.UTC)
	} else {
		cut = cut.Truncate(step)
	}
	return versus{stat.Compare(v), stat.Compare(cut)}, true
}

func signedVersus(stat int64, value any) (versus, bool) {
	switch v := value.(type) {
	case int64:
		return versus{cmp.Compare(stat, v)}, true
	case uint64:
		exact := -1
		if v <= math.MaxInt64 {
			exact = cmp.Compare(stat, int64(v))
		}
		return versus{exact, cmp.Compare(float64(stat), float64(v))}, true
	case float64:
		// Beyond 2^53 it matters whether the integer is rounded first.
		if stat < -1<<53 || stat > 1<<53 || v != v {
			return nil, false
		}
		return versus{cmp.Compare(float64(stat), v)}, true
	}
	return nil, false
}

func unsignedVersus(stat uint64, value any) (versus, bool) {
	switch v := value.(type) {
	case int64:
		exact := 1
		if v >= 0 {
			exact = cmp.Compare(stat, uint64(v))
		}
		return versus{exact, cmp.Compare(float64(stat), float64(v))}, true
	case uint64:
		return versus{cmp.Compare(stat, v)}, true
	case float64:
		if stat > 1<<53 || v != v {
			return nil, false
		}
		return versus{cmp.Compare(float64(stat), v)}, true
	}
	return nil, false
}

func floatVersus(stat float64, value any) (versus, bool) {
	v, ok := floatOf(value)
	if !ok || stat != stat {
		return nil, false
	}
	return versus{cmp.Compare(stat, v)}, true
}

// float32Versus compares with the bound as it is and as a float32: who compares
// may widen the column or narrow the value.
func float32Versus(stat float32, value any) (versus, bool) {
	v, ok := floatOf(value)
	if !ok || stat != stat {
		return nil, false
	}
	return versus{cmp.Compare(float64(stat), v), cmp.Compare(stat, float32(v))}, true
}

// floatOf is the value as a float64, where that is exact. NaN compares with nothing.
func floatOf(value any) (float64, bool) {
	switch v := value.(type) {
	case float64:
		return v, v == v
	case int64:
		return float64(v), v >= -1<<53 && v <= 1<<53
	case uint64:
		return float64(v), v <= 1<<53
	}
	return 0, false
}
