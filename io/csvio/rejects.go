package csvio

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"github.com/arrowmill/arrowmill/io/file"
)

// rejects gathers the rows that were rejected by the readers of a run, in whatever
// order they come, and writes them in source order at its end.
//
//	reader of split 1 ─┐                              ┌ header
//	reader of split 0 ─┼─ scratch: 1a 0a 1b 2a … ────►│ 0a 1a 1b 2a, at close
//	reader of split 2 ─┘  pieces:  where each stands  └
type rejects struct {
	ctx     context.Context
	path    string
	out     *file.Output
	scratch *os.File // nil until a row is rejected

	mu     sync.Mutex
	bytes  int64
	pieces []piece
}

// piece is rows of one split, in the scratch file.
type piece struct {
	split, seq int
	at         int64
	bytes      int
}

func newRejects(ctx context.Context, path, header string) (*rejects, error) {
	out, err := file.Create(path)
	if err != nil {
		return nil, err
	}
	r := &rejects{ctx: ctx, path: path, out: out}
	if _, err := io.WriteString(out, withEnd(header)); err != nil {
		return nil, errors.Join(err, out.Abort())
	}
	return r, nil
}

// withEnd is a record with a line end, where it is not empty.
func withEnd(s string) string {
	if s != "" && s[len(s)-1] != '\n' {
		return s + "\n"
	}
	return s
}

// add keeps rows of a split, which are its seq-th piece.
func (r *rejects) add(split, seq int, rows []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.scratch == nil {
		f, err := os.CreateTemp("", "arrowmill-rejects-*")
		if err != nil {
			return fmt.Errorf("%s: a temporary file for rejected rows: %w", r.path, err)
		}
		r.scratch = f
	}
	if _, err := r.scratch.WriteAt(rows, r.bytes); err != nil {
		return fmt.Errorf("%s: rejected rows: %w", r.path, err)
	}
	r.pieces = append(r.pieces, piece{split, seq, r.bytes, len(rows)})
	r.bytes += int64(len(rows))
	return nil
}

// close writes the file, or leaves none where the run has failed.
func (r *rejects) close() (err error) {
	defer func() {
		if r.scratch != nil {
			err = errors.Join(err, r.scratch.Close(), os.Remove(r.scratch.Name()))
		}
	}()
	if r.ctx.Err() != nil {
		return errors.Join(context.Cause(r.ctx), r.out.Abort())
	}
	slices.SortFunc(r.pieces, func(a, b piece) int { return cmp.Or(cmp.Compare(a.split, b.split), cmp.Compare(a.seq, b.seq)) })
	for _, p := range r.pieces {
		if _, err := io.Copy(r.out, io.NewSectionReader(r.scratch, p.at, int64(p.bytes))); err != nil {
			return errors.Join(fmt.Errorf("%s: rejected rows: %w", r.path, err), r.out.Abort())
		}
	}
	return r.out.Commit()
}
