package observe

import (
	"time"

	"github.com/arrowmill/arrowmill/dataflow"
)

// watch returns hooks that call tick every so often while a run goes on, from one
// goroutine, and finish when that has ended. finish is called also where the run
// never started.
func watch(every time.Duration, tick func(dataflow.Progress), finish func(dataflow.Report, error)) dataflow.Hooks {
	var stop, ended chan struct{}
	return dataflow.Hooks{
		Started: func(progress func() dataflow.Progress) {
			stop, ended = make(chan struct{}), make(chan struct{})
			go func(stop <-chan struct{}, ended chan<- struct{}) {
				defer close(ended)
				ticker := time.NewTicker(every)
				defer ticker.Stop()
				for {
					select {
					case <-stop:
						return
					case <-ticker.C:
						tick(progress())
					}
				}
			}(stop, ended)
		},
		Finished: func(r dataflow.Report, err error) {
			if stop != nil {
				close(stop)
				<-ended
				stop, ended = nil, nil
			}
			finish(r, err)
		},
	}
}
