package dataflowtest

import (
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
)

// Fails checks that role, a dataflow.Operator, Reducer or Partitioner, ends with
// an error whose text has want in it, from its check of the schema of in or, in
// every shape of the package comment, from running over in; and that it then
// holds nothing. A panic is its own failure. in stays the caller's.
func Fails(t T, role any, in arrow.Record, want string, opts ...Option) {
	t.Helper()
	c := configured(opts)
	c.plain = c.plain || len(c.dictionaries) == 0 && !c.dictionary
	err := guarded(func() error { return checkSchema(role, in.Schema()) })
	if err != nil {
		if msg := missed(err, want); msg != "" {
			t.Errorf("dataflowtest: %s: %s", describe(role), msg)
		}
		return
	}
	coded, err := accepted(in, c, func(s *arrow.Schema) error { return checkSchema(role, s) })
	if err != nil {
		t.Errorf("dataflowtest: %s: %v", describe(role), err)
		return
	}
	for _, s := range shapes(in, c, coded, takesSelection(role), 0) {
		var err error
		broken := guarded(func() (broken error) { broken, err = failing(role, in, s); return broken })
		if msg := unexpected(broken, err, want); msg != "" {
			t.Errorf("dataflowtest: %s, with %s (Seed(%#x)): %s", describe(role), s, c.seed, msg)
			return
		}
	}
	broken, err := executedFailure(role, in, c.seed)
	if msg := unexpected(broken, err, want); msg != "" {
		t.Errorf("dataflowtest: %s, with the executor (Seed(%#x)): %s", describe(role), c.seed, msg)
	}
}

// unexpected is what is to be reported of a run that was to fail with err alone.
func unexpected(broken, err error, want string) string {
	switch {
	case broken != nil:
		return broken.Error()
	case err == nil:
		return fmt.Sprintf("it did not fail; an error with %q is wanted", want)
	}
	return missed(err, want)
}

func missed(err error, want string) string {
	if strings.Contains(err.Error(), want) {
		return ""
	}
	return fmt.Sprintf("an error with %q is wanted, not: %v", want, err)
}

func checkSchema(role any, in *arrow.Schema) (err error) {
	switch r := role.(type) {
	case dataflow.Operator:
		_, err = r.OutSchema(in)
	case dataflow.Reducer:
		_, _, err = r.Schemas(in)
	case dataflow.Partitioner:
		err = r.Check(in)
	default:
		panic(fmt.Sprintf("dataflowtest: %T is no operator, reducer or partitioner", role))
	}
	return err
}

// failing runs role over one shape. It returns the role's error, and what is
// wrong beside.
func failing(role any, in arrow.Record, s shape) (broken, err error) {
	switch r := role.(type) {
	case dataflow.Operator:
		run, _, err := driveOperator(r, in, s, trouble{})
		if run == nil {
			return nil, err
		}
		return run.settle(), err
	case dataflow.Reducer:
		d, err := reduce(r, in, s, strategy{accumulators: 1 + int(s.seed%3), partitions: 2}, nil)
		if d == nil {
			return nil, err
		}
		return d.run.settle(), err
	default:
		_, err := partition(r.(dataflow.Partitioner), in, s, 7)
		return nil, err
	}
}
