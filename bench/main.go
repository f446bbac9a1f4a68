// Bench makes tables and races on them: jobs by arrowmill, by its peers and by plain
// Go programs that do the same. It also runs the micro-benchmarks that a page shows.
//
//	go run ./bench data --rows 1e6 --out /tmp/bench g1 brc
//	go run ./bench peers --out /tmp/peers
//	go run ./bench race --data /tmp/bench --peers /tmp/peers --job 'q.*'
//	go run ./bench micro
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
	"github.com/arrowmill/arrowmill/bench/race"
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

// child does the task of a process that a race began. ok: this is one.
func child(ctx context.Context, out, complaints io.Writer) (status int, ok bool) {
	ok, err := race.Child(ctx, out)
	if err != nil {
		fmt.Fprintln(complaints, "bench:", err)
		return failed, ok
	}
	return done, ok
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
		return misuse{errors.New("no command: it is data, peers, race or micro")}
	}
	switch name, rest := args[0], args[1:]; name {
	case "data":
		return dataCommand(ctx, rest, out)
	case "peers":
		return peersCommand(ctx, rest, out)
	case "race":
		return raceCommand(ctx, rest, out)
	case "micro":
		return microCommand(ctx, rest, out)
	case "help", "-h", "--help":
		_, err := io.WriteString(out, help())
		return err
	default:
		return misuse{fmt.Errorf("no command %q: it is data, peers, race or micro", name)}
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
	fmt.Fprintf(&all, "  %-10s %s\n", race.Tiny, "a graph of 100 rows, declared and run")
	usage := func(flags *pflag.FlagSet) string {
		flags.SortFlags = false
		return flags.FlagUsages()
	}
	return fmt.Sprintf(`Make tables, and race on them: jobs by arrowmill, its peers, and plain Go programs.

Usage:
  go run ./bench data --rows N --out DIR [flags] TABLE...
  go run ./bench peers --out DIR [flags]
  go run ./bench race --data DIR [--peers DIR] [--out DIR] [flags]
  go run ./bench micro [flags]

Examples:
  go run ./bench data --rows 1e6 --out /tmp/bench g1 brc
                            two tables as CSV, the same bytes on every machine
  go run ./bench data --rows 1e6 --out /tmp/bench --format csv,csv.zst all
                            all tables, in the formats that they have of these
  go run ./bench peers --out /tmp/peers
                            DuckDB, Polars and others, into a folder of their own
  go run ./bench race --rows 1e7 --data /tmp/bench --peers /tmp/peers --out /tmp/race
                            the whole race, tables and all; it goes on where it was
                            interrupted
  go run ./bench race --data /tmp/bench --peers /tmp/peers --job q3 --peer 'duckdb.*'
                            one job against one peer
  go run ./bench race --data /tmp/bench --peer naive --workers 1
                            against the naive Go program alone
  go run ./bench micro      the micro-benchmarks: the figures in docs/measurements.md anew

Flags of data:
%s
Flags of peers:
%s
Flags of race:
%s
Flags of micro:
%s
Tables, what they are, and their formats:
%s
Jobs, what they ask, and the tables that they are asked of:
%s
Columns: wall is the median time of a whole process, from file to answer, and ± half
of the slowest less the fastest; CPU is of all threads; peak the most memory that
was resident; × ours how many times as long as arrowmill a program took.

The exit status is 0 when done, 1 when failed or when an answer is wrong, 2 when
used wrongly, 130 when interrupted.
`, usage(new(dataOptions).define()), usage(new(peersOptions).define()), usage(new(raceOptions).define()), usage(new(microOptions).define()), tables.String(), all.String())
}
