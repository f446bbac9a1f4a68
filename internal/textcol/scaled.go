package textcol

// scaleMost is the most digits behind a point that the loop of scaled floats takes.
const scaleMost = 6

// scaled is what that loop goes by, for fields of one number of digits behind the
// point. The point then stands in the same place of all words, which end where fields
// do, and needs neither be found nor taken out:
//
//	word     x x - 1 2 3 . 4     scale 1
//	text     0 0 0 0 0 0 . 0     xor: digits become their values, the point 0
//	most     9 9 9 9 9 9 0 9
//	pairs    10 1 10 1 10 1 0 1  a pair is 10 or 1 times the last power of ten in it
//	fours    100 1 10 1
//	factor   1000                of the first four
//
// Long fields have a second word of eight digits before it.
type scaled struct {
	text, most, pairs, fours, factor uint64
	divisor                          float64
	least                            uint64 // there are more characters where there are any digits
	whole                            uint64 // and more than that where there are several before the point
}

var scales = func() (all [scaleMost + 1]scaled) {
	for scale := range all {
		s := &all[scale]
		*s = scaled{text: zeros, most: 9 * ones, divisor: tens[scale], least: 0, whole: 1}
		point := 8
		if scale > 0 {
			point = 7 - scale
			s.text ^= uint64('0'^'.') << (8 * point)
			s.most ^= 9 << (8 * point)
			s.least, s.whole = uint64(scale), uint64(scale)+2
		}
		var power [8]uint64 // of ten that a digit counts
		for i, p := 7, uint64(1); i >= 0; i-- {
			if i != point {
				power[i], p = p, 10*p
			}
		}
		var last [4]uint64 // the least power of a pair
		for pair := range last {
			a, b := power[2*pair], power[2*pair+1]
			if last[pair] = b; b == 0 {
				last[pair] = a
			}
			s.pairs |= (a/last[pair] | b/last[pair]<<8) << (16 * pair)
		}
		s.fours = last[0]/last[1] | 1<<16 | last[2]/last[3]<<32 | 1<<48
		s.factor = last[1]
	}
	return all
}()

// usualScale is how many digits stand behind the points of most fields, as the first ones
// have it: where zeros at the end are left out, most have as many as any.
func usualScale(data []byte, fields []Field) (scale int) {
	for _, f := range fields[:min(len(fields), 8)] {
		from := int(f.From & Mask)
		if from >= int(f.To) {
			continue
		}
		text := data[from:f.To]
		for i := len(text) - 1; i >= 0 && i >= len(text)-1-scaleMost; i-- {
			if text[i] == '.' {
				scale = max(scale, len(text)-1-i)
				break
			}
		}
	}
	return scale
}
