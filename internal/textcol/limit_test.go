package textcol

import (
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Text beyond what offsets reach is told as bad, and what fits behind it is taken.
// The limit, 2 GiB, is made 10 bytes here.
func TestTooMuchText(t *testing.T) {
	data := []byte("abcdefghijklmnopqrstuvwxyz")
	fields := []Field{{0, 6}, {6, 8}, {8, 20}, {8 | Quoted, 8}, {20, 22}, {0, 1}}
	for _, c := range []struct {
		of   arrow.DataType
		bad  []int32
		want []string
	}{
		{arrow.BinaryTypes.String, []int32{2, 5}, []string{"abcdef", "gh", "∅", "", "uv", "∅"}},
		{arrow.BinaryTypes.LargeString, nil, []string{"abcdef", "gh", "ijklmnopqrst", "", "uv", "a"}},
		{&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}, []int32{2, 5}, []string{"abcdef", "gh", "∅", "", "uv", "∅"}},
	} {
		alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
		col, err := New(c.of, Options{}, alloc)
		if err != nil {
			t.Fatal(err)
		}
		switch col := col.(type) {
		case *textColumn[int32]:
			col.most = 10
		case *textColumn[int64]:
			col.most = 10
		case *dictionary:
			col.most = 10
		}
		bad := col.Append(data, fields, nil)
		arr := col.Array()
		var got []string
		for i := range arr.Len() {
			if arr.IsNull(i) {
				got = append(got, "∅")
			} else {
				got = append(got, arr.ValueStr(i))
			}
		}
		if !slices.Equal(bad, c.bad) || !slices.Equal(got, c.want) {
			t.Errorf("%v: got %q, bad %v, want %q, bad %v", c.of, got, bad, c.want, c.bad)
		}
		arr.Release()
		col.Close()
		alloc.AssertSize(t, 0)
	}
}
