// Package hashtab numbers the distinct rows of key columns.
//
// A [Table] is handed batches of key columns and answers with a group number
// for each row; the keys of the groups stand in the table and come out again as
// columns. It works a vector of rows at a time, each step in a loop of its own over
// typed slices.
//
//	numbers ──code──┐
//	                ├──► packed key ──index──► group
//	strings ─intern─┘         ▲                  │
//	dictionary ─map─┘         └── new keys ◄── misses, one by one
//
// A column's value becomes a code of as many bits as the values met so far need: a
// number its distance from the least one, a string the number of the value, null a
// code among them. Codes stand side by side in the words of a key, of which there is
// seldom more than one; where a value has no code the layout is widened and the keys of
// the groups are packed anew. (Frame of reference, Goldstein, Ramakrishnan and Shaft,
// ICDE 1998, applied to keys.) A key of few bits is the place of its group in an array;
// any other is hashed to a slot:
//
//	slot (8 bytes):   ┌─ high half of the hash ─┬─ group + 1 ─┐   0: free
//	                  └───────── 32 ────────────┴──── 32 ─────┘
//
// A single column of strings is an interner alone: its groups are its values. The words
// of a value of up to 12 bytes hold it whole (the layout of Umbra's strings, Neumann and
// Freitag, CIDR 2020, section 3.1), those of a longer one its length, its first 4 bytes
// and where the rest is. Values that are numbers behind one prefix, as id0000000017, have an
// index by number, which needs no hash. Codes of dictionaries are mapped to values when they are first
// met, for the last few dictionaries.
//
// Tables may be bound to a [Shared]: texts have the same numbers in all of them then, and
// keys that one has packed are found by another as they stand.
//
// Invariants:
//
//  1. A group is found by its whole key; a hash only says where to look.
//  2. The hash of a group ([Table.Hashes], [Table.RowHashes]) depends on the values of
//     its key and on the types of the key columns, not on layout, order of arrival,
//     dictionaries, memory or what is shared. Its top bits choose the partition
//     ([Partition]). What leads to slots within a table is another hash, or other bits
//     of it: the keys of a partition spread.
//  3. Nothing in a table points: slots, keys and views are flat slices that the
//     garbage collector does not look into.
//  4. A table grows by asking first. What a call could not do for lack of memory
//     it says by the number of rows that it did.
//  5. Layouts change seldom: each change gives some column more bits, or takes a quarter
//     at least of what its codes had to spare.
package hashtab
