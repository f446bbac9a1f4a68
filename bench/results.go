package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/arrowmill/arrowmill/bench/measure"
	"github.com/arrowmill/arrowmill/io/file"
)

// row is what one program took for one job on one file; of a floor the job is
// empty.
type row struct {
	Job        string  `json:"job,omitempty"`
	File       string  `json:"file"`
	Program    program `json:"program"`
	Rows       int64   `json:"answer_rows"`
	TableRows  int64   `json:"table_rows"`
	TableBytes int64   `json:"table_bytes"` // of the file
	measure.Summary
	Ratio    float64          `json:"ratio,omitempty"`    // how many times as long the naive program took
	Limit    float64          `json:"limit,omitempty"`    // the part of the wall time that the floor that binds takes
	Mismatch string           `json:"mismatch,omitempty"` // why the cell is void
	Samples  []measure.Sample `json:"samples,omitempty"`
}

// results are all rows, and where they were measured.
type results struct {
	Time    time.Time `json:"time"`
	Commit  string    `json:"commit"`
	Go      string    `json:"go"`
	System  string    `json:"system"`
	CPU     string    `json:"cpu"`
	CPUs    int       `json:"cpus"`
	Workers int       `json:"workers"`
	Repeat  int       `json:"repeat"`
	Rows    []row     `json:"rows"`
}

func newResults(ctx context.Context, o runOptions) *results {
	return &results{
		Time: time.Now().UTC().Truncate(time.Second), Commit: commit(ctx), Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH,
		CPU: processor(), CPUs: runtime.NumCPU(), Workers: o.workers, Repeat: int(o.repeat),
	}
}

// commit is the commit that the program was built of; where the binary does not say
// (go run leaves it out) that of the working directory; empty where git does not
// know either.
func commit(ctx context.Context) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		settings := map[string]string{}
		for _, s := range info.Settings {
			settings[s.Key] = s.Value
		}
		if revision := settings["vcs.revision"]; revision != "" {
			if settings["vcs.modified"] == "true" {
				revision += "-dirty"
			}
			return revision
		}
	}
	out, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty", "--abbrev=40").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// processor is the name of the processor where Linux tells.
func processor() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, value, _ := strings.Cut(lines.Text(), ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// write writes the file, whole or not at all.
func (r *results) write(path string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	f, err := file.Create(path)
	if err != nil {
		return err
	}
	if _, err := f.Write(append(text, '\n')); err != nil {
		f.Abort()
		return err
	}
	return f.Commit()
}

// add keeps a row and prints it.
func (r *runner) add(row row) {
	if !r.headed {
		r.headed = true
		fmt.Fprintf(r.out, "%s, %d CPUs, %s, %s, %d threads, medians of %d\n\n", r.results.CPU, r.results.CPUs, r.results.System, r.results.Go, r.options.workers, r.options.repeat)
		fmt.Fprintf(r.out, "%-10s %-32s %-9s %8s %7s %8s %8s %8s %8s %6s %6s  %s\n",
			"job", "file", "program", "wall s", "±", "CPU s", "peak MB", "Mrows/s", "MB/s", "ratio", "limit", "answer")
	}
	r.results.Rows = append(r.results.Rows, row)
	if row.Mismatch != "" {
		fmt.Fprintf(r.out, "%-10s %-32s %-9s void: %s\n", row.Job, row.File, row.Program, row.Mismatch)
		return
	}
	ratio, limit, answer := "", "", ""
	if row.Ratio > 0 {
		ratio = fmt.Sprintf("%.2f", row.Ratio)
	}
	if row.Limit > 0 {
		limit = fmt.Sprintf("%.0f %%", 100*row.Limit)
	}
	if row.Job != "" {
		answer = fmt.Sprintf("%d rows", row.Rows)
		if row.Program == ours {
			answer += ", equal"
		}
	}
	job, wall := row.Job, row.Wall.Seconds()
	if job == "" {
		job = "(floor)"
	}
	fmt.Fprintf(r.out, "%-10s %-32s %-9s %8.3f %7.3f %8.3f %8.1f %8.1f %8.0f %6s %6s  %s\n", job, row.File, row.Program,
		wall, row.Spread.Seconds(), row.CPU.Seconds(), float64(row.PeakBytes)/1e6,
		float64(row.TableRows)/1e6/wall, float64(row.TableBytes)/1e6/wall, ratio, limit, answer)
}
