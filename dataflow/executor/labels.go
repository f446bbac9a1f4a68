package executor

import (
	"context"
	"runtime/pprof"
	"time"

	"github.com/arrowmill/arrowmill/dataflow"
)

// labelAfter is how long a run goes on before its goroutines are labelled: a shorter
// one is hardly met by a profile, and should not pay for the texts.
const labelAfter = time.Millisecond

// label marks w's goroutine, in CPU profiles, as at s: by the stage's name as stage
// and by what it does, as plans print it, as operator. It costs a few nanoseconds.
func (w *worker) label(s *stageRun) {
	if s == nil || s == w.marked || w.mark.Sub(w.run.begun) < labelAfter {
		return
	}
	w.marked = s
	pprof.SetGoroutineLabels(s.profileLabels())
}

// profileLabels has the labels of the stage.
func (s *stageRun) profileLabels() context.Context {
	if made := s.labels.Load(); made != nil {
		return *made
	}
	what := s.Describe()
	if s.Kind == dataflow.KindUnion {
		what = s.Kind.String()
	}
	made := pprof.WithLabels(context.Background(), pprof.Labels("stage", s.Name, "operator", what))
	s.labels.Store(&made)
	return made
}
