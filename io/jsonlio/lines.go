package jsonlio

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file/window"
)

const (
	byteOrderMark = window.ByteOrderMark
	lineMax       = 500 << 20 // a text and what its strings mean fit in fields together
	tooLong       = "is it a file of JSON lines?"
)

var (
	errTooLong = fmt.Errorf("a line of more than %s: %s", dataflow.FormatBytes(lineMax), tooLong)

	// errStopped says that no more rows are wanted.
	errStopped = errors.New("jsonlio: no more is wanted")
)

// text is whole lines, as they are stored.
type text struct {
	buf  *memory.Buffer // nil: there are no more
	n    int
	base int64 // of the text in the file, decompressed
	line int64 // its first line, from 1; 0: not known
}

// lines reads the lines of one split, many at a time. A line feed stands in no value
// of JSON.
type lines struct {
	*window.Segments
	line int64 // of the next text
}

// openLines opens a split; a text is about as large as bufferBytes.
func (s *Source) openLines(ctx context.Context, split dataflow.Split, env dataflow.Env, bufferBytes int) (*lines, error) {
	in, err := window.OpenSegments(ctx, env, window.Options{
		Split: split, Compression: s.compression, Streams: s.known.streams,
		BufferBytes: bufferBytes, MostBytes: lineMax, Row: "line", TooLong: tooLong,
	}, window.LineFeed)
	if err != nil {
		return nil, err
	}
	l := &lines{Segments: in}
	if split.To < 0 || split.From == 0 {
		l.line = 1
	}
	return l, nil
}

// next returns the next text, which is given away and holds at least one byte.
func (l *lines) next() (text, error) {
	in, err := l.Next()
	if err != nil || in.Buf == nil {
		return text{}, err
	}
	t := text{in.Buf, in.Buf.Len(), in.At, l.line}
	if l.line > 0 {
		l.line += int64(bytes.Count(in.Buf.Bytes(), []byte{'\n'}))
	}
	return t, nil
}
