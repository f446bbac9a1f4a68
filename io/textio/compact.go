package textio

import (
	"bytes"
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/internal/bytescan"
)

// stepBytes is how much text is looked through at once for the ends of lines.
const stepBytes = 4 << 10

// lineFeeds are masks of the line feeds of a step.
type lineFeeds [stepBytes / bytescan.BlockBytes]uint64

// compact moves the lines of data, without their ends, together at its start. It
// returns their number and the length of all; where each then ends stands in
// offsets, behind a 0.
func (c *chunker) compact(data []byte) (rows, written int) {
	if c.offsets == nil {
		c.offsets = newBuffer(c.env.Alloc, (offsetsFirst+1)*arrow.Int32SizeBytes)
	}
	ends := arrow.Int32Traits.CastFromBytes(c.offsets.Bytes())
	ends[0] = 0
	room := func() []int32 { // for what a step, or the rest, can have
		if len(ends)-1-rows < stepBytes {
			c.offsets.ResizeNoShrink(2 * c.offsets.Len())
			ends = arrow.Int32Traits.CastFromBytes(c.offsets.Bytes())
		}
		return ends[rows+1:]
	}
	read := 0
	for at := 0; at+stepBytes <= len(data); at += stepBytes {
		bytescan.Pairs(c.feeds[:], data[at:at+stepBytes], '\n', '\n', '\n', '\n')
		var n int
		n, read, written = compactFound(data, at, read, written, &c.feeds, room())
		rows += n
	}
	var n int
	n, written = compactRest(data, read, written, room())
	return rows + n, written
}

// compactFound moves the lines that begin at data[read] and end with feeds, those of
// data[at:], to data[written:], and writes where each then ends to ends.
// written <= read.
func compactFound(data []byte, at, read, written int, feeds *lineFeeds, ends []int32) (rows, nextRead, nextWritten int) {
	for _, m := range feeds {
		for ; m != 0; m &= m - 1 {
			feed := at + bits.TrailingZeros64(m)
			n := feed - read
			if n > 0 && data[feed-1] == '\r' {
				n--
			}
			if n <= shortLine && read-written >= shortLine && len(data)-read >= shortLine {
				from, to := (*[shortLine]byte)(data[read:]), (*[shortLine]byte)(data[written:])
				*(*[16]byte)(to[0:]) = *(*[16]byte)(from[0:])
				*(*[16]byte)(to[16:]) = *(*[16]byte)(from[16:])
				*(*[16]byte)(to[32:]) = *(*[16]byte)(from[32:])
				*(*[16]byte)(to[48:]) = *(*[16]byte)(from[48:])
			} else {
				copy(data[written:], data[read:read+n])
			}
			written += n
			ends[rows] = int32(written)
			rows++
			read = feed + 1
		}
		at += bytescan.BlockBytes
	}
	return rows, read, written
}

// shortLine is how long a line is at most that is moved by as many bytes, whatever
// its length, where that harms nothing that is still to be read.
const shortLine = 64

// compactRest is compactFound for the rest of data, in which the line feeds are
// not known and the last line may have none.
func compactRest(data []byte, read, written int, ends []int32) (rows, nextWritten int) {
	for read < len(data) {
		line, feed := data[read:], len(data)
		if i := bytes.IndexByte(line, '\n'); i >= 0 {
			feed = read + i
			if line = line[:i]; i > 0 && line[i-1] == '\r' {
				line = line[:i-1]
			}
		}
		written += copy(data[written:], line)
		ends[rows] = int32(written)
		rows++
		read = feed + 1
	}
	return rows, written
}
