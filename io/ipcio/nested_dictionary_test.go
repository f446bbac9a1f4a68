package ipcio

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
)

// A dictionary whose values have a dictionary, both growing from batch to batch,
// is read right by the footer, from front to end, and as a stream.
func TestDictionariesInDictionaries(t *testing.T) {
	inner := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int16, ValueType: arrow.BinaryTypes.String}
	f := func(name string, t arrow.DataType) arrow.Field {
		return arrow.Field{Name: name, Type: t, Nullable: true}
	}
	for _, values := range []arrow.DataType{arrow.StructOf(f("inner", inner), f("n", arrow.PrimitiveTypes.Int32)), arrow.ListOf(inner)} {
		schema := arrow.NewSchema(fieldsOf(&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: values}), nil)
		for range 20 {
			seed := rand.Uint64()
			g := generator{rng: rand.New(rand.NewPCG(seed, 1)), nulls: true}
			recs := []arrow.Record{g.record(schema, 9), g.record(schema, 9), g.record(schema, 9), g.record(schema, 9)}
			file := encoded(t, schema, recs, AsFile())
			for name, data := range map[string][]byte{"file": file, "front to end": gzipped(t, file), "stream": encoded(t, schema, recs)} {
				what := fmt.Sprintf("seed %d, %s of %s", seed, name, values)
				res := scan(t, Scan(save(t, "a", data)), 0, 0)
				if res.err != nil {
					t.Errorf("%s: %v", what, res.err)
					continue
				}
				sameRows(t, what, res.rows, texts(recs...))
			}
		}
	}
	schema := arrow.NewSchema(fieldsOf(&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: inner}), nil)
	if err := sink(t, WriteTo(&bytes.Buffer{}), schema); err == nil || !strings.Contains(err.Error(), "cast the column") {
		t.Errorf("got %v", err)
	}
}
