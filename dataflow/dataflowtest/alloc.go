package dataflowtest

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

// poisonByte fills released memory, so that who reads on reads something else.
const poisonByte = 0xDB

// stacksVariable is the environment variable that has each allocation remember
// where it was asked for: a third of the time of a test.
const stacksVariable = "DATAFLOWTEST_STACKS"

var withStacks = os.Getenv(stacksVariable) != ""

// ledger is an allocator that knows what is out and where it was asked for. It
// hands out zeroed memory, as executor's do, never the same twice, and
// overwrites what is released. Safe for concurrent use.
type ledger struct {
	mu    sync.Mutex
	out   map[*byte]allocation
	wrong []string // releases of what was not out
}

type allocation struct {
	bytes int
	stack [12]uintptr
}

func newLedger() *ledger { return &ledger{out: map[*byte]allocation{}} }

// Allocate returns size zero bytes, aligned to 64.
func (l *ledger) Allocate(size int) []byte {
	const align = 64
	raw := make([]byte, size+align)
	skip := int(align-uintptr(unsafe.Pointer(unsafe.SliceData(raw)))%align) % align
	b := raw[skip : skip+size : skip+size]
	if size == 0 {
		return b
	}
	a := allocation{bytes: size}
	if withStacks {
		runtime.Callers(2, a.stack[:])
	}
	l.mu.Lock()
	l.out[unsafe.SliceData(b)] = a
	l.mu.Unlock()
	return b
}

// Reallocate moves b, always, and overwrites where it was.
func (l *ledger) Reallocate(size int, b []byte) []byte {
	out := l.Allocate(size)
	copy(out, b)
	l.Free(b)
	return out
}

// Free overwrites b.
func (l *ledger) Free(b []byte) {
	if cap(b) == 0 {
		return
	}
	key := unsafe.SliceData(b)
	l.mu.Lock()
	defer l.mu.Unlock()
	a, ok := l.out[key]
	if !ok {
		var at [12]uintptr
		runtime.Callers(2, at[:])
		l.wrong = append(l.wrong, fmt.Sprintf("memory that is not allocated is released%s", trace(at)))
		return
	}
	delete(l.out, key)
	b = b[:a.bytes]
	for i := range b {
		b[i] = poisonByte
	}
}

// settled is nil when all is released, once.
func (l *ledger) settled() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.wrong) > 0 {
		return fmt.Errorf("%s", l.wrong[0])
	}
	if len(l.out) == 0 {
		return nil
	}
	var total int
	var sites []string
	seen := map[[12]uintptr]bool{}
	for _, a := range l.out {
		total += a.bytes
		if !seen[a.stack] && len(sites) < 3 {
			seen[a.stack] = true
			sites = append(sites, fmt.Sprintf("%d bytes%s", a.bytes, trace(a.stack)))
		}
	}
	if !withStacks {
		return fmt.Errorf("%d bytes in %d buffers are leaked: run the test with %s=1 and the same seed to see where they were allocated", total, len(l.out), stacksVariable)
	}
	return fmt.Errorf("%d bytes in %d buffers are leaked, among them\n%s", total, len(l.out), strings.Join(sites, "\n"))
}

// trace is the stack from where arrow was called on, most recent first.
func trace(stack [12]uintptr) string {
	var b strings.Builder
	frames := runtime.CallersFrames(stack[:])
	for {
		f, more := frames.Next()
		if f.Function == "" {
			break
		}
		fmt.Fprintf(&b, "\n    %s\n        %s:%d", f.Function, f.File, f.Line)
		if !more {
			break
		}
	}
	return b.String()
}

var _ memory.Allocator = (*ledger)(nil)
