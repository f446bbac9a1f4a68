package dataflowtest

import (
	"fmt"
	"math/rand/v2"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
)

// T is the part of testing.TB that the package reports to.
type T interface {
	Helper()
	Errorf(format string, args ...any)
	Cleanup(func())
}

// NewEnv is a full Env with which an instance is driven by hand: memory from
// alloc, nothing refused, one partition. When the test ends, the instance must
// have given back what it reserved. It serves one goroutine at a time.
func NewEnv(t T, alloc memory.Allocator) dataflow.Env {
	a := &account{}
	t.Cleanup(func() {
		t.Helper()
		if err := a.settled(); err != nil {
			t.Errorf("dataflowtest: %v", err)
		}
	})
	return a.env(alloc)
}

// account is what one instance has reserved.
type account struct {
	reserved int64
	wrong    error

	// refuse is the chance that a request is refused, by rng.
	refuse  float64
	rng     *rand.Rand
	refused int
}

func (a *account) env(alloc memory.Allocator) dataflow.Env {
	return dataflow.Env{
		Alloc:      alloc,
		Reserve:    a.reserve,
		Advance:    func(int64) {},
		Warn:       func(dataflow.Warning) {},
		BatchRows:  1024,
		Partitions: 1,
	}
}

func (a *account) reserve(bytes int64) error {
	if bytes > 0 && a.refuse > 0 && a.rng.Float64() < a.refuse {
		a.refused++
		return fmt.Errorf("dataflowtest: %d bytes refused: %w", bytes, dataflow.ErrBudget)
	}
	if a.reserved += bytes; a.reserved < 0 && a.wrong == nil {
		a.wrong = fmt.Errorf("%d more bytes were given back to Env.Reserve than had been reserved", -a.reserved)
	}
	return nil
}

func (a *account) settled() error {
	if a.wrong == nil && a.reserved != 0 {
		return fmt.Errorf("%d bytes of Env.Reserve were not given back by Close", a.reserved)
	}
	return a.wrong
}
