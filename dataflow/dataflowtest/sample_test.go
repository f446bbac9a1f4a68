package dataflowtest_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow"
)

// doubled is an operator with faults to choose: x → 2x where x is odd, and the
// other columns as they are.
type doubled struct {
	fault     string
	selection bool
}

func (d doubled) TakesSelection() bool { return d.selection }

func (d doubled) InColumns(out []string) []string {
	if d.fault == "forgets a column" {
		return out
	}
	return append(slices.Clone(out), "x")
}

func (d doubled) OutSchema(in *arrow.Schema) (*arrow.Schema, error) {
	at, err := dataflow.Column(in, "x")
	if err != nil {
		return nil, err
	}
	if in.Field(at).Type.ID() != arrow.INT64 {
		return nil, fmt.Errorf("column %q is %s, not int64", "x", in.Field(at).Type)
	}
	return in, nil
}

func (d doubled) NewTask(in *arrow.Schema, env dataflow.Env) (dataflow.Task, error) {
	at, err := dataflow.Column(in, "x")
	return &doubledTask{doubled: d, schema: in, at: at, env: env}, err
}

type doubledTask struct {
	doubled
	schema *arrow.Schema
	at     int
	env    dataflow.Env
	kept   arrow.Record
	view   *array.Int64
	sel    []int32
	slow   []dataflow.Chunk
	never  chan struct{}
}

func (t *doubledTask) Close() {
	if t.fault != "leaks when it is left" {
		for _, c := range t.slow {
			c.Rec.Release()
		}
	}
	if t.kept != nil {
		t.kept.Release()
	}
}

// Flush emits what was held back.
func (t *doubledTask) Flush(_ context.Context, emit dataflow.Emit) error {
	for i, c := range t.slow {
		if err := emit(c); err != nil {
			for _, c := range t.slow[i+1:] {
				c.Rec.Release()
			}
			t.slow = nil
			return err
		}
	}
	t.slow = nil
	return nil
}

func (t *doubledTask) Process(_ context.Context, in dataflow.Chunk, emit dataflow.Emit) error {
	x := in.Rec.Column(t.at).(*array.Int64)
	b := array.NewInt64Builder(t.env.Alloc)
	defer b.Release()
	if t.fault == "keeps a view" {
		if t.view != nil && t.view.Len() > 0 && t.view.IsValid(0) && t.view.Value(0) > 1<<40 {
			return errors.New("the view changed")
		}
		t.view = x
	}
	rows := int(in.Rec.NumRows())
	sel := make([]int32, 0, rows)
	for i := range rows {
		switch {
		case x.IsNull(i) && t.fault == "drops nulls":
			b.Append(0)
			continue
		case x.IsNull(i):
			b.AppendNull()
		case t.fault == "ignores the offset":
			b.Append(2 * arrow.Int64Traits.CastFromBytes(x.Data().Buffers()[1].Bytes())[i])
		case t.fault == "wrong row" && x.Value(i) == 7:
			b.Append(15)
		case t.fault == "minds the batch size" && rows == 3:
			b.Append(3 * x.Value(i))
		case t.fault == "mutates its input":
			x.Int64Values()[i] = 1
			b.Append(2)
		default:
			b.Append(2 * x.Value(i))
		}
		if (x.IsNull(i) || x.Value(i)%2 != 0) && !(t.fault == "fails" && x.Value(i) == 5) {
			sel = append(sel, int32(i))
		}
		if t.fault == "fails" && x.IsValid(i) && x.Value(i) == 5 {
			return errors.New("five is not allowed")
		}
	}
	if in.Sel != nil && t.fault != "ignores the selection" {
		sel = slices.DeleteFunc(slices.Clone(sel), func(i int32) bool { return !slices.Contains(in.Sel, i) })
	}
	cols := slices.Clone(in.Rec.Columns())
	col := b.NewArray()
	if t.fault != "leaks" {
		defer col.Release()
	}
	cols[t.at] = col
	schema := t.schema
	if t.fault == "wrong schema" {
		fields := schema.Fields()
		fields[t.at].Name = "y"
		schema = arrow.NewSchema(fields, nil)
	}
	out := dataflow.Chunk{Rec: array.NewRecord(schema, cols, int64(rows)), Sel: sel}
	switch t.fault {
	case "does not retain what it emits":
		out.Rec.Release()
		out.Rec = in.Rec
	case "releases its input":
		in.Rec.Release()
	case "keeps a batch":
		if t.kept != nil {
			t.kept.Release()
		}
		t.kept = in.Rec
	case "reserves and forgets":
		return errors.Join(t.env.Reserve(8), emit(out))
	case "leaves a goroutine":
		go func() { <-t.never }()
	case "needs memory":
		if err := t.env.Reserve(8); err != nil {
			out.Rec.Release()
			return err
		}
		err := emit(out)
		return cmp.Or(t.env.Reserve(-8), err)
	case "fails otherwise without memory":
		if err := t.env.Reserve(8); err != nil {
			out.Rec.Release()
			return errors.New("no room")
		}
		err := emit(out)
		return cmp.Or(t.env.Reserve(-8), err)
	case "wraps ErrStop":
		if err := emit(out); err != nil {
			return fmt.Errorf("emitting: %w", err)
		}
		return nil
	case "goes on when stopped":
		out.Rec.Retain()
		return errors.Join(emit(out), emit(dataflow.Chunk{Rec: out.Rec, Sel: []int32{}}))
	case "swallows errors":
		_ = emit(out)
		return nil
	case "panics":
		panic("oh")
	case "selects twice":
		out.Sel = append(slices.Clone(sel), sel...)
	case "emits one batch twice":
		if err := emit(out); err != nil {
			return err
		}
		out.Sel = []int32{}
	case "keeps its selection":
		if len(t.sel) > 0 && t.sel[0] < 0 {
			return errors.New("the selection changed")
		}
		t.sel = in.Sel
	case "holds rows back", "leaks when it is left":
		out.Sel = slices.Clone(sel)
		t.slow = append(t.slow, out)
		return nil
	}
	return emit(out)
}

// total is a keyed reducer with faults to choose: the sum of v by k.
type total struct{ fault string }

func (r total) Keyed() bool { return true }

func (r total) Schemas(in *arrow.Schema) (partial, out *arrow.Schema, err error) {
	k, err := dataflow.Column(in, "k")
	if err != nil {
		return nil, nil, err
	}
	if _, err := dataflow.Column(in, "v"); err != nil {
		return nil, nil, err
	}
	key := in.Field(k)
	if d, ok := key.Type.(*arrow.DictionaryType); ok {
		key.Type = d.ValueType
	}
	if key.Type.ID() != arrow.STRING {
		return nil, nil, fmt.Errorf("column %q is not a string", "k")
	}
	if v, _ := dataflow.Column(in, "v"); in.Field(v).Type.ID() != arrow.INT64 {
		return nil, nil, fmt.Errorf("column %q is not int64", "v")
	}
	partial = arrow.NewSchema([]arrow.Field{key, {Name: "sum", Type: arrow.PrimitiveTypes.Int64}}, nil)
	return partial, partial, nil
}

func (r total) NewAccumulator(in *arrow.Schema, env dataflow.Env, x dataflow.Exchange) (dataflow.Accumulator, error) {
	partial, _, err := r.Schemas(in)
	if err != nil {
		return nil, err
	}
	k, _ := dataflow.Column(in, "k")
	v, _ := dataflow.Column(in, "v")
	return &totals{fault: r.fault, env: env, x: x, schema: partial, k: k, v: v, sums: map[any]int64{}}, nil
}

type totals struct {
	fault  string
	env    dataflow.Env
	x      dataflow.Exchange
	schema *arrow.Schema
	k, v   int
	sums   map[any]int64
}

const groupBytes = 64

func (t *totals) Close() {
	if t.fault == "leaks when it is left" && len(t.sums) > 0 {
		t.state()
	}
	if t.fault != "reserves and forgets" {
		_ = t.env.Reserve(-groupBytes * int64(len(t.sums)))
	}
}

func text(arr arrow.Array, i int) any {
	if arr.IsNull(i) {
		return nil
	}
	switch a := arr.(type) {
	case *array.Dictionary:
		if a.Dictionary().IsNull(a.GetValueIndex(i)) {
			return nil
		}
		return string([]byte(a.Dictionary().(*array.String).Value(a.GetValueIndex(i))))
	case *array.String:
		return string([]byte(a.Value(i)))
	}
	panic("not text")
}

func (t *totals) fold(ctx context.Context, rec arrow.Record, k, v int) error {
	values := rec.Column(v).(*array.Int64)
	for i := range int(rec.NumRows()) {
		key := text(rec.Column(k), i)
		if _, ok := t.sums[key]; !ok {
			if err := t.env.Reserve(groupBytes); err != nil {
				if t.fault == "fails with another error" {
					return errors.New("no room")
				}
				if t.fault == "drops rows without room" {
					continue
				}
				if err := t.Drain(ctx); err != nil {
					return err
				}
				if err := t.env.Reserve(groupBytes); err != nil {
					return err
				}
			}
		}
		if values.IsValid(i) {
			t.sums[key] += values.Value(i)
		} else {
			t.sums[key] += 0
		}
	}
	return nil
}

func (t *totals) Add(ctx context.Context, in dataflow.Chunk) error {
	if t.fault == "lets rows go for ever" || t.fault == "lets rows go" && t.env.Level == 0 && len(t.sums) > 2 {
		return t.routed(in.Rec, t.k, t.x.Rows)
	}
	return t.fold(ctx, in.Rec, t.k, t.v)
}

func (t *totals) Merge(ctx context.Context, in dataflow.Chunk) error {
	if t.fault == "forgets partials" && len(t.sums) > 0 {
		return nil
	}
	return t.fold(ctx, in.Rec, 0, 1)
}

func (t *totals) partition(key any) int {
	s, _ := key.(string)
	h := uint32(0)
	for _, b := range []byte(s) {
		h = h*31 + uint32(b)
	}
	if t.fault == "mixes partitions" {
		h += uint32(len(t.sums))
	}
	return int(h%64) * t.env.Partitions / 64
}

func (t *totals) routed(rec arrow.Record, k int, give func(int, dataflow.Chunk) error) error {
	for i := range int(rec.NumRows()) {
		p := t.partition(text(rec.Column(k), i))
		if err := give(p, dataflow.Chunk{Rec: rec.NewSlice(int64(i), int64(i)+1)}); err != nil {
			return err
		}
	}
	return nil
}

// state is the groups as a batch: in the order of partitions, then of keys,
// where order is asked for.
func (t *totals) state() arrow.Record {
	keys := slices.Collect(maps.Keys(t.sums))
	if t.env.Ordered && t.fault != "has no order" {
		slices.SortFunc(keys, func(a, b any) int {
			env := t.env
			t.env.Partitions = 64
			c := t.partition(a) - t.partition(b)
			t.env = env
			if c != 0 {
				return c
			}
			return compare(a, b)
		})
	}
	kb, vb := array.NewStringBuilder(t.env.Alloc), array.NewInt64Builder(t.env.Alloc)
	defer kb.Release()
	defer vb.Release()
	for _, key := range keys {
		if key == nil {
			kb.AppendNull()
		} else {
			kb.Append(key.(string))
		}
		vb.Append(t.sums[key])
	}
	k, v := kb.NewArray(), vb.NewArray()
	defer k.Release()
	defer v.Release()
	return array.NewRecord(t.schema, []arrow.Array{k, v}, int64(len(keys)))
}

func compare(a, b any) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return slices.Compare([]byte(a.(string)), []byte(b.(string)))
}

func (t *totals) forget() {
	_ = t.env.Reserve(-groupBytes * int64(len(t.sums)))
	t.sums = map[any]int64{}
}

func (t *totals) Drain(context.Context) error {
	rec := t.state()
	defer rec.Release()
	err := t.routed(rec, 0, t.x.Partial)
	if t.fault != "keeps what it drains" {
		t.forget()
	}
	return err
}

func (t *totals) Result(_ context.Context, emit dataflow.Emit) error {
	rec := t.state()
	if t.fault == "leaks" {
		rec.Retain()
	}
	t.forget()
	return emit(dataflow.Chunk{Rec: rec})
}

// joined is an ordered reducer with faults to choose: the texts of s, one after
// another; the first 21 bytes of them.
type joined struct{ fault string }

func (r joined) Ordered() bool { return r.fault != "says that it commutes" }

func (r joined) Schemas(in *arrow.Schema) (partial, out *arrow.Schema, err error) {
	if _, err := dataflow.Column(in, "s"); err != nil {
		return nil, nil, err
	}
	out = arrow.NewSchema([]arrow.Field{{Name: "s", Type: arrow.BinaryTypes.String}}, nil)
	return out, out, nil
}

func (r joined) NewAccumulator(in *arrow.Schema, env dataflow.Env, x dataflow.Exchange) (dataflow.Accumulator, error) {
	at, err := dataflow.Column(in, "s")
	return &joining{joined: r, env: env, x: x, at: at}, err
}

type joining struct {
	joined
	env  dataflow.Env
	x    dataflow.Exchange
	at   int
	text string
}

func (j *joining) Close() {}

const joinedMost = 20

func (j *joining) Sated() bool {
	if j.fault == "is sated too early" {
		return len(j.text) > 3
	}
	return len(j.text) > joinedMost
}

func (j *joining) fold(rec arrow.Record, at int) error {
	for i := range int(rec.NumRows()) {
		if s, ok := text(rec.Column(at), i).(string); ok && len(j.text) <= joinedMost {
			j.text += s
		}
	}
	j.text = j.text[:min(len(j.text), joinedMost+1)]
	if j.fault == "does not associate" {
		j.text += "."
	}
	return nil
}

func (j *joining) Add(_ context.Context, in dataflow.Chunk) error { return j.fold(in.Rec, j.at) }

func (j *joining) Merge(_ context.Context, in dataflow.Chunk) error { return j.fold(in.Rec, 0) }

func (j *joining) state() dataflow.Chunk {
	b := array.NewStringBuilder(j.env.Alloc)
	defer b.Release()
	b.Append(j.text)
	j.text = ""
	s := b.NewArray()
	defer s.Release()
	fields := []arrow.Field{{Name: "s", Type: arrow.BinaryTypes.String}}
	return dataflow.Chunk{Rec: array.NewRecord(arrow.NewSchema(fields, nil), []arrow.Array{s}, 1)}
}

func (j *joining) Drain(context.Context) error { return j.x.Partial(0, j.state()) }

func (j *joining) Result(_ context.Context, emit dataflow.Emit) error { return emit(j.state()) }

var (
	_ dataflow.Operator = doubled{}
	_ dataflow.Flusher  = (*doubledTask)(nil)
	_ dataflow.Reducer  = total{}
	_ dataflow.Sated    = (*joining)(nil)
)
