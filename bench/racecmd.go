package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"github.com/arrowmill/arrowmill/bench/data"
	"github.com/arrowmill/arrowmill/bench/jobs"
	"github.com/arrowmill/arrowmill/bench/measure"
	"github.com/arrowmill/arrowmill/bench/peers"
	"github.com/arrowmill/arrowmill/bench/race"
	"github.com/arrowmill/arrowmill/bench/report"
	"github.com/arrowmill/arrowmill/dataflow/executor"
)

// raceOptions are the flags of the command race.
type raceOptions struct {
	data, peers    string
	rows           count
	job, file, who pattern
	repeat         count
	slow           float64
	workers        int
	limit          time.Duration
	memory         int64 // MB
	out, before    string
	again          bool
}

func (o *raceOptions) define() *pflag.FlagSet {
	o.repeat = 5
	flags := pflag.NewFlagSet("race", pflag.ContinueOnError)
	flags.StringVar(&o.data, "data", "", "`DIR` of the tables")
	flags.Var(&o.rows, "rows", "only tables of so many rows, as in 1e7; those that the jobs\nneed and that are not there are made")
	flags.StringVar(&o.peers, "peers", "", "`DIR` of the peers, which the command peers makes (default: no peers)")
	flags.Var(&o.job, "job", "only the jobs whose whole name matches, as in 'q.*'")
	flags.Var(&o.file, "file", "only the files whose whole name matches, as in '.*csv'")
	flags.Var(&o.who, "peer", "only the programs whose whole name matches, as in\n'naive|duckdb.*', and arrowmill")
	flags.Var(&o.repeat, "repeat", "measure each program so many times, taking turns")
	flags.Float64Var(&o.slow, "slow", 4, "measure peers only twice that take more than `FACTOR` times as\nlong as the best one, and naive so by one worker; 0: none")
	flags.IntVar(&o.workers, "workers", runtime.GOMAXPROCS(0), "threads of each process")
	flags.DurationVar(&o.limit, "limit", 2*time.Minute, "stop a process that takes longer")
	flags.Int64Var(&o.memory, "memory", 0, "stop a process that holds more `MB` (default: three quarters of\nthe machine's)")
	flags.StringVar(&o.out, "out", "", "`DIR` for report.md, report.json and plots; what is measured there\nalready, of the same commit, is kept")
	flags.StringVar(&o.before, "before", "", "`DIR` of an earlier race, whose ratios are shown beside the new ones")
	flags.BoolVar(&o.again, "again", false, "measure again what is in --out")
	return flags
}

// raceCommand measures, prints rows as they come, and writes the report.
func raceCommand(ctx context.Context, args []string, out io.Writer) (err error) {
	var o raceOptions
	flags := o.define()
	if ok, err := parse(flags, args, out); !ok {
		return err
	}
	asked, err := o.plan(flags.Args())
	if err != nil {
		return misuse{err}
	}
	files, err := o.files(ctx, asked, out)
	if err != nil {
		return err
	}
	settings := race.Options{
		Data: o.data, Match: o.who.matches, Repeat: int(o.repeat), Slow: o.slow, Workers: o.workers, Out: out, Tiny: o.job.matches(race.Tiny),
		Limits:  measure.Limits{Wall: o.limit, Bytes: o.memory * 1_000_000},
		Results: &race.Results{}, Save: func() error { return nil },
	}
	if o.peers != "" {
		if settings.Peers, err = peers.Open(ctx, o.peers); err != nil {
			return err
		}
		defer settings.Peers.Close()
	}
	var before *race.Results
	if o.before != "" {
		if before, err = race.ReadResults(filepath.Join(o.before, "report.json")); err != nil {
			return err
		}
	}
	if o.out != "" {
		path := filepath.Join(o.out, "report.json")
		if earlier, err := race.ReadResults(path); err == nil {
			settings.Results = earlier
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		settings.Again = o.again
		settings.Save = func() error { return settings.Results.Write(path) }
		if err := os.MkdirAll(o.out, 0o755); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, report.Write(settings.Results, before, o.out)) }()
	}
	r, err := race.NewRunner(ctx, settings)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := r.Run(ctx, asked, files); err != nil {
		return err
	}
	if r.Wrong > 0 {
		return fmt.Errorf("%d answers are wrong", r.Wrong)
	}
	return nil
}

// plan is the jobs that are asked for.
func (o *raceOptions) plan(args []string) (asked []jobs.Job, err error) {
	switch {
	case len(args) > 0:
		return nil, fmt.Errorf("%q is not a flag: race takes flags alone", args[0])
	case o.data == "":
		return nil, errors.New("--data is not given: name the folder of the tables that 'go run ./bench data' made")
	case o.workers < 1:
		return nil, fmt.Errorf("--workers %d: give a number from 1", o.workers)
	case o.slow < 0 || o.slow > 0 && o.slow <= 1:
		return nil, fmt.Errorf("--slow %g: give a number above 1, or 0", o.slow)
	case o.before != "" && o.out == "":
		return nil, errors.New("--before without --out: no report is written")
	case o.again && o.out == "":
		return nil, errors.New("--again without --out: nothing is kept anyway")
	}
	if _, err := os.Stat(o.data); err != nil && o.rows == 0 {
		return nil, fmt.Errorf("--data: %w", err)
	}
	for _, j := range jobs.All() {
		if o.job.matches(j.Name) {
			asked = append(asked, j)
		}
	}
	if len(asked) == 0 && !o.job.matches(race.Tiny) {
		return nil, fmt.Errorf("--job %s: no job's whole name matches; 'go run ./bench --help' lists them", o.job.text)
	}
	return asked, nil
}

// files are the tables to race on; with --rows they are made.
func (o *raceOptions) files(ctx context.Context, asked []jobs.Job, out io.Writer) ([]data.File, error) {
	if o.rows > 0 {
		if err := o.make(ctx, asked, out); err != nil {
			return nil, err
		}
	}
	files, err := data.List(o.data)
	if err != nil {
		return nil, err
	}
	files = slices.DeleteFunc(files, func(f data.File) bool {
		of := slices.ContainsFunc(asked, func(j jobs.Job) bool { return slices.Contains(j.Tables, f.Table.Name) })
		return !of || !o.file.matches(f.Name()) || o.rows > 0 && f.Table.Made() && f.Rows != int64(o.rows)
	})
	if len(files) == 0 && len(asked) > 0 {
		return nil, fmt.Errorf("%s has no table for these jobs: make one by\n  go run ./bench data --rows 1e6 --out %s %s", o.data, o.data, asked[0].Tables[0])
	}
	return files, nil
}

// make makes the tables of the jobs as text and as Parquet.
func (o *raceOptions) make(ctx context.Context, asked []jobs.Job, out io.Writer) error {
	var made []string
	for _, j := range asked {
		for _, name := range j.Tables {
			table, err := data.Find(name)
			if err != nil {
				return err
			}
			if !table.Made() {
				if !slices.Contains(made, name) && o.file.text == "" {
					made = append(made, name)
					if err := gather(ctx, o.data, false, out); err != nil {
						return err
					}
				}
				continue
			}
			for _, format := range []string{table.TextFormat(), "parquet"} {
				f := data.File{Table: table, Rows: int64(o.rows), Seed: 1, Format: format}
				if slices.Contains(made, f.Name()) || !slices.Contains(table.Formats(), format) || !o.file.matches(f.Name()) {
					continue
				}
				made = append(made, f.Name())
				if err := makeFile(ctx, f, o.data, executor.Options{}, false, out); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
