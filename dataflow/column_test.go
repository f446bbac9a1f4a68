package dataflow_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
)

func TestColumn(t *testing.T) {
	named := func(names ...string) *arrow.Schema {
		var fields []arrow.Field
		for _, n := range names {
			fields = append(fields, arrow.Field{Name: n, Type: arrow.PrimitiveTypes.Int64})
		}
		return arrow.NewSchema(fields, nil)
	}
	if i, err := dataflow.Column(named("a", "Größe $", "b"), "b"); i != 2 || err != nil {
		t.Errorf("b is column %d (%v)", i, err)
	}
	var many []string
	for i := range 5000 {
		many = append(many, fmt.Sprint("c", i))
	}
	for want, schema := range map[string]*arrow.Schema{
		`no column "x": there are no columns`:                            named(),
		`no column "x": there are a, Größe $, "tab\there", "\x00"`:       named("a", "Größe $", "tab\there", "\x00"),
		"there are " + strings.Join(many[:50], ", ") + ", … (4950 more)": named(many...),
	} {
		if _, err := dataflow.Column(schema, "x"); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
