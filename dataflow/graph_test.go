package dataflow_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/golden"
)

// columns is a source of no rows with the given columns.
type columns []arrow.Field

func (c columns) String() string                                { return "nothing" }
func (c columns) Schema(context.Context) (*arrow.Schema, error) { return arrow.NewSchema(c, nil), nil }
func (c columns) Splits(context.Context, int64, dataflow.Env) ([]dataflow.Split, error) {
	return nil, nil
}
func (c columns) Read(context.Context, dataflow.Split, dataflow.Env) iter.Seq2[dataflow.Chunk, error] {
	return func(func(dataflow.Chunk, error) bool) {}
}

var (
	a = arrow.Field{Name: "a", Type: arrow.PrimitiveTypes.Int64}
	b = arrow.Field{Name: "b", Type: arrow.BinaryTypes.String, Nullable: true}
)

// needs is an operator, partitioner and reducer that needs a column.
type needs string

func (n needs) String() string {
	if n == "" {
		return "nowhere"
	}
	return "what needs " + string(n)
}
func (n needs) OutSchema(in *arrow.Schema) (*arrow.Schema, error) {
	_, err := dataflow.Column(in, string(n))
	return in, err
}
func (n needs) NewTask(*arrow.Schema, dataflow.Env) (dataflow.Task, error) { return nil, nil }
func (n needs) Check(in *arrow.Schema) error {
	_, err := dataflow.Column(in, string(n))
	return err
}
func (n needs) NewRouter(*arrow.Schema, dataflow.Env) (func(dataflow.Chunk, []int32) error, error) {
	return nil, nil
}
func (n needs) Schemas(in *arrow.Schema) (_, _ *arrow.Schema, err error) {
	_, err = dataflow.Column(in, string(n))
	return in, in, err
}
func (n needs) NewAccumulator(*arrow.Schema, dataflow.Env, dataflow.Exchange) (dataflow.Accumulator, error) {
	return nil, nil
}
func (n needs) Keyed() bool { return true }
func (n needs) Open(context.Context, *arrow.Schema, dataflow.Env) (dataflow.Output, error) {
	return nil, nil
}

// line is the line of the caller.
func line() int {
	_, _, n, _ := runtime.Caller(1)
	return n
}

func TestCheckReportsEveryMistakeAtOnce(t *testing.T) {
	g := dataflow.New()
	s := g.Source("s", columns{a, b})
	from := line()
	s.Map("m", needs("x"))                                   // 1: unknown column
	s.Map("m", needs("a"), dataflow.FanIn(3))                // 2: name taken, foreign option
	s.Shuffle("h", needs("y"), dataflow.Partitions(0))       // 3: unknown column, too few partitions
	bad := s.TreeReduce("r", needs("z"), dataflow.FanIn(1))  // 4: unknown column, too small fan-in
	bad.Map("after", needs("a"))                             // 5: nothing: its input has no schema
	s.Union("u", g.Source("t", columns{b, a}))               // 6: schemas differ
	s.Map("", needs("a"))                                    // 7: no name
	s.Map("nil", nil)                                        // 8: no operator
	s.Union("other", dataflow.New().Source("o", columns{a})) // 9: another graph
	g.Source("twice", columns{a, a})                         // 10: two columns of one name
	s.Map("panics", panics{})                                // 11
	s.Apply("none", nil)                                     // 12

	_, err := g.Check(t.Context())
	var all dataflow.GraphErrors
	if !errors.As(err, &all) {
		t.Fatalf("got %v", err)
	}
	want := []struct {
		line int
		text string
	}{
		{1, `no column "x": there are a, b`},
		{2, `a stage of this name was declared at`},
		{2, `FanIn(3) is an option of a tree-reduce, not of a map`},
		{3, `Partitions(0): must be at least 1`},
		{3, `no column "y"`},
		{4, `FanIn(1): must be at least 2`},
		{4, `no column "z"`},
		{6, `"s" has columns a int64, b utf8, but "t" has b utf8, a int64`},
		{7, `a map has no name`},
		{8, `the map is handed nil`},
		{9, `the input "o" belongs to another graph`},
		{10, `two columns are named "a"`},
		{11, `panic: schema`},
		{12, `the composite is nil`},
	}
	found := map[int]bool{}
	for _, w := range want {
		ok := false
		for i, e := range all {
			if !found[i] && e.Line == from+w.line && filepath.Base(e.File) == "graph_test.go" && strings.Contains(e.Err.Error(), w.text) {
				ok, found[i] = true, true
				break
			}
		}
		if !ok {
			t.Errorf("not reported at line %d: %s", from+w.line, w.text)
		}
	}
	for i, e := range all {
		if !found[i] {
			t.Errorf("also reported: %v", e)
		}
	}
	if one := all[0].Error(); !strings.Contains(one, fmt.Sprintf("graph_test.go:%d: stage \"m\": no column", from+1)) {
		t.Errorf("the first mistake prints as %q", one)
	}
	var one *dataflow.GraphError
	if !errors.As(err, &one) || strings.Count(err.Error(), "\n") < len(want)-1 {
		t.Errorf("the error prints as %q", err)
	}
}

type panics struct{ needs }

func (panics) OutSchema(*arrow.Schema) (*arrow.Schema, error) { panic("schema") }

func TestEmptyGraph(t *testing.T) {
	at := line() + 1
	g := dataflow.New()
	_, err := g.Check(t.Context())
	var mistake *dataflow.GraphError
	if !errors.As(err, &mistake) || mistake.Line != at || filepath.Base(mistake.File) != "graph_test.go" {
		t.Errorf("got %v", err)
	}
}

func TestCheckOfACancelledContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	g := dataflow.New()
	g.Source("s", columns{a})
	if _, err := g.Check(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// A mistake within a composite is the user's who applied it, and one that a
// user's own composite makes is where that stands.
func TestApply(t *testing.T) {
	g := dataflow.New()
	at := line() + 2
	c := dataflow.CompositeFunc(func(name string, in *dataflow.Stream) *dataflow.Stream {
		return in.Map(name+"/first", needs("a")).TreeReduce(name+"/second", needs("x"))
	})
	g.Source("s", columns{a}).Apply("c", c).Map("m", needs("a"))
	_, err := g.Check(t.Context())
	var mistake *dataflow.GraphError
	if !errors.As(err, &mistake) || mistake.Stage != "c/second" || mistake.Line != at {
		t.Errorf("got %v, want line %d", err, at)
	}
}

func TestUnionIsNullableWhereAnyInputIs(t *testing.T) {
	nullable := a
	nullable.Nullable = true
	g := dataflow.New()
	u := g.Source("s", columns{a, b}).Union("u", g.Source("t", columns{nullable, b}))
	schemas, err := g.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if out := schemas[u.Stage()].Out; !out.Field(0).Nullable || out.NumFields() != 2 {
		t.Errorf("got %v", out)
	}
}

func TestExplain(t *testing.T) {
	g := dataflow.New()
	s := g.Source("sales", columns{a, b})
	m := s.Map("valid", needs("a"), dataflow.Workers(8), dataflow.BatchRows(100)).Union("all", g.Source("more", columns{a, b}))
	m.Shuffle("by a", needs("a"), dataflow.Partitions(7)).TreeReduce("each", needs("b"), dataflow.FanIn(4)).Sink("out", needs(""))
	m.Sink("copy", needs(""))
	got, err := dataflow.Explain(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "explain.txt", got)
}

func TestPlaces(t *testing.T) {
	p := dataflow.Place{Split: 1, Row: 5}
	for q, want := range map[dataflow.Place]int{{Split: 1, Row: 5}: 0, {Split: 1, Row: 6}: -1, {Split: 0, Row: 9}: 1, {Split: 2}: -1} {
		if got := p.Compare(q); got != want {
			t.Errorf("%v to %v: %d, want %d", p, q, got, want)
		}
	}
}

func TestSplitNames(t *testing.T) {
	for want, s := range map[string]dataflow.Split{
		"f":             {Path: "f", To: -1},
		"f[10:]":        {Path: "f", From: 10, To: -1},
		"f[0:5]":        {Path: "f", To: 5},
		"f[2:3] part 7": {Path: "f", From: 2, To: 3, Part: "part 7"},
	} {
		if got := s.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestFormatBytes(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 1536: "1.5 KiB", 1<<20 - 1: "1.0 MiB", 16 << 20: "16.0 MiB", 1 << 62: "4.0 EiB"} {
		if got := dataflow.FormatBytes(n); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
}

func TestErrorTexts(t *testing.T) {
	cause := errors.New("boom")
	stage := &dataflow.StageError{Stage: "parse", Split: "a.csv[0:10]", At: dataflow.Place{Split: 3, Row: 100}, Rows: 50, Err: cause}
	if got, want := stage.Error(), `stage "parse": a.csv[0:10], rows 100 to 149: boom`; got != want || !errors.Is(stage, cause) {
		t.Errorf("got %q", got)
	}
	budget := &dataflow.BudgetError{LimitBytes: 16 << 20, AskedBytes: 1 << 20, Holders: []dataflow.Holder{{Stage: "count", What: "state", Bytes: 15 << 20}}}
	want := `memory budget exceeded: 16.0 MiB allowed, 1.0 MiB more asked for; held: stage "count" 15.0 MiB of state; allow more memory, or keep fewer groups or rows`
	if got := budget.Error(); got != want || !errors.Is(budget, dataflow.ErrBudget) {
		t.Errorf("got %q", got)
	}
	if p := (&dataflow.PanicError{Value: cause}); !errors.Is(p, cause) {
		t.Error("a panic's error is lost")
	}
}

// The page that the API must fit compiles with any roles.
func ExampleGraph() {
	g := dataflow.New()
	s := g.Source("sales", columns{a, b}).Map("valid", needs("a"))
	s.Shuffle("by a", needs("a")).TreeReduce("count", needs("a"), dataflow.FanIn(4)).Sink("out", needs(""))
	text, err := dataflow.Explain(context.Background(), g)
	fmt.Println(text, err)
	// Output:
	// source "sales": nothing
	//     → a int64, b utf8
	// map "valid" of "sales": what needs a
	//     → a int64, b utf8
	// shuffle "by a" of "valid": what needs a; 64 partitions [repartitions]
	//     → a int64, b utf8
	// tree-reduce "count" of "by a": what needs a; fan-in 4 [blocks]
	//     → a int64, b utf8
	// sink "out" of "count": nowhere
	//  <nil>
}
