package parquetio

import (
	"errors"
	"fmt"
	"math"
	"sync/atomic"

	v18memory "github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// counted is Go's memory, counted.
type counted struct {
	under v18memory.GoAllocator
	live  atomic.Int64
}

// Allocate returns size bytes.
func (c *counted) Allocate(size int) []byte {
	c.live.Add(int64(size))
	return c.under.Allocate(size)
}

// Reallocate returns b with size bytes.
func (c *counted) Reallocate(size int, b []byte) []byte {
	c.live.Add(int64(size - len(b)))
	return c.under.Reallocate(size, b)
}

// Free counts b as gone.
func (c *counted) Free(b []byte) { c.live.Add(-int64(len(b))) }

// storable is d as the library can write it, its own reference: dictionaries are
// decoded, lists of a fixed size are lists, and a list that is null is empty. Values
// that the file would have others for are an error.
func storable(d arrow.ArrayData, alloc memory.Allocator) (arrow.ArrayData, error) {
	switch t := d.DataType().(type) {
	case *arrow.DictionaryType:
		plain, err := decoded(d, alloc)
		if err != nil {
			return nil, err
		}
		defer plain.Release()
		return storable(plain, alloc)
	case *arrow.Date64Type:
		err := eachValue(d, func(v int64) error {
			if v%86_400_000 != 0 {
				return errors.New("a date64 with a time of day, for which Parquet has no date: cast the column to timestamp[ms]")
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	case *arrow.TimestampType:
		if t.Unit != arrow.Second {
			break
		}
		err := eachValue(d, func(v int64) error {
			if v > math.MaxInt64/1000 || v < math.MinInt64/1000 {
				return fmt.Errorf("the timestamp of %d seconds does not fit 64 bits of milliseconds, as Parquet has it", v)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	switch d.DataType().(type) {
	case *arrow.FixedSizeListType, *arrow.ListType, *arrow.LargeListType, *arrow.MapType:
		lists, err := storableLists(d, alloc)
		if err != nil {
			return nil, err
		}
		defer lists.Release()
		d = lists
	}
	if len(d.Children()) == 0 {
		d.Retain()
		return d, nil
	}
	children := make([]arrow.ArrayData, 0, len(d.Children()))
	defer func() {
		for _, c := range children {
			c.Release()
		}
	}()
	for _, c := range d.Children() {
		child, err := storable(c, alloc)
		if err != nil {
			return nil, err
		}
		children = append(children, child)
	}
	return array.NewData(d.DataType(), d.Len(), d.Buffers(), children, d.NullN(), d.Offset()), nil
}

// eachValue calls f with every value of 64 bits that is not null.
func eachValue(d arrow.ArrayData, f func(int64) error) error {
	values := arrow.Int64Traits.CastFromBytes(d.Buffers()[1].Bytes())[d.Offset() : d.Offset()+d.Len()]
	valid := d.Buffers()[0]
	for i, v := range values {
		if valid != nil && !bitutil.BitIsSet(valid.Bytes(), d.Offset()+i) {
			continue
		}
		if err := f(v); err != nil {
			return err
		}
	}
	return nil
}

// decoded is the values of a dictionary array. A row is null where its code or the
// entry is.
func decoded(d arrow.ArrayData, alloc memory.Allocator) (arrow.ArrayData, error) {
	arr := array.NewDictionaryData(d)
	defer arr.Release()
	rows := make([]int32, arr.Len())
	nulls := 0
	for i := range rows {
		if arr.IsNull(i) {
			nulls++
			continue
		}
		code := arr.GetValueIndex(i)
		if code < 0 || code >= arr.Dictionary().Len() {
			return nil, fmt.Errorf("code %d of a dictionary of %d", code, arr.Dictionary().Len())
		}
		rows[i] = int32(code)
	}
	if arr.Dictionary().Len() == 0 {
		none := array.MakeArrayOfNull(alloc, arr.Dictionary().DataType(), len(rows))
		defer none.Release()
		none.Data().Retain()
		return none.Data(), nil
	}
	values, err := batch.TakeArray(arr.Dictionary(), rows, alloc)
	if err != nil {
		return nil, err
	}
	defer values.Release()
	if nulls == 0 {
		values.Data().Retain()
		return values.Data(), nil
	}
	// Row 0 of the dictionary stands where the code is null.
	valid := newBuffer(int(bitutil.BytesForBits(int64(len(rows)))), alloc)
	defer valid.Release()
	nulls = 0
	for i := range rows {
		if arr.IsValid(i) && values.IsValid(i) {
			bitutil.SetBit(valid.Bytes(), i)
		} else {
			nulls++
		}
	}
	v := values.Data()
	bufs := append([]*memory.Buffer{valid}, v.Buffers()[1:]...)
	return array.NewData(v.DataType(), v.Len(), bufs, v.Children(), nulls, v.Offset()), nil
}
