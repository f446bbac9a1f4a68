package expr

import (
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
)

// numbers converts numbers, and bools to integers.
func numbers(from, to arrow.DataType) conversion {
	k, l := kindOf(from), kindOf(to)
	scale := int32(0)
	if t, ok := from.(*arrow.Decimal128Type); ok {
		scale = t.Scale
	}
	switch {
	case l == decimal:
		return toDecimals(k, scale, to.(*arrow.Decimal128Type))
	case l == floating:
		single := to.ID() == arrow.FLOAT32
		return func(r *run, v, x *vec, count int, bad []int32) ([]int32, error) {
			v.floats, v.buf = filled[float64](r, count)
			return toFloats(v.floats, x, scale, single, bad), nil
		}
	case l == signed:
		least, most := bitsRange(to)
		return func(r *run, v, x *vec, count int, bad []int32) ([]int32, error) {
			v.ints, v.buf = filled[int64](r, count)
			return toInts(v.ints, x, scale, least, most, bad), nil
		}
	}
	most := uint64(math.MaxUint64) >> (64 - to.(arrow.FixedWidthDataType).BitWidth())
	return func(r *run, v, x *vec, count int, bad []int32) ([]int32, error) {
		v.uints, v.buf = filled[uint64](r, count)
		return toUints(v.uints, x, scale, most, bad), nil
	}
}

func toInts(out []int64, x *vec, scale int32, least, most int64, bad []int32) []int32 {
	for i, b := range x.bools {
		out[i] = int64(one(b))
	}
	for i, s := range x.ints {
		out[i] = s
		if s < least || s > most {
			bad = append(bad, int32(i))
		}
	}
	for i, u := range x.uints {
		out[i] = int64(u)
		if u > uint64(most) {
			bad = append(bad, int32(i))
		}
	}
	for i, f := range x.floats {
		if f != math.Trunc(f) || f >= 1<<63 || f < -1<<63 || int64(f) < least || int64(f) > most {
			bad = append(bad, int32(i))
			f = 0
		}
		out[i] = int64(f)
	}
	for i, d := range x.decs {
		q, rest := quotient(d, scale)
		out[i] = int64(q.LowBits())
		if rest.Sign() != 0 || q.HighBits() != out[i]>>63 || out[i] < least || out[i] > most {
			bad = append(bad, int32(i))
		}
	}
	return bad
}

func toUints(out []uint64, x *vec, scale int32, most uint64, bad []int32) []int32 {
	for i, b := range x.bools {
		out[i] = uint64(one(b))
	}
	for i, s := range x.ints {
		out[i] = uint64(s)
		if s < 0 || uint64(s) > most {
			bad = append(bad, int32(i))
		}
	}
	for i, u := range x.uints {
		out[i] = u
		if u > most {
			bad = append(bad, int32(i))
		}
	}
	for i, f := range x.floats {
		if f != math.Trunc(f) || f >= 1<<64 || f < 0 || uint64(f) > most {
			bad = append(bad, int32(i))
			f = 0
		}
		out[i] = uint64(f)
	}
	for i, d := range x.decs {
		q, rest := quotient(d, scale)
		out[i] = q.LowBits()
		if rest.Sign() != 0 || q.HighBits() != 0 || out[i] > most {
			bad = append(bad, int32(i))
		}
	}
	return bad
}

// toFloats writes the nearest floats, of 32 bits where single is set.
func toFloats(out []float64, x *vec, scale int32, single bool, bad []int32) []int32 {
	for i, s := range x.ints {
		out[i] = float64(s)
		if single {
			out[i] = float64(float32(s))
		}
	}
	for i, u := range x.uints {
		out[i] = float64(u)
		if single {
			out[i] = float64(float32(u))
		}
	}
	for i, f := range x.floats {
		out[i] = f
		if single {
			out[i] = float64(float32(f))
			if math.IsInf(out[i], 0) && !math.IsInf(f, 0) {
				bad = append(bad, int32(i))
			}
		}
	}
	for i, d := range x.decs {
		out[i] = float(d, scale)
		if single {
			out[i] = float32Of(d, scale)
		}
	}
	return bad
}

// toDecimals converts numbers to decimals of type t.
func toDecimals(from kind, scale int32, t *arrow.Decimal128Type) conversion {
	up := decimal128.GetScaleMultiplier(int(max(t.Scale-scale, 0)))
	down := max(scale-t.Scale, 0)
	return func(r *run, v, x *vec, count int, bad []int32) ([]int32, error) {
		out, buf := filled[num](r, count)
		v.decs, v.buf = out, buf
		put := func(i int, d num, ok bool) {
			if !ok || !fits(d, t.Precision) {
				bad = append(bad, int32(i))
			}
			out[i] = d
		}
		in := x.decs
		switch from {
		case floating:
			for i, f := range x.floats {
				d, ok := nearestDecimal(f, t.Scale)
				put(i, d, ok)
			}
			return bad, nil
		case signed, unsigned:
			in = integersAsDecimals(r, x)
		}
		for i, d := range in {
			if down > 0 {
				put(i, rounded(d, down), true)
				continue
			}
			d, ok := mulNum(d, up)
			put(i, d, ok)
		}
		return bad, nil
	}
}
