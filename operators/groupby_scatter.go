package operators

import (
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/internal/plaincol"
)

const (
	fewestPageRows = 64
	mostPageRows   = 2 << 10
	mostPageText   = 1 << 20 // bytes in a column, about
)

// scatterer cuts rows to partitions. Each partition has an open page, and a page that is
// full is sent:
//
//	column ──row by row──► page of partition 0 │ page of partition 1 │ …
//
// Each column is read once, front to back, and written at as many places as there are
// partitions, a cache line of each of which stays in the core's own cache. Pages grow with
// the rows that have come, so that those that are open hold no more than a part of them.
type scatterer struct {
	schema  *arrow.Schema
	columns []pages
	rows    []int32 // of the open page, by partition
	room    []int32
	total   int64 // rows that have come
	expect  int   // at most so many more will; 0: not known
	send    func(p int, rec arrow.Record) error

	count     []int32 // scratch: the rows of a step by partition
	row, code []int32 // and where each goes
}

// newScatterer is nil where a column of the schema cannot be scattered.
func newScatterer(schema *arrow.Schema, n int, alloc memory.Allocator, send func(p int, rec arrow.Record) error) *scatterer {
	s := &scatterer{schema: schema, rows: make([]int32, n), room: make([]int32, n), count: make([]int32, n), send: send}
	for i := range schema.NumFields() {
		c := newPages(schema.Field(i).Type, n, alloc)
		if c == nil {
			return nil
		}
		s.columns = append(s.columns, c)
	}
	s.row, s.code = make([]int32, stepRows), make([]int32, stepRows)
	return s
}

// canScatter reports whether all columns of a schema can be scattered.
func canScatter(schema *arrow.Schema) bool {
	for i := range schema.NumFields() {
		if newPages(schema.Field(i).Type, 0, nil) == nil {
			return false
		}
	}
	return true
}

// scatterBytes is the Go memory of a scatter of so many columns and partitions, about.
func scatterBytes(columns, n int) int64 { return int64(n)*int64(12+columns*64) + 8*stepRows }

// add copies rows from, from+1, … of the columns, which are those of the schema or
// dictionaries of them, to the partitions part. At most stepRows.
func (s *scatterer) add(cols []arrow.Array, from int, part []int32) error {
	if len(part) == 0 {
		return nil
	}
	text := int64(0)
	for _, col := range cols {
		text = max(text, textBytes(col, from, from+len(part), s.code))
	}
	if half := len(part) / 2; text > math.MaxInt32 && half > 0 {
		if err := s.add(cols, from, part[:half]); err != nil {
			return err
		}
		return s.add(cols, from+half, part[half:])
	}
	row := s.row[:len(part)]
	if err := s.makeRoom(part, int(text)); err != nil {
		return err
	}
	for i, p := range part {
		row[i] = s.rows[p]
		s.rows[p]++
	}
	for c, col := range cols {
		var code []int32
		if d, ok := col.(*array.Dictionary); ok {
			code = s.code[:len(part)]
			loadCodes(code, d, from)
		}
		s.columns[c].put(col, from, part, row, code)
	}
	s.total += int64(len(part))
	if text < mostPageText/16 {
		return nil
	}
	return s.closeLong()
}

// makeRoom opens a page where the open one has no room for the rows of part, or not for
// so much text.
func (s *scatterer) makeRoom(part []int32, text int) error {
	clear(s.count)
	for _, p := range part {
		s.count[p]++
	}
	size := int32(min(max(s.total/int64(4*len(s.rows)), fewestPageRows), mostPageRows))
	if s.expect > 0 {
		size = int32(min(s.expect/len(s.rows)*5/4+4, mostPageRows))
	}
	for p, n := range s.count {
		if n == 0 || s.rows[p]+n <= s.room[p] && !s.overflows(p, text) {
			continue
		}
		if err := s.close(p); err != nil {
			return err
		}
		s.room[p] = max(size, n)
		for _, c := range s.columns {
			c.open(p, int(s.room[p]))
		}
	}
	return nil
}

// overflows reports whether so much more text might be too much for a column.
func (s *scatterer) overflows(p, text int) bool {
	if text < math.MaxInt32-2*mostPageText {
		return false
	}
	for _, c := range s.columns {
		if c.bytes(p)+text > math.MaxInt32 {
			return true
		}
	}
	return false
}

// closeLong sends pages with much text.
func (s *scatterer) closeLong() error {
	for p := range s.rows {
		for _, c := range s.columns {
			if s.rows[p] > 0 && c.bytes(p) >= mostPageText {
				if err := s.close(p); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// close sends the open page of p.
func (s *scatterer) close(p int) error {
	n := int(s.rows[p])
	if n == 0 {
		s.drop(p)
		return nil
	}
	cols := make([]arrow.Array, len(s.columns))
	defer releaseArrays(cols)
	for i, c := range s.columns {
		cols[i] = c.close(p, n)
	}
	s.rows[p], s.room[p] = 0, 0
	return s.send(p, array.NewRecord(s.schema, cols, int64(n)))
}

// flush sends all open pages.
func (s *scatterer) flush() error {
	for p := range s.rows {
		if err := s.close(p); err != nil {
			return err
		}
	}
	return nil
}

func (s *scatterer) drop(p int) {
	if s.room[p] > 0 {
		for _, c := range s.columns {
			c.drop(p)
		}
	}
	s.rows[p], s.room[p] = 0, 0
}

// release lets go of all open pages.
func (s *scatterer) release() {
	for p := range s.rows {
		s.drop(p)
	}
}

// loadCodes writes the codes of rows from, from+1, … of col; -1 for what is null, in the
// column or in its dictionary.
func loadCodes(dst []int32, col *array.Dictionary, from int) {
	plaincol.Codes(dst, col, from, nil)
	plaincol.MarkNulls(dst, -1, col, from, nil)
	values := col.Dictionary()
	if values.NullN() == 0 {
		return
	}
	for i, k := range dst {
		if k >= 0 && values.IsNull(int(k)) {
			dst[i] = -1
		}
	}
}

// textBytes is how many bytes the values of rows of a column of strings or bytes have, or
// of a dictionary of those, perhaps, more; 0 for other columns. code is scratch.
func textBytes(col arrow.Array, from, to int, code []int32) int64 {
	d, coded := col.(*array.Dictionary)
	if !coded {
		switch col.DataType().ID() {
		case arrow.STRING, arrow.BINARY:
			offsets := plaincol.Offsets[int32](col)
			return int64(offsets[to] - offsets[from])
		case arrow.LARGE_STRING, arrow.LARGE_BINARY:
			offsets := plaincol.Offsets[int64](col)
			return offsets[to] - offsets[from]
		}
		return 0
	}
	values := d.Dictionary()
	if values.Len() == 0 {
		return 0
	}
	if most := textBytes(values, 0, values.Len(), nil) * int64(to-from); most < mostPageText {
		return most // so little that it need not be known
	}
	switch values.DataType().ID() {
	case arrow.STRING, arrow.BINARY:
		return codedBytes(plaincol.Offsets[int32](values), d, from, code[:to-from])
	case arrow.LARGE_STRING, arrow.LARGE_BINARY:
		return codedBytes(plaincol.Offsets[int64](values), d, from, code[:to-from])
	}
	return 0
}

func codedBytes[O int32 | int64](offsets []O, d *array.Dictionary, from int, code []int32) int64 {
	loadCodes(code, d, from)
	var n int64
	for _, k := range code {
		if k >= 0 {
			n += int64(offsets[k+1] - offsets[k])
		}
	}
	return n
}
