package measure_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/arrowmill/arrowmill/bench/measure"
	"github.com/arrowmill/arrowmill/io/file"
)

// chore is what a child of the tests does.
type chore struct {
	Spin, Endless bool
	Linger        bool // hold what was allocated for half a second
	Alloc         int
	Fail, Crash   string
}

var sunk []byte

func TestMain(m *testing.M) {
	var c chore
	isChild, err := measure.Task(&c)
	if !isChild {
		os.Exit(m.Run())
	}
	if err == nil {
		err = c.do()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (c chore) do() error {
	for from := time.Now(); c.Endless || c.Spin && time.Since(from) < 50*time.Millisecond; {
	}
	if c.Crash != "" {
		return errors.New(c.Crash)
	}
	sunk = bytes.Repeat([]byte{1}, c.Alloc)
	if c.Linger {
		for from := time.Now(); time.Since(from) < 500*time.Millisecond; {
		}
	}
	var failure error
	if c.Fail != "" {
		failure = errors.New(c.Fail)
	}
	return measure.Finish(os.Stdout, map[string]int{"alloc": len(sunk)}, failure)
}

func TestProcess(t *testing.T) {
	var result struct{ Alloc int }
	idle, err := measure.Process(t.Context(), chore{}, 1, measure.Limits{}, &result)
	if err != nil {
		t.Fatal(err)
	}
	const bytes = 100 << 20
	busy, err := measure.Process(t.Context(), chore{Spin: true, Alloc: bytes}, 1, measure.Limits{}, &result)
	if err != nil {
		t.Fatal(err)
	}
	if result.Alloc != bytes {
		t.Errorf("the result is %+v", result)
	}
	if busy.Wall < 50*time.Millisecond || busy.CPU < 40*time.Millisecond {
		t.Errorf("spinning 50 ms took %v, %v of CPU", busy.Wall, busy.CPU)
	}
	// The race detector takes as much again several times.
	if grown := busy.PeakBytes - idle.PeakBytes; idle.PeakBytes <= 0 || grown < bytes*9/10 || grown > 6*bytes {
		t.Errorf("%d bytes more are %d of peak, from %d", bytes, grown, idle.PeakBytes)
	}
}

func TestProcessFails(t *testing.T) {
	if _, err := measure.Process(t.Context(), chore{Fail: "no such table"}, 1, measure.Limits{}, new(any)); err == nil || err.Error() != "no such table" {
		t.Errorf("an error of the task: %v", err)
	}
	if _, err := measure.Process(t.Context(), chore{Crash: "out of order"}, 1, measure.Limits{}, new(any)); err == nil || !strings.Contains(err.Error(), "out of order") {
		t.Errorf("a process that fails: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := measure.Process(ctx, chore{Endless: true}, 1, measure.Limits{}, new(any)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a process that was killed: %v", err)
	}
	if _, err := measure.Process(t.Context(), func() {}, 1, measure.Limits{}, new(any)); err == nil {
		t.Error("a task that is no JSON")
	}
}

// A process is stopped when it takes too long or too much, with all that it began.
func TestLimits(t *testing.T) {
	shell := func(limits measure.Limits, script string) (measure.Sample, error) {
		return measure.Command(t.Context(), []string{"sh", "-c", script}, nil, limits, new(any))
	}
	from := time.Now()
	if _, err := shell(measure.Limits{Wall: 100 * time.Millisecond}, "sleep 60 & wait"); !errors.Is(err, measure.ErrStopped) || !strings.Contains(err.Error(), "100ms") {
		t.Errorf("too long: %v", err)
	}
	if took := time.Since(from); took > 30*time.Second {
		t.Errorf("it was waited for: %v", took)
	}
	if runtime.GOOS != "linux" {
		t.Skip("memory is looked at on Linux alone")
	}
	grow := func(limits measure.Limits) (measure.Sample, error) {
		return measure.Process(t.Context(), chore{Alloc: 200 << 20, Linger: true}, 1, limits, new(any))
	}
	if _, err := grow(measure.Limits{Bytes: 100 << 20}); !errors.Is(err, measure.ErrStopped) || !strings.Contains(err.Error(), "MB of memory") {
		t.Errorf("too much: %v", err)
	}
	if _, err := grow(measure.Limits{Bytes: 8 << 30, Wall: time.Hour}); err != nil {
		t.Errorf("within its limits: %v", err)
	}
}

// What a process began counts as its own.
func TestFamily(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("memory is looked at on Linux alone")
	}
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	const bytes = 150 << 20
	chores := fmt.Sprintf(`{"Alloc": %d, "Linger": true}`, bytes)
	script := fmt.Sprintf(`ARROWMILL_BENCH_TASK='%s' %s >/dev/null & ARROWMILL_BENCH_TASK='%s' %s >/dev/null & wait
echo noise; echo '{"result": {"alloc": 7}, "peak_bytes": 1000}'`, chores, binary, chores, binary)
	var result struct{ Alloc int }
	s, err := measure.Command(t.Context(), []string{"sh", "-c", script}, nil, measure.Limits{}, &result)
	if err != nil || result.Alloc != 7 {
		t.Fatal(result, err)
	}
	if s.PeakBytes < 2*bytes*9/10 || s.PeakBytes > 12*bytes {
		t.Errorf("two processes of %d bytes held %d", bytes, s.PeakBytes)
	}
}

func TestSummarise(t *testing.T) {
	of := func(walls ...time.Duration) measure.Summary {
		var samples []measure.Sample
		for i, w := range walls {
			samples = append(samples, measure.Sample{Wall: w, CPU: 2 * w, PeakBytes: int64(i)})
		}
		return measure.Summarise(samples)
	}
	for _, c := range []struct{ got, want measure.Summary }{
		{of(7), measure.Summary{Wall: 7, CPU: 14}},
		{of(9, 1, 3), measure.Summary{Wall: 3, Spread: 4, CPU: 6, PeakBytes: 2}},
		{of(40, 10, 20, 100), measure.Summary{Wall: 30, Spread: 45, CPU: 60, PeakBytes: 3}},
		{measure.Summarise([]measure.Sample{{Wall: 5, Within: 4}, {Wall: 9, Within: 2}}), measure.Summary{Wall: 7, Spread: 2, Within: 3}},
		{measure.Summarise([]measure.Sample{{Wall: 5, Within: 4}, {Wall: 9}}), measure.Summary{Wall: 7, Spread: 2}}, // one does not say
	} {
		if c.got != c.want {
			t.Errorf("got %+v, want %+v", c.got, c.want)
		}
	}
}

func TestFloors(t *testing.T) {
	text := bytes.Repeat([]byte("twelve bytes\n"), 300_000)
	plain, packed := filepath.Join(t.TempDir(), "t.txt"), filepath.Join(t.TempDir(), "t.txt.zst")
	for _, path := range []string{plain, packed} {
		f, err := file.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(text); err != nil {
			t.Fatal(err)
		}
		if err := f.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	for _, threads := range []int{1, 2, 5} {
		for _, touch := range []bool{false, true} {
			size, lines, err := measure.Read(plain, threads, touch)
			want := int64(0)
			if touch {
				want = 300_000
			}
			if err != nil || size != int64(len(text)) || lines != want {
				t.Errorf("%d threads, touch %v: %d bytes, %d lines, %v", threads, touch, size, lines, err)
			}
		}
	}
	if size, err := measure.Unpack(t.Context(), packed); err != nil || size != int64(len(text)) {
		t.Errorf("unpacked: %d bytes, %v", size, err)
	}
	for _, err := range []error{
		func() error { _, _, err := measure.Read(plain+"x", 1, false); return err }(),
		func() error { _, err := measure.Unpack(t.Context(), plain+"x"); return err }(),
	} {
		if !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a file that is not there: %v", err)
		}
	}
}
