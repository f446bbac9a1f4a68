package parquetio

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
)

// newValues is the decoder of a flat column to arrays of type t, nil where there is
// none.
func newValues(c *fileColumn, t arrow.DataType, env *dataflow.Env) values {
	if d, ok := t.(*arrow.DictionaryType); ok {
		return &dictionaryColumn{t: d, env: env}
	}
	if t.ID() == arrow.NULL {
		return nulls{}
	}
	switch c.physical {
	case physicalBool:
		if t.ID() == arrow.BOOL {
			return &bools{env: env}
		}
	case physicalBytes:
		switch t.ID() {
		case arrow.STRING, arrow.BINARY:
			return newBytesColumn[int32](t, env)
		case arrow.LARGE_STRING, arrow.LARGE_BINARY:
			return newBytesColumn[int64](t, env)
		}
	}
	if conv, width, ok := converterOf(c.physical, c.length, t); ok {
		return &fixed{
			t: t, physical: c.physical, width: width, stored: storedBytes(c.physical, c.length), convert: conv,
			env: env, dict: scratch{env: env},
		}
	}
	return nil
}

// nulls are the values of a column that has none.
type nulls struct{}

var _ values = nulls{}

func (nulls) dictionary(*page) error { return nil }
func (nulls) page(*page) error       { return nil }
func (nulls) begin(rows int) int     { return rows }
func (nulls) full() bool             { return false }
func (nulls) drop()                  {}
func (nulls) close()                 {}

func (nulls) skip(int) (bool, error) { return false, nil }

// read finds a value where there can be none.
func (nulls) read(_, _, present int, _ []byte) error {
	if present > 0 {
		return errNotNull
	}
	return nil
}

func (nulls) end(rows int, _ *memory.Buffer, _ int) (arrow.Array, error) {
	return array.NewNull(rows), nil
}
