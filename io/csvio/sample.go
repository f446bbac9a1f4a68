package csvio

import (
	"context"
	"fmt"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file"
	"github.com/arrowmill/arrowmill/io/file/sample"
)

// look is what was seen of a file.
type look struct {
	sample.Sample
	path string
	head head
}

// look looks at a file: at its head, and its middle and tail where it is plain.
func (k *known) look(ctx context.Context, s *settings, in file.Input) (look, error) {
	out := look{path: in.Path}
	sizes := sample.Sizes{Head: s.sampleBytes, Part: s.sampleBytes, Whole: 3 * int64(s.sampleBytes)}
	var err error
	out.Sample, err = sizes.Of(ctx, in, s.compression, k.streams, s.headIn(in.Path, &out.head))
	return out, err
}

// headIn is told of more and more of the text at the start of the file at path,
// until the head is there, which it keeps in h.
func (s *settings) headIn(path string, h *head) func(text []byte, whole bool) (bool, error) {
	d := s.dialect(path)
	return func(text []byte, whole bool) (bool, error) {
		short := false
		var err error
		if *h, short, err = d.parseHead(text, s.hasHeader(), whole); err != nil {
			return false, fmt.Errorf("%s: %w", path, err)
		}
		if short && len(text) > recordMax/2 {
			return false, fmt.Errorf("%s: the header has more than %s: is a quote missing?", path, dataflow.FormatBytes(recordMax))
		}
		return !short, nil
	}
}
