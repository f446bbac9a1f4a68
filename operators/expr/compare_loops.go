package expr

import (
	"bytes"
	"cmp"
	"math/big"

	"github.com/apache/arrow/go/v17/arrow/decimal128"
)

// compareOrdered compares integers. The loops over a constant are the hot ones of
// filters.
func compareOrdered[T int64 | uint64](o op, out []bool, a, b []T, am, bm int) {
	switch o {
	case opGt:
		if bm == 0 && am != 0 {
			c := b[0]
			for i, x := range a[:len(out)] {
				out[i] = x > c
			}
			return
		}
		compareOrdered(opLt, out, b, a, bm, am)
	case opGe:
		if bm == 0 && am != 0 {
			c := b[0]
			for i, x := range a[:len(out)] {
				out[i] = x >= c
			}
			return
		}
		compareOrdered(opLe, out, b, a, bm, am)
	case opLt:
		if bm == 0 && am != 0 {
			c := b[0]
			for i, x := range a[:len(out)] {
				out[i] = x < c
			}
			return
		}
		for i := range out {
			out[i] = a[i&am] < b[i&bm]
		}
	case opLe:
		if bm == 0 && am != 0 {
			c := b[0]
			for i, x := range a[:len(out)] {
				out[i] = x <= c
			}
			return
		}
		for i := range out {
			out[i] = a[i&am] <= b[i&bm]
		}
	case opEq:
		for i := range out {
			out[i] = a[i&am] == b[i&bm]
		}
	case opNe:
		for i := range out {
			out[i] = a[i&am] != b[i&bm]
		}
	}
}

// compareFloats compares floats; NaN equals NaN and is above all others.
func compareFloats(o op, out []bool, a, b []float64, am, bm int) {
	if bm == 0 && am != 0 && b[0] == b[0] && len(out) > 0 {
		compareFloatsWith(o, out, a[:len(out)], b[0])
		return
	}
	switch o {
	case opGt:
		compareFloats(opLt, out, b, a, bm, am)
	case opGe:
		compareFloats(opLe, out, b, a, bm, am)
	case opLt:
		for i := range out {
			x, y := a[i&am], b[i&bm]
			out[i] = x < y || x == x && y != y
		}
	case opLe:
		for i := range out {
			x, y := a[i&am], b[i&bm]
			out[i] = x <= y || y != y
		}
	case opEq:
		for i := range out {
			x, y := a[i&am], b[i&bm]
			out[i] = x == y || x != x && y != y
		}
	case opNe:
		for i := range out {
			x, y := a[i&am], b[i&bm]
			out[i] = x != y && (x == x || y == y)
		}
	}
}

// compareFloatsWith compares floats with one that is not NaN.
func compareFloatsWith(o op, out []bool, a []float64, c float64) {
	switch o {
	case opGt:
		for i, x := range a {
			out[i] = !(x <= c)
		}
	case opGe:
		for i, x := range a {
			out[i] = !(x < c)
		}
	case opLt:
		for i, x := range a {
			out[i] = x < c
		}
	case opLe:
		for i, x := range a {
			out[i] = x <= c
		}
	case opEq:
		for i, x := range a {
			out[i] = x == c
		}
	case opNe:
		for i, x := range a {
			out[i] = x != c
		}
	}
}

// ordered is whether an outcome of cmp is accepted.
func ordered(accept uint8, outcome int) bool { return accept>>(outcome+1)&1 != 0 }

func compareSigns(accept uint8, out []bool, a []int64, b []uint64, am, bm int) {
	for i := range out {
		x, y := a[i&am], b[i&bm]
		c := -1
		if x >= 0 {
			c = cmp.Compare(uint64(x), y)
		}
		out[i] = ordered(accept, c)
	}
}

// compareIntFloat compares exactly: where the float nearest to x is not y, x is on the
// same side of y; where it is, y is an integer.
func compareIntFloat(accept uint8, out []bool, a []int64, b []float64, am, bm int) {
	for i := range out {
		x, y := a[i&am], b[i&bm]
		near := float64(x)
		var c int
		switch {
		case near < y || y != y:
			c = -1
		case near > y:
			c = 1
		case y >= 1<<63:
			c = -1
		default:
			c = cmp.Compare(x, int64(y))
		}
		out[i] = ordered(accept, c)
	}
}

func compareUintFloat(accept uint8, out []bool, a []uint64, b []float64, am, bm int) {
	for i := range out {
		x, y := a[i&am], b[i&bm]
		near := float64(x)
		var c int
		switch {
		case near < y || y != y:
			c = -1
		case near > y:
			c = 1
		case y >= 1<<64:
			c = -1
		default:
			c = cmp.Compare(x, uint64(y))
		}
		out[i] = ordered(accept, c)
	}
}

func compareDecimalFloat(accept uint8, out []bool, a []decimal128.Num, b []float64, am, bm int, scale int32) {
	for i := range out {
		x, y := a[i&am], b[i&bm]
		near := float(x, scale)
		var c int
		switch {
		case near < y || y != y:
			c = -1
		case near > y:
			c = 1
		default:
			exact := new(big.Rat).SetFrac(x.BigInt(), decimal128.GetScaleMultiplier(int(scale)).BigInt())
			c = exact.Cmp(new(big.Rat).SetFloat64(y))
		}
		out[i] = ordered(accept, c)
	}
}

func compareDecimals(accept uint8, out []bool, a, b []decimal128.Num, am, bm int, aScale, bScale int32) {
	if aScale == bScale {
		for i := range out {
			out[i] = ordered(accept, compareNum(a[i&am], b[i&bm]))
		}
		return
	}
	up := decimal128.GetScaleMultiplier(int(max(aScale-bScale, bScale-aScale)))
	for i := range out {
		x, y := a[i&am], b[i&bm]
		var c int
		if aScale < bScale {
			if big, ok := mulNum(x, up); ok {
				c = compareNum(big, y)
			} else { // farther from zero than any decimal
				c = x.Sign()
			}
		} else {
			if big, ok := mulNum(y, up); ok {
				c = compareNum(x, big)
			} else {
				c = -y.Sign()
			}
		}
		out[i] = ordered(accept, c)
	}
}

func compareNum(x, y decimal128.Num) int {
	if x.HighBits() != y.HighBits() {
		return cmp.Compare(x.HighBits(), y.HighBits())
	}
	return cmp.Compare(x.LowBits(), y.LowBits())
}

func compareBools(accept uint8, out []bool, a, b []bool, am, bm int) {
	for i := range out {
		out[i] = ordered(accept, one(a[i&am])-one(b[i&bm]))
	}
}

// one is 1 for true; it compiles to no branch.
func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// compareTicks compares ticks of which those of a are times as long as those of b.
func compareTicks(accept uint8, out []bool, a, b []int64, am, bm int, times int64) {
	for i := range out {
		y, rest := floorDiv(b[i&bm], times)
		c := cmp.Compare(a[i&am], y)
		if c == 0 && rest > 0 {
			c = -1
		}
		out[i] = ordered(accept, c)
	}
}

// compareTexts compares texts byte by byte.
func compareTexts(o op, out []bool, x, y *vec) {
	xm, ym := x.mask(), y.mask()
	if o == opEq || o == opNe {
		if ym == 0 && xm != 0 && x.text.codes == nil && x.text.small != nil {
			equalTexts(out, x.text.bytes, x.text.small, y.text.row(0), o == opEq)
			return
		}
		for i := range out {
			out[i] = bytes.Equal(x.text.row(i&xm), y.text.row(i&ym)) == (o == opEq)
		}
		return
	}
	accept := accepts[o]
	for i := range out {
		out[i] = ordered(accept, bytes.Compare(x.text.row(i&xm), y.text.row(i&ym)))
	}
}

// equalTexts compares texts with a constant.
func equalTexts(out []bool, text []byte, offsets []int32, c []byte, is bool) {
	offsets = offsets[:len(out)+1]
	from := offsets[0]
	for i := range out {
		to := offsets[i+1]
		out[i] = (int(to-from) == len(c) && string(text[from:to]) == string(c)) == is
		from = to
	}
}

// perValue computes out from x and y: where x is coded and y a constant, once a value of
// the dictionary, unless that has many more values than there are rows.
func (r *run) perValue(out []bool, x, y *vec, do func(out []bool, x, y *vec)) {
	if x.text.codes == nil || !y.single || x.text.n > 2*len(out) {
		do(out, x, y)
		return
	}
	values := *x
	values.text.codes = nil
	of := scratch[bool](r, x.text.n)
	do(of, &values, y)
	for i, c := range x.text.codes {
		out[i] = of[c]
	}
}
