package textcol_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow/batch"
	"github.com/arrowmill/arrowmill/internal/textcol"
)

// BenchmarkAppend is fields of each type to a column, beside package strconv and the like.
func BenchmarkAppend(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	day := func() time.Time { return time.Unix(rng.Int64N(2e9), rng.Int64N(1e9)).UTC() }
	dictionary := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
	for _, c := range []struct {
		name string
		of   arrow.DataType
		text func() string
	}{
		{"int64/1-3 digits", arrow.PrimitiveTypes.Int64, func() string { return strconv.Itoa(rng.IntN(999)) }},
		{"int64/5% null", arrow.PrimitiveTypes.Int64, func() string {
			if rng.IntN(20) == 0 {
				return ""
			}
			return strconv.Itoa(rng.IntN(1e6))
		}},
		{"int64/signed", arrow.PrimitiveTypes.Int64, func() string { return strconv.Itoa(rng.IntN(2e6) - 1e6) }},
		{"int64/10 digits", arrow.PrimitiveTypes.Int64, func() string { return strconv.Itoa(1e9 + rng.IntN(1e9)) }},
		{"int64/18 digits", arrow.PrimitiveTypes.Int64, func() string { return strconv.FormatInt(1e17+rng.Int64N(1e17), 10) }},
		{"float64/one decimal", arrow.PrimitiveTypes.Float64, func() string { return strconv.FormatFloat(rng.Float64()*100-50, 'f', 1, 64) }},
		{"float64/six decimals", arrow.PrimitiveTypes.Float64, func() string { return strconv.FormatFloat(rng.Float64()*100, 'f', 6, 64) }},
		{"float64/up to six decimals", arrow.PrimitiveTypes.Float64, func() string { return strconv.FormatFloat(float64(rng.IntN(1e8))/1e6, 'f', -1, 64) }},
		{"float64/shortest", arrow.PrimitiveTypes.Float64, func() string { return strconv.FormatFloat(rng.Float64()*100, 'g', -1, 64) }},
		{"float32/six decimals", arrow.PrimitiveTypes.Float32, func() string { return strconv.FormatFloat(rng.Float64()*100, 'f', 6, 64) }},
		{"decimal/two decimals", &arrow.Decimal128Type{Precision: 15, Scale: 2}, func() string { return strconv.FormatFloat(rng.Float64()*1e5, 'f', 2, 64) }},
		{"date/days", arrow.FixedWidthTypes.Date32, func() string { return day().Format(time.DateOnly) }},
		{"timestamp/s", arrow.FixedWidthTypes.Timestamp_s, func() string { return day().Format(time.DateTime) }},
		{"timestamp/us", &arrow.TimestampType{Unit: arrow.Microsecond}, func() string { return day().Format("2006-01-02T15:04:05.000000") }},
		{"timestamp/us UTC", arrow.FixedWidthTypes.Timestamp_us, func() string { return day().Format("2006-01-02T15:04:05.000000Z") }},
		{"bool/words", arrow.FixedWidthTypes.Boolean, func() string { return strconv.FormatBool(rng.IntN(2) == 0) }},
		{"text/5", arrow.BinaryTypes.String, func() string { return fmt.Sprintf("id%03d", rng.IntN(100)) }},
		{"text/12", arrow.BinaryTypes.String, func() string { return fmt.Sprintf("id%010d", rng.IntN(1e5)) }},
		{"text/1-40", arrow.BinaryTypes.String, func() string { return "abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz"[:1+rng.IntN(40)] }},
		{"dictionary/100", dictionary, func() string { return fmt.Sprintf("id%03d", rng.IntN(100)) }},
		{"dictionary/10,000", dictionary, func() string { return fmt.Sprintf("id%010d", rng.IntN(1e4)) }},
		{"dictionary/413 of 6-18", dictionary, func() string { i := rng.IntN(413); return fmt.Sprintf("st %0*d", 3+i%13, i) }},
		{"dictionary/10,000 of 6-18", dictionary, func() string { i := rng.IntN(1e4); return fmt.Sprintf("st %0*d", 4+i%12, i) }},
		{"dictionary/17-26", dictionary, func() string { i := rng.IntN(400); return fmt.Sprintf("a station, no %0*d", 3+i%10, i) }},
		{"dictionary/6-26", dictionary, func() string { i := rng.IntN(400); return fmt.Sprintf("st %0*d", 3+i%21, i) }},
		{"dictionary/long", dictionary, func() string { return fmt.Sprintf("a long name of a place, the %dth", rng.IntN(1000)) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			const n, step = 1 << 15, 4096 // more than a CPU learns by heart
			texts := make([]string, n)
			for i := range texts {
				texts[i] = c.text()
			}
			data, fields := gather(texts)
			pool := batch.NewPool(memory.NewGoAllocator(), 64<<20)
			defer pool.End()
			col, err := textcol.New(c.of, textcol.Options{}, pool)
			if err != nil {
				b.Fatal(err)
			}
			defer col.Close()
			var bad []int32
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			least := time.Duration(1 << 62)
			for b.Loop() {
				begin := time.Now()
				for at := 0; at < n; at += step {
					bad = col.Append(data, fields[at:at+step], bad)
				}
				col.Array().Release()
				least = min(least, time.Since(begin))
			}
			if len(bad) > 0 {
				b.Fatal("bad fields")
			}
			b.SetBytes(int64(len(data)))
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n*b.N), "ns/field")
			b.ReportMetric(float64(least.Nanoseconds())/float64(n), "least-ns/field") // of a run that nothing else disturbed
		})
		b.Run(c.name+"/naive", func(b *testing.B) {
			const n = 1 << 15
			texts := make([]string, n)
			for i := range texts {
				texts[i] = c.text()
			}
			data, fields := gather(texts)
			add := naiveAppend(c.of)
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if err := add(data, fields); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n*b.N), "ns/field")
		})
	}
}

// naiveAppend is a field to a value by the standard library, a call and an append each, and
// codes by a map.
func naiveAppend(of arrow.DataType) func(data []byte, fields []textcol.Field) error {
	switch of.ID() {
	case arrow.INT64:
		return appendEach(func(s string) (int64, error) { return strconv.ParseInt(s, 10, 64) })
	case arrow.FLOAT32:
		return appendEach(func(s string) (float32, error) { v, err := strconv.ParseFloat(s, 32); return float32(v), err })
	case arrow.FLOAT64:
		return appendEach(func(s string) (float64, error) { return strconv.ParseFloat(s, 64) })
	case arrow.DECIMAL128:
		t := of.(*arrow.Decimal128Type)
		return appendEach(func(s string) (decimal128.Num, error) { return decimal128.FromString(s, t.Precision, t.Scale) })
	case arrow.BOOL:
		return appendEach(strconv.ParseBool)
	case arrow.DATE32:
		return appendEach(func(s string) (arrow.Date32, error) {
			v, err := time.Parse(time.DateOnly, s)
			return arrow.Date32FromTime(v), err
		})
	case arrow.TIMESTAMP:
		t := of.(*arrow.TimestampType)
		layout := "2006-01-02T15:04:05.999999"
		switch {
		case t.Unit == arrow.Second:
			layout = time.DateTime
		case t.TimeZone != "":
			layout += "Z07:00"
		}
		return appendEach(func(s string) (arrow.Timestamp, error) {
			v, err := time.Parse(layout, s)
			return arrow.Timestamp(v.UnixMicro()), err
		})
	case arrow.DICTIONARY:
		codes := map[string]int32{}
		return appendEach(func(s string) (int32, error) {
			code, ok := codes[s]
			if !ok {
				code = int32(len(codes))
				codes[s] = code
			}
			return code, nil
		})
	}
	return appendEach(func(s string) (string, error) { return s, nil })
}

func appendEach[T any](parse func(s string) (T, error)) func(data []byte, fields []textcol.Field) error {
	var out []T
	return func(data []byte, fields []textcol.Field) error {
		out = out[:0]
		for _, f := range fields {
			var v T
			if f.From < f.To {
				var err error
				if v, err = parse(string(data[f.From:f.To])); err != nil {
					return err
				}
			}
			out = append(out, v)
		}
		return nil
	}
}
