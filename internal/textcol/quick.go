package textcol

import "math/bits"

// The loops of numbers are in two parts. The quick one does what is usual and
// nothing else, and no call, so that all it needs stays in registers. What it cannot
// do it puts on a list, empty fields among it, and the slow one does that field by
// field. For integers and floats of 64 bits the quick one is there in assembly too,
// four fields at once: see internal/asm/textcol.
//
//	fields   12 │ 7 │   │ 1e3 │ 45      256 at a time
//	quick    12   7   -   -     45      odd: 2, 3
//	slow              null 1000

// blockFields is how many fields a quick loop does before the slow one follows.
const blockFields = 256

// kernelPause is how many times kernels are left alone where they could do little.
const kernelPause = 32

// oddFields are the indexes of the fields that a quick loop could not do.
type oddFields [blockFields]uint8

// kernelLeast is how many fields are few to a kernel.
const kernelLeast = 16

// oddBits are the same for kernels, of which a call does no more fields than that.
type oddBits [16]uint64

// useful reports whether a kernel is to be tried.
func (m *misses) useful() bool {
	if m.pause > 0 {
		m.pause--
		return false
	}
	return true
}

// glance sets m.long where many of the first fields are, without their signs.
func (m *misses) glance(data []byte, fields []Field) {
	long := 0
	for _, f := range fields[:min(len(fields), 64)] {
		from := f.From & Mask
		if n := int(f.To) - int(from); n > 9 || n == 9 && data[from] != '-' {
			long++
		}
	}
	m.long = m.long || long > 8
}

// judge has kernels left alone for a while where more than half of n fields were odd.
func (m *misses) judge(n int, odd *oddBits) {
	if odd.count(n) > n/2 {
		m.pause = kernelPause
	}
}

// count is how many of n fields are odd.
func (o *oddBits) count(n int) (k int) {
	for _, set := range o[:(n+63)/64] {
		k += bits.OnesCount64(set)
	}
	return k
}

// all lists n fields, and returns n.
func (o *oddFields) all(n int) int {
	for i := range n {
		o[i] = uint8(i)
	}
	return n
}

// last16s are masks of the last n of 16 characters.
var last16s = func() (masks [32][2]uint64) {
	for n := 1; n < len(masks); n++ {
		masks[n][1] = keep(uint(min(n, 8)))
		if n > 8 {
			masks[n][0] = keep(uint(min(n-8, 8)))
		}
	}
	return masks
}()

// leasts is the least integer that n digits are. Those of exact columns may not
// begin with a zero, unless it is the only one.
type leasts [32]uint64

var anyDigits, noZeros = new(leasts), func() *leasts {
	var l leasts
	for n := 2; n < len(tensInt)+1; n++ {
		l[n] = tensInt[n-1]
	}
	return &l
}()

// leastFloats is leasts of the digits before the point.
type leastFloats [32]float64

var anyWhole, noWholeZeros = new(leastFloats), func() *leastFloats {
	var l leastFloats
	for n := range l {
		l[n] = float64(noZeros[n])
	}
	return &l
}()

// LosesZeros reports whether b, read as a number, would lose characters that
// matter: a zero before a digit, or a plus sign.
func LosesZeros(b []byte) bool {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	if len(b) > 0 && b[0] == '-' {
		b = b[1:]
	}
	return len(b) > 1 && (b[0] == '+' || b[0] == '0' && b[1]-'0' <= 9)
}
