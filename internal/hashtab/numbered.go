package hashtab

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/internal/plaincol"
)

// numbered is an index of the values of an interner that are numbers in text, as id0000000017
// or 00417: of one length, the same but for digits at their end. The number is the place of a
// value:
//
//	length(4) bytes(4)  bytes(8)
//	  head ──┘ └─ last 8 bytes ──┘ ─ xor ─► 0 where all begin alike, 0 to 9 each digit
//	                                             │
//	                                             └─ decimal ─► place ─► id
//
// So a value is neither hashed nor compared, and what is touched for it are 4 bytes among
// those of its neighbours, where a slot, a view and what is free beside them are some 40.
// Values of another form, or whose number is beyond the index, are in the slots.
type numbered struct {
	form form
	ids  []int32 // by number+1: of its value, +1; 0: of none. nil: there is no index
}

// form is what values that are numbered look like.
type form struct {
	head, mask uint64 // what bits of the first word of a view are
	shift      uint   // of the first word of the last 8 bytes, less one
	tail       uint64 // the last 8 bytes, with 0 for digits
	over       uint64 // what takes a byte that is no digit, or not that of tail, to 0x80
}

const (
	topBits = 0x8080808080808080

	formLeast = 5 // bytes of a value, at least one of them before the last 8 in its view
)

// formOf is the form of values like v, if it is numbered.
func formOf(v view) (f form, ok bool) {
	n := uint(uint32(v[0]))
	if n < formLeast || n > inlineBytes {
		return form{}, false
	}
	bitsBefore := 8 * (n - 4)
	f = form{mask: 1<<bitsBefore - 1, shift: bitsBefore - 1}
	f.head = v[0] & f.mask
	f.tail = f.last(v[0], v[1])
	f.over = topBits - 0x0101010101010101
	for at := 56; at >= 0; at -= 8 {
		if c := byte(f.tail >> at); c < '0' || c > '9' {
			break
		}
		f.tail = f.tail&^(0xff<<at) | '0'<<at
		f.over -= 9 << at
		ok = true
	}
	return f, ok
}

// last is the last 8 bytes of a value, if it is as long as those of the form.
func (f *form) last(first, second uint64) uint64 {
	return first>>(f.shift&63)>>1 | second<<((63-f.shift)&63)
}

// place is the number of a value, +1, or 0 where it has another form.
func (f *form) place(first, second uint64) uint64 {
	x := f.last(first, second) ^ f.tail
	return placeOf(x, ((x+f.over)|x)&topBits|(first^f.head)&f.mask)
}

// placeOf is the number, +1, of eight digits, the first of which is the lowest byte, if
// other is 0; else 0.
func placeOf(x, other uint64) uint64 {
	x = decimal(x) + 1
	if other != 0 {
		x = 0
	}
	return x
}

// decimal is the number of eight digits, one a byte, the first of which is the lowest.
func decimal(x uint64) uint64 {
	x = (x & 0x0f0f0f0f0f0f0f0f) * (10<<8 + 1) >> 8
	x = (x & 0x00ff00ff00ff00ff) * (100<<16 + 1) >> 16
	return (x & 0x0000ffff0000ffff) * (10000<<32 + 1) >> 32
}

// at is the place of a value, 0 if it has none.
func (x *numbered) at(v *view) uint64 {
	p := x.form.place(v[0], v[1])
	if p >= uint64(len(x.ids)) {
		p = 0
	}
	return p
}

// probe writes the ids of the values that are there and lists the rows of the others, of
// which the first has number 0, in miss.
func (x *numbered) probe(views []view, ids, miss []int32) (misses int) {
	f, of := x.form, x.ids
	if len(of) == 0 {
		return 0
	}
	ids = ids[:len(views)]
	m := 0
	for i := range views {
		v := &views[i]
		x := f.last(v[0], v[1]) ^ f.tail
		p := placeOf(x, ((x+f.over)|x)&topBits|(v[0]^f.head)&f.mask)
		if p >= uint64(len(of)) {
			p = 0
		}
		id := of[p] - 1
		ids[i] = id
		miss[m] = int32(i)
		m += int(uint32(id) >> 31)
	}
	return m
}

// findNumbers writes the ids of rows as findRows is asked for, where they stand one behind
// the other and none is null. What has no number is viewed, and listed in the scratch; m is
// how many those are.
func (t *interner) findNumbers(s *textScratch, arr, values arrow.Array, from int, rows, ids []int32) (data []byte, m int, ok bool, err error) {
	if arr != nil && arr.NullN() > 0 || values.NullN() > 0 {
		return nil, 0, false, nil
	}
	if rows != nil {
		if !isRun(rows) || values.Len() == 0 {
			return nil, 0, false, nil
		}
		from = int(rows[0])
	}
	switch values.DataType().ID() {
	case arrow.STRING, arrow.BINARY:
		data = plaincol.Text(values)
		m, err = numbersIn(t, s, plaincol.Offsets[int32](values)[from:], data, ids)
	case arrow.LARGE_STRING, arrow.LARGE_BINARY:
		data = plaincol.Text(values)
		m, err = numbersIn(t, s, plaincol.Offsets[int64](values)[from:], data, ids)
	default:
		return nil, 0, false, nil
	}
	return data, m, true, err
}

func numbersIn[O int32 | int64](t *interner, s *textScratch, offsets []O, data []byte, ids []int32) (int, error) {
	m := probeTexts(&t.numbered, offsets, data, ids, s.miss)
	for _, i := range s.miss[:m] {
		v, err := viewAt(data, int(offsets[i]), int(offsets[i+1]))
		if err != nil {
			return 0, err
		}
		s.views[i], s.hash[i] = v, hashView(v, data)
	}
	return m, nil
}

// probeTexts is probe for the texts that offsets cut data into. It looks at the 16 bytes
// before the end of each: where data has not as many, the text is listed in miss.
func probeTexts[O int32 | int64](x *numbered, offsets []O, data []byte, ids, miss []int32) (misses int) {
	f, of := x.form.inText(), x.ids
	if len(of) == 0 {
		return 0
	}
	m := 0
	var digits [probeRows]uint64
	for first := 0; first < len(ids); first += probeRows {
		some := ids[first:min(first+probeRows, len(ids))]
		digitsOf(&f, offsets[first:], data, digits[:len(some)])
		for i := range some {
			p := decimal(digits[i&(probeRows-1)]) + 1
			if p >= uint64(len(of)) {
				p = 0
			}
			id := of[p] - 1
			some[i] = id
			miss[m] = int32(first + i)
			m += int(uint32(id) >> 31)
		}
	}
	return m
}

// noDigits stand for a text of another form: they make a number above all of eight digits,
// and above all places.
const noDigits = 0x0f0f0f0f0f0f0f0f

// digitsOf writes the digits of texts, as decimal takes them. That they are not made numbers
// of in the same loop leaves it the registers that it needs.
func digitsOf[O int32 | int64](f *textForm, offsets []O, data []byte, digits []uint64) {
	ends := offsets[1 : len(digits)+1]
	digits = digits[:len(ends)]
	from := int(offsets[0])
	length, head, mask, tail, own, over := f.length, f.head, f.mask, f.tail, f.own, f.over
	for i, end := range ends {
		to := int(end)
		x := uint64(noDigits)
		if to >= 16 {
			b := data[to-16 : to]
			other := (binary.LittleEndian.Uint64(b)^head)&mask | (uint64(to-from) ^ length)
			x = (binary.LittleEndian.Uint64(b[8:]) ^ tail) & own
			other |= ((x + over) | x) & topBits
			if other != 0 {
				x = noDigits
			}
		}
		digits[i] = x
		from = to
	}
}

// textForm is a form as it is seen in the 16 bytes before the end of a text, of which it may
// have less.
type textForm struct {
	length     uint64
	head, mask uint64 // of the first 8
	tail, own  uint64 // of the last 8
	over       uint64
}

func (f *form) inText() textForm {
	n := uint64(uint32(f.head) & 0xff) // the form has at least the lowest byte of the length
	out := textForm{length: n, own: math.MaxUint64, over: f.over}
	if n > 8 {
		out.mask = math.MaxUint64 << (8 * (16 - n))
		out.head = f.head >> 32 << (8 * (16 - n)) & out.mask
	} else {
		out.own <<= 8 * (8 - n)
	}
	out.tail = f.tail & out.own
	return out
}
