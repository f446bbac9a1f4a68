package parse_test

import (
	"context"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/operators/expr"
	"github.com/arrowmill/arrowmill/operators/parse"
)

// sample is a batch of columns whose names need quotes, or look as if they did.
func sample(seed uint64) arrow.Record {
	return dataflowtest.Random(seed, 30,
		arrow.Field{Name: "n", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
		arrow.Field{Name: "in", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
		arrow.Field{Name: "x", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		arrow.Field{Name: "1", Type: arrow.PrimitiveTypes.Float32, Nullable: true},
		arrow.Field{Name: "s", Type: arrow.BinaryTypes.String, Nullable: true},
		arrow.Field{Name: `a "b" 'c'`, Type: arrow.BinaryTypes.String, Nullable: true},
		arrow.Field{Name: "end", Type: arrow.FixedWidthTypes.Boolean, Nullable: true},
		arrow.Field{Name: "Größe", Type: arrow.FixedWidthTypes.Boolean, Nullable: true},
		arrow.Field{Name: "date", Type: arrow.FixedWidthTypes.Date32, Nullable: true})
}

// maker makes random expressions over the columns of sample whose types fit.
type maker struct{ rng *rand.Rand }

func (m maker) one(of ...func() expr.Expr) expr.Expr { return of[m.rng.IntN(len(of))]() }

func (m maker) number(depth int) expr.Expr {
	if depth == 0 {
		return m.one(
			func() expr.Expr { return expr.Col([]string{"n", "in", "x", "1"}[m.rng.IntN(4)]) },
			func() expr.Expr { return expr.Lit(m.rng.Int64N(7) - 3) },
			func() expr.Expr { return expr.Lit([]int64{math.MaxInt64, math.MinInt64, 0}[m.rng.IntN(3)]) },
			func() expr.Expr {
				return expr.Lit([]float64{0.5, -1e300, 1e-9, math.Copysign(0, -1), 3, 1e21, 123456789.25}[m.rng.IntN(7)])
			})
	}
	a, b, c := m.number(depth-1), m.number(depth-1), m.condition(depth-1)
	return m.one(
		func() expr.Expr { return a.Add(b) }, func() expr.Expr { return a.Sub(b) }, func() expr.Expr { return a.Mul(b) },
		func() expr.Expr { return a.Div(b) }, func() expr.Expr { return a.Mod(b) }, func() expr.Expr { return a.Neg() },
		func() expr.Expr { return a.Neg().Neg() }, func() expr.Expr { return a.Abs() }, func() expr.Expr { return a.Round() },
		func() expr.Expr { return expr.If(c, a, b) }, func() expr.Expr { return a.Coalesce(b) },
		func() expr.Expr { return m.text(depth - 1).Length() }, func() expr.Expr { return expr.Col("date").Year() },
		func() expr.Expr { return a.TryCast(arrow.PrimitiveTypes.Int64) })
}

func (m maker) condition(depth int) expr.Expr {
	if depth == 0 {
		return m.one(
			func() expr.Expr { return expr.Col([]string{"end", "Größe"}[m.rng.IntN(2)]) },
			func() expr.Expr { return expr.Lit([]any{true, false, nil}[m.rng.IntN(3)]) })
	}
	a, b, p, q := m.number(depth-1), m.number(depth-1), m.condition(depth-1), m.condition(depth-1)
	s, r := m.text(depth-1), m.text(depth-1)
	return m.one(
		func() expr.Expr { return p.And(q) }, func() expr.Expr { return p.Or(q) }, func() expr.Expr { return p.Not() },
		func() expr.Expr { return p.Eq(q) }, func() expr.Expr { return p.IsNull() }, func() expr.Expr { return a.IsNotNull() },
		func() expr.Expr { return a.Eq(b) }, func() expr.Expr { return a.Ne(b) }, func() expr.Expr { return a.Lt(b) },
		func() expr.Expr { return a.Le(b) }, func() expr.Expr { return a.Gt(b) }, func() expr.Expr { return a.Ge(b) },
		func() expr.Expr { return a.In(b, 1, nil) }, func() expr.Expr { return s.In("a", "it's", "") }, func() expr.Expr { return s.In() },
		func() expr.Expr { return s.Contains("a") }, func() expr.Expr { return s.StartsWith(r) }, func() expr.Expr { return s.EndsWith(r) },
		func() expr.Expr {
			return expr.Col("date").Ge(time.Unix(m.rng.Int64N(1e6), m.rng.Int64N(1e9)))
		},
		func() expr.Expr { return expr.Col("date").Lt("1970-01-02") })
}

func (m maker) text(depth int) expr.Expr {
	if depth == 0 {
		return m.one(
			func() expr.Expr { return expr.Col([]string{"s", `a "b" 'c'`}[m.rng.IntN(2)]) },
			func() expr.Expr { return expr.Lit([]string{"", "a", "it's", `"`, "''", "é\n", "-- x"}[m.rng.IntN(7)]) })
	}
	a, b := m.text(depth-1), m.text(depth-1)
	return m.one(
		func() expr.Expr { return a.Lower() }, func() expr.Expr { return a.Upper() }, func() expr.Expr { return a.Trim() },
		func() expr.Expr { return expr.If(m.condition(depth-1), a, b) }, func() expr.Expr { return a.Coalesce(b) },
		func() expr.Expr { return m.number(depth - 1).Cast(arrow.BinaryTypes.String) })
}

// TestExprReadsTexts prints random expressions, reads them, and holds what they compute
// against each other.
func TestExprReadsTexts(t *testing.T) {
	seed := rand.Uint64()
	m := maker{rand.New(rand.NewPCG(seed, 0))}
	in := sample(seed)
	computed, failed := 0, 0
	for range 1500 {
		depth := m.rng.IntN(5)
		e := m.one(func() expr.Expr { return m.number(depth) }, func() expr.Expr { return m.condition(depth) }, func() expr.Expr { return m.text(depth) })
		again, err := parse.Expr(e.String())
		if err != nil {
			t.Fatalf("seed %#x: %s: %v", seed, e, err)
		}
		if again.String() != e.String() {
			t.Fatalf("seed %#x: %s was read as %s", seed, e, again)
		}
		want, wantErr := values(e, in)
		got, gotErr := values(again, in)
		if (wantErr == nil) != (gotErr == nil) {
			t.Fatalf("seed %#x: %s: got %v, want %v", seed, e, gotErr, wantErr)
		}
		if wantErr != nil {
			failed++
			continue
		}
		computed++
		if d := dataflowtest.Diff(want, got); d != "" {
			t.Fatalf("seed %#x: %s: %s", seed, e, d)
		}
	}
	if computed < failed/2 {
		t.Errorf("%d expressions were computed, %d failed", computed, failed)
	}
}

// TestExprOfRandomWords reads words in any order, some of which make sense.
func TestExprOfRandomWords(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	words := strings.Fields(`a b "a b" 1 2.5 'x%' null true and or not = < <> + - * / % ( ) ( ) , in ( is null between and like
		case when then else end case when then end lower( coalesce( cast( as date ) decimal(12,2) ) timestamp[ns,UTC] if( date '2020-01-31'`)
	read := 0
	for range 5_000 {
		var text []string
		for range 1 + rng.IntN(12) {
			text = append(text, words[rng.IntN(len(words))])
		}
		e, err := parse.Expr(strings.Join(text, " "))
		if err != nil {
			placed(t, strings.Join(text, " "), err)
			continue
		}
		read++
		if again, err := parse.Expr(e.String()); err != nil || again.String() != e.String() {
			t.Fatalf("seed %#x: %q is read as %q, and that as %q, %v", seed, strings.Join(text, " "), e, again, err)
		}
	}
	if read < 70 {
		t.Errorf("%d texts are expressions", read)
	}
}

// values are an expression's values of the rows of in.
func values(e expr.Expr, in arrow.Record) ([][]any, error) {
	alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
	col, err := e.Eval(context.Background(), dataflow.Chunk{Rec: in}, alloc)
	if err != nil {
		return nil, err
	}
	defer col.Release()
	rec := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "value", Type: col.DataType(), Nullable: true}}, nil), []arrow.Array{col}, in.NumRows())
	defer rec.Release()
	return dataflowtest.Rows(rec), nil
}
