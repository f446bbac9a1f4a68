package race

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/arrowmill/arrowmill/bench/data"
	"github.com/arrowmill/arrowmill/bench/jobs"
	"github.com/arrowmill/arrowmill/bench/measure"
	"github.com/arrowmill/arrowmill/bench/peers"
	"github.com/arrowmill/arrowmill/bench/special"
)

// Options are of a race.
type Options struct {
	Data    string            // folder of the tables
	Peers   *peers.Installed  // nil: none
	Match   func(string) bool // programs by name; our own always runs
	Tiny    bool              // the tiny graph too
	Repeat  int
	Slow    float64 // a program that is slower by this factor is measured twice; 0: none is
	Workers int
	Limits  measure.Limits // of each process; unless told, three quarters of the machine's memory
	Results *Results       // what is known already is not measured again
	Again   bool           // but it is
	Save    func() error   // is called when a cell is done
	Out     io.Writer      // is told of each row
}

// Runner measures cell after cell.
type Runner struct {
	Options
	Wrong int // answers

	programs []program
	scratch  string // for answers
	headed   bool
}

// NewRunner prepares a race. Close it.
func NewRunner(ctx context.Context, o Options) (*Runner, error) {
	r := &Runner{Options: o}
	res := o.Results
	res.machine(ctx)
	res.Workers, res.Repeat, res.Slow = o.Workers, o.Repeat, o.Slow
	if r.Limits.Bytes == 0 {
		r.Limits.Bytes = res.Memory * 3 / 4
	}
	r.programs = []program{own(o.Workers, o.Workers)}
	for n := 1; n <= runtime.NumCPU(); n *= 2 {
		if p := own(n, o.Workers); n != o.Workers && o.Match(p.name) {
			r.programs = append(r.programs, p)
		}
	}
	if p := (program{name: "naive", kind: Yardstick, workers: o.Workers, work: runNaive}); o.Match(p.name) {
		r.programs = append(r.programs, p)
	}
	if p := (program{name: "special", kind: Yardstick, workers: 1, work: runSpecial}); o.Match(p.name) {
		r.programs = append(r.programs, p)
	}
	if o.Peers != nil {
		res.Versions, res.Missing = o.Peers.Versions, o.Peers.Missing
		for _, p := range peersOf(o.Workers) {
			if o.Peers.Missing[p.peer.Name] == "" && o.Match(p.name) {
				r.programs = append(r.programs, p)
			}
		}
	}
	var err error
	r.scratch, err = os.MkdirTemp("", "arrowmill-race-")
	return r, err
}

// Close removes what the race left behind.
func (r *Runner) Close() { os.RemoveAll(r.scratch) }

// Run measures the starts of all programs, then each job on each file.
func (r *Runner) Run(ctx context.Context, asked []jobs.Job, files []data.File) error {
	if err := r.starts(ctx); err != nil {
		return err
	}
	if r.Tiny {
		if err := r.tinies(ctx); err != nil {
			return err
		}
	}
	for _, f := range files {
		of := slices.DeleteFunc(slices.Clone(asked), func(j jobs.Job) bool { return !slices.Contains(j.Tables, f.Table.Name) })
		if len(of) == 0 {
			continue
		}
		if err := r.floors(ctx, f); err != nil {
			return fmt.Errorf("%s: %w", f.Name(), err)
		}
		for _, j := range of {
			if err := r.cell(ctx, j, f); err != nil {
				return fmt.Errorf("%s of %s: %w", j.Name, f.Name(), err)
			}
		}
	}
	return nil
}

// starts measures what it takes each program to begin.
func (r *Runner) starts(ctx context.Context) error {
	var programs []program
	for _, p := range r.programs {
		if p.name != ours && (p.kind != Peer || p.variant != "") {
			continue
		}
		p.kind = Start
		if p.peer == nil {
			p.work = runStart
		}
		programs = append(programs, p)
	}
	return r.measured(ctx, cell{job: "start"}, programs, nil)
}

// floors measures what no program that reads the whole file can do without.
func (r *Runner) floors(ctx context.Context, f data.File) error {
	works := []work{runRead, runTouch}
	if f.Packed() {
		works = []work{runRead, runUnpack}
	}
	var programs []program
	for _, w := range works {
		programs = append(programs, program{name: string(w), kind: Floor, workers: r.Workers, work: w})
	}
	return r.measured(ctx, cell{file: f, path: r.path(f)}, programs, nil)
}

// cell checks all answers of a job on a file, and measures who answers right.
func (r *Runner) cell(ctx context.Context, j jobs.Job, f data.File) error {
	c := cell{job: j.Name, file: f, path: r.path(f)}
	programs := slices.DeleteFunc(slices.Clone(r.programs), func(p program) bool {
		return p.work == runNaive && !naiveReads(f) || p.work == runSpecial && (special.Programs[j.Name] == nil || f.Format != f.Table.TextFormat())
	})
	if r.known(c, programs) {
		return nil
	}
	w, err := r.warmUp(ctx, c, programs)
	if err != nil {
		return err
	}
	return r.measured(ctx, c, programs, w)
}

// naiveReads reports whether the naive programs read the format.
func naiveReads(f data.File) bool { return f.Text() && !strings.HasSuffix(f.Format, ".zst") }

func (r *Runner) path(f data.File) string { return filepath.Join(r.Data, f.Name()) }

// cell is a job on a file.
type cell struct {
	job  string // empty: floors
	file data.File
	path string // empty: starts
}

// row is an empty row of the cell.
func (c cell) row(p program) Row {
	row := Row{Job: c.job, Program: p.name, Kind: p.kind, Workers: p.workers}
	if p.peer != nil {
		row.Of = p.peer.Name
	}
	if c.path != "" {
		row.File, row.Table, row.Format, row.TableRows = c.file.Name(), c.file.Table.Name, c.file.Format, c.file.Rows
		if info, err := os.Stat(c.path); err == nil {
			row.TableBytes = info.Size()
		}
	} else {
		row.Job = ""
	}
	return row
}

// known reports whether all programs of the cell have their rows.
func (r *Runner) known(c cell, programs []program) bool {
	return !r.Again && !slices.ContainsFunc(programs, func(p program) bool { return !r.Results.has(c.row(p)) })
}

// run runs a program once.
func (r *Runner) run(ctx context.Context, c cell, p program, to string) (measure.Sample, outcome, error) {
	var o outcome
	var s measure.Sample
	var err error
	if p.peer != nil {
		command := r.Peers.Command(*p.peer, p.variant, c.job, c.path, p.workers, to)
		s, err = measure.Command(ctx, command, nil, r.Limits, &o)
	} else {
		s, err = measure.Process(ctx, task{Work: p.work, Job: c.job, Path: c.path, Workers: p.workers}, p.workers, r.Limits, &o)
	}
	return s, o, err
}

// measured runs the programs in turn, every other round in the opposite order, and
// keeps a row for each. w, where there was one, says who is void.
func (r *Runner) measured(ctx context.Context, c cell, programs []program, w *warmUp) error {
	if r.known(c, programs) {
		return nil
	}
	rows := make([]Row, len(programs))
	for i, p := range programs {
		rows[i] = c.row(p)
		if w != nil {
			rows[i].Void, rows[i].Wrong = w.void[p.name], w.wrong[p.name]
		}
	}
	if w == nil { // what is read, or imported, for the first time is not in memory yet
		for _, p := range programs {
			if _, _, err := r.run(ctx, c, p, ""); err != nil && ctx.Err() != nil {
				return context.Cause(ctx)
			}
		}
	}
	var slow []bool
	for round := range r.Repeat {
		if round == slowRounds {
			slow = slowOnes(programs, rows, r.Slow)
		}
		for i := range programs {
			if round%2 == 1 {
				i = len(programs) - 1 - i
			}
			if rows[i].Void != "" || slow != nil && slow[i] {
				continue
			}
			if err := r.sample(ctx, c, programs[i], &rows[i]); err != nil {
				return err
			}
			if want := w.rowsOf(programs[i]); rows[i].Void == "" && want >= 0 && rows[i].Rows != want {
				rows[i].Void, rows[i].Wrong = fmt.Sprintf("%d rows, but %d when it was checked", rows[i].Rows, want), true
			}
		}
	}
	for i := range rows {
		if rows[i].Void != "" {
			rows[i].Samples = nil
		} else {
			rows[i].Summary = measure.Summarise(rows[i].Samples)
		}
		if rows[i].Wrong {
			r.Wrong++
		}
		r.Results.put(rows[i])
	}
	r.print(rows)
	return r.Save()
}

// sample adds a run to a row. That a program fails makes the row void; what is ours has
// to work.
func (r *Runner) sample(ctx context.Context, c cell, p program, row *Row) error {
	s, o, err := r.run(ctx, c, p, "")
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil && (p.peer != nil || errors.Is(err, measure.ErrStopped)):
		row.Void = reason(err)
		return nil
	case err != nil:
		return err
	}
	s.Within = time.Duration(o.Seconds * float64(time.Second))
	row.Samples, row.Rows = append(row.Samples, s), o.Rows
	return nil
}

// reason is an error in a line: of what Python prints the last one.
func reason(err error) string {
	text := strings.TrimSpace(err.Error())
	if errors.Is(err, measure.ErrStopped) {
		return text
	}
	return "fails: " + text[strings.LastIndexByte(text, '\n')+1:]
}

// print prints rows.
func (r *Runner) print(rows []Row) {
	if !r.headed {
		r.headed = true
		fmt.Fprintf(r.Out, "%s, %d CPUs, %s, %s, %d threads, medians of %d\n\n", r.Results.CPU, r.Results.CPUs, r.Results.System, r.Results.Go, r.Workers, r.Repeat)
		fmt.Fprintf(r.Out, "%-10s %-30s %-18s %8s %7s %8s %8s %8s %8s %7s  %s\n",
			"job", "file", "program", "wall s", "±", "CPU s", "peak MB", "Mrows/s", "MB/s", "× ours", "answer")
	}
	var mine time.Duration
	for _, row := range rows {
		if row.Program == ours {
			mine = row.Wall
		}
	}
	for _, row := range rows {
		job := row.Job
		if job == "" {
			job = "(" + string(row.Kind) + ")"
		}
		if row.Void != "" {
			fmt.Fprintf(r.Out, "%-10s %-30s %-18s void: %s\n", job, row.File, row.Program, row.Void)
			continue
		}
		wall, ratio, answer := row.Wall.Seconds(), "", ""
		if mine > 0 {
			ratio = fmt.Sprintf("%.2f", float64(row.Wall)/float64(mine))
		}
		if row.Job != "" {
			answer = fmt.Sprintf("%d rows", row.Rows)
		}
		fmt.Fprintf(r.Out, "%-10s %-30s %-18s %8.3f %7.3f %8.3f %8.1f %8.1f %8.0f %7s  %s\n", job, row.File, row.Program,
			wall, row.Spread.Seconds(), row.CPU.Seconds(), float64(row.PeakBytes)/1e6,
			float64(row.TableRows)/1e6/wall, float64(row.TableBytes)/1e6/wall, ratio, answer)
	}
}
