package observe

import (
	"fmt"
	"io"
	"time"

	"github.com/arrowmill/arrowmill/dataflow"
)

// Lines writes a plain line to w every so often, for a log:
//
//	1.2 GiB of 4.0 GiB, 310.5 MiB/s, 9s left, 85.1 MiB held
//
// and a last one with the whole, unless the run was over before the first or
// failed. every must be positive. Errors of w are ignored.
func Lines(w io.Writer, every time.Duration) dataflow.Hooks {
	var m meter
	written := false
	return watch(every, func(p dataflow.Progress) {
		m.add(p)
		written = true
		fmt.Fprintf(w, "%s, %s held\n", m.line(p), dataflow.FormatBytes(p.HeldBytes))
	}, func(r dataflow.Report, err error) {
		if written && err == nil {
			fmt.Fprintf(w, "%s in %s, %s, at most %s held\n", dataflow.FormatBytes(r.BytesDone), r.Elapsed.Round(time.Millisecond),
				formatRate(bytesPerSecond(r.BytesDone, r.Elapsed)), dataflow.FormatBytes(r.PeakHeldBytes))
		}
		m, written = meter{}, false
	})
}
