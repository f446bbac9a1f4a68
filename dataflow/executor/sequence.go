package executor

import "github.com/arrowmill/arrowmill/dataflow"

// sequence puts items of many splits into one line: in the order of splits, or
// as they come. Its user locks it.
type sequence struct {
	ordered bool
	head    int64            // the split whose items are next
	early   map[int64]*later // of splits behind it
	ready   []item
	bytes   int64 // of all items held
}

// later is what came of a split whose turn it is not.
type later struct {
	items []item
	done  bool
}

// item is a chunk in transit, without a selection.
type item struct {
	chunk dataflow.Chunk
	rows  bool // input rows of a reducer, not a partial
	bytes int64
	from  string // the split that was read, for errors

	sender *account // whose pool counts the memory too; nil: none
}

// release lets go of the chunk.
func (it item) release() {
	it.chunk.Rec.Release()
	if it.sender != nil {
		it.sender.reserved.Add(it.bytes)
	}
}

func (q *sequence) put(split int64, it item) {
	q.bytes += it.bytes
	if !q.ordered || split == q.head {
		q.ready = append(q.ready, it)
		return
	}
	l := q.at(split)
	l.items = append(l.items, it)
}

// done says that no more comes of the split. Each split is done once.
func (q *sequence) done(split int64) {
	if !q.ordered {
		return
	}
	if split != q.head {
		q.at(split).done = true
		return
	}
	for {
		q.head++
		l := q.early[q.head]
		if l == nil {
			return
		}
		q.ready = append(q.ready, l.items...)
		delete(q.early, q.head)
		if !l.done {
			return
		}
	}
}

func (q *sequence) at(split int64) *later {
	l := q.early[split]
	if l == nil {
		if q.early == nil {
			q.early = map[int64]*later{}
		}
		l = &later{}
		q.early[split] = l
	}
	return l
}

// pop takes the first item whose turn it is.
func (q *sequence) pop() (item, bool) {
	if len(q.ready) == 0 {
		return item{}, false
	}
	it := q.ready[0]
	q.ready[0] = item{}
	if q.ready = q.ready[1:]; len(q.ready) == 0 {
		q.ready = nil
	}
	q.bytes -= it.bytes
	return it, true
}

// drop releases all that is held and returns its bytes.
func (q *sequence) drop() int64 {
	n := q.bytes
	for _, it := range q.ready {
		it.chunk.Rec.Release()
	}
	for _, l := range q.early {
		for _, it := range l.items {
			it.chunk.Rec.Release()
		}
	}
	q.ready, q.early, q.bytes = nil, nil, 0
	return n
}
