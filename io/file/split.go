package file

import (
	"context"
	"fmt"
	"io"

	"github.com/arrowmill/arrowmill/dataflow"
)

// DefaultSplitBytes is the size of a split unless told.
const DefaultSplitBytes = 8 << 20

// Splits lists the files and cuts those that are regular and not compressed
// into byte ranges of about bytes bytes (DefaultSplitBytes where that is not
// positive), none longer than one and a half times that. Every other file is one
// split, from 0 to -1.
//
//	split             To    the file
//	whole, any size   -1    is read to its end; whether it is compressed is found out then
//	range             > 0   is plain
//
// Only files big enough to be cut are opened, to look at their first bytes. It
// depends on the files and bytes alone.
func (p Paths) Splits(ctx context.Context, bytes int64, o Options) ([]dataflow.Split, error) {
	if bytes <= 0 {
		bytes = DefaultSplitBytes
	}
	inputs, err := p.List(ctx)
	if err != nil {
		return nil, err
	}
	splits := make([]dataflow.Split, 0, len(inputs))
	for _, in := range inputs {
		n := rangesOf(in, bytes)
		if n > 1 {
			plain, err := isPlain(ctx, in.Path, o)
			if err != nil {
				return nil, err
			}
			if !plain {
				n = 1
			}
		}
		splits = appendRanges(splits, in, n)
	}
	return splits, nil
}

// rangesOf is how many ranges of about bytes bytes a plain file is cut into.
func rangesOf(in Input, bytes int64) int64 {
	n := in.Bytes / bytes
	if in.Bytes%bytes > bytes/2 {
		n++
	}
	return max(n, 1)
}

func appendRanges(splits []dataflow.Split, in Input, n int64) []dataflow.Split {
	if n == 1 {
		return append(splits, dataflow.Split{Path: in.Path, To: -1, Bytes: in.Bytes})
	}
	step, rest := in.Bytes/n, in.Bytes%n
	var from int64
	for i := range n {
		to := from + step
		if i < rest {
			to++
		}
		splits = append(splits, dataflow.Split{Path: in.Path, From: from, To: to, Bytes: to - from})
		from = to
	}
	return splits
}

func isPlain(ctx context.Context, path string, o Options) (bool, error) {
	if o.Compression != Auto {
		return o.Compression == None, nil
	}
	r, _, err := openRaw(ctx, path)
	if err != nil {
		return false, err
	}
	defer r.close()
	head := make([]byte, magicBytes)
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return false, fmt.Errorf("finding out how %s is compressed: %w", path, err)
	}
	c, _ := detect(head[:n])
	return c == None, nil
}
