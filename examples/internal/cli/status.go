package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/pflag"

	"github.com/arrowmill/arrowmill/dataflow"
)

// The statuses that a program ends with.
const (
	Done   = 0
	Failed = 1
	Misuse = 2
)

// Streams are the standard streams of a program.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Main runs a program and ends the process with its status. The context that
// run is handed ends with the first interrupt.
func Main(run func(ctx context.Context, args []string, std Streams) int) {
	// A write to a pipe that nobody reads is to be an error, not the end.
	signal.Ignore(syscall.SIGPIPE)
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		s := <-signals
		signal.Stop(signals) // the next one ends the process
		cancel(&interrupt{s})
	}()
	os.Exit(run(ctx, os.Args[1:], Streams{os.Stdin, os.Stdout, os.Stderr}))
}

// interrupt is the cause of a context that a signal ended.
type interrupt struct{ signal os.Signal }

// Error names the signal.
func (e *interrupt) Error() string {
	if e.signal == os.Interrupt {
		return "interrupted"
	}
	return e.signal.String()
}

// Wrong reports how program was used wrongly.
func (std Streams) Wrong(program string, err error) int {
	var value *pflag.InvalidValueError
	if errors.As(err, &value) {
		err = fmt.Errorf("--%s: %w", value.GetFlag().Name, value.Unwrap())
	}
	fmt.Fprintf(std.Err, "%s: %v\nTry '%s --help' for more.\n", program, err, program)
	return Misuse
}

// End reports err, if it is one, and returns the status that a program ends
// with for it.
func (std Streams) End(program string, err error) int {
	var stopped *interrupt
	switch {
	case err == nil, isBrokenPipe(err):
		return Done
	case errors.As(err, &stopped):
		fmt.Fprintf(std.Err, "%s: %v\n", program, stopped)
		if s, ok := stopped.signal.(syscall.Signal); ok {
			return 128 + int(s)
		}
		return Failed
	}
	for _, line := range reasons(err) {
		fmt.Fprintf(std.Err, "%s: %s\n", program, line)
	}
	return Failed
}

// reasons is err for who uses a program: of the mistakes of a graph, what is
// wrong and not where in the program's source the graph is declared; of an
// error of input or output, the file and the cause and not the stage.
func reasons(err error) []string {
	var mistakes dataflow.GraphErrors
	if errors.As(err, &mistakes) {
		lines := make([]string, len(mistakes))
		for i, m := range mistakes {
			lines[i], _ = ofFile(m.Err)
		}
		return lines
	}
	var at *dataflow.StageError
	if errors.As(err, &at) {
		if line, ok := ofFile(at.Err); ok {
			return []string{line}
		}
	}
	line, _ := ofFile(err)
	return []string{line}
}

// ofFile is err without the name of the package under io that it begins with. ok:
// it does; such an error names its file.
func ofFile(err error) (line string, ok bool) {
	text := strings.TrimSpace(err.Error())
	pkg, rest, found := strings.Cut(text, ": ")
	if !found || !strings.HasSuffix(pkg, "io") || strings.ContainsAny(pkg, " ./") {
		return text, false
	}
	return rest, true
}
