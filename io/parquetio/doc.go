// Package parquetio reads and writes Parquet files: [Scan] and [Write], [WriteTo].
//
// # How a file is read
//
//	footer ── schema, row groups, where their column chunks lie, statistics
//	   │
//	   ├─ a split is a row group, or a part of one; one whose statistics show that no
//	   │  row meets the bounds is none; page indexes and bloom filters leave out rows
//	   │
//	   └─ chunk of a column that is read
//	        window (1 MiB at most) ─ page header ─ CRC ─ decompress ─ decode ─► Arrow array
//
// A flat column (not nested, not repeated) is decoded by this package into Arrow
// buffers, from pages in every encoding that the format has for its type: PLAIN,
// dictionary-coded, RLE (booleans), DELTA_BINARY_PACKED, DELTA_LENGTH_BYTE_ARRAY,
// DELTA_BYTE_ARRAY, BYTE_STREAM_SPLIT. Every other column is decoded by
// github.com/apache/arrow-go/v18, whose arrays are wrapped without a copy. That
// module is used in this package alone, and is in none of its signatures.
//
// # What is checked
//
//  1. Offsets and lengths lie inside of the file before anything is read, and what
//     a page claims to unpack to is possible before memory is taken for it.
//  2. Row groups have as many rows together as the file says, and every column of
//     a row group gives as many as the row group says, or it is an error.
//  3. A page with a CRC has it checked. A page without one can be damaged in ways
//     that nobody can see; the writer of this package writes none, as the library
//     cannot.
//  4. A panic of the library is an error: its calls are made where recover
//     reaches them.
//  5. Memory grows with the rows decoded, never with a number that stands in the
//     file.
//
// Numbers lie in the file as they do in the memory of a little-endian machine, and
// this package expects to run on one.
package parquetio
