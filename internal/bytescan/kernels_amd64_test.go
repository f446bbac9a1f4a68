//go:build !purego

package bytescan

import "testing"

// A CPU without AVX2 takes the other way in each function.
func TestWithoutAVX2(t *testing.T) {
	if !fast {
		t.Skip("this CPU has no AVX2: that is all that the other tests test")
	}
	fast = false
	defer func() { fast = true }()
	TestTwins(t)
	TestRows(t)
	TestBetween(t)
}
