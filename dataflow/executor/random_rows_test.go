package executor_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
)

// row is a row of a drawn graph: a number a column. Columns whose name begins
// with t are strings in Arrow, "t" and the number.
type row []int64

// spoiled is what a string decodes to that is none of ours: of memory that was
// given back, say.
const spoiled = -1 << 62

func arrowSchema(cols []string) *arrow.Schema {
	fields := make([]arrow.Field, len(cols))
	for i, c := range cols {
		fields[i] = arrow.Field{Name: c, Type: arrow.PrimitiveTypes.Int64}
		if c[0] == 't' {
			fields[i].Type = arrow.BinaryTypes.String
		}
	}
	return arrow.NewSchema(fields, nil)
}

func schemaColumns(s *arrow.Schema) []string {
	cols := make([]string, s.NumFields())
	for i, f := range s.Fields() {
		cols[i] = f.Name
	}
	return cols
}

// encode is rows as a batch; pad is appended to each string.
func encode(cols []string, rows []row, pad string, alloc memory.Allocator) arrow.Record {
	schema := arrowSchema(cols)
	if len(cols) == 0 {
		return array.NewRecord(schema, nil, int64(len(rows)))
	}
	b := array.NewRecordBuilder(alloc, schema)
	defer b.Release()
	for i := range cols {
		switch f := b.Field(i).(type) {
		case *array.Int64Builder:
			for _, r := range rows {
				f.Append(r[i])
			}
		case *array.StringBuilder:
			for _, r := range rows {
				f.Append("t" + strconv.FormatInt(r[i], 10) + pad)
			}
		}
	}
	return b.NewRecord()
}

// decode is the rows of a chunk.
func decode(c dataflow.Chunk) []row {
	width, n := int(c.Rec.NumCols()), c.Rows()
	flat := make([]int64, width*n)
	rows := make([]row, n)
	for i := range rows {
		rows[i] = flat[i*width : (i+1)*width : (i+1)*width]
		from := i
		if c.Sel != nil {
			from = int(c.Sel[i])
		}
		for j := range width {
			switch col := c.Rec.Column(j).(type) {
			case *array.Int64:
				rows[i][j] = col.Value(from)
			case *array.String:
				rows[i][j] = parseText(col.Value(from))
			}
		}
	}
	return rows
}

func parseText(s string) int64 {
	digits, ok := strings.CutPrefix(s, "t")
	if !ok {
		return spoiled
	}
	digits, _, _ = strings.Cut(digits, ".")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return spoiled
	}
	return n
}

// project is the named columns of rows.
func project(cols []string, rows []row, want []string) []row {
	at := make([]int, len(want))
	for i, c := range want {
		at[i] = slices.Index(cols, c)
	}
	out := make([]row, len(rows))
	for i, r := range rows {
		out[i] = make(row, len(want))
		for j, k := range at {
			out[i][j] = r[k]
		}
	}
	return out
}

func compareRows(a, b row) int { return slices.Compare(a, b) }

func sortedRows(rows []row) []row {
	rows = slices.Clone(rows)
	slices.SortFunc(rows, compareRows)
	return rows
}

func equalRows(a, b []row) bool {
	return slices.EqualFunc(a, b, func(x, y row) bool { return slices.Equal(x, y) })
}

// mix is a hash of one number.
func mix(n int64) uint64 {
	x := uint64(n) + 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func hashRows(rows []row) uint64 {
	h := uint64(len(rows))
	for _, r := range rows {
		for _, v := range r {
			h = mix(int64(h ^ uint64(v)*0x9e3779b97f4a7c15))
		}
	}
	return h
}

// poisoned counts what it has handed out, overwrites what is given back, and
// finds what is given back twice.
type poisoned struct {
	live  atomic.Int64
	mu    sync.Mutex
	freed map[*byte]bool
	twice atomic.Int64
}

func newPoisoned() *poisoned { return &poisoned{freed: map[*byte]bool{}} }

func (p *poisoned) Allocate(size int) []byte {
	b := memory.DefaultAllocator.Allocate(size)
	p.live.Add(int64(len(b)))
	if len(b) > 0 {
		p.mu.Lock()
		delete(p.freed, &b[0])
		p.mu.Unlock()
	}
	return b
}

func (p *poisoned) Reallocate(size int, b []byte) []byte {
	out := p.Allocate(size)
	copy(out, b)
	p.Free(b)
	return out
}

func (p *poisoned) Free(b []byte) {
	p.live.Add(-int64(len(b)))
	if len(b) == 0 {
		return
	}
	p.mu.Lock()
	if p.freed[&b[0]] {
		p.twice.Add(1)
	}
	p.freed[&b[0]] = true // keeps it from being collected, so that no other has its address
	p.mu.Unlock()
	for i := range b {
		b[i] = 0xdb
	}
}

// check says what was not given back, or twice.
func (p *poisoned) check() error {
	if n, twice := p.live.Load(), p.twice.Load(); n != 0 || twice != 0 {
		return fmt.Errorf("%d bytes were not given back, %d buffers were given back twice", n, twice)
	}
	return nil
}
