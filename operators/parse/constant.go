package parse

import (
	"context"
	"regexp"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/typetext"
	"github.com/arrowmill/arrowmill/operators/expr"
)

// constant is a text as a constant of a type: date '2020-01-31'. It is the text's cast,
// which is tried here, so that an error has its place.
func (b *builder) constant(at int, typeName, text string) (expr.Expr, error) {
	t, err := typetext.Parse(typeName)
	if err != nil {
		return expr.Expr{}, b.fail(at, "%s does not belong before a text: %v", typeName, err)
	}
	if arrow.TypeEqual(t, timestamp) {
		t = timestampOf(text)
	}
	b.reworded = true
	e := expr.Lit(text).Cast(t)
	if tried(e) != nil {
		return expr.Expr{}, b.fail(at, "'%s' is no %s%s", text, typetext.Format(t), forms[t.ID()])
	}
	return e, nil
}

// forms are how texts of a type are written.
var forms = map[arrow.Type]string{
	arrow.DATE32:    ": write date '2020-01-31'",
	arrow.TIMESTAMP: ": write timestamp '2020-01-31 10:00:00' or timestamp '2020-01-31T10:00:00Z'",
	arrow.TIME64:    ": write time '10:00:00'",
}

var (
	timestamp = &arrow.TimestampType{Unit: arrow.Microsecond}
	offset    = regexp.MustCompile(`([zZ]|[+-][0-9]{2}:?[0-9]{2})$`)
	nanos     = regexp.MustCompile(`\.[0-9]{7,}`)
)

// timestampOf is the type of a timestamp by its text: an instant where that ends in an
// offset from UTC, and in nanoseconds where it has a fraction of more than six digits.
func timestampOf(text string) arrow.DataType {
	t := &arrow.TimestampType{Unit: timestamp.Unit}
	if offset.MatchString(text) {
		t.TimeZone = "UTC"
	}
	if nanos.MatchString(text) {
		t.Unit = arrow.Nanosecond
	}
	return t
}

// tried is the error that computing an expression without columns ends with.
func tried(e expr.Expr) error {
	row := array.NewRecord(arrow.NewSchema(nil, nil), nil, 1)
	defer row.Release()
	value, err := e.Eval(context.Background(), dataflow.Chunk{Rec: row}, memory.DefaultAllocator)
	if err != nil {
		return err
	}
	value.Release()
	return nil
}
