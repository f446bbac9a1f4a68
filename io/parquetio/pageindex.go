package parquetio

import (
	"errors"
	"fmt"
)

// A page index says of each page of a column chunk which rows it has, and, as far as
// its writer knew, between which values they lie.
//
// Parquet, "Parquet page index: Layout to Support Page Skipping".

// indexMost is how many bytes of an index are read: those of some 100,000 pages.
const indexMost = 4 << 20

// indexSpread is about how many bytes a byte of an index takes when parsed.
const indexSpread = 16

var errIndex = errors.New("the page index contradicts itself")

// wanted are those of rows that may meet all bounds, by what bloom filters and page
// indexes say. An index that cannot be true says nothing.
func (r *reader) wanted(rows stretch) ([]stretch, error) {
	out := []stretch{rows}
	for i := range r.source.bounds {
		b := &r.source.bounds[i]
		at, ok := r.foot.byKey[b.Column]
		if !ok || !r.foot.cols[at].flat {
			continue
		}
		c := &r.foot.cols[at]
		missed, err := r.bloomMisses(c, b)
		if err != nil {
			return nil, err
		}
		if missed {
			return nil, nil
		}
		pages, err := r.pageStatistics(c)
		if err != nil {
			return nil, err
		}
		from := int64(0)
		for p := range pages {
			if pages[p].misses(b) {
				out = without(out, stretch{from, from + pages[p].rows})
			}
			from += pages[p].rows
		}
	}
	return out, nil
}

// without is rows but for gone.
func without(rows []stretch, gone stretch) []stretch {
	var out []stretch
	for _, s := range rows {
		if before := (stretch{s.from, min(s.to, gone.from)}); before.from < before.to {
			out = append(out, before)
		}
		if behind := (stretch{max(s.from, gone.to), s.to}); behind.from < behind.to {
			out = append(out, behind)
		}
	}
	return out
}

// pageStatistics are those of the pages of the column's chunk, none where there is no
// index or one that cannot be true. The error is that of reading.
func (r *reader) pageStatistics(c *fileColumn) ([]statistics, error) {
	chunk := r.foot.meta.RowGroups[r.group].Columns[c.leaves[0]]
	if chunk.ColumnIndexOffset == nil || chunk.ColumnIndexLength == nil || chunk.OffsetIndexOffset == nil || chunk.OffsetIndexLength == nil {
		return nil, nil
	}
	bytes := indexSpread * (int64(*chunk.ColumnIndexLength) + int64(*chunk.OffsetIndexLength))
	if bytes <= 0 || bytes > 2*indexSpread*indexMost || r.env.Reserve(bytes) != nil {
		return nil, nil // the budget is better used for what has to be read
	}
	defer func() { _ = r.env.Reserve(-bytes) }() // giving back cannot fail
	values, err := r.index(*chunk.ColumnIndexOffset, *chunk.ColumnIndexLength)
	if err != nil || values == nil {
		return nil, err
	}
	places, err := r.index(*chunk.OffsetIndexOffset, *chunk.OffsetIndexLength)
	if err != nil || places == nil {
		return nil, err
	}
	pages, err := r.foot.statisticsOfPages(c, r.group, values, places)
	if err != nil {
		return nil, nil
	}
	return pages, nil
}

// index reads an index, if it lies where one can be.
func (r *reader) index(at int64, length int32) ([]byte, error) {
	if at < 4 || length <= 0 || length > indexMost || at > r.foot.data-int64(length) {
		return nil, nil
	}
	b := make([]byte, length)
	return b, readFull(r.in, b, at)
}

// statisticsOfPages puts a chunk's two indexes together.
func (f *footer) statisticsOfPages(c *fileColumn, group int, values, places []byte) ([]statistics, error) {
	index, err := parseColumnIndex(values)
	if err != nil {
		return nil, err
	}
	first, err := parseOffsetIndex(places)
	if err != nil {
		return nil, err
	}
	n, all := len(first), f.meta.RowGroups[group].NumRows
	if n == 0 || first[0] != 0 || len(index.allNull) != n || len(index.min) != n || len(index.max) != n || index.nulls != nil && len(index.nulls) != n {
		return nil, errIndex
	}
	first = append(first, all)
	pages := make([]statistics, n)
	for i := range pages {
		s := statistics{column: c, rows: first[i+1] - first[i], nulls: -1, nans: -1}
		if s.rows < 0 {
			return nil, errIndex
		}
		switch {
		case index.allNull[i]:
			s.nulls = s.rows
		case !c.optional:
			s.nulls = 0
		case index.nulls != nil && index.nulls[i] >= 0 && index.nulls[i] <= s.rows:
			s.nulls = index.nulls[i]
		}
		if index.allNull[i] && !c.optional {
			return nil, errIndex
		}
		// Min and max may be shortened, or those of a larger range.
		s.min, s.max, s.ranged = index.min[i], index.max[i], f.typeOrder(c.leaves[0])
		pages[i] = s
	}
	return pages, nil
}

// columnIndex has an element a page in each list.
type columnIndex struct {
	allNull  []bool
	min, max [][]byte
	nulls    []int64 // nil: not known
}

func parseColumnIndex(b []byte) (c columnIndex, err error) {
	r := thriftReader{b: b}
	r.fields(func(id int16, kind byte) bool {
		if kind != thriftList {
			return false
		}
		switch id {
		case 1:
			c.allNull = thriftElements(&r, func(kind byte) bool { return r.element(kind, thriftTrue, thriftFalse) && r.byte() == thriftTrue })
		case 2:
			c.min = thriftElements(&r, r.binary)
		case 3:
			c.max = thriftElements(&r, r.binary)
		case 5:
			c.nulls = thriftElements(&r, func(kind byte) int64 {
				if !r.element(kind, thriftI64) {
					return 0
				}
				return r.int64()
			})
		default:
			return false
		}
		return true
	})
	return c, r.err
}

// parseOffsetIndex returns the first row of each page.
func parseOffsetIndex(b []byte) (first []int64, err error) {
	r := thriftReader{b: b}
	r.fields(func(id int16, kind byte) bool {
		if id != 1 || kind != thriftList {
			return false
		}
		first = thriftElements(&r, func(kind byte) int64 {
			row := int64(-1)
			if r.element(kind, thriftStruct) {
				r.fields(func(id int16, kind byte) bool {
					if id != 3 || kind != thriftI64 {
						return false
					}
					row = r.int64()
					return true
				})
			}
			return row
		})
		return true
	})
	return first, r.err
}

// thriftElements reads a list, whose elements f reads. There are no more of them than
// bytes.
func thriftElements[T any](r *thriftReader, f func(kind byte) T) []T {
	head := r.byte()
	n := uint64(head >> 4)
	if n == 15 {
		n = r.varint()
	}
	if r.err == nil && n > uint64(len(r.b)-r.at) {
		r.fail(errShort)
	}
	if r.err != nil {
		return nil
	}
	out := make([]T, 0, n)
	for range n {
		out = append(out, f(head&15))
		if r.err != nil {
			return nil
		}
	}
	return out
}

// element reports whether the elements of a list are of one of the kinds.
func (r *thriftReader) element(kind byte, kinds ...byte) bool {
	for _, k := range kinds {
		if k == kind {
			return r.err == nil
		}
	}
	r.fail(fmt.Errorf("a list of elements of the type %d", kind))
	return false
}

// binary reads an element of bytes, which are those of the reader.
func (r *thriftReader) binary(kind byte) []byte {
	if !r.element(kind, thriftBinary) {
		return nil
	}
	n := r.varint()
	from := r.at
	r.bytes(n)
	if r.err != nil {
		return nil
	}
	return r.b[from:r.at]
}
