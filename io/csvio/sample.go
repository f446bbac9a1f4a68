package csvio

import (
	"context"
	"fmt"
	"io"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file"
)

// sample is text of a file.
type sample struct {
	path  string
	head  head
	text  []byte // from the file's start on
	whole bool   // up to its end
	parts []part // from the middle of it on
}

// part is text from somewhere in a file.
type part struct {
	text []byte
	last bool // up to its end
}

// sample reads the head of a file, and its middle and tail where it is plain. A
// stream is kept, with what was read of it.
func (k *known) sample(ctx context.Context, s *settings, in file.Input) (sample, error) {
	if in.Stream {
		st, err := k.streams.find(ctx, s, in.Path)
		if err != nil {
			return sample{}, err
		}
		return s.sampleHead(in.Path, func(least int) ([]byte, bool, error) { return st.look(ctx, least) })
	}
	f, err := file.Open(ctx, in.Path, file.Options{Compression: s.compression})
	if err != nil {
		return sample{}, err
	}
	defer f.Close()
	first := s.sampleBytes
	if f.Plain() && f.Size() <= 3*int64(first) {
		first *= 3
	}
	var text []byte
	out, err := s.sampleHead(in.Path, func(least int) ([]byte, bool, error) {
		var ended bool
		text, ended, err = readMore(f, text, max(least, first))
		return text, ended, err
	})
	if err != nil || out.whole || !f.Plain() {
		return out, err
	}
	n := int64(s.sampleBytes)
	for _, at := range []int64{(f.Size() - n) / 2, f.Size() - n} {
		if at < int64(len(out.text)) {
			continue
		}
		p := part{text: make([]byte, n), last: at == f.Size()-n}
		if read, err := f.ReadAt(p.text, at); err == nil || err == io.EOF {
			p.text = p.text[:read]
			out.parts = append(out.parts, p)
		} else {
			return sample{}, err
		}
	}
	return out, nil
}

// sampleHead reads until the head of the file is there. read returns at least so
// many bytes of the file's start, or all, and whether it is all.
func (s *settings) sampleHead(path string, read func(least int) ([]byte, bool, error)) (out sample, err error) {
	d := s.dialect(path)
	for least := s.sampleBytes; ; least *= 2 {
		out = sample{path: path}
		if out.text, out.whole, err = read(least); err != nil {
			return out, err
		}
		short := false
		if out.head, short, err = d.parseHead(out.text, s.hasHeader(), out.whole); err != nil {
			return out, fmt.Errorf("%s: %w", path, err)
		}
		if !short {
			return out, nil
		}
		if least > recordMax/2 {
			return out, fmt.Errorf("%s: the header has more than %s: is a quote missing?", path, dataflow.FormatBytes(recordMax))
		}
	}
}

// readMore reads on until text has least bytes or the file ends.
func readMore(from io.Reader, text []byte, least int) (_ []byte, ended bool, err error) {
	if cap(text) < least {
		text = append(make([]byte, 0, least), text...)
	}
	for len(text) < least {
		n, err := from.Read(text[len(text):least])
		text = text[:len(text)+n]
		if err == io.EOF {
			return text, true, nil
		}
		if err != nil {
			return text, false, err
		}
	}
	return text, false, nil
}
