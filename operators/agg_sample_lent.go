package operators

import "github.com/apache/arrow/go/v17/arrow"

const (
	lentValues = 1 << 8    // from so many values on an array of them is held, not copied,
	lentRun    = blockMost // where a group has so many, on average
)

// lend adds the values of a list to each group: those from offsets[i] to offsets[i+1] to
// group[i]. arr, which they stand in, is held until reset. On an error nothing was added.
func (s *sample[T]) lend(group []int32, values []T, offsets []int64, arr arrow.Array) error {
	offsets = offsets[:len(group)+1]
	from, to := offsets[0], offsets[len(group)]
	values = values[from:to]
	if err := s.bounded(len(values)); err != nil {
		return err
	}
	if err := s.ledger.Reserve(int64(len(values)) * valueBytes[T]()); err != nil {
		return err
	}
	s.borrowed += len(values)
	arr.Retain()
	s.lent = append(s.lent, arr)
	first := len(s.pages)
	for at := 0; at < len(values); at += pageValues {
		s.pages = append(s.pages, values[at:min(at+pageValues, len(values))])
	}
	for i, g := range group {
		s.lendRun(g, first<<pageBits+int(offsets[i]-from), first<<pageBits+int(offsets[i+1]-from))
	}
	return nil
}

// lendRun adds the values at some places to group g. They stand before its last block,
// which may not be full.
func (s *sample[T]) lendRun(g int32, from, to int) {
	t := &s.tails[g]
	for from < to {
		end := min(to, from&^(pageValues-1)+pageValues)
		b := sampleBlock{first: uint32(from), end: uint32(end)}
		if t.last == 0 {
			t.last, t.next, t.end = s.block(b), b.end, b.end
		} else {
			b.before = s.blocks[t.last-1].before
			n := s.block(b)
			s.blocks[t.last-1].before = n
		}
		t.room += uint32(end - from)
		from = end
	}
}
