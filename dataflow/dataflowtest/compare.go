package dataflowtest

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
)

// Diff compares the rows of two answers, as [Rows] gives them, and returns the
// empty string or the first rows that differ, with what is wanted before what
// was got. Options Unordered and Tolerance apply.
func Diff(want, got [][]any, opts ...Option) string {
	c := configured(opts)
	return diffRows(want, got, c.unordered, c.tolerance)
}

// diffShown is how many differing rows are printed.
const diffShown = 6

func diffRows(want, got [][]any, unordered bool, tolerance float64) string {
	if unordered {
		want, got = sorted(want), sorted(got)
		if tolerance == 0 {
			return diffSorted(want, got)
		}
	}
	var b strings.Builder
	shown := 0
	for i := range max(len(want), len(got)) {
		if i < len(want) && i < len(got) && sameRow(want[i], got[i], tolerance) {
			continue
		}
		if shown++; shown > diffShown {
			b.WriteString("  …\n")
			break
		}
		if i < len(want) {
			fmt.Fprintf(&b, "  row %d: want %s\n", i, formatRow(want[i]))
		}
		if i < len(got) {
			fmt.Fprintf(&b, "  row %d: got  %s\n", i, formatRow(got[i]))
		}
	}
	return headed(&b, len(want), len(got))
}

// diffSorted lists what only one of two sorted answers has.
func diffSorted(want, got [][]any) string {
	var b strings.Builder
	shown, i, j := 0, 0, 0
	for i < len(want) || j < len(got) {
		order := 0
		switch {
		case i == len(want):
			order = 1
		case j == len(got):
			order = -1
		default:
			order = compareRows(want[i], got[j])
		}
		if order == 0 {
			i, j = i+1, j+1
			continue
		}
		if shown++; shown > diffShown {
			b.WriteString("  …\n")
			break
		}
		if order < 0 {
			fmt.Fprintf(&b, "  missing:  %s\n", formatRow(want[i]))
			i++
		} else {
			fmt.Fprintf(&b, "  unwanted: %s\n", formatRow(got[j]))
			j++
		}
	}
	return headed(&b, len(want), len(got))
}

func headed(b *strings.Builder, want, got int) string {
	if b.Len() == 0 {
		return ""
	}
	return fmt.Sprintf("rows differ (%d wanted, %d got):\n%s", want, got, strings.TrimSuffix(b.String(), "\n"))
}

func sorted(rows [][]any) [][]any {
	rows = slices.Clone(rows)
	slices.SortFunc(rows, compareRows)
	return rows
}

func sameRow(a, b []any, tolerance float64) bool {
	return len(a) == len(b) && !slices.ContainsFunc(indices(a), func(i int) bool { return !same(a[i], b[i], tolerance) })
}

func indices(row []any) []int {
	at := make([]int, len(row))
	for i := range at {
		at[i] = i
	}
	return at
}

// same compares two values of Rows.
func same(a, b any, tolerance float64) bool {
	switch x := a.(type) {
	case nil:
		return b == nil
	case int64:
		return a == b
	case string:
		return a == b
	case float64:
		y, ok := b.(float64)
		return ok && sameFloat(x, y, tolerance)
	case float32:
		y, ok := b.(float32)
		return ok && sameFloat(float64(x), float64(y), tolerance)
	case time.Time:
		y, ok := b.(time.Time)
		return ok && x.Equal(y)
	case []any:
		y, ok := b.([]any)
		return ok && sameRow(x, y, tolerance)
	}
	return reflect.DeepEqual(a, b)
}

func sameFloat(x, y, tolerance float64) bool {
	switch {
	case x != x || y != y:
		return x != x && y != y
	case tolerance == 0:
		return math.Float64bits(x) == math.Float64bits(y)
	case x == y:
		return true
	case math.IsInf(x, 0) || math.IsInf(y, 0):
		return false
	}
	return math.Abs(x-y) <= tolerance*max(math.Abs(x), math.Abs(y))
}

// compareRows orders rows, by what is not a float first, so that answers that
// differ by rounding stand in one order.
func compareRows(a, b []any) int {
	for _, floats := range [...]bool{false, true} {
		for i := range min(len(a), len(b)) {
			if (isFloat(a[i]) || isFloat(b[i])) != floats {
				continue
			}
			if c := compareValues(a[i], b[i]); c != 0 {
				return c
			}
		}
	}
	return cmp.Compare(len(a), len(b))
}

func isFloat(v any) bool {
	switch v.(type) {
	case float32, float64:
		return true
	}
	return false
}

// compareValues is a total order over values of Rows: 0 where they are the same.
func compareValues(a, b any) int {
	switch x := a.(type) {
	case nil:
		if b == nil {
			return 0
		}
	case float64:
		if y, ok := b.(float64); ok {
			return compareFloats(x, y)
		}
	case float32:
		if y, ok := b.(float32); ok {
			return compareFloats(float64(x), float64(y))
		}
	case int64:
		if y, ok := b.(int64); ok {
			return cmp.Compare(x, y)
		}
	case int32:
		if y, ok := b.(int32); ok {
			return cmp.Compare(x, y)
		}
	case string:
		if y, ok := b.(string); ok {
			return cmp.Compare(x, y)
		}
	case []byte:
		if y, ok := b.([]byte); ok {
			return bytes.Compare(x, y)
		}
	case time.Time:
		if y, ok := b.(time.Time); ok {
			return x.Compare(y)
		}
	case []any:
		if y, ok := b.([]any); ok {
			return slices.CompareFunc(x, y, compareValues)
		}
	}
	if same(a, b, 0) {
		return 0
	}
	return cmp.Compare(fmt.Sprintf("%T %v", a, a), fmt.Sprintf("%T %v", b, b))
}

func compareFloats(x, y float64) int {
	if c := cmp.Compare(x, y); c != 0 || x != 0 {
		return c
	}
	return cmp.Compare(math.Float64bits(y), math.Float64bits(x)) // -0 before 0
}

// formatRow prints strings quoted and types where they are not plain.
func formatRow(row []any) string {
	parts := make([]string, len(row))
	for i, v := range row {
		switch x := v.(type) {
		case nil:
			parts[i] = "null"
		case string:
			parts[i] = fmt.Sprintf("%q", x)
		case []byte:
			parts[i] = fmt.Sprintf("%x", x)
		case []any:
			parts[i] = formatRow(x)
		case float32, float64:
			parts[i] = fmt.Sprintf("%v", x)
		case time.Time:
			parts[i] = x.Format(time.RFC3339Nano)
		default:
			parts[i] = fmt.Sprint(x)
		}
	}
	return "[" + strings.Join(parts, " ") + "]"
}

// schemaDiff compares names and types, and where nullable is set, nullability.
// With decoded, a dictionary is as good as its values.
func schemaDiff(want, got *arrow.Schema, nullable, decoded bool) string {
	differ := want.NumFields() != got.NumFields()
	for i := 0; !differ && i < want.NumFields(); i++ {
		w, g := want.Field(i), got.Field(i)
		differ = w.Name != g.Name || !sameType(w.Type, g.Type, decoded) || nullable && w.Nullable != g.Nullable
	}
	if !differ {
		return ""
	}
	return fmt.Sprintf("columns (%s) wanted, (%s) got", formatSchema(want, nullable), formatSchema(got, nullable))
}

func sameType(a, b arrow.DataType, decoded bool) bool {
	if decoded {
		a, b = decodedType(a), decodedType(b)
	}
	return arrow.TypeEqual(a, b)
}

func decodedType(t arrow.DataType) arrow.DataType {
	if d, ok := t.(*arrow.DictionaryType); ok {
		return d.ValueType
	}
	return t
}

func formatSchema(s *arrow.Schema, nullable bool) string {
	parts := make([]string, s.NumFields())
	for i, f := range s.Fields() {
		parts[i] = f.Name + " " + f.Type.String()
		if nullable && !f.Nullable {
			parts[i] += " not null"
		}
	}
	return strings.Join(parts, ", ")
}
