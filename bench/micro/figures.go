package micro

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// figures are what a command's benchmarks took, by their names, in the order in which they
// came first.
type figures struct {
	names  []string
	values map[string][]float64
}

// gigabytes is the unit of what the testing package reports as MB/s.
const gigabytes = "GB/s"

// resultLine is BenchmarkIndex/plain-2   1000   307123 ns/op   3414.20 MB/s.
var resultLine = regexp.MustCompile(`^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+(.*)$`)

// add takes the results of a round.
func (f *figures) add(output, unit string) error {
	for line := range strings.Lines(output) {
		parts := resultLine.FindStringSubmatch(strings.TrimSpace(line))
		if parts == nil {
			continue
		}
		name := strings.ReplaceAll(parts[1], "_", " ")
		value, err := metric(strings.Fields(parts[2]), unit)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if f.values == nil {
			f.values = map[string][]float64{}
		}
		if f.values[name] == nil {
			f.names = append(f.names, name)
		}
		f.values[name] = append(f.values[name], value)
	}
	if len(f.names) == 0 {
		return fmt.Errorf("no results in %q", output)
	}
	return nil
}

func metric(fields []string, unit string) (float64, error) {
	for i := 1; i < len(fields); i += 2 {
		switch value, err := strconv.ParseFloat(fields[i-1], 64); {
		case fields[i] == unit:
			return value, err
		case unit == gigabytes && fields[i] == "MB/s":
			return value / 1000, err
		}
	}
	return 0, fmt.Errorf("no %s among %q", unit, fields)
}

// table is the rows of all benchmarks but the naive twins, which stand beside theirs.
func (f *figures) table(unit string) []string {
	var rows []string
	twins, common := map[string]bool{}, f.common()
	for _, name := range f.names {
		if twin := f.twin(name); twin != "" {
			twins[twin] = true
		}
	}
	for _, name := range f.names {
		if twins[name] {
			continue
		}
		naive, times := "", ""
		if twin := f.twin(name); twin != "" {
			ratio := median(f.values[name]) / median(f.values[twin])
			if unit != gigabytes {
				ratio = 1 / ratio
			}
			naive, times = f.cell(twin, unit), digits(ratio)
		}
		label := strings.TrimPrefix(name, common)
		rows = append(rows, fmt.Sprintf("| %s | %s | %s | %s |", label, f.cell(name, unit), naive, times))
	}
	return rows
}

// twin is the naive way of what the benchmark of a name does, or empty.
func (f *figures) twin(name string) string {
	if name == "naive" || strings.HasSuffix(name, "/naive") {
		return ""
	}
	parent := ""
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		parent = name[:i]
	}
	for _, twin := range []string{name + "/naive", parent + "/naive"} {
		if f.values[twin] != nil {
			return twin
		}
	}
	return ""
}

// common is the name of the benchmark that all are parts of, with the slash behind it.
func (f *figures) common() string {
	first, _, parts := strings.Cut(f.names[0], "/")
	for _, name := range f.names {
		if !parts || !strings.HasPrefix(name, first+"/") {
			return ""
		}
	}
	return first + "/"
}

// cell is the median and the best.
func (f *figures) cell(name, unit string) string {
	values := f.values[name]
	best := slices.Min(values)
	if unit == gigabytes {
		best = slices.Max(values)
	}
	return fmt.Sprintf("%s (%s)", digits(median(values)), digits(best))
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// digits is a figure in two digits or more, none of them below a hundredth.
func digits(v float64) string {
	switch {
	case v < 10:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case v < 100:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 0, 64)
}
