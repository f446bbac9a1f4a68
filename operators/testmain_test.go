package operators

import (
	"os"
	"runtime/debug"
	"testing"
)

// The harness makes very many small batches: collecting garbage less often takes a
// fifth off the time of the tests.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}
