package csvio

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/arrowmill/arrowmill/dataflow"
)

var (
	comma    = dialect{',', '"', 0}
	hash     = dialect{',', '"', '#'}
	unquoted = dialect{',', 0, 0}
)

var smallTexts = []string{
	"\x00", "a\x00,b\n1,2\n", "a\rb\n1\r2\n",
	"a,b\n1,2\n3,4\n", "a,b\r\n1,2\r\n3,4", "a,b", "a\n1\n2", "a\n\n1\n\n", "a,b\n\n1,2\n\r\n\n3,4\n\n",
	byteOrderMark + "a,b\n1,2\n", byteOrderMark + "\"a\",b\n\"x\",2\n", "\n\na,b\n1,2\n",
	"a,b\n\"x\",\"y\"\n\"x,\",\"\ny\"\n\"\"\"\",\"\"\n", "a,b\n\"1\n2\n3\",4\n5,\"6\r\n7\"\r\n",
	"a,b\nx\"y,z\"\n\"q\",w\" \n \"s\",t\n", "a,b\n\"x\"y,z\n1,2\n\"a\"\",\"b,c\n", "a,b\n1\n1,2,3\n4,5\n,\n",
	"\"a\nb\",\"c\"\n1,2\n", "a,b\n\"x\n", "a,b\n\"x\"\"", "a,b\n1,\"2\"\r", "a,b\r\n\"1\"\r,2\r\n\"1\",\"2\"\r\n", "a\n\"\"\n\nx\n\"y\"\n\"\"",
	"a,b\n\"" + strings.Repeat("long\n,\"\"", 40) + "\",2\n3,4\n", "a,b\n" + strings.Repeat("\"x\",", 1) + "\"\n\"\n", "a,,a,\"\",a_2\n1,2,3,4,5\n",
	"a,b\n1,\"\n2,\"\"\"\n\"\"\",\"\n", "\xffa,b\n\xff,\xc3\n", "a,b\n\x00,1\n", "a,b\n'x,y'\n", ",\n,\n", "a,b\n1,2\r", "a,b\n\"1\",2\r",
	"a,b\n,\"\"\n\"\",\n\"\",\"\"\n", "a,b\n\"\"\"\"\"\",\"\"\"\"\n", "a,b\n\"\n\n\n\",\"\n\"\n\n",
	"#c,\"\na,b\n#\"\n1,2\n\"x\n#y\",\"z\"\n#,\"\n3,#4\n#", "#x\n#y\n", "a,b\n1,2\n#\"x", "a,b\n#\n##\n1,\"#\"\n\"\n#\",\n",
}

func TestEverySplitSizeGivesTheSameRows(t *testing.T) {
	sparse := int64(12) // the step from one size to the next is this part of it
	if testing.Short() {
		sparse = 4
	}
	for _, text := range smallTexts {
		in := files(t, []byte(text))
		for _, d := range []dialect{comma, hash, unquoted} {
			for size := int64(1); size <= int64(len(text))+1; size += 1 + size/sparse {
				check(t, d, in, size, []int{1, 3, 16, 64, 4096}[size%5], int(size)%4, size == 1)
			}
		}
	}
}

func TestRandomTextsSplitsAndBuffers(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	texts := 400
	if testing.Short() {
		texts = 100
	}
	for i := range texts {
		text := randomText(rng, rng.IntN(6000))
		d := []dialect{comma, hash, unquoted, {';', '\'', 0}, {'\t', '"', '#'}}[rng.IntN(5)]
		if d.delimiter != ',' {
			text = bytes.ReplaceAll(bytes.ReplaceAll(text, []byte{','}, []byte{d.delimiter}), []byte{'"'}, []byte{max(d.quote, 1)})
		}
		check(t, d, files(t, text), 1+rng.Int64N(int64(len(text))+1), 1+rng.IntN(5000), rng.IntN(200), i%10 == 0)
		if t.Failed() {
			t.Fatalf("text %d of seed %d", i, seed)
		}
	}
}

// randomText is rows of some number of columns, more or less regular.
func randomText(rng *rand.Rand, size int) []byte {
	width := 1 + rng.IntN(4)
	quotes, mess, end := rng.IntN(3), rng.IntN(3), []string{"\n", "\r\n"}[rng.IntN(2)]
	plain := []string{"", "1", "a", "word", "12.5", "é", "a\"b", "#", "\r", "\xff"}
	parts := []string{"x", ",", "\n", "\"\"", "\r\n", "word ", "#", "日本", "\"\",\"\"", "\x00"}
	var b bytes.Buffer
	for i := range width {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("c" + strings.Repeat("x", i))
	}
	b.WriteString(end)
	for b.Len() < size {
		fields := width
		if mess == 2 && rng.IntN(30) == 0 {
			fields = rng.IntN(6)
		}
		for i := range fields {
			if i > 0 {
				b.WriteByte(',')
			}
			if rng.IntN(4) < quotes*2-1 {
				b.WriteByte('"')
				for range rng.IntN(6) {
					b.WriteString(parts[rng.IntN(len(parts))])
				}
				if rng.IntN(100) == 0 {
					b.WriteString(strings.Repeat("z\n", rng.IntN(200)))
				}
				b.WriteByte('"')
				if mess > 0 && rng.IntN(50) == 0 {
					b.WriteString("junk")
				}
			} else {
				b.WriteString(plain[rng.IntN(len(plain))])
			}
		}
		if mess > 0 && rng.IntN(20) == 0 {
			b.WriteString("#x,\"" + end)
		}
		b.WriteString(end)
	}
	return b.Bytes()
}

// Read in order, each split tells the next one in which state it begins; in
// reverse, all but the last are looked through, once.
func TestSplitsThatBeginInsideQuotes(t *testing.T) {
	text := "a,b\n" + strings.Repeat("1,\"line\nline,\nline\n\"\n", 100)
	s := texts(Scan(write(t, "f.csv", []byte(text))), []string{"a", "b"})
	got := read(t, s, 64, 0, nil, false)
	if got.err != nil || len(got.rows) != 100 || got.inside == 0 || got.inside >= int64(got.splits) || got.looked != 0 {
		t.Errorf("%d rows, %d of %d splits began inside quotes, %d were looked through, %v", len(got.rows), got.inside, got.splits, got.looked, got.err)
	}
	back := read(t, s, 64, 0, slices.Reverse[[]dataflow.Split], false)
	if back.err != nil || len(back.rows) != 100 || back.inside != got.inside || back.looked != back.splits-1 {
		t.Errorf("in reverse: %d rows, %d of %d splits began inside quotes, %d were looked through, %v", len(back.rows), back.inside, back.splits, back.looked, back.err)
	}
}

func FuzzScan(f *testing.F) {
	for i, text := range smallTexts {
		f.Add([]byte(text), uint16(i), uint16(3*i), uint8(i), uint8(i))
	}
	f.Fuzz(func(t *testing.T, text []byte, split, buffer uint16, batchRows, kind uint8) {
		if len(text) > 1<<12 || int(split) < len(text)/64 {
			t.Skip("too slow to be worth it")
		}
		check(t, []dialect{comma, hash, unquoted, {'x', 'y', 0}}[kind%4], files(t, text), int64(split)+1, int(buffer)+1, int(batchRows), false)
	})
}
