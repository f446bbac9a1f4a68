// Package naive answers the jobs of bench as a Go programmer would who has an hour
// and no library: one goroutine, [bufio.Scanner], fields cut at the delimiter,
// strconv, a map with a pointer to the state of each group. It reads the text
// formats, gzip by the standard library, and imports nothing of arrowmill's but
// what an answer is.
package naive
