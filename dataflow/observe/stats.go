package observe

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/arrowmill/arrowmill/dataflow"
)

// Stats writes the report of a run to w when it is over, whether it failed or
// not. Errors of w are ignored.
func Stats(w io.Writer) dataflow.Hooks {
	return dataflow.Hooks{Finished: func(r dataflow.Report, _ error) { _ = WriteReport(w, r) }}
}

// WriteReport writes a report for a person to read: a line a stage, then one on
// the whole run. Busy is the time of all workers in a stage, without what lies
// behind it.
//
//	stage  kind         batches     rows in    rows out      bytes   busy
//	text   source            34           -      34,102    2.1 MiB  10 ms
//	words  map               34      34,102     381,215          -  52 ms
//
//	2.1 MiB in 60 ms, 35.0 MiB/s; 2 workers, 93% busy, at most one for 8% of the time; at most 9.5 MiB of 2.0 GiB held
func WriteReport(w io.Writer, r dataflow.Report) error {
	rows := [][]string{{"stage", "kind", "batches", "rows in", "rows out", "bytes", "busy"}}
	var busy time.Duration
	for _, s := range r.Stages {
		in, out, bytes := formatCount(s.RowsIn), formatCount(s.RowsOut), "-"
		switch s.Kind {
		case dataflow.KindSource:
			in, bytes = "-", dataflow.FormatBytes(s.Bytes)
		case dataflow.KindSink:
			out = "-"
		}
		rows = append(rows, []string{s.Name, s.Kind.String(), formatCount(s.Batches), in, out, bytes, formatTime(s.Busy)})
		busy += s.Busy
	}
	var b strings.Builder
	align(&b, rows, 2)
	fmt.Fprintf(&b, "\n%s in %s, %s; %s", dataflow.FormatBytes(r.BytesDone), formatTime(r.Elapsed),
		formatRate(bytesPerSecond(r.BytesDone, r.Elapsed)), count(r.Workers, "worker"))
	if whole := r.Elapsed * time.Duration(r.Workers); whole > 0 {
		fmt.Fprintf(&b, ", %d%% busy", 100*busy/whole)
	}
	if r.Workers > 1 && r.Elapsed > 0 {
		fmt.Fprintf(&b, ", at most one for %d%% of the time", 100*r.Serial/r.Elapsed)
	}
	fmt.Fprintf(&b, "; at most %s", dataflow.FormatBytes(r.PeakHeldBytes))
	if r.LimitBytes > 0 {
		fmt.Fprintf(&b, " of %s", dataflow.FormatBytes(r.LimitBytes))
	}
	b.WriteString(" held\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// align writes rows in columns: the first left ones to the left, the rest to the
// right.
func align(b *strings.Builder, rows [][]string, left int) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		for i, cell := range row {
			fill := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i > 0 {
				b.WriteString("  ")
			}
			if i < left {
				b.WriteString(cell + fill)
			} else {
				b.WriteString(fill + cell)
			}
		}
		b.WriteByte('\n')
	}
}

// formatCount prints 34102 as 34,102.
func formatCount(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// formatTime prints two or three digits or so: 850 µs, 8.5 ms, 52 ms, 1.25 s,
// 3m20s.
func formatTime(d time.Duration) string {
	switch {
	case d < time.Microsecond:
		return strconv.FormatInt(d.Nanoseconds(), 10) + " ns"
	case d < time.Millisecond:
		return strconv.FormatInt(d.Microseconds(), 10) + " µs"
	case d < 10*time.Millisecond:
		return strconv.FormatFloat(1e3*d.Seconds(), 'f', 1, 64) + " ms"
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	case d < time.Minute:
		return strconv.FormatFloat(d.Seconds(), 'f', 2, 64) + " s"
	}
	return d.Round(time.Second).String()
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}
