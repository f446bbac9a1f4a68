// Package doubledouble computes with unevaluated sums of two floats, 106 bits in
// all.
//
// A [Value] is Hi+Lo, where Hi is the float nearest to it. The operations are those
// of T. J. Dekker, A floating-point technique for extending the available precision
// (1971), with the error bounds of M. Joldes, J.-M. Muller and V. Popescu, Tight and
// rigorous error bounds for basic building blocks of double-word arithmetic (2017),
// in units of u² = 2^-106. Bounds hold unless something overflows or falls below
// 2^-969, where the error of a product is no longer a float; what is not finite
// ends as NaN.
//
// A product is never left where a compiler may fuse it with an addition: results are
// the same bits on every machine.
package doubledouble

import "math"

// Value is Hi+Lo.
type Value struct{ Hi, Lo float64 }

// TwoSum is a+b exactly, as the nearest float and the error (Knuth).
func TwoSum(a, b float64) Value {
	s := a + b
	t := s - a
	return Value{s, (a - (s - t)) + (b - t)}
}

// quickTwoSum is TwoSum where |a| ≥ |b|.
func quickTwoSum(a, b float64) Value {
	s := a + b
	return Value{s, b - (s - a)}
}

// TwoProduct is a·b exactly, as the nearest float and the error.
func TwoProduct(a, b float64) Value {
	p := float64(a * b)
	return Value{p, math.FMA(a, b, -p)}
}

// AddFloat is v+x, within 2u² of it.
func (v Value) AddFloat(x float64) Value {
	s := TwoSum(v.Hi, x)
	return quickTwoSum(s.Hi, s.Lo+v.Lo)
}

// Add is v+w, within 3u² of it also where they cancel.
func (v Value) Add(w Value) Value {
	s, t := TwoSum(v.Hi, w.Hi), TwoSum(v.Lo, w.Lo)
	s = quickTwoSum(s.Hi, s.Lo+t.Hi)
	return quickTwoSum(s.Hi, s.Lo+t.Lo)
}

// AddRough is v+w, within 3u² of |v|+|w|: all that can be asked of a running sum, at half
// of the cost of Add.
func (v Value) AddRough(w Value) Value {
	s := TwoSum(v.Hi, w.Hi)
	return quickTwoSum(s.Hi, s.Lo+(v.Lo+w.Lo))
}

// Neg is -v.
func (v Value) Neg() Value { return Value{-v.Hi, -v.Lo} }

// Mul is v·w, within 5u² of it.
func (v Value) Mul(w Value) Value {
	p := TwoProduct(v.Hi, w.Hi)
	low := math.FMA(v.Lo, w.Hi, float64(v.Hi*w.Lo))
	return quickTwoSum(p.Hi, p.Lo+low)
}

// DivFloat is v/x, within 3u² of it.
func (v Value) DivFloat(x float64) Value {
	q := v.Hi / x
	rest := math.FMA(-q, x, v.Hi) // exact
	return quickTwoSum(q, (rest+v.Lo)/x)
}

// Float is the nearest float.
func (v Value) Float() float64 { return v.Hi + v.Lo }
