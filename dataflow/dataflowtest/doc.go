// Package dataflowtest is the harness that operators, reducers and partitioners
// are tested with.
//
// A case is an input batch and the answer that is wanted. [CheckOperator] and
// [CheckReducer] run it again and again in every shape in which the executor may
// hand the same rows over:
//
//   - batches of 1, 2, 3 and 1,024 rows and all rows in one, with empty batches
//     in between, in one split and in several;
//   - arrays whose offset is not 0, with other rows before and behind;
//   - string and integer columns encoded by dictionaries, one for all batches
//     and one for each (see [DictionaryToo] and [PlainOnly]);
//   - with a selection vector over rows that are not selected, where the role
//     takes one;
//   - with fewer columns, where the role says which it reads;
//   - in pieces in any order, where an operator says that it is row-wise;
//   - for reducers, over every way to spread rows over accumulators and to merge
//     these: see [CheckReducer].
//
// The answer must be the same each time. All memory comes from an allocator that
// overwrites what is released and reports what is not; inputs are released as
// soon as the call that borrows them returns, and must not have changed by then.
// What fails is reported with the shape, the seed (see [Seed]) and the rows that
// differ. Under -short fewer shapes are tried, others each time; the executor runs a
// role in all the ways that it has.
//
// The package imports no operator, so that users test their own with it.
package dataflowtest
