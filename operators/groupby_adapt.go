package operators

import (
	"context"

	"github.com/apache/arrow/go/v17/arrow"
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
	again   bool           // some table was let go of
	folded  int            // rows since the table was empty
	toRoute int            // rows that are to be routed before the next is folded
	next    int            // how many are, the next time
	rows    *scatterer     // rows on their way; nil: none so far
	groups  *scatterer     // groups on their way
	texts   *textScatterer // rows on their way that are texts alone
	held    int64          // reserved for them
	kept    int64          // reserved when the table was emptied: what it has room for
	full    int            // so many groups filled the one before; 0: there is no room for them
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
	if ad.texts != nil {
		ad.texts.release()
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
		if ad.toRoute > 0 && keys.cols != nil && keys.layout == nil { // what was routed once is folded
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
