package operators

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

// textBatch is rows of texts, few of them frequent and some longer than a page, and what
// they come to is added to want.
func textBatch(rng *rand.Rand, typ arrow.DataType, rows int, coded bool, want map[string]int64) arrow.Record {
	values := make([]any, rows)
	for i := range values {
		text := fmt.Sprint("w", rng.IntN(30))
		switch rng.IntN(10) {
		case 0, 1, 2:
			text = fmt.Sprint(rng.Uint64() >> rng.IntN(64))
		case 3:
			text = strings.Repeat("long ", rng.IntN(60))
		case 4:
			if rng.IntN(20) == 0 {
				text = strings.Repeat("z", mostTextBytes+rng.IntN(50))
			}
		}
		if rng.IntN(25) == 0 {
			want["null"]++
			continue
		}
		want[text]++
		values[i] = text
		if b := typ.ID(); b == arrow.BINARY || b == arrow.LARGE_BINARY {
			values[i] = []byte(text)
		}
	}
	rec := dataflowtest.Batch(dataflowtest.ColOf("s", typ, values...))
	if !coded {
		return rec
	}
	codes := make([]any, rows) // some of them null, beside nulls among the values
	for i := range codes {
		if codes[i] = int32(i); rng.IntN(40) == 0 {
			col := rec.Column(0)
			if text := "null"; col.IsValid(i) {
				text = col.(interface{ ValueStr(int) string }).ValueStr(i)
				want[text]--
				want["null"]++
			}
			codes[i] = nil
		}
	}
	dict := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: typ}
	index := dataflowtest.Batch(dataflowtest.ColOf("c", arrow.PrimitiveTypes.Int32, codes...)).Column(0)
	schema := arrow.NewSchema([]arrow.Field{{Name: "s", Type: dict, Nullable: true}}, nil)
	return array.NewRecord(schema, []arrow.Array{array.NewDictionaryArray(dict, index, rec.Column(0))}, int64(rows))
}

// TestTextsAreSent has rows routed as texts, those that are not frequent and, where no groups
// are, all, and holds what owners make of them against a map.
func TestTextsAreSent(t *testing.T) {
	for _, typ := range []arrow.DataType{arrow.BinaryTypes.String, arrow.BinaryTypes.LargeString, arrow.BinaryTypes.Binary, arrow.BinaryTypes.LargeBinary} {
		for _, coded := range []bool{false, true} {
			if coded && typ.ID() != arrow.STRING && typ.ID() != arrow.LARGE_STRING {
				continue // their text is not their value's
			}
			for _, marks := range []int{0, 400} {
				t.Run(fmt.Sprint(typ, ", coded ", coded, ", marks ", marks), func(t *testing.T) { checkTexts(t, typ, coded, marks) })
			}
		}
	}
}

func checkTexts(t *testing.T, typ arrow.DataType, coded bool, marks int) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	seed := rand.Uint64()
	t.Logf("seed %#x", seed)
	rng, want := rand.New(rand.NewPCG(seed, 1)), map[string]int64{}
	env := dataflowtest.NewEnv(t, alloc)
	env.Partitions = 16
	r := GroupBy("s").Agg(Count()).(Grouping)
	r.policy = policy{firstBytes: 40 << 10, nextBytes: 40 << 10, fewRows: 100, routeRows: 5000, routeMost: 5000, markRows: marks, watchRows: 1 << 20, valueBytes: 1 << 40}
	if marks > 0 {
		r.policy.fewRows = 0
	}
	schema := textBatch(rng, typ, 1, coded, map[string]int64{}).Schema()
	owner := func(env dataflow.Env, x dataflow.Exchange) *groupAccumulator {
		acc, err := r.NewAccumulator(schema, env, x)
		if err != nil {
			t.Fatal(err)
		}
		return acc.(*groupAccumulator)
	}
	// Owners run out of memory now and then, and let go of their groups to the last ones.
	owners, last := make([]*groupAccumulator, env.Partitions), make([]*groupAccumulator, env.Partitions)
	var adding *groupAccumulator // that is to run out of memory
	drained := 0
	for p := range owners {
		last[p] = owner(dataflowtest.NewEnv(t, alloc), dataflow.Exchange{})
		defer last[p].Close()
		env := dataflowtest.NewEnv(t, alloc)
		env.Reserve = func(bytes int64) error {
			if bytes > 0 && adding != nil && adding.groups > 0 && rng.IntN(3) == 0 {
				adding = nil
				return fmt.Errorf("told to: %w", dataflow.ErrBudget)
			}
			return nil
		}
		owners[p] = owner(env, dataflow.Exchange{Partial: func(_ int, c dataflow.Chunk) error {
			defer c.Rec.Release()
			drained++
			return last[p].Merge(t.Context(), c)
		}})
		defer owners[p].Close()
	}
	pages := 0
	acc, err := r.NewAccumulator(schema, env, dataflow.Exchange{
		Partial: func(p int, c dataflow.Chunk) error {
			defer c.Rec.Release()
			return owners[p].Merge(t.Context(), c)
		},
		Rows: func(p int, c dataflow.Chunk) error {
			defer c.Rec.Release()
			if !isTexts(c.Rec) {
				return fmt.Errorf("rows of %v", c.Rec.Schema())
			}
			pages++
			adding = owners[p]
			defer func() { adding = nil }()
			return owners[p].Add(t.Context(), c)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer acc.Close()
	for range 60 {
		if err := acc.Add(t.Context(), dataflow.Chunk{Rec: textBatch(rng, typ, 1+rng.IntN(1500), coded, want)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := acc.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if pages == 0 || drained == 0 {
		t.Errorf("%d pages of texts were sent, %d partials of their groups", pages, drained)
	}
	for p, o := range owners {
		if err := o.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		err := last[p].Result(t.Context(), func(c dataflow.Chunk) error {
			defer c.Rec.Release()
			for i := range c.Rows() {
				text := "null"
				switch col := c.Rec.Column(0).(type) {
				case *array.String:
					text = col.Value(i)
				case *array.LargeString:
					text = col.Value(i)
				case *array.Binary:
					text = string(col.Value(i))
				case *array.LargeBinary:
					text = string(col.Value(i))
				}
				if c.Rec.Column(0).IsNull(i) {
					text = "null"
				}
				if n := c.Rec.Column(1).(*array.Int64).Value(i); n != want[text] {
					t.Fatalf("%.60q comes %d times, want %d", text, n, want[text])
				}
				delete(want, text)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for text, n := range want {
		if n != 0 {
			t.Errorf("%.60q comes not at all, want %d times", text, n)
		}
	}
}
