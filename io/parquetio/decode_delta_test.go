package parquetio

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"math/big"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	df "github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

// deltaForm is one of the ways in which writers store differences.
type deltaForm struct {
	block, minis int
	narrow       bool // differences wrap around at 32 bits; else they may take 33
	litter       byte // the bits that miniblocks without values are said to have
}

func randomForm(rng *rand.Rand) deltaForm {
	block := 128 * (1 + rng.IntN(20))
	minis := 1 + rng.IntN(4)
	for block%minis != 0 || block/minis%32 != 0 {
		minis = 1 + rng.IntN(block/32)
	}
	return deltaForm{block: block, minis: minis, narrow: rng.IntN(2) == 0, litter: []byte{0, 7, 255}[rng.IntN(3)]}
}

// encodeDeltas is a naive encoder. Values of 32 bits are extended by their sign, as
// writers do, or by zeros.
func encodeDeltas(values []int64, f deltaForm) []byte {
	out := binary.AppendUvarint(nil, uint64(f.block))
	out = binary.AppendUvarint(out, uint64(f.minis))
	out = binary.AppendUvarint(out, uint64(len(values)))
	if len(values) == 0 {
		return binary.AppendVarint(out, 0)
	}
	out = binary.AppendVarint(out, values[0])
	var steps []int64
	for i := range values[1:] {
		d := values[i+1] - values[i]
		if f.narrow {
			d = int64(int32(d))
		}
		steps = append(steps, d)
	}
	for block := range slices.Chunk(steps, f.block) {
		least := slices.Min(block)
		out = binary.AppendVarint(out, least)
		var widths, bodies []byte
		for mini := range slices.Chunk(block, f.block/f.minis) {
			width := 0
			for _, d := range mini {
				width = max(width, bits.Len64(uint64(d)-uint64(least)))
			}
			body := make([]byte, f.block/f.minis/8*width)
			for i, d := range mini {
				v := uint64(d) - uint64(least)
				for b := range width {
					bit := i*width + b
					body[bit/8] |= byte(v>>b&1) << (bit % 8)
				}
			}
			widths, bodies = append(widths, byte(width)), append(bodies, body...)
		}
		for len(widths) < f.minis {
			widths = append(widths, f.litter)
		}
		out = append(append(out, widths...), bodies...)
	}
	return out
}

// randomInts are integers of one of several shapes, as int64 of the given bits.
func randomInts(rng *rand.Rand, n, width int) []int64 {
	values := make([]int64, n)
	shape, step := rng.IntN(6), uint64(1)<<rng.IntN(64)
	v := rng.Uint64()
	for i := range values {
		switch shape {
		case 0:
			v = rng.Uint64()
		case 1: // all equal
		case 2:
			v += rng.Uint64N(step)
		case 3:
			v -= rng.Uint64N(step) / 2
		case 4:
			v = []uint64{1 << (width - 1), 1<<(width-1) - 1, 0, math.MaxUint64}[rng.IntN(4)]
		default:
			v += step
		}
		if values[i] = int64(v); width == 32 {
			values[i] = int64(int32(v))
		}
	}
	return values
}

// TestDeltas: integers of any shape, in blocks of any size, in parts of any length.
func TestDeltas(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 3000 {
		n, width, f := []int{0, 1, 2, 33, 128, 129, 130, rng.IntN(3000)}[rng.IntN(8)], 32<<rng.IntN(2), randomForm(rng)
		f.narrow = f.narrow && width == 32
		values := randomInts(rng, n, width)
		if width == 32 && rng.IntN(3) == 0 { // unsigned ones beyond 2^31
			for i := range values {
				values[i] = int64(uint32(values[i]))
			}
		}
		const tail = "what stands behind"
		var d deltas
		if err := d.open(append(encodeDeltas(values, f), tail...), n); err != nil {
			t.Fatalf("seed %d: %+v: %v", seed, f, err)
		}
		if rest, err := d.end(); err != nil || string(rest) != tail {
			t.Fatalf("seed %d: %+v: %q (%v) behind %d values", seed, f, rest, err, n)
		}
		for at := 0; at < n; {
			k := min(n-at, 1+rng.IntN(segmentRows))
			var err error
			var got []uint64
			if width == 32 {
				out := make([]uint32, k)
				err = readDeltas(&d, out)
				for _, v := range out {
					got = append(got, uint64(v))
				}
			} else {
				got = make([]uint64, k)
				err = readDeltas(&d, got)
			}
			if err != nil {
				t.Fatalf("seed %d: %+v: %v", seed, f, err)
			}
			for i, v := range got {
				if v<<(64-width) != uint64(values[at+i])<<(64-width) {
					t.Fatalf("seed %d: %+v: value %d of %d: got %d, want %d", seed, f, at+i, n, v, values[at+i])
				}
			}
			at += k
		}
		if err := readDeltas(&d, make([]uint64, 1)); err == nil {
			t.Fatalf("seed %d: more values than there are", seed)
		}
	}
}

func TestDeltasRefuse(t *testing.T) {
	varints := func(v ...uint64) (out []byte) {
		for _, x := range v {
			out = binary.AppendUvarint(out, x)
		}
		return out
	}
	for _, c := range []struct {
		what string
		data []byte
	}{
		{"no values in a block", varints(0, 4, 10, 0)}, {"no miniblocks", varints(128, 0, 10, 0)}, {"100 values in a block", varints(100, 1, 10, 0)},
		{"16 values in a miniblock", varints(128, 8, 10, 0)}, {"miniblocks that do not divide", varints(384, 5, 10, 0)},
		{"blocks of 2^62", varints(1<<62, 1, 10, 0)}, {"as many miniblocks as there are bytes for, and more", varints(1<<30, 1<<25, 10, 0, 0)},
		{"more values than rows", varints(128, 4, 11, 0)}, {"2^63 values", varints(128, 4, 1<<63, 0)},
		{"65 bits", append(varints(128, 4, 10, 0, 0), append([]byte{65, 0, 0, 0}, make([]byte, 5000)...)...)},
		{"a varint without end", []byte{128, 128, 128}}, {"a number of more than 64 bits", slices.Repeat([]byte{255}, 20)},
	} {
		var d deltas
		err := d.open(c.data, 10)
		if err == nil {
			err = readDeltas(&d, make([]uint64, 10))
		}
		if err == nil {
			t.Errorf("%s is no error", c.what)
		}
	}
	whole := encodeDeltas(randomInts(rand.New(rand.NewPCG(1, 1)), 300, 64), deltaForm{block: 128, minis: 4})
	for n := 1; n < len(whole); n++ {
		var d deltas
		if err := d.open(whole[:n], 300); err != nil {
			continue
		}
		if _, err := d.end(); err == nil {
			t.Fatalf("%d of %d bytes have an end", n, len(whole))
		}
		if err := readDeltas(&d, make([]uint64, 300)); err == nil {
			t.Fatalf("%d of %d bytes are enough", n, len(whole))
		}
	}
}

// encodeDeltaBytes is a naive encoder of strings.
func encodeDeltaBytes(values []string, encoding int32, f deltaForm) []byte {
	var prefixes, suffixes []int64
	var data []byte
	for i, v := range values {
		n := 0
		if encoding == encodingDeltaBytes {
			for i > 0 && n < min(len(v), len(values[i-1])) && v[n] == values[i-1][n] {
				n++
			}
			prefixes = append(prefixes, int64(n))
		}
		suffixes = append(suffixes, int64(len(v)-n))
		data = append(data, v[n:]...)
	}
	out := encodeDeltas(suffixes, f)
	if encoding == encodingDeltaBytes {
		out = append(encodeDeltas(prefixes, f), out...)
	}
	return append(out, data...)
}

// encodeSplit is a naive encoder of values of one size.
func encodeSplit(values []string, size int) (out []byte) {
	for k := range size {
		for _, v := range values {
			out = append(out, v[k])
		}
	}
	return out
}

// samplePage is a page of 200 values of the column.
func samplePage(encoding int32, c *fileColumn) []byte {
	rng := rand.New(rand.NewPCG(7, 7))
	size := storedBytes(c.physical, c.length)
	values := make([]string, 200)
	for i := range values {
		values[i] = fmt.Sprintf("%0*d", size, i%1000)[:size]
		if c.physical == physicalBytes {
			values[i] = values[i][:rng.IntN(size+1)]
		}
	}
	f := deltaForm{block: 128, minis: 4}
	var data []byte
	switch encoding {
	case encodingDeltaInts:
		data = encodeDeltas(randomInts(rng, 200, 8*size), f)
	case encodingSplit:
		data = encodeSplit(values, size)
	default:
		data = encodeDeltaBytes(values, encoding, f)
	}
	return dataPageIn(encoding, 200, data, crc32.ChecksumIEEE(data))
}

// randomTexts are strings that share prefixes with the one before, some long.
func randomTexts(rng *rand.Rand, n int) []string {
	values := make([]string, n)
	most := []int{0, 3, 20, 20, 200}[rng.IntN(5)]
	for i := range values {
		v := make([]byte, rng.IntN(most+1))
		for j := range v {
			v[j] = 'a' + byte(rng.IntN(3))
		}
		if values[i] = string(v); i > 0 {
			long := values[i-1][:rng.IntN(len(values[i-1])+1)] + values[i]
			values[i] = long[:min(len(long), most)]
		}
	}
	return values
}

// TestDeltaBytes: strings, binary, fixed ones and decimals of them, over pages and
// batches of any length.
func TestDeltaBytes(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	fixed := &fileColumn{physical: physicalFixed, length: 5, t: &arrow.FixedSizeBinaryType{ByteWidth: 5}}
	decimal := &fileColumn{physical: physicalBytes, t: &arrow.Decimal128Type{Precision: 38}}
	for i := range 300 {
		encoding := []int32{encodingDeltaLengths, encodingDeltaBytes}[rng.IntN(2)]
		c := []*fileColumn{{physical: physicalBytes, t: arrow.BinaryTypes.String}, {physical: physicalBytes, t: arrow.BinaryTypes.LargeBinary}, fixed, decimal}[i%4]
		if c == fixed {
			encoding = encodingDeltaBytes
		}
		var chunk []byte
		var want []string
		for range 1 + rng.IntN(3) {
			values := randomTexts(rng, rng.IntN(2500))
			for j, v := range values {
				switch c {
				case fixed:
					values[j] = (v + "zzzzz")[:5]
				case decimal:
					values[j] = v[:min(len(v), 16)]
				}
			}
			data := encodeDeltaBytes(values, encoding, randomForm(rng))
			chunk = append(chunk, dataPageIn(encoding, len(values), data, crc32.ChecksumIEEE(data))...)
			want = append(want, values...)
		}
		env := df.NewEnv(t, newLedger(t))
		f := chunkOf(chunk, int64(len(want)), compress.Codecs.Uncompressed, c, &env)
		var got []string
		for len(got) < len(want) {
			arr, err := f.read(min(len(want)-len(got), 1+rng.IntN(3000)))
			if err != nil {
				t.Fatalf("seed %d: %s: %v", seed, c.t, err)
			}
			for j := range arr.Len() {
				got = append(got, textOf(arr, j))
			}
			arr.Release()
		}
		err := f.finish()
		f.close()
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		for j, v := range want {
			if c == decimal {
				v = numberOf(v)
			}
			if got[j] != v {
				t.Fatalf("seed %d: %s in %s: value %d of %d: got %q, want %q", seed, c.t, encodingName(encoding), j, len(want), got[j], v)
			}
		}
	}
}

// textOf is value i, exactly.
func textOf(arr arrow.Array, i int) string {
	switch arr := arr.(type) {
	case interface{ Value(int) []byte }:
		return string(arr.Value(i))
	case *array.Decimal128:
		return arr.Value(i).BigInt().String()
	}
	return strings.Clone(arr.(*array.String).Value(i))
}

// numberOf is the big-endian number v, whose bytes are less than 0x80.
func numberOf(v string) string { return new(big.Int).SetBytes([]byte(v)).String() }

func TestDeltaBytesRefuse(t *testing.T) {
	f := deltaForm{block: 128, minis: 4}
	cat := func(parts ...[]byte) []byte { return slices.Concat(parts...) }
	text := &fileColumn{physical: physicalBytes, t: arrow.BinaryTypes.String}
	fixed := &fileColumn{physical: physicalFixed, length: 2, t: &arrow.FixedSizeBinaryType{ByteWidth: 2}}
	number := &fileColumn{physical: physicalInt32, t: arrow.PrimitiveTypes.Int32}
	float := &fileColumn{physical: physicalFloat, t: arrow.PrimitiveTypes.Float32}
	for _, c := range []struct {
		column   *fileColumn
		encoding int32
		data     []byte
		want     string
	}{
		{text, encodingDeltaLengths, cat(encodeDeltas([]int64{1, 2}, f), []byte("ab")), "where their page has 2 left"},
		{text, encodingDeltaLengths, cat(encodeDeltas([]int64{-1, 3}, f), []byte("ab")), "where their page has 2 left"},
		{text, encodingDeltaLengths, cat(encodeDeltas([]int64{1}, f), []byte("ab")), "fewer values than it says"},
		{text, encodingDeltaLengths, nil, "fewer values than it says"},
		{text, encodingDeltaLengths, cat(encodeDeltas([]int64{1, 1, 1}, f), []byte("abc")), "3 values in a page of 2"},
		{text, encodingDeltaBytes, cat(encodeDeltas([]int64{1, 0}, f), encodeDeltas([]int64{1, 1}, f), []byte("ab")), "a prefix of 1 bytes, where the value before has 0"},
		{text, encodingDeltaBytes, cat(encodeDeltas([]int64{0, 2}, f), encodeDeltas([]int64{1, 1}, f), []byte("ab")), "a prefix of 2 bytes, where the value before has 1"},
		{text, encodingDeltaBytes, cat(encodeDeltas([]int64{0, -1}, f), encodeDeltas([]int64{1, 1}, f), []byte("ab")), "a prefix of 4294967295 bytes"},
		{text, encodingDeltaBytes, cat(encodeDeltas([]int64{0, 0}, f), encodeDeltas([]int64{1}, f), []byte("ab")), "2 prefixes and 1 suffixes"},
		{fixed, encodingDeltaBytes, cat(encodeDeltas([]int64{0, 0}, f), encodeDeltas([]int64{1, 3}, f), []byte("abcd")), "a value of 1 bytes in a column of 2"},
		{fixed, encodingDeltaBytes, cat(encodeDeltas([]int64{0, 0}, f), encodeDeltas([]int64{2, 3}, f), []byte("abcde")), "are not of their column's type"},
		{fixed, encodingSplit, []byte("abcde"), "5 bytes for 2 values of 2 bytes each"},
		{fixed, encodingSplit, []byte("ab"), "2 bytes for 2 values"},
		{float, encodingSplit, make([]byte, 12), "12 bytes for 2 values of 4 bytes each"},
		{number, encodingDeltaInts, encodeDeltas([]int64{5}, f), "fewer values than it says"},
		{number, encodingDeltaInts, encodeDeltas([]int64{5, 7}, f)[:8], "ends too early"},
		{number, encodingDeltaLengths, nil, "DELTA_LENGTH_BYTE_ARRAY, which"},
		{float, encodingDeltaInts, nil, "DELTA_BINARY_PACKED, which"},
		{text, encodingSplit, nil, "BYTE_STREAM_SPLIT, which"},
	} {
		env := df.NewEnv(t, newLedger(t))
		col := chunkOf(dataPageIn(c.encoding, 2, c.data, crc32.ChecksumIEEE(c.data)), 2, compress.Codecs.Uncompressed, c.column, &env)
		_, err := col.read(2)
		col.close()
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s in %s: %v, want %q", c.column.t, encodingName(c.encoding), err, c.want)
		}
	}
}

// TestPagesOfNulls: pages without values between others, as writers leave them: of no
// bytes, with heads, with litter behind a head.
func TestPagesOfNulls(t *testing.T) {
	form := deltaForm{block: 128, minis: 4}
	head := encodeDeltas(nil, form)
	page := func(encoding int32, set byte, data []byte) []byte { // 5 rows, all there or none
		data = append([]byte{2, 0, 0, 0, 5 << 1, set}, data...)
		return dataPageIn(encoding, 5, data, crc32.ChecksumIEEE(data))
	}
	five := []string{"aaaa", "aabb", "aabc", "b000", "b000"}
	for _, c := range []struct {
		column   fileColumn
		encoding int32
		full     []byte
		empty    [][]byte
	}{
		{fileColumn{physical: physicalInt32, t: arrow.PrimitiveTypes.Int32}, encodingDeltaInts, encodeDeltas([]int64{7, 5, 9, -1, 3}, form), [][]byte{nil, head, append(head, 0, 0)}},
		{fileColumn{physical: physicalBytes, t: arrow.BinaryTypes.String}, encodingDeltaLengths, encodeDeltaBytes(five, encodingDeltaLengths, form), [][]byte{nil, head, append(head, 0, 0)}},
		{fileColumn{physical: physicalBytes, t: arrow.BinaryTypes.String}, encodingDeltaBytes, encodeDeltaBytes(five, encodingDeltaBytes, form), [][]byte{nil, slices.Concat(head, head), append(head, 0, 0, 0)}},
		{fileColumn{physical: physicalFloat, t: arrow.PrimitiveTypes.Float32}, encodingSplit, encodeSplit(five, 4), [][]byte{nil}},
	} {
		for _, empty := range c.empty {
			c.column.optional = true
			chunk := slices.Concat(page(c.encoding, 0, empty), page(c.encoding, 1, c.full), page(c.encoding, 0, empty), page(c.encoding, 1, c.full))
			env := df.NewEnv(t, newLedger(t))
			f := chunkOf(chunk, 20, compress.Codecs.Uncompressed, &c.column, &env)
			arr, err := f.read(20)
			if err != nil {
				t.Fatalf("%s, % x: %v", encodingName(c.encoding), empty, err)
			}
			for i := range 20 {
				if arr.IsNull(i) != (i/5%2 == 0) || i >= 15 && arr.ValueStr(i) != arr.ValueStr(i-10) {
					t.Errorf("%s, % x: row %d of %v", encodingName(c.encoding), empty, i, arr)
				}
			}
			arr.Release()
			if err := f.finish(); err != nil {
				t.Error(err)
			}
			f.close()
		}
	}
}
