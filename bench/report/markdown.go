package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/arrowmill/arrowmill/bench/race"
)

// page is Markdown in the making.
type page struct{ strings.Builder }

func (p *page) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// table begins a table; a column whose head begins with > is of numbers.
func (p *page) table(heads ...string) {
	rule := make([]string, len(heads))
	for i, h := range heads {
		rule[i] = "---"
		if number, ok := strings.CutPrefix(h, ">"); ok {
			heads[i], rule[i] = number, "---:"
		}
	}
	p.row(heads...)
	p.row(rule...)
}

func (p *page) row(cells ...string) { p.line("| %s |", strings.Join(cells, " | ")) }

// Markdown is the report of a race as a page, with plots that stand beside it. before,
// unless nil, is an earlier race whose ratios stand beside those of r.
func Markdown(r, before *race.Results, plots []string) string {
	var p page
	p.line("# Race\n")
	p.machine(r, before)
	for _, name := range plots {
		p.line("![%s](%s)\n", strings.TrimSuffix(name, ".svg"), name)
	}
	all := contests(r)
	p.goals(goalsBeside(r, before), before != nil)
	p.overview(r, before, all)
	p.memory(all)
	p.scaling(scalings(all))
	p.starts(r)
	p.details(r, all)
	p.floors(r)
	return p.String()
}

// machine says where and of what.
func (p *page) machine(r, before *race.Results) {
	p.line("%s, %d CPUs, %.0f GB, %s, %s, commit %s, %s.", r.CPU, r.CPUs, float64(r.Memory)/(1<<30), r.System, r.Go, r.Commit, r.Time.Format("2006-01-02 15:04 UTC"))
	p.line("Whole processes, from file to answer, nothing loaded before; %d threads each; medians of %d runs that take turns.", r.Workers, r.Repeat)
	if r.Slow > 0 {
		p.line("Peers that took more than %g times as long as the best one in the first two runs, and the naive program where it took so much longer than one worker, are medians of two: \"runs\" below.", r.Slow)
	}
	p.line("Every answer was compared: integers exactly, floats to 1e-9.\n")
	if before != nil {
		p.line("Earlier: the same race once before, %d runs, commit %s, %s.\n", before.Repeat, before.Commit, before.Time.Format("2006-01-02 15:04 UTC"))
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(r.Versions)) {
		names = append(names, name+" "+r.Versions[name])
	}
	if len(names) > 0 {
		p.line("Versions: %s.\n", strings.Join(names, ", "))
	}
	for _, name := range slices.Sorted(maps.Keys(r.Missing)) {
		p.line("Not raced: **%s**: %s.\n", name, r.Missing[name])
	}
	commits := map[string]bool{}
	for _, row := range r.Rows {
		commits[row.Commit] = true
	}
	if len(commits) > 1 {
		p.line("Rows are of several commits: %s.\n", strings.Join(slices.Sorted(maps.Keys(commits)), ", "))
	}
}

// starts is what it takes to begin.
func (p *page) starts(r *race.Results) {
	p.line("## To begin\n")
	p.line("A process that imports its library and ends: it is part of every time, but not of the ratios \"within\".\n")
	p.table("program", ">s", ">±", ">CPU s", ">MB")
	for _, row := range r.Rows {
		switch {
		case row.Kind != race.Start:
		case row.Void != "":
			p.row(row.Program, row.Void, "", "", "")
		default:
			p.row(row.Program, seconds(row.Wall), seconds(row.Spread), seconds(row.CPU), megabytes(row.PeakBytes))
		}
	}
	p.line("")
}

// overview is a line for each contest.
func (p *page) overview(r, before *race.Results, all []*contest) {
	p.line("## Against the best peer\n")
	p.line("Ratio: its time by ours. Within: that of the times by the programs' own clocks, from when they have begun and imported their libraries until the answer is in memory, of the peer that is best by these. Limit: the part of our time that the slowest floor takes, of files that are read whole, and which floor that is.\n")
	heads := []string{"job", "file", ">s", ">±", "best peer", ">s", ">±", ">ratio", ">within", ">limit", "binds"}
	if before != nil {
		heads = append(heads, ">earlier ratio", ">difference")
	}
	p.table(heads...)
	var then []*contest
	if before != nil {
		then = contests(before)
	}
	for _, c := range all {
		if c.ours.Void != "" {
			cells := make([]string, len(heads))
			copy(cells, []string{c.job, c.file, "void: " + cell(c.ours.Void)})
			p.row(cells...)
			continue
		}
		cells := []string{c.job, c.file, seconds(c.ours.Wall), seconds(c.ours.Spread), "–", "", "", "", "", "", ""}
		if best, ok := c.bestPeer(); ok {
			copy(cells[4:], []string{best.Program, seconds(best.Wall), seconds(best.Spread), times(c.ratio(best)), times(c.leastWithin())})
		}
		if floor, ok := c.binding(r); ok {
			copy(cells[9:], []string{fmt.Sprintf("%.0f %%", 100*float64(floor.Wall)/float64(c.ours.Wall)), floor.Program})
		}
		if before != nil {
			cells = append(cells, c.beside(then)...)
		}
		p.row(cells...)
	}
	p.line("")
}

// details are all programs of each contest.
func (p *page) details(r *race.Results, all []*contest) {
	p.line("## All programs\n")
	for _, c := range all {
		p.line("### %s of %s\n", c.job, c.file)
		p.table("program", "", ">s", ">±", ">CPU s", ">peak MB", ">Mrows/s", ">ratio", ">within", ">runs", ">rows")
		for _, row := range c.all {
			if row.Void != "" {
				p.row(row.Program, cell(row.Void), "", "", "", "", "", "", "", "", "")
				continue
			}
			ratio, within := "", ""
			if row.Kind == race.Peer || row.Kind == race.Yardstick {
				ratio, within = times(c.ratio(row)), times(c.within(row))
			}
			kind := ""
			if row.Kind == race.Yardstick {
				kind = "yardstick"
			}
			p.row(row.Program, kind, seconds(row.Wall), seconds(row.Spread), seconds(row.CPU), megabytes(row.PeakBytes),
				fmt.Sprintf("%.1f", float64(row.TableRows)/1e6/row.Wall.Seconds()), ratio, within, fmt.Sprint(len(row.Samples)), fmt.Sprint(row.Rows))
		}
		p.line("")
	}
}

// floors are what no program that reads a whole file can do without.
func (p *page) floors(r *race.Results) {
	p.line("## Floors\n")
	p.line("Processes that read the file into buffers that are used again; that look at each byte too; that unpack.\n")
	p.table("file", "floor", ">s", ">±", ">MB/s")
	for _, row := range r.Rows {
		if row.Kind == race.Floor && row.Void == "" {
			p.row(row.File, row.Program, seconds(row.Wall), seconds(row.Spread), fmt.Sprintf("%.0f", float64(row.TableBytes)/1e6/row.Wall.Seconds()))
		}
	}
	p.line("")
}

func seconds(d interface{ Seconds() float64 }) string { return fmt.Sprintf("%.3f", d.Seconds()) }

func megabytes(n int64) string { return fmt.Sprintf("%.0f", float64(n)/1e6) }

// cell is a text within a table.
func cell(text string) string { return strings.NewReplacer("|", "\\|", "\n", " ").Replace(text) }
