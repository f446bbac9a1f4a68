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
	if err := l.Reserve(int64(room) * size); err != nil {
		if room = n; l.Reserve(int64(room)*size) != nil {
			return column, err
		}
	}
	out := make([]T, n, room)
	copy(out, column)
	l.Release(int64(cap(column)) * size)
	return out, nil
}

// Empty returns column with no elements, and gives its memory back where it is
// large.
func Empty[T any](l *Ledger, column []T) []T {
	if int64(cap(column))*sizeOf[T]() > keepBytes {
		return Free(l, column)
	}
	clear(column)
	return column[:0]
}

// Free gives the memory of column back.
func Free[T any](l *Ledger, column []T) []T {
	l.Release(int64(cap(column)) * sizeOf[T]())
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
