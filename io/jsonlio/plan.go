package jsonlio

import (
	"context"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/io/file"
	"github.com/arrowmill/arrowmill/io/file/once"
	"github.com/arrowmill/arrowmill/io/file/sample"
)

// plan is the columns of a source.
type plan struct{ columns []column }

// schema is that of the wanted columns, nil: all of them.
func (p *plan) schema(wanted []string) *arrow.Schema {
	fields := []arrow.Field{}
	for _, c := range p.columns {
		if wanted == nil || slices.Contains(wanted, c.name) {
			fields = append(fields, arrow.Field{Name: c.name, Type: c.t, Nullable: true})
		}
	}
	return arrow.NewSchema(fields, nil)
}

// nodes makes the columns, those that are not wanted only where every one is to be
// checked.
func (p *plan) nodes(wanted []string, check bool, m maker) (*object, error) {
	root := &object{isRoot: true}
	for _, c := range p.columns {
		var n node = &ignored{}
		if check || wanted == nil || slices.Contains(wanted, c.name) {
			var err error
			if n, err = m.node(c.t, c, parent{nil, c.name}); err != nil {
				root.close()
				return nil, err
			}
		}
		root.add(c.name, n)
	}
	return root, nil
}

// known is what sources that differ in nothing but their columns know of their
// files.
type known struct {
	plans   sample.Known[plan]
	streams *once.Streams // shared with sources of other settings
}

// plan is the columns, found out anew where the files are not those of the last
// time.
func (k *known) plan(ctx context.Context, s *settings) (*plan, error) {
	inputs, err := s.paths.List(ctx)
	if err != nil {
		return nil, err
	}
	return k.plans.Of(inputs, sampled(len(inputs)), func() (*plan, error) { return k.makePlan(ctx, s, inputs) })
}

// makePlan looks at the files.
func (k *known) makePlan(ctx context.Context, s *settings, inputs []file.Input) (*plan, error) {
	sh, err := k.sample(ctx, s, inputs)
	if err != nil {
		return nil, err
	}
	columns, err := s.columns(ctx, sh)
	if err != nil {
		return nil, err
	}
	made := &plan{columns}
	root, err := made.nodes(nil, true, maker{alloc: memory.DefaultAllocator}) // are there such types?
	if err != nil {
		return nil, err
	}
	root.close()
	return made, nil
}

// last is the plan that was made last, for the run that was checked by it.
func (k *known) last(ctx context.Context, s *settings) (*plan, error) {
	if made := k.plans.Last(); made != nil {
		return made, nil
	}
	return k.plan(ctx, s)
}
