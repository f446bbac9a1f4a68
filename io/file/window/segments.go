package window

import (
	"bytes"
	"context"
	"fmt"

	"github.com/arrowmill/arrowmill/dataflow"
)

// ByteOrderMark may stand at the start of a text in UTF-8, and is no part of it.
const ByteOrderMark = "\xef\xbb\xbf"

// Delimiter is bytes that end a segment wherever they stand: First and Last are the
// index of the first and the last of them in data, -1 if there is none.
type Delimiter struct{ First, Last func(data []byte) int }

// LineFeed delimits lines.
var LineFeed = Delimiter{
	First: func(data []byte) int { return bytes.IndexByte(data, '\n') },
	Last: func(data []byte) int {
		if bytes.IndexByte(data, '\n') < 0 { // several times as fast as going back over all of it
			return -1
		}
		return bytes.LastIndexByte(data, '\n')
	},
}

// Segments reads the segments of one split, many at a time. A segment begins at byte
// 0, behind a byte-order mark there, or behind a delimiter, which ends the one
// before. The split [from, to) owns the segments that begin in it. It belongs to one
// goroutine.
type Segments struct {
	w       *Window
	by      Delimiter
	scanned int // no byte of the text before it is a delimiter
	done    bool
}

// OpenSegments opens the file of a split, as [Open] does.
func OpenSegments(ctx context.Context, env dataflow.Env, o Options, by Delimiter) (*Segments, error) {
	w, err := Open(ctx, env, o)
	if err != nil {
		return nil, err
	}
	return &Segments{w: w, by: by}, nil
}

// Close lets go of what Next has not given away.
func (s *Segments) Close() { s.w.Close() }

// Next is the next segments, whole and at least one byte, about as much as the
// buffer holds; no text where there are no more. It is given away.
func (s *Segments) Next() (Text, error) {
	w := s.w
	if w.ctx.Err() != nil {
		return Text{}, context.Cause(w.ctx)
	}
	if w.ranged && w.o.Split.From == w.to {
		s.done = true
	}
	if !s.done && w.buf == nil {
		if err := s.start(); err != nil {
			return Text{}, err
		}
	}
	if s.done {
		return Text{}, nil
	}
	if w.n < w.Owned() {
		if err := w.Fill(w.limit); err != nil {
			return Text{}, err
		}
	}
	for {
		if cut, last := s.cut(); cut > 0 || last {
			return s.give(cut, last), nil
		}
		s.scanned = w.n
		if w.Full() {
			if err := w.Grow(); err != nil {
				return Text{}, fmt.Errorf("%s: byte %d: %w", w.o.Split.Path, w.base, err)
			}
		}
		if err := w.Fill(w.o.BufferBytes); err != nil {
			return Text{}, err
		}
	}
}

// start reads up to the first segment that begins in the split: behind a byte-order
// mark, or behind the first delimiter at from-1 or later.
func (s *Segments) start() error {
	w := s.w
	if !w.ranged || w.o.Split.From == 0 {
		for w.n < len(ByteOrderMark) && !w.ended {
			if err := w.Fill(w.o.BufferBytes); err != nil {
				return err
			}
		}
		if bytes.HasPrefix(w.Text(), []byte(ByteOrderMark)) {
			w.Drop(len(ByteOrderMark))
		}
		return nil
	}
	for {
		if err := w.Fill(w.o.BufferBytes); err != nil {
			return err
		}
		upTo := min(w.n, w.Owned()-1) // a segment behind a delimiter at to-1 begins at to
		if i := s.by.First(w.Text()[:upTo]); i >= 0 {
			w.Drop(i + 1)
			return nil
		}
		if w.Drop(w.n); w.Owned() <= 1 || w.ended {
			s.finish()
			return nil
		}
	}
}

// cut is where the text to be given ends, 0 where there is no whole segment, and
// whether it is the last.
func (s *Segments) cut() (cut int, last bool) {
	data := s.w.Text()
	if end := s.w.Owned() - 1; end < len(data) {
		// The last segment that begins before to ends at the first delimiter from to-1.
		at := max(end, s.scanned)
		if i := s.by.First(data[at:]); i >= 0 {
			return at + i + 1, true
		}
	}
	if s.w.ended {
		return len(data), true
	}
	if i := s.by.Last(data[s.scanned:]); i >= 0 {
		return s.scanned + i + 1, false
	}
	return 0, false
}

func (s *Segments) give(cut int, last bool) Text {
	if last {
		s.finish()
		if cut == 0 {
			return Text{}
		}
	}
	t := s.w.Give(cut, last)
	s.scanned = s.w.n
	return t
}

func (s *Segments) finish() {
	s.done = true
	s.w.Finish()
}
