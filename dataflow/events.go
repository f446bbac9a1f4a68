package dataflow

import "time"

// Hooks are called as a run goes on; each may be nil. They are called from the
// run's goroutines, possibly several at once, and hold those up while they run.
type Hooks struct {
	// Started is called once, when the splits are known and before the first is
	// read. progress may be called at any time, from any goroutine, also after
	// the run has ended.
	Started func(progress func() Progress)

	// SplitDone is called when a split of a source has been read and all that
	// came of it was handed on.
	SplitDone func(stage string, s Split, rows int64)

	// Finished is called once, last, also when Started was not. err is what
	// the run returns.
	Finished func(r Report, err error)
}

// Progress is how far a run has come.
type Progress struct {
	Elapsed     time.Duration
	Workers     int
	BytesDone   int64 // read by the sources
	BytesTotal  int64 // 0: not known
	SplitsDone  int
	SplitsTotal int
	HeldBytes   int64 // state and rows held now
	LimitBytes  int64 // how many may be
	Stages      []StageProgress
}

// StageProgress is how far one stage has come. Counts are of all its instances.
type StageProgress struct {
	Name    string
	Kind    Kind
	Batches int64         // handed to it; of a source: read
	RowsIn  int64         // 0 for a source
	RowsOut int64         // 0 for a sink
	Bytes   int64         // of a source: read
	Busy    time.Duration // spent in it by all its instances, without what lies behind it
}

// Report is what a run did.
type Report struct {
	Progress
	Serial        time.Duration  // of Elapsed, in which at most one worker was at work
	Worked        time.Duration  // in which workers were at work, of all together
	PeakHeldBytes int64          // the most that was seen held
	Warnings      []StageWarning // in the order of stages
}

// StageWarning is all warnings of one stage with one text.
type StageWarning struct {
	Stage string
	Warning
}
