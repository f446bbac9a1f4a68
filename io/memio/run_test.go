package memio_test

import (
	"context"
	"iter"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"go.uber.org/goleak"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/io/memio"
)

func TestRowsComeInOrderWhateverTheWorkers(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	alloc := checked(t)
	a, b := numbered(alloc, 0, 1000), numbered(alloc, 1000, 1300)
	defer a.Release()
	defer b.Release()
	src, sink := memio.Batches(a, b), memio.NewSink()
	defer src.Release()
	defer sink.Release()
	g := dataflow.New()
	g.Source("in", src).Sink("out", sink)
	for _, workers := range []int{1, 2, 7} {
		report, err := executor.Run(t.Context(), g, executor.Options{Workers: workers, SplitBytes: 1000, BatchRows: 13, Alloc: alloc})
		if err != nil {
			t.Fatal(err)
		}
		if report.SplitsTotal < 10 || report.BytesDone != report.BytesTotal {
			t.Errorf("%d workers: %d splits, %d of %d bytes read", workers, report.SplitsTotal, report.BytesDone, report.BytesTotal)
		}
		if d := dataflowtest.Diff(dataflowtest.Rows(a, b), dataflowtest.Rows(sink.Records()...)); d != "" {
			t.Errorf("%d workers: %s", workers, d)
		}
	}
}

func TestSinkOfNoRowsHasItsSchema(t *testing.T) {
	want := numbered(checked(t), 0, 0)
	defer want.Release()
	sink := memio.NewSink()
	g := dataflow.New()
	g.Source("in", memio.Empty(want.Schema())).Sink("out", sink)
	if _, err := executor.Run(t.Context(), g, executor.Options{}); err != nil {
		t.Fatal(err)
	}
	if sink.Rows() != 0 || sink.Schema() == nil || !sink.Schema().Equal(want.Schema()) {
		t.Errorf("%d rows of schema %v", sink.Rows(), sink.Schema())
	}
}

func TestEndlessFuncEndsWithItsJob(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	alloc := checked(t)
	shape := numbered(alloc, 0, 0)
	defer shape.Release()
	left := false
	src := memio.Func(shape.Schema(), func(context.Context) iter.Seq2[arrow.Record, error] {
		return func(yield func(arrow.Record, error) bool) {
			for i := 0; yield(numbered(alloc, i, i+1), nil); i++ {
			}
			left = true
		}
	})
	job, err := executor.Start(t.Context(), dataflow.New().Source("in", src), executor.Options{Workers: 2, Alloc: alloc})
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]any
	for rec, err := range job.Batches() {
		if err != nil {
			t.Fatal(err)
		}
		if rows = append(rows, dataflowtest.Rows(rec)...); len(rows) >= 100 {
			break
		}
	}
	want := numbered(alloc, 0, len(rows))
	defer want.Release()
	if d := dataflowtest.Diff(dataflowtest.Rows(want), rows); d != "" {
		t.Error(d)
	}
	if !left {
		t.Error("the iterator was not left")
	}
}
