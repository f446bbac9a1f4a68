// Package batch holds the ownership rule of the module and the helpers that
// need it.
//
// # The rule
//
//  1. A batch is an arrow.Record. It is immutable: nobody writes to a buffer
//     that another can see.
//  2. Arguments are borrowed for the call. Who keeps one, or a column or a
//     slice of one, beyond the call retains it, and releases it once.
//  3. What is emitted, yielded or returned is given away, even together with an
//     error. Whoever receives it releases it. To emit one's own argument,
//     retain it first.
//  4. Buffers are used again after the last release. A string, a []byte or a
//     typed slice that was read from an array is a view: copy it to keep it.
//  5. A selection vector is borrowed always; [Compact] or a copy keeps it.
//
// Helpers of this package that return a batch or an array return a new
// reference, and never release their arguments.
package batch
