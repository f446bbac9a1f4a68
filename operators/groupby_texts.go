package operators

import (
	"context"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/hashtab"
	"github.com/arrowmill/arrowmill/internal/plaincol"
)

// Rows of one key column of text, and of no arguments, are sent as texts alone, each behind
// its length: for short ones, of which there are most, that is two thirds of a column with
// offsets, and is written to one place a partition where that is written to two.
//
// A page of them is a column of bytes, of which only the groupings of a run know.

// textsMark is in the metadata of the schema of such a page.
const textsMark = "arrowmill.operators.groupby.texts"

var textsSchema = func() *arrow.Schema {
	mark := arrow.NewMetadata([]string{textsMark}, []string{"texts behind their lengths"})
	return arrow.NewSchema([]arrow.Field{{Name: "texts", Type: arrow.PrimitiveTypes.Uint8}}, &mark)
}()

// The size of a page grows with what has come. With what allocators add, the largest fits a
// size class of Go's heap well.
const (
	fewestTextBytes = 1280
	mostTextBytes   = fewestTextBytes << 4
)

// textScatterer is scatterer for texts.
type textScatterer struct {
	pages []openTexts // by partition
	alloc memory.Allocator
	send  func(p int, rec arrow.Record) error
	total int64   // bytes of pages that were opened
	rows  []int32 // scratch: of the values, -1: null
	run   []int32 // scratch: rows that stand one behind another
}

// openTexts is the open page of a partition.
type openTexts struct {
	bytes  []byte // of buffer
	used   int
	buffer *memory.Buffer // nil: none is open
}

// textsRoutable reports whether rows may be sent so.
func (p *groupPlan) textsRoutable() bool {
	if p.routable == nil || len(p.keys) != 1 || len(p.args) > 0 {
		return false
	}
	switch p.keyTypes[0].ID() {
	case arrow.STRING, arrow.BINARY, arrow.LARGE_STRING, arrow.LARGE_BINARY:
		return true
	}
	return false
}

func newTextScatterer(n int, alloc memory.Allocator, send func(p int, rec arrow.Record) error) *textScatterer {
	return &textScatterer{pages: make([]openTexts, n), alloc: alloc, send: send, rows: make([]int32, stepRows), run: make([]int32, stepRows)}
}

func textScatterBytes(n int) int64 { return int64(n)*48 + 8*stepRows }

// addRun is add of rows from, from+1, …
func (s *textScatterer) addRun(col arrow.Array, from int, part []int32) error {
	rows := s.run[:len(part)]
	for i := range rows {
		rows[i] = int32(from + i)
	}
	return s.add(col, rows, part)
}

// add copies the texts of rows of col, which may be a dictionary, to the partitions part. At
// most stepRows.
func (s *textScatterer) add(col arrow.Array, rows, part []int32) error {
	values := col
	if d, coded := col.(*array.Dictionary); coded {
		values = d.Dictionary()
		codes := s.rows[:len(rows)]
		plaincol.Codes(codes, d, 0, rows)
		plaincol.MarkNulls(codes, -1, d, 0, rows)
		if values.NullN() > 0 {
			for i, k := range codes {
				if k >= 0 && values.IsNull(int(k)) {
					codes[i] = -1
				}
			}
		}
		rows = codes
	} else if col.NullN() > 0 {
		plain := s.rows[:len(rows)]
		copy(plain, rows)
		plaincol.MarkNulls(plain, -1, col, 0, rows)
		rows = plain
	}
	switch values.DataType().ID() {
	case arrow.LARGE_STRING, arrow.LARGE_BINARY:
		return putTexts(s, plaincol.Offsets[int64](values), plaincol.Text(values), rows, part)
	}
	return putTexts(s, plaincol.Offsets[int32](values), plaincol.Text(values), rows, part)
}

// putTexts copies a short text as two words, where it may be copied with what follows.
func putTexts[O int32 | int64](s *textScatterer, offsets []O, text []byte, rows, part []int32) error {
	part = part[:len(rows)]
	for i, r := range rows {
		t := &s.pages[part[i]]
		if r >= 0 {
			first, end := int(offsets[r]), int(offsets[r+1])
			if n, at := end-first, t.used; n <= 16 && first+16 <= len(text) && at+17 <= len(t.bytes) {
				t.bytes[at] = byte(n)
				*(*[16]byte)(t.bytes[at+1:]) = *(*[16]byte)(text[first:])
				t.used = at + 1 + n
				continue
			}
			if err := s.room(int(part[i]), end-first); err != nil {
				return err
			}
			t.used += hashtab.PutText(t.bytes[t.used:], text[first:end])
			continue
		}
		if err := s.room(int(part[i]), 0); err != nil {
			return err
		}
		t.bytes[t.used] = hashtab.TextNull
		t.used++
	}
	return nil
}

// room has a page of p open with room for a text of so many bytes.
func (s *textScatterer) room(p, bytes int) error {
	t := &s.pages[p]
	if t.used+hashtab.TextHead+bytes <= len(t.bytes) {
		return nil
	}
	if err := s.close(p); err != nil {
		return err
	}
	size := fewestTextBytes
	for size < mostTextBytes && int64(size)*4*int64(len(s.pages)) < s.total {
		size *= 2
	}
	size = max(size, hashtab.TextHead+bytes)
	s.total += int64(size)
	t.buffer = newPageBuffer(s.alloc, size)
	t.bytes = t.buffer.Bytes()
	return nil
}

// close sends the open page of p.
func (s *textScatterer) close(p int) error {
	t := s.pages[p]
	s.pages[p] = openTexts{}
	if t.buffer == nil {
		return nil
	}
	defer t.buffer.Release()
	data := array.NewData(arrow.PrimitiveTypes.Uint8, t.used, []*memory.Buffer{nil, t.buffer}, nil, 0, 0)
	defer data.Release()
	col := array.NewUint8Data(data)
	defer col.Release()
	return s.send(p, array.NewRecord(textsSchema, []arrow.Array{col}, int64(t.used)))
}

// flush sends all open pages.
func (s *textScatterer) flush() error {
	for p := range s.pages {
		if err := s.close(p); err != nil {
			return err
		}
	}
	return nil
}

// release lets go of all open pages.
func (s *textScatterer) release() {
	for p := range s.pages {
		if b := s.pages[p].buffer; b != nil {
			b.Release()
		}
		s.pages[p] = openTexts{}
	}
}

// outgoingTexts is what sends texts.
func (a *groupAccumulator) outgoingTexts() *textScatterer {
	ad := &a.adapt
	if ad.texts == nil {
		ad.texts = newTextScatterer(a.env.Partitions, a.env.Alloc, func(p int, rec arrow.Record) error {
			return a.x.Rows(p, dataflow.Chunk{Rec: rec})
		})
		a.hold(textScatterBytes(a.env.Partitions))
	}
	return ad.texts
}

// isTexts reports whether a batch is a page of texts.
func isTexts(rec arrow.Record) bool {
	meta := rec.Schema().Metadata()
	return meta.Len() > 0 && meta.FindKey(textsMark) >= 0
}

// textRows is how many texts of a page are folded at once.
const textRows = 2 << 10

// addTexts folds a page of texts.
func (a *groupAccumulator) addTexts(ctx context.Context, page arrow.Record) error {
	a.coolDown() // it may bring new groups
	data := plaincol.Values[byte](page.Column(0))
	var starts [textRows]int32
	for from := 0; from < len(data); {
		n, next := hashtab.TextStarts(data, from, starts[:])
		if err := a.ready(ctx, n); err != nil {
			return err
		}
		if err := a.addRows(ctx, keyRows{texts: data, starts: starts[:n]}, nil, n, a.update(nil, dataflow.Place{})); err != nil {
			return err
		}
		from = next
	}
	return nil
}
