package ipcio

import (
	"encoding/binary"
	"errors"
	"math"
)

// flat is one flatbuffer that is not trusted: every offset is checked against the
// buffer when it is followed. The first mistake is kept in err, and what is read
// after it is zero. The layout is that of flatbuffers.dev, "Internals".
type flat struct {
	b    []byte
	text string // the same bytes: strings are parts of it, however often one is named
	err  error
}

// table is a table of a flatbuffer; the zero table is one that is not there.
type table struct {
	f      *flat
	pos    int // of the table
	slots  int // of its vtable
	nSlots int // bytes of the vtable
	size   int // bytes of the table
}

var errFlat = errors.New("damaged metadata: an offset leads out of it")

func newFlat(b []byte) *flat { return &flat{b: b, text: string(b)} }

func (f *flat) fail() {
	if f.err == nil {
		f.err = errFlat
	}
}

// root is the table that the buffer begins with.
func (f *flat) root() table { return f.table(f.follow(0)) }

// follow is where the forward offset at pos leads, -1 if out of the buffer.
func (f *flat) follow(pos int) int {
	if pos < 0 || len(f.b)-pos < 4 {
		f.fail()
		return -1
	}
	d := binary.LittleEndian.Uint32(f.b[pos:])
	if d == 0 || int64(d) > int64(len(f.b)-pos-4) {
		f.fail()
		return -1
	}
	return pos + int(d)
}

func (f *flat) table(pos int) table {
	if pos < 0 || len(f.b)-pos < 4 {
		f.fail()
		return table{}
	}
	at := int64(pos) - int64(int32(binary.LittleEndian.Uint32(f.b[pos:])))
	if at < 0 || at > int64(len(f.b)-4) {
		f.fail()
		return table{}
	}
	slots := int(at)
	t := table{f: f, pos: pos, slots: slots}
	t.nSlots, t.size = int(binary.LittleEndian.Uint16(f.b[slots:])), int(binary.LittleEndian.Uint16(f.b[slots+2:]))
	if t.nSlots < 4 || t.nSlots > len(f.b)-slots || t.size < 4 || t.size > len(f.b)-pos {
		f.fail()
		return table{}
	}
	return t
}

func (t table) present() bool { return t.f != nil }

// at is where the field of a slot stands, -1 where it has its default.
func (t table) at(slot, size int) int {
	o := 4 + 2*slot
	if t.f == nil || o+2 > t.nSlots {
		return -1
	}
	off := int(binary.LittleEndian.Uint16(t.f.b[t.slots+o:]))
	if off == 0 {
		return -1
	}
	if off < 4 || off+size > t.size {
		t.f.fail()
		return -1
	}
	return t.pos + off
}

func (t table) int8(slot int, missing int8) int8 {
	if p := t.at(slot, 1); p >= 0 {
		return int8(t.f.b[p])
	}
	return missing
}

func (t table) bool(slot int) bool { return t.int8(slot, 0) != 0 }

func (t table) int16(slot int, missing int16) int16 {
	if p := t.at(slot, 2); p >= 0 {
		return int16(binary.LittleEndian.Uint16(t.f.b[p:]))
	}
	return missing
}

func (t table) int32(slot int, missing int32) int32 {
	if p := t.at(slot, 4); p >= 0 {
		return int32(binary.LittleEndian.Uint32(t.f.b[p:]))
	}
	return missing
}

func (t table) int64(slot int, missing int64) int64 {
	if p := t.at(slot, 8); p >= 0 {
		return int64(binary.LittleEndian.Uint64(t.f.b[p:]))
	}
	return missing
}

// sub is the table that a slot leads to, the zero table where there is none.
func (t table) sub(slot int) table {
	p := t.at(slot, 4)
	if p < 0 {
		return table{}
	}
	return t.f.table(t.f.follow(p))
}

// vector is where the elements of a vector stand, each of size bytes, and how
// many there are.
func (t table) vector(slot, size int) vector {
	p := t.at(slot, 4)
	if p < 0 {
		return vector{f: t.f}
	}
	p = t.f.follow(p)
	if p < 0 || len(t.f.b)-p < 4 {
		t.f.fail()
		return vector{f: t.f}
	}
	n := binary.LittleEndian.Uint32(t.f.b[p:])
	if n > math.MaxInt32 || int64(n)*int64(size) > int64(len(t.f.b)-p-4) {
		t.f.fail()
		return vector{f: t.f}
	}
	return vector{t.f, p + 4, int(n), size}
}

// string is the text that a slot leads to.
func (t table) string(slot int) string {
	v := t.vector(slot, 1)
	if v.n == 0 {
		return ""
	}
	return t.f.text[v.pos : v.pos+v.n]
}

// vector is a vector of numbers, structs or offsets.
type vector struct {
	f      *flat
	pos, n int
	size   int
}

func (v vector) int32(i int) int32 {
	return int32(binary.LittleEndian.Uint32(v.f.b[v.pos+i*v.size:]))
}

// int64 is the number that stands off bytes behind the start of element i.
func (v vector) int64(i, off int) int64 {
	return int64(binary.LittleEndian.Uint64(v.f.b[v.pos+i*v.size+off:]))
}

// table is element i of a vector of tables.
func (v vector) table(i int) table { return v.f.table(v.f.follow(v.pos + i*v.size)) }
