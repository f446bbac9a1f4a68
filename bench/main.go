// Bench makes tables and runs jobs on them, each beside a naive Go program that
// does the same.
//
//	go run ./bench data --rows 1e6 --out /tmp/bench g1 brc
//	go run ./bench run --data /tmp/bench --job 'q.*'
package main

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

	"github.com/arrowmill/arrowmill/bench/data"
	"github.com/arrowmill/arrowmill/bench/jobs"
	"github.com/arrowmill/arrowmill/bench/measure"
)

// The statuses that the program ends with.
const (
	done        = 0
	failed      = 1
	misused     = 2
	interrupted = 128 + int(syscall.SIGINT)
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if status, ok := child(ctx, os.Stdout, os.Stderr); ok {
		os.Exit(status)
	}
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// child does the task of a process that the program itself began. ok: this is one.
func child(ctx context.Context, out, complaints io.Writer) (status int, ok bool) {
	var t task
	ok, err := measure.Task(&t)
	if !ok {
		return done, false
	}
	if err == nil {
		r, failure := t.do(ctx)
		err = measure.Finish(out, r, failure)
	}
	if err != nil {
		fmt.Fprintln(complaints, "bench:", err)
		return failed, true
	}
	return done, true
}

// misuse is an error of the command line.
type misuse struct{ error }

// run is the program.
func run(ctx context.Context, args []string, out, complaints io.Writer) int {
	err := command(ctx, args, out)
	var wrong misuse
	switch {
	case err == nil:
		return done
	case errors.As(err, &wrong):
		fmt.Fprintf(complaints, "bench: %v\nTry 'go run ./bench --help' for more.\n", err)
		return misused
	case ctx.Err() != nil:
		fmt.Fprintln(complaints, "bench: interrupted")
		return interrupted
	}
	fmt.Fprintln(complaints, "bench:", err)
	return failed
}

func command(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 {
		return misuse{errors.New("no command: it is data or run")}
	}
	switch name, rest := args[0], args[1:]; name {
	case "data":
		return dataCommand(ctx, rest, out)
	case "run":
		return runCommand(ctx, rest, out)
	case "help", "-h", "--help":
		_, err := io.WriteString(out, help())
		return err
	default:
		return misuse{fmt.Errorf("no command %q: it is data or run", name)}
	}
}

// parse parses the flags of a command. ok: it goes on; else help was asked for
// and printed.
func parse(flags *pflag.FlagSet, args []string, out io.Writer) (ok bool, err error) {
	flags.SetOutput(io.Discard)
	flags.SortFlags = false
	flags.Usage = func() {}
	wanted := flags.BoolP("help", "h", false, "print help and stop")
	if err := flags.Parse(args); err != nil {
		return false, misuse{err}
	}
	if *wanted {
		_, err := io.WriteString(out, help())
		return false, err
	}
	return true, nil
}

func help() string {
	var tables, all strings.Builder
	for _, t := range data.Tables() {
		fmt.Fprintf(&tables, "  %-10s %-48s %s\n", t.Name, t.About, strings.Join(t.Formats(), " "))
	}
	for _, j := range jobs.All() {
		fmt.Fprintf(&all, "  %-10s %-48s %s\n", j.Name, j.About, strings.Join(j.Tables, " "))
	}
	makeFlags, runFlags := new(dataOptions).define(), new(runOptions).define()
	makeFlags.SortFlags, runFlags.SortFlags = false, false
	return fmt.Sprintf(`Make tables, run jobs on them, and measure these beside a naive Go program.

Usage:
  go run ./bench data --rows N --out DIR [flags] TABLE...
  go run ./bench run --data DIR [flags]

Examples:
  go run ./bench data --rows 1e6 --out /tmp/bench g1 brc
                            two tables as CSV, the same bytes on every machine
  go run ./bench data --rows 1e6 --out /tmp/bench --format csv,csv.zst all
                            all tables, in the formats that they have of these
  go run ./bench run --data /tmp/bench
                            every job that there is a table for
  go run ./bench run --data /tmp/bench --job 'q[1-5]' --workers 1 --json out.json

Flags of data:
%s
Flags of run:
%s
Tables, what they are, and their formats:
%s
Jobs, what they ask, and the tables that they are asked of:
%s
Columns: wall is the median time of a whole process, from file to answer, and ± half
of the slowest less the fastest; CPU is of all threads; peak the most memory that
was resident; ratio how many times as long the naive program took; limit the share
of the wall time that no program could do without, to start and to read the bytes
and look at them, or to unpack them.

The exit status is 0 when done, 1 when failed or when an answer is wrong, 2 when
used wrongly, 130 when interrupted.
`, makeFlags.FlagUsages(), runFlags.FlagUsages(), tables.String(), all.String())
}
