package observe

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"go.uber.org/goleak"

	"github.com/arrowmill/arrowmill/dataflow"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// reader is a run that has read rate bytes a second since it began, in the fake
// time of a synctest bubble.
type reader struct {
	began time.Time
	rate  int64
	total int64
	known bool
}

func (r reader) progress() dataflow.Progress {
	p := dataflow.Progress{Elapsed: time.Since(r.began), HeldBytes: 3 << 20, LimitBytes: 1 << 30, Workers: 2}
	p.BytesDone = min(int64(p.Elapsed.Seconds()*float64(r.rate)), r.total)
	if r.known {
		p.BytesTotal = r.total
	}
	return p
}

// run drives hooks for the given time.
func run(h dataflow.Hooks, r reader, lasting time.Duration, err error) {
	r.began = time.Now()
	h.Started(r.progress)
	time.Sleep(lasting)
	synctest.Wait()
	h.Finished(dataflow.Report{Progress: r.progress(), PeakHeldBytes: 5 << 20}, err)
}

func TestLines(t *testing.T) {
	for _, c := range []struct {
		name    string
		run     reader
		lasting time.Duration
		err     error
		want    string
	}{
		{"known", reader{rate: 1 << 20, total: 8 << 20, known: true}, 8 * time.Second, nil,
			"3.0 MiB of 8.0 MiB, 1.0 MiB/s, 5s left, 3.0 MiB held\n" +
				"6.0 MiB of 8.0 MiB, 1.0 MiB/s, 2s left, 3.0 MiB held\n" +
				"8.0 MiB in 8s, 1.0 MiB/s, at most 5.0 MiB held\n"},
		{"all is read, the run goes on", reader{rate: 1 << 20, total: 3 << 20, known: true}, 3500 * time.Millisecond, nil,
			"3.0 MiB of 3.0 MiB, 1.0 MiB/s, finishing, 3.0 MiB held\n" +
				"3.0 MiB in 3.5s, 877.7 KiB/s, at most 5.0 MiB held\n"},
		{"not known", reader{rate: 1 << 10, total: 1 << 30}, 4 * time.Second, nil,
			"3.0 KiB, 1.0 KiB/s, 3s, 3.0 MiB held\n" +
				"4.0 KiB in 4s, 1.0 KiB/s, at most 5.0 MiB held\n"},
		{"nothing moves", reader{total: 1 << 20, known: true}, 4 * time.Second, nil,
			"0 B of 1.0 MiB, 0 B/s, 3.0 MiB held\n" +
				"0 B in 4s, 0 B/s, at most 5.0 MiB held\n"},
		{"short", reader{rate: 1, total: 1}, time.Second, nil, ""},
		{"failed", reader{rate: 1 << 10, total: 1 << 30}, 4 * time.Second, errors.New("no"), "3.0 KiB, 1.0 KiB/s, 3s, 3.0 MiB held\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var got strings.Builder
				h := Lines(&got, 3*time.Second)
				for range 2 { // hooks serve one run after another
					got.Reset()
					run(h, c.run, c.lasting, c.err)
					if got.String() != c.want {
						t.Errorf("got\n%swant\n%s", got.String(), c.want)
					}
				}
			})
		})
	}
}

// TestMeterForgets: the rate is that of the last seconds, not of the whole run.
func TestMeterForgets(t *testing.T) {
	var m meter
	for s := range 100 {
		p := dataflow.Progress{Elapsed: time.Duration(s+1) * time.Second, BytesDone: int64(s+1) * 100, BytesTotal: 100_000}
		if s >= 50 {
			p.BytesDone = 5000 + int64(s-49)*1000
		}
		m.add(p)
		if want := 100.0; s < 50 && m.rate() != want {
			t.Fatalf("after %d s: %v B/s, want %v", s+1, m.rate(), want)
		}
	}
	if got := m.rate(); got != 1000 {
		t.Errorf("%v B/s, want 1000", got)
	}
	if len(m.samples) > 8 {
		t.Errorf("%d samples are kept", len(m.samples))
	}
	if left, ok := m.left(dataflow.Progress{BytesDone: 55_000, BytesTotal: 100_000}); !ok || left != 45*time.Second {
		t.Errorf("%v left (%v), want 45s", left, ok)
	}
	if _, ok := m.left(dataflow.Progress{BytesDone: 0, BytesTotal: 1 << 60}); ok {
		t.Error("a guess of a million years is shown")
	}
}

// terminal is what a person sees: the lines, with what was cleared gone.
type terminal struct {
	mu    sync.Mutex
	lines []string
	seen  []string // every state of the last line
	all   bytes.Buffer
}

func (s *terminal) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all.Write(b)
	if len(s.lines) == 0 {
		s.lines = []string{""}
	}
	last := func() *string { return &s.lines[len(s.lines)-1] }
	for text := string(b); text != ""; {
		switch {
		case strings.HasPrefix(text, "\x1b[2K"): // clears the line
			*last() = ""
			text = text[len("\x1b[2K"):]
		case strings.HasPrefix(text, "\x1b[0K"): // clears the rest of the line: what is written begins with \r here
			text = text[len("\x1b[0K"):]
		case text[0] == '\r':
			*last() = ""
			text = text[1:]
		case text[0] == '\n':
			s.lines = append(s.lines, "")
			text = text[1:]
		default:
			end := strings.IndexAny(text, "\r\n\x1b")
			if end < 0 {
				end = len(text)
			}
			*last() += text[:end]
			s.seen = append(s.seen, *last())
			text = text[end:]
		}
	}
	return len(b), nil
}

func (s *terminal) screen() string { return strings.Join(s.lines, "\n") }

func TestBar(t *testing.T) {
	for _, c := range []struct {
		name    string
		run     reader
		lasting time.Duration
		want    []string // expressions that some state of the bar matches, in order
		never   string
	}{
		{"known", reader{rate: 1 << 20, total: 10 << 20, known: true}, 9050 * time.Millisecond, []string{
			`^ +0% +\| +\| +102\.4 KiB of 10\.0 MiB, 1\.0 MiB/s, 10s left`,
			`^ +49% +\|█+ +\| +5\.0 MiB of 10\.0 MiB, 1\.0 MiB/s, 5s left`,
			`^ +89% .* 1s left`}, `100%`},
		{"all is read, the run goes on", reader{rate: 10 << 20, total: 10 << 20, known: true}, 3 * time.Second, []string{
			`^ +99% .* finishing`}, `100%|-|0s left`},
		{"not known", reader{rate: 1 << 20, total: 1 << 30}, 3 * time.Second, []string{
			`^\S +2\.0 MiB, 1\.0 MiB/s, 2s`}, `%|left`},
		{"short", reader{rate: 1, total: 1, known: true}, 50 * time.Millisecond, nil, `.`},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var s terminal
				run(Bar(&s), c.run, c.lasting, nil)
				at := 0
				for _, want := range c.want {
					re := regexp.MustCompile(want)
					for at < len(s.seen) && !re.MatchString(s.seen[at]) {
						at++
					}
					if at == len(s.seen) {
						t.Fatalf("nothing matches %s in\n%s", want, strings.Join(s.seen, "\n"))
					}
				}
				for _, line := range s.seen {
					if regexp.MustCompile(c.never).MatchString(line) {
						t.Errorf("%q matches %s", line, c.never)
					}
				}
				if s.screen() != "" {
					t.Errorf("the bar stays: %q", s.screen())
				}
			})
		})
	}
}

// TestBarFits: a line wider than the terminal would be left standing.
func TestBarFits(t *testing.T) {
	for columns, want := range map[int]string{
		200: `^ +49% \|█{14} {16}\|  5\.0 GiB of 10\.0 GiB, 1\.0 GiB/s, 5s left *$`,
		80:  `^ +49% \|█{8} {10}\|  5\.0 GiB of 10\.0 GiB, 1\.0 GiB/s, 5s left *$`,
		62:  `^ +49% \|█{3} {5}\|  5\.0 GiB of 10\.0 GiB, 1\.0 GiB/s, 5s left *$`,
		50:  `^ +49% \|█{3} {5}\|  5\.0 GiB, 1\.0 GiB/s, 5s left *$`,
		40:  `^ +49% \|█{3} {5}\|  1\.0 GiB/s, 5s left *$`,
		30:  `^ +49% \|█{3} {5}\|  5s left *$`,
		20:  `^ +49% \|█{2} {4}\| *$`,
		16:  `^ +49% \|█? *\| *$`,
		1:   `^ +49% `,
	} {
		for _, known := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				var s terminal
				screen := NewScreen(&s)
				screen.columns = func() int { return columns }
				run(screen.Hooks(), reader{rate: 1 << 30, total: 10 << 30, known: known}, 9*time.Second, nil)
				found := false
				for _, line := range s.seen {
					found = found || regexp.MustCompile(want).MatchString(line)
					if n := utf8.RuneCountInString(line); n+2 >= columns && columns >= 16 {
						t.Fatalf("%d characters in %d columns: %q", n, columns, line)
					}
				}
				if known && !found {
					t.Errorf("in %d columns nothing matches %s:\n%s", columns, want, strings.Join(s.seen, "\n"))
				}
			})
		}
	}
}

// TestScreenMakesRoom: output on the bar's terminal stands on lines of its own.
func TestScreenMakesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s terminal
		screen := NewScreen(&s)
		out := screen.Writer(&s)
		h := screen.Hooks()
		r := reader{began: time.Now(), rate: 1 << 20, total: 100 << 20, known: true}
		h.Started(r.progress)
		step := func() {
			time.Sleep(time.Second)
			synctest.Wait()
		}
		step()
		if !strings.Contains(s.screen(), "of 100.0 MiB") {
			t.Fatalf("there is no bar: %q", s.screen())
		}
		io.WriteString(out, "one\ntwo")
		if s.screen() != "one\ntwo" {
			t.Errorf("the screen is %q", s.screen())
		}
		step()
		if s.screen() != "one\ntwo" {
			t.Errorf("the bar was drawn into a line: %q", s.screen())
		}
		io.WriteString(out, " three\n")
		step()
		if !strings.HasPrefix(s.screen(), "one\ntwo three\n") || !strings.Contains(s.screen(), "of 100.0 MiB") {
			t.Errorf("the bar does not come back: %q", s.screen())
		}
		io.WriteString(out, "four\n")
		h.Finished(dataflow.Report{}, nil)
		if s.screen() != "one\ntwo three\nfour\n" {
			t.Errorf("at the end the screen is %q", s.screen())
		}
	})
}

// TestTotalBecomesKnown: a spinner turns into a bar.
func TestTotalBecomesKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s terminal
		h := Bar(&s)
		began, total := time.Now(), int64(0)
		var mu sync.Mutex
		h.Started(func() dataflow.Progress {
			mu.Lock()
			defer mu.Unlock()
			return dataflow.Progress{Elapsed: time.Since(began), BytesDone: 1 << 20, BytesTotal: total}
		})
		time.Sleep(time.Second)
		synctest.Wait()
		mu.Lock()
		total = 4 << 20
		mu.Unlock()
		time.Sleep(time.Second)
		synctest.Wait()
		h.Finished(dataflow.Report{}, nil)
		if first, last := s.seen[0], s.seen[len(s.seen)-1]; strings.Contains(first, "%") || !regexp.MustCompile(`24% .* 1\.0 MiB of 4\.0 MiB`).MatchString(last) {
			t.Errorf("the first is %q, the last %q", first, last)
		}
	})
}

// TestNothingStarted: a run that fails before it starts ends every consumer.
func TestNothingStarted(t *testing.T) {
	var got bytes.Buffer
	h := Join(Bar(&got), Lines(&got, time.Second))
	h.Finished(dataflow.Report{}, errors.New("no such file"))
	if got.Len() > 0 {
		t.Errorf("written: %q", got.String())
	}
}

func TestJoin(t *testing.T) {
	var calls []string
	part := func(name string) dataflow.Hooks {
		return dataflow.Hooks{
			Started:   func(func() dataflow.Progress) { calls = append(calls, name+" started") },
			SplitDone: func(stage string, s dataflow.Split, rows int64) { calls = append(calls, name+" "+stage+" "+s.String()) },
			Finished:  func(dataflow.Report, error) { calls = append(calls, name+" finished") },
		}
	}
	h := Join(part("a"), dataflow.Hooks{}, part("b"))
	h.Started(nil)
	h.SplitDone("text", dataflow.Split{Path: "f", To: -1}, 3)
	h.Finished(dataflow.Report{}, nil)
	if got, want := strings.Join(calls, ", "), "a started, b started, a text f, b text f, a finished, b finished"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if none := Join(dataflow.Hooks{}); none.Started != nil || none.SplitDone != nil || none.Finished != nil {
		t.Error("hooks of nothing are called")
	}
}

func TestFormats(t *testing.T) {
	for n, want := range map[int64]string{0: "0", -1: "-1", 999: "999", 1000: "1,000", -1000: "-1,000", -100: "-100", 1234567: "1,234,567"} {
		if got := formatCount(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
	for d, want := range map[time.Duration]string{0: "0 ns", 9 * time.Microsecond: "9 µs", 1500 * time.Microsecond: "1.5 ms", 52 * time.Millisecond: "52 ms", 1250 * time.Millisecond: "1.25 s", 200 * time.Second: "3m20s"} {
		if got := formatTime(d); got != want {
			t.Errorf("%d is %s, want %s", d, got, want)
		}
	}
}
