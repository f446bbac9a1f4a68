package parquetio

import (
	"context"
	"fmt"
	"math/bits"

	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// column reads one column of a row group.
type column interface {
	// read returns the next rows: up to n, at least one.
	read(n int) (arrow.Array, error)

	// skip goes past the next n rows.
	skip(n int64) error

	// finish is called behind the row group's last row, and finds more of them.
	finish() error
	close()
}

const (
	defaultBatchRows = 4096
	// windowsBytes is what the windows of a row group's columns take together,
	// where there are many.
	windowsBytes    = 32 << 20
	windowLeast     = 64 << 10
	libraryReserved = 1 << 20 // for each column chunk that the library reads
)

// reader reads one split.
type reader struct {
	source   *Source
	feet     *footers
	env      *dataflow.Env
	plan     *plan
	foot     *footer
	group    int
	rows     []stretch // of the row group that are read
	wants    int64     // rows of all stretches together
	from, to int64     // of the row group, the rows of the split
	in       *opened
	columns  []column
	waiting  []arrow.Array // read and not handed out, by column
	library  *library
	reserved int64
}

func (r *reader) read(ctx context.Context, split dataflow.Split, yield func(dataflow.Chunk, error) bool) error {
	defer r.close()
	if err := r.open(ctx, split); err != nil {
		return err
	}
	at, advanced := int64(0), int64(0)
	for _, rows := range r.rows {
		if err := r.skipAll(rows.from - at); err != nil {
			return r.at(err)
		}
		for at = rows.from; at < rows.to; {
			rec, err := r.next(rows.to - at)
			if err != nil {
				return r.at(err)
			}
			if at += rec.NumRows(); at == r.foot.meta.RowGroups[r.group].NumRows {
				if err := r.finish(); err != nil {
					rec.Release()
					return err
				}
			}
			now := share(split.Bytes, at-r.from, r.to-r.from)
			r.env.Advance(now - advanced)
			advanced = now
			if !yield(dataflow.Chunk{Rec: rec}, nil) {
				return nil
			}
		}
	}
	r.env.Advance(split.Bytes - advanced)
	return nil
}

// share is what part of all has of bytes.
func share(bytes, part, all int64) int64 {
	high, low := bits.Mul64(uint64(bytes), uint64(part))
	n, _ := bits.Div64(high, low, uint64(all))
	return int64(n)
}

// at names the row group.
func (r *reader) at(err error) error { return fmt.Errorf("row group %d: %w", r.group, err) }

func (r *reader) open(ctx context.Context, split dataflow.Split) (err error) {
	if r.plan, err = r.feet.plan(ctx, r.env); err != nil {
		return err
	}
	if r.foot, err = r.feet.get(ctx, split.Path, r.env); err != nil {
		return err
	}
	if r.group, r.from, r.to, err = r.foot.locate(split); err != nil {
		return err
	}
	if err := agree(r.plan.first, r.foot); err != nil {
		return err
	}
	if r.in, err = open(ctx, split.Path, r.source.stats); err != nil {
		return err
	}
	if r.in.Size() != r.foot.size {
		return fmt.Errorf("the file had %d bytes when the run began, and has %d: do not change it while it is read", r.foot.size, r.in.Size())
	}
	r.source.stats.groups.Add(1)
	if r.rows, err = r.wanted(stretch{r.from, r.to}); err != nil {
		return r.at(err)
	}
	for _, rows := range r.rows {
		r.wants += rows.to - rows.from
	}
	r.source.stats.rows.Add(r.to - r.from - r.wants)
	if r.wants == 0 {
		return nil
	}
	r.waiting = make([]arrow.Array, len(r.plan.columns))
	for _, c := range r.plan.columns {
		fc := &r.foot.cols[r.foot.byKey[c.name]]
		col, err := r.column(ctx, c, fc)
		if err != nil {
			return r.at(fmt.Errorf("column %q: %w", c.name, err))
		}
		r.columns = append(r.columns, col)
		r.source.stats.chunks.Add(int64(len(fc.leaves)))
	}
	return nil
}

func (r *reader) column(ctx context.Context, c planned, fc *fileColumn) (column, error) {
	if r.foot.ours(fc, r.group) {
		leaf := fc.leaves[0]
		f := &flat{
			pages:    r.pages(leaf),
			values:   newValues(fc, c.t, r.env),
			env:      r.env,
			optional: fc.optional,
			rows:     r.foot.meta.RowGroups[r.group].NumRows,
		}
		f.pages.optional = fc.optional
		f.pages.window.space.env, f.pages.raw.env = r.env, r.env
		return f, nil
	}
	for _, leaf := range fc.leaves {
		p := r.pages(leaf)
		p.window.space.env, p.raw.env = r.env, r.env
		err := p.verify()
		p.close()
		if err != nil {
			return nil, err
		}
	}
	bytes := int64(len(fc.leaves)) * libraryReserved
	if err := r.env.Reserve(bytes); err != nil {
		return nil, err
	}
	r.reserved += bytes
	if r.library == nil {
		var err error
		if r.library, err = newLibrary(r.in, r.foot, r.group); err != nil {
			return nil, err
		}
	}
	fc = &fileColumn{name: fc.name, t: c.t, index: fc.index, leaves: fc.leaves}
	n, err := r.library.column(ctx, fc)
	if err != nil {
		return nil, err
	}
	return n, nil
}

// pages are those of a column chunk.
func (r *reader) pages(leaf int) pages {
	from, end := r.foot.padded(r.group, leaf)
	// No more is read ahead than is wanted, if it lies together.
	wanted := share(end-from, r.wants, r.foot.meta.RowGroups[r.group].NumRows)
	step := max(int(min(windowsBytes/int64(len(r.plan.columns)), windowBytes, wanted)), windowLeast)
	codec := r.foot.meta.RowGroups[r.group].Columns[leaf].MetaData.Codec
	return pages{window: window{in: r.in, step: step, at: from, end: end}, codec: compress.Compression(codec)}
}

// next reads a batch of at most left rows.
func (r *reader) next(left int64) (arrow.Record, error) {
	batchRows := r.env.BatchRows
	if batchRows <= 0 {
		batchRows = defaultBatchRows
	}
	want := int(min(left, int64(batchRows)))
	rows := want
	for i, c := range r.columns {
		if r.waiting[i] == nil {
			arr, err := r.readColumn(c, want)
			if err != nil {
				return nil, fmt.Errorf("column %q: %w", r.plan.columns[i].name, err)
			}
			r.waiting[i] = arr
		}
		rows = min(rows, r.waiting[i].Len())
	}
	cols := make([]arrow.Array, len(r.columns))
	for i, w := range r.waiting {
		if w.Len() == rows {
			cols[i], r.waiting[i] = w, nil
			continue
		}
		cols[i] = array.NewSlice(w, 0, int64(rows))
		r.waiting[i] = array.NewSlice(w, int64(rows), int64(w.Len()))
		w.Release()
	}
	rec := array.NewRecord(r.plan.schema, cols, int64(rows))
	for _, c := range cols {
		c.Release()
	}
	batch.CountNulls(rec)
	return rec, nil
}

func (r *reader) readColumn(c column, want int) (arr arrow.Array, err error) {
	err = guard("the column chunk", func() (err error) {
		arr, err = c.read(want)
		return err
	})
	if err != nil {
		return nil, err
	}
	if _, ok := c.(*flat); ok {
		r.source.stats.values.Add(int64(arr.Len()))
	} else {
		r.source.stats.library.Add(int64(arr.Len()))
	}
	return arr, nil
}

// finish finds columns with more rows than the row group has.
func (r *reader) finish() error {
	for i, c := range r.columns {
		err := guard("the column chunk", c.finish)
		if err == nil && r.waiting[i] != nil {
			err = fmt.Errorf("it has more rows than its row group")
		}
		if err != nil {
			return r.at(fmt.Errorf("column %q: %w", r.plan.columns[i].name, err))
		}
	}
	return nil
}

func (r *reader) close() {
	for _, w := range r.waiting {
		if w != nil {
			w.Release()
		}
	}
	for _, c := range r.columns {
		c.close()
	}
	if r.in != nil {
		_ = r.in.Close() // read only: nothing is lost
	}
	if r.reserved > 0 {
		_ = r.env.Reserve(-r.reserved) // giving back cannot fail
	}
}
