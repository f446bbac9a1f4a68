package jsonlio

import (
	"context"
	"fmt"
	"io"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file/badrows"
)

// shared is what the readers of one run share.
type shared struct {
	plan    *plan
	rejects *badrows.File // nil: rejected lines are not kept
}

// Share finds out the columns and, with Reject, begins the file.
func (s *Source) Share(ctx context.Context, _ dataflow.Env) (io.Closer, error) {
	p, err := s.known.last(ctx, &s.settings)
	if err != nil {
		return nil, fmt.Errorf("jsonlio: %w", err)
	}
	rejects, err := s.policy.Create(ctx, "")
	if err != nil {
		return nil, fmt.Errorf("jsonlio: %w", err)
	}
	return &shared{p, rejects}, nil
}

// Close ends the run.
func (sh *shared) Close() error {
	if err := sh.rejects.Close(); err != nil {
		return fmt.Errorf("jsonlio: %w", err)
	}
	return nil
}
