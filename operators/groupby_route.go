package operators

import (
	"context"
	"math/bits"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/hashtab"
)

// route sends rows from to to-1 to the owners of their partitions.
func (a *groupAccumulator) route(ctx context.Context, keys, args []arrow.Array, from, to int) error {
	if a.table.Bound() != nil {
		return a.routePacked(ctx, keys, args, from, to)
	}
	ad := &a.adapt
	if err := a.readyToRoute(); err != nil {
		return err
	}
	hash := ad.hash[:to-from]
	err := a.table.RowHashes(keys, from, to, hash)
	if err != nil && a.canDrain(err) {
		if err = a.Drain(ctx); err == nil {
			err = a.table.RowHashes(keys, from, to, hash)
		}
	}
	if err != nil {
		return err
	}
	if ad.texts != nil {
		return ad.texts.addRun(keys[0], from, a.partitions(hash))
	}
	cols := append(append(a.cols[:0], keys...), args...)
	return ad.rows.add(cols, from, a.partitions(hash))
}

// readyToRoute makes what rows with plain keys are sent by.
func (a *groupAccumulator) readyToRoute() error {
	if !a.textsRoutable() {
		_, err := a.outgoing(&a.adapt.rows, a.routable, a.x.Rows)
		return err
	}
	a.readyToPart()
	a.outgoingTexts()
	return nil
}

// readyToPart makes scratch for the hashes and partitions of a step.
func (a *groupAccumulator) readyToPart() {
	if ad := &a.adapt; ad.part == nil {
		ad.part, ad.hash = make([]int32, stepRows), make([]uint64, stepRows)
		a.hold(stepRows * 12)
	}
}

// takeBack folds what is on its way and was not sent: the accumulator holds the whole
// answer.
func (a *groupAccumulator) takeBack(ctx context.Context) error {
	ad := &a.adapt
	a.x, ad.toRoute = dataflow.Exchange{}, 0 // nobody takes anything from now on
	a.coolDown()
	fold := func(s *scatterer, f func(context.Context, dataflow.Chunk) error) error {
		if s == nil {
			return nil
		}
		s.send = func(_ int, rec arrow.Record) error {
			defer rec.Release()
			return f(ctx, dataflow.Chunk{Rec: rec})
		}
		return s.flush()
	}
	if err := fold(ad.groups, a.Merge); err != nil {
		return err
	}
	if err := fold(ad.rows, a.Add); err != nil || ad.texts == nil {
		return err
	}
	ad.texts.send = func(_ int, rec arrow.Record) error {
		defer rec.Release()
		return a.Add(ctx, dataflow.Chunk{Rec: rec})
	}
	return ad.texts.flush()
}

// partitions are the partitions of hashes, valid until the next call.
func (a *groupAccumulator) partitions(hashes []uint64) []int32 {
	part := a.adapt.part[:len(hashes)]
	if n := uint64(a.env.Partitions); a.env.Level == 0 {
		for i, h := range hashes {
			hi, _ := bits.Mul64(h, n)
			part[i] = int32(hi)
		}
		return part
	}
	for i, h := range hashes {
		part[i] = int32(hashtab.Partition(h, a.env.Partitions, a.env.Level))
	}
	return part
}

// outgoing is what sends rows of a schema by to, with keys packed as those of the table,
// if they are. It stands at s, which is made anew where it was for keys packed otherwise.
// Nil where the rows cannot be scattered. Letting go must not fail for lack of memory: what
// cannot be reserved of it is not.
func (a *groupAccumulator) outgoing(at **scatterer, schema *arrow.Schema, to func(p int, c dataflow.Chunk) error) (*scatterer, error) {
	if l := a.table.Bound(); l != nil {
		schema = a.env.Shared.(*groupShare).schema(schema, len(a.keys), l)
	}
	was := *at
	if was != nil {
		if was.schema == schema {
			return was, nil
		}
		if err := was.flush(); err != nil {
			return nil, err
		}
	}
	s := newScatterer(schema, a.env.Partitions, a.env.Alloc, func(p int, rec arrow.Record) error { return to(p, dataflow.Chunk{Rec: rec}) })
	if *at = s; s == nil || was != nil {
		return s, nil
	}
	a.readyToPart()
	a.hold(scatterBytes(schema.NumFields(), a.env.Partitions))
	return s, nil
}

// hold reserves what is small and must be had, as far as that can be reserved.
func (a *groupAccumulator) hold(bytes int64) {
	if a.env.Reserve(bytes) == nil {
		a.adapt.held += bytes
	}
}

// routable is the schema of rows on their way: the keys as they come out and the arguments
// of the aggregates. Nil where the rows have to be folded where they are: an aggregate may
// look at their places, or a column cannot be scattered.
func (p *groupPlan) routableSchema() *arrow.Schema {
	fields := make([]arrow.Field, len(p.keys), len(p.keys)+len(p.args))
	for i := range fields {
		fields[i] = p.partial.Field(i)
	}
	types := make([]arrow.DataType, len(p.args))
	for _, a := range p.aggs {
		if !anywhere(a.aggregate) {
			return nil
		}
		for i, arg := range a.args {
			types[arg] = a.types[i]
		}
	}
	for i, t := range types {
		fields = append(fields, arrow.Field{Name: strconv.Itoa(i), Type: t, Nullable: true})
	}
	mark := arrow.NewMetadata([]string{routedMark}, []string{"keys and arguments"})
	if schema := arrow.NewSchema(fields, &mark); canScatter(schema) {
		return schema
	}
	return nil
}

// routedMark is in the metadata of the schema of routed rows.
const routedMark = "arrowmill.operators.groupby"

// isRouted reports whether rows are those that another accumulator has routed, not
// input.
func isRouted(schema *arrow.Schema) bool {
	meta := schema.Metadata()
	return meta.Len() > 0 && meta.FindKey(routedMark) >= 0
}

// anywhere reports whether an aggregate is known not to look at the places of rows.
func anywhere(a Aggregate) bool {
	switch a.(type) {
	case sum, mean, rowCount, valueCount, extreme, quantile, largest, variance, corr:
		return true
	}
	return false
}
