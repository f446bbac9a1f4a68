package executor_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/io/csvio"
)

// apart is a sink that keeps the numbers of each partition.
type apart struct {
	collect
	parts map[int][]int64
	stop  int // numbers after which it has enough; 0: never
	seen  int
}

func (a *apart) Open(context.Context, *arrow.Schema, dataflow.Env) (dataflow.Output, error) {
	a.parts = map[int][]int64{}
	return a, nil
}

func (a *apart) WritePartition(_ context.Context, p int, in dataflow.Chunk) error {
	if a.write != nil {
		if err := a.write(); err != nil {
			return err
		}
	}
	if a.stop > 0 && a.seen >= a.stop {
		return dataflow.ErrStop
	}
	a.seen += in.Rows()
	a.parts[p] = append(a.parts[p], in.Rec.Column(0).(*array.Int64).Int64Values()...)
	return nil
}

func TestPartitionsReachTheSinkApart(t *testing.T) {
	const partitions, rows = 5, 1000
	source := func(g *dataflow.Graph, name string) *dataflow.Stream {
		return g.Source(name, numbers{splits: 10, rows: rows / 10, batch: 7})
	}
	for name, c := range map[string]struct {
		build  func(g *dataflow.Graph) *dataflow.Stream
		copies int
		whole  bool // the order within a partition is that of the numbers
		none   bool // no partitions reach the sink
	}{
		"shuffle": {copies: 1, build: func(g *dataflow.Graph) *dataflow.Stream {
			return source(g, "a").Shuffle("s", modulo{}, dataflow.Partitions(partitions))
		}},
		"in order": {copies: 1, whole: true, build: func(g *dataflow.Graph) *dataflow.Stream {
			s := source(g, "a").Shuffle("s", modulo{}, dataflow.Partitions(partitions))
			s.TreeReduce("wants order", gather{ordered: true}).Sink("beside", &collect{})
			return s
		}},
		"maps": {copies: 1, build: func(g *dataflow.Graph) *dataflow.Stream {
			return source(g, "a").Shuffle("s", modulo{}, dataflow.Partitions(partitions)).
				Map("pass", each{f: pass}).Map("waits", each{f: pass}, dataflow.Workers(2))
		}},
		"union": {copies: 2, build: func(g *dataflow.Graph) *dataflow.Stream {
			return source(g, "a").Shuffle("s", modulo{}, dataflow.Partitions(partitions)).
				Union("u", source(g, "b").Shuffle("r", modulo{}, dataflow.Partitions(partitions)).Map("pass", each{f: pass}))
		}},
		"union of others": {copies: 2, none: true, build: func(g *dataflow.Graph) *dataflow.Stream {
			return source(g, "a").Shuffle("s", modulo{}, dataflow.Partitions(partitions)).Union("u", source(g, "b"))
		}},
		"reduced": {copies: 1, none: true, build: func(g *dataflow.Graph) *dataflow.Stream {
			return source(g, "a").Shuffle("s", modulo{}, dataflow.Partitions(partitions)).TreeReduce("all", gather{})
		}},
		"source": {copies: 1, none: true, build: func(g *dataflow.Graph) *dataflow.Stream { return source(g, "a") }},
	} {
		for _, workers := range workerCounts {
			g, out := dataflow.New(), &apart{}
			c.build(g).Sink("out", out)
			if _, err := executor.Run(t.Context(), g, options(t, workers)); err != nil {
				t.Fatal(err)
			}
			if c.none {
				if len(out.parts) != 0 || len(out.n) != c.copies*rows {
					t.Errorf("%s: %d rows of partitions %v", name, len(out.n), out.parts)
				}
				continue
			}
			if len(out.n) != 0 || out.committed != 1 {
				t.Errorf("%s: %d rows came without a partition, %d commits", name, len(out.n), out.committed)
			}
			for p := range partitions {
				var want []int64
				for n := int64(p); n < rows; n += partitions {
					for range c.copies {
						want = append(want, n)
					}
				}
				got := out.parts[p]
				if !c.whole {
					got = sorted(got)
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s, %d workers: partition %d is %v", name, workers, p, got)
				}
			}
		}
	}
}

func TestPartitionWriterFailsOrHasEnough(t *testing.T) {
	build := func(out dataflow.Sink) *dataflow.Graph {
		g := dataflow.New()
		g.Source("a", numbers{splits: 10, rows: 100, batch: 7}).Shuffle("s", modulo{}, dataflow.Partitions(3)).Sink("out", out)
		return g
	}
	out := &apart{collect: collect{write: func() error { return errBoom }}}
	_, err := executor.Run(t.Context(), build(out), options(t, 3))
	if stage := (*dataflow.StageError)(nil); !errors.As(err, &stage) || stage.Stage != "out" || !errors.Is(err, errBoom) || out.aborted != 1 {
		t.Errorf("got %v, %d aborts", err, out.aborted)
	}
	out = &apart{stop: 100}
	if _, err := executor.Run(t.Context(), build(out), options(t, 3)); err != nil || out.seen < 100 || out.committed != 1 {
		t.Errorf("got %v, %d rows", err, out.seen)
	}
}

// TestFolderByPartitions writes a file a partition.
func TestFolderByPartitions(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "out")
	run := func() error {
		g := dataflow.New()
		g.Source("numbers", numbers{splits: 4, rows: 25, batch: 10}).
			Map("evens", each{f: evens}).
			Shuffle("by n", modulo{}, dataflow.Partitions(4)).
			Sink("out", csvio.Write(folder+"/"))
		_, err := executor.Run(t.Context(), g, options(t, 2))
		return err
	}
	if err := run(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(folder + "/*")
	if err != nil || len(files) != 2 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, p := range []int64{0, 2} {
		b, err := os.ReadFile(fmt.Sprintf("%s/part-%05d.csv", folder, p))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
		var want []string
		for n := p; n < 100; n += 4 {
			want = append(want, fmt.Sprintf("%d,row %d", n, n))
		}
		slices.Sort(want)
		if head := lines[0]; head != "n,text" {
			t.Errorf("the header is %s", head)
		}
		if got := slices.Sorted(slices.Values(lines[1:])); !slices.Equal(got, want) {
			t.Errorf("partition %d: %v", p, got)
		}
	}
	if err := run(); err == nil || !strings.Contains(err.Error(), folder+"/: this folder is not empty") {
		t.Errorf("written again: %v", err)
	}
}
