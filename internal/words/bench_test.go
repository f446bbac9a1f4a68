package words

import (
	"go/build"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// benchTexts are a million bytes each of prose in ASCII, of Go source, and,
// where it can be found, of Spanish.
func benchTexts(b *testing.B) map[string][]byte {
	const size = 1 << 20
	texts := map[string][]byte{}
	prose := "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness,\n" +
		"it was the epoch of belief, it was the epoch of incredulity, it was the season of Light, it was the season of Darkness,\n" +
		"it was the spring of hope, it was the winter of despair, we had everything before us, we had nothing before us.\n"
	texts["prose"] = []byte(strings.Repeat(prose, size/len(prose)+1)[:size])
	files, _ := filepath.Glob(filepath.Join(build.Default.GOROOT, "src", "net", "http", "*.go"))
	var source []byte
	for _, f := range files {
		if text, err := os.ReadFile(f); err == nil {
			source = append(source, text...)
		}
	}
	if len(source) >= size {
		texts["source"] = source[:size]
	} else {
		b.Logf("no Go source at %s: not measured", build.Default.GOROOT)
	}
	if path := os.Getenv("ARROWMILL_SPANISH"); path != "" {
		spanish, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		texts["spanish"] = spanish[:min(size, len(spanish))]
	}
	return texts
}

func BenchmarkScan(b *testing.B) {
	texts := benchTexts(b)
	out := &Output{Values: make([]byte, 2<<20), Offsets: make([]int32, 2<<20)}
	for _, name := range []string{"prose", "source", "spanish"} {
		text := texts[name]
		if text == nil {
			continue
		}
		var lines []int32
		for i, c := range text {
			if c == '\n' || i == len(text)-1 {
				lines = append(lines, int32(i+1))
			}
		}
		whole := lines[len(lines)-1:]
		for _, v := range []struct {
			name string
			kind Kind
			keep bool
			ends []int32
		}{{"whole", Spaced, false, whole}, {"lines", Spaced, false, lines}, {"keep", Spaced, true, whole}, {"runs", Runs, false, whole}} {
			b.Run(name+"/"+v.name, func(b *testing.B) {
				s := NewScanner(v.kind, v.keep)
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for b.Loop() {
					out.Words, out.Bytes = 0, 0
					if Scan(s, text, 0, v.ends, out) != len(text) {
						b.Fatal("not all")
					}
				}
			})
		}
		b.Run(name+"/naive", func(b *testing.B) {
			text := string(text)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if len(strings.Fields(strings.ToLower(text))) == 0 {
					b.Fatal("no words")
				}
			}
		})
	}
}
