package expr_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/operators/expr"
)

// TestRandomExpressions evaluates random expressions over random batches, whole and row
// by row, and compares with the oracle.
func TestRandomExpressions(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %#x", seed)
	g := generator{rng}
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	trees := 3000
	if testing.Short() {
		trees = 300
	}
	wholes, failures := 0, 0
	for range trees {
		n := 1 + rng.IntN(30)
		from := int64(rng.IntN(n))
		whole := dataflowtest.Random(rng.Uint64(), n, columns...)
		rec := whole.NewSlice(from, int64(n))
		rows := oracleRows(rec)
		x := g.any(1 + rng.IntN(4))
		typ, err := x.e.Type(rec.Schema())
		if err != nil {
			t.Fatalf("%s: %v", x.e, err)
		}
		fails := false
		for i, r := range rows {
			want, wantErr := x.f(r)
			fails = fails || wantErr != nil
			c := dataflow.Chunk{Rec: rec, Sel: []int32{int32(i)}}
			got, err := evalRow(t.Context(), x.e, c, i, typ, alloc)
			if (err != nil) != (wantErr != nil) || err == nil && !same(got, want) {
				t.Fatalf("seed %#x: %s over row %v is %v (%v), want %v (%v)", seed, x.e, r, got, err, want, wantErr)
			}
			if typ.ID() == arrow.BOOL && err == nil {
				keep := make([]bool, rec.NumRows())
				if err := x.e.Keep(t.Context(), c, keep, alloc); err != nil || keep[i] != (want == true) {
					t.Fatalf("seed %#x: %s keeps row %v: %v (%v), want %v", seed, x.e, r, keep[i], err, want)
				}
				if want == true {
					checkBounds(t, x.e, rec, i)
				}
			}
		}
		arr, err := x.e.Eval(t.Context(), dataflow.Chunk{Rec: rec}, alloc)
		if (err != nil) != fails {
			t.Fatalf("seed %#x: %s over all rows: %v, want an error: %v", seed, x.e, err, fails)
		}
		if err != nil {
			failures++
			continue
		}
		wholes++
		for i, got := range values(arr) {
			if want, _ := x.f(rows[i]); !same(got, want) {
				t.Fatalf("seed %#x: %s over row %v of many is %v, want %v", seed, x.e, rows[i], got, want)
			}
		}
		arr.Release()
	}
	t.Logf("%d batches without and %d with an error", wholes, failures)
	if wholes < trees/4 || failures == 0 {
		t.Error("the batches are not of both sorts")
	}
}

func values(arr arrow.Array) []any {
	rec := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "v", Type: arr.DataType(), Nullable: true}}, nil), []arrow.Array{arr}, int64(arr.Len()))
	defer rec.Release()
	out := make([]any, arr.Len())
	for i, r := range dataflowtest.Rows(rec) {
		out[i] = oracleValue(r[0], arr.DataType())
	}
	return out
}

func evalRow(ctx context.Context, e expr.Expr, c dataflow.Chunk, i int, typ arrow.DataType, alloc memory.Allocator) (any, error) {
	arr, err := e.Eval(ctx, c, alloc)
	if err != nil {
		return nil, err
	}
	defer arr.Release()
	if !arrow.TypeEqual(arr.DataType(), typ) || int64(arr.Len()) != c.Rec.NumRows() {
		return nil, fmt.Errorf("%d values of type %s for %d rows of type %s", arr.Len(), arr.DataType(), c.Rec.NumRows(), typ)
	}
	return values(arr)[i], nil
}

// checkBounds checks that a row that is kept meets the bounds.
func checkBounds(t *testing.T, e expr.Expr, rec arrow.Record, i int) {
	t.Helper()
	for _, b := range e.Bounds(rec.Schema()) {
		v := oracleRows(rec)[i][at(b.Column)]
		ok := v != nil
		if b.Op == dataflow.IsNull {
			ok = v == nil
		} else if ok && b.Op != dataflow.NotNull {
			c := order(v, oracleValue(b.Value, nil))
			ok = []bool{c == 0, c != 0, c < 0, c <= 0, c > 0, c >= 0}[b.Op]
		}
		if !ok {
			t.Fatalf("%s keeps a row whose %s is %v, against its bound %s %v", e, b.Column, v, b.Op, b.Value)
		}
	}
}
