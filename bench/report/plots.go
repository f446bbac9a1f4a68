package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/arrowmill/arrowmill/bench/race"
)

// plots are the plots by the names of their files; one that has nothing to show is
// left out.
func plots(r *race.Results) map[string]string {
	all := contests(r)
	found := map[string]string{}
	if svg := ratioPlot(largest(all)); svg != "" {
		found["ratio.svg"] = svg
	}
	if by := rowPanels(all); len(by) > 0 {
		found["rows.svg"] = panels("Time against rows of the table", by)
	}
	if by := workerPanels(scalings(largest(all))); len(by) > 0 {
		found["workers.svg"] = panels("Speed against workers, measured and by Amdahl's law", by)
	}
	return found
}

// ratioPlot has a bar for each contest: how many times as long the best peer took. The
// scale is logarithmic, and begins at the even race, so that losses go to the left.
func ratioPlot(all []*contest) string {
	type bar struct {
		name, peer string
		ratio      float64
	}
	var bars []bar
	values := []float64{0.9, 1.2}
	for _, c := range all {
		best, ok := c.bestPeer()
		if v := c.ratio(best); ok && !math.IsNaN(v) {
			bars = append(bars, bar{c.job + "  " + c.file, best.Program, v})
			values = append(values, v)
		}
	}
	if len(bars) == 0 {
		return ""
	}
	const step, names, tail = 17.0, 260.0, 170.0
	d := &drawing{width: 860, height: step*float64(len(bars)) + 70}
	a := axisOf(values, names, d.width-tail)
	bottom := d.height - 30
	d.text(12, 18, "start", `font-weight="bold"`, "The best peer's time by arrowmill's: to the right arrowmill is faster")
	for _, v := range a.ticks() {
		d.line(a.at(v), 30, a.at(v), bottom, `stroke="#e4e4e4"`)
		d.text(a.at(v), bottom+14, "middle", `fill="#555555"`, short(v)+" ×")
	}
	for i, b := range bars {
		y := 34 + step*float64(i)
		fill := inks[0]
		if b.ratio < 1 {
			fill = inks[1]
		}
		from, to := a.at(min(1, b.ratio)), a.at(max(1, b.ratio))
		d.rect(from, y, to-from, step-5, fill)
		d.text(names-8, y+10, "end", "", b.name)
		d.text(max(to, a.at(1))+5, y+10, "start", `fill="#555555"`, fmt.Sprintf("%.2f  %s", b.ratio, b.peer))
	}
	d.line(a.at(1), 30, a.at(1), bottom, `stroke="#000000"`)
	return d.file("Ratio to the best peer by job")
}

// rowPanels have a line for each program of a job that ran on tables of several sizes.
func rowPanels(all []*contest) (found []panel) {
	type key struct{ job, table, format string }
	var keys []key
	of := map[key][]*contest{}
	for _, c := range all {
		k := key{c.job, c.table, c.format}
		if of[k] == nil {
			keys = append(keys, k)
		}
		of[k] = append(of[k], c)
	}
	for _, k := range keys {
		sizes := of[k]
		if len(sizes) < 2 {
			continue
		}
		slices.SortFunc(sizes, func(a, b *contest) int { return cmp.Compare(a.rows, b.rows) })
		p := panel{title: fmt.Sprintf("%s of %s.%s", k.job, k.table, k.format), across: "rows", up: "seconds"}
		for _, name := range programsOf(sizes) {
			l := line{name: name, ink: ink(len(p.lines))}
			for _, c := range sizes {
				if row, ok := c.library(name); ok {
					l.points = append(l.points, [2]float64{float64(c.rows), row.Wall.Seconds()})
				}
			}
			if len(l.points) > 1 {
				p.lines = append(p.lines, l)
			}
		}
		if len(p.lines) > 0 {
			found = append(found, p)
		}
	}
	return found
}

// programsOf are ours, the libraries and the yardsticks of some contests.
func programsOf(all []*contest) (names []string) {
	for _, c := range all {
		for _, row := range c.all {
			name := cmp.Or(row.Of, row.Program)
			if row.Kind == race.Ours && row.Workers != c.ours.Workers || slices.Contains(names, name) {
				continue
			}
			names = append(names, name)
		}
	}
	return names
}

// library is the fastest row of a library, or that of a program.
func (c *contest) library(name string) (race.Row, bool) {
	return c.of(func(r race.Row) bool { return cmp.Or(r.Of, r.Program) == name })
}

// workerPanels have a line for each job of a table: how many times as fast as one worker
// several are; dashed, by Amdahl's law, where it was not measured.
func workerPanels(all []scaling) (found []panel) {
	for _, s := range all {
		title := s.c.table + "." + s.c.format
		i := slices.IndexFunc(found, func(p panel) bool { return p.title == title })
		if i < 0 {
			i = len(found)
			found = append(found, panel{title: title, across: "workers", up: "times as fast as one",
				lines: []line{{name: "ideal", ink: "#999999", dashed: true, points: [][2]float64{{1, 1}, {16, 16}}}}})
		}
		p := &found[i]
		colour := ink(len(p.lines) - 1)
		if lines := len(p.lines); lines > 1 {
			colour = ink((lines - 1) / 2)
		}
		measured, ahead := line{ink: colour}, line{name: s.c.job, ink: colour, dashed: true}
		for j, w := range s.workers {
			measured.points = append(measured.points, [2]float64{float64(w), s.measured(j)})
		}
		for n := float64(s.workers[len(s.workers)-1]); n <= 16; n *= 2 {
			ahead.points = append(ahead.points, [2]float64{n, s.speedUp(n)})
		}
		p.lines = append(p.lines, measured)
		if len(ahead.points) > 0 {
			p.lines = append(p.lines, ahead)
		}
	}
	return found
}
