package typetext_test

import (
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/internal/typetext"
)

var dictionary = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}

func TestParse(t *testing.T) {
	for text, want := range map[string]arrow.DataType{
		"bool": arrow.FixedWidthTypes.Boolean, "BOOLEAN": arrow.FixedWidthTypes.Boolean,
		"int": arrow.PrimitiveTypes.Int64, "int8": arrow.PrimitiveTypes.Int8, "uint": arrow.PrimitiveTypes.Uint64,
		"float": arrow.PrimitiveTypes.Float64, "double": arrow.PrimitiveTypes.Float64, "float32": arrow.PrimitiveTypes.Float32,
		"text": arrow.BinaryTypes.String, "string": arrow.BinaryTypes.String, " utf8 ": arrow.BinaryTypes.String,
		"large_utf8": arrow.BinaryTypes.LargeString,
		"date":       arrow.FixedWidthTypes.Date32, "date32": arrow.FixedWidthTypes.Date32, "date64": arrow.FixedWidthTypes.Date64,
		"time": arrow.FixedWidthTypes.Time64us, "time[s]": arrow.FixedWidthTypes.Time32s, "time(ms)": arrow.FixedWidthTypes.Time32ms,
		"time [ ns ]":                     arrow.FixedWidthTypes.Time64ns,
		"timestamp":                       &arrow.TimestampType{Unit: arrow.Microsecond},
		"timestamp[ms]":                   &arrow.TimestampType{Unit: arrow.Millisecond},
		"timestamp[ns, UTC]":              &arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "UTC"},
		"timestamp[us, tz=+02:00]":        &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "+02:00"},
		"Timestamp[s,Europe/Madrid]":      &arrow.TimestampType{Unit: arrow.Second, TimeZone: "Europe/Madrid"},
		"duration":                        arrow.FixedWidthTypes.Duration_us,
		"duration[s]":                     arrow.FixedWidthTypes.Duration_s,
		"decimal(12, 2)":                  &arrow.Decimal128Type{Precision: 12, Scale: 2},
		"decimal(38)":                     &arrow.Decimal128Type{Precision: 38},
		"dictionary":                      dictionary,
		"null":                            arrow.Null,
		"list(int64)":                     arrow.ListOf(arrow.PrimitiveTypes.Int64),
		"list(list(timestamp[ms, UTC]) )": arrow.ListOf(arrow.ListOf(&arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "UTC"})),
	} {
		got, err := typetext.Parse(text)
		if err != nil || !arrow.TypeEqual(got, want) {
			t.Errorf("%q is %v (%v), want %v", text, got, err, want)
		}
	}
}

func TestFormat(t *testing.T) {
	types := []arrow.DataType{
		arrow.Null, arrow.FixedWidthTypes.Boolean, arrow.FixedWidthTypes.Float16, dictionary,
		arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64,
		arrow.BinaryTypes.String, arrow.BinaryTypes.LargeString, arrow.BinaryTypes.Binary, arrow.BinaryTypes.LargeBinary,
		arrow.FixedWidthTypes.Date32, arrow.FixedWidthTypes.Date64,
		&arrow.Decimal128Type{Precision: 38, Scale: 38}, &arrow.Decimal128Type{Precision: 9}, &arrow.Decimal128Type{Precision: 9, Scale: -3},
	}
	types = append(types, arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64,
		arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Uint64)
	for u := arrow.Second; u <= arrow.Nanosecond; u++ {
		types = append(types, &arrow.TimestampType{Unit: u}, &arrow.TimestampType{Unit: u, TimeZone: "Asia/Kolkata"}, &arrow.DurationType{Unit: u})
		if u <= arrow.Millisecond {
			types = append(types, &arrow.Time32Type{Unit: u})
		} else {
			types = append(types, &arrow.Time64Type{Unit: u})
		}
	}
	for _, of := range types {
		for _, want := range []arrow.DataType{of, arrow.ListOf(of), arrow.ListOf(arrow.ListOf(of))} {
			text := typetext.Format(want)
			got, err := typetext.Parse(text)
			if err != nil || !arrow.TypeEqual(got, want) {
				t.Errorf("%v is written %q, which is %v (%v)", want, text, got, err)
			}
		}
	}
	for want, of := range map[string]arrow.DataType{
		"text": arrow.BinaryTypes.String, "timestamp": &arrow.TimestampType{Unit: arrow.Microsecond}, "date": arrow.FixedWidthTypes.Date32,
		"decimal(12,2)": &arrow.Decimal128Type{Precision: 12, Scale: 2}, "decimal(9)": &arrow.Decimal128Type{Precision: 9},
		"struct<a: int64>":  arrow.StructOf(arrow.Field{Name: "a", Type: arrow.PrimitiveTypes.Int64}),
		"list<item: int64>": arrow.ListOfNonNullable(arrow.PrimitiveTypes.Int64),
	} {
		if got := typetext.Format(of); got != want {
			t.Errorf("%v is written %q, want %q", of, got, want)
		}
	}
}

func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		"intt":                `there is no type "intt"; the types are bool, int8,`,
		"":                    `there is no type ""`,
		"list(intt)":          `there is no type "intt"`,
		"int64(3)":            "takes no arguments",
		"decimal":             "write decimal(digits, behind the point)",
		"list":                "write list(type)",
		"decimal(39)":         `"39" is no number of digits from 1 to 38`,
		"decimal(5,6)":        `"6" is no number of digits behind the point, of 5`,
		"decimal(5,1,1)":      "not 3 arguments",
		"decimal(5,2":         "a bracket is not closed",
		"timestamp[ms)":       "a bracket is not closed",
		"timestamp[h]":        `there is no unit "h"`,
		"timestamp[]":         `there is no unit ""`,
		"timestamp[ms,]":      "the zone is empty",
		"timestamp[ms, Here]": `there is no time zone "Here"`,
		"timestamp[ms,UTC,1]": "not 3 arguments",
		"time[s,ms]":          "one unit is wanted",
		"duration[x]":         `there is no unit "x"`,
		strings.Repeat("list(", 100) + "int" + strings.Repeat(")", 100): "more than 32 deep",
	} {
		if got, err := typetext.Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is %v, %v, want an error with %q", text, got, err, want)
		}
	}
	_, err := typetext.Parse("number")
	for _, name := range []string{"bool", "uint64", "text", "timestamp", "decimal(", "dictionary", "list(", "null"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%v does not list %s", err, name)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"int", "list(decimal(3,1))", "timestamp[ms, UTC]", "((", "["} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := typetext.Parse(text)
		if err != nil {
			return
		}
		if again, err := typetext.Parse(typetext.Format(got)); err != nil || !arrow.TypeEqual(got, again) {
			t.Errorf("%q is %v, written %q, which is %v (%v)", text, got, typetext.Format(got), again, err)
		}
	})
}
