package jsonlio

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
)

func benchText() string {
	rng := rand.New(rand.NewPCG(1, 1))
	var b strings.Builder
	for b.Len() < 8<<20 {
		fmt.Fprintf(&b, "{\"id1\":\"id%03d\",\"id3\":\"id%010d\",\"id4\":%d,\"v1\":%d,\"v3\":%.6f,\"at\":\"2024-02-%02dT10:11:12Z\",\"tags\":[\"a\",\"b\"]}\n",
			rng.IntN(100), rng.IntN(100000), rng.IntN(100), rng.IntN(5), rng.Float64()*100, 1+rng.IntN(28))
	}
	return b.String()
}

func BenchmarkScan(b *testing.B) {
	text := benchText()
	path := write(b, "f.jsonl", text)
	for _, c := range []struct {
		name    string
		columns []string
	}{{"all", nil}, {"two columns", []string{"id1", "v1"}}} {
		b.Run(c.name, func(b *testing.B) {
			pool := batch.NewPool(memory.NewGoAllocator(), 64<<20)
			defer pool.End()
			env := dataflow.Env{Alloc: pool, BatchRows: 4096, Reserve: func(int64) error { return nil }, Advance: func(int64) {}, Warn: func(dataflow.Warning) {}}
			s := Scan(path)
			if c.columns != nil {
				s = s.PruneColumns(c.columns).(*Source)
			}
			shared, err := s.Share(b.Context(), env)
			if err != nil {
				b.Fatal(err)
			}
			env.Shared = shared
			splits, err := s.Splits(b.Context(), 4<<20, env)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				for _, split := range splits {
					for c, err := range s.Read(b.Context(), split, env) {
						if err != nil {
							b.Fatal(err)
						}
						c.Rec.Release()
					}
				}
			}
		})
	}
}

// BenchmarkEncodingJSON is the idiomatic program, which makes no columns.
func BenchmarkEncodingJSON(b *testing.B) {
	text := benchText()
	path := write(b, "f.jsonl", text)
	type row struct {
		ID1, ID3, At string
		ID4, V1      int64
		V3           float64
		Tags         []string
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		f, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			var r row
			if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
				b.Fatal(err)
			}
		}
		f.Close()
	}
}
