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
}

// report is what a child prints.
type report struct {
	PeakBytes int64           `json:"peak_bytes"` // 0: the system does not say
	Result    json.RawMessage `json:"result"`
	Error     string          `json:"error,omitempty"`
}

// Process runs task in a fresh process of this program, of at most threads threads
// of Go code at once, and fills in result from what the child handed to [Finish].
// An error of the task is an error here. When ctx ends the child is killed.
func Process(ctx context.Context, task any, threads int, result any) (Sample, error) {
	text, err := json.Marshal(task)
	if err != nil {
		return Sample{}, err
	}
	program, err := os.Executable()
	if err != nil {
		return Sample{}, err
	}
	cmd := exec.CommandContext(ctx, program)
	cmd.Env = append(os.Environ(), variable+"="+string(text), "GOMAXPROCS="+strconv.Itoa(threads))
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	from := time.Now()
	err = cmd.Run()
	wall := time.Since(from)
	switch {
	case ctx.Err() != nil:
		return Sample{}, context.Cause(ctx)
	case err != nil:
		return Sample{}, fmt.Errorf("the process of the task: %w: %s", err, tail(complaints.String()))
	}
	var r report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		return Sample{}, fmt.Errorf("what the process of the task printed is no report: %q", tail(out.String()))
	}
	if r.Error != "" {
		return Sample{}, errors.New(r.Error)
	}
	if r.PeakBytes == 0 {
		r.PeakBytes = peakOf(cmd.ProcessState)
	}
	s := Sample{Wall: wall, CPU: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), PeakBytes: r.PeakBytes}
	return s, json.Unmarshal(r.Result, result)
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
func peakOfSelf() int64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	line, _, _ := strings.Cut(rest, "\n")
	kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(line), "kB")), 10, 64)
	if err != nil {
		return 0
	}
	return kib << 10
}
