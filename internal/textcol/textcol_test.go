package textcol_test

import (
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/internal/textcol"
)

// gather lays texts out as fields of one buffer, with a comma between them. A
// text that begins with ' is quoted, one that begins with " is quoted and
// escaped.
func gather(texts []string) (data []byte, fields []textcol.Field) {
	for _, s := range texts {
		var flags uint32
		if s != "" && s[0] == '\'' {
			flags, s = textcol.Quoted, s[1:]
		} else if s != "" && s[0] == '"' {
			flags, s = textcol.Quoted|textcol.Escaped, s[1:]
		}
		fields = append(fields, textcol.Field{From: uint32(len(data)) | flags, To: uint32(len(data) + len(s))})
		data = append(append(data, s...), ',')
	}
	return data, fields
}

// column reads texts in Appends of step fields, and returns the bad ones.
func column(t testing.TB, of arrow.DataType, o textcol.Options, step int, texts ...string) (arrow.Array, []int) {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
	t.Cleanup(func() { alloc.AssertSize(t, 0) })
	c, err := textcol.New(of, o, alloc)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	data, fields := gather(texts)
	var bad []int
	for from := 0; from < len(fields); from += step {
		for _, i := range c.Append(data, fields[from:min(from+step, len(fields))], nil) {
			bad = append(bad, from+int(i))
		}
	}
	if c.Len() != len(texts) {
		t.Errorf("%v: %d values, want %d", of, c.Len(), len(texts))
	}
	arr := c.Array()
	t.Cleanup(arr.Release)
	if c.Len() != 0 {
		t.Errorf("%v: %d values are left", of, c.Len())
	}
	return arr, bad
}
