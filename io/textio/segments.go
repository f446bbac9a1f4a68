package textio

import (
	"context"
	"fmt"
	"math"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file/window"
)

const (
	lineMax       = math.MaxInt32 - 63 // with its end, in a buffer of an Arrow utf8 column
	pieceMax      = 1 << 30
	byteOrderMark = window.ByteOrderMark
)

// segmentNames are what errors call a segment.
var segmentNames = [...]string{lines: "line", pieces: "stretch without white space"}

// openSegments opens a split, to read its segments as they are stored.
func openSegments(ctx context.Context, s *Source, split dataflow.Split, env dataflow.Env) (*window.Segments, error) {
	in, err := window.OpenSegments(ctx, env, window.Options{
		Split: split, Compression: s.compression, BufferBytes: s.bufferBytes, MostBytes: s.segmentMax,
		Row: segmentNames[s.kind], TooLong: "is it a text file? No row can hold more",
	}, delimiters[s.kind])
	if err != nil {
		return nil, fmt.Errorf("textio: %w", err)
	}
	return in, nil
}
