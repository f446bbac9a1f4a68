package csvio

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
	"github.com/arrowmill/arrowmill/internal/textcol"
)

// benchmark reads data with one reader, as one worker does.
func benchmark(b *testing.B, data []byte, columns []string, change func(*Source) *Source) {
	path := filepath.Join(b.TempDir(), "f.csv")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		b.Fatal(err)
	}
	pool := batch.NewPool(memory.NewGoAllocator(), 64<<20)
	defer pool.End()
	s := Scan(path)
	if change != nil {
		s = change(s)
	}
	if columns != nil {
		s = s.PruneColumns(columns).(*Source)
	}
	e := dataflow.Env{Alloc: pool, Reserve: func(int64) error { return nil }, Advance: func(int64) {}, Warn: func(dataflow.Warning) {}, BatchRows: 4096}
	shared, err := s.Share(b.Context(), e)
	if err != nil {
		b.Fatal(err)
	}
	defer shared.Close()
	e.Shared = shared
	splits, err := s.Splits(b.Context(), 256<<10, e)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	rows, least := int64(0), make([]time.Duration, len(splits))
	for b.Loop() {
		rows = 0
		for i, split := range splits {
			begin := time.Now()
			for c, err := range s.Read(b.Context(), split, e) {
				if err != nil {
					b.Fatal(err)
				}
				rows += c.Rec.NumRows()
				c.Rec.Release()
			}
			if took := time.Since(begin); least[i] == 0 || took < least[i] {
				least[i] = took
			}
		}
	}
	all := time.Duration(0) // what it takes where nothing else runs: the least of each split
	for _, took := range least {
		all += took
	}
	b.ReportMetric(float64(len(data))/1e6/all.Seconds(), "most-MB/s")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/row")
}

// coded is s with columns of text as codes.
func coded(s *Source) *Source {
	return s.Coded([]string{"id1", "id2", "id3", "station"}).(*Source)
}

// naiveScan reads data line by line, cuts the lines at the delimiter, and appends the fields
// that are wanted as numbers, or else as texts.
func naiveScan(b *testing.B, data []byte, delimiter string, wanted ...int) {
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		numbers, texts := make([][]float64, len(wanted)), make([][]string, len(wanted))
		lines := bufio.NewScanner(bytes.NewReader(data))
		lines.Scan() // the header
		for lines.Scan() {
			fields := strings.Split(lines.Text(), delimiter)
			for i, c := range wanted {
				field := fields[c]
				if field[0] != '-' && field[0] > '9' {
					texts[i] = append(texts[i], field)
					continue
				}
				v, err := strconv.ParseFloat(field, 64)
				if err != nil {
					b.Fatal(err)
				}
				numbers[i] = append(numbers[i], v)
			}
		}
		if err := lines.Err(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkScan is MB/s of one core.
func BenchmarkScan(b *testing.B) {
	for _, c := range []struct {
		name    string
		columns []string
		places  []int
	}{
		{"none", []string{}, nil}, {"q1", []string{"id1", "v1"}, []int{0, 6}}, {"q3", []string{"id3", "v1", "v3"}, []int{2, 6, 8}},
		{"q5", []string{"id6", "v1", "v2", "v3"}, []int{5, 6, 7, 8}}, {"all", nil, []int{0, 1, 2, 3, 4, 5, 6, 7, 8}},
	} {
		b.Run("g1/"+c.name, func(b *testing.B) {
			benchmark(b, append([]byte("id1,id2,id3,id4,id5,id6,v1,v2,v3\n"), g1(100_000)...), c.columns, coded)
		})
		b.Run("g1/"+c.name+"/naive", func(b *testing.B) {
			naiveScan(b, append([]byte("id1,id2,id3,id4,id5,id6,v1,v2,v3\n"), g1(100_000)...), ",", c.places...)
		})
	}
	for _, columns := range [][]string{{}, nil} {
		b.Run(fmt.Sprintf("quoted/all=%v", columns == nil), func(b *testing.B) {
			benchmark(b, []byte("a,b,c,d\n"+strings.Repeat("\"some text, here\",\"of a \"\"kind\"\"\",12,\"and a\nline more\"\n", 200_000)), columns, nil)
		})
	}
	b.Run("comments", func(b *testing.B) {
		benchmark(b, []byte("a,b,c,d\n"+strings.Repeat("# about the next\n"+strings.Repeat("some text,12,3.5,2021-01-02\n", 500), 400)), nil, func(s *Source) *Source { return s.Comment('#') })
	})
	b.Run("stray quotes", func(b *testing.B) {
		benchmark(b, []byte("a,b,c,d\n"+strings.Repeat("5\" of text,12,3.5,2021-01-02\n"+strings.Repeat("some text,12,3.5,2021-01-02\n", 10), 20_000)), nil, nil)
	})
	var stations bytes.Buffer
	stations.WriteString("station;degrees\n")
	for i := range 300_000 {
		fmt.Fprintf(&stations, "Station %d;%d.%d\n", i*7919%413, i*31%99-49, i%10)
	}
	b.Run("stations", func(b *testing.B) {
		benchmark(b, stations.Bytes(), nil, func(s *Source) *Source { return coded(s.Delimiter(';')) })
	})
	b.Run("stations/naive", func(b *testing.B) { naiveScan(b, stations.Bytes(), ";", 0, 1) })
}

// BenchmarkOver is what it costs to know where the split behind begins.
func BenchmarkOver(b *testing.B) {
	for name, text := range map[string][]byte{
		"plain":  g1(20_000),
		"quoted": []byte(strings.Repeat("\"some text, here\",\"of a \"\"kind\"\"\",12,\"and a\nline more\"\n", 20_000)),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				comma.over(text, '\n')
			}
		})
	}
}

// BenchmarkPick is fields of one of two columns, and how it is done plainly.
func BenchmarkPick(b *testing.B) {
	const rows, width = 2048, 2
	places, fields := make([]uint32, rows*width+1), make([]textcol.Field, rows)
	for name, pick := range map[string]func([]textcol.Field, []uint32, int){"words": pick, "naive": func(fields []textcol.Field, places []uint32, width int) {
		for r := range fields {
			fields[r] = textcol.Field{From: places[r*width] + 1, To: places[r*width+1]}
		}
	}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				pick(fields, places, width)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(rows*b.N), "ns/field")
		})
	}
}
