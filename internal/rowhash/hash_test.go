package rowhash_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	"github.com/apache/arrow/go/v17/arrow/float16"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/internal/rowhash"
)

func hashes(seed uint64, sel []int32, cols ...arrow.Array) []uint64 {
	h := rowhash.Hasher{Seed: seed}
	out := make([]uint64, cols[0].Len())
	if sel != nil {
		out = out[:len(sel)]
	}
	h.Hash(cols, sel, out)
	return out
}

// fromText is an array of t of the texts, "" for null.
func fromText(t testing.TB, alloc memory.Allocator, typ arrow.DataType, texts ...string) arrow.Array {
	t.Helper()
	b := array.NewBuilder(alloc, typ)
	defer b.Release()
	for _, s := range texts {
		if s == "" {
			b.AppendNull()
		} else if err := b.AppendValueFromString(s); err != nil {
			t.Fatal(err)
		}
	}
	return b.NewArray()
}

// cases are columns of every supported type. The text
// "" is null; equal texts are one key.
var cases = []struct {
	typ   arrow.DataType
	texts []string
}{
	{arrow.FixedWidthTypes.Boolean, []string{"true", "false", "", "true"}},
	{arrow.PrimitiveTypes.Int8, []string{"0", "-1", "127", "-128", "", "0"}},
	{arrow.PrimitiveTypes.Int16, []string{"0", "-1", "32767", "-32768", "", "-1"}},
	{arrow.PrimitiveTypes.Int32, []string{"0", "-1", "2147483647", "", "-1"}},
	{arrow.PrimitiveTypes.Int64, []string{"0", "-1", "9223372036854775807", "-9223372036854775808", "", "-1"}},
	{arrow.PrimitiveTypes.Uint8, []string{"0", "1", "255", "", "1"}},
	{arrow.PrimitiveTypes.Uint16, []string{"0", "1", "65535", "", "1"}},
	{arrow.PrimitiveTypes.Uint32, []string{"0", "1", "4294967295", "", "1"}},
	{arrow.PrimitiveTypes.Uint64, []string{"0", "1", "18446744073709551615", "", "1"}},
	{arrow.PrimitiveTypes.Float32, []string{"0", "1.5", "-1.5", "Inf", "-Inf", "NaN", "", "NaN"}},
	{arrow.PrimitiveTypes.Float64, []string{"0", "1.5", "-1.5", "Inf", "-Inf", "NaN", "", "1.5"}},
	{arrow.BinaryTypes.String, []string{"a", "b", "", "abcd", "abcdefghi", "a longer text than sixteen", "a text that is by far longer than forty-eight bytes, so that lanes are used", "a"}},
	{arrow.BinaryTypes.LargeString, []string{"a", "b", "", "a"}},
	{arrow.BinaryTypes.Binary, []string{"YQ==", "Yg==", "", "YQ=="}},
	{arrow.BinaryTypes.LargeBinary, []string{"YQ==", "Yg==", "", "YQ=="}},
	{&arrow.FixedSizeBinaryType{ByteWidth: 3}, []string{"YWFh", "YWFi", "", "YWFh"}},
	{arrow.FixedWidthTypes.Date32, []string{"2024-01-01", "1960-02-29", "", "2024-01-01"}},
	{arrow.FixedWidthTypes.Date64, []string{"2024-01-01", "1960-02-29", "", "2024-01-01"}},
	{arrow.FixedWidthTypes.Time32s, []string{"12:00:00", "12:00:01", "", "12:00:00"}},
	{arrow.FixedWidthTypes.Time64us, []string{"12:00:00", "12:00:01", "", "12:00:00"}},
	{arrow.FixedWidthTypes.Timestamp_us, []string{"2024-01-01T00:00:00Z", "2024-01-01T00:00:01Z", "", "2024-01-01T00:00:00Z"}},
	{arrow.FixedWidthTypes.Duration_ms, []string{"10ms", "11ms", "", "10ms"}},
	{&arrow.Decimal128Type{Precision: 20, Scale: 2}, []string{"1.5", "-1.5", "", "1.50"}},
	{&arrow.Decimal256Type{Precision: 50, Scale: 2}, []string{"1.5", "-1.5", "", "1.50"}},
}

// TestEqualKeys checks of every type that equal values, nulls too, have one hash
// and different ones do not, in a slice and under a selection as well.
func TestEqualKeys(t *testing.T) {
	for _, c := range cases {
		t.Run(c.typ.String(), func(t *testing.T) {
			alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
			defer alloc.AssertSize(t, 0)
			if !rowhash.Supports(c.typ) {
				t.Fatal("not supported")
			}
			arr := fromText(t, alloc, c.typ, c.texts...)
			defer arr.Release()
			got := hashes(7, nil, arr)
			for i := range got {
				for j := range got {
					same := arr.IsNull(i) && arr.IsNull(j) || arr.IsValid(i) && arr.IsValid(j) && arr.ValueStr(i) == arr.ValueStr(j)
					if (got[i] == got[j]) != same {
						t.Errorf("%q and %q: hashes %x and %x", c.texts[i], c.texts[j], got[i], got[j])
					}
				}
			}
			part := array.NewSlice(arr, 1, int64(arr.Len()))
			defer part.Release()
			for i, h := range hashes(7, nil, part) {
				if h != got[i+1] {
					t.Errorf("sliced: row %d has %x, want %x", i, h, got[i+1])
				}
			}
			for i, h := range hashes(7, []int32{0, 2}, part) {
				if h != got[1+2*i] {
					t.Errorf("selected: row %d has %x, want %x", i, h, got[1+2*i])
				}
			}
			if other := hashes(8, nil, arr); other[0] == got[0] {
				t.Error("the seed makes no difference")
			}
		})
	}
}

func TestDictionaryHashesAsPlain(t *testing.T) {
	for _, c := range cases {
		for _, index := range []arrow.DataType{arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Int64} {
			t.Run(fmt.Sprint(c.typ, " by ", index), func(t *testing.T) {
				alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
				defer alloc.AssertSize(t, 0)
				values := fromText(t, alloc, c.typ, c.texts...)
				defer values.Release()
				for _, rows := range []int{0, 1, 3, 2000} { // the large one hashes the dictionary as a whole
					codes := array.NewBuilder(alloc, index)
					var at []int32
					rng := rand.New(rand.NewPCG(1, 2))
					for range rows {
						at = append(at, rng.Int32N(int32(len(c.texts))))
						if err := codes.AppendValueFromString(fmt.Sprint(at[len(at)-1])); err != nil {
							t.Fatal(err)
						}
					}
					indices := codes.NewArray()
					codes.Release()
					dict := array.NewDictionaryArray(&arrow.DictionaryType{IndexType: index, ValueType: c.typ}, indices, values)
					if !rowhash.Supports(dict.DataType()) {
						t.Fatal("not supported")
					}
					got, want := hashes(1, nil, dict), make([]uint64, rows)
					plain := rowhash.Hasher{Seed: 1}
					plain.Hash([]arrow.Array{values}, at, want)
					for i := range got {
						if got[i] != want[i] {
							t.Errorf("row %d of %d (%s): %x, want %x", i, rows, c.texts[at[i]], got[i], want[i])
						}
					}
					dict.Release()
					indices.Release()
				}
			})
		}
	}
}

// TestNullCodesAreNotLookedUp has codes out of range below nulls.
func TestNullCodesAreNotLookedUp(t *testing.T) {
	typ := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	valid := memory.NewBufferBytes([]byte{0b100})
	codes := memory.NewBufferBytes([]byte{100, 0xff, 0})
	plain := fromText(t, memory.DefaultAllocator, typ.ValueType, "x")
	data := array.NewDataWithDictionary(typ, 3, []*memory.Buffer{valid, codes}, 2, 0, plain.Data().(*array.Data))
	dict := array.NewDictionaryData(data)
	nulls := fromText(t, memory.DefaultAllocator, typ.ValueType, "", "", "x")
	if got, want := hashes(0, nil, dict), hashes(0, nil, nulls); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("hashes %x, want %x", got, want)
	}
	none := fromText(t, memory.DefaultAllocator, typ.ValueType)
	empty := array.NewDictionaryData(array.NewDataWithDictionary(typ, 2, []*memory.Buffer{memory.NewBufferBytes([]byte{0}), codes}, 2, 0, none.Data().(*array.Data)))
	if got, want := hashes(0, nil, empty), hashes(0, nil, nulls)[:2]; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("an empty dictionary: hashes %x, want %x", got, want)
	}
}

func TestFloatsOfOneKey(t *testing.T) {
	b := array.NewFloat64Builder(memory.DefaultAllocator)
	b.AppendValues([]float64{math.NaN(), math.Float64frombits(0xfff8dead00000001), math.Copysign(0, -1), 0}, nil)
	f := array.NewFloat32Builder(memory.DefaultAllocator)
	f.AppendValues([]float32{float32(math.NaN()), math.Float32frombits(0xffc00123), float32(math.Copysign(0, -1)), 0}, nil)
	h := array.NewFloat16Builder(memory.DefaultAllocator)
	h.AppendValues([]float16.Num{float16.FromBits(0x7e00), float16.FromBits(0xfe01), float16.FromBits(0x8000), float16.FromBits(0)}, nil)
	var first []uint64
	for _, arr := range []arrow.Array{b.NewArray(), f.NewArray(), h.NewArray()} {
		got := hashes(0, nil, arr)
		if got[0] != got[1] || got[2] != got[3] || got[0] == got[2] {
			t.Errorf("%s: %x: want one hash for NaN and another for zero", arr.DataType(), got)
		}
		if first == nil {
			first = got
		} else if fmt.Sprint(first) != fmt.Sprint(got) {
			t.Errorf("%s: %x, want as float64 %x", arr.DataType(), got, first)
		}
	}
}

// TestColumnsMatter checks that columns are told apart by place, and that what
// would zero one factor of a product does not hide the other columns.
func TestColumnsMatter(t *testing.T) {
	ints := func(v ...int64) arrow.Array {
		b := array.NewInt64Builder(memory.DefaultAllocator)
		b.AppendValues(v, nil)
		return b.NewArray()
	}
	a, b := ints(1, 2, 0, 5), ints(2, 1, 0, 5)
	ab, ba := hashes(0, nil, a, b), hashes(0, nil, b, a)
	if ab[0] == ba[0] || ab[0] != ba[1] || ab[2] != ba[2] {
		t.Errorf("%x and %x: want the order of the columns to matter", ab, ba)
	}
	zeroing := int64(0x6a09e667f3bcc909)
	z := ints(zeroing, zeroing)
	if got := hashes(0, nil, ints(1, 2), z); got[0] == got[1] {
		t.Errorf("a second column of %x hides the first", zeroing)
	}
	if got := hashes(0, nil, z, ints(1, 2)); got[0] == got[1] {
		t.Errorf("a first column of %x hides the second", zeroing)
	}
}

// TestPinned holds the hash itself: places of rows behind a shuffle go by it.
func TestPinned(t *testing.T) {
	for text, want := range map[string]uint64{
		"":                            0x57b630e0964af7bd,
		"a":                           0xdd4d8cd1c17659f9,
		"hash of rows":                0x6f4272b28e3771e0,
		"twenty-six letters and more": 0x9aec35d4bf2ba919,
		"a text of more than forty-eight bytes, in three lanes": 0xe48aeb41efbc0087,
	} {
		if got := rowhash.Bytes([]byte(text)); got != want {
			t.Errorf("Bytes(%q) = %#x, want %#x", text, got, want)
		}
	}
	if got, want := rowhash.Mix(1, 2), uint64(0x54ea16acab89e008); got != want {
		t.Errorf("Mix(1, 2) = %#x, want %#x", got, want)
	}
}

func TestDecimalsUseAllLimbs(t *testing.T) {
	b := array.NewDecimal128Builder(memory.DefaultAllocator, &arrow.Decimal128Type{Precision: 38})
	b.Append(decimal128.New(1, 5))
	b.Append(decimal128.New(2, 5))
	b.Append(decimal128.New(1, 6))
	c := array.NewDecimal256Builder(memory.DefaultAllocator, &arrow.Decimal256Type{Precision: 70})
	for i := range uint64(4) {
		limbs := [4]uint64{1, 1, 1, 1}
		limbs[i]++
		c.Append(decimal256.New(limbs[3], limbs[2], limbs[1], limbs[0]))
	}
	for _, arr := range []arrow.Array{b.NewArray(), c.NewArray()} {
		seen := map[uint64]bool{}
		for _, h := range hashes(0, nil, arr) {
			if seen[h] {
				t.Errorf("%s: two values share a hash", arr.DataType())
			}
			seen[h] = true
		}
	}
}

func TestSupports(t *testing.T) {
	for _, typ := range []arrow.DataType{
		arrow.ListOf(arrow.PrimitiveTypes.Int64), arrow.StructOf(), arrow.FixedWidthTypes.MonthInterval, arrow.BinaryTypes.StringView,
		&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.ListOf(arrow.BinaryTypes.String)},
	} {
		if rowhash.Supports(typ) {
			t.Errorf("Supports(%s) = true", typ)
		}
	}
}
