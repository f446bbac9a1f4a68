package operators

import (
	"errors"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// heldBytes is what holding rec costs beside before, the batch that was held
// last or nil: a dictionary that the two share costs nothing more.
func heldBytes(rec, before arrow.Record) int64 {
	n := batch.Bytes(rec)
	if before == nil {
		return n
	}
	for i, col := range rec.Columns() {
		coded, ok := col.(*array.Dictionary)
		if ok && col.Data().Dictionary() == before.Column(i).Data().Dictionary() {
			n -= batch.ArrayBytes(coded.Dictionary())
		}
	}
	return n
}

// reserveOr reserves bytes; where the budget has none left, it lets state go by
// drain and asks again.
func reserveOr(env dataflow.Env, bytes int64, drain func() error) error {
	err := env.Reserve(bytes)
	if err == nil || !errors.Is(err, dataflow.ErrBudget) {
		return err
	}
	if drainErr := drain(); drainErr != nil {
		return errors.Join(err, drainErr)
	}
	return env.Reserve(bytes)
}
