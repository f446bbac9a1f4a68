package report

import (
	"encoding/xml"
	"fmt"
	"math"
	"strings"
)

// drawing is an SVG file in the making: a few kinds of marks are all that the plots
// need.
type drawing struct {
	strings.Builder
	width, height float64
}

const fontSize = 11

// inks are the colours of series, told apart by people who do not see all colours too
// (P. Tol, "Colour Schemes", 2021: bright).
var inks = []string{"#4477AA", "#EE6677", "#228833", "#CCBB44", "#66CCEE", "#AA3377", "#BBBBBB", "#000000"}

// ink is the colour of the i-th series.
func ink(i int) string { return inks[i%len(inks)] }

func (d *drawing) line(x1, y1, x2, y2 float64, style string) {
	fmt.Fprintf(d, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" %s/>\n", x1, y1, x2, y2, style)
}

func (d *drawing) rect(x, y, w, h float64, fill string) {
	fmt.Fprintf(d, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>\n", x, y, w, h, fill)
}

func (d *drawing) dot(x, y float64, fill string) {
	fmt.Fprintf(d, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\" fill=\"%s\"/>\n", x, y, fill)
}

// path joins points.
func (d *drawing) path(points [][2]float64, ink string, dashed bool) {
	fmt.Fprintf(d, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\"", ink)
	if dashed {
		d.WriteString(" stroke-dasharray=\"4 3\"")
	}
	d.WriteString(" points=\"")
	for i, p := range points {
		if i > 0 {
			d.WriteByte(' ')
		}
		fmt.Fprintf(d, "%.1f,%.1f", p[0], p[1])
	}
	d.WriteString("\"/>\n")
}

// text writes at a point: anchor is start, middle or end.
func (d *drawing) text(x, y float64, anchor, style, text string) {
	fmt.Fprintf(d, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" %s>", x, y, anchor, style)
	xml.EscapeText(d, []byte(text))
	d.WriteString("</text>\n")
}

// file is the whole file. What it says without being seen is about.
func (d *drawing) file(about string) string {
	var s strings.Builder
	fmt.Fprintf(&s, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" font-family=\"sans-serif\" font-size=\"%d\">\n<title>",
		d.width, d.height, d.width, d.height, fontSize)
	xml.EscapeText(&s, []byte(about))
	fmt.Fprintf(&s, "</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n%s</svg>\n", d.String())
	return s.String()
}

// axis maps values to places, by their logarithm.
type axis struct{ least, most, from, to float64 }

// axisOf spans values, which are positive, with some room.
func axisOf(values []float64, from, to float64) axis {
	a := axis{math.Inf(1), math.Inf(-1), from, to}
	for _, v := range values {
		a.least, a.most = min(a.least, v), max(a.most, v)
	}
	a.least, a.most = a.least/1.15, a.most*1.15
	return a
}

func (a axis) at(v float64) float64 {
	return a.from + (a.to-a.from)*math.Log(v/a.least)/math.Log(a.most/a.least)
}

// ticks are 1, 2 and 5 of each power of ten; where these are many, 1 alone.
func (a axis) ticks() (values []float64) {
	steps := []float64{1, 2, 5}
	if a.most/a.least > 200 {
		steps = steps[:1]
	}
	for p := math.Floor(math.Log10(a.least)); p <= math.Log10(a.most); p++ {
		for _, s := range steps {
			if v := s * math.Pow(10, p); v >= a.least && v <= a.most {
				values = append(values, v)
			}
		}
	}
	return values
}

// short is a number as an axis has it.
func short(v float64) string {
	switch {
	case v >= 1e9:
		return fmt.Sprintf("%.4gG", v/1e9)
	case v >= 1e6:
		return fmt.Sprintf("%.4gM", v/1e6)
	case v >= 1e4:
		return fmt.Sprintf("%.4gk", v/1e3)
	}
	return fmt.Sprintf("%.3g", v)
}
