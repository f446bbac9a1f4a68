// Package dataflow declares map-reduce graphs over Arrow record batches.
//
// A [Graph] is built with three verbs between a source and a sink:
//
//	Source → Map | Shuffle | TreeReduce → Sink
//
// with Union for a second input and Apply for a composite of the verbs. Verbs
// only record. [Graph.Check] resolves the schemas and reports every mistake at
// once, each with the file and line of the call that made it; package
// executor runs the graph.
//
// What a stage does is a value handed to its verb that implements one of the
// roles of this package: [Source], [Operator], [Partitioner], [Reducer],
// [Sink]. A role has three levels. The description is immutable, shared and
// checked when the graph is; what one run shares (footers, mappings, a build
// table) comes from [Sharer]; an instance ([Task], [Accumulator], [Output])
// belongs to one goroutine at a time, takes no locks, and is closed on every
// path.
//
// # Ownership
//
// One rule: arguments are borrowed for the call; what is emitted, yielded or
// returned is given away, even together with an error. Retain to keep. Package
// [github.com/arrowmill/arrowmill/dataflow/batch] states it in full.
package dataflow
