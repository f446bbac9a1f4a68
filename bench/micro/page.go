package micro

import (
	"fmt"
	"regexp"
	"strings"
)

// stamp begins the line that says where and when.
const stamp = "Measured:"

// group is a table of a page, and the command of its figures.
type group struct {
	pattern, folder string // go test -bench pattern ./folder
	unit            string // of the figures: GB/s, or a metric of the benchmarks
	rows, end       int    // the lines of the table's rows, from rows to end-1
}

var (
	commandLine = regexp.MustCompile(`^go test -run - -bench '([^']+)' \./(\S+)$`)
	headerLine  = regexp.MustCompile(`^\|[^|]*\| ([^| ]+) \| naive \| × \|$`)
)

// groups are the tables of a page.
func groups(lines []string) ([]group, error) {
	var all []group
	var open *group // a command whose table has not come
	for i, line := range lines {
		if strings.HasPrefix(line, "go test") {
			parts := commandLine.FindStringSubmatch(line)
			if parts == nil || open != nil {
				return nil, fmt.Errorf("line %d: want go test -run - -bench 'PATTERN' ./FOLDER, and a table behind it", i+1)
			}
			open = &group{pattern: parts[1], folder: parts[2]}
			continue
		}
		header := headerLine.FindStringSubmatch(line)
		if header == nil || open == nil {
			continue
		}
		open.unit, open.rows = header[1], i+2
		for open.end = open.rows; open.end < len(lines) && strings.HasPrefix(lines[open.end], "|"); {
			open.end++
		}
		all, open = append(all, *open), nil
	}
	if open != nil || len(all) == 0 {
		return nil, fmt.Errorf("no table behind the last go test")
	}
	return all, nil
}

// rewrite is the page with other rows, tables[i] those of all[i], and another stamp.
func rewrite(lines []string, all []group, tables [][]string, measured string) string {
	var out []string
	from := 0
	for i, g := range all {
		out = append(append(out, lines[from:g.rows]...), tables[i]...)
		from = g.end
	}
	out = append(out, lines[from:]...)
	for i, line := range out {
		if strings.HasPrefix(line, stamp) {
			out[i] = stamp + " " + measured
		}
	}
	return strings.Join(out, "\n")
}
