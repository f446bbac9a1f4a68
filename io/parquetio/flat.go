package parquetio

import (
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
)

// segmentRows is how many rows are decoded at once: their codes stay in the cache.
const segmentRows = 1024

// batchBytes is how many bytes of strings a batch has at most, but for the last
// segment's.
const batchBytes = 64 << 20

// values decodes the values of one flat column to an array.
type values interface {
	// dictionary takes up the chunk's dictionary.
	dictionary(p *page) error

	// page goes on with a data page.
	page(p *page) error

	// begin makes room for an array of up to rows rows, or of fewer where their
	// values are long, and returns of how many.
	begin(rows int) int

	// read decodes the values of rows at to at+rows-1. Where valid is not nil it
	// has a bit a row, and values are there for present of them only.
	read(at, rows, present int, valid []byte) error

	// skip goes past the next present values of the page, or not (ok is false) where
	// they have to be decoded for it.
	skip(present int) (ok bool, err error)

	// full reports that the array is to have no more rows.
	full() bool

	// end is the array of rows rows; valid is its bitmap or nil, borrowed.
	end(rows int, valid *memory.Buffer, nulls int) (arrow.Array, error)

	// drop lets go of what begin has made; close of all else.
	drop()
	close()
}

// flat reads one chunk of a flat column.
type flat struct {
	pages    pages
	values   values
	env      *dataflow.Env
	optional bool
	rows     int64 // of the chunk that are not read yet
	left     int   // of the page in hand
	levels   hybrid
	coded    bool
	bits     []byte // levels whose bits stood in the other order
}

// read decodes the next rows: up to n, fewer where strings are long.
func (f *flat) read(n int) (arrow.Array, error) {
	n = f.values.begin(n)
	var valid *memory.Buffer
	defer func() {
		f.values.drop()
		release(valid)
	}()
	at, nulls := 0, 0
	for at < n && !f.values.full() {
		if f.left == 0 {
			if err := f.nextPage(); err != nil {
				return nil, err
			}
		}
		rows := min(n-at, f.left, segmentRows)
		present, bitmap := rows, []byte(nil)
		if f.optional {
			all, err := f.levels.ones(rows)
			if err != nil {
				return nil, fmt.Errorf("definition levels: %w", err)
			}
			if !all && valid == nil {
				valid = newBuffer(int(bitutil.BytesForBits(int64(n))), f.env.Alloc)
				bitutil.SetBitsTo(valid.Bytes(), 0, int64(at), true)
			}
			switch {
			case !all:
				if present, err = f.levels.bits(valid.Bytes(), at, rows); err != nil {
					return nil, fmt.Errorf("definition levels: %w", err)
				}
				if present < rows {
					bitmap = valid.Bytes()
				}
			case valid != nil:
				bitutil.SetBitsTo(valid.Bytes(), int64(at), int64(rows), true)
			}
		}
		if err := f.values.read(at, rows, present, bitmap); err != nil {
			return nil, err
		}
		at, nulls = at+rows, nulls+rows-present
		f.left -= rows
		f.rows -= int64(rows)
	}
	if nulls == 0 {
		release(valid)
		valid = nil
	}
	return f.values.end(at, valid, nulls)
}

// nextPage goes on with the next data page that has rows.
func (f *flat) nextPage() error {
	for f.left == 0 {
		if err := f.nextOne(); err != nil {
			return err
		}
	}
	return nil
}

// nextOne goes on with the next page, which may be the dictionary, or have no rows.
func (f *flat) nextOne() error {
	p, ok, err := f.pages.next()
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("the column chunk ends %d rows before its row group", f.rows)
	}
	return f.take(&p)
}

func (f *flat) take(p *page) error {
	if p.kind == dictionaryPage {
		if f.coded {
			return errors.New("the column chunk has two dictionaries")
		}
		f.coded = true
		if p.encoding != encodingPlain && p.encoding != encodingOldDictionary {
			return fmt.Errorf("a dictionary in the encoding %s is not supported", encodingName(p.encoding))
		}
		return f.values.dictionary(p)
	}
	if int64(p.values) > f.rows {
		return fmt.Errorf("a page of %d rows, where the row group has %d left", p.values, f.rows)
	}
	f.left = p.values
	if f.optional {
		f.levels = hybrid{data: p.levels.data, width: 1}
		if p.levels.packed { // one run, its bits in the other order
			f.bits = append(f.bits[:0], p.levels.data...)
			reversed(p.levels.data, f.bits)
			f.levels = hybrid{width: 1, packed: f.bits, left: len(f.bits) * 8}
		}
	}
	if p.values == 0 {
		return nil
	}
	p.present = p.values
	if f.optional && p.encoding == encodingSplit {
		var err error
		if p.present, err = f.levels.count(p.values); err != nil {
			return fmt.Errorf("definition levels: %w", err)
		}
	}
	return f.values.page(p)
}

// finish finds rows that the row group does not have.
func (f *flat) finish() error {
	for {
		p, ok, err := f.pages.next()
		if err != nil || !ok {
			return err
		}
		if p.kind == dictionaryPage || p.values > 0 {
			return errors.New("the column chunk has pages behind the last row of its row group")
		}
	}
}

func (f *flat) close() {
	f.values.close()
	f.pages.close()
}

var _ column = (*flat)(nil)
