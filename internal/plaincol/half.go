package plaincol

import "github.com/apache/arrow/go/v17/arrow/float16"

// HalfFloat is h as a float32, exactly; subnormals too, which Arrow's own conversion
// takes for zero.
func HalfFloat(h float16.Num) float32 {
	if b := h.Uint16(); b&0x7c00 == 0 {
		v := float32(b&0x3ff) * 0x1p-24
		if b>>15 == 1 {
			v = -v
		}
		return v
	}
	return h.Float32()
}
