package observe

import "github.com/arrowmill/arrowmill/dataflow"

// Join is the hooks of all, called in turn; a run takes one set of hooks.
func Join(all ...dataflow.Hooks) dataflow.Hooks {
	var started []func(func() dataflow.Progress)
	var splitDone []func(string, dataflow.Split, int64)
	var finished []func(dataflow.Report, error)
	for _, h := range all {
		if h.Started != nil {
			started = append(started, h.Started)
		}
		if h.SplitDone != nil {
			splitDone = append(splitDone, h.SplitDone)
		}
		if h.Finished != nil {
			finished = append(finished, h.Finished)
		}
	}
	var joined dataflow.Hooks
	if len(started) > 0 {
		joined.Started = func(progress func() dataflow.Progress) {
			for _, f := range started {
				f(progress)
			}
		}
	}
	if len(splitDone) > 0 {
		joined.SplitDone = func(stage string, s dataflow.Split, rows int64) {
			for _, f := range splitDone {
				f(stage, s, rows)
			}
		}
	}
	if len(finished) > 0 {
		joined.Finished = func(r dataflow.Report, err error) {
			for _, f := range finished {
				f(r, err)
			}
		}
	}
	return joined
}
