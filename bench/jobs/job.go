package jobs

import (
	"fmt"
	"iter"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/bench/answer"
	"github.com/arrowmill/arrowmill/dataflow"
)

// Job is a question to a table.
type Job struct {
	Name   string
	About  string
	Tables []string // that it can be asked of

	// Declare is the graph from the table to the answer, whose first Keys columns
	// are the key of a row.
	Declare func(table *dataflow.Stream) *dataflow.Stream
	Keys    int
	Lists   int // a list of the answer is so many values
}

// All are the jobs.
func All() []Job { return append(questions(), others()...) }

// Find is the job of a name.
func Find(name string) (Job, error) {
	for _, j := range All() {
		if j.Name == name {
			return j, nil
		}
	}
	return Job{}, fmt.Errorf("no job %q", name)
}

// Rows are the rows of the batches of the job's answer.
func (j Job) Rows(batches iter.Seq2[arrow.Record, error]) answer.Rows {
	return func(yield func(answer.Row, error) bool) {
		var key []byte
		var values []answer.Value
		for rec, err := range batches {
			if err != nil {
				yield(answer.Row{}, err)
				return
			}
			for r := range int(rec.NumRows()) {
				key, values = key[:0], values[:0]
				for c, col := range rec.Columns() {
					switch {
					case c >= j.Keys:
						values, err = j.appendValues(values, col, r)
					case c > 0:
						key, err = appendKey(append(key, ','), col, r)
					default:
						key, err = appendKey(key, col, r)
					}
					if err != nil {
						yield(answer.Row{}, fmt.Errorf("column %q of the answer: %w", rec.ColumnName(c), err))
						return
					}
				}
				if !yield(answer.Row{Key: string(key), Values: values}, nil) {
					return
				}
			}
		}
	}
}

func appendKey(key []byte, col arrow.Array, r int) ([]byte, error) {
	if col.IsNull(r) {
		return key, nil
	}
	switch col := col.(type) {
	case *array.String:
		return append(key, col.Value(r)...), nil
	case *array.Int64:
		return strconv.AppendInt(key, col.Value(r), 10), nil
	}
	return nil, fmt.Errorf("a key of type %s", col.DataType())
}

func (j Job) appendValues(values []answer.Value, col arrow.Array, r int) ([]answer.Value, error) {
	if list, ok := col.(*array.List); ok {
		var from, to int64
		if list.IsValid(r) {
			from, to = list.ValueOffsets(r)
		}
		for i := range int64(j.Lists) {
			v := answer.Value{}
			if from+i < to {
				var err error
				if v, err = value(list.ListValues(), int(from+i)); err != nil {
					return nil, err
				}
			}
			values = append(values, v)
		}
		if to-from > int64(j.Lists) {
			return nil, fmt.Errorf("a list of %d values", to-from)
		}
		return values, nil
	}
	v, err := value(col, r)
	return append(values, v), err
}

func value(col arrow.Array, r int) (answer.Value, error) {
	if col.IsNull(r) {
		return answer.Value{}, nil
	}
	switch col := col.(type) {
	case *array.Int64:
		return answer.Whole(col.Value(r)), nil
	case *array.Float64:
		return answer.Real(col.Value(r)), nil
	}
	return answer.Value{}, fmt.Errorf("a value of type %s", col.DataType())
}
