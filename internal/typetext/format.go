package typetext

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
)

// Format is the shortest text that Parse takes back as t, or t.String() where
// there is none.
func Format(t arrow.DataType) string {
	if name, ok := nameOf(t); ok {
		return name
	}
	switch t := t.(type) {
	case *arrow.Time32Type:
		return "time[" + t.Unit.String() + "]"
	case *arrow.Time64Type:
		return "time[" + t.Unit.String() + "]"
	case *arrow.TimestampType:
		if t.TimeZone != "" {
			return "timestamp[" + t.Unit.String() + ", " + t.TimeZone + "]"
		}
		return "timestamp[" + t.Unit.String() + "]"
	case *arrow.DurationType:
		return "duration[" + t.Unit.String() + "]"
	case *arrow.Decimal128Type:
		if t.Scale == 0 {
			return fmt.Sprintf("decimal(%d)", t.Precision)
		}
		return fmt.Sprintf("decimal(%d,%d)", t.Precision, t.Scale)
	case *arrow.ListType:
		if arrow.TypeEqual(t, arrow.ListOf(t.Elem()), arrow.CheckMetadata()) {
			return "list(" + Format(t.Elem()) + ")"
		}
	}
	return t.String()
}

// nameOf is the name of a type that needs no arguments.
func nameOf(t arrow.DataType) (string, bool) {
	for _, n := range names {
		if n.is != nil && arrow.TypeEqual(n.is, t) {
			return n.text, true
		}
	}
	return "", false
}
