package reserved

import "unsafe"

// keepBytes is how much of a column is kept for the next use when it is reset.
const keepBytes = 1 << 20

// Grow returns column with room for n elements, the new ones zero, reserving
// before it allocates. On an error column is as it was. All beyond the length of
// column, up to its capacity, must be zero.
func Grow[T any](l *Ledger, column []T, n int) ([]T, error) {
	if n <= cap(column) {
		return column[:max(n, len(column))], nil
	}
	size := sizeOf[T]()
	room := max(n, cap(column)+cap(column)/2, 64)
	room = max(room, int(roomFor(int64(room)*size)/size))
	if err := l.Reserve(int64(room) * size); err != nil {
		if room = n; l.Reserve(int64(room)*size) != nil {
			return column, err
		}
	}
	out := fresh[T](room, len(column))
	copy(out, column)
	out = out[:n]
	l.Release(int64(cap(column)) * size)
	return out, nil
}

// New reserves and makes n zeros.
func New[T any](l *Ledger, n int) ([]T, error) {
	if err := l.Reserve(int64(n) * sizeOf[T]()); err != nil {
		return nil, err
	}
	return fresh[T](n, 0), nil
}

// touch writes to each page of memory of fresh zeros. Memory that is read before it is
// written, as states and indexes are, is at first a page of zeros that all share; the
// write then copies it and, where several threads run, interrupts every CPU: two page
// faults in place of one, and the dearer one besides.
func touch[T any](fresh []T) {
	var zero T
	step := max(pageBytes/int(max(sizeOf[T](), 1)), 1)
	for i := 0; i < len(fresh); i += step {
		fresh[i] = zero
	}
}

// pageBytes is the least that a page of memory has.
const pageBytes = 4 << 10

// Empty returns column with no elements, and gives its memory back where it is
// large.
func Empty[T any](l *Ledger, column []T) []T {
	if int64(cap(column))*sizeOf[T]() > keepBytes {
		return Free(l, column)
	}
	clear(column)
	return column[:0]
}

// Free gives the memory of column back, which nobody looks at any more.
func Free[T any](l *Ledger, column []T) []T {
	l.Release(int64(cap(column)) * sizeOf[T]())
	shelve(column)
	return nil
}

// Scratch returns a slice of n elements of any content, at the place of old. What
// it takes more is owed, since n is bounded by a batch.
func Scratch[T any](l *Ledger, old []T, n int) []T {
	if n <= cap(old) {
		return old[:n]
	}
	room := n + n/4
	l.Owe(int64(room-cap(old)) * sizeOf[T]())
	return make([]T, n, room)
}

func sizeOf[T any]() int64 {
	var zero T
	return int64(unsafe.Sizeof(zero))
}
