package reserved

import (
	"reflect"
	"testing"
	"unsafe"
)

// TestAgain frees columns and looks for their memory in those that follow.
func TestAgain(t *testing.T) {
	const bytes = 2 * againLeast
	l := NewLedger(nil)
	found := 0
	for range 50 { // a shelf may let go of what lies there
		words, err := New[uint64](l, bytes/8)
		if err != nil {
			t.Fatal(err)
		}
		fill(words)
		at := unsafe.Pointer(unsafe.SliceData(words))
		Free(l, words)
		pairs, err := Grow[[2]int64](l, nil, bytes/16-7)
		if err != nil {
			t.Fatal(err)
		}
		if cap(pairs) != bytes/16 || l.Held() != bytes {
			t.Fatalf("%d pairs of 16 bytes, %d held: not the size class", cap(pairs), l.Held())
		}
		for i, p := range pairs[:cap(pairs)] {
			if p != [2]int64{} {
				t.Fatalf("pair %d is not zero", i)
			}
		}
		if unsafe.Pointer(unsafe.SliceData(pairs)) == at {
			found++
		}
		pairs[0], pairs[len(pairs)-1] = [2]int64{1, 2}, [2]int64{3, 4}
		longer, err := Grow(l, pairs, len(pairs)+10)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range longer {
			want := [2]int64{}
			switch i {
			case 0:
				want = [2]int64{1, 2}
			case bytes/16 - 8:
				want = [2]int64{3, 4}
			}
			if p != want {
				t.Fatalf("pair %d is %v after growing", i, p)
			}
		}
		fillPairs(longer)
		Free(l, longer)
	}
	if found == 0 {
		t.Error("no memory was used again")
	}
	if l.Held() != 0 {
		t.Errorf("%d held", l.Held())
	}
}

func fill(words []uint64) {
	for i := range words {
		words[i] = ^uint64(0)
	}
}

func fillPairs(pairs [][2]int64) {
	for i := range pairs {
		pairs[i] = [2]int64{-1, -1}
	}
}

// TestShelves: a size class has a shelf of its own, what has pointers has none.
func TestShelves(t *testing.T) {
	seen := map[any]int64{}
	for bytes := int64(againLeast); bytes <= againMost; bytes = roomFor(bytes + 1) {
		s := shelf[byte](int(bytes))
		if was, ok := seen[s]; ok || s == nil {
			t.Errorf("%d and %d bytes have one shelf", was, bytes)
		}
		seen[s] = bytes
		if shelf[byte](int(bytes)-1) != nil {
			t.Errorf("%d bytes have a shelf", bytes-1)
		}
	}
	if len(seen) != len(shelves) {
		t.Errorf("%d shelves are used, of %d", len(seen), len(shelves))
	}
	if shelf[*int](againLeast/8) != nil || shelf[string](againLeast/16) != nil || shelf[[]byte](againLeast) != nil {
		t.Error("columns with pointers have a shelf")
	}
	for typ, want := range map[reflect.Type]bool{
		reflect.TypeFor[struct{ a, b int32 }](): false, reflect.TypeFor[[3]float64](): false, reflect.TypeFor[bool](): false, reflect.TypeFor[complex128](): false,
		reflect.TypeFor[struct{ a *int }](): true, reflect.TypeFor[[2]string](): true, reflect.TypeFor[any](): true, reflect.TypeFor[uintptr](): true,
	} {
		if hasPointers(typ) != want {
			t.Errorf("%s: pointers %v", typ, !want)
		}
	}
}
