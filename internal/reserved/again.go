package reserved

import (
	"math/bits"
	"reflect"
	"sync"
	"unsafe"
)

// Columns come and go: the tables of the partitions of a grouping follow one another, and
// are of one size, about. Memory that was written to lately costs less than such as the
// kernel has yet to give, so columns of some size are used again:
//
//	Free ──column──► shelf of its size class ──► Grow, New
//
// What a column that has grown leaves is not: hardly ever is so much wanted again. Shelves
// are sync.Pools: what lies there belongs to one processor, mostly, so that it is used by
// who freed it, and the garbage collector takes what nobody uses.

const (
	againLeast = 64 << 10 // bytes of a column that is used again
	againMost  = 4 << 20
)

// shelves are by size class: four an octave, from againLeast to againMost.
var shelves [4*6 + 1]sync.Pool

// roomFor is bytes rounded up to a size class, where they have one.
func roomFor(bytes int64) int64 {
	if bytes < againLeast || bytes > againMost {
		return bytes
	}
	step := int64(1) << (bits.Len64(uint64(bytes-1)) - 3)
	return (bytes + step - 1) &^ (step - 1)
}

// shelf is where columns like this one lie, nil: they are not used again.
func shelf[T any](n int) *sync.Pool {
	bytes := int64(n) * sizeOf[T]()
	if bytes < againLeast || bytes > againMost || roomFor(bytes) != bytes || hasPointers(reflect.TypeFor[T]()) {
		return nil
	}
	octave := bits.Len64(uint64(bytes)) - 1
	quarter := bytes >> (octave - 2) & 3
	return &shelves[4*(octave-bits.Len(againLeast)+1)+int(quarter)]
}

// fresh makes n elements, of which those from from on are zero.
func fresh[T any](n, from int) []T {
	if s := shelf[T](n); s != nil {
		if p, ok := s.Get().(unsafe.Pointer); ok {
			out := unsafe.Slice((*T)(p), n)
			clear(out[from:])
			return out
		}
	}
	out := make([]T, n)
	touch(out[from:])
	return out
}

// shelve takes a column that nobody looks at any more.
func shelve[T any](column []T) {
	column = column[:cap(column)]
	if s := shelf[T](len(column)); s != nil {
		s.Put(unsafe.Pointer(unsafe.SliceData(column)))
	}
}

// hasPointers says whether values of a type hold what the garbage collector follows.
func hasPointers(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Array:
		return hasPointers(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if hasPointers(t.Field(i).Type) {
				return true
			}
		}
		return false
	}
	return t.Kind() < reflect.Bool || t.Kind() > reflect.Complex128 || t.Kind() == reflect.Uintptr
}
