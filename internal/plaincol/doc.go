// Package plaincol reads and writes plain Arrow columns as Go slices.
//
// A column is plain where its values stand in buffers of their own: of one fixed
// width, or bytes that offsets cut. What is read is a view of the column's memory, from
// the first row of the slice that the column may be: valid as long as the column is
// held, and not to be written to. What is written is memory of an allocator and given
// away as an array.
package plaincol
