// Package micro writes the figures of micro-benchmarks into a page of Markdown.
//
// The page is text that somebody wrote. A table in it whose figures are to be measured
// stands behind the command that measures them, and says in its header which of the
// benchmark's metrics it shows:
//
//	```sh
//	go test -run - -bench '^BenchmarkIndex$' ./io/csvio
//	```
//
//	| text | GB/s | naive | × |
//	| --- | ---: | ---: | ---: |
//	| plain | 3.41 (3.52) | 0.61 (0.62) | 5.6 |
//
//	 1. A row is a benchmark of the command: the median of all rounds and, in brackets, the
//	    best one.
//	 2. The benchmark of the same name with naive in place of its last part, or behind it, is
//	    its twin, which does the same as one would write it: it is the third column, and the
//	    fourth is how many times as fast ours is.
//	 3. A line that begins with "Measured:" says where and when.
//
// All commands run once in each round, so that what else the machine does is spread over all
// of them.
package micro
