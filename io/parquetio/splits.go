package parquetio

import (
	"context"
	"fmt"
	"slices"

	"github.com/arrowmill/arrowmill/dataflow"
)

// stretch is rows from, from+1, … of a row group, up to to.
type stretch struct{ from, to int64 }

// enoughGroups is how many row groups are enough for any number of workers; fewer are
// parted. A part begins and ends within pages, which both sides decompress, so that no
// more parts are made than are needed.
const enoughGroups = 8

// partRows is how many rows a part of a row group has at least.
const partRows = 16 << 10

// splits lists what is read.
func (f *footers) splits(ctx context.Context, bytes int64, env *dataflow.Env) ([]dataflow.Split, error) {
	p, err := f.plan(ctx, env)
	if err != nil {
		return nil, err
	}
	var splits []dataflow.Split
	for _, in := range p.inputs {
		foot, err := f.get(ctx, in.Path, env)
		if err != nil {
			return nil, err
		}
		if err := agree(p.first, foot); err != nil {
			return nil, err
		}
		for g, group := range foot.meta.RowGroups {
			if group.NumRows == 0 {
				continue
			}
			if foot.misses(g, f.source.bounds) {
				f.source.stats.skipped.Add(1)
				continue
			}
			splits = append(splits, dataflow.Split{Path: in.Path, From: foot.start[g], To: foot.start[g+1], Bytes: foot.storedBytes(p, g)})
		}
	}
	if len(splits) >= enoughGroups || len(splits) == 0 || bytes <= 0 {
		return splits, nil
	}
	return f.part(ctx, p, splits, bytes, env)
}

// part parts row groups that are large.
func (f *footers) part(ctx context.Context, p *plan, groups []dataflow.Split, bytes int64, env *dataflow.Env) ([]dataflow.Split, error) {
	var out []dataflow.Split
	most := int64((enoughGroups + len(groups) - 1) / len(groups))
	for _, s := range groups {
		foot, err := f.get(ctx, s.Path, env)
		if err != nil {
			return nil, err
		}
		g, _, _, err := foot.locate(s)
		if err != nil {
			return nil, err
		}
		rows := s.To - s.From
		parts := min(most, s.Bytes/bytes+1, rows/partRows)
		if parts <= 1 || !foot.allOurs(p, g) {
			out = append(out, s)
			continue
		}
		for i := range parts {
			from, to := share(rows, i, parts), share(rows, i+1, parts)
			out = append(out, dataflow.Split{
				Path: s.Path, From: s.From + from, To: s.From + to,
				Bytes: share(s.Bytes, to, rows) - share(s.Bytes, from, rows),
			})
		}
	}
	return out, nil
}

// allOurs reports whether this package decodes all planned columns of the row group.
func (f *footer) allOurs(p *plan, group int) bool {
	for _, c := range p.columns {
		if !f.ours(&f.cols[f.byKey[c.name]], group) {
			return false
		}
	}
	return true
}

// locate is the row group that the split's rows are in, and which they are there.
func (f *footer) locate(s dataflow.Split) (group int, from, to int64, err error) {
	group, found := slices.BinarySearch(f.start, s.From)
	if !found {
		group--
	}
	for group+1 < len(f.start) && f.start[group+1] == s.From { // row groups without rows
		group++
	}
	if group < 0 || group+1 >= len(f.start) || s.To <= s.From || s.To > f.start[group+1] {
		return 0, 0, 0, fmt.Errorf("%s: these are no rows of one row group of the file", s)
	}
	return group, s.From - f.start[group], s.To - f.start[group], nil
}
