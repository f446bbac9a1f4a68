package badrows

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

// File gathers the rows that the readers of a run reject, in whatever order they
// come, and writes them in source order at its end. It is safe for concurrent use,
// and so is nil, which is the file of a policy that keeps no rows.
//
//	Part of split 1 ─┐                              ┌ header
//	Part of split 0 ─┼─ scratch: 1a 0a 1b 2a … ────►│ 0a 1a 1b 2a, at Close
//	Part of split 2 ─┘  pieces:  where each stands  └
//
// Rows wait on disk, since there may be many, in a file that has no name where the
// system can do without (Unix): it goes with the process, however that ends.
type File struct {
	ctx context.Context
	out *file.Output

	mu      sync.Mutex
	ranks   map[dataflow.Split]int // of the run's splits
	scratch *os.File               // nil until a row is rejected
	named   bool                   // scratch is to be removed
	bytes   int64
	pieces  []piece
}

// piece is rows of one split, in the scratch file.
type piece struct {
	rank  int
	seq   int64
	at    int64
	bytes int
}

// Create begins the file of a run that fails when ctx ends, with a header where
// that is not empty. It is nil where p keeps no rows.
func (p Policy) Create(ctx context.Context, header string) (*File, error) {
	if !p.Keeps() {
		return nil, nil
	}
	out, err := file.Create(p.path)
	if err != nil {
		return nil, err
	}
	if _, err := out.Write(withEnd([]byte(header))); err != nil {
		return nil, errors.Join(err, out.Abort())
	}
	return &File{ctx: ctx, out: out, ranks: map[dataflow.Split]int{}}, nil
}

// Expect says which splits the run has, in source order.
func (f *File) Expect(splits []dataflow.Split) {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, s := range splits {
		f.ranks[s] = i
	}
}

// add keeps rows of a split, which are its seq-th piece.
func (f *File) add(split dataflow.Split, seq int64, rows []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.scratch == nil {
		scratch, err := os.CreateTemp("", "arrowmill-rejects-*")
		if err != nil {
			return fmt.Errorf("a temporary file for rejected rows: %w", err)
		}
		f.scratch, f.named = scratch, os.Remove(scratch.Name()) != nil
	}
	if _, err := f.scratch.WriteAt(rows, f.bytes); err != nil {
		return fmt.Errorf("rejected rows: %w", err)
	}
	f.pieces = append(f.pieces, piece{f.ranks[split], seq, f.bytes, len(rows)})
	f.bytes += int64(len(rows))
	return nil
}

// Close ends the run: it writes the file, or leaves none where the run has failed.
func (f *File) Close() error {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	err := context.Cause(f.ctx)
	if err == nil {
		err = f.write()
	}
	if err == nil {
		err = f.out.Commit()
	} else {
		err = errors.Join(err, f.out.Abort())
	}
	if err = errors.Join(err, f.drop()); err != nil {
		return fmt.Errorf("rejected rows: %w", err)
	}
	return nil
}

// write writes the rows in order.
func (f *File) write() error {
	slices.SortFunc(f.pieces, func(a, b piece) int { return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.seq, b.seq)) })
	for _, p := range f.pieces {
		if _, err := io.Copy(f.out, io.NewSectionReader(f.scratch, p.at, int64(p.bytes))); err != nil {
			return err
		}
	}
	return nil
}

// drop lets go of the scratch file.
func (f *File) drop() error {
	if f.scratch == nil {
		return nil
	}
	err := f.scratch.Close()
	if f.named {
		err = errors.Join(err, os.Remove(f.scratch.Name()))
	}
	f.scratch, f.pieces = nil, nil
	return err
}
