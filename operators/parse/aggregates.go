package parse

import (
	"fmt"
	"slices"
	"strings"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/operators"
	"github.com/arrowmill/arrowmill/operators/expr"
)

// Aggregation is the aggregates that a text asks for, and the columns that are computed
// of them. It is immutable and may be shared.
type Aggregation struct {
	text    string
	mark    string          // what no word of text begins with
	aggs    []operators.Agg // each once, in the order of the text
	byText  map[string]int  // indexes of aggs
	columns []resultColumn
}

// resultColumn is an item of the list.
type resultColumn struct {
	name string
	at   int // in the text
	expr *anyOf
	agg  int // the aggregate that it is, in aggs; -1: computed of some
}

// Aggregates reads a list of aggregates, each with a name where "as" gives it one:
//
//	sum(v1), mean(v3) as avg, count(), max(v1) - min(v2) as range
//	sum(price * (1 - discount)) as revenue, quantile(v3, 0.9), largest(v3, 2), corr(v1, v2)
//
// An aggregate takes expressions of columns, and stands in expressions. There are count()
// (of rows, also count(*)), count(x) (of values that are not null), sum, mean, min, max,
// median, var, std, corr(x, y), quantile(x, q) with q from 0 to 1, and largest(x, k) with
// k from 1 to [operators.LargestMost].
//
// A column without a name is named by its text as [expr.Expr.String] writes it: sum(v1),
// "max(v1) - min(v2)". Two columns of one name, a column outside of an aggregate, an
// aggregate within another and an item without any are errors.
func Aggregates(text string) (*Aggregation, error) {
	list, err := read(aggregateText(), text)
	if err != nil {
		return nil, err
	}
	a := newAggregation(text)
	taken := map[string]bool{}
	for _, item := range list.Items {
		c, err := a.column(item)
		if err != nil {
			return nil, err
		}
		if taken[c.name] {
			return nil, failf(text, c.at, "two columns would be named %q: give one of them another name with as", c.name)
		}
		taken[c.name] = true
		a.columns = append(a.columns, c)
	}
	return a, nil
}

// newAggregation is one of text, as yet without columns.
func newAggregation(text string) *Aggregation {
	a := &Aggregation{text: text, mark: "agg_", byText: map[string]int{}}
	for lower := strings.ToLower(text); strings.Contains(lower, a.mark); {
		a.mark += "_"
	}
	return a
}

var aggregateText = exprParser[aggregateList]()

// column reads an item and collects its aggregates.
func (a *Aggregation) column(item *aggregateItem) (resultColumn, error) {
	c := resultColumn{at: item.Pos.Offset, expr: item.Expr}
	name, agg, err := a.named(item.Expr)
	if err != nil {
		return c, err
	}
	if c.name, c.agg = name, agg; item.As != nil {
		if c.name = named(item.As.Name); c.name == "" {
			return c, failf(a.text, item.As.Pos.Offset, "the name of the column is empty")
		}
	}
	return c, nil
}

// named collects the aggregates of an expression, and returns its canonical text and
// which aggregate it is, -1 where it is computed of some.
func (a *Aggregation) named(e *anyOf) (name string, agg int, err error) {
	// A mark stands for each aggregate, which then takes its place: it is as one word.
	// Only those of e are looked for, so that the time is that of the text.
	var texts []string
	last := -1
	of, err := a.build(e, func(i int) string {
		last = i
		marked := fmt.Sprintf("%s%d_", a.mark, i)
		texts = append(texts, marked, a.aggs[i].Name())
		return marked
	})
	if err != nil {
		return "", 0, err
	}
	if len(of.Columns()) == 0 {
		return "", 0, failf(a.text, e.Pos.Offset, "no aggregate stands in %s: write sum(v1), count() or another", of)
	}
	if _, ok := of.Column(); !ok {
		last = -1
	}
	return strings.NewReplacer(texts...).Replace(of.String()), last, nil
}

// build is an expression over columns of the results of aggregates, which column names.
// Aggregates that are new are collected.
func (a *Aggregation) build(e *anyOf, column func(agg int) string) (expr.Expr, error) {
	b := &builder{text: a.text}
	b.aggregate = func(at int, name string, c *call) (expr.Expr, error) {
		g, err := b.agg(at, name, c)
		if err != nil {
			return expr.Expr{}, err
		}
		i, ok := a.byText[g.Name()]
		if !ok {
			i = len(a.aggs)
			a.aggs, a.byText[g.Name()] = append(a.aggs, g), i
		}
		return expr.Col(column(i)), nil
	}
	return b.anyOf(e)
}

// Aggs are the aggregates, each once, in the order of the text, named by their texts.
func (a *Aggregation) Aggs() []operators.Agg { return slices.Clone(a.aggs) }

// Columns are the names of the columns, in order.
func (a *Aggregation) Columns() []string {
	names := make([]string, len(a.columns))
	for i, c := range a.columns {
		names[i] = c.name
	}
	return names
}

// GroupBy makes a row for each group of rows with the same values in the keys (without
// keys: one row of all), with the keys and the columns of the aggregation. It is an error
// where a column is named as a key is.
//
// It expands to a TreeReduce with [operators.GroupBy] and, where a column is more than an
// aggregate, a Map with [operators.Select]. Groups come in no order.
//
// Shape: Batch<keys, …> → Batch<keys, columns>.
func (a *Aggregation) GroupBy(keys ...string) (dataflow.Composite, error) {
	for _, c := range a.columns {
		if slices.Contains(keys, c.name) {
			return nil, failf(a.text, c.at, "the column would be named %q, as a key is: give it another name with as", c.name)
		}
	}
	grouping := operators.GroupBy(keys...)
	if aggs, ok := a.plain(); ok {
		return dataflow.CompositeFunc(func(name string, in *dataflow.Stream) *dataflow.Stream {
			return in.TreeReduce(name, grouping.Agg(aggs...))
		}), nil
	}
	aggs, columns, err := a.computed(keys)
	if err != nil {
		return nil, err
	}
	return dataflow.CompositeFunc(func(name string, in *dataflow.Stream) *dataflow.Stream {
		return in.TreeReduce(name+"/aggregates", grouping.Agg(aggs...)).Map(name, operators.Select(columns...))
	}), nil
}

// plain is the aggregates with the columns' names, where each is one column.
func (a *Aggregation) plain() ([]operators.Agg, bool) {
	if len(a.aggs) != len(a.columns) {
		return nil, false
	}
	aggs := slices.Clone(a.aggs)
	for i, c := range a.columns {
		if c.agg != i {
			return nil, false
		}
		aggs[i] = aggs[i].As(c.name)
	}
	return aggs, true
}

// computed is the aggregates, with names that no key has, and the keys and columns as
// expressions of them.
func (a *Aggregation) computed(keys []string) ([]operators.Agg, []expr.Named, error) {
	var columns []expr.Named
	for _, k := range keys {
		columns = append(columns, expr.Col(k).As(k))
	}
	aggs, names := slices.Clone(a.aggs), make([]string, len(a.aggs))
	for i, g := range aggs {
		names[i] = g.Name()
		for slices.Contains(keys, names[i]) || slices.Contains(names[:i], names[i]) {
			names[i] += "'"
		}
		aggs[i] = g.As(names[i])
	}
	for _, c := range a.columns {
		e, err := a.build(c.expr, func(agg int) string { return names[agg] })
		if err != nil {
			return nil, nil, err
		}
		columns = append(columns, e.As(c.name))
	}
	return aggs, columns, nil
}
