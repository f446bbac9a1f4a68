package dataflow

import (
	"context"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
)

// Explain checks the graph and prints it as declared, a stage a line with its
// columns below, as stable text. It marks what repartitions the data and what
// blocks: gives nothing on before it has seen all of its input.
func Explain(ctx context.Context, g *Graph) (string, error) {
	schemas, err := g.Check(ctx)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, s := range g.stages {
		fmt.Fprintf(&b, "%s %q", s.Kind, s.Name)
		for i, in := range s.Inputs {
			sep := ", "
			if i == 0 {
				sep = " of "
			}
			fmt.Fprintf(&b, "%s%q", sep, in.Name)
		}
		if d := s.Describe(); d != "" {
			fmt.Fprintf(&b, ": %s", d)
		}
		b.WriteString(s.Marks())
		b.WriteByte('\n')
		if out := schemas[s].Out; out != nil {
			fmt.Fprintf(&b, "    → %s\n", columnList(out))
		}
	}
	return b.String(), nil
}

// Describe is what the stage's role says of itself, and the stage's settings.
func (s *Stage) Describe() string {
	var parts []string
	if d := describe(s.role()); d != "" {
		parts = append(parts, d)
	}
	switch {
	case s.Kind == KindShuffle:
		parts = append(parts, fmt.Sprintf("%d partitions", s.Partitions))
	case s.Kind == KindTreeReduce && s.FanIn != DefaultFanIn:
		parts = append(parts, fmt.Sprintf("fan-in %d", s.FanIn))
	}
	if s.Workers > 0 {
		parts = append(parts, fmt.Sprintf("%d workers of its own", s.Workers))
	}
	if s.BatchRows > 0 {
		parts = append(parts, fmt.Sprintf("at most %d rows a call", s.BatchRows))
	}
	return strings.Join(parts, "; ")
}

// Marks are the stage's marks in a plan: [repartitions], [blocks].
func (s *Stage) Marks() string {
	keyed, ok := s.role().(Keyed)
	switch {
	case s.Kind == KindShuffle:
		return " [repartitions]"
	case s.Kind == KindTreeReduce && ok && keyed.Keyed() && !partitioned(s.Inputs):
		return " [repartitions] [blocks]"
	case s.Kind == KindTreeReduce:
		return " [blocks]"
	}
	return ""
}

// partitioned reports whether the streams are all behind a shuffle.
func partitioned(inputs []*Stage) bool {
	for _, in := range inputs {
		switch in.Kind {
		case KindSource, KindTreeReduce:
			return false
		case KindMap, KindUnion:
			if !partitioned(in.Inputs) {
				return false
			}
		}
	}
	return true
}

func (s *Stage) role() any {
	switch s.Kind {
	case KindSource:
		return s.Source
	case KindMap:
		return s.Operator
	case KindShuffle:
		return s.Partitioner
	case KindTreeReduce:
		return s.Reducer
	case KindSink:
		return s.Sink
	}
	return nil
}

func describe(role any) string {
	if role == nil {
		return ""
	}
	if d, ok := role.(fmt.Stringer); ok {
		return d.String()
	}
	return fmt.Sprintf("%T", role)
}

// FormatSchema prints a schema as plans and errors do: name type, name type.
func FormatSchema(schema *arrow.Schema) string { return columnList(schema) }
