package bytescan

import (
	"bytes"
	"testing"
)

// benchBytes stay in the second-level cache.
const benchBytes = 64 << 10

// csv are rows of nine columns, about ten delimiters to 64 bytes.
func csv() []byte {
	return bytes.Repeat([]byte("id016,id016,id0000042202,15,24,5971,5,11,37.211254\n"), benchBytes/51+1)[:benchBytes]
}

func BenchmarkMasks(b *testing.B) {
	data, dst, set := csv(), make([]uint64, benchBytes/16), [4]byte{',', '\n', '"', '\r'}
	each(b, func(w twin) func() { return func() { w.masks(dst, data, set) } })
	naive(b, func() {
		clear(dst)
		for i, c := range data {
			for k, s := range set {
				if c == s {
					dst[i>>6*4+k] |= 1 << (i & 63)
				}
			}
		}
	})
}

func BenchmarkPairs(b *testing.B) {
	data, dst, set := csv(), make([]uint64, benchBytes/64), [4]byte{',', '\n', '"', '\r'}
	ys, other := 0, false
	each(b, func(w twin) func() { return func() { ys, other = w.pairs(dst, data, set) } })
	naive(b, func() {
		clear(dst)
		for i, c := range data {
			switch c {
			case '\n':
				ys++
				fallthrough
			case ',':
				dst[i>>6] |= 1 << (i & 63)
			case '"', '\r':
				other = true
			}
		}
	})
	if ys == 0 || other {
		b.Error("no line feed was found, or a quote")
	}
}

func BenchmarkRows(b *testing.B) {
	data, dst, set := csv(), make([]uint64, benchBytes/64), [4]byte{',', '\n', '"', '\r'}
	r := new(Rhythm)
	each(b, func(w twin) func() {
		return func() {
			r.Begin(9)
			w.rows(dst, data, set, r)
		}
	})
	if !r.Held() {
		b.Error("rows are not as they should be")
	}
	naive(b, func() {
		place, held := 0, true
		clear(dst)
		for i, c := range data {
			if c == ',' || c == '\n' {
				dst[i>>6] |= 1 << (i & 63)
				place++
				held = held && (c == '\n') == (place%9 == 0)
			}
		}
	})
}

func BenchmarkBetween(b *testing.B) {
	places, dst := make([]uint32, 9*2048+1), make([][2]uint32, 2048)
	for _, c := range []struct {
		name  string
		width int
	}{{"2", 2}, {"9", 9}} {
		b.Run(c.name, func(b *testing.B) {
			for name, f := range map[string]func(){
				"chosen": func() { Between(dst, places, c.width) },
				"go":     func() { betweenGo(dst, places, c.width) },
				"naive": func() {
					for r := range dst {
						dst[r] = [2]uint32{places[r*c.width] + 1, places[r*c.width+1]}
					}
				},
			} {
				b.Run(name, func(b *testing.B) {
					for b.Loop() {
						f()
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(len(dst)*b.N), "ns/span")
				})
			}
		})
	}
}

func BenchmarkPositions(b *testing.B) {
	for _, c := range []struct{ name, set string }{{"ten in a block", ",\n"}, {"one in a block", "\n\n"}} {
		b.Run(c.name, func(b *testing.B) {
			data, m, dst := csv(), make([]uint64, benchBytes/64), make([]uint32, benchBytes)
			Pairs(m, data, c.set[0], c.set[1], 0, 0)
			each(b, func(w twin) func() { return func() { w.positions(dst, m, 0) } })
			naive(b, func() {
				n := 0
				for i, x := range data {
					if x == c.set[0] || x == c.set[1] {
						dst[n] = uint32(i)
						n++
					}
				}
			})
		})
	}
}

func BenchmarkInQuotes(b *testing.B) {
	data, quotes, dst := csv(), make([]uint64, benchBytes/64), make([]uint64, benchBytes/64)
	Pairs(quotes, data, ',', ',', 0, 0)
	each(b, func(w twin) func() { return func() { w.inQuotes(dst, quotes, 0) } })
	naive(b, func() {
		clear(dst)
		within := false
		for i, c := range data {
			if within = within != (c == ','); within {
				dst[i>>6] |= 1 << (i & 63)
			}
		}
	})
}

func BenchmarkASCII(b *testing.B) {
	data, n := csv(), 0
	each(b, func(w twin) func() { return func() { n = w.asciiSteps(data) } })
	naive(b, func() {
		for n = 0; n < len(data) && data[n] < 0x80; n++ {
		}
	})
	if n != len(data) {
		b.Error("not all is ASCII")
	}
}

func each(b *testing.B, of func(w twin) func()) {
	for _, w := range twins {
		run(b, w.name, of(w))
	}
}

func naive(b *testing.B, f func()) { run(b, "naive", f) }

func run(b *testing.B, name string, f func()) {
	b.Run(name, func(b *testing.B) {
		b.SetBytes(benchBytes)
		for b.Loop() {
			f()
		}
	})
}
