package parquetio

import (
	"encoding/binary"
	"fmt"
)

// deltaBytes decodes byte arrays whose lengths stand apart, as differences.
//
//	DELTA_LENGTH_BYTE_ARRAY  lengths │ bytes
//	DELTA_BYTE_ARRAY         lengths of prefixes │ lengths of suffixes │ suffixes
//
// A prefix is that of the value before; a page's first value has none.
//
// Parquet, encodings: "Delta-length byte array", "Delta Strings".
type deltaBytes struct {
	prefixes deltas
	suffixes deltas
	front    bool   // there are prefixes
	data     []byte // suffixes that are not read
	last     scratch
	before   int // bytes of last: the value before

	// Lengths that measure has read:
	prefix, suffix [segmentRows]uint32
}

func (d *deltaBytes) page(p *page) (err error) {
	d.front, d.before, d.data = p.encoding == encodingDeltaBytes, 0, p.data
	if d.front {
		if d.data, err = lengths(&d.prefixes, d.data, p.values); err != nil {
			return err
		}
		if d.prefixes.left == 0 { // Go's library leaves litter behind no values
			return d.suffixes.open(nil, 0)
		}
	}
	if d.data, err = lengths(&d.suffixes, d.data, p.values); err != nil {
		return err
	}
	if d.front && d.prefixes.left != d.suffixes.left {
		return fmt.Errorf("%d prefixes and %d suffixes", d.prefixes.left, d.suffixes.left)
	}
	return nil
}

// lengths begins with the lengths that data begins with, and returns what stands
// behind them.
func lengths(d *deltas, data []byte, values int) ([]byte, error) {
	if err := d.open(data, values); err != nil {
		return nil, err
	}
	return d.end()
}

// measure reads the lengths of the next n values and returns how many bytes they
// have together. appendDelta is to be called for them then.
func (d *deltaBytes) measure(n int) (int64, error) {
	prefix, suffix := d.prefix[:n], d.suffix[:n]
	if err := readDeltas(&d.suffixes, suffix); err != nil {
		return 0, err
	}
	stored := sumLengths(suffix)
	if left := int64(len(d.data)); stored > left {
		return 0, fmt.Errorf("%d values of %d bytes, where their page has %d left", n, stored, left)
	}
	if !d.front {
		return stored, nil
	}
	if err := readDeltas(&d.prefixes, prefix); err != nil {
		return 0, err
	}
	total, before := int64(0), int64(d.before)
	for i, p := range prefix {
		if int64(p) > before {
			return 0, fmt.Errorf("a prefix of %d bytes, where the value before has %d", p, before)
		}
		before = int64(p) + int64(suffix[i])
		total += before
	}
	return total, nil
}

// sumLengths is the sum of lengths, of which one below zero is large.
func sumLengths(lengths []uint32) int64 {
	n := int64(0)
	for _, x := range lengths {
		n += int64(x)
	}
	return n
}

// appendDelta appends the n values that were measured to b from used on, and writes
// where each ends to offsets[1:]. It returns where the last one ends. b has room for
// a wide copy more.
func appendDelta[O int32 | int64](d *deltaBytes, b []byte, used int, offsets []O, n int) (int, error) {
	offsets[0] = O(used)
	if n == 0 {
		return used, nil
	}
	if !d.front {
		end := addEnds(offsets[1:n+1], used, d.suffix[:n])
		d.data = d.data[copy(b[used:end], d.data):]
		return end, nil
	}
	used, d.data = joinFronts(b, used, offsets[1:n+1], d.last.b[:d.before], d.prefix[:n], d.suffix[:n], d.data)
	last := b[offsets[n-1]:offsets[n]]
	if d.before = len(last); d.suffixes.left == 0 {
		return used, nil
	}
	keep, err := d.last.room(len(last))
	copy(keep, last)
	return used, err
}

// addEnds writes where each of the values of those lengths ends to ends, the first
// of which begins at used.
func addEnds[O int32 | int64](ends []O, used int, lengths []uint32) int {
	ends = ends[:len(lengths)]
	for i, n := range lengths {
		used += int(n)
		ends[i] = O(used)
	}
	return used
}

// joinFronts appends to b values whose prefixes are those of the value before: of
// last, then of one another. It returns where the last one ends and the suffixes
// that are left.
func joinFronts[O int32 | int64](b []byte, used int, ends []O, last []byte, prefix, suffix []uint32, data []byte) (int, []byte) {
	ends, suffix = ends[:len(prefix)], suffix[:len(prefix)]
	for i, p := range prefix {
		n := int(p)
		if n <= wideCopy && cap(last) >= wideCopy {
			*(*[wideCopy]byte)(b[used:]) = *(*[wideCopy]byte)(last[:wideCopy])
		} else {
			copy(b[used:], last[:n])
		}
		end := used + n + int(suffix[i])
		if n = int(suffix[i]); n <= wideCopy && len(data) >= wideCopy {
			*(*[wideCopy]byte)(b[end-n:]) = *(*[wideCopy]byte)(data)
		} else {
			copy(b[end-n:end], data)
		}
		data = data[n:]
		last = b[used:end]
		ends[i] = O(end)
		used = end
	}
	return used, data
}

// deltaPlain recodes byte arrays whose lengths stand apart.
type deltaPlain struct {
	deltaBytes
	size    int // of every value; 0: PLAIN ones stand behind their lengths
	offsets [segmentRows + 1]int32
	bytes   scratch
	out     scratch
}

var _ recoder = (*deltaPlain)(nil)

func (d *deltaPlain) read(n int) ([]byte, error) {
	total, err := d.measure(n)
	if err != nil {
		return nil, err
	}
	if d.size > 0 && total != int64(n)*int64(d.size) || total > batchBytes && n > 1 {
		return nil, fmt.Errorf("%d values of %d bytes together are not of their column's type", n, total)
	}
	bytes, err := d.bytes.room(int(total) + wideCopy)
	if err != nil {
		return nil, err
	}
	if _, err := appendDelta(&d.deltaBytes, bytes, 0, d.offsets[:], n); err != nil {
		return nil, err
	}
	if d.size > 0 {
		return bytes[:total], d.sized(n)
	}
	out, err := d.out.room(int(total) + 4*n)
	if err != nil {
		return nil, err
	}
	withLengths(out, bytes, d.offsets[:n+1])
	return out, nil
}

// sized finds a value that has not the size of all.
func (d *deltaPlain) sized(n int) error {
	for i, at := range d.offsets[:n+1] {
		if int(at) != i*d.size {
			return fmt.Errorf("a value of %d bytes in a column of %d", int(at)-(i-1)*d.size, d.size)
		}
	}
	return nil
}

func (d *deltaPlain) free() {
	d.last.free()
	d.bytes.free()
	d.out.free()
}

// withLengths writes values to out, each behind its length.
func withLengths(out, bytes []byte, offsets []int32) {
	for i, end := range offsets[1:] {
		v := bytes[offsets[i]:end]
		binary.LittleEndian.PutUint32(out, uint32(len(v)))
		out = out[4+copy(out[4:], v):]
	}
}
