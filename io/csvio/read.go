package csvio

import (
	"context"
	"fmt"
	"io"
	"iter"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file/window"
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
	in, err := s.openInput(ctx, split, env, s.bufferBytes)
	if err != nil {
		return err
	}
	r := &reader{source: s, shared: sh, in: in, yield: yield, rejected: sh.rejects.Part(split, 0)}
	defer r.close()
	var h head
	var at int
	if in.Ranged() {
		h, at, err = s.openRange(sh, in, split, env)
	} else {
		h, at, err = s.openWhole(in)
	}
	if err != nil || at < 0 {
		return err
	}
	if err := r.open(h, env); err != nil {
		return err
	}
	if in.Ranged() {
		r.parted, r.bound = sh.parted(split.Path), split.From
	}
	if err := r.run(at); err != nil {
		return err
	}
	if in.Ranged() {
		r.learn(r.parted, split.To)
	}
	in.Finish()
	return nil
}

// openRange reads up to the first record that begins in the split: it stands at at
// in the text; -1: there is none.
func (s *Source) openRange(sh *shared, in *input, split dataflow.Split, env dataflow.Env) (h head, at int, err error) {
	p := sh.parted(in.path)
	if h, err = p.begin(&s.settings, in.File(), in.path); err != nil {
		return h, 0, err
	}
	first := int64(h.bytes)
	if split.From <= first {
		in.Begin(first)
	}
	if max(first, split.From) >= split.To {
		in.Finish()
		return h, -1, nil
	}
	d := s.dialect(in.path)
	st := outside
	if split.From > first && d.quote != 0 {
		look := func(part stretch) (transition, error) { return s.lookThrough(in, d, part, first, env) }
		if st, err = p.stateAt(split.From, first, look); err != nil {
			return h, 0, err
		}
		if st == inside {
			sh.inside.Add(1)
		}
	}
	if err := in.fill(); err != nil {
		return h, 0, err
	}
	if split.From <= first {
		return h, 0, nil
	}
	at, err = in.firstRecord(d, st)
	return h, at, err
}

// firstRecord finds the first record behind the byte before the split, whose text
// begins in state s. It returns -1 where none begins in the split.
func (in *input) firstRecord(d dialect, s state) (int, error) {
	prev := in.Text()[0]
	if s == outside && prev == '\n' {
		return 1, nil
	}
	for skip := 1; ; skip = 0 {
		text := in.Text()[skip:]
		var at int
		if at, s = d.nextRecord(text, s, prev); at >= 0 {
			if at += skip; at >= in.Owned() {
				break
			}
			return at, nil
		}
		if len(text) > 0 {
			prev = text[len(text)-1]
		}
		if in.drop(len(in.Text())); in.Owned() <= 0 || in.Ended() {
			break
		}
		if err := in.fill(); err != nil {
			return 0, err
		}
	}
	in.Finish()
	return -1, nil
}

// lookThrough finds out what a stretch of the file does. Records begin at first.
func (s *Source) lookThrough(in *input, d dialect, part stretch, first int64, env dataflow.Env) (transition, error) {
	buf := memory.NewResizableBuffer(env.Alloc)
	defer buf.Release()
	buf.Reserve(int(min(int64(s.bufferBytes), part.to-part.from)))
	prev := [1]byte{'\n'}
	if part.from > first {
		if _, err := in.File().ReadAt(prev[:], part.from-1); err != nil {
			return transition{}, err
		}
	}
	t := unchanged
	for at := part.from; at < part.to; {
		text := buf.Buf()[:min(int64(buf.Cap()), part.to-at)]
		n, err := in.File().ReadAt(text, at)
		if n < len(text) {
			if err == nil || err == io.EOF {
				err = window.Shorter(in.path, at+int64(n), part.to)
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
func (s *Source) openWhole(in *input) (h head, at int, err error) {
	d := s.dialect(in.path)
	for {
		if err := in.fill(); err != nil {
			return h, 0, err
		}
		h, short, err := d.parseHead(in.Text(), s.hasHeader(), in.Ended())
		switch {
		case err != nil:
			return h, 0, fmt.Errorf("%s: %w", in.path, err)
		case !short:
			return h, h.bytes, nil
		}
	}
}

// learn tells in which state the text behind the split, from byte to on, begins,
// since that is known now.
func (r *reader) learn(p *parted, to int64) {
	end := r.in.Owned()
	if end == r.next {
		p.learn(to, outside)
		return
	}
	last := -1 // where the last record begins
	if r.p.rows > 0 {
		last = r.p.start(r.p.rows - 1)
	}
	if n := len(r.p.bad); n > 0 {
		last = max(last, r.p.bad[n-1].from)
	}
	if last >= 0 && last < end && end <= len(r.in.Text()) {
		p.learn(to, r.p.over(r.in.Text()[last:end], '\n')[outside])
	}
}
