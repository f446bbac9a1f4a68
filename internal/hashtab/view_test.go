package hashtab

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/internal/reserved"
)

// A view is the same wherever its value lies in the buffer.
func TestViewsOf(t *testing.T) {
	for n := range 20 {
		for tail := range 20 {
			data := []byte(strings.Repeat("#", 3) + "abcdefghijklmnopqrst"[:n] + strings.Repeat("$", tail))
			var got [1]view
			var hash [1]uint64
			long, err := viewsOf(got[:], hash[:], []int32{3, int32(3 + n)}, data)
			if err != nil {
				t.Fatal(err)
			}
			want, err := viewAt(data, 3, 3+n)
			if err != nil || got[0] != want || long != (n > inlineBytes) || hash[0] != hashView(want, data) {
				t.Errorf("%d bytes, %d behind: %x, want %x, %v", n, tail, got[0], want, err)
			}
			if uint32(want[0]) != uint32(n) || isLong(want[0]) != (n > inlineBytes) {
				t.Errorf("%d bytes: first word %x", n, want[0])
			}
			if n <= inlineBytes {
				var buf [16]byte
				if unpackView(&buf, want); !bytes.Equal(buf[4:4+n], data[3:3+n]) {
					t.Errorf("%d bytes come out as %q", n, buf[4:4+n])
				}
			}
		}
	}
	if isLong(nullView[0]) {
		t.Error("null is long")
	}
	if _, err := viewAt(nil, 0, 1<<31); err == nil || !strings.Contains(err.Error(), "2147483648 bytes") {
		t.Errorf("a value of 2 GiB: %v", err)
	}
}

// Values that share a prefix, a length, or both; longer than a chunk of the arena;
// and columns of large types and of fixed size, sliced.
func TestInternLongValues(t *testing.T) {
	var values []any
	for i := range 300 {
		values = append(values, strings.Repeat("p", 100+i%3)+fmt.Sprint(i/3), strings.Repeat("q", i*100))
	}
	values = append(values, strings.Repeat("z", 3*largestChunk), nil, "")
	for _, typ := range []arrow.DataType{arrow.BinaryTypes.String, arrow.BinaryTypes.LargeString, arrow.BinaryTypes.Binary, arrow.BinaryTypes.LargeBinary} {
		rec := dataflowtest.Batch(dataflowtest.ColOf("k", typ, append(values, values...)...))
		col := array.NewSlice(rec.Column(0), 5, rec.NumRows())
		table, _ := newTable(t, 1<<40, typ)
		group := make([]int32, col.Len())
		if _, err := table.Find([]arrow.Array{col}, 0, col.Len(), group); err != nil {
			t.Fatal(err)
		}
		distinct := map[string]bool{}
		for i := range col.Len() {
			distinct[col.ValueStr(i)] = true
		}
		if table.Len() != len(distinct) {
			t.Errorf("%s: %d groups, want %d", typ, table.Len(), len(distinct))
		}
		keys := keysOf(t, table)
		for i, g := range group {
			if want := col.ValueStr(i) + "|"; keys[g] != want {
				t.Fatalf("%s: row %d is group %d of %d bytes, want %d bytes", typ, i, g, len(keys[g]), len(want))
			}
		}
	}
}

func TestArenaPlaces(t *testing.T) {
	b := &budget{limit: 1 << 40}
	a := arena{mem: reserved.NewLedger(b.reserve)}
	var places []uint64
	sizes := []int{0, 1, smallestChunk, smallestChunk + 1, 5, largestChunk + 7, 100, largestChunk}
	for i, n := range sizes {
		place, err := a.put(bytes.Repeat([]byte{byte('a' + i)}, n))
		if err != nil {
			t.Fatal(err)
		}
		places = append(places, place)
	}
	for i, n := range sizes {
		if got, want := a.get(places[i], uint32(n)), bytes.Repeat([]byte{byte('a' + i)}, n); !bytes.Equal(got, want) {
			t.Errorf("value %d of %d bytes comes out as %d bytes", i, n, len(got))
		}
	}
	if a.reset(); b.held != 0 {
		t.Errorf("%d bytes are held after reset", b.held)
	}
}
