package parquetio

import (
	"fmt"
	"sync/atomic"

	"github.com/arrowmill/arrowmill/dataflow"
)

// Stats are what has been read so far through a [Source] and the sources made of it
// (with fewer columns, with bounds), in all runs together.
type Stats struct {
	Footers          int64 // parsed; one whose bytes have not changed since is not parsed again
	RowGroups        int64 // begun, whole ones or parts
	RowGroupsSkipped int64 // left out by bounds
	RowsSkipped      int64 // of row groups begun: left out by page indexes and bloom filters
	Chunks           int64 // column chunks begun
	Values           int64 // rows of flat columns, decoded by this package
	LibraryValues    int64 // rows of columns decoded by the library
	Bytes            int64 // of the files
}

// String is the numbers in words.
func (s Stats) String() string {
	return fmt.Sprintf("%d footers, %d row groups (%d skipped, and %d rows), %d column chunks, %s, %d values (%d by the library)",
		s.Footers, s.RowGroups, s.RowGroupsSkipped, s.RowsSkipped, s.Chunks, dataflow.FormatBytes(s.Bytes), s.Values+s.LibraryValues, s.LibraryValues)
}

// counters are Stats being counted, a batch or a page at a time.
type counters struct {
	footers, groups, skipped, rows, chunks, values, library, bytes atomic.Int64
}

// Stats is what has been read so far. It may be called while a run goes on.
func (s *Source) Stats() Stats {
	c := s.stats
	return Stats{
		Footers: c.footers.Load(), RowGroups: c.groups.Load(), RowGroupsSkipped: c.skipped.Load(), RowsSkipped: c.rows.Load(), Chunks: c.chunks.Load(),
		Values: c.values.Load(), LibraryValues: c.library.Load(), Bytes: c.bytes.Load(),
	}
}
