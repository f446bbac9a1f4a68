package dataflowtest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

// recorder is a test that is expected to fail.
type recorder struct {
	failures []string
	cleanups []func()
}

func (r *recorder) Helper() {}
func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}
func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }

func (r *recorder) finish() string {
	for _, f := range r.cleanups {
		f()
	}
	return strings.Join(r.failures, "\n")
}

func numbers() (in, want arrow.Record) {
	var x, y, name, kept []any
	for i := range 40 {
		s := any(fmt.Sprint("name ", i%5))
		if i%7 == 0 {
			s = nil
		}
		if i%11 == 3 {
			x, name = append(x, nil), append(name, s)
			y, kept = append(y, nil), append(kept, s)
			continue
		}
		x, name = append(x, int64(i)), append(name, s)
		if i%2 == 1 {
			y, kept = append(y, int64(2*i)), append(kept, s)
		}
	}
	return dataflowtest.Batch(dataflowtest.Col("x", x), dataflowtest.Col("name", name)),
		dataflowtest.Batch(dataflowtest.Col("x", y), dataflowtest.Col("name", kept))
}

func TestCheckOperatorAccepts(t *testing.T) {
	in, want := numbers()
	for _, op := range []doubled{{}, {selection: true}, {fault: "holds rows back"}, {fault: "needs memory"}} {
		dataflowtest.CheckOperator(t, op, in, want, dataflowtest.DictionaryToo("name"))
	}
}

func sums() (in, want arrow.Record) {
	var k, v, key, sum []any
	totals := map[any]int64{}
	for i := range 60 {
		var name any
		if i%6 > 0 {
			name = strings.Repeat("k", i%6) + fmt.Sprint(i%13)
		}
		if _, ok := totals[name]; !ok {
			key = append(key, name)
			totals[name] = 0
		}
		k = append(k, name)
		if i%4 == 0 {
			v = append(v, nil)
			continue
		}
		v = append(v, int64(i*i))
		totals[name] += int64(i * i)
	}
	for _, name := range key {
		sum = append(sum, totals[name])
	}
	return dataflowtest.Batch(dataflowtest.Col("k", k), dataflowtest.Col("v", v)),
		dataflowtest.Batch(dataflowtest.Col("k", key), dataflowtest.Col("sum", sum))
}

func TestCheckReducerAccepts(t *testing.T) {
	in, want := sums()
	for _, fault := range []string{"", "lets rows go"} {
		dataflowtest.CheckReducer(t, total{fault}, in, want, dataflowtest.DictionaryToo("k"))
	}
	in, want = texts()
	dataflowtest.CheckReducer(t, joined{}, in, want)
}

func texts() (in, want arrow.Record) {
	var s []any
	for i := range 30 {
		s = append(s, fmt.Sprint(i%7))
	}
	s[4] = nil
	return dataflowtest.Batch(dataflowtest.Col("s", s)),
		dataflowtest.Batch(dataflowtest.Col("s", []string{"0123560123456012345601234560"[:joinedMost+1]}))
}

func TestCheckOperatorCatches(t *testing.T) {
	in, want := numbers()
	for fault, report := range map[string]string{
		"drops nulls":                    "rows differ",
		"ignores the offset":             "rows differ",
		"wrong row":                      "want [14",
		"minds the batch size":           "rows differ",
		"leaks":                          "leaked",
		"mutates its input":              "changed or released",
		"releases its input":             "", // which of the consequences is seen first depends on the shape
		"does not retain what it emits":  "",
		"keeps a view":                   "",
		"keeps a batch":                  "more often",
		"reserves and forgets":           "not given back",
		"wrong schema":                   "another schema than was declared",
		"wraps ErrStop":                  "when emit had returned",
		"goes on when stopped":           "emit was called again",
		"swallows errors":                "when emit had returned",
		"panics":                         "panic: oh",
		"selects twice":                  "selection vector",
		"forgets a column":               "asked for columns",
		"fails":                          "five is not allowed",
		"ignores the selection":          "a selection vector",
		"emits one batch twice":          "more often",
		"leaks when it is left":          "leaked",
		"leaves a goroutine":             "goroutines of the run go on",
		"fails otherwise without memory": "Env.Reserve refuses now and then",
		"keeps its selection":            "selection",
		"is refused a dictionary column": "refused",
	} {
		t.Run(fault, func(t *testing.T) {
			r, op := &recorder{}, doubled{fault: fault, selection: true}
			in, opts := in, []dataflowtest.Option{}
			switch fault {
			case "is refused a dictionary column":
				opts = append(opts, dataflowtest.DictionaryToo("x"))
			}
			dataflowtest.CheckOperator(r, op, in, want, opts...)
			got := r.finish()
			if got == "" {
				t.Fatal("it was not caught")
			}
			if len(r.failures) != 1 {
				t.Errorf("%d failures are reported, not one", len(r.failures))
			}
			if !strings.Contains(got, report) {
				t.Errorf("the report has no %q:\n%s", report, got)
			}
		})
	}
}

func TestCheckReducerCatches(t *testing.T) {
	in, want := sums()
	for fault, report := range map[string]string{
		"leaks":                    "leaked",
		"reserves and forgets":     "not given back",
		"leaks when it is left":    "leaked",
		"forgets partials":         "rows differ",
		"mixes partitions":         "rows differ",
		"keeps what it drains":     "rows differ",
		"fails with another error": "no room",
		"drops rows without room":  "a budget that refuses",
		"lets rows go for ever":    "never comes to an answer",
		"has no order":             "another order",
	} {
		t.Run(fault, func(t *testing.T) {
			r := &recorder{}
			dataflowtest.CheckReducer(r, total{fault}, in, want)
			if got := r.finish(); len(r.failures) != 1 || !strings.Contains(got, report) {
				t.Errorf("one failure with %q is wanted, not %d:\n%s", report, len(r.failures), got)
			}
		})
	}
	in, want = texts()
	for fault, report := range map[string]string{
		"does not associate":    "rows differ",
		"says that it commutes": "rows differ",
		"is sated too early":    "no rows for who is sated",
	} {
		t.Run(fault, func(t *testing.T) {
			r := &recorder{}
			dataflowtest.CheckReducer(r, joined{fault}, in, want)
			if got := r.finish(); len(r.failures) != 1 || !strings.Contains(got, report) {
				t.Errorf("one failure with %q is wanted, not %d:\n%s", report, len(r.failures), got)
			}
		})
	}
}
