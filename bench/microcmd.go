package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/pflag"

	"github.com/arrowmill/arrowmill/bench/micro"
)

// microOptions are the flags of the command micro.
type microOptions struct {
	page   string
	repeat int
	time   time.Duration
	only   pattern
}

func (o *microOptions) define() *pflag.FlagSet {
	flags := pflag.NewFlagSet("micro", pflag.ContinueOnError)
	flags.StringVar(&o.page, "page", "docs/measurements.md", "`FILE` whose commands are run and whose tables are written")
	flags.IntVar(&o.repeat, "repeat", 5, "rounds: how often each benchmark runs")
	flags.DurationVar(&o.time, "time", 100*time.Millisecond, "how long a benchmark runs in a round")
	flags.Var(&o.only, "only", "only commands in folders that match, as io/.*")
	return flags
}

// microCommand measures the micro-benchmarks of a page.
func microCommand(ctx context.Context, args []string, out io.Writer) error {
	var o microOptions
	flags := o.define()
	if ok, err := parse(flags, args, out); !ok {
		return err
	}
	switch rest := flags.Args(); {
	case len(rest) > 0:
		return misuse{fmt.Errorf("%q is not a flag: micro takes flags alone", rest[0])}
	case o.repeat < 1:
		return misuse{fmt.Errorf("--repeat %d: must be at least 1", o.repeat)}
	case o.time <= 0:
		return misuse{errors.New("--time must be more than nothing")}
	}
	return micro.Measure(ctx, o.page, micro.Options{Rounds: o.repeat, Time: o.time, Out: out,
		Only: func(folder string) bool { return o.only.matches(folder) }})
}
