package jobs_test

import (
	"slices"
	"testing"

	"github.com/arrowmill/arrowmill/bench/data"
	"github.com/arrowmill/arrowmill/bench/jobs"
	"github.com/arrowmill/arrowmill/bench/naive"
	"github.com/arrowmill/arrowmill/dataflow/executor"
)

// BenchmarkJobs runs each job on 100,000 rows of its first table, from plain text,
// Parquet and Arrow IPC, beside the naive program. Bytes are those of the file. The
// command of package bench measures whole processes and large tables.
func BenchmarkJobs(b *testing.B) {
	dir := b.TempDir()
	for _, j := range jobs.All() {
		table, err := data.Find(j.Tables[0])
		if err != nil {
			b.Fatal(err)
		}
		text := table.TextFormat()
		for _, format := range []string{text, "parquet", "arrow"} {
			if !slices.Contains(table.Formats(), format) {
				continue
			}
			f := data.File{Table: table, Rows: 100_000, Seed: 1, Format: format}
			path, bytes, _, err := f.Make(b.Context(), dir, executor.Options{})
			if err != nil {
				b.Fatal(err)
			}
			measured := func(b *testing.B, once func(b *testing.B) (rows int64)) {
				b.SetBytes(bytes)
				var rows int64
				for b.Loop() {
					rows = once(b)
				}
				b.ReportMetric(float64(f.Rows)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
				b.ReportMetric(float64(rows), "groups")
			}
			b.Run(j.Name+"/"+format+"/arrowmill", func(b *testing.B) {
				measured(b, func(b *testing.B) (rows int64) {
					for rec, err := range start(b, j, f.Scan(path), executor.Options{}).Batches() {
						if err != nil {
							b.Fatal(err)
						}
						rows += rec.NumRows()
					}
					return rows
				})
			})
			if format != text {
				continue
			}
			b.Run(j.Name+"/"+format+"/naive", func(b *testing.B) {
				measured(b, func(b *testing.B) (rows int64) {
					all, err := naive.Programs[j.Name](path)
					if err != nil {
						b.Fatal(err)
					}
					for range all {
						rows++
					}
					return rows
				})
			})
		}
	}
}
