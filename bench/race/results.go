package race

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/arrowmill/arrowmill/bench/measure"
	"github.com/arrowmill/arrowmill/io/file"
)

// Row is what one program took for one job on one file. Of a floor the job is empty,
// of a start the file too.
type Row struct {
	Job        string `json:"job,omitempty"`
	File       string `json:"file,omitempty"`
	Table      string `json:"table,omitempty"`
	Format     string `json:"format,omitempty"`
	Program    string `json:"program"`
	Kind       Kind   `json:"kind"`
	Of         string `json:"of,omitempty"` // a peer's library: variants have it in common
	Workers    int    `json:"workers"`
	Rows       int64  `json:"answer_rows,omitempty"`
	TableRows  int64  `json:"table_rows,omitempty"`
	TableBytes int64  `json:"table_bytes,omitempty"` // of the file
	measure.Summary
	Void    string           `json:"void,omitempty"` // why there is no measurement
	Wrong   bool             `json:"wrong,omitempty"`
	Samples []measure.Sample `json:"samples,omitempty"`
	Time    time.Time        `json:"time"`
	Commit  string           `json:"commit"`
}

// same reports whether two rows are of one program on one thing.
func (r Row) same(o Row) bool {
	return r.Job == o.Job && r.File == o.File && r.Program == o.Program && r.Kind == o.Kind && r.Workers == o.Workers
}

// Results are all rows, and where they were measured.
type Results struct {
	Time     time.Time         `json:"time"` // of the last row
	Commit   string            `json:"commit"`
	Go       string            `json:"go"`
	System   string            `json:"system"`
	CPU      string            `json:"cpu"`
	CPUs     int               `json:"cpus"`
	Memory   int64             `json:"memory_bytes"`
	Workers  int               `json:"workers"`
	Repeat   int               `json:"repeat"`
	Slow     float64           `json:"slow,omitempty"`     // the factor by which those are slower that were measured twice
	Versions map[string]string `json:"versions,omitempty"` // of Python and its packages
	Missing  map[string]string `json:"missing,omitempty"`  // peers that are not there, and why
	Rows     []Row             `json:"rows"`
}

// ReadResults reads what [Results.Write] wrote.
func ReadResults(path string) (*Results, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var r Results
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &r, nil
}

// Write writes the file, whole or not at all.
func (r *Results) Write(path string) error {
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

// put keeps a row in the place of an earlier one.
func (r *Results) put(row Row) {
	row.Time, row.Commit = time.Now().UTC().Truncate(time.Second), r.Commit
	r.Time = row.Time
	if i := slices.IndexFunc(r.Rows, row.same); i >= 0 {
		r.Rows[i] = row
		return
	}
	r.Rows = append(r.Rows, row)
}

// has reports whether a row is there, of this commit.
func (r *Results) has(row Row) bool {
	return slices.ContainsFunc(r.Rows, func(o Row) bool { return o.same(row) && o.Commit == r.Commit })
}

// machine fills in where and of what the race is run.
func (r *Results) machine(ctx context.Context) {
	here := measure.Here(ctx)
	r.Commit, r.Go, r.System = here.Commit, here.Go, here.System
	r.CPU, r.CPUs, r.Memory = here.CPU, here.CPUs, here.MemoryBytes
}
