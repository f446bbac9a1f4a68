package executor_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// drawnReducer keeps all rows with their places and reduces them at the end, so
// that every row that is lost, doubled or misplaced on the way shows.
type drawnReducer struct{ role }

type drawnReducerOfColumns struct{ drawnReducer }

func (d drawnReducerOfColumns) InColumns(out []string) []string {
	switch d.node.what {
	case "group", "first of group":
		return []string{d.node.col, d.node.col2}
	case "total":
		return []string{d.node.col2}
	}
	return append(slices.Clone(out), d.node.col2)
}

func (d drawnReducer) Keyed() bool   { return d.node.keyed() }
func (d drawnReducer) Ordered() bool { return d.node.what == "concat" || d.node.what == "limit" }
func (d drawnReducer) UsesPlace() bool {
	return d.Ordered() || d.node.what == "first of group" || d.node.what == "top" || d.node.what == "first"
}

func (d drawnReducer) out(in []string) []string {
	switch d.node.what {
	case "group", "first of group", "total":
		return d.node.cols
	}
	return in
}

func (d drawnReducer) Schemas(in *arrow.Schema) (_, _ *arrow.Schema, _ error) {
	return partialSchema(in), arrowSchema(d.out(schemaColumns(in))), nil
}

// partialSchema is in, the rows' places, and, at the first row, the shape of the
// tree by which they were folded.
func partialSchema(in *arrow.Schema) *arrow.Schema {
	return arrow.NewSchema(append(slices.Clone(in.Fields()),
		arrow.Field{Name: "split", Type: arrow.PrimitiveTypes.Int64},
		arrow.Field{Name: "row", Type: arrow.PrimitiveTypes.Int64},
		arrow.Field{Name: "shape", Type: arrow.BinaryTypes.String}), nil)
}

func (d drawnReducer) NewAccumulator(in *arrow.Schema, env dataflow.Env, x dataflow.Exchange) (dataflow.Accumulator, error) {
	if err := d.at("NewAccumulator", env); err != nil {
		return nil, err
	}
	if env.Partitions != 1 && !(d.Keyed() && env.Partitions == exchangePartitions) {
		d.world.complain("%q: %d partitions", d.node.name, env.Partitions)
	}
	return &drawnAccumulator{instance: d.instance(env), d: d, schema: in, in: schemaColumns(in), x: x}, nil
}

type drawnAccumulator struct {
	*instance
	d        drawnReducer
	schema   *arrow.Schema
	in       []string
	x        dataflow.Exchange
	rows     []placed
	shape    string
	last     dataflow.Place // of an ordered one: of the last row folded
	any      bool
	count    int // rows folded, those let go of too
	reserved int64
}

// placed is a row and where it stands.
type placed struct {
	row row
	at  dataflow.Place
}

func (a *drawnAccumulator) Add(ctx context.Context, in dataflow.Chunk) error {
	defer a.enter()()
	if err := a.at("Add", a.env); err != nil {
		return err
	}
	if in.Sel != nil && !a.node.selection {
		a.world.complain("%q is handed a selection", a.node.name)
	}
	switch a.lets(in) {
	case 1:
		if err := a.drain(); err != nil {
			return err
		}
	case 2:
		if done, err := a.letRowsGo(in); done || err != nil {
			return err
		}
	}
	rows := decode(in)
	return a.fold(rows, func(i int) dataflow.Place { return dataflow.Place{Split: in.At.Split, Row: in.At.Row + int64(i)} },
		fmt.Sprintf("%x:%d", hashRows(rows)&0xffff, len(rows)))
}

// lets decides what to let go of before in is added: 0 nothing, 1 state, 2 in
// itself. One that is not commutative goes by the rows alone, since it decides
// about the shape of its tree.
func (a *drawnAccumulator) lets(in dataflow.Chunk) int {
	if a.node.letGo == 0 {
		return 0
	}
	dice := a.world.roll
	if a.d.Ordered() {
		h := hashRows(decode(in))
		dice = func(n uint64) uint64 { h = mix(int64(h)); return h % n }
	}
	if dice(a.node.letGo) > 0 {
		return 0
	}
	return 1 + int(dice(2))
}

// letRowsGo gives in to the exchange, or says that it does not take it.
func (a *drawnAccumulator) letRowsGo(in dataflow.Chunk) (bool, error) {
	if a.d.Ordered() { // what it holds stands before in
		if err := a.drain(); err != nil {
			return false, err
		}
		if len(a.rows) > 0 {
			return false, nil
		}
	}
	if a.d.Keyed() {
		return a.letKeyedRowsGo(in)
	}
	in.Rec.Retain()
	err := a.x.Rows(0, in)
	if nobodyTakes(err) {
		return false, nil
	}
	a.count += in.Rows()
	a.passed(in.At.Split, in.At.Row+int64(in.Rows())-1)
	return true, err
}

func (a *drawnAccumulator) letKeyedRowsGo(in dataflow.Chunk) (bool, error) {
	k := slices.Index(a.in, a.node.col)
	for i, r := range decode(in) {
		one, err := takeRow(in, i, a.env.Alloc)
		if err != nil {
			return false, err
		}
		at := dataflow.Place{Split: in.At.Split, Row: in.At.Row + int64(i)}
		err = a.x.Rows(keyPartition(r[k], a.env.Partitions), dataflow.Chunk{Rec: one, At: at})
		if i == 0 && nobodyTakes(err) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
	return true, nil
}

// nobodyTakes reports whether the exchange said that the accumulator is to hold a
// whole answer. Others give up then; these, which let go of state without need,
// go on.
func nobodyTakes(err error) bool {
	return errors.Is(err, dataflow.ErrBudget) && strings.Contains(err.Error(), "nobody to let go")
}

func takeRow(in dataflow.Chunk, i int, alloc memory.Allocator) (arrow.Record, error) {
	if in.Sel != nil {
		i = int(in.Sel[i])
	}
	return batch.Take(in.Rec, []int32{int32(i)}, alloc)
}

// passed notes that rows up to that place have been seen.
func (a *drawnAccumulator) passed(split, row int64) {
	a.last, a.any = dataflow.Place{Split: split, Row: row}, true
}

func (a *drawnAccumulator) fold(rows []row, at func(i int) dataflow.Place, shape string) error {
	bytes := int64(16 * len(rows))
	if err := a.env.Reserve(bytes); err != nil {
		return err
	}
	a.reserved += bytes
	for i, r := range rows {
		p := at(i)
		if a.d.Ordered() && a.any && p.Compare(a.last) <= 0 {
			a.world.complain("%q: %v comes behind %v", a.node.name, p, a.last)
		}
		a.passed(p.Split, p.Row)
		a.rows = append(a.rows, placed{r, p})
	}
	if a.count += len(rows); a.shape != "" {
		shape = "(" + a.shape + " " + shape + ")"
	}
	a.shape = shape
	return nil
}

func (a *drawnAccumulator) Merge(_ context.Context, in dataflow.Chunk) error {
	defer a.enter()()
	if err := a.at("Merge", a.env); err != nil {
		return err
	}
	width := int(in.Rec.NumCols()) - 3
	splits, places := in.Rec.Column(width).(*array.Int64), in.Rec.Column(width+1).(*array.Int64)
	columns := make([]int, width)
	for i := range columns {
		columns[i] = i
	}
	rec := batch.Columns(in.Rec, a.schema, columns)
	defer rec.Release()
	if a.node.letGo > 0 && a.world.roll(a.node.letGo) == 0 && !a.d.Ordered() {
		if err := a.drain(); err != nil {
			return err
		}
	}
	return a.fold(decode(dataflow.Chunk{Rec: rec}), func(i int) dataflow.Place {
		return dataflow.Place{Split: splits.Value(i), Row: places.Value(i)}
	}, string([]byte(in.Rec.Column(width+2).(*array.String).Value(0))))
}

func (a *drawnAccumulator) Drain(context.Context) error {
	defer a.enter()()
	if err := a.at("Drain", a.env); err != nil {
		return err
	}
	err := a.drain()
	a.count, a.any = 0, false
	return err
}

// drain lets go of all rows, of a keyed reducer by partition, but where nobody
// takes them.
func (a *drawnAccumulator) drain() error {
	if len(a.rows) == 0 {
		return nil
	}
	parts := make([][]placed, a.env.Partitions)
	if k := slices.Index(a.in, a.node.col); a.d.Keyed() {
		for _, r := range a.rows {
			p := keyPartition(r.row[k], a.env.Partitions)
			parts[p] = append(parts[p], r)
		}
	} else {
		parts[0] = a.rows
	}
	first := true
	for p, rows := range parts {
		if len(rows) == 0 {
			continue
		}
		err := a.x.Partial(p, dataflow.Chunk{Rec: a.partial(rows)})
		if first && nobodyTakes(err) {
			return nil
		}
		if err != nil {
			return err
		}
		first = false
	}
	a.rows, a.shape = nil, ""
	a.env.Reserve(-a.reserved)
	a.reserved = 0
	return nil
}

func (a *drawnAccumulator) partial(rows []placed) arrow.Record {
	plain := make([]row, len(rows))
	for i, r := range rows {
		plain[i] = r.row
	}
	rec := encode(a.in, plain, a.world.pad, a.env.Alloc)
	defer rec.Release()
	b := array.NewRecordBuilder(a.env.Alloc, arrow.NewSchema(partialSchema(a.schema).Fields()[len(a.in):], nil))
	defer b.Release()
	for i, r := range rows {
		b.Field(0).(*array.Int64Builder).Append(r.at.Split)
		b.Field(1).(*array.Int64Builder).Append(r.at.Row)
		shape := ""
		if i == 0 {
			shape = a.shape
		}
		b.Field(2).(*array.StringBuilder).Append(shape)
	}
	more := b.NewRecord()
	defer more.Release()
	return array.NewRecord(partialSchema(a.schema), append(slices.Clone(rec.Columns()), more.Columns()...), int64(len(rows)))
}

func (a *drawnAccumulator) Result(_ context.Context, emit dataflow.Emit) error {
	defer a.enter()()
	if err := a.at("Result", a.env); err != nil {
		return err
	}
	if a.d.UsesPlace() && !a.d.Ordered() {
		slices.SortFunc(a.rows, func(x, y placed) int { return x.at.Compare(y.at) })
	}
	rows := make([]row, len(a.rows))
	for i, r := range a.rows {
		rows[i] = r.row
	}
	if a.d.Ordered() {
		a.world.mu.Lock()
		a.world.shapes[a.node.name] = append(a.world.shapes[a.node.name], a.shape)
		a.world.mu.Unlock()
	}
	answer := a.node.reduceRows(a.in, rows)
	if a.d.Keyed() && !a.env.Ordered { // any order will do
		answer = slices.Clone(answer)
		for i := range answer {
			j := a.world.roll(uint64(i + 1))
			answer[i], answer[j] = answer[j], answer[i]
		}
	}
	out := a.d.out(a.in)
	for len(answer) > 0 {
		some := answer[:min(len(answer), a.env.BatchRows)]
		if err := emit(dataflow.Chunk{Rec: encode(out, some, a.world.pad, a.env.Alloc)}); err != nil {
			return err
		}
		answer = answer[len(some):]
	}
	return nil
}

func (a *drawnAccumulator) Sated() bool { return a.node.sated && a.count >= a.node.limit }

func (a *drawnAccumulator) Close() {
	a.close()
	if err := a.at("Close", a.env); err != nil {
		panic(err)
	}
}
