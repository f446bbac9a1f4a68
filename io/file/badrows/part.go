package badrows

import "github.com/arrowmill/arrowmill/dataflow"

const gathered = 64 << 10 // bytes of rows that are handed on at once

// HeldMost is how much memory a part holds at most, in bytes.
const HeldMost = 2 * gathered

// Part gathers the rejected rows of one part of a split, many at a time. It belongs
// to one goroutine. The zero value is that of a policy that keeps no rows.
type Part struct {
	file  *File
	split dataflow.Split
	seq   int64
	rows  []byte
}

// partPieces is how many pieces the parts of a split may have each.
const partPieces = 1 << 32

// Part begins the i-th part of a split, which stands in the file behind those before
// it.
func (f *File) Part(split dataflow.Split, i int) Part {
	return Part{file: f, split: split, seq: int64(i) * partPieces}
}

// Add adds a row, which gets a line feed where it has none. It does not keep row.
func (p *Part) Add(row []byte) error {
	if len(p.rows)+len(row) >= gathered {
		if err := p.Flush(); err != nil {
			return err
		}
	}
	if len(row) >= gathered {
		return p.handOn(withEnd(row))
	}
	p.rows = append(p.rows, row...)
	if len(row) == 0 || row[len(row)-1] != '\n' {
		p.rows = append(p.rows, '\n')
	}
	return nil
}

// Flush hands on the rows that were gathered. Those that are not flushed are lost.
func (p *Part) Flush() error {
	err := p.handOn(p.rows)
	p.rows = p.rows[:0]
	return err
}

func (p *Part) handOn(rows []byte) error {
	if len(rows) == 0 {
		return nil
	}
	p.seq++
	return p.file.add(p.split, p.seq, rows)
}

// HeldBytes is how much memory it holds.
func (p *Part) HeldBytes() int64 { return int64(cap(p.rows)) }

// withEnd is rows with a line feed behind them, unless there are none.
func withEnd(rows []byte) []byte {
	if len(rows) == 0 || rows[len(rows)-1] == '\n' {
		return rows
	}
	return append(rows[:len(rows):len(rows)], '\n')
}
