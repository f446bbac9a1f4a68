package executor_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"go.uber.org/goleak"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
	"github.com/arrowmill/arrowmill/dataflow/executor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// numbers is a source of splits splits of rows rows each, in batches: columns n
// (the row's number over all) and text, or those that it was pruned to.
type numbers struct {
	splits, rows, batch int64
	columns             []string
	asked               *[]string // columns asked for, recorded
	bounds              *[]dataflow.Bound
	fail                func(split, row int64) error
	open                *atomic.Int64 // splits begun
	read                *atomic.Int64 // batches given
	endless             bool
}

var numberFields = []arrow.Field{
	{Name: "n", Type: arrow.PrimitiveTypes.Int64},
	{Name: "text", Type: arrow.BinaryTypes.String},
}

func (s numbers) String() string { return fmt.Sprintf("%d × %d numbers", s.splits, s.rows) }

func (s numbers) Schema(context.Context) (*arrow.Schema, error) {
	fields := slices.Clone(numberFields)
	if s.columns != nil {
		fields = slices.DeleteFunc(fields, func(f arrow.Field) bool { return !slices.Contains(s.columns, f.Name) })
	}
	return arrow.NewSchema(fields, nil), nil
}

func (s numbers) PruneColumns(columns []string) dataflow.Source {
	s.columns = columns
	if s.asked != nil {
		*s.asked = columns
	}
	return s
}

func (s numbers) TakeBounds(b []dataflow.Bound) dataflow.Source {
	if s.bounds != nil {
		*s.bounds = b
	}
	return s
}

func (s numbers) Splits(context.Context, int64, dataflow.Env) ([]dataflow.Split, error) {
	var all []dataflow.Split
	for i := range s.splits {
		all = append(all, dataflow.Split{Path: "numbers", From: i * s.rows, To: (i + 1) * s.rows, Bytes: 8 * s.rows})
	}
	return all, nil
}

func (s numbers) Read(ctx context.Context, split dataflow.Split, env dataflow.Env) iter.Seq2[dataflow.Chunk, error] {
	return func(yield func(dataflow.Chunk, error) bool) {
		if s.open != nil {
			s.open.Add(1)
		}
		schema, _ := s.Schema(ctx)
		for from := split.From; from < split.To || s.endless; from += s.batch {
			if s.fail != nil {
				if err := s.fail(split.From/s.rows, from); err != nil {
					yield(dataflow.Chunk{}, err)
					return
				}
			}
			to := from + s.batch
			if !s.endless {
				to = min(to, split.To)
			}
			if s.read != nil {
				s.read.Add(1)
			}
			env.Advance(8 * (to - from))
			if !yield(dataflow.Chunk{Rec: s.record(schema, from, to, env.Alloc)}, nil) {
				return
			}
		}
	}
}

func (s numbers) record(schema *arrow.Schema, from, to int64, alloc memory.Allocator) arrow.Record {
	b := array.NewRecordBuilder(alloc, schema)
	defer b.Release()
	for i, f := range schema.Fields() {
		for n := from; n < to; n++ {
			if f.Name == "n" {
				b.Field(i).(*array.Int64Builder).Append(n)
			} else {
				b.Field(i).(*array.StringBuilder).Append(fmt.Sprint("row ", n))
			}
		}
	}
	if schema.NumFields() == 0 {
		return array.NewRecord(schema, nil, to-from)
	}
	return b.NewRecord()
}

// each is an operator from a function; it keeps the schema unless out is set.
type each struct {
	out *arrow.Schema
	f   func(ctx context.Context, env dataflow.Env, in dataflow.Chunk, emit dataflow.Emit) error
}

func (o each) String() string { return "a function" }
func (o each) OutSchema(in *arrow.Schema) (*arrow.Schema, error) {
	if o.out != nil {
		return o.out, nil
	}
	return in, nil
}
func (o each) NewTask(_ *arrow.Schema, env dataflow.Env) (dataflow.Task, error) {
	return eachTask{o, env}, nil
}

type eachTask struct {
	each
	env dataflow.Env
}

func (t eachTask) Process(ctx context.Context, in dataflow.Chunk, emit dataflow.Emit) error {
	return t.f(ctx, t.env, in, emit)
}
func (t eachTask) Close() {}

func pass(_ context.Context, _ dataflow.Env, in dataflow.Chunk, emit dataflow.Emit) error {
	in.Rec.Retain()
	return emit(in)
}

// evens keeps the even numbers, by a selection vector.
func evens(_ context.Context, _ dataflow.Env, in dataflow.Chunk, emit dataflow.Emit) error {
	sel := []int32{}
	for i, n := range in.Rec.Column(0).(*array.Int64).Int64Values() {
		if n%2 == 0 {
			sel = append(sel, int32(i))
		}
	}
	in.Rec.Retain()
	return emit(dataflow.Chunk{Rec: in.Rec, Sel: sel})
}

// modulo sends n to partition n mod the number of partitions.
type modulo struct{}

func (modulo) String() string            { return "n modulo the partitions" }
func (modulo) Check(*arrow.Schema) error { return nil }
func (modulo) NewRouter(_ *arrow.Schema, env dataflow.Env) (func(dataflow.Chunk, []int32) error, error) {
	return func(in dataflow.Chunk, partition []int32) error {
		for i, n := range in.Rec.Column(0).(*array.Int64).Int64Values() {
			partition[i] = int32(n % int64(env.Partitions))
		}
		return nil
	}, nil
}

// gather is a reducer that keeps all rows, as a list of batches.
type gather struct {
	keyed, ordered bool
	sated          int64 // rows; 0: never
	add            func() error
	reserve        int64 // bytes a row
	drainEvery     int   // rows added after which it lets go of its state by itself
}

func (g gather) String() string  { return "all rows" }
func (g gather) Keyed() bool     { return g.keyed }
func (g gather) Ordered() bool   { return g.ordered }
func (g gather) UsesPlace() bool { return g.ordered }
func (g gather) Schemas(in *arrow.Schema) (_, _ *arrow.Schema, _ error) {
	return in, in, nil
}
func (g gather) NewAccumulator(in *arrow.Schema, env dataflow.Env, x dataflow.Exchange) (dataflow.Accumulator, error) {
	return &gathered{gather: g, env: env, x: x}, nil
}

type gathered struct {
	gather
	env   dataflow.Env
	x     dataflow.Exchange
	rows  []arrow.Record
	count int64
}

func (g *gathered) Add(_ context.Context, in dataflow.Chunk) error {
	if g.add != nil {
		if err := g.add(); err != nil {
			return err
		}
	}
	if err := g.keep(in); err != nil || g.drainEvery == 0 || g.count <= int64(g.drainEvery) {
		return err
	}
	return g.Drain(context.Background())
}

func (g *gathered) keep(in dataflow.Chunk) error {
	if err := g.env.Reserve(g.reserve * int64(in.Rows())); err != nil {
		return err
	}
	in.Rec.Retain()
	g.rows = append(g.rows, in.Rec)
	g.count += int64(in.Rows())
	return nil
}

func (g *gathered) Merge(_ context.Context, in dataflow.Chunk) error { return g.keep(in) }

func (g *gathered) Drain(context.Context) error {
	rows := g.rows
	g.rows, g.count = nil, 0
	var first error
	for _, rec := range rows {
		if first != nil {
			rec.Release()
			continue
		}
		first = g.drain(rec)
	}
	return first
}

func (g *gathered) drain(rec arrow.Record) error {
	if !g.keyed {
		return g.x.Partial(0, dataflow.Chunk{Rec: rec})
	}
	defer rec.Release()
	by := make([][]int32, g.env.Partitions)
	for i, n := range rec.Column(0).(*array.Int64).Int64Values() {
		p := n % int64(g.env.Partitions)
		by[p] = append(by[p], int32(i))
	}
	for p, rows := range by {
		part, err := batch.Take(rec, rows, g.env.Alloc)
		if err != nil {
			return err
		}
		if err := g.x.Partial(p, dataflow.Chunk{Rec: part}); err != nil {
			return err
		}
	}
	return nil
}

func (g *gathered) Result(_ context.Context, emit dataflow.Emit) error {
	rows := g.rows
	g.rows = nil
	var first error
	for _, rec := range rows {
		if first != nil {
			rec.Release()
			continue
		}
		first = emit(dataflow.Chunk{Rec: rec})
	}
	return first
}

func (g *gathered) Sated() bool { return g.gather.sated > 0 && g.count >= g.gather.sated }

func (g *gathered) Close() {
	for _, rec := range g.rows {
		rec.Release()
	}
	g.rows = nil
}

// collect is a sink that keeps the column n.
type collect struct {
	mu                 sync.Mutex
	n                  []int64
	batches            int
	write              func() error
	commit             func() error
	committed, aborted int
}

func (c *collect) String() string { return "a slice" }
func (c *collect) Open(context.Context, *arrow.Schema, dataflow.Env) (dataflow.Output, error) {
	return c, nil
}
func (c *collect) Write(_ context.Context, in dataflow.Chunk) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.write != nil {
		if err := c.write(); err != nil {
			return err
		}
	}
	c.batches++
	c.n = append(c.n, in.Rec.Column(0).(*array.Int64).Int64Values()...)
	return nil
}
func (c *collect) Commit(context.Context) error {
	if c.commit != nil {
		if err := c.commit(); err != nil {
			return err
		}
	}
	c.committed++
	return nil
}
func (c *collect) Abort() error {
	c.aborted++
	return nil
}

// options are options with a checked allocator.
func options(t *testing.T, workers int) executor.Options {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { alloc.AssertSize(t, 0) })
	return executor.Options{Workers: workers, Alloc: alloc}
}

func upTo(n int64) []int64 {
	all := make([]int64, n)
	for i := range all {
		all[i] = int64(i)
	}
	return all
}

func sorted(n []int64) []int64 {
	n = slices.Clone(n)
	slices.Sort(n)
	return n
}
