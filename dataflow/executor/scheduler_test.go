package executor

import (
	"testing"
	"time"

	"github.com/arrowmill/arrowmill/dataflow"
)

// TestSerialTime drives two workers over two splits by a clock of its own.
//
//	clock     0        10          15        22
//	worker 0  split 0 ──── (end) ── leaves
//	worker 1  split 1 ─────────────────────── leaves
func TestSerialTime(t *testing.T) {
	none := func() int64 { return 0 }
	s := newScheduler(4, 1, 1<<20, none, none)
	clock := time.Unix(0, 0)
	s.now = func() time.Time { return clock }
	s.sources = []*stageRun{{splits: make([]dataflow.Split, 2)}}
	started := 0
	s.begin(func(int) { started++ })
	for range 2 {
		if _, ok, _ := s.take(); !ok {
			t.Fatal("there is a split for each")
		}
	}
	clock = clock.Add(10)
	s.end()
	clock = clock.Add(5)
	if _, ok, stall := s.take(); ok || stall || s.leave() {
		t.Error("the first worker is to leave, and is not the last")
	}
	clock = clock.Add(7)
	if _, ok, stall := s.take(); ok || stall || !s.leave() {
		t.Error("the second worker is to leave, as the last")
	}
	clock = clock.Add(100)
	if parallel, worked := s.times(); started != 2 || parallel != 15 || worked != 37 {
		t.Errorf("%d workers, %v parallel, %v worked", started, parallel, worked)
	}
}

// TestWorkersStartForUnits: a unit is left to who adds it; for two, or where the one
// who added it goes on reading, another worker is started.
func TestWorkersStartForUnits(t *testing.T) {
	none := func() int64 { return 0 }
	s := newScheduler(3, 1, 1<<20, none, none)
	stage := &stageRun{stagePlan: &stagePlan{}, splits: make([]dataflow.Split, 1)}
	s.sources = []*stageRun{stage}
	started := 0
	s.begin(func(int) { started++ })
	if _, ok, _ := s.take(); !ok || started != 1 {
		t.Fatalf("%d workers for one split", started)
	}
	s.add(unit{stage: stage})
	if started != 1 {
		t.Errorf("%d workers for a unit that its maker can do next", started)
	}
	if _, ok := s.gate(&worker{}); ok || started != 2 {
		t.Errorf("%d workers where the maker of a unit reads on", started)
	}
	s.add(unit{stage: stage})
	if started != 3 {
		t.Errorf("%d workers for two units", started)
	}
	s.add(unit{stage: stage})
	if started != 3 {
		t.Errorf("%d workers where three are allowed", started)
	}
}
