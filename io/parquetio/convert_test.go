package parquetio

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	df "github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

// TestBigEndian: numbers of any length, against math/big.
func TestBigEndian(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 20_000 {
		b := make([]byte, rng.IntN(40))
		for i := range b {
			b[i] = byte(rng.IntN(256))
		}
		if n := rng.IntN(len(b) + 1); rng.IntN(2) == 0 { // of few digits
			fill := byte(0)
			if rng.IntN(2) == 0 {
				fill = 0xff
			}
			for i := range n {
				b[i] = fill
			}
		}
		want := new(big.Int).SetBytes(b)
		if len(b) > 0 && b[0] >= 0x80 {
			want.Sub(want, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
		}
		for _, words := range []int{2, 4} {
			out := make([]uint64, words)
			err := bigEndian(out, b)
			limit := new(big.Int).Lsh(big.NewInt(1), uint(64*words-1))
			if fits := want.Cmp(limit) < 0 && want.Cmp(new(big.Int).Neg(limit)) >= 0; fits != (err == nil) {
				t.Fatalf("seed %d: %x in %d words: %v", seed, b, words, err)
			}
			if err != nil {
				continue
			}
			got := new(big.Int)
			for i := words - 1; i >= 0; i-- {
				got.Or(got.Lsh(got, 64), new(big.Int).SetUint64(out[i]))
			}
			if out[words-1]>>63 == 1 {
				got.Sub(got, new(big.Int).Lsh(big.NewInt(1), uint(64*words)))
			}
			if got.Cmp(want) != 0 {
				t.Fatalf("seed %d: %x: got %s, want %s", seed, b, got, want)
			}
		}
	}
}

func TestConversionsRefuse(t *testing.T) {
	dst := make([]byte, 64)
	i32 := func(v int32) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(v)) }
	i96 := func(nanos int64, day int32) []byte {
		return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint64(nil, uint64(nanos)), uint32(day))
	}
	for _, c := range []struct {
		name string
		c    convert
		src  []byte
		ok   bool
	}{
		{"int8", narrow[int8], i32(-128), true}, {"int8 too big", narrow[int8], i32(128), false}, {"uint8", narrow[uint8], i32(255), true}, {"uint8 negative", narrow[uint8], i32(-1), false},
		{"short", copied(8), make([]byte, 7), false},
		{"1970", julian, i96(0, 2440588), true}, {"1677", julian, i96(0, 2440588-106751), true}, {"too early", julian, i96(0, 2440588-106752), false},
		{"2262", julian, i96(0, 2440588+106751), true}, {"too late", julian, i96(86_399_999_999_999, 2440588+106751), false}, {"no time of day", julian, i96(math.MinInt64, 2440588), false},
	} {
		n, err := c.c(dst, c.src, 1)
		if c.ok != (err == nil) || err == nil && n != len(c.src) {
			t.Errorf("%s: %d, %v", c.name, n, err)
		}
	}
}

// TestSpread: values go to the rows that have one, of any width.
func TestSpread(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 2000 {
		width, rows, at := []int{1, 2, 4, 8, 16, 32, 3}[rng.IntN(7)], rng.IntN(50), rng.IntN(20)
		valid := make([]byte, (at+rows+7)/8+1)
		got, want := make([]byte, rows*width), make([]byte, rows*width)
		offsets := []int32{5}
		var ends []int32
		present := 0
		for i := range rows {
			if rng.IntN(3) > 0 {
				valid[(at+i)/8] |= 1 << ((at + i) % 8)
				for b := range width {
					v := byte(rng.IntN(256))
					got[present*width+b], want[i*width+b] = v, v
				}
				offsets = append(offsets, offsets[present]+rng.Int32N(9))
				present++
			}
			ends = append(ends, offsets[present])
		}
		if rng.IntN(2) == 0 && present < rows { // what stood behind the values does not matter
			got[present*width] = 99
		}
		for len(offsets) < rows+1 {
			offsets = append(offsets, -1)
		}
		spreadFixed(got, width, valid, at, present)
		spreadOffsets(offsets, valid, at, present)
		if !slices.Equal(got, want) || !slices.Equal(offsets[1:], ends) {
			t.Fatalf("seed %d: width %d, %d of %d rows", seed, width, present, rows)
		}
	}
}

// TestBitPackedLevels: the deprecated encoding, high bits first.
func TestBitPackedLevels(t *testing.T) {
	env := df.NewEnv(t, newLedger(t))
	data := []byte{0b10110000, 0b01000000} // rows 0, 2, 3, 9 of 10
	for _, v := range []int32{7, 8, 9, 10} {
		data = binary.LittleEndian.AppendUint32(data, uint32(v))
	}
	page := dataPageOf(10, data, crc32.ChecksumIEEE(data))
	var old, now thrift
	for _, e := range []int32{encodingPlain, encodingRLE} {
		old.int(1, e)
	}
	for _, e := range []int32{encodingPlain, encodingBitPacked} {
		now.int(1, e)
	}
	page = bytes.Replace(page, old.b, now.b, 1)
	f := chunkOf(page, 10, compress.Codecs.Uncompressed, &fileColumn{physical: physicalInt32, t: arrow.PrimitiveTypes.Int32, optional: true}, &env)
	defer f.close()
	arr, err := f.read(10)
	if err != nil {
		t.Fatal(err)
	}
	defer arr.Release()
	if got := arr.String(); got != "[7 (null) 8 9 (null) (null) (null) (null) (null) 10]" {
		t.Errorf("got %s", got)
	}
}

// TestLongStrings: a batch ends before its strings are too many.
func TestLongStrings(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	values := make([]any, 80)
	for i := range values {
		values[i] = long
	}
	rec := df.Batch(df.ColOf("s", arrow.BinaryTypes.String, values...), df.Col("i", make([]int64, 80)))
	s := Scan(written(t, []arrow.Record{rec}))
	env := df.NewEnv(t, newLedger(t))
	env.BatchRows = 2000
	splits, err := s.Splits(t.Context(), 0, env)
	if err != nil {
		t.Fatal(err)
	}
	total := int64(0)
	for c, err := range s.Read(t.Context(), splits[0], env) {
		if err != nil {
			t.Fatal(err)
		}
		total += c.Rec.NumRows()
		c.Rec.Release()
	}
	if total != 80 {
		t.Errorf("%d rows", total)
	}
	// Past what 32-bit offsets can say, it is an error, not a wrap.
	c := &bytesColumn[int32]{t: arrow.BinaryTypes.String, env: &env, used: 1 << 30}
	if err := c.room(1 << 30); err == nil || !strings.Contains(err.Error(), "do not fit a batch") {
		t.Errorf("error %v", err)
	}
	// The budget is asked before much is taken.
	tight := env
	tight.Reserve = func(int64) error { return dataflow.ErrBudget }
	for _, err := range s.Read(t.Context(), splits[0], tight) {
		if err == nil || !strings.Contains(err.Error(), "memory budget exceeded") {
			t.Errorf("error %v", err)
		}
	}
}
