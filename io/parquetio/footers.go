package parquetio

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file"
)

// footers are the footers of a source's files, as one run sees them. Those that do
// not fit in what may be kept are read again when they are needed. It is safe for
// concurrent use.
type footers struct {
	source *Source
	env    *dataflow.Env // of what is shared; nil: nothing is reserved

	mu   sync.Mutex
	made *plan
	kept map[string]*footer
	held int64
}

// footersKept is how many bytes of footers are kept, as they are in memory: those
// of some thousand files.
const footersKept = 64 << 20

// plan is what is read of every file.
type plan struct {
	inputs  []file.Input
	first   *footer // whose columns the source has
	schema  *arrow.Schema
	columns []planned // those of schema
}

// planned is a column that is read.
type planned struct {
	name string
	t    arrow.DataType // as it is yielded
}

var _ io.Closer = (*footers)(nil)

func newFooters(s *Source) *footers { return &footers{source: s, kept: map[string]*footer{}} }

// Close lets go of what is kept.
func (f *footers) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.env != nil && f.held > 0 {
		_ = f.env.Reserve(-f.held) // giving back cannot fail
	}
	f.kept, f.held = nil, 0
	return nil
}

// get is the footer of one file. env is the caller's.
func (f *footers) get(ctx context.Context, path string, env *dataflow.Env) (*footer, error) {
	f.mu.Lock()
	foot := f.kept[path]
	f.mu.Unlock()
	if foot != nil {
		return foot, nil
	}
	foot, err := readFooter(ctx, path, env, f.source.stats, f.source.known)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	bytes := foot.bytes * footerSpread
	if f.kept == nil || f.kept[path] != nil || f.held+bytes > footersKept || f.env != nil && f.env.Reserve(bytes) != nil {
		return foot, nil
	}
	f.held += bytes
	f.kept[path] = foot
	return foot, nil
}

// plan is made once. env is the caller's, or nil.
func (f *footers) plan(ctx context.Context, env *dataflow.Env) (*plan, error) {
	f.mu.Lock()
	made := f.made
	f.mu.Unlock()
	if made != nil {
		return made, nil
	}
	made, err := f.makePlan(ctx, env)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.made == nil {
		f.made = made
	}
	return f.made, nil
}

func (f *footers) makePlan(ctx context.Context, env *dataflow.Env) (*plan, error) {
	s := f.source
	inputs, err := s.paths.List(ctx)
	if err != nil {
		return nil, err
	}
	for _, in := range inputs {
		if in.Stream {
			return nil, fmt.Errorf("%s: Parquet is read from its end, which a stream has not: save it to a file first", in.Path)
		}
	}
	first, err := f.get(ctx, inputs[0].Path, env)
	if err != nil {
		return nil, err
	}
	p := &plan{inputs: inputs, first: first}
	coded, err := f.coded(ctx, p, env)
	if err != nil {
		return nil, err
	}
	var fields []arrow.Field
	for i, c := range first.cols {
		if !s.reads(c.name) {
			continue
		}
		if c.err != nil {
			return nil, fmt.Errorf("%s: column %q: %w: leave it out by naming the columns that are wanted", first.path, c.name, c.err)
		}
		t := c.t
		if coded[i] {
			t = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: t}
		}
		p.columns = append(p.columns, planned{c.name, t})
		fields = append(fields, arrow.Field{Name: c.name, Type: t, Nullable: c.nullable || len(inputs) > 1})
	}
	p.schema = arrow.NewSchema(fields, nil)
	return p, nil
}

// coded says of each column of the first file whether it is yielded as a
// dictionary.
func (f *footers) coded(ctx context.Context, p *plan, env *dataflow.Env) ([]bool, error) {
	coded, some := make([]bool, len(p.first.cols)), false
	for i := range coded {
		c := &p.first.cols[i]
		coded[i] = f.source.reads(c.name) && f.source.codes(c.name) && p.first.allCoded(c)
		some = some || coded[i]
	}
	if !some {
		return coded, nil
	}
	for _, in := range p.inputs[1:] {
		foot, err := f.get(ctx, in.Path, env)
		if err != nil {
			return nil, err
		}
		if err := agree(p.first, foot); err != nil {
			return nil, err
		}
		for i, c := range p.first.cols {
			coded[i] = coded[i] && foot.allCoded(&foot.cols[foot.byKey[c.name]])
		}
	}
	return coded, nil
}

// agree compares the columns of two files.
func agree(a, b *footer) error {
	for _, c := range a.cols {
		at, ok := b.byKey[c.name]
		if !ok {
			return fmt.Errorf("%s has the column %q, but %s has not: read them as two sources", a.path, c.name, b.path)
		}
		if o := b.cols[at]; c.t != nil && o.t != nil && !sameType(c.t, o.t) {
			return fmt.Errorf("column %q is %s in %s, but %s in %s: read them as two sources, and cast one", c.name, c.t, a.path, o.t, b.path)
		}
	}
	for _, c := range b.cols {
		if _, ok := a.byKey[c.name]; !ok {
			return fmt.Errorf("%s has the column %q, but %s has not: read them as two sources", b.path, c.name, a.path)
		}
	}
	return nil
}

// sameType compares types, whether or not what is nested in them may be null.
func sameType(a, b arrow.DataType) bool {
	if a.ID() != b.ID() {
		return false
	}
	ca, cb := childTypes(a), childTypes(b)
	if len(ca) == 0 || len(ca) != len(cb) {
		return arrow.TypeEqual(a, b)
	}
	if fa, ok := a.(*arrow.FixedSizeListType); ok && fa.Len() != b.(*arrow.FixedSizeListType).Len() {
		return false
	}
	for i := range ca {
		if sa, ok := a.(*arrow.StructType); ok && sa.Field(i).Name != b.(*arrow.StructType).Field(i).Name {
			return false
		}
		if !sameType(ca[i], cb[i]) {
			return false
		}
	}
	return true
}

// storedBytes is what the planned columns take in the file.
func (f *footer) storedBytes(p *plan, group int) int64 {
	var n int64
	for _, c := range p.columns {
		for _, leaf := range f.cols[f.byKey[c.name]].leaves {
			from, end := f.span(group, leaf)
			n += end - from
		}
	}
	return n
}
