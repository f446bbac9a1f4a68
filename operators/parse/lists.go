package parse

import (
	"errors"
	"strings"

	"github.com/arrowmill/arrowmill/operators"
)

// Columns reads a list of columns, as one line of CSV:
//
//	id1, "Origin State", 2020
//
// A bare name has no white space, comma, quote or parenthesis in it; any other stands in
// double quotes, and a " in it is doubled. A text without a name, and a name that comes
// twice, are errors.
func Columns(list string) ([]string, error) {
	parsed, err := read(columnText(), list)
	if err != nil {
		return nil, err
	}
	var names []string
	taken := map[string]bool{}
	for _, n := range parsed.Names {
		column := named(n.Name)
		switch {
		case column == "":
			return nil, failf(list, n.Pos.Offset, "the name of the column is empty")
		case taken[column]:
			return nil, failf(list, n.Pos.Offset, "column %q is named twice", column)
		}
		taken[column] = true
		names = append(names, column)
	}
	return names, nil
}

var (
	columnText    = nameParser[nameList]()
	namedSortText = nameParser[namedSortList]()
	sortText      = exprParser[sortList]()
)

// SortKeys reads a list of columns to sort by, each with asc (what it is without) or desc
// behind it:
//
//	avg desc, id1, "Origin State" asc
//
// Names are as in [Columns]. A key may also be an item of [Aggregates], which stands for
// the column that it is named as: with sum( v1 ) desc, rows go by the column "sum(v1)".
// Then the bare names of the list are those of expressions. A column that comes twice is
// an error.
func SortKeys(list string) ([]operators.SortKey, error) {
	keys, err := namedSortKeys(list)
	var at *Error
	if errors.As(err, &at) && strings.IndexAny(list[at.Offset:], "()") == 0 {
		return computedSortKeys(list)
	}
	return keys, err
}

func namedSortKeys(list string) ([]operators.SortKey, error) {
	parsed, err := read(namedSortText(), list)
	if err != nil {
		return nil, err
	}
	k := sortKeys{text: list}
	for _, key := range parsed.Keys {
		if err := k.add(key.Pos.Offset, named(key.Name), key.Direction); err != nil {
			return nil, err
		}
	}
	return k.keys, nil
}

func computedSortKeys(list string) ([]operators.SortKey, error) {
	parsed, err := read(sortText(), list)
	if err != nil {
		return nil, err
	}
	k, a := sortKeys{text: list}, newAggregation(list)
	for _, item := range parsed.Items {
		var column string
		switch one := item.Expr.single(); {
		case one != nil && one.Number != "":
			column = one.Number
		case one != nil && one.Column != "":
			column = unquoted(one.Column)
		case one != nil && one.Word != nil && one.Word.Call == nil && one.Word.Text == "":
			column = one.Word.Name
		default:
			if column, _, err = a.named(item.Expr); err != nil {
				return nil, err
			}
		}
		if err := k.add(item.Pos.Offset, column, item.Direction); err != nil {
			return nil, err
		}
	}
	return k.keys, nil
}

// sortKeys collects keys.
type sortKeys struct {
	text  string
	keys  []operators.SortKey
	taken map[string]bool
}

func (k *sortKeys) add(at int, column, direction string) error {
	switch {
	case column == "":
		return failf(k.text, at, "the name of the column is empty")
	case k.taken[column]:
		return failf(k.text, at, "column %q is named twice", column)
	case k.taken == nil:
		k.taken = map[string]bool{}
	}
	k.taken[column] = true
	if strings.EqualFold(direction, "desc") {
		k.keys = append(k.keys, operators.Desc(column))
	} else {
		k.keys = append(k.keys, operators.Asc(column))
	}
	return nil
}
