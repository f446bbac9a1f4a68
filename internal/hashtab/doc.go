// Package hashtab numbers the distinct rows of key columns.
//
// A [Table] is handed batches of key columns and answers with a group number
// for each row; the keys of the groups stand in the table and come out again as
// columns. It works a vector of rows at a time: columns are packed to words,
// words are hashed, hashes are looked up, each in a loop of its own over typed
// slices.
//
//	key columns ──pack──► words ──hash──► hashes ──probe──► groups
//	                        ▲                          │
//	strings ──intern──► value ids                 misses, one by one
//
//	slot (8 bytes):   ┌─ high half of the hash ─┬─ group + 1 ─┐   0: free
//	                  └───────── 32 ────────────┴──── 32 ─────┘
//	group g, columns: hashes[g], keys[g+1]
//
// Invariants:
//
//  1. A group is found by its whole key; the hash only says where to look.
//  2. The hash of a group depends on the values of its key and on the types of
//     the key columns, not on order of arrival, dictionaries or memory. Its top
//     bits choose the partition ([Partition]), its low bits the slot, its upper
//     half tells keys of near slots apart.
//  3. Nothing in a table points: slots, keys and hashes are flat slices that the
//     garbage collector does not look into.
//  4. A table grows by asking first. What a call could not do for lack of memory
//     it says by the number of rows that it did.
//
// A single column of up to 64 bits is its own word. Several columns share words,
// each with a bit for null; strings in them are replaced by the number of the
// value, which an interner of the column gives. A single string column is an
// interner alone: its groups are its values. The words of a value of up to 12
// bytes hold it whole (the layout of Umbra's strings, Neumann and Freitag, CIDR
// 2020, section 3.1), those of a longer one its length, its first 4 bytes and
// where the rest is. Dictionary codes are mapped to values or groups once a
// dictionary.
package hashtab
