package dataflow

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
)

// Schemas are a stage's resolved schemas. In is nil for a source, Partial for
// all but a tree-reduce, Out for a sink.
type Schemas struct {
	In, Partial, Out *arrow.Schema
}

// Check resolves the schema of every stage, which may open files, and reports
// all mistakes of the graph at once, as GraphErrors. A stage whose input could
// not be resolved is not reported for that.
func (g *Graph) Check(ctx context.Context) (map[*Stage]Schemas, error) {
	schemas, err := Resolve(ctx, g.stages)
	mistakes := slices.Clone(g.mistakes)
	if len(g.stages) == 0 {
		mistakes = append(mistakes, &GraphError{File: g.site.file, Line: g.site.line, Err: errors.New("the graph has no stages")})
	}
	var more GraphErrors
	if errors.As(err, &more) {
		mistakes = append(mistakes, more...)
	} else if err != nil {
		return nil, err
	}
	if len(mistakes) == 0 {
		return schemas, nil
	}
	slices.SortStableFunc(mistakes, func(a, b *GraphError) int { return a.order - b.order })
	return nil, mistakes
}

// NoSink is the mistake of a graph that is run with nothing to write to: at the
// last stream that nothing reads.
func (g *Graph) NoSink() error {
	at := &GraphError{File: g.site.file, Line: g.site.line,
		Err: errors.New("the graph has no sink, so running it would have no effect: end a stream with Sink, or take its batches with executor.Start")}
	if n := len(g.stages); n > 0 {
		at.Stage, at.File, at.Line = g.stages[n-1].Name, g.stages[n-1].File, g.stages[n-1].Line
	}
	return GraphErrors{at}
}

// Resolve computes the schemas of stages, each of which stands behind its
// inputs. Its error is a GraphErrors, or the context's.
func Resolve(ctx context.Context, stages []*Stage) (map[*Stage]Schemas, error) {
	schemas := make(map[*Stage]Schemas, len(stages))
	var mistakes GraphErrors
	for i, s := range stages {
		inputs, ready := make([]*arrow.Schema, len(s.Inputs)), s.Kind == KindSource || len(s.Inputs) > 0
		for j, in := range s.Inputs {
			inputs[j] = schemas[in].Out
			ready = ready && inputs[j] != nil
		}
		if !ready || s.hasNoRole() {
			continue // its own mistake was recorded when it was declared, or its input's was reported
		}
		if err := ctx.Err(); err != nil {
			return nil, context.Cause(ctx)
		}
		r, err := resolve(ctx, s, inputs)
		if err == nil {
			err = uniqueNames(r.Out)
		}
		if err != nil {
			mistakes = append(mistakes, &GraphError{Stage: s.Name, File: s.File, Line: s.Line, Err: told(ctx, s, err), order: i})
			continue
		}
		schemas[s] = r
	}
	if len(mistakes) > 0 {
		return nil, mistakes
	}
	return schemas, nil
}

func (s *Stage) hasNoRole() bool {
	return s.Kind != KindUnion && s.Source == nil && s.Operator == nil && s.Partitioner == nil && s.Reducer == nil && s.Sink == nil
}

// told adds to the refusal of a column what made it of its type, where the column is one of a
// source that can tell.
func told(ctx context.Context, s *Stage, err error) error {
	var refused *TypeError
	if !errors.As(err, &refused) {
		return err
	}
	column := refused.Column
	for len(s.Inputs) == 1 {
		s = s.Inputs[0]
		switch s.Kind {
		case KindSource:
			if t, ok := s.Source.(TypeTeller); ok {
				if why := t.TellType(ctx, column); why != "" {
					return fmt.Errorf("%w: %s", err, why)
				}
			}
			return err
		case KindMap:
			t, ok := s.Operator.(Tracer)
			if !ok {
				return err
			}
			if column, ok = t.Trace(column); !ok {
				return err
			}
		case KindShuffle: // it passes its columns on
		default:
			return err
		}
	}
	return err
}

func resolve(ctx context.Context, s *Stage, inputs []*arrow.Schema) (r Schemas, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	if len(inputs) > 0 {
		r.In = inputs[0]
	}
	switch s.Kind {
	case KindSource:
		r.Out, err = s.Source.Schema(ctx)
	case KindMap:
		r.Out, err = s.Operator.OutSchema(r.In)
	case KindShuffle:
		r.Out, err = r.In, s.Partitioner.Check(r.In)
	case KindTreeReduce:
		r.Partial, r.Out, err = s.Reducer.Schemas(r.In)
		if err == nil && r.Partial == nil {
			err = errors.New("the reducer gave no schema for its partials")
		}
	case KindUnion:
		r.Out, err = unionSchema(s, inputs)
	case KindSink:
		return r, nil
	}
	if err == nil && r.Out == nil {
		err = fmt.Errorf("the %s gave no schema", s.Kind)
	}
	return r, err
}

// unionSchema is the first input's schema, with a column nullable where any
// input's is, and only the stage's Columns where they are set.
func unionSchema(s *Stage, inputs []*arrow.Schema) (*arrow.Schema, error) {
	fields := slices.Clone(inputs[0].Fields())
	if s.Columns != nil {
		fields = slices.DeleteFunc(fields, func(f arrow.Field) bool { return !slices.Contains(s.Columns, f.Name) })
	}
	for i, in := range inputs[1:] {
		if s.Columns == nil && in.NumFields() != len(fields) {
			return nil, fmt.Errorf("%q has columns %s, but %q has %s", s.Inputs[0].Name, columnList(inputs[0]), s.Inputs[i+1].Name, columnList(in))
		}
		for j := range fields {
			k := j
			if s.Columns != nil {
				k = slices.IndexFunc(in.Fields(), func(f arrow.Field) bool { return f.Name == fields[j].Name })
			}
			if k < 0 || in.Field(k).Name != fields[j].Name || !arrow.TypeEqual(in.Field(k).Type, fields[j].Type) {
				return nil, fmt.Errorf("%q has columns %s, but %q has %s", s.Inputs[0].Name, columnList(inputs[0]), s.Inputs[i+1].Name, columnList(in))
			}
			fields[j].Nullable = fields[j].Nullable || in.Field(k).Nullable
		}
	}
	return arrow.NewSchema(fields, nil), nil
}

func uniqueNames(schema *arrow.Schema) error {
	if schema == nil {
		return nil
	}
	for i := range schema.NumFields() {
		if name := schema.Field(i).Name; len(schema.FieldIndices(name)) > 1 {
			return fmt.Errorf("two columns are named %q", name)
		}
	}
	return nil
}

func columnList(schema *arrow.Schema) string {
	parts := make([]string, schema.NumFields())
	for i, f := range schema.Fields() {
		parts[i] = f.Name + " " + f.Type.String()
	}
	return strings.Join(parts, ", ")
}
