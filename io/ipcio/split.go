package ipcio

import (
	"context"
	"fmt"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file"
)

// Splits lists the files: those that are compressed, pipes, small, or streams in
// which a dictionary is replaced whole; of the others ranges of rows, which
// are one or more record batches of about bytes bytes together or, where a
// mapped batch is greater by far and not compressed, a part of one.
func (s *Source) Splits(ctx context.Context, bytes int64, env dataflow.Env) ([]dataflow.Split, error) {
	splits, err := s.splits(ctx, bytes, env)
	if err != nil {
		return nil, fmt.Errorf("ipcio: %w", err)
	}
	return splits, nil
}

func (s *Source) splits(ctx context.Context, bytes int64, env dataflow.Env) ([]dataflow.Split, error) {
	if s.splitBytes > 0 {
		bytes = s.splitBytes
	}
	if bytes <= 0 {
		bytes = file.DefaultSplitBytes
	}
	inputs, err := s.paths.List(ctx)
	if err != nil {
		return nil, err
	}
	files, end := s.files(env)
	defer end()
	splits := make([]dataflow.Split, 0, len(inputs))
	for _, in := range inputs {
		whole := dataflow.Split{Path: in.Path, To: -1, Bytes: in.Bytes}
		if in.Stream || in.Bytes <= bytes+bytes/2 {
			splits = append(splits, whole)
			continue
		}
		o, err := files.take(ctx, in.Path)
		if err != nil {
			return nil, err
		}
		if o.archive == nil || o.archive.rows() == 0 {
			splits = append(splits, whole)
		} else {
			splits = append(splits, o.archive.cut(in.Path, bytes)...)
		}
		files.give(o)
	}
	return splits, nil
}

// cut cuts an archive into ranges of rows.
func (a *archive) cut(path string, bytes int64) []dataflow.Split {
	var splits []dataflow.Split
	from := int64(0)
	until := func(row int64) {
		if row > from {
			splits = append(splits, dataflow.Split{Path: path, From: from, To: row, Bytes: a.bytesAt(row) - a.bytesAt(from)})
			from = row
		}
	}
	for i := range a.order {
		first, rows, n := a.starts[i], a.order[i].rows, a.bytes[i+1]-a.bytes[i]
		if a.bytes[i]-a.bytesAt(from)+n > bytes {
			until(first)
		}
		if parts := min(n/bytes, rows); parts > 1 && a.divisible(i) {
			for p := int64(1); p < parts; p++ {
				until(first + rows*p/parts)
			}
			until(first + rows)
		}
	}
	until(a.rows())
	return splits
}

// divisible reports whether parts of a batch can be read without decoding it as
// often.
func (a *archive) divisible(i int) bool {
	return a.mapped != nil && a.order[i].codec == noCompression
}

// bytesAt is how many bytes stand before a row, which within a batch are as many
// as its share of the rows. Batches without rows count to the next row.
func (a *archive) bytesAt(row int64) int64 {
	i := a.batchOf(row)
	if i == len(a.order) {
		return a.bytes[i]
	}
	b, n := a.order[i], a.bytes[i+1]-a.bytes[i]
	return a.bytes[i] + int64(float64(n)*(float64(row-a.starts[i])/float64(b.rows)))
}

// batchOf is the batch that has a row, or how many there are. It has rows.
func (a *archive) batchOf(row int64) int {
	from, to := 0, len(a.order)
	for from < to {
		if m := (from + to) / 2; a.starts[m+1] <= row {
			from = m + 1
		} else {
			to = m
		}
	}
	return from
}
