package report

import (
	"fmt"
	"slices"

	"github.com/arrowmill/arrowmill/bench/race"
)

// goals are the goals and whether they are met; beside: with those of an earlier race.
func (p *page) goals(goals []Goal, beside bool) {
	p.line("## Goals\n")
	heads := []string{"goal", "wanted", ">reached", "met", ">within", "furthest from it"}
	if beside {
		heads = append(heads, ">earlier")
	}
	p.table(heads...)
	for _, g := range goals {
		reached, met := g.Reached, "no"
		switch {
		case reached == "":
			reached, met = "not measured", ""
		case g.Met:
			met = "yes"
		}
		within := ""
		if g.Within > 0 {
			within = fmt.Sprintf("%.2f", g.Within)
		}
		cells := []string{g.Name, g.Want, reached, met, within, g.Worst}
		if beside {
			cells = append(cells, g.Before)
		}
		p.row(cells...)
	}
	p.line("")
}

// memory is the peak memory of each job beside that of the peers.
func (p *page) memory(all []*contest) {
	var names []string
	for _, c := range all {
		for _, row := range c.all {
			if (row.Kind == race.Peer || row.Kind == race.Ours && row.Workers == c.ours.Workers) && !slices.Contains(names, row.Program) {
				names = append(names, row.Program)
			}
		}
	}
	if len(names) < 2 {
		return
	}
	p.line("## Peak memory, MB\n")
	heads := []string{"job", "file"}
	for _, n := range names {
		heads = append(heads, ">"+n)
	}
	p.table(heads...)
	for _, c := range all {
		cells := []string{c.job, c.file}
		for _, n := range names {
			text := "–"
			if row, ok := c.program(n); ok {
				text = megabytes(row.PeakBytes)
			}
			cells = append(cells, text)
		}
		p.row(cells...)
	}
	p.line("")
}

// projected are numbers of workers that the report looks ahead to.
var projected = []int{4, 8, 16}

// scaling is time against workers.
func (p *page) scaling(all []scaling) {
	if len(all) == 0 {
		return
	}
	p.line("## Workers\n")
	p.line("Seconds by workers; the serial part by Amdahl's law through these, the process's start and end included; and how many times as fast as one worker that law would have more of them: a projection, not a measurement.\n")
	var measured []int
	for _, s := range all {
		for _, w := range s.workers {
			if !slices.Contains(measured, w) {
				measured = append(measured, w)
			}
		}
	}
	slices.Sort(measured)
	heads := []string{"job", "file"}
	for _, w := range measured {
		heads = append(heads, fmt.Sprintf(">%d", w))
	}
	heads = append(heads, ">serial")
	for _, w := range projected {
		heads = append(heads, fmt.Sprintf(">× at %d", w))
	}
	p.table(heads...)
	for _, s := range all {
		cells := []string{s.c.job, s.c.file}
		for _, w := range measured {
			text := ""
			if i := slices.Index(s.workers, w); i >= 0 {
				text = seconds(s.times[i])
			}
			cells = append(cells, text)
		}
		cells = append(cells, fmt.Sprintf("%.0f %%", 100*s.serial))
		for _, w := range projected {
			cells = append(cells, fmt.Sprintf("%.1f", s.speedUp(float64(w))))
		}
		p.row(cells...)
	}
	p.line("")
}
