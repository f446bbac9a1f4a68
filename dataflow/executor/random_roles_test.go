package executor_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
	"github.com/arrowmill/arrowmill/dataflow/executor"
)

// world is what the roles of one run of a drawn graph share: it watches that
// they are used as the roles' contracts say, and makes one of them fail.
type world struct {
	*drawn
	graph   *dataflow.Graph
	streams map[*drawnNode]*dataflow.Stream
	alloc   *poisoned
	dice    atomic.Uint64
	faults  []fault
	ctx     context.Context
	run     func() dataflow.Progress // since the run has started
	idle    bool                     // at commit nothing may be held

	mu       sync.Mutex
	wrong    []string
	calls    map[place]int
	open     int // instances
	sinks    []*drawnOutput
	shapes   map[string][]string // of ordered reduces, by stage
	happened []fault             // those of faults that have
}

// place is where a fault can be.
type place struct{ stage, call string }

// fault is what goes wrong at the so manieth call of a place.
type fault struct {
	place
	after int
	do    func(env dataflow.Env) error
}

func newWorld(d *drawn) *world {
	w := &world{drawn: d, ctx: context.Background(), alloc: newPoisoned(), calls: map[place]int{}, shapes: map[string][]string{}, idle: true}
	w.graph, w.streams = dataflow.New(), map[*drawnNode]*dataflow.Stream{}
	for _, n := range d.nodes {
		r := role{w, n}
		var in *dataflow.Stream
		if len(n.inputs) > 0 {
			in = w.streams[n.inputs[0]]
		}
		switch n.kind {
		case dataflow.KindSource:
			w.streams[n] = w.graph.Source(n.name, drawnSources(drawnSource{role: r, cols: n.cols}))
		case dataflow.KindMap:
			var opts []dataflow.Option
			if n.workers > 0 {
				opts = append(opts, dataflow.Workers(n.workers))
			}
			if n.batchRows > 0 {
				opts = append(opts, dataflow.BatchRows(n.batchRows))
			}
			w.streams[n] = in.Map(n.name, drawnMaps(drawnMap{role: r, keep: n.cols}), opts...)
		case dataflow.KindUnion:
			var others []*dataflow.Stream
			for _, o := range n.inputs[1:] {
				others = append(others, w.streams[o])
			}
			w.streams[n] = in.Union(n.name, others...)
		case dataflow.KindShuffle:
			var p dataflow.Partitioner = drawnPartitioner{r}
			if n.powers > 0 {
				p = drawnPartitionerOfColumns{drawnPartitioner{r}}
			}
			w.streams[n] = in.Shuffle(n.name, p, dataflow.Partitions(n.partitions))
		case dataflow.KindTreeReduce:
			var red dataflow.Reducer = drawnReducer{r}
			if n.powers > 0 {
				red = drawnReducerOfColumns{drawnReducer{r}}
			}
			w.streams[n] = in.TreeReduce(n.name, red, dataflow.FanIn(n.fanIn))
		case dataflow.KindSink:
			in.Sink(n.name, drawnSink{r})
		}
	}
	return w
}

// options are those of a run in this world.
func (w *world) options(o executor.Options) executor.Options {
	o.Alloc = w.alloc
	o.Hooks.Started = func(p func() dataflow.Progress) { w.run = p }
	o.Hooks.SplitDone = func(string, dataflow.Split, int64) { w.run() } // anyone may ask at any time
	return o
}

func (w *world) complain(format string, args ...any) {
	w.mu.Lock()
	w.wrong = append(w.wrong, fmt.Sprintf(format, args...))
	w.mu.Unlock()
}

// roll is a number from 0 to n-1, another one each time and each run.
func (w *world) roll(n uint64) uint64 {
	return mix(int64(w.dice.Add(1)+rand.Uint64N(1<<32))) % n
}

// at counts a call, and fails where it is the one to fail.
func (r role) at(call string, env dataflow.Env) error {
	p := place{r.node.name, call}
	r.world.mu.Lock()
	r.world.calls[p]++
	n := r.world.calls[p]
	var hit func(dataflow.Env) error
	for _, f := range r.world.faults {
		if f.place == p && n == f.after {
			hit = f.do
			r.world.happened = append(r.world.happened, f)
		}
	}
	r.world.mu.Unlock()
	if hit == nil {
		return nil
	}
	return hit(env)
}

// check says what was found wrong in a run that has ended with runErr.
func (w *world) check(t testing.TB, runErr error) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.wrong {
		t.Errorf("%s", s)
	}
	if w.open != 0 {
		t.Errorf("%d instances are not closed", w.open)
	}
	if err := w.alloc.check(); err != nil {
		t.Error(err)
	}
	if w.run != nil {
		if held := w.run().HeldBytes; held != 0 {
			t.Errorf("%d bytes are held after the run", held)
		}
	}
	committed := 0
	for _, s := range w.sinks {
		if s.committed+s.aborted != 1 {
			t.Errorf("sink %q was committed %d times and aborted %d times", s.node.name, s.committed, s.aborted)
		}
		committed += s.committed
	}
	if runErr == nil && committed != len(w.sinks) {
		t.Errorf("%d of %d sinks were committed in a run without an error", committed, len(w.sinks))
	}
}

// role is what all roles of drawn graphs have.
type role struct {
	world *world
	node  *drawnNode
}

func (r role) String() string       { return r.node.what }
func (r role) TakesSelection() bool { return r.node.selection }

// Share shares something where the stage was drawn to.
func (r role) Share(_ context.Context, env dataflow.Env) (io.Closer, error) {
	if !r.node.share {
		return nil, nil
	}
	if err := r.at("Share", env); err != nil {
		return nil, err
	}
	return r.instance(env), nil
}

// instance watches that what an instance does is done by one goroutine at a time,
// before it is closed, which it is once.
type instance struct {
	role
	env    dataflow.Env
	busy   atomic.Bool
	closed atomic.Bool
}

func (r role) instance(env dataflow.Env) *instance {
	r.world.mu.Lock()
	r.world.open++
	r.world.mu.Unlock()
	if r.node.share && r.node.kind != dataflow.KindSink && env.Shared != nil && env.Shared.(*instance).closed.Load() {
		r.world.complain("%q: what is shared was closed before an instance was made", r.node.name)
	}
	return &instance{role: r, env: env}
}

func (i *instance) enter() func() {
	if !i.busy.CompareAndSwap(false, true) {
		i.world.complain("%q: two goroutines use an instance", i.node.name)
	}
	if i.closed.Load() {
		i.world.complain("%q: an instance is used after it was closed", i.node.name)
	}
	return func() { i.busy.Store(false) }
}

func (i *instance) close() {
	if i.closed.Swap(true) {
		i.world.complain("%q: an instance was closed twice", i.node.name)
		return
	}
	i.world.mu.Lock()
	i.world.open--
	i.world.mu.Unlock()
}

// Close is that of what is shared.
func (i *instance) Close() error {
	i.close()
	return i.at("Shared.Close", i.env)
}

// drawnSource gives the rows of a drawn source.
type drawnSource struct {
	role
	cols   []string
	bounds []dataflow.Bound
}

type drawnPrunedSource struct{ drawnSource }

func drawnSources(s drawnSource) dataflow.Source {
	switch {
	case s.node.prunes && s.node.blockRows > 0:
		return drawnPrunedBlockSource{drawnBlockSource{s}}
	case s.node.prunes:
		return drawnPrunedSource{s}
	case s.node.blockRows > 0:
		return drawnBlockSource{s}
	}
	return s
}

func (s drawnPrunedSource) PruneColumns(cols []string) dataflow.Source {
	s.cols = cols
	return s
}

func (s drawnPrunedSource) TakeBounds(b []dataflow.Bound) dataflow.Source {
	s.bounds = b
	return s
}

func (s drawnSource) Schema(context.Context) (*arrow.Schema, error) { return arrowSchema(s.cols), nil }

func (s drawnSource) Splits(_ context.Context, bytes int64, env dataflow.Env) ([]dataflow.Split, error) {
	if err := s.at("Splits", env); err != nil {
		return nil, err
	}
	var splits []dataflow.Split
	for i := range s.node.cut(bytes) {
		splits = append(splits, dataflow.Split{Path: s.node.name, From: int64(i), To: int64(i + 1), Part: fmt.Sprint(bytes)})
	}
	return splits, nil
}

func (s drawnSource) Read(_ context.Context, split dataflow.Split, env dataflow.Env) iter.Seq2[dataflow.Chunk, error] {
	rows := s.rows(split)
	return func(yield func(dataflow.Chunk, error) bool) {
		for from := 0; ; from += s.node.batch {
			if err := s.at("Read", env); err != nil {
				yield(dataflow.Chunk{}, err)
				return
			}
			if from >= len(rows) {
				return
			}
			if !yield(s.some(rows[from:min(from+s.node.batch, len(rows))], from, env), nil) {
				return
			}
		}
	}
}

func (s drawnSource) rows(split dataflow.Split) []row {
	var bytes int64
	fmt.Sscan(split.Part, &bytes)
	return s.node.cut(bytes)[split.From]
}

// some is those of rows that are asked for.
func (s drawnSource) some(rows []row, from int, env dataflow.Env) dataflow.Chunk {
	for _, b := range s.bounds {
		k := slices.Index(s.node.cols, b.Column)
		rows = slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return r[k] < b.Value.(int64) })
	}
	return s.chunk(project(s.node.cols, rows, s.cols), from, env)
}

// chunk is rows as a batch, as part of a longer one, or selected from one.
func (s drawnSource) chunk(rows []row, from int, env dataflow.Env) dataflow.Chunk {
	more := append(slices.Clone(rows), rows...)
	switch {
	case s.node.selection && len(rows) > 0:
		rec := encode(s.cols, more, s.world.pad, env.Alloc)
		sel := make([]int32, len(rows))
		for i := range sel {
			if sel[i] = int32(i); i >= len(rows)/2 {
				sel[i] += int32(len(rows))
			}
		}
		return dataflow.Chunk{Rec: rec, Sel: sel}
	case from%3 == 1:
		rec := encode(s.cols, more, s.world.pad, env.Alloc)
		defer rec.Release()
		return dataflow.Chunk{Rec: rec.NewSlice(int64(len(rows)), int64(len(more)))}
	}
	return dataflow.Chunk{Rec: encode(s.cols, rows, s.world.pad, env.Alloc)}
}

// drawnMap is a drawn map that makes the columns keep of its own.
type drawnMap struct {
	role
	keep []string
}

type drawnMapOfColumns struct{ drawnMap }

type drawnNarrowMap struct{ drawnMapOfColumns }

type drawnTracedMap struct{ drawnNarrowMap }

func drawnMaps(m drawnMap) dataflow.Operator {
	switch rowwise := m.node.what != "dup" && m.node.what != "hold"; {
	case m.node.powers == 0:
		return m
	case m.node.powers == 1:
		return drawnMapOfColumns{m}
	case m.node.powers == 2 || !rowwise:
		return drawnNarrowMap{drawnMapOfColumns{m}}
	}
	return drawnTracedMap{drawnNarrowMap{drawnMapOfColumns{m}}}
}

func (m drawnMapOfColumns) InColumns(out []string) []string {
	if m.node.what == "calc" {
		var in []string
		for _, o := range m.node.outs {
			if slices.Contains(out, o.name) || m.node.powers == 1 {
				in = append(in, o.a)
				if o.b != "" {
					in = append(in, o.b)
				}
			}
		}
		return in
	}
	if m.node.what == "pass" {
		return out
	}
	return append(slices.Clone(out), m.node.col)
}

func (m drawnNarrowMap) Narrow(out []string) dataflow.Operator {
	m.keep = slices.DeleteFunc(slices.Clone(m.keep), func(c string) bool { return !slices.Contains(out, c) })
	return m
}

func (m drawnTracedMap) Narrow(out []string) dataflow.Operator {
	return drawnTracedMap{m.drawnNarrowMap.Narrow(out).(drawnNarrowMap)}
}

func (m drawnTracedMap) Trace(out string) (string, bool) {
	if m.node.what != "calc" {
		return out, true
	}
	for _, o := range m.node.outs {
		if o.name == out && o.b == "" {
			return o.a, true
		}
	}
	return "", false
}

func (m drawnTracedMap) Bounds(*arrow.Schema) []dataflow.Bound {
	if m.node.what != "bound" {
		return nil
	}
	return []dataflow.Bound{{Column: m.node.col, Op: dataflow.GreaterEqual, Value: m.node.bound()}}
}

// out is the columns that it makes of those of in.
func (m drawnMap) out(in []string) []string {
	if m.node.what == "calc" {
		return m.keep
	}
	return slices.DeleteFunc(slices.Clone(in), func(c string) bool { return !slices.Contains(m.keep, c) })
}

func (m drawnMap) OutSchema(in *arrow.Schema) (*arrow.Schema, error) {
	return arrowSchema(m.out(schemaColumns(in))), nil
}

func (m drawnMap) NewTask(in *arrow.Schema, env dataflow.Env) (dataflow.Task, error) {
	if err := m.at("NewTask", env); err != nil {
		return nil, err
	}
	t := &drawnTask{instance: m.instance(env), m: m, in: schemaColumns(in)}
	t.out = m.out(t.in)
	if m.node.what == "hold" {
		return &drawnHoldingTask{t}, nil
	}
	return t, nil
}

type drawnTask struct {
	*instance
	m        drawnMap
	in, out  []string
	split    int64
	row      int64
	held     []row
	reserved int64
}

func (t *drawnTask) Process(_ context.Context, in dataflow.Chunk, emit dataflow.Emit) error {
	defer t.enter()()
	if err := t.at("Process", t.env); err != nil {
		return err
	}
	if in.Sel != nil && !t.node.selection {
		t.world.complain("%q is handed a selection", t.node.name)
	}
	rows := decode(in)
	if n := t.node.batchRows; n > 0 && len(rows) > n {
		t.world.complain("%q is handed %d rows, not %d", t.node.name, len(rows), n)
	}
	if t.node.workers == 0 { // else the split's chunks are dealt out
		if in.At.Split != t.split {
			t.split, t.row = in.At.Split, 0
		}
		if in.At.Row != t.row {
			t.world.complain("%q is handed row %d of split %d, not row %d", t.node.name, in.At.Row, t.split, t.row)
		}
		t.row += int64(len(rows))
	}
	if t.node.what == "pass" || t.node.what == "filter" || t.node.what == "bound" {
		return emit(t.selected(in, rows))
	}
	now, held := t.node.mapRows(t.in, rows, t.out)
	t.held = append(t.held, held...)
	if err := t.env.Reserve(int64(len(held)) * 16); err != nil {
		return err
	}
	t.reserved += int64(len(held)) * 16
	for len(now) > 0 {
		some := now[:(len(now)+1)/2]
		if err := emit(dataflow.Chunk{Rec: encode(t.out, some, t.world.pad, t.env.Alloc)}); err != nil {
			return err
		}
		now = now[len(some):]
	}
	return nil
}

// selected is in with only the rows that are kept, nothing copied.
func (t *drawnTask) selected(in dataflow.Chunk, rows []row) dataflow.Chunk {
	at := slices.Index(t.in, t.node.col)
	sel := make([]int32, 0, len(rows))
	for i, r := range rows {
		if t.node.what == "pass" || t.node.keeps(r[at]) {
			if in.Sel != nil {
				i = int(in.Sel[i])
			}
			sel = append(sel, int32(i))
		}
	}
	if t.node.what == "pass" && in.Sel == nil {
		sel = nil
	}
	columns := make([]int, len(t.out))
	for i, c := range t.out {
		columns[i] = slices.Index(t.in, c)
	}
	return dataflow.Chunk{Rec: batch.Columns(in.Rec, arrowSchema(t.out), columns), Sel: sel}
}

func (t *drawnTask) Close() {
	t.close()
	if err := t.at("Close", t.env); err != nil {
		panic(err)
	}
}

type drawnHoldingTask struct{ *drawnTask }

func (t *drawnHoldingTask) Flush(_ context.Context, emit dataflow.Emit) error {
	defer t.enter()()
	held := t.held
	t.held = nil
	t.split = -1
	t.env.Reserve(-t.reserved)
	t.reserved = 0
	if err := t.at("Flush", t.env); err != nil {
		return err
	}
	for _, r := range held {
		if err := emit(dataflow.Chunk{Rec: encode(t.out, []row{r}, t.world.pad, t.env.Alloc)}); err != nil {
			return err
		}
	}
	return nil
}

type drawnPartitioner struct{ role }

type drawnPartitionerOfColumns struct{ drawnPartitioner }

func (p drawnPartitionerOfColumns) InColumns([]string) []string {
	if p.UsesPlace() {
		return nil
	}
	return []string{p.node.col}
}

func (p drawnPartitioner) UsesPlace() bool           { return p.node.what == "round robin" }
func (p drawnPartitioner) Check(*arrow.Schema) error { return nil }
func (p drawnPartitioner) NewRouter(in *arrow.Schema, env dataflow.Env) (func(dataflow.Chunk, []int32) error, error) {
	if err := p.at("NewRouter", env); err != nil {
		return nil, err
	}
	cols := schemaColumns(in)
	return func(c dataflow.Chunk, partition []int32) error {
		if err := p.at("Route", env); err != nil {
			return err
		}
		for i, r := range decode(c) {
			partition[i] = int32(p.node.route(cols, r, dataflow.Place{Split: c.At.Split, Row: c.At.Row + int64(i)}, env.Partitions))
		}
		return nil
	}, nil
}

type drawnSink struct{ role }

func (s drawnSink) Open(_ context.Context, in *arrow.Schema, env dataflow.Env) (dataflow.Output, error) {
	if err := s.at("Open", env); err != nil {
		return nil, err
	}
	o := &drawnOutput{instance: &instance{role: s.role, env: env}}
	s.world.mu.Lock()
	s.world.sinks = append(s.world.sinks, o)
	s.world.mu.Unlock()
	return o, nil
}

type drawnOutput struct {
	*instance
	rows               []row
	stopped            bool
	committed, aborted int
}

func (o *drawnOutput) Write(_ context.Context, in dataflow.Chunk) error {
	defer o.enter()()
	if o.committed+o.aborted > 0 || o.stopped {
		o.world.complain("%q: a write after the end", o.node.name)
	}
	if err := o.at("Write", o.env); err != nil {
		o.stopped = true
		return err
	}
	o.rows = append(o.rows, decode(in)...)
	return nil
}

func (o *drawnOutput) Commit(context.Context) error {
	defer o.enter()()
	if held := o.world.run().HeldBytes; held != 0 && o.world.idle {
		o.world.complain("%q: %d bytes are held when all work is done", o.node.name, held)
	}
	if err := o.at("Commit", o.env); err != nil {
		return err
	}
	o.committed++
	return nil
}

func (o *drawnOutput) Abort() error {
	defer o.enter()()
	o.aborted++
	return o.at("Abort", o.env)
}
