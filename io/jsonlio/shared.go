package jsonlio

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file"
)

// shared is what the readers of one run share: the columns, and the lines that were
// rejected, which come in whatever order, and are written in source order when
// the run ends.
//
//	reader of split 1 ─┐                              ┌
//	reader of split 0 ─┼─ scratch: 1a 0a 1b 2a … ────►│ 0a 1a 1b 2a, at Close
//	reader of split 2 ─┘  pieces:  where each stands  └
type shared struct {
	ctx  context.Context
	plan *plan
	path string
	out  *file.Output // nil: rejected lines are not kept

	mu      sync.Mutex
	ranks   map[dataflow.Split]int // of the run's splits
	scratch *os.File               // nil until a line is rejected
	bytes   int64
	pieces  []piece
}

// piece is rejected lines of one split, in the scratch file.
type piece struct {
	split, seq int
	at         int64
	bytes      int
}

// Share finds out the columns and, with Reject, begins the file.
func (s *Source) Share(ctx context.Context, _ dataflow.Env) (io.Closer, error) {
	p, err := s.known.last(ctx, &s.settings)
	if err != nil {
		return nil, fmt.Errorf("jsonlio: %w", err)
	}
	sh := &shared{ctx: ctx, plan: p, path: s.policy.path, ranks: map[dataflow.Split]int{}}
	if s.policy.act == reject {
		if sh.out, err = file.Create(sh.path); err != nil {
			return nil, fmt.Errorf("jsonlio: %w", err)
		}
	}
	return sh, nil
}

// expect says which splits the run has.
func (sh *shared) expect(splits []dataflow.Split) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for i, s := range splits {
		sh.ranks[s] = i
	}
}

// rank is which split of the run s is.
func (sh *shared) rank(s dataflow.Split) int {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.ranks[s]
}

// add keeps lines of a split, which are its seq-th piece.
func (sh *shared) add(split, seq int, lines []byte) error {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.scratch == nil {
		f, err := os.CreateTemp("", "arrowmill-rejects-*")
		if err != nil {
			return fmt.Errorf("%s: a temporary file for rejected lines: %w", sh.path, err)
		}
		sh.scratch = f
	}
	if _, err := sh.scratch.WriteAt(lines, sh.bytes); err != nil {
		return fmt.Errorf("%s: rejected lines: %w", sh.path, err)
	}
	sh.pieces = append(sh.pieces, piece{split, seq, sh.bytes, len(lines)})
	sh.bytes += int64(len(lines))
	return nil
}

// Close ends the run: it writes the file of rejected lines, or leaves none where the
// run has failed.
func (sh *shared) Close() (err error) {
	if sh.out == nil {
		return nil
	}
	defer func() {
		if sh.scratch != nil {
			err = errors.Join(err, sh.scratch.Close(), os.Remove(sh.scratch.Name()))
		}
		if err != nil {
			err = fmt.Errorf("jsonlio: rejected lines: %w", err)
		}
	}()
	if sh.ctx.Err() != nil {
		return errors.Join(context.Cause(sh.ctx), sh.out.Abort())
	}
	slices.SortFunc(sh.pieces, func(a, b piece) int { return cmp.Or(cmp.Compare(a.split, b.split), cmp.Compare(a.seq, b.seq)) })
	for _, p := range sh.pieces {
		if _, err := io.Copy(sh.out, io.NewSectionReader(sh.scratch, p.at, int64(p.bytes))); err != nil {
			return errors.Join(fmt.Errorf("%s: %w", sh.path, err), sh.out.Abort())
		}
	}
	return sh.out.Commit()
}
