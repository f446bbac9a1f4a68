package dataflowtest

import (
	"fmt"
	"math/rand/v2"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// piecesMost is how many pieces a row-wise operator's input is cut into.
const piecesMost = 40

// checkRowWise checks an operator that says that it is [dataflow.RowWise]: of a
// piece of the rows, by an instance of its own, as though nothing stood before it, it
// makes its part of the answer; and one instance makes the same of all pieces in any
// order.
func checkRowWise(op dataflow.Operator, in arrow.Record, w wanted) error {
	r, ok := op.(dataflow.RowWise)
	if !ok || !r.RowWise() {
		return nil
	}
	rng := rand.New(rand.NewPCG(w.config.seed, 6))
	ends := contiguous(rng, int(in.NumRows()), piecesMost)
	pieces := make([]arrow.Record, len(ends))
	defer func() {
		for _, p := range pieces {
			if p != nil {
				p.Release()
			}
		}
	}()
	parts := make([][][]any, len(ends)) // of the answer
	var all [][]any
	from := 0
	for i, to := range ends {
		pieces[i] = in.NewSlice(int64(from), int64(to))
		from = to
		err := guarded(func() (err error) {
			parts[i], err = made(op, pieces[i], shape{splits: 1, seed: rng.Uint64()})
			return err
		})
		if err != nil {
			return fmt.Errorf("it says that it is row-wise, but of rows up to %d by themselves: %w", to, err)
		}
		all = append(all, parts[i]...)
	}
	if d := diffRows(w.rows, all, w.any || w.config.unordered, w.config.tolerance); d != "" {
		return fmt.Errorf("it says that it is row-wise, but of rows up to %v, each by themselves: %s", ends, d)
	}
	for range 3 {
		var rows []int32
		var want [][]any
		for _, i := range rng.Perm(len(ends)) {
			begin := 0
			if i > 0 {
				begin = ends[i-1]
			}
			for row := begin; row < ends[i]; row++ {
				rows = append(rows, int32(row))
			}
			want = append(want, parts[i]...)
		}
		mixed, err := batch.Take(in, rows, newLedger())
		if err != nil {
			return err
		}
		s := shape{splits: 1 + rng.IntN(2), rows: rng.IntN(3) * max(1, int(in.NumRows())/11), gaps: true, seed: rng.Uint64()}
		err = guarded(func() error {
			got, err := made(op, mixed, s)
			if err != nil {
				return err
			}
			if d := diffRows(want, got, w.any || w.config.unordered, w.config.tolerance); d != "" {
				return fmt.Errorf("%s", d)
			}
			return nil
		})
		mixed.Release()
		if err != nil {
			return fmt.Errorf("it says that it is row-wise, but of rows in another order, %s: %w", s, err)
		}
	}
	return nil
}

// made is what op makes of in in one shape.
func made(op dataflow.Operator, in arrow.Record, s shape) ([][]any, error) {
	r, _, err := driveOperator(op, in, s, trouble{})
	if err != nil {
		return nil, err
	}
	rows := r.rows()
	return rows, r.settle()
}
