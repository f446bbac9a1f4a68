package textcol

import "github.com/apache/arrow/go/v17/arrow/array"

// Codes are what a dictionary column has learnt of its texts. Columns of the same
// texts go on with it one after another, so that their arrays share a dictionary
// for as long as nothing new is met, over the life of a column. It belongs to one
// column at a time.
//
// How well it does decides how values are coded:
//
//	learning ─ values repeat ──────► codes of one dictionary, which grows
//	    ▲   └─ they hardly do ─────► each array has its own texts as dictionary, in their
//	    └─ now and then ───────────┘ order: codes 0, 1, 2, …
type Codes struct {
	words   *words
	shared  *array.Data // the dictionary of the last array, with sharedN values
	sharedN int
	rows    int // that were coded since words was empty
	spent   int // values of dictionaries that were copied, less the rows that were coded since
	own     int // arrays to come that have their own texts
	pause   int // how many there are the next time
	clean   []byte
	scratch []byte
}

const (
	// dictionaryMost and dictionaryBytes are how much a dictionary holds before
	// the next array begins a new one: what no longer fits the second-level cache
	// is as slow to look up as text is to copy.
	dictionaryMost  = 1 << 16
	dictionaryBytes = 4 << 20

	// spentMost is how many values may be copied to grown dictionaries before their
	// texts count as ones that do not repeat.
	spentMost = 1 << 18

	pauseLeast = 16 // arrays with their own texts, before it is tried again
	pauseMost  = 1 << 10
)

// NewCodes returns codes that have learnt nothing.
func NewCodes() *Codes { return &Codes{words: newWords(), pause: pauseLeast} }

// HeldBytes is the memory held outside of the allocator of a column.
func (c *Codes) HeldBytes() int64 { return c.words.heldBytes() + int64(cap(c.scratch)+cap(c.clean)) }

// Release lets go of the dictionary and of what was learnt.
func (c *Codes) Release() {
	c.forget()
	c.own, c.pause = 0, pauseLeast
}

// forget begins a new dictionary.
func (c *Codes) forget() {
	c.drop()
	c.words.reset()
	c.rows, c.spent = 0, 0
}

func (c *Codes) drop() {
	if c.shared != nil {
		c.shared.Release()
		c.shared = nil
	}
}

// judge decides how the next array is coded, behind one of rows rows whose
// dictionary had grown or not.
func (c *Codes) judge(rows int, grown bool) {
	n := c.words.len()
	c.rows += rows
	if c.spent = max(c.spent-rows, 0); grown {
		c.spent += n
	}
	full := n >= dictionaryMost || len(c.words.text) >= dictionaryBytes
	switch {
	case c.rows >= 2048 && n > c.rows/16*15, c.rows >= 16<<10 && n > c.rows/8*5,
		(full || c.spent > spentMost) && n > c.rows/4:
		c.forget()
		c.own, c.pause = c.pause, min(2*c.pause, pauseMost)
	case full || c.spent > spentMost: // values repeat, but are others than they were
		c.forget()
		c.pause = pauseLeast
	case c.rows >= 1<<20:
		c.pause = pauseLeast
	}
}
