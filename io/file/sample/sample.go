// Package sample looks at files before they are read, to know what is in them: at
// their head, and of a plain file that is large at its middle and its tail too.
//
//	│ Head …   │        │ Part │        │ Part │
//	0                   middle            tail
//
// What was found out holds until the files change: see [Known].
package sample

import (
	"context"
	"io"

	"github.com/arrowmill/arrowmill/io/file"
	"github.com/arrowmill/arrowmill/io/file/once"
)

// Sizes say how much of a file is looked at, in bytes.
type Sizes struct {
	Head  int   // of its start, and twice as much until that is enough
	Part  int   // of its middle and of its tail each
	Whole int64 // a plain file of no more is looked at whole
}

// Sample is text of a file, as it is without compression.
type Sample struct {
	Head  []byte // from the file's start on
	Whole bool   // Head is all of it
	Parts []Part // of what lies behind the head, in order
}

// Part is text from somewhere in a file. It may begin and end within a record.
type Part struct {
	Text []byte
	At   int64 // of the text in the file
	Last bool  // up to the file's end
}

// Of looks at a file. enough tells whether a format can begin with the head that
// is there, of which nothing follows where whole is true; its error ends the look.
// What is read of a stream is kept in streams.
func (sizes Sizes) Of(ctx context.Context, in file.Input, c file.Compression, streams *once.Streams, enough func(head []byte, whole bool) (bool, error)) (Sample, error) {
	var out Sample
	if in.Stream {
		r, err := streams.Peek(ctx, in.Path, c)
		if err == nil {
			out.Head, out.Whole, err = Head(r, sizes.Head, enough)
		}
		return out, err
	}
	f, err := file.Open(ctx, in.Path, file.Options{Compression: c})
	if err != nil {
		return out, err
	}
	defer f.Close()
	least := sizes.Head
	if f.Plain() && f.Size() <= sizes.Whole {
		least = max(least, int(f.Size())+1) // one more, to see the end
	}
	if out.Head, out.Whole, err = Head(f, least, enough); err != nil || out.Whole || !f.Plain() {
		return out, err
	}
	seen, part := int64(len(out.Head)), int64(sizes.Part)
	for _, at := range []int64{(f.Size() - part) / 2, f.Size() - part} {
		from, to := max(at, seen), at+part
		if from >= to {
			continue
		}
		p := Part{Text: make([]byte, to-from), At: from}
		n, err := f.ReadAt(p.Text, from)
		if err != nil && err != io.EOF {
			return out, err
		}
		p.Text, p.Last = p.Text[:n], from+int64(n) == f.Size()
		out.Parts = append(out.Parts, p)
		seen = to
	}
	return out, nil
}

// Head reads least bytes of in, and twice as much until that is enough or all.
func Head(in io.Reader, least int, enough func(head []byte, whole bool) (bool, error)) (head []byte, whole bool, err error) {
	for least = max(least, 1); ; least *= 2 {
		head = append(make([]byte, 0, least), head...)
		for len(head) < least && !whole {
			n, err := in.Read(head[len(head):least])
			head = head[:len(head)+n]
			if whole = err == io.EOF; err != nil && !whole {
				return head, false, err
			}
		}
		if done, err := enough(head, whole); done || whole || err != nil {
			return head, whole, err
		}
	}
}
