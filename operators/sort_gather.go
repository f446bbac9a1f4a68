package operators

import (
	"encoding/binary"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/plaincol"
)

// rowGather makes columns of rows: a block of rows after another, all columns of it while
// the caches hold the rows.
type rowGather struct {
	plan     *sortPlan
	layout   *rowLayout // of all rows
	segments []*segment
	alloc    memory.Allocator

	rows  [orderBlock]unsafe.Pointer
	words [textCells][orderBlock]uint64
}

// record is a batch of the rows, at most of what columns of their types can have.
func (g *rowGather) record(refs []rank) (arrow.Record, error) {
	cols := make([]arrow.Array, g.plan.in.NumFields())
	defer releaseArrays(cols)
	var out []rowColumn
	var kept []int
	for i := range cols {
		if g.layout.kept[i] {
			kept = append(kept, i)
		} else {
			out = append(out, newRowColumn(i, &g.plan.columns[i], len(refs), g.alloc))
		}
	}
	for from := 0; from < len(refs); from += orderBlock {
		block := refs[from:min(from+orderBlock, len(refs))]
		g.find(block)
		for i := range out {
			g.column(&out[i], from, len(block))
		}
		g.nulls(out, from, len(block))
	}
	for i := range out {
		cols[out[i].index] = out[i].array()
	}
	if len(kept) > 0 {
		rec, err := g.kept(refs)
		if err != nil {
			return nil, err
		}
		defer rec.Release()
		for i, c := range kept {
			cols[c] = rec.Column(i)
			cols[c].Retain()
		}
	}
	return array.NewRecord(g.plan.in, cols, int64(len(refs))), nil
}

// find notes where rows begin.
func (g *rowGather) find(refs []rank) {
	stride := g.layout.stride
	for i, r := range refs {
		g.rows[i] = unsafe.Pointer(&g.segments[r.part].rows[int(r.slot)*stride])
	}
}

// kept is a batch of what columns have of the rows.
func (g *rowGather) kept(refs []rank) (arrow.Record, error) {
	number := map[int32]int32{}
	var recs []arrow.Record
	at := make([]rowRef, len(refs))
	for i, r := range refs {
		n, ok := number[r.part]
		if !ok {
			n = int32(len(recs))
			number[r.part] = n
			recs = append(recs, g.segments[r.part].kept)
		}
		at[i] = rowRef{n, r.slot}
	}
	return gatherRows(recs, at, g.alloc)
}

// nulls marks the nulls of a block of rows.
func (g *rowGather) nulls(out []rowColumn, from, n int) {
	for i := range g.plan.nulls {
		c := g.layout.cells[i]
		if c.mask == 0 && c.base == 0 {
			continue
		}
		marks := g.words[0][:n]
		c.get(marks, g.rows[:])
		for j := range out {
			if col := &out[j]; col.index/64 == i {
				for r, x := range marks {
					if x>>(col.index&63)&1 != 0 {
						col.valid.Null(from + r)
					}
				}
			}
		}
	}
}

// column writes a block of rows of a column.
func (g *rowGather) column(col *rowColumn, from, n int) {
	h := col.held
	if h.kind == heldText {
		for i := range textCells {
			g.layout.cells[h.cell+i].get(g.words[i][:n], g.rows[:])
		}
		pieces := textPieces
		for pieces > 1 && g.layout.cells[h.cell+pieces-1] == (cell{at: g.layout.cells[h.cell+pieces-1].at}) {
			pieces--
		}
		col.texts(&g.words, pieces, from, n)
		return
	}
	for limb := range h.cells {
		words := g.words[0][:n]
		g.layout.cells[h.cell+limb].get(words, g.rows[:])
		if h.kind == heldSigned && limb == h.cells-1 {
			for i, x := range words {
				words[i] = unzigzag(x)
			}
		}
		col.numbers(words, limb, from)
	}
}

// rowColumn is a column that is made of rows.
type rowColumn struct {
	index   int // in the input
	held    *heldColumn
	n       int
	values  *memory.Buffer // of strings their bytes
	offsets *memory.Buffer // nil: values of one size
	valid   plaincol.Validity
	bytes   int // of strings, so far
}

func newRowColumn(index int, h *heldColumn, n int, alloc memory.Allocator) rowColumn {
	c := rowColumn{index: index, held: h, n: n, valid: plaincol.NewValidity(alloc, n)}
	switch t := h.typ.(type) {
	case *arrow.StringType, *arrow.BinaryType:
		c.offsets = plaincol.UnsetBuffer(alloc, (n+1)*4)
		plaincol.Cast[int32](c.offsets)[0] = 0
	case *arrow.LargeStringType, *arrow.LargeBinaryType:
		c.offsets = plaincol.UnsetBuffer(alloc, (n+1)*8)
		plaincol.Cast[int64](c.offsets)[0] = 0
	case *arrow.BooleanType:
		c.values = plaincol.NewBuffer(alloc, int(bitutil.BytesForBits(int64(n))))
		return c
	case arrow.FixedWidthDataType:
		if h.kind != heldText {
			c.values = plaincol.UnsetBuffer(alloc, n*t.BitWidth()/8)
			return c
		}
	}
	c.values = plaincol.UnsetBuffer(alloc, (n+1)*textInRow)
	return c
}

// numbers writes a word of values from row from on.
func (c *rowColumn) numbers(words []uint64, limb, from int) {
	if c.held.typ.ID() == arrow.BOOL {
		to := c.values.Bytes()
		for i, x := range words {
			to[(from+i)>>3] |= byte(x) << ((from + i) & 7)
		}
		return
	}
	switch c.held.typ.(arrow.FixedWidthDataType).BitWidth() {
	case 8:
		storeWords(plaincol.Cast[uint8](c.values)[from:], words)
	case 16:
		storeWords(plaincol.Cast[uint16](c.values)[from:], words)
	case 32:
		storeWords(plaincol.Cast[uint32](c.values)[from:], words)
	case 64:
		copy(plaincol.Cast[uint64](c.values)[from:], words)
	case 128:
		storeLimbs(plaincol.Cast[[2]uint64](c.values)[from:], words, func(v *[2]uint64) *uint64 { return &v[limb] })
	case 256:
		storeLimbs(plaincol.Cast[[4]uint64](c.values)[from:], words, func(v *[4]uint64) *uint64 { return &v[limb] })
	}
}

func storeWords[T uint8 | uint16 | uint32](to []T, words []uint64) {
	to = to[:len(words)]
	for i, x := range words {
		to[i] = T(x)
	}
}

func storeLimbs[T [2]uint64 | [4]uint64](to []T, words []uint64, limb func(*T) *uint64) {
	for i, x := range words {
		*limb(&to[i]) = x
	}
}

// texts writes n strings from row from on: their pieces, of which those from pieces on are
// zeros, and their lengths.
func (c *rowColumn) texts(words *[textCells][orderBlock]uint64, pieces, from, n int) {
	begin := c.bytes
	c.bytes = storeTexts(c.values.Bytes(), begin, words, pieces, n)
	switch {
	case c.offsets == nil:
	case c.offsets.Len() == (c.n+1)*4 && c.held.typ.ID() != arrow.LARGE_STRING && c.held.typ.ID() != arrow.LARGE_BINARY:
		storeOffsets(plaincol.Cast[int32](c.offsets)[from+1:], begin, words[textPieces][:n])
	default:
		storeOffsets(plaincol.Cast[int64](c.offsets)[from+1:], begin, words[textPieces][:n])
	}
}

func storeTexts(to []byte, at int, words *[textCells][orderBlock]uint64, pieces, n int) (end int) {
	size := &words[textPieces]
	switch pieces {
	case 1:
		for i := range n {
			binary.LittleEndian.PutUint64(to[at:], words[0][i])
			at += int(size[i])
		}
	case 2:
		for i := range n {
			binary.LittleEndian.PutUint64(to[at:], words[0][i])
			binary.LittleEndian.PutUint64(to[at+8:], words[1][i])
			at += int(size[i])
		}
	default:
		for i := range n {
			binary.LittleEndian.PutUint64(to[at:], words[0][i])
			binary.LittleEndian.PutUint64(to[at+8:], words[1][i])
			binary.LittleEndian.PutUint64(to[at+16:], words[2][i])
			at += int(size[i])
		}
	}
	return at
}

func storeOffsets[O int32 | int64](to []O, at int, sizes []uint64) {
	to = to[:len(sizes)]
	for i, n := range sizes {
		at += int(n)
		to[i] = O(at)
	}
}

func (c *rowColumn) array() arrow.Array {
	defer c.values.Release()
	if c.held.kind == heldText {
		c.values.Resize(c.bytes)
	}
	if c.offsets == nil {
		return plaincol.Array(c.held.typ, c.n, &c.valid, c.values)
	}
	defer c.offsets.Release()
	return plaincol.Array(c.held.typ, c.n, &c.valid, c.offsets, c.values)
}

// batches calls to with batches of the rows, in their order: one unless strings or
// dictionaries would grow too large for their type.
func (g *rowGather) batches(refs []rank, to func(arrow.Record) error) error {
	if len(refs) == 0 {
		return nil
	}
	rec, err := g.record(refs)
	if err == nil {
		return to(rec)
	}
	if len(refs) == 1 {
		return err
	}
	half := len(refs) / 2
	if err := g.batches(refs[:half], to); err != nil {
		return err
	}
	return g.batches(refs[half:], to)
}

// each calls to with batches of the rows of a segment, in its own layout.
func (p *sortPlan) each(seg *segment, env dataflow.Env, to func(dataflow.Chunk) error) error {
	g := &rowGather{plan: p, layout: seg.layout, segments: []*segment{seg}, alloc: env.Alloc}
	refs := make([]rank, 0, min(seg.n, gatherRowsMost(env)))
	at := seg.at
	for from := 0; from < seg.n; from += len(refs) {
		refs = refs[:min(cap(refs), seg.n-from)]
		for i := range refs {
			refs[i] = rank{slot: int32(from + i)}
		}
		err := g.batches(refs, func(rec arrow.Record) error {
			c := dataflow.Chunk{Rec: rec, At: at}
			at.Row += rec.NumRows()
			return to(c)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// gatherRowsMost is how many rows a batch has that is made of rows.
func gatherRowsMost(env dataflow.Env) int { return min(max(env.BatchRows, 1), 1<<20) }
