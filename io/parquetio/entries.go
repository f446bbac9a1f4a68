package parquetio

import (
	"encoding/binary"
	"fmt"
)

// entries are the values of a dictionary of strings or binary, a slot each.
//
//	short   its bytes, 12 at most, and some that do not count │ length, 4 bytes
//	long    where it begins in long, 8 bytes │ 4 bytes │ length, 4 bytes
//
// A short entry is a single load from memory, as in the views of Umbra (Neumann and
// Freitag, "Umbra: A Disk-Based System with In-Memory Performance", CIDR 2020).
type entries struct {
	slots   scratch
	long    scratch
	longest int64 // bytes of an entry
}

type slot struct{ head, tail uint64 }

const slotBytes = 16

// shortMost is how long the bytes of a slot are.
const shortMost = 12

func (s slot) bytes() int { return int(s.tail >> 32) }

// fill takes up the entries of a dictionary page.
func (e *entries) fill(p *page) error {
	n := p.values
	if n > len(p.data)/4 {
		return fmt.Errorf("a dictionary of %d values in %d bytes", n, len(p.data))
	}
	room, err := e.slots.room(n * slotBytes)
	if err != nil {
		return err
	}
	return e.cut(cast[slot](room)[:n], p.data)
}

// cut makes a slot of each PLAIN value of data.
func (e *entries) cut(slots []slot, data []byte) error {
	at, used := 0, 0
	e.longest = 0
	for i := range slots {
		v, next, err := plainBytes(data, at)
		if err != nil {
			return err
		}
		e.longest = max(e.longest, int64(len(v)))
		s := slot{tail: uint64(len(v)) << 32}
		switch from := at + 4; {
		case len(v) > shortMost:
			if used == 0 {
				// What is left has room for all that follow.
				if _, err := e.long.room(len(data) - from + wideCopy); err != nil {
					return err
				}
			}
			s.head = uint64(used)
			used += copy(e.long.b[used:], v)
		case len(data)-from >= shortMost:
			s.head = binary.LittleEndian.Uint64(data[from:])
			s.tail |= uint64(binary.LittleEndian.Uint32(data[from+8:]))
		default:
			var short [slotBytes]byte
			copy(short[:], v)
			s.head = binary.LittleEndian.Uint64(short[:])
			s.tail |= binary.LittleEndian.Uint64(short[8:])
		}
		slots[i] = s
		at = next
	}
	return nil
}

// codeBytes is how many bytes the entries that codes name have together.
func codeBytes(codes []int32, slots []slot) int64 {
	n := int64(0)
	for _, c := range codes {
		n += int64(slots[c].bytes())
	}
	return n
}

// appendCoded appends the entries that codes name to b from used on, and writes where
// each ends to offsets[1:]. It returns where the last one ends. b has room for a wide
// copy more.
func appendCoded[O int32 | int64](b []byte, used int, offsets []O, slots []slot, long []byte, codes []int32) int {
	offsets[0] = O(used)
	to := offsets[1 : len(codes)+1]
	for i, c := range codes {
		s := slots[c]
		n := s.bytes()
		switch {
		case n <= shortMost:
			wide := b[used : used+slotBytes : used+slotBytes]
			binary.LittleEndian.PutUint64(wide, s.head)
			binary.LittleEndian.PutUint64(wide[8:], s.tail)
		case n <= wideCopy:
			*(*[wideCopy]byte)(b[used:]) = *(*[wideCopy]byte)(long[s.head:])
		default:
			copy(b[used:used+n], long[s.head:])
		}
		used += n
		to[i] = O(used)
	}
	return used
}
