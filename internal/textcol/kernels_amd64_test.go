//go:build !purego

package textcol

import (
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// twins are the arrays that fields become with kernels and without, and what is bad.
func twins(t testing.TB, of arrow.DataType, o Options, data []byte, fields []Field) (arrays [2]arrow.Array, bad [2][]int32) {
	t.Helper()
	if !fast {
		t.Skip("the CPU has no AVX2")
	}
	defer func() { fast = true }()
	for i := range arrays {
		fast = i == 0
		c, err := New(of, o, memory.DefaultAllocator)
		if err != nil {
			t.Fatal(err)
		}
		bad[i] = c.Append(data, fields, nil)
		arrays[i] = c.Array()
	}
	return arrays, bad
}

// checkTwins compares the two, bit by bit.
func checkTwins(t testing.TB, data []byte, fields []Field) {
	t.Helper()
	for _, of := range []arrow.DataType{arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Uint64, arrow.PrimitiveTypes.Float64} {
		for _, exact := range []bool{false, true} {
			arrays, bad := twins(t, of, Options{Exact: exact}, data, fields)
			for i, f := range fields {
				var text []byte
				if from := f.From & Mask; from < f.To {
					text = data[from:f.To]
				}
				if bitsOf(arrays[0], i) != bitsOf(arrays[1], i) || arrays[0].IsNull(i) != arrays[1].IsNull(i) {
					t.Fatalf("%v, exact %v: %q is %v with kernels and %v without", of, exact, text, arrays[0].ValueStr(i), arrays[1].ValueStr(i))
				}
			}
			if len(bad[0]) != len(bad[1]) {
				t.Fatalf("%v, exact %v: %d fields are bad with kernels and %d without", of, exact, len(bad[0]), len(bad[1]))
			}
		}
	}
}

// checkKernels holds what a kernel says that it could do, of short fields or of all,
// against the slow part.
func checkKernels(t testing.TB, data []byte, fields []Field) {
	t.Helper()
	if !fast {
		t.Skip("the CPU has no AVX2")
	}
	ints, floats := make([]int64, len(fields)), make([]float64, len(fields))
	for k := range 8 {
		m := misses{exact: k&1 != 0, long: k&2 != 0}
		signed := k&4 != 0
		var oddInts, oddFloats oddBits
		manyInts(ints, data, fields, signed, &m, &oddInts)
		n := manyFloats(floats, data, fields, &m, &oddFloats)
		for i, f := range fields[:n] {
			var text []byte
			if from := f.From & Mask; from < f.To {
				text = data[from:f.To]
			}
			loses := m.exact && LosesZeros(text)
			easy := len(text) > 0 && len(text) <= 8 && isDigits(text) && !loses
			for _, f := range fields[i&^3:][:4] { // that are done at once
				easy = easy && f.To >= 16
			}
			if oddInts[i/64]>>(i%64)&1 == 0 {
				v, negative, ok := integer(text)
				if negative {
					v = -v
				}
				if !ok || loses || negative && !signed || ints[i] != int64(v) {
					t.Fatalf("%+v, signed %v: %q is %d", m, signed, text, ints[i])
				}
			} else if easy {
				t.Fatalf("%+v: %q is odd", m, text)
			}
			if oddFloats[i/64]>>(i%64)&1 == 0 {
				if v, ok := anyFloat(text, 64); !ok || loses || math.Float64bits(floats[i]) != math.Float64bits(v) {
					t.Fatalf("%+v: %q is %v", m, text, floats[i])
				}
			} else if easy {
				t.Fatalf("%+v: %q is odd as a float", m, text)
			}
		}
	}
}

// checkScaled holds what the kernel of scaled floats says that it could do against the
// slow part.
func checkScaled(t testing.TB, data []byte, fields []Field) {
	t.Helper()
	if !fast {
		t.Skip("the CPU has no AVX2")
	}
	fours := min(len(fields)/4, 16*len(oddBits{}))
	floats := make([]float64, 4*fours)
	for scale := range scales {
		for k := range 4 {
			exact, long := k&1 != 0, k&2 != 0
			if long && scale == 0 {
				continue
			}
			var odd oddBits
			by, kernel, most := scaledSettings(data, scale, exact), scaledFloatsAVX2, 8
			if long {
				kernel, most = longScaledFloatsAVX2, 16
			}
			kernel(&floats[0], &data[0], (*uint64)(unsafe.Pointer(&fields[0])), fours, &by, &odd[0])
			for i, f := range fields[:4*fours] {
				var text []byte
				if from := f.From & Mask; from < f.To {
					text = data[from:f.To]
				}
				loses := exact && LosesZeros(text)
				easy := len(text) > 0 && len(text) <= most && !loses && isScaled(text, scale)
				for _, f := range fields[i&^3:][:4] { // that are done at once
					easy = easy && f.To >= 16
				}
				if odd[i/64]>>(i%64)&1 == 0 {
					if v, ok := anyFloat(text, 64); !ok || loses || math.Float64bits(floats[i]) != math.Float64bits(v) {
						t.Fatalf("scale %d, exact %v, long %v: %q is %v", scale, exact, long, text, floats[i])
					}
				} else if easy {
					t.Fatalf("scale %d, exact %v, long %v: %q is odd", scale, exact, long, text)
				}
			}
		}
	}
}

// isScaled reports whether text is digits, of which so many stand behind a point, behind
// a minus sign.
func isScaled(text []byte, scale int) bool {
	if text[0] == '-' {
		text = text[1:]
	}
	if scale == 0 {
		return len(text) > 0 && isDigits(text)
	}
	point := len(text) - 1 - scale
	return point >= 0 && text[point] == '.' && isDigits(text[:point]) && isDigits(text[point+1:])
}

// Decimals of one scale, and some that are others or no numbers.
func TestScaled(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	for round := range 300 {
		data, scale := []byte("................"), round%(scaleMost+3)
		for len(data) < 4000 {
			v := int64(rng.Uint64() >> (64 - 3*rng.IntN([]int{10, 18, 21}[round%4%3])))
			if rng.IntN(2) == 0 {
				v = -v
			}
			text := []byte(decimal128.FromI64(v).ToString(int32(scale)))
			switch rng.IntN([]int{20, 100}[round%2]) {
			case 0:
				text = []byte(decimal128.FromI64(v).ToString(int32(rng.IntN(5))))
			case 1:
				text[rng.IntN(len(text))] = "0.-/: 5"[rng.IntN(7)]
			case 2:
				text = text[rng.IntN(len(text)+1):]
			}
			data = append(append(data, text...), ',')
		}
		fields := fieldsOf(data)
		fields = fields[:4+rng.IntN(len(fields)-3)]
		checkScaled(t, data, fields)
		checkTwins(t, data, fields)
	}
}

// Columns whose scale changes, or that have several, are left to the other kernel for a
// while.
func TestScalesChange(t *testing.T) {
	data := []byte("................,")
	for i := range 256 {
		data = append(data, []string{"1.5,", "1.25,"}[i%2]...)
	}
	for range 256 {
		data = append(data, "2.25,"...)
	}
	fields := fieldsOf(data)[1:]
	dst, m := make([]float64, len(fields)), misses{leasts: anyDigits, wholes: anyWhole}
	for i := range kernelPause + 2 {
		parseFloats(dst[:256], data, fields[:256], &m)
		if want := kernelPause - i%(kernelPause+1); fast && m.mixed != want || m.pause > 0 {
			t.Fatalf("call %d: %+v, want a pause of %d", i, m, want)
		}
	}
	m.mixed = 0
	parseFloats(dst[256:], data, fields[256:], &m)
	if m.mixed > 0 || dst[0] != 1.5 || dst[255] != 1.25 || dst[256] != 2.25 || dst[511] != 2.25 {
		t.Errorf("%+v: %v", m, dst)
	}
}

func isDigits(text []byte) bool { return digitsAt(text, 0) == len(text) }

func bitsOf(arr arrow.Array, i int) uint64 {
	switch arr := arr.(type) {
	case *array.Int64:
		return uint64(arr.Value(i))
	case *array.Uint64:
		return arr.Value(i)
	case *array.Float64:
		return math.Float64bits(arr.Value(i))
	}
	panic("of another type")
}

// fieldsOf cuts data at commas.
func fieldsOf(data []byte) (fields []Field) {
	from := 0
	for i, c := range data {
		if c == ',' {
			fields = append(fields, Field{uint32(from), uint32(i)})
			from = i + 1
		}
	}
	return fields
}

func TestKernels(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	for round := range 300 {
		var data []byte
		for len(data) < 3000 {
			n := rng.IntN([]int{3, 9, 18, 22}[round%4])
			if rng.IntN(3) == 0 {
				data = append(data, "-+ -"[rng.IntN(4)])
			}
			point := rng.IntN(2*n + 1)
			for i := range n {
				if i == point && round%8 > 1 {
					data = append(data, '.')
				}
				data = append(data, "0123456789000\x1e\x10./:e-"[rng.IntN([]int{10, 13, 20}[round%3])])
			}
			data = append(data, ',')
		}
		fields := fieldsOf(data)
		rng.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
		fields = fields[:64+rng.IntN(len(fields)-63)]
		checkTwins(t, data, fields)
		checkKernels(t, data, fields)
		checkScaled(t, data, fields)
	}
}

func FuzzKernels(f *testing.F) {
	f.Add([]byte("1,-2,3.5,-0.25,007,1e5,.5,5.,.,-,,+1,1.2.3,9007199254740993,90071992547409.93,1234567890123456"))
	f.Add([]byte("0.123456789,-12345678.12345678,99999999,999999999,0,00,-0,-00,0.0,00.0"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<10 {
			t.Skip("long")
		}
		data = append(append(make([]byte, 16), ','), append(data, ',')...)
		fields := fieldsOf(data)
		for len(fields) < 64 {
			fields = append(fields, fields...)
		}
		checkTwins(t, data, fields)
		checkKernels(t, data, fields)
		checkScaled(t, data, fields)
	})
}
