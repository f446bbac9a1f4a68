package reserved

import (
	"slices"
	"testing"
)

func TestLedger(t *testing.T) {
	held, most := int64(0), int64(100)
	refused := &struct{ error }{}
	l := NewLedger(func(n int64) error {
		if held+n > most {
			return refused
		}
		held += n
		return nil
	})
	column, err := Grow[int32](l, nil, 20)
	if err != nil || len(column) != 20 || held != 80 {
		t.Fatalf("%d held, %v", held, err)
	}
	if grown, err := Grow(l, column, 21); err == nil || len(grown) != 20 || held != 80 {
		t.Errorf("%d held, %v: grown past the limit", held, err)
	}
	l.Owe(40)
	if err := l.Settle(); err == nil || held != 80 {
		t.Errorf("%d held, %v: settled past the limit", held, err)
	}
	most = 200
	if err := l.Settle(); err != nil || held != 120 {
		t.Errorf("%d held, %v", held, err)
	}
	if column = Empty(l, column); len(column) != 0 || cap(column) != 20 {
		t.Errorf("a small column was not kept")
	}
	if slices.Max(column[:20]) != 0 {
		t.Errorf("a column was not cleared")
	}
	l.Release(40)
	Free(l, column)
	if held != 0 || l.Held() != 0 {
		t.Errorf("%d held", held)
	}
}
