package csvio

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
)

// Columns of text that were asked for are codes, others are as they were; one
// dictionary goes through all chunks of all splits while nothing new is met.
func TestCoded(t *testing.T) {
	var text bytes.Buffer
	text.WriteString("name,other,n\n")
	for i := range 20_000 {
		fmt.Fprintf(&text, "name %d,other %d,%d\n", i%100, i%7, i)
	}
	plain := Scan(write(t, "f.csv", text.Bytes()))
	s := plain.Coded([]string{"name", "n"}).(*Source).Coded([]string{"gone"}).(*Source)
	schema, err := s.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := arrow.NewSchema([]arrow.Field{
		{Name: "name", Type: dictionary, Nullable: true}, {Name: "other", Type: arrow.BinaryTypes.String, Nullable: true}, {Name: "n", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
	}, nil)
	if !schema.Equal(want) {
		t.Fatalf("the schema is %v, want %v", schema, want)
	}
	same(t, "as codes", read(t, s, 10_000, 500, nil, false).rows, read(t, plain, 10_000, 500, nil, false).rows)

	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	reserved := int64(0)
	e := dataflow.Env{
		Alloc: alloc, Reserve: func(n int64) error { reserved += n; return nil }, Advance: func(int64) {},
		Warn: func(dataflow.Warning) {}, BatchRows: 500,
	}
	sh, err := s.Share(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	e.Shared = sh
	splits, err := s.Splits(t.Context(), 10_000, e)
	if err != nil {
		t.Fatal(err)
	}
	first := map[*byte]bool{}
	for _, split := range splits {
		for c, err := range s.Read(t.Context(), split, e) {
			if err != nil {
				t.Fatal(err)
			}
			d := c.Rec.Column(0).(*array.Dictionary).Dictionary()
			first[&d.Data().Buffers()[2].Bytes()[0]] = true
			c.Rec.Release()
		}
		if reserved == 0 {
			t.Error("nothing is reserved for what was learnt")
		}
	}
	if len(first) != 1 || len(splits) < 10 {
		t.Errorf("%d dictionaries in %d splits", len(first), len(splits))
	}
	if err := sh.Close(); err != nil || reserved != 0 {
		t.Errorf("%d bytes are reserved behind the end (%v)", reserved, err)
	}
}

// Where there is no room for what was learnt, it is forgotten.
func TestCodesAreForgotten(t *testing.T) {
	full := fmt.Errorf("full")
	s := codeShelf{reserve: func(n int64) error {
		if n > 0 {
			return full
		}
		return nil
	}}
	codes := s.take(3)
	s.give(columnCodes{3, codes})
	if len(s.idle) != 0 || s.held != 0 {
		t.Errorf("%d are kept, %d bytes held", len(s.idle), s.held)
	}
	s.close()
}
