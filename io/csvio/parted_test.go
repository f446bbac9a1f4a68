package csvio

import "testing"

// TestALookThatPanics: nobody waits for it afterwards.
func TestALookThatPanics(t *testing.T) {
	p := newParted()
	p.bounds = []int64{0, 10, 20}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("it did not panic")
			}
		}()
		_, _ = p.stateAt(20, 0, func(stretch) (transition, error) { panic("of a look") })
	}()
	if len(p.begun) > 0 {
		t.Fatalf("still begun: %v", p.begun)
	}
	looks := 0
	same := transition{outside, inside}
	s, err := p.stateAt(20, 0, func(stretch) (transition, error) { looks++; return same, nil })
	if err != nil || s != outside || looks != 2 {
		t.Errorf("state %v after %d looks: %v", s, looks, err)
	}
}
