// Package data makes the tables that the jobs of bench read: from a seed, the
// same bytes on every machine, in blocks that can be made by themselves.
//
//	block 0 │ rows 0 … 7,167       │ dice of (table, seed, 0)
//	block 1 │ rows 7,168 … 14,335  │ dice of (table, seed, 1)
//	⋮
//
// A block is one record batch, whatever the format that it is written in: a table
// is a [dataflow.Source], and each format a sink behind it. Every random choice is
// made with integers, since floating-point functions differ between processors in
// their last bit.
//
// # Tables
//
//	g1        the groupby table of db-benchmark (h2o.ai, DuckDB Labs), K = 100: id1, id2
//	          one of 100 texts, id3 one of rows/100, id4, id5, id6 the same as
//	          integers, v1 1…5, v2 1…15, v3 0…100 in millionths
//	g1-nulls  the same with 5 % nulls in every column
//	brc       the rows of the One Billion Row Challenge: station;-12.3, 413 stations
//	brc10k    the same with 10,000 stations
//	lineitem  TPC-H's table by its specification, section 4.2.3
//	wide      visits: a skewed 63-bit user id, one of rows/10, a URL, bytes
//	text      lines of Zipf-distributed words whose vocabulary grows with the text
package data
