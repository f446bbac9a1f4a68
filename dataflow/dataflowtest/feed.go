package dataflowtest

import (
	"errors"
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// feed makes the chunks of one shape, each of memory of its own, so that one can
// be overwritten as soon as it has been lent.
type feed struct {
	shape  shape
	schema *arrow.Schema
	alloc  memory.Allocator
	rng    *rand.Rand
	source arrow.Record // the input's rows, then others of the same schema
	rows   int          // of the input
	types  map[int]*arrow.DictionaryType

	// hold keeps what was lent until the end, in place of overwriting it at once:
	// then a release too many is seen.
	hold    bool
	held    []held
	changed bool // what was lent, as has been reported
}

// held is a batch with what it held.
type held struct {
	rec  arrow.Record
	hash uint64
}

// piece is one chunk to be made: rows [from, to) of the input.
type piece struct {
	from, to int
	at       dataflow.Place
}

// newFeed returns the feed of in, in shape s. It must be closed.
func newFeed(in arrow.Record, s shape, alloc memory.Allocator) (*feed, error) {
	f := &feed{shape: s, alloc: alloc, rng: rand.New(rand.NewPCG(s.seed, 2)), rows: int(in.NumRows()), types: map[int]*arrow.DictionaryType{}, hold: s.seed%4 == 0}
	var err error
	if f.source, err = withOthers(in, s.seed); err != nil {
		return nil, err
	}
	f.schema = f.source.Schema()
	if s.coding == plainCoding {
		return f, nil
	}
	f.schema = encodedSchema(in.Schema(), in, s.columns)
	for i, field := range f.schema.Fields() {
		if slices.Contains(s.columns, field.Name) {
			f.types[i] = field.Type.(*arrow.DictionaryType)
		}
	}
	if s.coding == sharedCoding {
		plain := f.source
		f.source, err = f.encode(plain)
		plain.Release()
	}
	return f, err
}

// close releases all, when nobody has borrowed any more, and says whether somebody
// released what was only lent.
func (f *feed) close() error {
	err := releaseHeld(f.held)
	if f.changed {
		err = nil
	}
	if f.source != nil {
		f.source.Release()
	}
	f.held, f.source = nil, nil
	return err
}

// releaseHeld releases batches that nobody else may have released.
func releaseHeld(all []held) (err error) {
	for _, h := range all {
		if fingerprint(h.rec) != h.hash {
			err = errReleased
			continue
		}
		h.rec.Release()
	}
	return err
}

var errReleased = errors.New("a batch has been released more often than it was retained")

// withOthers is the rows of in, then some that are not its.
func withOthers(in arrow.Record, seed uint64) (arrow.Record, error) {
	const others = 37
	heap := memory.NewGoAllocator()
	if slices.ContainsFunc(in.Schema().Fields(), func(f arrow.Field) bool { return !supportsRandom(f.Type) }) {
		if in.NumRows() == 0 {
			in.Retain()
			return in, nil
		}
		return batch.Concat([]arrow.Record{in, in}, heap)
	}
	more := Random(seed, others, in.Schema().Fields()...)
	defer more.Release()
	if in.NumCols() == 0 {
		return array.NewRecord(in.Schema(), nil, in.NumRows()+others), nil
	}
	return batch.Concat([]arrow.Record{in, more}, heap)
}

// pieces cuts the input as the shape says, split by split.
func (f *feed) pieces() [][]piece {
	splits := make([][]piece, f.shape.splits)
	for s := range splits {
		from, end := f.rows*s/len(splits), f.rows*(s+1)/len(splits)
		at := dataflow.Place{Split: int64(s)}
		for from < end {
			if f.shape.gaps {
				splits[s] = append(splits[s], piece{from, from, at})
			}
			to := end
			if f.shape.rows > 0 {
				to = min(from+f.shape.rows, end)
			}
			splits[s] = append(splits[s], piece{from, to, at})
			at.Row += int64(to - from)
			from = to
		}
		if f.shape.gaps {
			splits[s] = append(splits[s], piece{from, from, at})
		}
	}
	return splits
}

// chunk makes a piece, in fresh memory.
func (f *feed) chunk(p piece) (dataflow.Chunk, error) {
	n := p.to - p.from
	var rows, sel []int32
	before := 0
	if f.shape.picked {
		sel = []int32{}
	}
	if f.shape.padded {
		before = 1 + f.rng.IntN(9)
		rows = f.others(rows, before)
	}
	for i := range n {
		if f.shape.picked {
			rows = f.others(rows, f.rng.IntN(3))
			sel = append(sel, int32(len(rows)-before))
		}
		rows = append(rows, int32(p.from+i))
	}
	if f.shape.picked {
		rows = f.others(rows, f.rng.IntN(3))
	}
	length := len(rows) - before
	if f.shape.padded {
		rows = f.others(rows, f.rng.IntN(9))
	}
	taken, err := batch.Take(f.source, rows, f.alloc)
	if err != nil {
		return dataflow.Chunk{}, err
	}
	defer taken.Release()
	whole := taken
	if f.shape.coding == ownCoding || f.shape.coding == wildCoding {
		if whole, err = f.encode(taken); err != nil {
			return dataflow.Chunk{}, err
		}
		defer whole.Release()
	}
	return dataflow.Chunk{Rec: whole.NewSlice(int64(before), int64(before+length)), Sel: sel, At: p.at}, nil
}

// others appends n rows that are not of the piece: not of the input where there
// are others.
func (f *feed) others(rows []int32, n int) []int32 {
	spare := int(f.source.NumRows()) - f.rows
	for range n {
		if spare > 0 {
			rows = append(rows, int32(f.rows+f.rng.IntN(spare)))
		}
	}
	return rows
}

// lend makes a piece, hands it to use, takes it back, and says whether it was
// changed meanwhile. The error of use comes as it is.
func (f *feed) lend(p piece, use func(dataflow.Chunk) error) (broken, err error) {
	c, err := f.chunk(p)
	if err != nil {
		return err, nil
	}
	if f.hold {
		c.Rec.Retain()
		f.held = append(f.held, held{c.Rec, fingerprint(c.Rec)})
	}
	broken, err = lend(c, use)
	f.changed = f.changed || broken != nil
	return broken, err
}

// lend hands c to use, releases it and overwrites its selection.
func lend(c dataflow.Chunk, use func(dataflow.Chunk) error) (broken, err error) {
	before := fingerprint(c.Rec)
	sel := slices.Clone(c.Sel)
	err = use(c)
	if fingerprint(c.Rec) != before {
		broken = errors.New("the batch that was lent has been changed or released")
	} else if !slices.Equal(sel, c.Sel) {
		broken = errors.New("the selection vector that was lent has been changed")
	}
	for i := range c.Sel {
		c.Sel[i] = -0x24242425 // bytes of 0xDB
	}
	c.Rec.Release()
	return broken, err
}

var hashSeed = maphash.MakeSeed()

// fingerprint is a hash of all that a batch's buffers hold. That of one whose
// arrays were released is another.
func fingerprint(rec arrow.Record) (hash uint64) {
	var h maphash.Hash
	h.SetSeed(hashSeed)
	defer func() {
		if recover() != nil { // an array without data
			hash = ^hash
		}
	}()
	for _, col := range rec.Columns() {
		hashData(&h, col.Data())
	}
	return h.Sum64()
}

func hashData(h *maphash.Hash, d arrow.ArrayData) {
	fmt.Fprintf(h, "%d %d;", d.Offset(), d.Len())
	for _, b := range d.Buffers() {
		if b != nil {
			h.Write(b.Bytes())
		}
		h.WriteByte(';')
	}
	for _, child := range d.Children() {
		hashData(h, child)
	}
	if d.DataType().ID() == arrow.DICTIONARY && d.Dictionary() != nil {
		hashData(h, d.Dictionary())
	}
}
