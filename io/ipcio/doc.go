// Package ipcio reads and writes Arrow IPC, also known as Feather version 2.
//
//	file    ARROW1 │ schema │ dictionary │ batch │ … │ end │ footer: where each batch is │ ARROW1
//	stream           schema │ dictionary │ batch │ … │ end
//
// # Reading
//
// A plain file is mapped, and the buffers of its batches are parts of the mapping:
// nothing is copied, and what is not looked at is not read from the disk. Splits
// are ranges of rows, a record batch each, several small ones, or a part of a great
// one. That goes for a stream too whose dictionaries are not replaced on the way:
// its batches are found by the lengths of the messages. What comes through a pipe,
// is compressed as a whole, or replaces dictionaries is one split, read from
// front to end.
//
// # What is trusted
//
// Nothing that a file says of itself. Metadata is decoded here, each offset
// checked where it is followed; each buffer is checked against the type and the
// number of rows, each offset, code and view against what it leads into, and the
// nulls are counted, before an array is made. A length that is only claimed is
// not allocated: memory grows with what really comes, and is asked of the budget
// first. What no check can find is damage within values, where the file has no
// check sums; compressed buffers of this package's have.
//
// Codes and views at rows that are null may be anything, as writers leave them:
// where they lead outside, they are 0 in a copy. A file whose footer leaves out a
// record batch is an error.
//
// # Limits
//
// Read are metadata of versions 4 and 5 (all since Arrow 0.8), the byte order of
// the machine, and types that Arrow's Go module v17 has. Batches have up to
// 2^31-1 rows. A buffer not aligned to 8 bytes is copied.
package ipcio
