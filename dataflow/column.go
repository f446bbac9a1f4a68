package dataflow

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/apache/arrow/go/v17/arrow"
)

// namesMost is how many names an error lists: more are no help.
const namesMost = 50

// Column is the index of the named column of schema, or an error that lists the
// columns that there are.
func Column(schema *arrow.Schema, name string) (int, error) {
	if at := schema.FieldIndices(name); len(at) > 0 {
		return at[0], nil
	}
	var names []string
	for i, f := range schema.Fields() {
		if i == namesMost {
			names = append(names, fmt.Sprintf("… (%d more)", schema.NumFields()-namesMost))
			break
		}
		names = append(names, printable(f.Name))
	}
	if len(names) == 0 {
		return 0, fmt.Errorf("no column %q: there are no columns", name)
	}
	return 0, fmt.Errorf("no column %q: there are %s", name, strings.Join(names, ", "))
}

// printable is a name as it is, in quotes where a terminal would not show it.
func printable(name string) string {
	if strings.IndexFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) >= 0 {
		return strconv.Quote(name)
	}
	return name
}
