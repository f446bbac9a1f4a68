package operators

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/hashtab"
)

// Grouping is the reducer that GroupBy makes. It is immutable and may be shared.
type Grouping struct {
	columns []string
	aggs    []Agg
	policy  policy
	planned *planned
}

// GroupBy makes one row of all rows that have the same values in some columns.
// By itself it is a reducer that yields the distinct values; Agg adds aggregates.
//
// Shape: Batch<keys, …> → Batch<keys, aggregates>, one row a group. Key columns
// keep their names and types, but for a dictionary, which comes out as the type
// of its values.
//
// A key may be of any integer, float, decimal, string, binary, date, time,
// timestamp or duration type, bool, month interval, null, or a dictionary of one
// of these. Null is one group; so is NaN; -0 is 0 and comes out as that. Groups
// come in no order. A key value of more than 2 GiB is an error.
//
// Without columns all rows are one group, which is there even where no row is; behind
// a shuffle the rows of each partition that has any are.
func GroupBy(columns ...string) Grouping {
	return Grouping{columns: slices.Clone(columns), policy: usualPolicy, planned: &planned{}}
}

// Agg adds a column for each aggregate, in order, under its Name.
func (g Grouping) Agg(aggs ...Agg) dataflow.Reducer {
	g.aggs, g.planned = slices.Concat(g.aggs, aggs), &planned{}
	return g
}

// String is the grouping as plans print it: group by region, shop: sum(rev),
// count() as n.
func (g Grouping) String() string {
	var b strings.Builder
	b.WriteString("group")
	if len(g.columns) > 0 {
		b.WriteString(" by " + strings.Join(g.columns, ", "))
	}
	for i, a := range g.aggs {
		sep := ", "
		if i == 0 {
			sep = ": "
		}
		b.WriteString(sep + a.String())
	}
	return b.String()
}

// Keyed says that groups never meet: that there are key columns.
func (g Grouping) Keyed() bool { return len(g.columns) > 0 }

// InColumns are the key columns and what the aggregates read.
func (g Grouping) InColumns([]string) []string {
	in := slices.Clone(g.columns)
	for _, a := range g.aggs {
		for _, arg := range a.args {
			in = append(in, arg.Columns()...)
		}
	}
	slices.Sort(in)
	return slices.Compact(in)
}

// Codes are the key columns: a table takes their codes for what they stand for. What
// aggregates read comes plain.
func (g Grouping) Codes([]string) []string {
	read := Grouping{aggs: g.aggs}.InColumns(nil)
	return slices.DeleteFunc(slices.Clone(g.columns), func(c string) bool { return slices.Contains(read, c) })
}

// Schemas checks columns, types and names. A partial has the key columns as they
// come out, then the state columns of each aggregate, named by its number and the
// column of the state: "0.sum".
func (g Grouping) Schemas(in *arrow.Schema) (partial, out *arrow.Schema, err error) {
	p, err := g.planned.of(g, in)
	if err != nil {
		return nil, nil, err
	}
	return p.partial, p.out, nil
}

// NewAccumulator returns an accumulator with no groups.
func (g Grouping) NewAccumulator(in *arrow.Schema, env dataflow.Env, x dataflow.Exchange) (dataflow.Accumulator, error) {
	p, err := g.planned.of(g, in)
	if err != nil {
		return nil, err
	}
	return newGroupAccumulator(p, env, x)
}

// planned is the last plan of a grouping. A run makes some hundred accumulators for one
// schema, which was asked about when the graph was checked.
type planned struct {
	mu   sync.Mutex
	in   *arrow.Schema
	plan *groupPlan
}

func (l *planned) of(g Grouping, in *arrow.Schema) (*groupPlan, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.in != in {
		p, err := g.plan(in)
		if err != nil {
			return nil, err
		}
		l.in, l.plan = in, p
	}
	return l.plan, nil
}

// groupPlan is a grouping resolved against the schema of its input.
type groupPlan struct {
	keys         []int            // columns of the input
	keyTypes     []arrow.DataType // as they come out
	args         []Expr           // the distinct ones of all aggregates
	byText       map[string][]int // indexes of args
	aggs         []aggPlan
	partial, out *arrow.Schema
	routable     *arrow.Schema // of rows that are sent to be folded elsewhere; nil: none can be
	policy       policy
}

// aggPlan is an aggregate of a groupPlan.
type aggPlan struct {
	aggregate Aggregate
	args      []int // in groupPlan.args
	types     []arrow.DataType
	from, to  int // its columns in a partial
}

func (g Grouping) plan(in *arrow.Schema) (*groupPlan, error) {
	if len(g.columns) == 0 && len(g.aggs) == 0 {
		return nil, errors.New("group by nothing: name a column or an aggregate")
	}
	p := &groupPlan{byText: map[string][]int{}, policy: g.policy}
	var partial, out []arrow.Field
	named := map[string]bool{}
	for _, name := range g.columns {
		i, err := dataflow.Column(in, name)
		if err != nil {
			return nil, err
		}
		if named[name] {
			return nil, fmt.Errorf("column %q is grouped by twice", name)
		}
		named[name] = true
		f := in.Field(i)
		if f.Type, err = hashtab.KeyType(f.Type); err != nil {
			return nil, fmt.Errorf("group by column %q: %w", name, err)
		}
		p.keys, p.keyTypes = append(p.keys, i), append(p.keyTypes, f.Type)
		out = append(out, f)
	}
	partial = slices.Clone(out)
	taken := map[string]bool{}
	for name := range named {
		taken[name] = true
	}
	for i, a := range g.aggs {
		if named[a.Name()] {
			return nil, fmt.Errorf("two columns would be named %q: rename one with As", a.Name())
		}
		named[a.Name()] = true
		state, result, err := p.add(a, in)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.Name(), err)
		}
		for _, f := range state {
			for f.Name = strconv.Itoa(i) + "." + f.Name; taken[f.Name]; {
				f.Name += "'"
			}
			taken[f.Name] = true
			partial = append(partial, f)
		}
		p.aggs[i].from, p.aggs[i].to = len(partial)-len(state), len(partial)
		out = append(out, arrow.Field{Name: a.Name(), Type: result, Nullable: true})
	}
	p.partial, p.out = arrow.NewSchema(partial, nil), arrow.NewSchema(out, nil)
	p.routable = p.routableSchema()
	return p, nil
}

// add resolves one more aggregate.
func (p *groupPlan) add(a Agg, in *arrow.Schema) (state []arrow.Field, out arrow.DataType, err error) {
	if a.aggregate == nil {
		return nil, nil, errors.New("no aggregate was given")
	}
	plan := aggPlan{aggregate: a.aggregate}
	for _, arg := range a.args {
		t, err := arg.Type(in)
		if err != nil {
			return nil, nil, err
		}
		i, text := len(p.args), arg.String()
		if same := slices.IndexFunc(p.byText[text], func(i int) bool { return p.args[i].Equal(arg) }); same >= 0 {
			i = p.byText[text][same]
		} else {
			p.args, p.byText[text] = append(p.args, arg), append(p.byText[text], i)
		}
		plan.args, plan.types = append(plan.args, i), append(plan.types, t)
	}
	p.aggs = append(p.aggs, plan)
	state, out, err = a.aggregate.Types(plan.types)
	if err != nil && len(a.args) == 1 {
		if column, ok := a.args[0].Column(); ok {
			err = &dataflow.TypeError{Column: column, Err: err}
		}
	}
	return state, out, err
}

var (
	_ dataflow.Reducer    = Grouping{}
	_ dataflow.Keyed      = Grouping{}
	_ dataflow.ColumnUser = Grouping{}
	_ dataflow.CodeTaker  = Grouping{}
	_ dataflow.Sharer     = Grouping{}
	_ fmt.Stringer        = Grouping{}
)
