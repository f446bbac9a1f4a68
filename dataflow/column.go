package dataflow

import (
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
)

// Column is the index of the named column of schema, or an error that lists the
// columns that there are.
func Column(schema *arrow.Schema, name string) (int, error) {
	if at := schema.FieldIndices(name); len(at) > 0 {
		return at[0], nil
	}
	names := make([]string, schema.NumFields())
	for i, f := range schema.Fields() {
		names[i] = f.Name
	}
	if len(names) == 0 {
		return 0, fmt.Errorf("no column %q: there are no columns", name)
	}
	return 0, fmt.Errorf("no column %q: there are %s", name, strings.Join(names, ", "))
}
