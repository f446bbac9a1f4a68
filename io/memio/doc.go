// Package memio reads and writes batches in memory: for programs that have
// Arrow data already or make it as they go, and for tests.
//
//	Batches, Empty   batches that there are
//	Func             batches from an iterator, without end if need be
//	NewSink          batches to have when a run has ended
//
// No data is copied.
package memio
