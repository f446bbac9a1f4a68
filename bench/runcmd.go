package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"

	"github.com/spf13/pflag"

	"github.com/arrowmill/arrowmill/bench/data"
	"github.com/arrowmill/arrowmill/bench/jobs"
)

// runOptions are the flags of the command run.
type runOptions struct {
	data    string
	job     pattern
	file    pattern
	repeat  count
	workers int
	naive   bool
	json    string
}

func (o *runOptions) define() *pflag.FlagSet {
	o.repeat = 5
	flags := pflag.NewFlagSet("run", pflag.ContinueOnError)
	flags.StringVar(&o.data, "data", "", "`DIR` of the tables")
	flags.Var(&o.job, "job", "only the jobs whose whole name matches, as in 'q.*'")
	flags.Var(&o.file, "file", "only the files whose whole name matches, as in '.*csv'")
	flags.Var(&o.repeat, "repeat", "measure each program so many times, taking turns")
	flags.IntVar(&o.workers, "workers", runtime.GOMAXPROCS(0), "threads of each process, also of the naive one, whose\ngarbage collector can use them")
	flags.BoolVar(&o.naive, "naive", true, "measure the naive program; without it, it only says once\nwhat the answer is")
	flags.StringVar(&o.json, "json", "", "write all samples to `FILE`, with the machine and the commit")
	return flags
}

// runCommand measures, prints a table and, if asked to, writes it as JSON.
func runCommand(ctx context.Context, args []string, out io.Writer) error {
	var o runOptions
	flags := o.define()
	if ok, err := parse(flags, args, out); !ok {
		return err
	}
	asked, files, err := o.plan(flags.Args())
	if err != nil {
		return misuse{err}
	}
	r := &runner{options: o, out: out, results: newResults(ctx, o)}
	found := false
	for _, group := range sameTable(files) {
		of := slices.DeleteFunc(slices.Clone(asked), func(j jobs.Job) bool { return !slices.Contains(j.Tables, group[0].Table.Name) })
		if len(of) == 0 {
			continue
		}
		found = true
		if err := r.table(ctx, group, of); err != nil {
			return err
		}
	}
	if !found {
		return fmt.Errorf("%s has no table for these jobs: make one by\n  go run ./bench data --rows 1e6 --out %s %s", o.data, o.data, asked[0].Tables[0])
	}
	if o.json != "" {
		if err := r.results.write(o.json); err != nil {
			return err
		}
	}
	if r.wrong > 0 {
		return fmt.Errorf("%d answers are wrong", r.wrong)
	}
	return nil
}

// plan is the jobs and the files that are asked for.
func (o *runOptions) plan(args []string) ([]jobs.Job, []data.File, error) {
	switch {
	case len(args) > 0:
		return nil, nil, fmt.Errorf("%q is not a flag: run takes flags alone", args[0])
	case o.data == "":
		return nil, nil, errors.New("--data is not given: name the folder of the tables that 'go run ./bench data' made")
	case o.workers < 1:
		return nil, nil, fmt.Errorf("--workers %d: give a number from 1", o.workers)
	}
	if _, err := os.Stat(o.data); err != nil {
		return nil, nil, fmt.Errorf("--data: %w", err)
	}
	var asked []jobs.Job
	for _, j := range jobs.All() {
		if o.job.matches(j.Name) {
			asked = append(asked, j)
		}
	}
	if len(asked) == 0 {
		return nil, nil, fmt.Errorf("--job %s: no job's whole name matches; 'go run ./bench --help' lists them", o.job.text)
	}
	files, err := data.List(o.data)
	if err != nil {
		return nil, nil, err
	}
	return asked, slices.DeleteFunc(files, func(f data.File) bool { return !o.file.matches(f.Name()) }), nil
}

// sameTable parts files, which are in order, by the table that they hold.
func sameTable(files []data.File) (groups [][]data.File) {
	for i, f := range files {
		if i > 0 && f.As("").Name() == files[i-1].As("").Name() {
			groups[len(groups)-1] = append(groups[len(groups)-1], f)
			continue
		}
		groups = append(groups, []data.File{f})
	}
	return groups
}
