package operators

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow/batch"
	"github.com/arrowmill/arrowmill/internal/plaincol"
)

// BenchmarkPartition is what it takes to cut rows of an integer, a string and a float to
// partitions, by row, beside appending them to a builder of each partition.
func BenchmarkPartition(b *testing.B) {
	const rows, batches = 4096, 64
	schema := arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}, {Name: "s", Type: arrow.BinaryTypes.String}, {Name: "f", Type: arrow.PrimitiveTypes.Float64}}, nil)
	rng := rand.New(rand.NewPCG(1, 2))
	n, f, s := make([]int64, rows), make([]float64, rows), array.NewStringBuilder(memory.DefaultAllocator)
	for i := range rows {
		n[i], f[i] = rng.Int64(), rng.Float64()
		s.Append(fmt.Sprintf("id%010d", rng.IntN(1e6)))
	}
	cols := []arrow.Array{plaincol.Of(memory.DefaultAllocator, arrow.PrimitiveTypes.Int64, n, nil), s.NewArray(), plaincol.Of(memory.DefaultAllocator, arrow.PrimitiveTypes.Float64, f, nil)}
	for _, partitions := range []int{16, 256, 1024} {
		part := make([][]int32, batches)
		for i := range part {
			part[i] = make([]int32, rows)
			for j := range part[i] {
				part[i][j] = rng.Int32N(int32(partitions))
			}
		}
		b.Run(fmt.Sprintf("%d partitions", partitions), func(b *testing.B) {
			pool := batch.NewPool(memory.DefaultAllocator, 64<<20)
			for b.Loop() {
				sent := int64(0)
				to := newScatterer(schema, partitions, pool, func(_ int, rec arrow.Record) error {
					sent += rec.NumRows()
					rec.Release()
					return nil
				})
				for i := range part {
					if err := to.add(cols, 0, part[i]); err != nil {
						b.Fatal(err)
					}
				}
				if err := to.flush(); err != nil || sent != rows*batches {
					b.Fatal(sent, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(rows*batches), "ns/row")
		})
		b.Run(fmt.Sprintf("%d partitions/naive", partitions), func(b *testing.B) {
			for b.Loop() {
				to := make([]*array.RecordBuilder, partitions)
				for p := range to {
					to[p] = array.NewRecordBuilder(memory.DefaultAllocator, schema)
				}
				for i := range part {
					for row, p := range part[i] {
						to[p].Field(0).(*array.Int64Builder).Append(n[row])
						to[p].Field(1).(*array.StringBuilder).Append(cols[1].(*array.String).Value(row))
						to[p].Field(2).(*array.Float64Builder).Append(f[row])
					}
				}
				for p := range to {
					to[p].NewRecord().Release()
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(rows*batches), "ns/row")
		})
	}
}

// Text is cut into pages that are no larger than they have to be: a value that a page's
// text has no room for goes to the next one, and pages with much text are sent.
func TestPagesOfText(t *testing.T) {
	t.Parallel()
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	s := array.NewStringBuilder(memory.DefaultAllocator)
	var part []int32
	for i := range 600 {
		part = append(part, int32(i%3))
		if i%50 == 7 {
			s.AppendNull()
			continue
		}
		s.Append(fmt.Sprintf("%0*d", i%5*20_000, i))
	}
	values := s.NewArray().(*array.String)
	schema := arrow.NewSchema([]arrow.Field{{Name: "s", Type: arrow.BinaryTypes.String, Nullable: true}}, nil)
	var got [3][]string
	long := 0
	to := newScatterer(schema, 3, alloc, func(p int, rec arrow.Record) error {
		defer rec.Release()
		col := rec.Column(0).(*array.String)
		for i := range col.Len() {
			got[p] = append(got[p], fmt.Sprint(col.IsNull(i), col.Value(i)))
		}
		if n := col.ValueOffset(col.Len()); n > mostPageText+2<<20 {
			t.Errorf("a page has %d bytes of text", n)
		} else if n > mostPageText/2 {
			long++
		}
		return nil
	})
	for from := 0; from < len(part); from += 100 {
		if err := to.add([]arrow.Array{values}, from, part[from:from+100]); err != nil {
			t.Fatal(err)
		}
	}
	if err := to.flush(); err != nil {
		t.Fatal(err)
	}
	if long == 0 {
		t.Error("no page was sent for its text")
	}
	for i, p := range part {
		if len(got[p]) == 0 || got[p][0] != fmt.Sprint(values.IsNull(i), values.Value(i)) {
			t.Fatalf("row %d of partition %d is wrong", i, p)
		}
		got[p] = got[p][1:]
	}
	to.release()
}
