package hashtab

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

// TestFindTexts has texts of all lengths, and null, stand behind one another, and holds the
// groups that they have against those of a column.
func TestFindTexts(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	for _, typ := range []arrow.DataType{arrow.BinaryTypes.String, arrow.BinaryTypes.LargeBinary} {
		for _, n := range []int{1, 2, 1023, 1024, 1025, 3000} {
			var data []byte
			column := make([]any, n)
			for i := range column {
				size := rng.IntN(20)
				switch rng.IntN(12) {
				case 0:
					data = append(data, TextNull)
					continue
				case 1:
					size = []int{252, 253, 254, 255, 256, 70_000}[rng.IntN(6)]
				}
				text := strings.Repeat("x", size)
				if size > 0 {
					text = text[:size-1] + string(byte('a'+rng.IntN(26)))
				}
				column[i] = text
				if typ.ID() == arrow.LARGE_BINARY {
					column[i] = []byte(text)
				}
				head := make([]byte, TextHead+size)
				data = append(data, head[:PutText(head, []byte(text))]...)
			}
			of, _ := newTable(t, 1<<40, typ)
			want, group := make([]int32, n), make([]int32, n)
			if _, err := of.Find([]arrow.Array{dataflowtest.Batch(dataflowtest.ColOf("k", typ, column...)).Column(0)}, 0, n, want); err != nil {
				t.Fatal(err)
			}
			table, b := newTable(t, 1<<40, typ)
			starts := make([]int32, 700)
			rows, at := 0, 0
			for at < len(data) {
				var k int
				k, at = TextStarts(data, at, starts)
				if done, err := table.FindTexts(data, starts[:k], group[rows:]); err != nil || done != k {
					t.Fatalf("%d of %d rows: %v", done, k, err)
				}
				rows += k
			}
			if rows != n || !slices.Equal(group, want) {
				t.Errorf("%s: %d of %d texts, their groups are not those of a column", typ, rows, n)
			}
			if !slices.Equal(table.Hashes(), of.Hashes()) || b.held != table.HeldBytes() {
				t.Errorf("%s: %d texts have other hashes, or %d bytes are held, %d said", typ, n, b.held, table.HeldBytes())
			}
			b.limit = b.held
			fresh := []byte("\x03new")
			for i := 0; ; i++ { // until there is no room
				fresh[3] = byte(i)
				if fresh[2] = byte(i >> 8); i > 1<<16 {
					t.Fatal("memory does not end")
				}
				if done, err := table.FindTexts(fresh, []int32{0}, group); err != nil {
					if done != 0 {
						t.Errorf("%d rows were done without memory", done)
					}
					break
				}
			}
		}
	}
	table, _ := newTable(t, 1<<40, arrow.PrimitiveTypes.Int64)
	if _, err := table.FindTexts([]byte{0}, []int32{0}, make([]int32, 1)); err == nil {
		t.Error("texts are found among numbers")
	}
}
