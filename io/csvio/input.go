package csvio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/textcol"
	"github.com/arrowmill/arrowmill/io/file/window"
)

const (
	recordMax     = textcol.Mask // bytes of a record
	byteOrderMark = window.ByteOrderMark
)

// input is a window over a file's text that knows its lines.
type input struct {
	*window.Window
	path  string
	lines int64 // line feeds before the window, where they cannot be counted again
}

// openInput opens a split.
func (s *Source) openInput(ctx context.Context, split dataflow.Split, env dataflow.Env, bufferBytes int) (*input, error) {
	w, err := window.Open(ctx, env, window.Options{
		Split: split, Compression: s.compression, Streams: s.known.streams,
		BufferBytes: bufferBytes, MostBytes: s.recordMax, Row: "record", TooLong: "is a quote missing, or a line's end?",
	})
	if err != nil {
		return nil, err
	}
	return &input{Window: w, path: split.Path}, nil
}

// drop forgets the first n bytes of the text.
func (in *input) drop(n int) {
	in.pass(n)
	in.Drop(n)
}

// pass counts the lines of the first n bytes of the text, which are about to go.
func (in *input) pass(n int) {
	if !in.Ranged() {
		in.lines += int64(bytes.Count(in.Text()[:n], []byte{'\n'}))
	}
}

// fill reads more text behind that which is there, in a larger buffer where there
// is no room.
func (in *input) fill() error {
	if in.Full() {
		if err := in.Grow(); err != nil {
			return in.at(0, err)
		}
	}
	return in.Fill(math.MaxInt)
}

// at is err with the line that byte i of the text stands in.
func (in *input) at(i int, err error) error {
	line, counted := in.line(i)
	return fmt.Errorf("%s:%d: %w", in.path, line, errors.Join(err, counted))
}

// line is the number of the line that byte i of the text stands in, from 1.
func (in *input) line(i int) (int64, error) {
	line := in.lines + int64(bytes.Count(in.Text()[:i], []byte{'\n'})) + 1
	if !in.Ranged() {
		return line, nil
	}
	part := make([]byte, min(256<<10, in.Base()))
	for at := int64(0); at < in.Base(); {
		n, err := in.File().ReadAt(part[:min(int64(len(part)), in.Base()-at)], at)
		line += int64(bytes.Count(part[:n], []byte{'\n'}))
		if at += int64(n); err != nil || n == 0 {
			return line, err
		}
	}
	return line, nil
}
