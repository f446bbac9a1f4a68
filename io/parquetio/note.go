package parquetio

import (
	"encoding/base64"
	"encoding/binary"
)

// noteKey is where writers of Arrow data note the Arrow schema: an IPC message in
// base64.
const noteKey = "ARROW:schema"

// dropBadNote takes a noted schema out of the file's metadata whose lengths cannot be
// true: the library would take memory for them. The file can be read without it.
func (f *footer) dropBadNote() {
	for _, kv := range f.meta.FileMetaData.KeyValueMetadata {
		if kv != nil && kv.Key == noteKey && (kv.Value == nil || !soundNote(*kv.Value)) {
			f.dropNotes()
			return
		}
	}
}

func (f *footer) dropNotes() { f.meta.FileMetaData.KeyValueMetadata = nil }

func soundNote(text string) bool {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		if b, err = base64.RawStdEncoding.DecodeString(text); err != nil {
			return false
		}
	}
	if len(b) >= 4 && binary.LittleEndian.Uint32(b) == 0xffffffff {
		b = b[4:]
	}
	if len(b) < 8 {
		return false
	}
	n := binary.LittleEndian.Uint32(b)
	if b = b[4:]; uint64(n) > uint64(len(b)) {
		return false
	}
	c := flatbuffer{b: b[:n], tables: 1 << 16}
	return c.message(int(binary.LittleEndian.Uint32(b)))
}

// flatbuffer walks the tables of a noted schema, and finds out whether all that it
// claims lies inside of it.
//
//	table   int32: how far before it its vtable lies, fields
//	vtable  uint16 size, uint16 of the table, uint16 where each field is, or 0
//	vector  uint32 n, n elements; offsets count from where they stand
type flatbuffer struct {
	b      []byte
	tables int // that may still be looked at
}

// Numbers of fields in Arrow's Message, Schema and Field, and of types.
const (
	messageHeader = 2
	messageBody   = 3
	schemaFields  = 1
	schemaNotes   = 2
	fieldKind     = 2
	fieldChildren = 5
	fieldNotes    = 6
	kindUnion     = 14
	noteDepth     = 64
)

func (c *flatbuffer) message(at int) bool {
	header, ok := c.field(at, messageHeader)
	if !ok || header == 0 {
		return false
	}
	// A schema has no body.
	body, ok := c.field(at, messageBody)
	if !ok || body > 0 && (body > len(c.b)-8 || binary.LittleEndian.Uint64(c.b[body:]) != 0) {
		return false
	}
	schema, ok := c.follow(header)
	return ok && c.vector(schema, schemaFields, func(at int) bool { return c.column(at, noteDepth) }) && c.notes(schema, schemaNotes)
}

func (c *flatbuffer) column(at, depth int) bool {
	kind, ok := c.field(at, fieldKind)
	if !ok || depth == 0 || kind > 0 && (kind >= len(c.b) || c.b[kind] == kindUnion) {
		return false
	}
	return c.notes(at, fieldNotes) && c.vector(at, fieldChildren, func(at int) bool { return c.column(at, depth-1) })
}

func (c *flatbuffer) notes(table, number int) bool {
	return c.vector(table, number, func(int) bool { return true })
}

// vector calls f with each table of a field that is a vector of them.
func (c *flatbuffer) vector(table, number int, f func(at int) bool) bool {
	at, ok := c.field(table, number)
	if !ok || at == 0 {
		return ok
	}
	if at, ok = c.follow(at); !ok {
		return false
	}
	n, ok := c.uint32(at)
	if !ok || n > uint32(len(c.b)-at-4)/4 {
		return false
	}
	for i := range int(n) {
		item, ok := c.follow(at + 4 + 4*i)
		if c.tables--; !ok || c.tables < 0 || !f(item) {
			return false
		}
	}
	return true
}

// field is where the table has its field, 0 where it has not.
func (c *flatbuffer) field(table, number int) (at int, ok bool) {
	back, ok := c.uint32(table)
	if !ok {
		return 0, false
	}
	vtable := table - int(int32(back))
	size, ok := c.uint16(vtable)
	if !ok || 4+2*number >= int(size) {
		return 0, ok
	}
	offset, ok := c.uint16(vtable + 4 + 2*number)
	if !ok || offset == 0 {
		return 0, ok
	}
	return table + int(offset), true
}

// follow is where the offset at leads.
func (c *flatbuffer) follow(at int) (int, bool) {
	n, ok := c.uint32(at)
	if !ok || n == 0 || uint64(at)+uint64(n) >= uint64(len(c.b)) {
		return 0, false
	}
	return at + int(n), true
}

func (c *flatbuffer) uint32(at int) (uint32, bool) {
	if at < 0 || at > len(c.b)-4 {
		return 0, false
	}
	return binary.LittleEndian.Uint32(c.b[at:]), true
}

func (c *flatbuffer) uint16(at int) (uint16, bool) {
	if at < 0 || at > len(c.b)-2 {
		return 0, false
	}
	return binary.LittleEndian.Uint16(c.b[at:]), true
}
