package operators

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/hashtab"
	"github.com/arrowmill/arrowmill/internal/plaincol"
)

// Keys of several columns are sent to the owners of their partitions as their tables have
// them, packed in words, once the accumulators of a run share layouts and texts
// (hashtab.Shared): a row is a word or two and its arguments then, and its owner neither
// reads nor copies text. It pays where texts repeat. Where there are nearly as many as
// groups, each owner is better off with those of its partition: what the first table that
// is full has met decides.

// groupShare is what the accumulators of a run share.
type groupShare struct {
	mu      sync.Mutex
	env     dataflow.Env
	decided bool
	keys    *hashtab.Shared // nil: not decided, or not to be
	schemas map[packedForm]*arrow.Schema

	answered atomic.Int64 // groups of the last part of the answer
}

// packedForm is a schema of rows or partials by the layout of their keys.
type packedForm struct {
	of      *arrow.Schema // with plain keys
	version int
}

// Share makes what the accumulators of a run have in common.
func (g Grouping) Share(_ context.Context, env dataflow.Env) (io.Closer, error) {
	return &groupShare{env: env, schemas: map[packedForm]*arrow.Schema{}}, nil
}

// Close gives back what was shared.
func (s *groupShare) Close() error {
	if s.keys == nil {
		return nil
	}
	return s.keys.Close()
}

// decide is the keys to share, nil: none. The first table that it is asked of decides.
func (s *groupShare) decide(p *groupPlan, t *hashtab.Table) *hashtab.Shared {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.decided {
		s.decided = true
		if len(p.keys) > 1 && t.TextsRepeat(p.policy.repeat) {
			s.keys, _ = hashtab.NewShared(p.keyTypes, s.env.Reserve) // the types are those of a table
		}
	}
	return s.keys
}

// schema is of, whose first n columns are keys, with words in their place.
func (s *groupShare) schema(of *arrow.Schema, n int, l *hashtab.Layout) *arrow.Schema {
	s.mu.Lock()
	defer s.mu.Unlock()
	form := packedForm{of, l.Version()}
	if s.schemas[form] == nil {
		var fields []arrow.Field
		for w := range l.Width() {
			fields = append(fields, arrow.Field{Name: "key" + strconv.Itoa(w), Type: arrow.PrimitiveTypes.Uint64})
		}
		mark := arrow.NewMetadata([]string{packedMark}, []string{strconv.Itoa(l.Version())})
		s.schemas[form] = arrow.NewSchema(append(fields, of.Fields()[n:]...), &mark)
	}
	return s.schemas[form]
}

// expect makes room for as many groups as the last accumulator had of which the answer was
// given: partitions are of one size, about. Where memory is short there is none.
func (a *groupAccumulator) expect() {
	share, ok := a.env.Shared.(*groupShare)
	if !ok {
		return
	}
	n := int(share.answered.Load())
	a.table.Expect(n)
	for _, s := range a.states {
		if n == 0 || s.Grow(n) != nil {
			return
		}
	}
}

// answers notes that the answer of a is given.
func (a *groupAccumulator) answers() {
	if share, ok := a.env.Shared.(*groupShare); ok {
		share.answered.Store(int64(a.groups))
	}
}

// packedMark is in the metadata of the schema of rows and partials with packed keys: the
// version of their layout.
const packedMark = "arrowmill.operators.groupby.packed"

// keyRows are the keys of some rows.
type keyRows struct {
	cols   []arrow.Array
	layout *hashtab.Layout // of words; nil: cols are the key columns
	words  [][]uint64

	texts  []byte // of rows that are texts alone, which begin at starts; else nil
	starts []int32
}

// packed says whether the keys of rows or of a partial are packed; keys are they, rest
// what stands behind them. The table is bound then.
func (a *groupAccumulator) packed(ctx context.Context, rec arrow.Record) (keys keyRows, rest []arrow.Array, err error) {
	meta := rec.Schema().Metadata()
	at := -1
	if meta.Len() > 0 {
		at = meta.FindKey(packedMark)
	}
	if at < 0 {
		return keyRows{}, nil, nil
	}
	share, ok := a.env.Shared.(*groupShare)
	version, bad := strconv.Atoi(meta.Values()[at])
	var shared *hashtab.Shared
	if ok && bad == nil {
		shared = share.decide(a.groupPlan, a.table)
	}
	if shared == nil {
		return keyRows{}, nil, fmt.Errorf("keys packed by %q, which this run does not know", meta.Values()[at])
	}
	err = a.table.Bind(shared)
	if err != nil && a.canDrain(err) {
		if err = a.Drain(ctx); err == nil {
			err = a.table.Bind(shared)
		}
	}
	if err != nil {
		return keyRows{}, nil, err
	}
	keys.layout = shared.Layout(version)
	keys.cols, rest = rec.Columns()[:keys.layout.Width()], rec.Columns()[keys.layout.Width():]
	for _, col := range keys.cols {
		keys.words = append(keys.words, plaincol.Values[uint64](col))
	}
	return keys, rest, nil
}

// find is Table.Find.
func (a *groupAccumulator) find(keys keyRows, from, to int) (int, error) {
	if keys.layout != nil {
		return a.table.FindPacked(keys.words, keys.layout, from, to, a.group)
	}
	if keys.texts != nil {
		return a.table.FindTexts(keys.texts, keys.starts[from:to], a.group)
	}
	return a.table.Find(keys.cols, from, to, a.group)
}

// bind has the accumulator share its keys, where that pays and there is the memory for it.
func (a *groupAccumulator) bind() {
	if share, ok := a.env.Shared.(*groupShare); ok && a.mayAdapt() {
		if keys := share.decide(a.groupPlan, a.table); keys != nil {
			_ = a.table.Bind(keys)
		}
	}
}

// routePacked is route for a table that is bound.
func (a *groupAccumulator) routePacked(ctx context.Context, keys, args []arrow.Array, from, to int) error {
	ad := &a.adapt
	for from < to {
		s, err := a.outgoing(&ad.rows, a.routable, a.x.Rows)
		if err != nil {
			return err
		}
		width, stride := a.table.Bound().Width(), to-from
		words := plaincol.Unset[uint64](a.env.Alloc, width*stride)
		n, err := a.table.PackRows(keys, from, to, words.Values, stride, ad.hash)
		if err == nil {
			cols := packedColumns(a.cols[:0], words, width, stride, n)
			for _, arg := range args {
				cols = append(cols, sliceArray(arg, from, from+n))
			}
			err = s.add(cols, 0, a.partitions(ad.hash[:n]))
			releaseArrays(cols)
			from += n
		} else if a.canDrain(err) {
			err = a.Drain(ctx)
		}
		words.Release()
		if err != nil {
			return err
		}
	}
	return nil
}

// packedColumns appends columns of n rows of the planes, of stride words each.
func packedColumns(cols []arrow.Array, words *plaincol.Column[uint64], width, stride, n int) []arrow.Array {
	for w := range width {
		data := array.NewData(arrow.PrimitiveTypes.Uint64, n, []*memory.Buffer{nil, words.Buffer()}, nil, 0, w*stride)
		cols = append(cols, array.NewUint64Data(data))
		data.Release()
	}
	return cols
}

// packedPartialOf is partialOf, in the order of the groups, for a table that is bound.
func (a *groupAccumulator) packedPartialOf(schema *arrow.Schema, from, to int) (arrow.Record, error) {
	n, width := to-from, a.table.Bound().Width()
	words := plaincol.Unset[uint64](a.env.Alloc, width*n)
	defer words.Release()
	for w := range width {
		a.table.PackedKeys(w, from, to, words.Values[w*n:])
	}
	cols := packedColumns(nil, words, width, n, n)
	states, err := a.statesOf(from, to, nil)
	cols = append(cols, states...)
	defer func() { releaseArrays(cols) }()
	if err != nil {
		return nil, err
	}
	return array.NewRecord(schema, cols, int64(n)), nil
}
