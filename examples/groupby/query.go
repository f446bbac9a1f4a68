package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/examples/internal/cli"
	"github.com/arrowmill/arrowmill/io/memio"
	"github.com/arrowmill/arrowmill/operators"
	"github.com/arrowmill/arrowmill/operators/parse"
)

// query is what is asked of the rows, as the flags say it.
type query struct {
	by, agg, where, sort, explode string
	limit                         cli.Count // value -1: all
}

// parsed is a query whose texts were understood.
type parsed struct {
	where   *operators.Expr
	keys    []string
	group   dataflow.Composite
	explode string
	sort    []operators.SortKey
	limit   int64 // -1: all
}

// The stages, by the flags that they come from, for errors.
const (
	whereStage   = "where"
	groupStage   = "group"
	explodeStage = "explode"
	sortStage    = "sort"
)

var flagsOf = map[string]string{whereStage: "--where", groupStage: "--by, --agg", explodeStage: "--explode", sortStage: "--sort"}

func (q *query) parse() (*parsed, error) {
	p := &parsed{limit: int64(q.limit.Value)}
	var err error
	if q.by == "" && q.agg == "" {
		return nil, errors.New("nothing to do: name keys with --by, aggregates with --agg, or both")
	}
	if q.by != "" {
		if p.keys, err = parse.Columns(q.by); err != nil {
			return nil, fmt.Errorf("--by: %w", err)
		}
	}
	if q.agg == "" {
		p.group = dataflow.CompositeFunc(func(name string, in *dataflow.Stream) *dataflow.Stream {
			return in.TreeReduce(name, operators.GroupBy(p.keys...))
		})
	} else {
		aggs, err := parse.Aggregates(q.agg)
		if err == nil {
			p.group, err = aggs.GroupBy(p.keys...)
		}
		if err != nil {
			return nil, fmt.Errorf("--agg: %w", err)
		}
	}
	if q.where != "" {
		where, err := parse.Expr(q.where)
		if err != nil {
			return nil, fmt.Errorf("--where: %w", err)
		}
		p.where = &where
	}
	if q.explode != "" {
		columns, err := parse.Columns(q.explode)
		if err == nil && len(columns) != 1 {
			err = errors.New("name one column")
		}
		if err != nil {
			return nil, fmt.Errorf("--explode: %w", err)
		}
		p.explode = columns[0]
	}
	switch strings.TrimSpace(q.sort) {
	case "none":
	case "":
		for _, k := range p.keys {
			p.sort = append(p.sort, operators.Asc(k))
		}
	default:
		if p.sort, err = parse.SortKeys(q.sort); err != nil {
			return nil, fmt.Errorf("--sort: %w", err)
		}
	}
	return p, nil
}

// check finds what cannot be asked of the rows of source.
func (p *parsed) check(ctx context.Context, source dataflow.Source) error {
	g := p.declare(source, memio.NewSink())
	_, err := g.Check(ctx)
	var mistakes dataflow.GraphErrors
	if !errors.As(err, &mistakes) {
		return err
	}
	lines := make([]string, len(mistakes))
	for i, m := range mistakes {
		stage, _, _ := strings.Cut(m.Stage, "/")
		lines[i] = fmt.Sprintf("%s: %v", flagsOf[stage], m.Err)
	}
	return errors.New(strings.Join(slices.Compact(lines), "\n"))
}

// declare is the graph: rows → those wanted → a row for each group → sorted.
func (p *parsed) declare(source dataflow.Source, out dataflow.Sink) *dataflow.Graph {
	g := dataflow.New()
	rows := g.Source("rows", source)
	if p.where != nil {
		rows = rows.Map(whereStage, operators.Filter(*p.where))
	}
	rows = rows.Apply(groupStage, p.group)
	if p.explode != "" {
		rows = rows.Map(explodeStage, operators.Explode(p.explode))
	}
	switch {
	case len(p.sort) > 0 && p.limit >= 0:
		rows = rows.TreeReduce(sortStage, operators.TopK(int(p.limit), p.sort...))
	case len(p.sort) > 0:
		rows = rows.TreeReduce(sortStage, operators.Sort(p.sort...))
	case p.limit >= 0:
		rows = rows.TreeReduce("limit", operators.Limit(p.limit))
	}
	rows.Sink("out", out)
	return g
}
