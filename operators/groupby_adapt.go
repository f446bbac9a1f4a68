package operators

import (
	"context"
	"math/bits"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/hashtab"
)

// An accumulator whose groups the owners of partitions take adapts to its rows:
//
//	      ┌─────────────── as many rows were routed as were to be ──────────────┐
//	      ▼                                                                     │
//	fold rows ──table full──► let its groups go ──few rows a group──► route rows to partitions
//	      ▲                          │
//	      └────── many rows a group ─┘
//
// The table is full when it is larger than the caches hold. Where rows meet groups that
// are in it, folding is cheap and makes many rows few groups. Where they do not, to fold
// a row before it is sent is work done twice, in a table that its owner has again: it is
// sent as it is. Either way an owner's table has a partition alone, which the caches hold.
// Of many rows a group some may have nearly all: see hotGroups.
//
// Values that are all held, as those of a quantile, are not made fewer by folding, nor do
// groups make much of them: they count apart. When they are many, and many of each group,
// all groups are let go of as lists, which their owners take as they are.
//
// The answer is the same: every aggregate that rows are routed for is exact, or as exact
// in any order, and looks at no places.

// policy is when an accumulator adapts. Tests have other ones.
type policy struct {
	firstBytes int64 // the size of table and states at which the first one is full
	nextBytes  int64 // and each further one
	fewRows    int   // a group that has met fewer rows was not worth folding
	routeRows  int   // how many rows are routed before the next look; doubled each time
	routeMost  int   // at most so many
	valueBytes int64 // the size at which values that are all held are let go of
	valueRun   int64 // if it is so much a group
	repeat     int   // keys are shared where their texts have met so many groups each, on average
	markRows   int   // rows that show which groups are frequent; 0: none are kept
	watchRows  int   // rows between one look at how many of them meet those and the next
}

// These were measured on the questions of db-benchmark, on skewed keys and on words, with
// two cores of 512 KB of second-level cache each and 32 MB of third-level cache. The first
// table may take a worker's share of that, for it may be the only one; when it was not
// enough, smaller ones, which are faster, have the frequent keys as well.
var usualPolicy = policy{
	firstBytes: 16 << 20, nextBytes: 4 << 20, fewRows: 2, routeRows: 1 << 20, routeMost: 16 << 20,
	valueBytes: 8 << 20, valueRun: 512, repeat: 2, markRows: 1 << 18, watchRows: 1 << 20,
}

// adaptation is how far an accumulator has adapted.
type adaptation struct {
	policy  policy
	again   bool       // some table was let go of
	folded  int        // rows since the table was empty
	toRoute int        // rows that are to be routed before the next is folded
	next    int        // how many are, the next time
	rows    *scatterer // rows on their way; nil: none so far
	groups  *scatterer // groups on their way
	held    int64      // reserved for them
	kept    int64      // reserved when the table was emptied: what it has room for
	full    int        // so many groups filled the one before; 0: there is no room for them
	hot     hotGroups

	hash []uint64 // scratch of a step
	part []int32
}

func (ad *adaptation) close() {
	for _, s := range []*scatterer{ad.rows, ad.groups} {
		if s != nil {
			s.release()
		}
	}
	*ad = adaptation{held: ad.held}
}

// mayAdapt reports whether the owners of partitions take what the accumulator lets go of.
func (a *groupAccumulator) mayAdapt() bool {
	return a.env.Partitions > 1 && a.env.Level == 0 && a.x.Partial != nil && len(a.keys) > 0
}

// mayRoute reports whether the owners of partitions take rows.
func (a *groupAccumulator) mayRoute() bool { return a.routable != nil && a.x.Rows != nil }

// addRows folds or routes rows.
func (a *groupAccumulator) addRows(ctx context.Context, keys keyRows, args []arrow.Array, rows int, do step) error {
	ad := &a.adapt
	for from := 0; from < rows; {
		n := min(rows-from, stepRows)
		if ad.toRoute > 0 && keys.layout == nil { // what was routed once is folded
			n = min(n, ad.toRoute)
			if err := a.route(ctx, keys.cols, args, from, from+n); err != nil {
				return err
			}
			ad.toRoute -= n
			from += n
			continue
		}
		if ad.hot.on {
			if err := a.addHot(ctx, keys.cols, args, from, from+n, do); err != nil {
				return err
			}
			from += n
			continue
		}
		if err := a.foldStep(ctx, keys, from, from+n, 0, false, do); err != nil {
			return err
		}
		ad.folded += n
		from += n
		if a.groups == 0 || !a.mayAdapt() {
			continue
		}
		var err error
		if values := a.valuesTaken(); a.isFull() {
			err = a.look(ctx)
		} else if values >= ad.policy.valueBytes && values >= ad.policy.valueRun*int64(a.groups) {
			err = a.letValuesGo(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// valuesTaken is how many bytes values that are all held take.
func (a *groupAccumulator) valuesTaken() (sum int64) {
	for _, s := range a.states {
		if v, ok := s.(valueStates); ok {
			taken, _ := v.valueBytes()
			sum += taken
		}
	}
	return sum
}

// foldedBytes is the size of table and states without such values.
func (a *groupAccumulator) foldedBytes() int64 {
	bytes := a.held - a.adapt.held
	for _, s := range a.states {
		if v, ok := s.(valueStates); ok {
			_, room := v.valueBytes()
			bytes -= room
		}
	}
	return bytes
}

// letValuesGo lets go of all groups for their values' sake: the same ones will follow.
func (a *groupAccumulator) letValuesGo(ctx context.Context) error {
	keep := func(room bool, tableBytes int) {
		a.table.Keep(tableBytes)
		for _, s := range a.states {
			if v, ok := s.(valueStates); ok {
				v.keepRoom(room)
			}
		}
	}
	keep(true, int(a.adapt.policy.firstBytes))
	err := a.letGo(ctx, false)
	keep(false, keepTable)
	a.adapt.kept = a.foldedBytes()
	return err
}

// isFull reports whether table and states are as large as they may be. One that was begun
// with the room of another, which it need not grow to again, is full when it has as many
// groups, or as many bytes beside.
func (a *groupAccumulator) isFull() bool {
	ad := &a.adapt
	switch bytes := a.foldedBytes(); {
	case !ad.again:
		return bytes >= ad.policy.firstBytes
	case ad.full == 0:
		return bytes-ad.kept >= ad.policy.nextBytes
	default:
		return a.groups >= ad.full || bytes-ad.kept >= ad.policy.nextBytes
	}
}

// keepTable is how many bytes of a table are kept when it is let go of to make room.
const keepTable = 128 << 10

// look lets go of a table that is full, and decides what becomes of the next rows.
func (a *groupAccumulator) look(ctx context.Context) error {
	ad := &a.adapt
	few := ad.folded < ad.policy.fewRows*a.groups
	if !few && a.mayBeHot() {
		if marks, err := a.mark(); marks || err != nil {
			return err
		}
	}
	return a.leave(ctx, few)
}

// leave lets go of the table. few says that folding did not pay.
func (a *groupAccumulator) leave(ctx context.Context, few bool) error {
	ad := &a.adapt
	routes := few && a.mayRoute()
	full := 0
	if ad.again && !routes {
		full = a.groups
		a.table.Keep(2 * int(ad.policy.nextBytes)) // it may be larger by the last growing
	}
	ad.again = true
	a.bind()
	err := a.letGo(ctx, false)
	a.table.Keep(keepTable)
	ad.full, ad.kept = full, a.foldedBytes()
	if err != nil {
		return err
	}
	if routes {
		ad.toRoute = max(ad.next, ad.policy.routeRows)
		ad.next = min(2*ad.toRoute, ad.policy.routeMost)
	} else {
		ad.next = 0
	}
	return nil
}

// route sends rows from to to-1 to the owners of their partitions.
func (a *groupAccumulator) route(ctx context.Context, keys, args []arrow.Array, from, to int) error {
	if a.table.Bound() != nil {
		return a.routePacked(ctx, keys, args, from, to)
	}
	ad := &a.adapt
	s, err := a.outgoing(&ad.rows, a.routable, a.x.Rows)
	if err != nil {
		return err
	}
	hash := ad.hash[:to-from]
	err = a.table.RowHashes(keys, from, to, hash)
	if err != nil && a.canDrain(err) {
		if err = a.Drain(ctx); err == nil {
			err = a.table.RowHashes(keys, from, to, hash)
		}
	}
	if err != nil {
		return err
	}
	cols := append(append(a.cols[:0], keys...), args...)
	return s.add(cols, from, a.partitions(hash))
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
	return fold(ad.rows, a.Add)
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
	ad := &a.adapt
	s := newScatterer(schema, a.env.Partitions, a.env.Alloc, func(p int, rec arrow.Record) error { return to(p, dataflow.Chunk{Rec: rec}) })
	if *at = s; s == nil || was != nil {
		return s, nil
	}
	bytes := scatterBytes(schema.NumFields(), a.env.Partitions)
	if ad.part == nil {
		ad.part, ad.hash = make([]int32, stepRows), make([]uint64, stepRows)
		bytes += stepRows * 12
	}
	a.hold(bytes)
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
	fields := append([]arrow.Field(nil), p.partial.Fields()[:len(p.keys)]...)
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
