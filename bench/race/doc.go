// Package race measures jobs in arrowmill, in its peers and in plain Go programs, as
// whole processes that take turns, and keeps what each took.
//
//	cell = a job on a file
//	  warm-up:  each peer answers once, to a file ──► one process holds all answers,
//	            ours and the yardsticks' among them, against the naive program's
//	  rounds:   ours, peer, yardstick, … ; every other round in the opposite order
//	  rows:     one for each program: medians, samples, or why it has none
//
// A peer is a library that people use; a yardstick is a plain Go program that shows
// what the machine can do, and is no peer; a floor is what no program can do without.
package race
