package report

// panel is a small plot of lines, both of whose axes are logarithmic.
type panel struct {
	title, across, up string
	lines             []line
}

// line joins points, the last of which bears its name.
type line struct {
	name   string
	points [][2]float64
	ink    string
	dashed bool // a projection
}

const (
	panelWidth, panelHeight   = 330.0, 250.0
	left, right, above, below = 46.0, 92.0, 42.0, 34.0
	panelsAcross              = 3
)

// panels draws some, a few to a row.
func panels(about string, all []panel) string {
	rows := (len(all) + panelsAcross - 1) / panelsAcross
	d := &drawing{width: panelWidth * float64(min(panelsAcross, max(len(all), 1))), height: panelHeight * float64(max(rows, 1))}
	for i, p := range all {
		p.draw(d, panelWidth*float64(i%panelsAcross), panelHeight*float64(i/panelsAcross))
	}
	return d.file(about)
}

// draw draws the panel with its corner at x, y.
func (p panel) draw(d *drawing, x, y float64) {
	var xs, ys []float64
	for _, l := range p.lines {
		for _, q := range l.points {
			xs, ys = append(xs, q[0]), append(ys, q[1])
		}
	}
	if len(xs) == 0 {
		return
	}
	across := axisOf(xs, x+left, x+panelWidth-right)
	up := axisOf(ys, y+panelHeight-below, y+above)
	d.text(x+8, y+16, "start", `font-weight="bold"`, p.title)
	for _, v := range across.ticks() {
		d.line(across.at(v), up.from, across.at(v), up.to, `stroke="#e4e4e4"`)
		d.text(across.at(v), up.from+14, "middle", `fill="#555555"`, short(v))
	}
	for _, v := range up.ticks() {
		d.line(across.from, up.at(v), across.to, up.at(v), `stroke="#e4e4e4"`)
		d.text(across.from-5, up.at(v)+4, "end", `fill="#555555"`, short(v))
	}
	d.line(across.from, up.from, across.to, up.from, `stroke="#555555"`)
	d.line(across.from, up.from, across.from, up.to, `stroke="#555555"`)
	d.text((across.from+across.to)/2, up.from+28, "middle", `fill="#555555"`, p.across)
	d.text(x+8, y+32, "start", `fill="#555555" font-size="10"`, p.up)
	p.named(d, across, up)
}

// named draws the lines, and their names at the right one below the other.
func (p panel) named(d *drawing, across, up axis) {
	var places []float64
	for _, l := range p.lines {
		points := make([][2]float64, len(l.points))
		for i, q := range l.points {
			points[i] = [2]float64{across.at(q[0]), up.at(q[1])}
			if !l.dashed {
				d.dot(points[i][0], points[i][1], l.ink)
			}
		}
		d.path(points, l.ink, l.dashed)
		if l.name == "" {
			continue
		}
		end := points[len(points)-1]
		at := apart(places, end[1], fontSize+1)
		places = append(places, at)
		d.text(across.to+6, at+4, "start", `fill="`+l.ink+`"`, l.name)
	}
}

// apart is the place nearest to at that is no nearer than gap to any of places.
func apart(places []float64, at, gap float64) float64 {
	free := func(v float64) bool {
		for _, p := range places {
			if v-p < gap && p-v < gap {
				return false
			}
		}
		return true
	}
	for step := 0.0; ; step++ {
		for _, v := range []float64{at - step, at + step} {
			if free(v) {
				return v
			}
		}
	}
}
