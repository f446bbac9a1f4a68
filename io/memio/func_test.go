package memio_test

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/io/memio"
)

func TestFunc(t *testing.T) {
	alloc := checked(t)
	shape := numbered(alloc, 0, 0)
	defer shape.Release()
	other := dataflowtest.Batch(dataflowtest.Col("x", []bool{true}))
	broken := errors.New("broken")
	for _, c := range []struct {
		name  string
		steps func(yield func(arrow.Record, error) bool)
		rows  int
		want  string
	}{
		{"rows", func(yield func(arrow.Record, error) bool) {
			_ = yield(numbered(alloc, 0, 2), nil) && yield(numbered(alloc, 2, 5), nil)
		}, 5, ""},
		{"none", func(func(arrow.Record, error) bool) {}, 0, ""},
		{"an error with a batch", func(yield func(arrow.Record, error) bool) {
			_ = yield(numbered(alloc, 0, 2), nil) && yield(numbered(alloc, 0, 2), broken)
		}, 2, "broken"},
		{"another schema", func(yield func(arrow.Record, error) bool) { yield(other, nil) }, 0,
			"batch 0 has columns x bool, but n int64, s utf8 were declared"},
		{"nil", func(yield func(arrow.Record, error) bool) { yield(nil, nil) }, 0, "batch 0 is nil"},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := memio.Func(shape.Schema(), func(context.Context) iter.Seq2[arrow.Record, error] { return c.steps })
			env := dataflowtest.NewEnv(t, alloc)
			splits, err := src.Splits(t.Context(), 1, env)
			if err != nil || len(splits) != 1 {
				t.Fatalf("%d splits, %v", len(splits), err)
			}
			for range 2 { // a run after a run
				rows, failure := 0, ""
				for chunk, err := range src.Read(t.Context(), splits[0], env) {
					if err != nil {
						failure = err.Error()
						continue
					}
					rows += chunk.Rows()
					chunk.Rec.Release()
				}
				if rows != c.rows || !strings.Contains(failure, c.want) || c.want == "" && failure != "" {
					t.Errorf("%d rows and %q, want %d and %q", rows, failure, c.rows, c.want)
				}
			}
		})
	}
}

func TestFuncWithoutEnd(t *testing.T) {
	alloc := checked(t)
	shape := numbered(alloc, 0, 0)
	defer shape.Release()
	left := false
	src := memio.Func(shape.Schema(), func(context.Context) iter.Seq2[arrow.Record, error] {
		return func(yield func(arrow.Record, error) bool) {
			defer func() { left = true }()
			for i := 0; yield(numbered(alloc, i, i+1), nil); i++ {
			}
		}
	})
	rows := 0
	for c, err := range src.Read(t.Context(), dataflow.Split{}, dataflowtest.NewEnv(t, alloc)) {
		if err != nil {
			t.Fatal(err)
		}
		c.Rec.Release()
		if rows++; rows == 1000 {
			break
		}
	}
	if !left {
		t.Error("the iterator was not left")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := first(src.Read(ctx, dataflow.Split{}, dataflowtest.NewEnv(t, alloc))); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestFuncWithoutSchema(t *testing.T) {
	if _, err := memio.Func(nil, nil).Schema(t.Context()); err == nil {
		t.Error("it is accepted")
	}
}

func TestSink(t *testing.T) {
	alloc := checked(t)
	sink := memio.NewSink()
	defer sink.Release()
	rec := numbered(alloc, 0, 6)
	defer rec.Release()
	write := func(end func(dataflow.Output) error, chunks ...dataflow.Chunk) {
		t.Helper()
		out, err := sink.Open(t.Context(), rec.Schema(), dataflowtest.NewEnv(t, alloc))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range chunks {
			if err := out.Write(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
		if err := end(out); err != nil {
			t.Fatal(err)
		}
	}
	commit := func(o dataflow.Output) error { return o.Commit(t.Context()) }
	want := func(rows int64, batches int) {
		t.Helper()
		if got := sink.Records(); sink.Rows() != rows || len(got) != batches {
			t.Errorf("%d rows in %d batches, want %d in %d", sink.Rows(), len(got), rows, batches)
		}
	}
	want(0, 0)
	if sink.Schema() != nil {
		t.Error("there is a schema before there was a run")
	}
	write(commit, dataflow.Chunk{Rec: rec}, dataflow.Chunk{Rec: rec, Sel: []int32{}}, dataflow.Chunk{Rec: rec, Sel: []int32{0, 4}})
	want(8, 2)
	if d := dataflowtest.Diff([][]any{{int64(0), nil}, {int64(4), "text 4"}}, dataflowtest.Rows(sink.Records()[1])); d != "" {
		t.Error(d)
	}
	write(dataflow.Output.Abort, dataflow.Chunk{Rec: rec})
	want(8, 2)
	write(commit, dataflow.Chunk{Rec: rec})
	want(6, 1)
	if !sink.Schema().Equal(rec.Schema()) {
		t.Errorf("schema %v", sink.Schema())
	}
	sink.Release()
	want(0, 0)
	write(commit, dataflow.Chunk{Rec: rec})
	want(6, 1)
}
