package hashtab

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/internal/reserved"
)

// codes maps the codes of a few dictionaries, the last ones seen, to the numbers of
// their values in an interner. A code is mapped when it is first met: values that no
// row has get no number. A dictionary is mapped once more rows of it have come than
// it has values; before, its rows are looked up as those of a plain column, so that a
// dictionary as long as its only batch costs nothing more. One that is mapped is
// retained, so that its identity can be relied on.
type codes struct {
	mem    *reserved.Ledger
	recent [4]mapping
	last   int // the one that was used
	next   int // the one to be replaced
}

type mapping struct {
	dict arrow.ArrayData
	rows int     // that came before it was mapped
	same int     // how many codes are mapped to themselves; all: the codes are the numbers
	ids  []int32 // by code + 1, null first; unknown. nil: not mapped
}

const (
	unknown = -1
	asked   = -2
)

// find is that of f for a dictionary column: rows from, from+1, … of arr.
func (c *codes) find(f *interner, s *textScratch, arr *array.Dictionary, from int, ids []int32) (int, error) {
	values := arr.Dictionary()
	m, err := c.open(values.Data(), len(ids))
	if err != nil {
		return 0, err
	}
	if m.ids == nil {
		return f.findRows(s, arr, values, from, valueRows(s.code, values.Len(), arr, from, len(ids)), ids)
	}
	if m.same == values.Len() && arr.NullN() == 0 {
		if own := ownCodes(arr, from, len(ids)); own != nil {
			return copy(ids, own), nil
		}
	}
	code := codesOf(s.code, -1, arr, from, len(ids))
	if mapCodes(ids, code, m.ids) {
		return len(ids), nil
	}
	err = c.resolve(f, s, m, values, code)
	for i, k := range code {
		if ids[i] = m.ids[k+1]; ids[i] < 0 {
			return i, err
		}
	}
	return len(ids), nil
}

// mapCodes maps all codes, and says whether all were known.
func mapCodes(ids, code, of []int32) bool {
	any := int32(0)
	code = code[:len(ids)]
	for i, k := range code {
		id := of[k+1]
		ids[i] = id
		any |= id
	}
	return any >= 0
}

// open is the mapping of a dictionary of which so many more rows came.
func (c *codes) open(dict arrow.ArrayData, rows int) (*mapping, error) {
	m := &c.recent[c.last]
	if m.dict != dict {
		m = nil
		for i := range c.recent {
			if c.recent[i].dict == dict {
				m, c.last = &c.recent[i], i
			}
		}
		if m == nil {
			c.last, c.next = c.next, (c.next+1)%len(c.recent)
			m = &c.recent[c.last]
			m.forget(c.mem)
			m.dict = dict
		}
	}
	if m.ids != nil {
		return m, nil
	}
	if m.rows += rows; m.rows <= dict.Len() {
		return m, nil
	}
	if err := c.mem.Reserve(int64(dict.Len()+1) * 4); err != nil {
		return nil, err
	}
	m.ids = make([]int32, dict.Len()+1)
	for i := range m.ids {
		m.ids[i] = unknown
	}
	dict.Retain()
	return m, nil
}

// resolve numbers the codes that are not known. With an error some may be; the
// others stay unknown.
func (c *codes) resolve(f *interner, s *textScratch, m *mapping, values arrow.Array, code []int32) (err error) {
	ask := s.ask[:0]
	for _, k := range code {
		if m.ids[k+1] == unknown && k >= 0 {
			m.ids[k+1] = asked
			ask = append(ask, k)
		}
	}
	if len(ask) > 0 {
		ids, n := s.found[:len(ask)], 0
		n, err = f.findRows(s, nil, values, 0, ask, ids)
		for i, k := range ask {
			m.ids[k+1] = unknown
			if i < n {
				m.ids[k+1] = ids[i]
				if ids[i] == k {
					m.same++
				}
			}
		}
	}
	if m.ids[0] == unknown && err == nil {
		for _, k := range code {
			if k < 0 {
				var id [1]int32
				s.views[0], s.hash[0] = nullView, nullHash
				if _, err = f.lookUp(s, nil, false, id[:]); err == nil {
					m.ids[0] = id[0]
				}
				break
			}
		}
	}
	return err
}

func (m *mapping) forget(mem *reserved.Ledger) {
	if m.ids != nil {
		m.dict.Release()
		mem.Release(int64(len(m.ids)) * 4)
	}
	*m = mapping{}
}

// forget lets go of the dictionaries and of what their codes were mapped to.
func (c *codes) forget() {
	for i := range c.recent {
		c.recent[i].forget(c.mem)
	}
}
