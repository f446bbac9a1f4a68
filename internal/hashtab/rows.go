package hashtab

import (
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/internal/reserved"
)

// newRowStore is a store for rows of width words, and that width rounded up to
// one that there is a store for; nil where it is more than 8.
func newRowStore(width int, mem *reserved.Ledger) (rowStore, int) {
	switch {
	case width <= 1:
		return makeRowStore[[1]uint64](mem), 1
	case width == 2:
		return makeRowStore[[2]uint64](mem), 2
	case width == 3:
		return makeRowStore[[3]uint64](mem), 3
	case width == 4:
		return makeRowStore[[4]uint64](mem), 4
	case width <= 6:
		return makeRowStore[[6]uint64](mem), 6
	case width <= 8:
		return makeRowStore[[8]uint64](mem), 8
	}
	return nil, width
}

func makeRowStore[K key](mem *reserved.Ledger) rowStore {
	s := newStore[K](mem)
	return &s
}

// asKeys is words as keys, not copied. len(words) is a multiple of a key's.
func asKeys[K key](words []uint64) []K {
	var k K
	if len(words) == 0 {
		return nil
	}
	return unsafe.Slice((*K)(unsafe.Pointer(&words[0])), len(words)/len(k))
}

func (s *store[K]) findRows(words, hash []uint64, group, miss []int32) error {
	return s.find(asKeys[K](words), hash, group, miss, nil)
}

func (s *store[K]) gather(dst []uint64, groups []int32, _ int) {
	out := asKeys[K](dst)
	for i, g := range groups {
		out[i] = s.keys[g+1]
	}
}

func (s *store[K]) row(g int32) []uint64 {
	k := &s.keys[g+1]
	return unsafe.Slice((*uint64)(unsafe.Pointer(k)), len(*k))
}

func (s *store[K]) groupHashes() []uint64 { return s.hashes[:s.n] }

// findRows finds rows of several columns.
func (t *Table) findRows(keys []arrow.Array, from int, group []int32) (int, error) {
	n, width := len(group), t.width
	var failed error
	for c, values := range t.columns {
		if values == nil {
			continue
		}
		done, err := values.find(keys[c], from, t.ids[c][:n])
		if n = done; err != nil {
			failed = err
		}
	}
	if n == 0 {
		return 0, failed
	}
	words, hash := t.words[:n*width], t.hash[:n]
	clear(words)
	for c := range t.fields {
		f := &t.fields[c]
		if f.bytes {
			continue
		}
		if dict, ok := keys[c].(*array.Dictionary); ok {
			if err := t.packDictionary(c, dict, from, n); err != nil {
				return 0, err
			}
			continue
		}
		f.pack(words, width, n, keys[c], from, false)
	}
	if err := t.hashRows(keys, from, hash); err != nil {
		return 0, err
	}
	for c, values := range t.columns {
		if values != nil {
			ids := t.ids[c][:n]
			packIDs(words[t.fields[c].word:], width, ids, t.fields[c].shift)
		}
	}
	if t.rows == nil {
		done, err := t.findLong(words, hash, group[:n])
		if err != nil {
			failed = err
		}
		return done, failed
	}
	if err := t.rows.findRows(words, hash, group[:n], t.miss); err != nil {
		return 0, err
	}
	return n, failed
}

// findLong finds rows of more than 8 words, as values of bytes.
func (t *Table) findLong(words, hash []uint64, group []int32) (int, error) {
	v, n, size := t.values, len(group), t.width*8
	if cap(v.views) < n {
		c := scratchRows(n)
		if err := t.mem.Reserve(int64(c-cap(v.views)) * (16 + 4)); err != nil {
			return 0, err
		}
		v.views, v.miss = make([]view, c), make([]int32, c)
	}
	data := unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), len(words)*8)
	for i := range n {
		v.views[i], _ = viewAt(data, i*size, (i+1)*size)
	}
	return v.lookUp(v.views[:n], data, hash, group)
}

// longRow is the words of a group of more than 8 words.
func (t *Table) longRow(g int32) []byte {
	v := t.values.store.keys[g+1]
	return t.values.long.get(v[1], uint32(v[0]))
}

// dictWords are the values of a dictionary, packed to rows with nothing but their
// field.
type dictWords struct {
	dict  arrow.ArrayData // retained
	words []uint64
}

func (d *dictWords) forget(mem *reserved.Ledger) {
	if d.dict != nil {
		d.dict.Release()
		mem.Release(int64(len(d.words)) * 8)
	}
	*d = dictWords{}
}

// packDictionary is pack for a dictionary column.
func (t *Table) packDictionary(c int, arr *array.Dictionary, from, n int) error {
	d, f, width := &t.dicts[c], &t.fields[c], t.width
	if dict := arr.Data().Dictionary(); d.dict != dict {
		d.forget(t.mem)
		if err := t.mem.Reserve(int64(dict.Len()*width) * 8); err != nil {
			return err
		}
		d.words = make([]uint64, dict.Len()*width)
		dict.Retain()
		d.dict = dict
		values := array.MakeFromData(dict)
		f.pack(d.words, width, dict.Len(), values, 0, false)
		values.Release()
	}
	code := t.code[:n]
	loadCodes(code, -1, arr, from)
	for i, k := range code {
		row := t.words[i*width : (i+1)*width]
		if k < 0 {
			f.setNull(row)
			continue
		}
		for j, w := range d.words[int(k)*width : (int(k)+1)*width] {
			row[j] |= w
		}
	}
	return nil
}
