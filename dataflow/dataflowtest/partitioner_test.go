package dataflowtest_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

// byLength is a partitioner with faults to choose: by the length of s.
type byLength struct{ fault string }

func (p byLength) Check(in *arrow.Schema) error {
	_, err := dataflow.Column(in, "s")
	return err
}

func (p byLength) NewRouter(in *arrow.Schema, env dataflow.Env) (func(dataflow.Chunk, []int32) error, error) {
	at, err := dataflow.Column(in, "s")
	seen := 0
	return func(c dataflow.Chunk, partition []int32) error {
		for i := range partition {
			s, _ := text(c.Rec.Column(at), i).(string)
			n := len(s)
			switch p.fault {
			case "is out of range":
				n = n%env.Partitions + n%2
				partition[i] = int32(n)
				continue
			case "counts":
				n += seen
			case "minds the batch":
				n += len(partition)
			case "forgets a row":
				if i > 0 {
					continue
				}
			case "fails":
				if s == "aaa" {
					return errors.New("not three")
				}
			}
			seen++
			partition[i] = int32(n % env.Partitions)
		}
		return nil
	}, err
}

func words() arrow.Record {
	var s, other []any
	for i := range 25 {
		s, other = append(s, strings.Repeat("abc"[i%3:i%3+1], i%9)), append(other, fmt.Sprint(i))
	}
	s[7] = nil
	return dataflowtest.Batch(dataflowtest.Col("s", s), dataflowtest.Col("other", other))
}

func TestCheckPartitioner(t *testing.T) {
	dataflowtest.CheckPartitioner(t, byLength{}, words(), dataflowtest.DictionaryToo("s"))
	for fault, report := range map[string]string{
		"is out of range": "of 1",
		"counts":          "goes to partition",
		"minds the batch": "goes to partition",
		"forgets a row":   "goes to partition -7",
		"fails":           "not three",
	} {
		r := &recorder{}
		dataflowtest.CheckPartitioner(r, byLength{fault}, words())
		if got := r.finish(); len(r.failures) != 1 || !strings.Contains(got, report) {
			t.Errorf("%s: one failure with %q is wanted, not:\n%s", fault, report, got)
		}
	}
}

func TestFails(t *testing.T) {
	numbers, _ := numbers()
	sums, _ := sums()
	for _, c := range []struct {
		name string
		role any
		in   arrow.Record
		want string
		miss string // what is reported; empty: nothing
	}{
		{"schema of an operator", doubled{}, words(), `no column "x"`, ""},
		{"schema of a reducer", total{}, words(), `no column "k"`, ""},
		{"schema of a partitioner", byLength{}, numbers, `no column "s"`, ""},
		{"run of an operator", doubled{fault: "fails"}, numbers, "five is not allowed", ""},
		{"run of a partitioner", byLength{fault: "fails"}, words(), "not three", ""},
		{"another text", doubled{fault: "fails"}, numbers, "six is not allowed", "not: Process: five"},
		{"another text of a schema", doubled{}, words(), "no such thing", "not: no column"},
		{"no failure", total{}, sums, "any", "it did not fail"},
		{"a panic", doubled{fault: "panics"}, numbers, "oh", "panic: oh"},
	} {
		r := &recorder{}
		dataflowtest.Fails(r, c.role, c.in, c.want)
		if got := r.finish(); (got == "") != (c.miss == "") || !strings.Contains(got, c.miss) {
			t.Errorf("%s: %q is to be reported, not %q", c.name, c.miss, got)
		}
	}
}

func TestNewEnv(t *testing.T) {
	for _, c := range []struct {
		reserve []int64
		want    string
	}{
		{[]int64{100, -60, -40}, ""},
		{[]int64{100, -60}, "40 bytes of Env.Reserve were not given back"},
		{[]int64{100, -101, 1}, "1 more bytes were given back"},
	} {
		r := &recorder{}
		env := dataflowtest.NewEnv(r, nil)
		for _, n := range c.reserve {
			if err := env.Reserve(n); err != nil {
				t.Fatal(err)
			}
		}
		if got := r.finish(); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%v: got %q, want %q", c.reserve, got, c.want)
		}
	}
}
