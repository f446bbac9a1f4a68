package dataflowtest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
)

// CheckPartitioner checks that p sends each row of in to one and the same
// partition, in [0, Env.Partitions), in every shape of the package comment, with
// 1, 2, 7 and 64 partitions. Dictionaries too: a row goes where its values go. A
// partitioner that uses places is only asked to agree with itself over batches
// of one split. A shuffle by it must keep every row. in stays the caller's. The
// first failure is reported.
func CheckPartitioner(t T, p dataflow.Partitioner, in arrow.Record, opts ...Option) {
	t.Helper()
	c := configured(opts)
	if err := guarded(func() error { return p.Check(in.Schema()) }); err != nil {
		t.Errorf("dataflowtest: %s: Check: %v", describe(p), err)
		return
	}
	coded, err := accepted(in, c, p.Check)
	if err != nil {
		t.Errorf("dataflowtest: %s: %v", describe(p), err)
		return
	}
	places, ok := p.(dataflow.PlaceUser)
	byPlace := ok && places.UsesPlace()
	for _, partitions := range []int{1, 2, 7, 64} {
		var first []int32
		for _, s := range shapes(in, c, coded, takesSelection(p), columnsMade(p, in.Schema())) {
			if byPlace {
				s.splits = 1
			}
			got, err := partition(p, in, s, partitions)
			if err == nil && first == nil {
				first = got
			}
			if err == nil && !slices.Equal(first, got) {
				row := 0
				for first[row] == got[row] {
					row++
				}
				err = fmt.Errorf("row %d goes to partition %d, and in whole batches to %d: %s", row, got[row], first[row], formatRow(Rows(in)[row]))
			}
			if err != nil {
				report(t, fmt.Sprintf("%s, %d partitions", describe(p), partitions), s, c.seed, err)
				return
			}
		}
	}
	executePartitioner(t, p, in, c, coded)
}

// partition drives p over one shape. It returns the partition of each row of in.
func partition(p dataflow.Partitioner, in arrow.Record, s shape, partitions int) (to []int32, err error) {
	if s.pruned {
		in = narrowed(in, p.(dataflow.ColumnUser).InColumns(nil))
		defer in.Release()
	}
	to = make([]int32, 0, in.NumRows())
	err = guarded(func() error {
		r, err := newRun(p)
		if err != nil {
			return err
		}
		f, err := newFeed(in, s, r.ledger)
		if err != nil {
			return err
		}
		defer f.close()
		if err := p.Check(f.schema); err != nil {
			return fmt.Errorf("calling Check: %w", err)
		}
		for _, split := range f.pieces() {
			env := r.env(nil)
			env.Partitions = partitions
			route, err := p.NewRouter(f.schema, env)
			if err != nil {
				return fmt.Errorf("calling NewRouter: %w", err)
			}
			for _, piece := range split {
				const unset = -7
				got := slices.Repeat([]int32{unset}, piece.to-piece.from)
				broken, err := f.lend(piece, func(c dataflow.Chunk) error { return route(c, got) })
				if err = errors.Join(broken, err); err != nil {
					return err
				}
				for i, v := range got {
					if v < 0 || int(v) >= partitions {
						return fmt.Errorf("row %d goes to partition %d of %d", piece.from+i, v, partitions)
					}
				}
				to = append(to, got...)
			}
		}
		if err := f.close(); err != nil {
			return err
		}
		return r.settle()
	})
	return to, err
}
