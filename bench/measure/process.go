package measure

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// variable is the environment variable that a child finds its task in.
const variable = "ARROWMILL_BENCH_TASK"

// Sample is what one process took.
type Sample struct {
	Wall      time.Duration `json:"wall_ns"`
	CPU       time.Duration `json:"cpu_ns"`     // user and system, of all threads
	PeakBytes int64         `json:"peak_bytes"` // the most memory that was resident

	// Within is what the task took by its own clock, from when its program had begun until
	// it had the answer; 0: it does not say.
	Within time.Duration `json:"within_ns,omitempty"`
}

// report is what a child prints, as its last line.
type report struct {
	PeakBytes int64           `json:"peak_bytes"` // 0: the system does not say
	Result    json.RawMessage `json:"result"`
	Error     string          `json:"error,omitempty"`
}

// Process runs task in a fresh process of this program, of at most threads threads
// of Go code at once, and fills in result from what the child handed to [Finish].
// An error of the task is an error here. When ctx ends, or beyond limits, the child
// is killed.
func Process(ctx context.Context, task any, threads int, limits Limits, result any) (Sample, error) {
	text, err := json.Marshal(task)
	if err != nil {
		return Sample{}, err
	}
	program, err := os.Executable()
	if err != nil {
		return Sample{}, err
	}
	return Command(ctx, []string{program}, []string{variable + "=" + string(text), "GOMAXPROCS=" + strconv.Itoa(threads)}, limits, result)
}

// Command is [Process] for a program of any make. The last line that it prints is
// what Finish would print: JSON with result, peak_bytes and error.
func Command(ctx context.Context, command, environment []string, limits Limits, result any) (Sample, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = append(os.Environ(), environment...)
	cmd.WaitDelay = time.Second
	killTogether(cmd)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	from := time.Now()
	if err := cmd.Start(); err != nil {
		return Sample{}, err
	}
	ended, peak := make(chan struct{}), make(chan int64)
	go func() { peak <- watch(cmd.Process.Pid, limits, ended, cancel) }()
	err := cmd.Wait()
	wall := time.Since(from)
	close(ended)
	family := <-peak
	switch {
	case err != nil && ctx.Err() != nil:
		return Sample{}, context.Cause(ctx)
	case err != nil:
		return Sample{}, fmt.Errorf("the process of the task: %w: %s", err, tail(complaints.String()))
	}
	var r report
	if err := json.Unmarshal([]byte(lastLine(out.String())), &r); err != nil {
		return Sample{}, fmt.Errorf("what the process of the task printed is no report: %q", tail(out.String()))
	}
	if r.Error != "" {
		return Sample{}, errors.New(r.Error)
	}
	if r.PeakBytes == 0 {
		r.PeakBytes = peakOf(cmd.ProcessState)
	}
	s := Sample{Wall: wall, CPU: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), PeakBytes: max(r.PeakBytes, family)}
	return s, json.Unmarshal(r.Result, result)
}

// lastLine is a text's last line that is not empty.
func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndexByte(text, '\n')+1:]
}

// tail is the end of a text.
func tail(text string) string {
	const most = 2000
	text = strings.TrimSpace(text)
	return text[max(len(text)-most, 0):]
}

// Task fills in task and reports true in a process that [Process] began: main
// then does it, calls [Finish] and returns.
func Task(task any) (bool, error) {
	text, ok := os.LookupEnv(variable)
	if !ok {
		return false, nil
	}
	if err := json.Unmarshal([]byte(text), task); err != nil {
		return true, fmt.Errorf("%s: %w", variable, err)
	}
	return true, nil
}

// Finish reports to the parent by w, which is standard output.
func Finish(w io.Writer, result any, failure error) error {
	r := report{PeakBytes: peakOfSelf()}
	if failure != nil {
		r.Error = failure.Error()
	}
	var err error
	if r.Result, err = json.Marshal(result); err != nil {
		return err
	}
	return json.NewEncoder(w).Encode(r)
}

// peakOfSelf is the process's largest resident memory where Linux tells. What the
// parent can ask for instead counts the parent's own too, from between fork and
// exec.
func peakOfSelf() int64 { return kibOf("/proc/self/status", "VmHWM:") }
