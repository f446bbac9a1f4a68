// Package operators holds what is handed to the verbs of a dataflow graph: maps,
// partitioners and reducers over Arrow batches, one a file, and the aggregates
// of GroupBy.
package operators
