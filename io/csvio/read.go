package csvio

import (
	"context"
	"fmt"
	"io"
	"iter"
	"math"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file"
)

// Read yields the rows of the records that begin in split. It has one file open,
// until it ends.
func (s *Source) Read(ctx context.Context, split dataflow.Split, env dataflow.Env) iter.Seq2[dataflow.Chunk, error] {
	return func(yield func(dataflow.Chunk, error) bool) {
		sh, own, err := s.shared(ctx, env)
		if err == nil {
			err = s.readSplit(ctx, sh, split, env, yield)
			if own {
				if closed := sh.Close(); err == nil {
					err = closed
				}
			}
			if err == errStopped {
				return
			}
			if err != nil {
				err = fmt.Errorf("csvio: %w", err)
			}
		}
		if err != nil {
			yield(dataflow.Chunk{}, err)
		}
	}
}

func (s *Source) readSplit(ctx context.Context, sh *shared, split dataflow.Split, env dataflow.Env, yield func(dataflow.Chunk, error) bool) error {
	w := &window{ctx: ctx, env: env, path: split.Path, from: split.From, to: split.To, ranged: split.To >= 0, bufferBytes: s.bufferBytes, recordMax: s.recordMax}
	r := &reader{source: s, shared: sh, w: w, yield: yield, rank: sh.rank(split)}
	defer r.close()
	var h head
	var at int
	var err error
	if w.ranged {
		h, at, err = s.openRange(sh, w)
	} else {
		h, at, err = s.openWhole(ctx, w)
	}
	if err != nil || at < 0 {
		return err
	}
	if err := r.open(h, env); err != nil {
		return err
	}
	if err := r.run(at); err != nil {
		return err
	}
	if w.ranged {
		r.learn(sh.parted(split.Path))
	}
	w.finish()
	return nil
}

// openRange reads up to the first record that begins in the split: it stands at at
// in the text; -1: there is none.
func (s *Source) openRange(sh *shared, w *window) (h head, at int, err error) {
	if w.f, err = file.Open(w.ctx, w.path, file.Options{Compression: file.None, Reserve: w.env.Reserve}); err != nil {
		return h, 0, err
	}
	if !w.f.Plain() || w.from < 0 || w.to < w.from {
		return h, 0, fmt.Errorf("%s[%d:%d]: this is no range of a plain file", w.path, w.from, w.to)
	}
	p := sh.parted(w.path)
	if h, err = p.begin(&s.settings, w.f, w.path); err != nil {
		return h, 0, err
	}
	first := int64(h.bytes)
	if w.base = first; w.from > first {
		w.base = w.from - 1
	}
	if max(first, w.from) >= w.to {
		w.finish()
		return h, -1, nil
	}
	d := s.dialect(w.path)
	st := outside
	if w.from > first && d.quote != 0 {
		if st, err = p.stateAt(w.from, first, func(part stretch) (transition, error) { return w.look(d, part, first) }); err != nil {
			return h, 0, err
		}
		if st == inside {
			sh.inside.Add(1)
		}
	}
	w.in = io.NewSectionReader(w.f, w.base, math.MaxInt64-w.base)
	w.allocate()
	if err := w.fill(); err != nil {
		return h, 0, err
	}
	if w.from <= first {
		return h, 0, nil
	}
	at, err = w.firstRecord(d, st)
	return h, at, err
}

// firstRecord finds the first record behind the byte before the split, whose text
// begins in state s. It returns -1 where none begins in the split.
func (w *window) firstRecord(d dialect, s state) (int, error) {
	prev := w.text()[0]
	if s == outside && prev == '\n' {
		return 1, nil
	}
	for skip := 1; ; skip = 0 {
		text := w.text()[skip:]
		var at int
		if at, s = d.nextRecord(text, s, prev); at >= 0 {
			if at += skip; w.base+int64(at) >= w.to {
				break
			}
			return at, nil
		}
		if len(text) > 0 {
			prev = text[len(text)-1]
		}
		if w.drop(w.n); w.base >= w.to || w.eof {
			break
		}
		if err := w.fill(); err != nil {
			return 0, err
		}
	}
	w.finish()
	return -1, nil
}

// look finds out what a stretch of the file does. Records begin at first.
func (w *window) look(d dialect, part stretch, first int64) (transition, error) {
	buf := memory.NewResizableBuffer(w.env.Alloc)
	defer buf.Release()
	buf.Reserve(int(min(int64(w.bufferBytes), part.to-part.from)))
	prev := [1]byte{'\n'}
	if part.from > first {
		if _, err := w.f.ReadAt(prev[:], part.from-1); err != nil {
			return transition{}, err
		}
	}
	t := unchanged
	for at := part.from; at < part.to; {
		text := buf.Buf()[:min(int64(buf.Cap()), part.to-at)]
		n, err := w.f.ReadAt(text, at)
		if n < len(text) {
			if err == nil || err == io.EOF {
				err = fmt.Errorf("%s: the file ends at byte %d, but had %d or more when the run began: do not change it while it is read", w.path, at+int64(n), part.to)
			}
			return transition{}, err
		}
		over := d.over(text, prev[0])
		for i, s := range t {
			t[i] = over[s]
		}
		at += int64(n)
		prev[0] = text[n-1]
	}
	return t, nil
}

// openWhole reads the head of a file that is read to its end.
func (s *Source) openWhole(ctx context.Context, w *window) (h head, at int, err error) {
	w.to = math.MaxInt64
	if st := s.known.streams.take(w.path, s.compression); st != nil {
		stop := st.follow(ctx)
		w.f, w.in, w.closing = st.f, st, func() { stop(); st.close() }
	} else if w.f, err = file.Open(ctx, w.path, file.Options{Compression: s.compression, Reserve: w.env.Reserve}); err != nil {
		return h, 0, err
	} else {
		w.in = w.f
	}
	w.allocate()
	d := s.dialect(w.path)
	for {
		if err := w.fill(); err != nil {
			return h, 0, err
		}
		h, short, err := d.parseHead(w.text(), s.hasHeader(), w.eof)
		switch {
		case err != nil:
			return h, 0, fmt.Errorf("%s: %w", w.path, err)
		case !short:
			return h, h.bytes, nil
		}
	}
}

// learn tells in which state the text behind the split begins, since that is known
// now.
func (r *reader) learn(p *parted) {
	w := r.w
	end := int(w.to - w.base)
	if end == r.next {
		p.learn(w.to, outside)
		return
	}
	last := -1 // where the last record begins
	if r.p.rows > 0 {
		last = int(r.p.starts[r.p.rows-1])
	}
	if n := len(r.p.bad); n > 0 {
		last = max(last, r.p.bad[n-1].from)
	}
	if last >= 0 && last < end && end <= w.n {
		p.learn(w.to, r.p.over(w.text()[last:end], '\n')[outside])
	}
}
