package measure

import (
	"slices"
	"time"
)

// Summary is what several samples of one task come to.
type Summary struct {
	Wall      time.Duration `json:"wall_ns"`   // the median
	Spread    time.Duration `json:"spread_ns"` // half of the slowest less the fastest
	CPU       time.Duration `json:"cpu_ns"`    // the median
	PeakBytes int64         `json:"peak_bytes"`
	Within    time.Duration `json:"within_ns,omitempty"` // the median of samples that have it all
}

// Summarise returns the medians, and the largest peak. There is at least one sample.
func Summarise(samples []Sample) Summary {
	walls, cpus, within := make([]time.Duration, len(samples)), make([]time.Duration, len(samples)), make([]time.Duration, len(samples))
	var s Summary
	for i, sample := range samples {
		walls[i], cpus[i], within[i] = sample.Wall, sample.CPU, sample.Within
		s.PeakBytes = max(s.PeakBytes, sample.PeakBytes)
	}
	s.Wall, s.CPU = median(walls), median(cpus)
	if slices.Min(within) > 0 {
		s.Within = median(within)
	}
	s.Spread = (slices.Max(walls) - slices.Min(walls)) / 2
	return s
}

// median is the middle one, of an even number the mean of the middle two.
func median(values []time.Duration) time.Duration {
	values = slices.Sorted(slices.Values(values))
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}
