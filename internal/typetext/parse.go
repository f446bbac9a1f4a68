package typetext

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
)

// name is a name that a type may have.
type name struct {
	text string
	is   arrow.DataType                              // without arguments; nil: it needs some
	with func(args []string) (arrow.DataType, error) // nil: it takes none
	hint string                                      // what the arguments are
}

// names has the names that messages list, in that order. Lists, whose argument
// is a type, are read by parse itself.
var names = []name{
	{text: "bool", is: arrow.FixedWidthTypes.Boolean},
	{text: "int8", is: arrow.PrimitiveTypes.Int8},
	{text: "int16", is: arrow.PrimitiveTypes.Int16},
	{text: "int32", is: arrow.PrimitiveTypes.Int32},
	{text: "int64", is: arrow.PrimitiveTypes.Int64},
	{text: "uint8", is: arrow.PrimitiveTypes.Uint8},
	{text: "uint16", is: arrow.PrimitiveTypes.Uint16},
	{text: "uint32", is: arrow.PrimitiveTypes.Uint32},
	{text: "uint64", is: arrow.PrimitiveTypes.Uint64},
	{text: "float16", is: arrow.FixedWidthTypes.Float16},
	{text: "float32", is: arrow.PrimitiveTypes.Float32},
	{text: "float64", is: arrow.PrimitiveTypes.Float64},
	{text: "text", is: arrow.BinaryTypes.String},
	{text: "large_text", is: arrow.BinaryTypes.LargeString},
	{text: "binary", is: arrow.BinaryTypes.Binary},
	{text: "large_binary", is: arrow.BinaryTypes.LargeBinary},
	{text: "date", is: arrow.FixedWidthTypes.Date32},
	{text: "date64", is: arrow.FixedWidthTypes.Date64},
	{text: "time", is: arrow.FixedWidthTypes.Time64us, with: timeOf, hint: "[unit]"},
	{text: "timestamp", is: &arrow.TimestampType{Unit: arrow.Microsecond}, with: timestampOf, hint: "[unit, zone]"},
	{text: "duration", is: arrow.FixedWidthTypes.Duration_us, with: durationOf, hint: "[unit]"},
	{text: "decimal", with: decimalOf, hint: "(digits, behind the point)"},
	{text: "dictionary", is: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}},
	{text: "list", hint: "(type)"},
	{text: "null", is: arrow.Null},
}

// synonyms are other names that are understood.
var synonyms = map[string]string{
	"boolean": "bool", "int": "int64", "uint": "uint64", "float": "float64", "double": "float64",
	"string": "text", "str": "text", "utf8": "text", "large_string": "large_text", "large_utf8": "large_text",
	"date32": "date", "datetime": "timestamp",
}

// Parse reads the name of a type, as the package comment lists them. Its error
// lists the names there are.
func Parse(text string) (arrow.DataType, error) {
	return parse(text, 0)
}

// nestingMost is how deep lists may be in each other.
const nestingMost = 32

func parse(text string, depth int) (arrow.DataType, error) {
	if depth > nestingMost {
		return nil, fmt.Errorf("a type has lists within lists, more than %d deep", nestingMost)
	}
	head, inner, hasArgs, ok := cut(strings.TrimSpace(text))
	if !ok {
		return nil, fmt.Errorf("type %q: a bracket is not closed by its own kind at the end: write decimal(12,2), timestamp[ms], list(text)", text)
	}
	key := strings.ToLower(head)
	if s, ok := synonyms[key]; ok {
		key = s
	}
	for _, n := range names {
		switch {
		case n.text != key:
		case key == "list" && hasArgs:
			elem, err := parse(inner, depth+1)
			if err != nil {
				return nil, err
			}
			return arrow.ListOf(elem), nil
		case !hasArgs && n.is != nil:
			return n.is, nil
		case !hasArgs:
			return nil, fmt.Errorf("type %q: write %s%s", text, n.text, n.hint)
		case n.with == nil:
			return nil, fmt.Errorf("type %q: %s takes no arguments", text, n.text)
		default:
			t, err := n.with(split(inner))
			if err != nil {
				return nil, fmt.Errorf("type %q: %w", text, err)
			}
			return t, nil
		}
	}
	return nil, fmt.Errorf("there is no type %q; the types are %s", text, listed())
}

// cut parts name(args) or name[args].
func cut(text string) (head, inner string, hasArgs, ok bool) {
	i := strings.IndexAny(text, "([")
	if i < 0 {
		return text, "", false, true
	}
	last := text[len(text)-1]
	if text[i] == '(' && last != ')' || text[i] == '[' && last != ']' {
		return "", "", false, false
	}
	return strings.TrimSpace(text[:i]), text[i+1 : len(text)-1], true, true
}

func split(inner string) []string {
	args := strings.Split(inner, ",")
	for i, a := range args {
		args[i] = strings.TrimSpace(a)
	}
	return args
}

func listed() string {
	parts := make([]string, len(names))
	for i, n := range names {
		if parts[i] = n.text; n.is == nil {
			parts[i] += n.hint
		}
	}
	return strings.Join(parts, ", ")
}

func unitOf(text string) (arrow.TimeUnit, error) {
	for u := arrow.Second; u <= arrow.Nanosecond; u++ {
		if u.String() == text {
			return u, nil
		}
	}
	return 0, fmt.Errorf("there is no unit %q; the units are s, ms, us and ns", text)
}

func timeOf(args []string) (arrow.DataType, error) {
	u, err := onlyUnit(args)
	if err != nil {
		return nil, err
	}
	if u == arrow.Second || u == arrow.Millisecond {
		return &arrow.Time32Type{Unit: u}, nil
	}
	return &arrow.Time64Type{Unit: u}, nil
}

func durationOf(args []string) (arrow.DataType, error) {
	u, err := onlyUnit(args)
	if err != nil {
		return nil, err
	}
	return &arrow.DurationType{Unit: u}, nil
}

func onlyUnit(args []string) (arrow.TimeUnit, error) {
	if len(args) != 1 {
		return 0, fmt.Errorf("one unit is wanted (s, ms, us or ns), not %d", len(args))
	}
	return unitOf(args[0])
}

func timestampOf(args []string) (arrow.DataType, error) {
	if len(args) > 2 {
		return nil, fmt.Errorf("a unit and a zone are wanted, not %d arguments", len(args))
	}
	u, err := unitOf(args[0])
	if err != nil {
		return nil, err
	}
	t := &arrow.TimestampType{Unit: u}
	if len(args) == 2 {
		t.TimeZone = strings.TrimPrefix(args[1], "tz=") // as Arrow writes it
		if t.TimeZone == "" {
			return nil, fmt.Errorf("the zone is empty: name one, or leave out the comma for a timestamp without a zone")
		}
		if _, err := t.GetZone(); err != nil {
			return nil, fmt.Errorf("there is no time zone %q on this machine: write UTC, a name like Europe/Madrid or an offset like +02:00: %w", t.TimeZone, err)
		}
	}
	return t, nil
}

func decimalOf(args []string) (arrow.DataType, error) {
	if len(args) > 2 {
		return nil, fmt.Errorf("digits, and how many of them stand behind the point, are wanted, not %d arguments", len(args))
	}
	digits, err := strconv.ParseInt(args[0], 10, 32)
	if err != nil || digits < 1 || digits > 38 {
		return nil, fmt.Errorf("%q is no number of digits from 1 to 38", args[0])
	}
	var scale int64
	if len(args) == 2 {
		if scale, err = strconv.ParseInt(args[1], 10, 32); err != nil || scale < -38 || scale > digits {
			return nil, fmt.Errorf("%q is no number of digits behind the point, of %d", args[1], digits)
		}
	}
	return &arrow.Decimal128Type{Precision: int32(digits), Scale: int32(scale)}, nil
}
