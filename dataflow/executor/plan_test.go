package executor_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/internal/golden"
)

func TestRunWithoutSink(t *testing.T) {
	g := dataflow.New()
	g.Source("numbers", numbers{splits: 1, rows: 1, batch: 1})
	_, err := executor.Run(t.Context(), g, executor.Options{})
	var mistake *dataflow.GraphError
	if !errors.As(err, &mistake) || mistake.Stage != "numbers" || !strings.HasSuffix(mistake.File, "plan_test.go") || !strings.Contains(err.Error(), "no sink") {
		t.Errorf("got %v", err)
	}
}

func TestColumnsAndBoundsReachTheSource(t *testing.T) {
	var asked []string
	g, out := dataflow.New(), &collect{}
	g.Source("numbers", numbers{splits: 2, rows: 10, batch: 10, asked: &asked}).
		Map("n", onlyN{each{f: pass}}).
		Sink("out", out)
	if _, err := executor.Run(t.Context(), g, options(t, 2)); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(asked, []string{"n"}) || !slices.Equal(out.n, upTo(20)) {
		t.Errorf("asked for %q, got %v", asked, out.n)
	}
}

type onlyN struct{ each }

func (onlyN) InColumns([]string) []string { return []string{"n"} }

func TestBoundsReachTheSource(t *testing.T) {
	for _, test := range []struct {
		name  string
		build func(s *dataflow.Stream) *dataflow.Stream
		want  []dataflow.Bound
	}{
		{"filter", func(s *dataflow.Stream) *dataflow.Stream { return s.Map("f", bounded{}) },
			[]dataflow.Bound{{Column: "n", Op: dataflow.Less, Value: int64(5)}}},
		{"through a filter", func(s *dataflow.Stream) *dataflow.Stream { return s.Map("e", bounded{}).Map("f", bounded{}) },
			[]dataflow.Bound{{Column: "n", Op: dataflow.Less, Value: int64(5)}, {Column: "n", Op: dataflow.Less, Value: int64(5)}}},
		{"not through a function", func(s *dataflow.Stream) *dataflow.Stream { return s.Map("e", each{f: pass}).Map("f", bounded{}) }, nil},
		{"not past another reader", func(s *dataflow.Stream) *dataflow.Stream {
			s.Sink("too", &collect{})
			return s.Map("f", bounded{})
		}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var asked []dataflow.Bound
			g, out := dataflow.New(), &collect{}
			test.build(g.Source("numbers", numbers{splits: 2, rows: 10, batch: 10, bounds: &asked})).Sink("out", out)
			if _, err := executor.Run(t.Context(), g, options(t, 2)); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(asked, test.want) {
				t.Errorf("asked for %v", asked)
			}
		})
	}
}

type bounded struct{}

func (bounded) String() string                                      { return "n < 5" }
func (b bounded) op() each                                          { return each{f: pass} }
func (b bounded) OutSchema(in *arrow.Schema) (*arrow.Schema, error) { return b.op().OutSchema(in) }
func (b bounded) NewTask(in *arrow.Schema, env dataflow.Env) (dataflow.Task, error) {
	return b.op().NewTask(in, env)
}
func (bounded) Bounds(*arrow.Schema) []dataflow.Bound {
	return []dataflow.Bound{{Column: "n", Op: dataflow.Less, Value: int64(5)}}
}
func (bounded) Trace(out string) (string, bool) { return out, true }

func TestExplain(t *testing.T) {
	g, out := dataflow.New(), &collect{}
	s := g.Source("numbers", numbers{splits: 2, rows: 10, batch: 10}).Map("n", onlyN{each{f: pass}}).Map("less", bounded{})
	s.TreeReduce("by key", gather{keyed: true}).TreeReduce("in order", gather{ordered: true}, dataflow.FanIn(3)).Sink("out", out)
	u := s.Map("evens", each{f: evens}, dataflow.Workers(4)).Union("both", s)
	u.Shuffle("s", modulo{}, dataflow.Partitions(5)).TreeReduce("each", gather{ordered: true}).Sink("out2", out)
	u.TreeReduce("all", gather{}).Sink("out3", out)
	s.TreeReduce("dead", gather{}) // nothing reads it: it is not in the plan
	got, err := executor.Explain(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "explain.txt", got)
	if got, err = executor.ExplainStream(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "explain_stream.txt", got)
}
