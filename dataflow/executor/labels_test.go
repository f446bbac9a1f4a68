package executor_test

import (
	"bytes"
	"context"
	"runtime/pprof"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/executor"
)

// TestProfilesNameTheStage: while a stage works its goroutine is labelled with it, on a
// worker and on a map's own ones. The first batch spends the time before which no run is
// labelled.
func TestProfilesNameTheStage(t *testing.T) {
	for _, opts := range [][]dataflow.Option{nil, {dataflow.Workers(2)}} {
		var batches atomic.Int64
		var seen atomic.Pointer[string]
		looks := each{f: func(ctx context.Context, env dataflow.Env, in dataflow.Chunk, emit dataflow.Emit) error {
			switch batches.Add(1) {
			case 1:
				for begun := time.Now(); time.Since(begun) < 2*time.Millisecond; {
					continue
				}
			case 3:
				var b bytes.Buffer
				if err := pprof.Lookup("goroutine").WriteTo(&b, 1); err != nil {
					return err
				}
				text := b.String()
				seen.Store(&text)
			}
			return pass(ctx, env, in, emit)
		}}
		g := dataflow.New()
		g.Source("numbers", numbers{splits: 1, rows: 50, batch: 10}).Map("looks", looks, opts...).Sink("out", &collect{})
		if _, err := executor.Run(t.Context(), g, options(t, 2)); err != nil {
			t.Fatal(err)
		}
		if text := *seen.Load(); !strings.Contains(text, `"stage":"looks"`) || !strings.Contains(text, `"operator":"a function`) {
			t.Errorf("options %v: the stage is not among the labels of\n%s", opts, text)
		}
	}
}
