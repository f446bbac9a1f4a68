package csvio

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file/badrows"
)

// shared is what the readers of one run share.
type shared struct {
	plan    *plan
	rejects *badrows.File // nil: bad rows are not kept
	inside  atomic.Int64
	codes   codeShelf

	mu    sync.Mutex
	files map[string]*parted
}

// Share finds out the columns and, with Reject, begins the file.
func (s *Source) Share(ctx context.Context, env dataflow.Env) (io.Closer, error) {
	p, err := s.known.last(ctx, &s.settings)
	if err != nil {
		return nil, fmt.Errorf("csvio: %w", err)
	}
	sh := &shared{plan: p, files: make(map[string]*parted), codes: codeShelf{reserve: env.Reserve}}
	if sh.rejects, err = s.policy.Create(ctx, p.header); err != nil {
		return nil, fmt.Errorf("csvio: %w", err)
	}
	return sh, nil
}

// shared is what Share returned, or a run of its own for one split.
func (s *Source) shared(ctx context.Context, env dataflow.Env) (sh *shared, own bool, err error) {
	if sh, ok := env.Shared.(*shared); ok {
		return sh, false, nil
	}
	c, err := s.Share(ctx, env)
	if err != nil {
		return nil, false, err
	}
	return c.(*shared), true, nil
}

// Close ends the run.
func (sh *shared) Close() error {
	sh.codes.close()
	if err := sh.rejects.Close(); err != nil {
		return fmt.Errorf("csvio: %w", err)
	}
	return nil
}

// expect says which splits the run has.
func (sh *shared) expect(splits []dataflow.Split) {
	sh.rejects.Expect(splits)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for _, s := range splits {
		if s.To >= 0 {
			p := sh.files[s.Path]
			if p == nil {
				p = newParted()
				sh.files[s.Path] = p
			}
			p.bounds = append(p.bounds, s.From)
		}
	}
	for _, p := range sh.files {
		slices.Sort(p.bounds)
		p.bounds = slices.Compact(p.bounds)
	}
}

// parted is the file at path.
func (sh *shared) parted(path string) *parted {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	p := sh.files[path]
	if p == nil {
		p = newParted()
		sh.files[path] = p
	}
	return p
}
