package textcol

import "testing"

// A column is one of long numbers where many of the first are, whatever their signs.
func TestGlance(t *testing.T) {
	for text, long := range map[string]bool{"1": false, "12345678": false, "-12345678": false, "123456789": true, "99.123456": true, "-123456789": true, "": false} {
		data, fields := []byte{}, []Field{}
		for range 64 {
			fields = append(fields, Field{uint32(len(data)), uint32(len(data) + len(text))})
			data = append(data, text...)
		}
		var few, many misses
		few.glance(data, append(fields[:8:8], make([]Field, 100)...))
		many.glance(data, fields[:9])
		if few.long || many.long != long {
			t.Errorf("%q: 8 are long: %v, 9: %v", text, few.long, many.long)
		}
	}
}
