package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/arrowmill/arrowmill/bench/data"
	"github.com/arrowmill/arrowmill/bench/jobs"
	"github.com/arrowmill/arrowmill/bench/measure"
	"github.com/arrowmill/arrowmill/dataflow/executor"
)

// runner measures cell after cell: a job on a file, by us and by the naive program.
type runner struct {
	options runOptions
	out     io.Writer
	results *results
	wrong   int
	headed  bool
}

// table measures the floors of each file of one table, then each job on each file.
func (r *runner) table(ctx context.Context, files []data.File, asked []jobs.Job) error {
	floors := make([]measure.Summary, len(files))
	for i, f := range files {
		var err error
		if floors[i], err = r.floors(ctx, f); err != nil {
			return err
		}
	}
	ratios := make([][]float64, len(files))
	for _, j := range asked {
		for i, f := range files {
			ratio, err := r.cell(ctx, j, f, floors[i])
			if err != nil {
				return fmt.Errorf("%s of %s: %w", j.Name, f.Name(), err)
			}
			if ratio > 0 {
				ratios[i] = append(ratios[i], ratio)
			}
		}
	}
	for i, f := range files {
		if len(ratios[i]) > 1 {
			fmt.Fprintf(r.out, "%s: geometric mean of %d ratios %.2f\n", f.Name(), len(ratios[i]), geometricMean(ratios[i]))
		}
	}
	return nil
}

func geometricMean(values []float64) float64 {
	var sum float64
	for _, v := range values {
		sum += math.Log(v)
	}
	return math.Exp(sum / float64(len(values)))
}

// floors measures the floors of a file and returns the one that binds. Of a format
// that need not be read whole none does.
func (r *runner) floors(ctx context.Context, f data.File) (binding measure.Summary, err error) {
	programs := []program{start, read, touch}
	if f.Packed() {
		programs = []program{start, read, unpack}
	}
	rows, err := r.measure(ctx, "", f, programs)
	if err != nil {
		return binding, fmt.Errorf("%s: %w", f.Name(), err)
	}
	for _, row := range rows {
		r.add(row)
		if row.Wall > binding.Wall && f.Text() {
			binding = row.Summary
		}
	}
	return binding, nil
}

// cell checks a job's answer, measures the programs, and returns how many times as
// long the naive one took; 0: it was not measured.
func (r *runner) cell(ctx context.Context, j jobs.Job, f data.File, floor measure.Summary) (ratio float64, err error) {
	checked, err := r.check(ctx, j, f)
	if err != nil {
		return 0, err
	}
	if checked.Mismatch != "" { // the cell is void
		r.wrong++
		r.add(row{Job: j.Name, File: f.Name(), Program: ours, Mismatch: checked.Mismatch})
		return 0, nil
	}
	programs := []program{ours}
	if r.options.naive && naiveReads(f) {
		programs = append(programs, plain)
	}
	rows, err := r.measure(ctx, j.Name, f, programs)
	if err != nil {
		return 0, err
	}
	if len(rows) > 1 {
		ratio = float64(rows[1].Wall) / float64(rows[0].Wall)
	}
	rows[0].Ratio, rows[0].Limit = ratio, float64(floor.Wall)/float64(rows[0].Wall)
	for i := range rows {
		if rows[i].Rows != checked.Rows {
			return 0, fmt.Errorf("%s answered %d rows, but %d when it was checked", rows[i].Program, rows[i].Rows, checked.Rows)
		}
		r.add(rows[i])
	}
	return ratio, nil
}

// naiveReads reports whether the naive programs read the format.
func naiveReads(f data.File) bool { return f.Text() && !strings.HasSuffix(f.Format, ".zst") }

// check holds our answer against the naive one of the same table, as text.
func (r *runner) check(ctx context.Context, j jobs.Job, f data.File) (o outcome, err error) {
	t := task{Program: check, Job: j.Name, Path: r.path(f), Plain: r.path(f), Workers: r.options.workers}
	if !naiveReads(f) {
		text := f.As(f.Table.TextFormat())
		if _, _, _, err := text.Make(ctx, r.options.data, executor.Options{Workers: r.options.workers}); err != nil {
			return o, err
		}
		t.Plain = r.path(text)
	}
	_, err = measure.Process(ctx, t, r.options.workers, &o)
	return o, err
}

func (r *runner) path(f data.File) string { return filepath.Join(r.options.data, f.Name()) }

// measure runs the programs in turn, as often as is asked for, every other time in
// the opposite order, and returns a row for each.
func (r *runner) measure(ctx context.Context, job string, f data.File, programs []program) ([]row, error) {
	rows, samples := make([]row, len(programs)), make([][]measure.Sample, len(programs))
	for round := range int(r.options.repeat) {
		for i := range programs {
			if round%2 == 1 {
				i = len(programs) - 1 - i
			}
			var o outcome
			s, err := measure.Process(ctx, task{Program: programs[i], Job: job, Path: r.path(f), Workers: r.options.workers}, r.options.workers, &o)
			if err != nil {
				return nil, err
			}
			samples[i] = append(samples[i], s)
			if round > 0 && o.Rows != rows[i].Rows {
				return nil, errors.New("the number of rows changes from run to run")
			}
			rows[i].Rows = o.Rows
		}
	}
	info, err := os.Stat(r.path(f))
	if err != nil {
		return nil, err
	}
	for i, p := range programs {
		rows[i] = row{Job: job, File: f.Name(), Program: p, Rows: rows[i].Rows, Summary: measure.Summarise(samples[i]), Samples: samples[i],
			TableRows: f.Rows, TableBytes: info.Size()}
	}
	return rows, nil
}
