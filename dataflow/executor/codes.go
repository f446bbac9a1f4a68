package executor

import (
	"context"
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
)

// codeColumns asks each source for those columns of text as codes for which
// everything that comes to read them takes codes.
//
// It goes from the sinks up, as pruneColumns does. A union passes on codes only
// where each of its inputs comes to give them; that shows when its sources were
// asked, and where it is not so all is asked for anew without.
func codeColumns(ctx context.Context, p *plan) error {
	plain := map[*stagePlan][]string{} // columns of unions that are not to be coded
	sources := map[*stagePlan]dataflow.Coder{}
	for _, s := range p.stages {
		if c, ok := s.Source.(dataflow.Coder); ok {
			sources[s] = c
		}
	}
	for len(sources) > 0 {
		wishes := codeWishes(p, plain)
		for s, src := range sources {
			if err := s.askCodes(ctx, src, wishes[s]); err != nil {
				return err
			}
		}
		agreed, err := unionsAgree(ctx, p, wishes, plain)
		if agreed || err != nil {
			return err
		}
	}
	return nil
}

// codeWishes are the columns that each stage's output may have as codes.
func codeWishes(p *plan, plain map[*stagePlan][]string) map[*stagePlan][]string {
	wishes := map[*stagePlan][]string{}
	for i := len(p.stages) - 1; i >= 0; i-- {
		s := p.stages[i]
		if s == p.target || len(s.readers) == 0 {
			continue
		}
		wish := slices.DeleteFunc(slices.Clone(s.outColumns()), func(c string) bool { return slices.Contains(plain[s], c) })
		for _, r := range s.readers {
			takes := codesTaken(r.stage, wishes[r.stage])
			reads := columnsRead(r.stage, wish)
			wish = slices.DeleteFunc(wish, func(c string) bool {
				return slices.Contains(reads, c) && !slices.Contains(takes, c)
			})
		}
		wishes[s] = wish
	}
	return wishes
}

// codesTaken are the columns of its input that s takes as codes where those of its
// output that out names may leave so.
func codesTaken(s *stagePlan, out []string) []string {
	var role any
	switch s.Kind {
	case dataflow.KindMap:
		role = s.Operator
	case dataflow.KindTreeReduce:
		role = s.Reducer
	case dataflow.KindUnion:
		return out
	}
	if t, ok := role.(dataflow.CodeTaker); ok {
		return t.Codes(out)
	}
	return nil
}

// askCodes makes s read src, with those of the columns that are text as codes.
func (s *stagePlan) askCodes(ctx context.Context, src dataflow.Coder, columns []string) error {
	s.Source, s.coded = src, nil
	columns = slices.DeleteFunc(slices.Clone(columns), func(c string) bool { return !s.isText(c) })
	if len(columns) == 0 {
		return nil
	}
	coded := src.Coded(columns)
	schema, err := coded.Schema(ctx)
	if err != nil {
		return fmt.Errorf("source %q, with columns as codes: %w", s.Name, err)
	}
	for _, c := range columns {
		if at := schema.FieldIndices(c); len(at) == 1 && schema.Field(at[0]).Type.ID() == arrow.DICTIONARY {
			s.coded = append(s.coded, c)
		}
	}
	if len(s.coded) > 0 {
		s.Source = coded
	}
	return nil
}

// isText reports whether the column of the stage's output is text, or bytes.
func (s *stagePlan) isText(column string) bool {
	for _, i := range s.schemas.Out.FieldIndices(column) {
		return arrow.IsBinaryLike(s.schemas.Out.Field(i).Type.ID()) || arrow.IsLargeBinaryLike(s.schemas.Out.Field(i).Type.ID())
	}
	return false
}

// unionsAgree reports whether all inputs of each union give the same columns as
// codes. Where they do not it adds the column to plain, for the first such union.
func unionsAgree(ctx context.Context, p *plan, wishes, plain map[*stagePlan][]string) (bool, error) {
	var stages []*dataflow.Stage
	for _, s := range p.stages {
		if s.Kind == dataflow.KindUnion && len(wishes[s]) > 0 {
			schemas, err := dataflow.Resolve(ctx, stages)
			if err != nil {
				return false, err
			}
			apart := slices.DeleteFunc(slices.Clone(wishes[s]), func(c string) bool { return sameType(schemas, s.Inputs, c) })
			if len(apart) > 0 {
				plain[s] = append(plain[s], apart...)
				return false, nil
			}
		}
		stages = append(stages, s.Stage)
	}
	return true, nil
}

// sameType reports whether the column has one type in all of the stages' outputs.
func sameType(schemas map[*dataflow.Stage]dataflow.Schemas, stages []*dataflow.Stage, column string) bool {
	var first arrow.DataType
	for _, s := range stages {
		out := schemas[s].Out
		for _, i := range out.FieldIndices(column) {
			if t := out.Field(i).Type; first == nil {
				first = t
			} else if !arrow.TypeEqual(first, t) {
				return false
			}
		}
	}
	return true
}
