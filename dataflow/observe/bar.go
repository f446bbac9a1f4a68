package observe

import (
	"bytes"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/arrowmill/arrowmill/dataflow"
)

// drawEvery is how often a terminal is drawn on.
const drawEvery = 100 * time.Millisecond

// Bar draws a progress bar on the terminal that w is, with what was read, the
// rate and the time left; where the total is not known, a spinner with the rate.
// A run that is over in a tenth of a second shows nothing, and nothing stays
// when it is over. A program that writes its results to the same terminal uses
// a [Screen].
func Bar(w io.Writer) dataflow.Hooks { return NewScreen(w).Hooks() }

// Screen is a terminal that a progress bar and a program's output share: the bar
// makes room for whatever is written through Writer. It is safe for concurrent
// use.
type Screen struct {
	terminal io.Writer
	columns  func() int // of the terminal

	mu     sync.Mutex
	bar    *progressbar.ProgressBar // nil: nothing is to be shown
	frame  bytes.Buffer             // what bar draws, until it is all drawn
	most   int64                    // that bar is full
	width  int                      // of the bar, in characters
	meter  meter
	shown  bool // the bar stands on the terminal's last line
	inLine bool // the program's output stopped within a line, where no bar can be drawn
}

// NewScreen returns a screen that draws on the terminal that w is.
func NewScreen(w io.Writer) *Screen {
	return &Screen{terminal: w, columns: func() int {
		if f, ok := w.(*os.File); ok {
			if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
				return columns
			}
		}
		return 80
	}}
}

// Hooks draw the bar of a run. Errors of the terminal are ignored.
func (s *Screen) Hooks() dataflow.Hooks {
	return watch(drawEvery, s.draw, func(dataflow.Report, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.hide()
		s.bar, s.meter = nil, meter{}
	})
}

// Writer is w, which shows on the same terminal, behind a bar that is taken away
// before each write. Its errors are those of w.
func (s *Screen) Writer(w io.Writer) io.Writer { return &screenWriter{s, w} }

type screenWriter struct {
	screen *Screen
	to     io.Writer
}

// Write takes the bar away and writes b.
func (w *screenWriter) Write(b []byte) (int, error) {
	w.screen.mu.Lock()
	defer w.screen.mu.Unlock()
	w.screen.hide()
	n, err := w.to.Write(b)
	if n > 0 {
		w.screen.inLine = b[n-1] != '\n'
	}
	return n, err
}

func (s *Screen) hide() {
	if s.shown {
		s.frame.Reset()
		_ = s.bar.Clear()
		_, _ = s.terminal.Write(s.frame.Bytes())
		s.shown = false
	}
}

// What stands beside the bar and the text, and how wide the bar is to be: a
// line that is longer than the terminal's would not be drawn over.
const (
	besideBar     = len("  0% ||   ") + 2
	besideSpinner = len("|   ") + 1
	textMost      = 48 // 1023.9 GiB of 1023.9 GiB, 1023.9 MiB/s, 59m59s left
	barLeast      = 8
	barMost       = 30
)

func (s *Screen) draw(p dataflow.Progress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.meter.add(p)
	if s.inLine {
		return
	}
	columns := s.columns() - len("^C") // which a terminal adds to the line
	width := min(max(columns-besideBar-textMost, barLeast), barMost, max(columns-besideBar, 1))
	if most := barMax(p); s.bar == nil || s.most != most || s.width != width {
		s.hide()
		s.bar, s.most, s.width = newBar(&s.frame, most, width), most, width
	}
	room := columns - besideSpinner
	if s.most > 0 {
		room = columns - besideBar - width
		_ = s.bar.Set64(min(p.BytesDone, s.most-1))
	}
	s.frame.Reset() // Set64 has drawn the old text
	s.bar.Describe(s.meter.lineWithin(p, room))
	_, _ = s.terminal.Write(s.frame.Bytes())
	s.shown = true
}

// barMax is one more than there is to read, because the library ends a bar that
// is full, and a run is not over when all is read; -1: not known.
func barMax(p dataflow.Progress) int64 {
	if p.BytesTotal <= 0 {
		return -1
	}
	return p.BytesTotal + 1
}

// newBar has a bar and a percentage, or a spinner, of the library's, and behind it
// the text of the meter: the library's own rate and time left are wrong when
// a run begins, when it stands still, and when the total changes.
func newBar(w io.Writer, most int64, width int) *progressbar.ProgressBar {
	return progressbar.NewOptions64(most,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionShowDescriptionAtLineEnd(),
		progressbar.OptionSetSpinnerChangeInterval(0), // no goroutine of the library's own
		progressbar.OptionSetWidth(width),
		progressbar.OptionUseANSICodes(true),
	)
}
