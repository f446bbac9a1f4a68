package operators

import (
	"math"
	"math/bits"
	"slices"
)

// Values are selected as words that have their order, as in order_words.go: then a
// comparison is a subtraction, and no step of a partition is a branch that depends on it.

// rankWords writes the words of values to the front of to, and returns how many they are.
// All NaNs are the greatest word.
func rankWords[T number](to []uint64, values []T) int {
	to = to[:len(values)]
	switch zero := T(0); any(zero).(type) {
	case float32, float64:
		for i, v := range values {
			b := math.Float64bits(float64(v))
			b ^= uint64(int64(b)>>63) | signBit
			if v != v {
				b = math.MaxUint64
			}
			to[i] = b
		}
	case int8, int16, int32, int64:
		for i, v := range values {
			to[i] = uint64(int64(v)) ^ signBit
		}
	default:
		for i, v := range values {
			to[i] = uint64(v)
		}
	}
	return len(values)
}

// floatOf is the value of a word of a T, as a float64.
func floatOf[T number](word uint64) float64 {
	switch zero := T(0); any(zero).(type) {
	case float32, float64:
		if word == math.MaxUint64 {
			return math.NaN()
		}
		return math.Float64frombits(word ^ (uint64(int64(^word)>>63) | signBit))
	case int8, int16, int32, int64:
		return float64(int64(word ^ signBit))
	}
	return float64(word)
}

const (
	sortedWords = 24 // words that are put in order by insertion
	sampleWords = 16 // words that a pivot is chosen of
	wideSample  = 64 // and where there are wideFrom words or more
	wideFrom    = 1 << 13
)

// selectNth puts words in an order where words[n] is what it would be if they were sorted,
// with none greater before it and none less behind; nor is any word less from end on than
// one before end, which is behind n.
//
// It is C. A. R. Hoare's Find with N. Lomuto's partition, which has no branch to mispredict,
// and pivots a little beyond the wanted place, as R. W. Floyd and R. L. Rivest choose them
// (Expected time bounds for selection, 1975): the part that is left is mostly small. Where
// pivots are bad it sorts, so that no data makes it quadratic.
func selectNth(words []uint64, n int) (end int) {
	lo, hi := 0, len(words)
	for bad := 2 * bits.Len(uint(len(words))); hi-lo > sortedWords; bad-- {
		if bad == 0 {
			slices.Sort(words[lo:hi])
			return hi
		}
		pivot := choosePivot(words[lo:hi], n-lo)
		at := lo + partition(words[lo:hi], pivot)
		switch {
		case n < at:
			hi = at
		case at > lo:
			lo = at
		case pivot == math.MaxUint64:
			return hi // nothing is less than the greatest word
		default: // the pivot is the least; all that are equal go to the front
			if at = lo + partition(words[lo:hi], pivot+1); n < at {
				return at
			}
			lo = at
		}
	}
	insertionSort(words[lo:hi])
	return hi
}

// partition puts the words less than pivot in front, and returns how many they are.
func partition(words []uint64, pivot uint64) int {
	at := uint64(0)
	for i, w := range words {
		words[i] = words[at]
		words[at] = w
		_, less := bits.Sub64(w, pivot, 0)
		at += less
	}
	return int(at)
}

// choosePivot is one of words, near the place of the n-th least and probably on its far
// side, seen from the nearer end.
func choosePivot(words []uint64, n int) uint64 {
	var sample [wideSample]uint64
	size, margin := sampleWords, 2
	if len(words) >= wideFrom {
		size, margin = wideSample, 4
	}
	chosen, step := sample[:size], len(words)/size
	for i := range chosen {
		chosen[i] = words[i*step+i*7%step]
	}
	insertionSort(chosen)
	at := n * size / len(words)
	if 2*n < len(words) {
		return chosen[min(at+margin, size-1)]
	}
	return chosen[max(at-margin, 0)]
}

func insertionSort(words []uint64) {
	for i := 1; i < len(words); i++ {
		w, j := words[i], i
		for ; j > 0 && w < words[j-1]; j-- {
			words[j] = words[j-1]
		}
		words[j] = w
	}
}
