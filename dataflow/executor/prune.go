package executor

import (
	"slices"

	"github.com/arrowmill/arrowmill/dataflow"
)

// pruneColumns asks each source for only the columns that something reads, and
// operators to leave out what nothing reads.
//
// It goes from the sinks up: what is read of a stage is what its readers read,
// each told in turn what is read of it. A stage that cannot tell reads all.
func pruneColumns(p *plan) {
	for i := len(p.stages) - 1; i >= 0; i-- {
		s := p.stages[i]
		if s.Kind == dataflow.KindSink {
			continue
		}
		all := columnNames(s.schemas.Out)
		read := map[string]bool{}
		if s == p.target {
			add(read, all)
		}
		for _, r := range s.readers {
			add(read, columnsRead(r.stage, all))
		}
		out := slices.DeleteFunc(slices.Clone(all), func(name string) bool { return !read[name] })
		s.narrow(out, len(out) < len(all))
	}
}

func add(set map[string]bool, names []string) {
	for _, n := range names {
		set[n] = true
	}
}

// columnsRead is what s, of whose output s.out is read, reads of its input,
// which has the columns all.
func columnsRead(s *stagePlan, all []string) []string {
	switch s.Kind {
	case dataflow.KindMap:
		if u, ok := s.Operator.(dataflow.ColumnUser); ok {
			return u.InColumns(s.outColumns())
		}
	case dataflow.KindShuffle:
		if u, ok := s.Partitioner.(dataflow.ColumnUser); ok {
			return append(slices.Clone(s.outColumns()), u.InColumns(s.outColumns())...)
		}
	case dataflow.KindTreeReduce:
		if u, ok := s.Reducer.(dataflow.ColumnUser); ok {
			return u.InColumns(columnNames(s.schemas.Out))
		}
	case dataflow.KindUnion:
		return s.outColumns()
	}
	return all
}

// outColumns is what is read of the stage's output: pruneColumns has set it on
// every stage behind the one it is at.
func (s *stagePlan) outColumns() []string {
	if s.Columns != nil {
		return s.Columns
	}
	return columnNames(s.schemas.Out)
}

// narrow makes s do without the columns that are not in out, and without those
// of its input that out does not need (one that it is to drop, say).
func (s *stagePlan) narrow(out []string, fewer bool) {
	if n, ok := s.Operator.(dataflow.Narrower); ok {
		u, knows := s.Operator.(dataflow.ColumnUser)
		if fewer || knows && len(u.InColumns(out)) < s.schemas.In.NumFields() {
			s.Operator = n.Narrow(out)
		}
	}
	if !fewer {
		return
	}
	s.Columns = out
	if c, ok := s.Source.(dataflow.ColumnPruner); ok {
		s.Source, s.pruned = c.PruneColumns(out), true
	}
}

// pushBounds hands sources the bounds that filters behind them put on their
// columns, where everything that reads the source lies behind the filter.
func pushBounds(p *plan) {
	for _, s := range p.stages {
		if s.Kind != dataflow.KindMap {
			continue
		}
		f, ok := s.Operator.(dataflow.Bounder)
		if !ok {
			continue
		}
		for _, b := range f.Bounds(s.schemas.In) {
			if src, column, ok := traceUp(p, s, b.Column); ok {
				b.Column = column
				src.bounds = append(src.bounds, b)
			}
		}
	}
	for _, s := range p.stages {
		if t, ok := s.Source.(dataflow.BoundTaker); ok && len(s.bounds) > 0 {
			s.Source = t.TakeBounds(s.bounds)
		} else {
			s.bounds = nil
		}
	}
}

// traceUp follows a column of s's input up to the source that it is of,
// unchanged.
func traceUp(p *plan, s *stagePlan, column string) (*stagePlan, string, bool) {
	for s.Kind == dataflow.KindMap {
		s = s.inputs[0]
		if len(s.readers) != 1 || s == p.target {
			return nil, "", false
		}
		if s.Kind == dataflow.KindMap {
			t, ok := s.Operator.(dataflow.Tracer)
			if !ok {
				return nil, "", false
			}
			if column, ok = t.Trace(column); !ok {
				return nil, "", false
			}
		}
	}
	return s, column, s.Kind == dataflow.KindSource
}
