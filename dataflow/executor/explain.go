package executor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
)

// Explain checks g and prints the plan by which Run would run it, as stable
// text: the fused pipelines, each from what it begins with to what ends it.
// Lines below one another are one pass over a batch; each line of a list gets
// every batch. It marks what
// [repartitions] the data, what [blocks] (gives nothing on before all of its input has
// come), and which columns and bounds a source was asked for, and which of
// them as codes.
func Explain(ctx context.Context, g *dataflow.Graph) (string, error) {
	p, err := newPlan(ctx, g, nil)
	if err != nil {
		return "", err
	}
	return p.String(), nil
}

// ExplainStream is Explain for what Start would run.
func ExplainStream(ctx context.Context, s *dataflow.Stream) (string, error) {
	p, err := newPlan(ctx, s.Graph(), s.Stage())
	if err != nil {
		return "", err
	}
	return p.String(), nil
}

func (p *plan) String() string {
	var b strings.Builder
	for i, pipe := range p.pipes {
		s := pipe.origin
		fmt.Fprintf(&b, "pipeline %d: ", i+1)
		switch s.Kind {
		case dataflow.KindSource:
			fmt.Fprintf(&b, "source %q: %s\n", s.Name, s.Describe())
			fmt.Fprintf(&b, "    reads %s\n", columnsOrNone(s))
			if len(s.coded) > 0 {
				fmt.Fprintf(&b, "    coded: %s\n", strings.Join(s.coded, ", "))
			}
			for _, bound := range s.bounds {
				fmt.Fprintf(&b, "    rows where %s %s\n", bound.Column, strings.TrimSpace(fmt.Sprintf("%s %v", bound.Op, orNothing(bound.Value))))
			}
		case dataflow.KindShuffle:
			fmt.Fprintf(&b, "the partitions of shuffle %q%s\n", s.Name, inOrder(s))
		case dataflow.KindTreeReduce:
			fmt.Fprintf(&b, "the answer of tree-reduce %q%s\n", s.Name, inOrder(s))
		}
		printNodes(&b, pipe.heads, "    ")
	}
	return b.String()
}

// printNodes prints a chain one below the other, and where it forks a list of
// chains.
func printNodes(b *strings.Builder, nodes []*node, indent string) {
	for _, n := range nodes {
		below := indent
		b.WriteString(indent)
		if len(nodes) > 1 {
			b.WriteString("- ")
			below += "  "
		}
		switch s := n.stage; {
		case s == nil:
			b.WriteString("batches of the job")
		case s.Kind == dataflow.KindUnion:
			fmt.Fprintf(b, "union %q: input %d of %d", s.Name, n.input+1, len(s.inputs))
		default:
			fmt.Fprintf(b, "%s %q: %s%s", s.Kind, s.Name, s.Describe(), how(s))
		}
		b.WriteByte('\n')
		printNodes(b, n.next, below)
	}
}

// how is the way in which s is run.
func how(s *stagePlan) string {
	switch s.Kind {
	case dataflow.KindShuffle:
		if s.needsOrder {
			return " [repartitions], in source order"
		}
		return " [repartitions]"
	case dataflow.KindTreeReduce:
		switch {
		case s.inputs[0].partitions > 0:
			return "; an accumulator a partition [blocks]"
		case isOrdered(s.Reducer):
			return "; an accumulator a split, merged in order in a tree [blocks]"
		case isKeyed(s.Reducer):
			return fmt.Sprintf("; an accumulator a worker, merged in a tree or, where they are large, by hash over %d partitions [repartitions] [blocks]", exchangePartitions)
		}
		return "; an accumulator a worker, merged in a tree [blocks]"
	}
	return ""
}

func inOrder(s *stagePlan) string {
	if s.needsOrder && s.ordered {
		return ", in order"
	}
	return ""
}

func columnsOrNone(s *stagePlan) string {
	if s.schemas.Out.NumFields() == 0 {
		return "no columns, only how many rows there are"
	}
	return dataflow.FormatSchema(withoutCodes(s.schemas.Out, s.coded))
}

// withoutCodes is schema with the values' types for the columns coded.
func withoutCodes(schema *arrow.Schema, coded []string) *arrow.Schema {
	fields := schema.Fields()
	for i, f := range fields {
		if d, ok := f.Type.(*arrow.DictionaryType); ok && slices.Contains(coded, f.Name) {
			fields[i].Type = d.ValueType
		}
	}
	return arrow.NewSchema(fields, nil)
}

func orNothing(v any) any {
	if v == nil {
		return ""
	}
	return v
}
