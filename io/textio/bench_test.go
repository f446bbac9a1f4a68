package textio

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow/batch"
)

func benchmark(b *testing.B, source func(...string) *Source, text string) {
	path := filepath.Join(b.TempDir(), "f.txt")
	data := []byte(strings.Repeat(text, 16<<20/len(text)))
	if err := os.WriteFile(path, data, 0o644); err != nil {
		b.Fatal(err)
	}
	pool := batch.NewPool(memory.NewGoAllocator(), 64<<20)
	defer pool.End()
	var res result
	e := env(&res, pool)
	s := source(path)
	splits, err := s.Splits(b.Context(), 8<<20, e)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		for _, split := range splits {
			for c, err := range s.Read(b.Context(), split, e) {
				if err != nil {
					b.Fatal(err)
				}
				c.Rec.Release()
			}
		}
	}
}

const (
	asciiText   = "the quick brown fox jumps over the lazy dog, as it did\nshort\n\nand a line of another length that goes on for some time more\n"
	spanishText = "En un lugar de la Mancha, de cuyo nombre no quiero acordarme, no ha\r\nmucho tiempo que vivía un hidalgo de los de lanza en astillero, adarga\r\nantigua, rocín flaco y galgo corredor. Ñandú y pingüino.\r\n"
)

func BenchmarkLines(b *testing.B) {
	b.Run("ascii", func(b *testing.B) { benchmark(b, Lines, asciiText) })
	b.Run("spanish", func(b *testing.B) { benchmark(b, Lines, spanishText) })
	b.Run("invalid", func(b *testing.B) { benchmark(b, Lines, asciiText+"\xff\n") })
}

func BenchmarkText(b *testing.B) {
	b.Run("ascii", func(b *testing.B) { benchmark(b, Text, asciiText) })
	b.Run("spanish", func(b *testing.B) { benchmark(b, Text, spanishText) })
}

// BenchmarkRead is the floor: the same reads into one buffer.
func BenchmarkRead(b *testing.B) {
	path := filepath.Join(b.TempDir(), "f.txt")
	if err := os.WriteFile(path, []byte(strings.Repeat(asciiText, 1+16<<20/len(asciiText)))[:16<<20], 0o644); err != nil {
		b.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	buf := make([]byte, defaultBufferBytes)
	b.SetBytes(16 << 20)
	for b.Loop() {
		for off := int64(0); off < 16<<20; off += int64(len(buf)) {
			if _, err := f.ReadAt(buf, off); err != nil {
				b.Fatal(err)
			}
		}
	}
}
