package measure

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Limits are when a process is stopped. The zero value lets it run.
type Limits struct {
	Wall  time.Duration
	Bytes int64 // of resident memory, of the process and those that it began; Linux alone
}

// ErrStopped is the error of a process that went beyond its limits; its text says
// beyond which.
var ErrStopped = errors.New("stopped")

// lookEvery is how often the memory of a process is looked at: a look takes some
// twenty microseconds.
const lookEvery = 20 * time.Millisecond

// watch looks at a process until done is closed, and returns the most memory that it
// and those that it began held together where it began any, else 0. Beyond the
// limits it calls stop with the reason, once.
func watch(pid int, limits Limits, done <-chan struct{}, stop func(error)) (peak int64) {
	looks := time.NewTicker(lookEvery)
	defer looks.Stop()
	var late <-chan time.Time
	if limits.Wall > 0 {
		late = time.After(limits.Wall)
	}
	for {
		select {
		case <-done:
			return peak
		case <-late:
			stop(fmt.Errorf("%w after %s", ErrStopped, limits.Wall))
			late = nil
		case <-looks.C:
			bytes, processes := held(pid)
			if processes > 1 {
				peak = max(peak, bytes)
			}
			if limits.Bytes > 0 && bytes > limits.Bytes {
				stop(fmt.Errorf("%w at %d MB of memory", ErrStopped, bytes/1_000_000))
				limits.Bytes = 0
			}
		}
	}
}

// held is the resident memory of a process and of those that it began, pages that
// they share counted once.
func held(pid int) (bytes int64, processes int) {
	family := []int{pid}
	for i := 0; i < len(family); i++ {
		tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", family[i]))
		for _, t := range tasks {
			text, _ := os.ReadFile(t)
			for child := range strings.FieldsSeq(string(text)) {
				if n, err := strconv.Atoi(child); err == nil {
					family = append(family, n)
				}
			}
		}
	}
	if len(family) == 1 {
		return kibOf(fmt.Sprintf("/proc/%d/status", pid), "VmRSS:"), 1
	}
	for _, pid := range family {
		bytes += kibOf(fmt.Sprintf("/proc/%d/smaps_rollup", pid), "Pss:")
	}
	return bytes, len(family)
}

// kibOf is a field of a file of /proc in bytes, 0 where there is none.
func kibOf(path, field string) int64 {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), field)
	line, _, _ := strings.Cut(rest, "\n")
	kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(line), "kB")), 10, 64)
	if err != nil {
		return 0
	}
	return kib << 10
}
