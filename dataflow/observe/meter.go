package observe

import (
	"math"
	"time"

	"github.com/arrowmill/arrowmill/dataflow"
)

// rateWindow is the time that the current rate is taken over.
const rateWindow = 5 * time.Second

// meter tells the current rate of reading, and from it the time left.
type meter struct {
	samples []sample // oldest first; the second is within the window of the last
}

type sample struct {
	at    time.Duration // since the start of the run
	bytes int64
}

// add takes in how far the run has come.
func (m *meter) add(p dataflow.Progress) {
	if len(m.samples) == 0 {
		m.samples = append(m.samples, sample{})
	}
	m.samples = append(m.samples, sample{p.Elapsed, p.BytesDone})
	for len(m.samples) > 2 && p.Elapsed-m.samples[1].at >= rateWindow {
		m.samples = m.samples[1:]
	}
}

// rate is in bytes a second; 0 before anything was added.
func (m *meter) rate() float64 {
	if len(m.samples) < 2 {
		return 0
	}
	first, last := m.samples[0], m.samples[len(m.samples)-1]
	return bytesPerSecond(last.bytes-first.bytes, last.at-first.at)
}

// line is how far a run has come, in words:
//
//	1.2 GiB of 4.0 GiB, 310.5 MiB/s, 9s left
//	1.2 GiB, 310.5 MiB/s, 3s                    where the total is not known
func (m *meter) line(p dataflow.Progress) string { return m.lineWithin(p, math.MaxInt) }

// lineWithin is as much of line as most characters have room for: the time
// longest, then the rate, then what was read.
func (m *meter) lineWithin(p dataflow.Progress, most int) string {
	done, total, rate, tail := dataflow.FormatBytes(p.BytesDone), "", formatRate(m.rate()), p.Elapsed.Round(time.Second).String()
	if p.BytesTotal > 0 {
		total, tail = " of "+dataflow.FormatBytes(p.BytesTotal), ""
		if left, ok := m.left(p); ok {
			tail = left.String() + " left"
		}
		if p.BytesDone >= p.BytesTotal {
			tail = "finishing"
		}
	}
	end := ""
	if tail != "" {
		end = ", " + tail
	}
	for _, line := range []string{done + total + ", " + rate + end, done + ", " + rate + end, rate + end, tail} {
		if len(line) <= most {
			return line
		}
	}
	return ""
}

// left is the time that the rest of the input takes at the current rate, in
// whole seconds, rounded up; not ok where the total is not known or nothing moves.
func (m *meter) left(p dataflow.Progress) (left time.Duration, ok bool) {
	rate := m.rate()
	if p.BytesTotal <= 0 || rate <= 0 {
		return 0, false
	}
	seconds := float64(max(p.BytesTotal-p.BytesDone, 0)) / rate
	const longest = 1000 * 3600 // more is a guess that says nothing
	if seconds > longest {
		return 0, false
	}
	return time.Duration(math.Ceil(seconds)) * time.Second, true
}

func bytesPerSecond(bytes int64, in time.Duration) float64 {
	if in <= 0 {
		return 0
	}
	return float64(bytes) / in.Seconds()
}

// formatRate prints bytes a second: 1.5 MiB/s.
func formatRate(rate float64) string { return dataflow.FormatBytes(int64(rate)) + "/s" }
