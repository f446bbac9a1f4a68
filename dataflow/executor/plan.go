package executor

import (
	"context"
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
)

// plan is a graph as it will run: its live stages after pruning, in an order in
// which each stands behind its inputs, and the pipelines they are fused to.
type plan struct {
	stages []*stagePlan
	pipes  []*pipePlan
	target *stagePlan // whose rows Start yields; nil: none
}

// stagePlan is a live stage.
type stagePlan struct {
	*dataflow.Stage
	index      int
	schemas    dataflow.Schemas
	inputs     []*stagePlan
	readers    []reader // that are live
	partitions int      // of its output; 0: not partitioned
	needsOrder bool     // what reads it depends on the order of its rows
	needsCut   bool     // and on how they are cut to splits and chunks
	ordered    bool     // its rows come with an order
	pruned     bool     // the source was asked for fewer columns
	coded      []string // columns that the source was asked for as codes, and gives so
	bounds     []dataflow.Bound
	pipe       *pipePlan // that begins with its output; nil for what is fused
}

// reader is a stage that reads another, as which of its inputs.
type reader struct {
	stage *stagePlan
	input int
}

// pipePlan is a fused pipeline: what comes out of origin, and a tree of what
// that passes through.
type pipePlan struct {
	index  int
	origin *stagePlan
	heads  []*node
}

// node is a stage within a pipeline.
type node struct {
	stage *stagePlan // nil: the rows that Start yields
	input int        // of a union: which input this is
	next  []*node    // none: the pipeline ends here
}

// newPlan checks g and plans it for its sinks and, where it is not nil, target.
func newPlan(ctx context.Context, g *dataflow.Graph, target *dataflow.Stage) (*plan, error) {
	schemas, err := g.Check(ctx)
	if err != nil {
		return nil, err
	}
	stages := g.Stages()
	live := liveStages(stages, target)
	if len(live) == 0 {
		return nil, g.NoSink()
	}
	p := &plan{}
	of := map[*dataflow.Stage]*stagePlan{}
	for _, s := range stages {
		if !live[s] {
			continue
		}
		clone := *s
		sp := &stagePlan{Stage: &clone, index: len(p.stages), schemas: schemas[s]}
		for i, in := range s.Inputs {
			up := of[in]
			sp.inputs = append(sp.inputs, up)
			clone.Inputs = slices.Clone(clone.Inputs)
			clone.Inputs[i] = up.Stage
			up.readers = append(up.readers, reader{sp, i})
		}
		of[s] = sp
		p.stages = append(p.stages, sp)
	}
	if target != nil {
		p.target = of[target]
	}
	pruneColumns(p)
	if err := codeColumns(ctx, p); err != nil {
		return nil, err
	}
	pushBounds(p)
	if err := p.resolve(ctx); err != nil {
		return nil, err
	}
	p.order()
	p.fuse()
	return p, nil
}

func liveStages(stages []*dataflow.Stage, target *dataflow.Stage) map[*dataflow.Stage]bool {
	live := map[*dataflow.Stage]bool{}
	for i := len(stages) - 1; i >= 0; i-- {
		s := stages[i]
		if s.Kind == dataflow.KindSink || s == target {
			live[s] = true
		}
		if live[s] {
			for _, in := range s.Inputs {
				live[in] = true
			}
		}
	}
	return live
}

// resolve computes the schemas anew if a role was replaced.
func (p *plan) resolve(ctx context.Context) error {
	stages, changed := make([]*dataflow.Stage, len(p.stages)), false
	for i, s := range p.stages {
		stages[i] = s.Stage
		changed = changed || s.pruned || s.Columns != nil || s.coded != nil
	}
	if !changed {
		return nil
	}
	schemas, err := dataflow.Resolve(ctx, stages)
	if err != nil {
		return fmt.Errorf("with columns left out that are not needed, and others as codes: %w", err)
	}
	for _, s := range p.stages {
		s.schemas = schemas[s.Stage]
	}
	return nil
}

// order finds which streams are partitioned, whose order matters to what reads
// them, and which have one. How rows are cut to splits matters to a reducer
// that is not commutative, for the shape of its tree, to a partitioner that
// goes by the very places of rows, and, where order matters, to a map that may
// hold rows to the end of a split.
func (p *plan) order() {
	for i := len(p.stages) - 1; i >= 0; i-- {
		s := p.stages[i]
		for _, r := range s.readers {
			switch r.stage.Kind {
			case dataflow.KindMap, dataflow.KindUnion:
				s.needsOrder = s.needsOrder || r.stage.needsOrder
				s.needsCut = s.needsCut || r.stage.needsCut || r.stage.needsOrder && mayHold(r.stage)
			case dataflow.KindShuffle:
				s.needsOrder = s.needsOrder || r.stage.needsOrder || usesPlace(r.stage.Partitioner)
				s.needsCut = s.needsCut || r.stage.needsCut || usesPlace(r.stage.Partitioner)
			case dataflow.KindTreeReduce:
				s.needsOrder = s.needsOrder || usesPlace(r.stage.Reducer)
				s.needsCut = s.needsCut || isOrdered(r.stage.Reducer)
			}
		}
	}
	for _, s := range p.stages {
		switch s.Kind {
		case dataflow.KindSource:
			s.ordered = true
		case dataflow.KindMap, dataflow.KindSink:
			s.ordered, s.partitions = s.inputs[0].ordered, s.inputs[0].partitions
		case dataflow.KindShuffle:
			s.ordered, s.partitions = s.needsOrder, s.Partitions
		case dataflow.KindTreeReduce:
			s.ordered = s.needsOrder || !isKeyed(s.Reducer) || s.inputs[0].partitions > 0
		case dataflow.KindUnion:
			s.ordered, s.partitions = true, s.inputs[0].partitions
			for _, in := range s.inputs {
				s.ordered = s.ordered && in.ordered
				if in.partitions != s.partitions {
					s.partitions = 0
				}
			}
		}
	}
}

// fuse cuts the stages into pipelines.
func (p *plan) fuse() {
	for _, s := range p.stages {
		switch s.Kind {
		case dataflow.KindSource, dataflow.KindShuffle, dataflow.KindTreeReduce:
			s.pipe = &pipePlan{index: len(p.pipes), origin: s}
			p.pipes = append(p.pipes, s.pipe)
		}
	}
	for _, pipe := range p.pipes {
		pipe.heads = p.follow(pipe.origin)
	}
}

func (p *plan) follow(s *stagePlan) []*node {
	var nodes []*node
	for _, r := range s.readers {
		n := &node{stage: r.stage, input: r.input}
		if r.stage.Kind == dataflow.KindMap || r.stage.Kind == dataflow.KindUnion {
			n.next = p.follow(r.stage)
		}
		nodes = append(nodes, n)
	}
	if s == p.target {
		nodes = append(nodes, &node{})
	}
	return nodes
}

// isEnd reports whether the pipeline ends at n.
func (n *node) isEnd() bool {
	return n.stage == nil || n.stage.Kind != dataflow.KindMap && n.stage.Kind != dataflow.KindUnion
}

// mayHold reports whether s is a map whose tasks may give rows out in another
// order than they came in: only a Tracer says that they do not.
func mayHold(s *stagePlan) bool {
	_, inOrder := s.Operator.(dataflow.Tracer)
	return s.Kind == dataflow.KindMap && !inOrder
}

func isKeyed(r dataflow.Reducer) bool {
	k, ok := r.(dataflow.Keyed)
	return ok && k.Keyed()
}

func isOrdered(r dataflow.Reducer) bool {
	o, ok := r.(dataflow.Ordered)
	return ok && o.Ordered()
}

func usesPlace(role any) bool {
	if o, ok := role.(dataflow.Ordered); ok && o.Ordered() {
		return true
	}
	u, ok := role.(dataflow.PlaceUser)
	return ok && u.UsesPlace()
}

func isRowWise(s *stagePlan) bool {
	w, ok := s.Operator.(dataflow.RowWise)
	return ok && w.RowWise() && s.Workers == 0
}

func takesSelection(role any) bool {
	s, ok := role.(dataflow.SelectionTaker)
	return ok && s.TakesSelection()
}

func columnNames(schema *arrow.Schema) []string {
	names := make([]string, schema.NumFields())
	for i := range names {
		names[i] = schema.Field(i).Name
	}
	return names
}
