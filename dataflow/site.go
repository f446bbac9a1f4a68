package dataflow

import (
	"runtime"
	"strings"
	"sync"
)

// site is a line of the user's code.
type site struct {
	file string
	line int
}

// modulePath prefixes the packages whose frames are not the user's.
const modulePath = "github.com/arrowmill/arrowmill/"

// nearFrames is how many frames a verb looks at before it walks all of its stack. A
// verb of the user's own call is found within them.
const nearFrames = 4

// sites are the call sites that were found, by the frames nearest to the verb. What
// a frame's name and line are is looked up once: a program has few lines that
// declare, and may declare a graph for each of many requests.
var sites sync.Map // [nearFrames]uintptr: site

// callSite is the innermost frame of the user's code: the first one that is
// neither this package's nor one of the operators', whose composites call verbs.
func callSite() site {
	var near [nearFrames]uintptr
	n := runtime.Callers(2, near[:])
	if at, ok := sites.Load(near); ok {
		return at.(site)
	}
	if at, ok := userFrame(append([]uintptr(nil), near[:n]...)); ok {
		sites.Store(near, at)
		return at
	}
	for depth := 32; ; depth *= 2 {
		all := make([]uintptr, depth)
		n := runtime.Callers(2, all)
		if at, ok := userFrame(all[:n]); ok {
			return at
		}
		if n < depth {
			return site{"unknown", 0}
		}
	}
}

// userFrame is the first frame that is the user's.
func userFrame(pcs []uintptr) (site, bool) {
	frames := runtime.CallersFrames(pcs)
	for {
		f, more := frames.Next()
		own := f.Function == "" || strings.HasPrefix(f.Function, modulePath+"dataflow.") ||
			strings.HasPrefix(f.Function, modulePath+"operators.") || strings.HasPrefix(f.Function, modulePath+"operators/")
		if !own || strings.HasSuffix(f.File, "_test.go") {
			return site{f.File, f.Line}, true
		}
		if !more {
			return site{}, false
		}
	}
}
