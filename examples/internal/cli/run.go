package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/dataflow/observe"
	"github.com/arrowmill/arrowmill/io/file"
)

// Run runs, or explains, the graph that declare builds around the sink that the
// settings ask for, and returns the program's status. paths is the input.
func (s *Settings) Run(ctx context.Context, program string, std Streams, paths []string, declare func(dataflow.Sink) *dataflow.Graph) int {
	hooks, out := s.progress(std, slices.Contains(paths, file.Stdin))
	sink, err := s.sink(out, IsTerminal(std.Out))
	if err != nil {
		return std.Wrong(program, err)
	}
	g := declare(sink)
	if s.Explain {
		plan, err := executor.Explain(ctx, g)
		if err == nil {
			_, err = io.WriteString(std.Out, plan)
		}
		return std.End(program, err)
	}
	if s.Stats {
		hooks = observe.Join(hooks, observe.Stats(std.Err))
	}
	ended, err := s.profile()
	if err != nil {
		return std.End(program, err)
	}
	lean()
	report, err := executor.Run(ctx, g, executor.Options{Workers: s.Workers.Value, MemoryBytes: int64(s.Memory), Hooks: hooks})
	err = errors.Join(err, ended())
	if report != nil {
		for _, w := range report.Warnings {
			fmt.Fprintf(std.Err, "%s: %s\n", program, warning(w.Warning))
		}
	}
	return std.End(program, err)
}

// lean has the garbage collector begin when the heap has grown by 60%, not by 100, unless GOGC
// says by how much. What takes memory in a run are few and large buffers, so that a
// collection costs little: question 10 of db-benchmark held 500 MB in place of 600, in
// the same time.
func lean() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(60)
	}
}

// warning is one line: how many of what, and where the first was.
func warning(w dataflow.Warning) string {
	line := fmt.Sprintf("%d %s", w.Count, w.Text)
	if w.Path == "" {
		return line
	}
	path := w.Path
	if path == file.Stdin {
		path = "standard input"
	}
	line += ", the first in " + path
	if w.Byte >= 0 {
		line += fmt.Sprintf(" at byte %d", w.Byte)
	}
	return line
}
