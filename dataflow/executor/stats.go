package executor

import (
	"sync/atomic"
	"time"

	"github.com/arrowmill/arrowmill/dataflow"
)

// stats are what one worker counts of one stage. Only that worker writes them.
type stats struct {
	batches, rowsIn, rowsOut, bytes, busy atomic.Int64
	_                                     [24]byte // a cache line each
}

func (r *run) progress() dataflow.Progress {
	p := dataflow.Progress{
		Elapsed:    time.Since(r.begun),
		Workers:    r.opts.Workers,
		SplitsDone: int(r.splitsDone.Load()),
		HeldBytes:  r.ledger.total(),
		LimitBytes: r.opts.MemoryBytes,
	}
	if end := r.elapsed.Load(); end > 0 {
		p.Elapsed = time.Duration(end)
	}
	known, prepared := true, r.prepared.Load()
	for _, s := range r.stages {
		sp := dataflow.StageProgress{Name: s.Name, Kind: s.Kind}
		for i := range s.stats {
			st := &s.stats[i]
			sp.Batches += st.batches.Load()
			sp.RowsIn += st.rowsIn.Load()
			sp.RowsOut += st.rowsOut.Load()
			sp.Bytes += st.bytes.Load()
			sp.Busy += time.Duration(st.busy.Load())
		}
		p.Stages = append(p.Stages, sp)
		if s.Kind == dataflow.KindSource && prepared {
			p.BytesDone += sp.Bytes
			p.BytesTotal += s.splitBytes
			p.SplitsTotal += len(s.splits)
			known = known && (s.splitBytes > 0 || len(s.splits) == 0)
		}
	}
	if !known {
		p.BytesTotal = 0
	}
	return p
}

func (r *run) report() dataflow.Report {
	rep := dataflow.Report{Progress: r.progress(), PeakHeldBytes: r.ledger.peak.Load()}
	parallel, worked := r.sched.times()
	rep.Serial, rep.Worked = max(rep.Elapsed-parallel, 0), worked
	for _, s := range r.stages {
		rep.Warnings = append(rep.Warnings, s.warnings()...)
	}
	return rep
}
