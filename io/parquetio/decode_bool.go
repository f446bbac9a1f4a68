package parquetio

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
)

// bools decodes booleans: bits one behind another, or runs of them.
type bools struct {
	env    *dataflow.Env
	stream hybrid
	out    *memory.Buffer
	dense  [segmentRows / 8]byte
}

var _ values = (*bools)(nil)

func (b *bools) dictionary(*page) error { return errors.New("a dictionary of booleans") }

func (b *bools) page(p *page) error {
	switch p.encoding {
	case encodingPlain:
		b.stream = hybrid{width: 1, packed: p.data, left: len(p.data) * 8}
		return nil
	case encodingRLE:
		if len(p.data) < 4 {
			return errHybrid
		}
		n := int64(binary.LittleEndian.Uint32(p.data))
		if n > int64(len(p.data)-4) {
			return fmt.Errorf("%d bytes of booleans in a page of %d", n, len(p.data))
		}
		b.stream = hybrid{width: 1, data: p.data[4 : 4+n]}
		return nil
	}
	return unexpected(p.encoding)
}

func (b *bools) begin(rows int) int {
	b.out = newBuffer(int(bitutil.BytesForBits(int64(rows))), b.env.Alloc)
	return rows
}

func (b *bools) read(at, rows, present int, valid []byte) error {
	if valid == nil {
		_, err := b.stream.bits(b.out.Bytes(), at, rows)
		return err
	}
	clear(b.dense[:])
	if _, err := b.stream.bits(b.dense[:], 0, present); err != nil {
		return err
	}
	spreadBits(b.out.Bytes(), b.dense[:], valid, at, rows)
	return nil
}

// spreadBits writes the bits of dense to the rows that have a value.
func spreadBits(out, dense, valid []byte, at, rows int) {
	j := 0
	for bit := at; bit < at+rows; bit++ {
		v := valid[bit>>3] >> (bit & 7) & 1
		out[bit>>3] |= (dense[j>>3] >> (j & 7) & v) << (bit & 7)
		if j += int(v); j == len(dense)*8 {
			return
		}
	}
}

func (b *bools) skip(n int) (bool, error) { return true, b.stream.skip(n) }

func (b *bools) full() bool { return false }

func (b *bools) end(rows int, valid *memory.Buffer, nulls int) (arrow.Array, error) {
	data := array.NewData(arrow.FixedWidthTypes.Boolean, rows, []*memory.Buffer{valid, b.out}, nil, nulls, 0)
	defer data.Release()
	return array.MakeFromData(data), nil
}

func (b *bools) drop() {
	release(b.out)
	b.out = nil
}

func (b *bools) close() {}
