package dataflowtest

import "testing"

// whole is set in tests of the harness itself.
var whole bool

// short says that a check is to be quick: under -short, as with the race detector. What the
// executor runs, where goroutines meet, is the same then; what one goroutine drives is tried in
// fewer ways, others each time.
func short() bool { return !whole && testing.Testing() && testing.Short() }

// seldom is n or, in a quick check, three times as much.
func seldom(n int) int {
	if short() {
		return 3 * n
	}
	return n
}
