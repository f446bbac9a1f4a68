// Package jobs declares the jobs of bench as graphs, with what any user of the
// module has: the ten groupby questions of db-benchmark, the One Billion Row
// Challenge, TPC-H Q1, groups by wide keys, and word count.
package jobs
