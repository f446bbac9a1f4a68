package badrows

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/internal/typetext"
)

// Better is the type that a column of type t should have to hold a value that is
// none of t: float64 where t is an integer and value a fraction, else text.
func Better(t arrow.DataType, value string) arrow.DataType {
	if arrow.IsInteger(t.ID()) && strings.Trim(value, "+-.eE0123456789") == "" && strings.ContainsAny(value, ".eE") {
		if _, err := strconv.ParseFloat(value, 64); err == nil {
			return arrow.PrimitiveTypes.Float64
		}
	}
	return arrow.BinaryTypes.String
}

// ToType is how a user says that a column is of a type that [Better] returns, on a
// command line and in Go: --type 'a=text', or Type("a", arrow.BinaryTypes.String).
func ToType(column string, t arrow.DataType) string {
	expression := "arrow.BinaryTypes.String"
	if t.ID() == arrow.FLOAT64 {
		expression = "arrow.PrimitiveTypes.Float64"
	}
	return fmt.Sprintf("%s, or Type(%q, %s)", Flag(column, t), column, expression)
}

// Flag is how a user says so on a command line, in a shell's quotes: --type 'a=text'.
func Flag(column string, t arrow.DataType) string {
	return "--type '" + strings.ReplaceAll(Override(column, t), "'", `'\''`) + "'"
}

// Override is column=type as --type takes it, the column in quotes where it needs
// them.
func Override(column string, t arrow.DataType) string {
	if strings.ContainsAny(column, "=,\" \t\n") || column == "" {
		column = `"` + strings.ReplaceAll(column, `"`, `""`) + `"`
	}
	return column + "=" + typetext.Format(t)
}
