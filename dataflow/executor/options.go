package executor

import (
	"runtime"
	"sync"
	"time"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
)

// Options are the settings of a run. The zero value works: all cores, half of
// the memory.
type Options struct {
	// Workers is how many splits are worked on at once; 0: a worker for each CPU
	// that the process may use, container limits honoured.
	Workers int

	// MemoryBytes bounds the state and the rows that the run holds; 0: half of
	// what the machine or container has. Past it the run fails with an error
	// that names who holds what.
	MemoryBytes int64

	// SplitBytes is about how large a part of a source is; 0: 8 MiB. It is part of
	// what decides the answer of a user's function that is not exact.
	SplitBytes int64

	// BatchRows is about how many rows a batch has; 0: 4,096.
	BatchRows int

	// Order is the order in which rows reach sinks and Batches.
	Order Order

	// Hooks are called as the run goes on.
	Hooks dataflow.Hooks

	// Alloc is where all memory comes from; nil: the Go heap. What is released
	// is then given back to it at once instead of being used again, so that a
	// checking allocator sees every buffer.
	Alloc memory.Allocator

	// Grace is how long a user's function that does not return may hold up the
	// end of a run that failed or was cancelled; 0: ten seconds. The run then
	// ends without it and says so.
	Grace time.Duration
}

// Order is the order in which rows reach sinks and Batches.
type Order uint8

const (
	// SourceOrder is the order of the source's rows, of the partitions behind a
	// shuffle and reduce, and none for groups.
	SourceOrder Order = iota

	// AsFinished is no order: what is ready first comes first.
	AsFinished
)

const (
	defaultSplitBytes = 8 << 20
	defaultBatchRows  = 4096
	defaultGrace      = 10 * time.Second
	fallbackMemory    = 4 << 30
	windowMost        = 64 << 20 // bytes in transit beyond which sources are held up
	keepBytes         = 8 << 20  // released bytes that an instance keeps for itself
)

func (o Options) withDefaults() Options {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.MemoryBytes <= 0 {
		o.MemoryBytes = availableMemory() / 2
	}
	if o.SplitBytes <= 0 {
		o.SplitBytes = defaultSplitBytes
	}
	if o.BatchRows <= 0 {
		o.BatchRows = defaultBatchRows
	}
	if o.Grace <= 0 {
		o.Grace = defaultGrace
	}
	return o
}

// windowBytes is how much may be in transit before sources are held up.
func (o Options) windowBytes() int64 {
	return max(min(o.MemoryBytes/4, windowMost), 64<<10)
}

// pool keeps of an instance: nothing where the caller brought an allocator.
func (o Options) poolBytes() int64 {
	if o.Alloc != nil {
		return 0
	}
	return min(keepBytes, o.MemoryBytes/int64(8*o.Workers))
}

func (o Options) allocator() memory.Allocator {
	if o.Alloc != nil {
		return o.Alloc
	}
	return memory.DefaultAllocator
}

// availableMemory is the container's limit or, without one, the machine's
// memory.
var availableMemory = sync.OnceValue(func() int64 {
	machine, err := memlimit.FromSystem()
	if err != nil {
		machine = fallbackMemory
	}
	if limit, err := memlimit.FromCgroup(); err == nil && limit > 0 && limit < machine {
		return int64(limit)
	}
	return int64(machine)
})
