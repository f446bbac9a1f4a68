// Package executor runs a dataflow graph on the cores of one machine.
//
// # How a run goes
//
// The planner ([Explain] prints its result) leaves out what no sink needs,
// prunes columns, pushes bounds into sources, and fuses the graph into
// pipelines: from a source, a shuffle or a reduce's answer, through maps, to
// what ends a pipeline (a reduce, a shuffle, a sink). Each pipeline has an
// instance of its operators a worker; behind a shuffle, a partition.
//
// A worker a core takes one unit of work after another: read a split and push
// its chunks through the pipeline; handle what a partition was sent; merge two
// partials; give out an answer. Work farther downstream goes first. Nothing
// between two units is shared but queues, so a worker never waits for another
// except at one place, the gate before a source is read: there it waits while
// more than a window of bytes is in transit, helping with downstream work
// meanwhile. If all workers come to wait there, the one with the earliest
// rows goes on: what it brings is what the others wait for. So no two stages
// can wait for each other, whatever the graph.
//
// A split that can be read only from front to end may come as blocks
// (dataflow.BlockSource): the worker that was given it passes their rows on in
// order, and workers with nothing better to do find them.
//
// Rows carry their place in source order. Terminals that need the order
// (sinks, batches, reducers that are not commutative) hold back what comes
// early. A reducer that is not commutative has an accumulator a split, merged
// in a tree whose shape depends on the splits alone; others have one a worker.
package executor
