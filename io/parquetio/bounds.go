package parquetio

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"github.com/apache/arrow-go/v18/parquet/schema"
	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
)

// misses reports whether the group's statistics show that no row meets all bounds:
// that one of them no row meets. In doubt it does not.
func (f *footer) misses(group int, bounds []dataflow.Bound) bool {
	for _, b := range bounds {
		at, ok := f.byKey[b.Column]
		if !ok || !f.cols[at].flat {
			continue
		}
		missed := false
		err := guard("the statistics", func() error {
			s := f.statistics(&f.cols[at], group)
			missed = s.misses(&b)
			return nil
		})
		if err == nil && missed {
			return true
		}
	}
	return false
}

// statistics are what is known of a chunk's values. What is not certain is left out.
type statistics struct {
	column   *fileColumn
	rows     int64
	nulls    int64 // -1: not known
	nans     int64 // likewise
	min, max []byte
	ranged   bool // min and max are there
	minExact bool
	maxExact bool
}

// statistics reads them. A min and max of the new fields count where the file says
// that it keeps the order of the type. Those of the old fields were compared as
// signed numbers whatever the type, so that they count for signed numbers alone.
func (f *footer) statistics(c *fileColumn, group int) statistics {
	leaf := c.leaves[0]
	s := statistics{column: c, rows: f.meta.RowGroups[group].NumRows, nulls: -1, nans: -1}
	if !c.optional {
		s.nulls = 0
	}
	in := f.meta.RowGroups[group].Columns[leaf].MetaData.Statistics
	if in == nil {
		return s
	}
	if in.NullCount != nil && *in.NullCount >= 0 && *in.NullCount <= s.rows && c.optional {
		s.nulls = *in.NullCount
	}
	if in.NanCount != nil && *in.NanCount >= 0 {
		s.nans = *in.NanCount
	}
	switch {
	case in.MinValue != nil && in.MaxValue != nil:
		s.min, s.max, s.ranged = in.MinValue, in.MaxValue, f.typeOrder(leaf)
	case in.Min != nil && in.Max != nil && in.MinValue == nil && in.MaxValue == nil:
		s.min, s.max, s.ranged = in.Min, in.Max, signedNumber(c)
	}
	s.minExact = in.IsMinValueExact == nil || *in.IsMinValueExact
	s.maxExact = in.IsMaxValueExact == nil || *in.IsMaxValueExact
	return s
}

// typeOrder reports whether the file says that the leaf's min and max are in the
// order of its type.
func (f *footer) typeOrder(leaf int) bool {
	orders := f.meta.GetColumnOrders()
	return leaf < len(orders) && orders[leaf] != nil && orders[leaf].IsSetTYPE_ORDER()
}

func signedNumber(c *fileColumn) bool {
	switch c.physical {
	case physicalInt32, physicalInt64, physicalFloat, physicalDouble:
		return c.order == schema.SortSIGNED
	}
	return false
}

// misses reports whether no row meets b.
func (s *statistics) misses(b *dataflow.Bound) bool {
	switch b.Op {
	case dataflow.IsNull:
		return s.nulls == 0
	case dataflow.NotNull:
		return s.nulls == s.rows
	}
	if s.nulls == s.rows {
		return true // null meets no comparison
	}
	if !s.ranged || s.turned() {
		return false
	}
	lo, hi, ok := s.span(b.Value)
	if !ok {
		return false
	}
	// lo and hi say how the least and the largest value compare with the bound's.
	// NaN is in neither, and some orders put it above all numbers.
	nan := s.column.physical == physicalFloat || s.column.physical == physicalDouble
	nan = nan && s.nans != 0
	switch b.Op {
	case dataflow.Equal:
		return lo.above() || hi.below()
	case dataflow.Less:
		return lo.above() || lo.same()
	case dataflow.LessEqual:
		return lo.above()
	case dataflow.Greater:
		return !nan && (hi.below() || hi.same())
	case dataflow.GreaterEqual:
		return !nan && hi.below()
	case dataflow.NotEqual:
		return !nan && s.minExact && s.maxExact && lo.same() && hi.same()
	}
	return false
}

// turned reports that min is above max, or that they are not of the column's size:
// then nothing can be learnt from them.
func (s *statistics) turned() bool {
	size := 0
	switch s.column.physical {
	case physicalBool:
		size = 1
	case physicalInt32, physicalFloat:
		size = 4
	case physicalInt64, physicalDouble:
		size = 8
	}
	if size > 0 && (len(s.min) != size || len(s.max) != size) {
		return true
	}
	unsigned := arrow.IsUnsignedInteger(s.column.t.ID())
	switch s.column.physical {
	case physicalInt32:
		lo, hi := binary.LittleEndian.Uint32(s.min), binary.LittleEndian.Uint32(s.max)
		return unsigned && lo > hi || !unsigned && int32(lo) > int32(hi)
	case physicalInt64:
		lo, hi := binary.LittleEndian.Uint64(s.min), binary.LittleEndian.Uint64(s.max)
		return unsigned && lo > hi || !unsigned && int64(lo) > int64(hi)
	case physicalFloat:
		return math.Float32frombits(binary.LittleEndian.Uint32(s.min)) > math.Float32frombits(binary.LittleEndian.Uint32(s.max))
	case physicalDouble:
		return math.Float64frombits(binary.LittleEndian.Uint64(s.min)) > math.Float64frombits(binary.LittleEndian.Uint64(s.max))
	}
	return bytes.Compare(s.min, s.max) > 0
}

// boundString is a bound as plans print it.
func boundString(b dataflow.Bound) string {
	switch v := b.Value.(type) {
	case nil:
		return b.Column + " " + b.Op.String()
	case time.Time:
		return fmt.Sprintf("%s %s %s", b.Column, b.Op, v.Format(time.RFC3339Nano))
	case string, []byte:
		return fmt.Sprintf("%s %s %q", b.Column, b.Op, v)
	default:
		return fmt.Sprintf("%s %s %v", b.Column, b.Op, v)
	}
}
