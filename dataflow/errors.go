package dataflow

import (
	"errors"
	"fmt"
	"strings"
)

// ErrBudget says that a run may not hold more bytes. The error that ends a run
// for it is a *BudgetError.
var ErrBudget = errors.New("memory budget exceeded")

// GraphError is a mistake in a declared graph, found before anything runs.
type GraphError struct {
	Stage string // the stage's name; empty for the graph itself
	File  string // where the user declared it
	Line  int
	Err   error

	order int // of the stage among the declared ones
}

// Error is file:line: stage "name": cause.
func (e *GraphError) Error() string {
	if e.Stage == "" {
		return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err)
	}
	return fmt.Sprintf("%s:%d: stage %q: %v", e.File, e.Line, e.Stage, e.Err)
}

// Unwrap returns the cause.
func (e *GraphError) Unwrap() error { return e.Err }

// GraphErrors are all mistakes of a graph, in the order of declaration.
type GraphErrors []*GraphError

// Error has one mistake a line.
func (e GraphErrors) Error() string {
	lines := make([]string, len(e))
	for i, err := range e {
		lines[i] = err.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the mistakes, for errors.Is and errors.As.
func (e GraphErrors) Unwrap() []error {
	errs := make([]error, len(e))
	for i, err := range e {
		errs[i] = err
	}
	return errs
}

// TypeError is a role's refusal of a column of its input for its type. Checking a graph adds
// what made it that type, where the source can tell ([TypeTeller]).
type TypeError struct {
	Column string
	Err    error
}

// Error is that of Err.
func (e *TypeError) Error() string { return e.Err.Error() }

// Unwrap returns the refusal.
func (e *TypeError) Unwrap() error { return e.Err }

// StageError is an error of a running stage, with the place of the rows that it
// was at.
type StageError struct {
	Stage string
	Split string // the split being read, as Split.String; "partition 3" behind a shuffle or a reduce; empty outside of one
	At    Place  // place of the first row of the chunk in hand
	Rows  int    // rows of the chunk in hand; 0: no chunk was in hand
	Err   error
}

// Error is stage "name": split, rows: cause.
func (e *StageError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "stage %q: ", e.Stage)
	if e.Split != "" {
		b.WriteString(e.Split)
		if e.Rows > 0 {
			fmt.Fprintf(&b, ", rows %d to %d", e.At.Row, e.At.Row+int64(e.Rows)-1)
		}
		b.WriteString(": ")
	}
	b.WriteString(e.Err.Error())
	return b.String()
}

// Unwrap returns the cause.
func (e *StageError) Unwrap() error { return e.Err }

// PanicError is a panic in a function called by a stage.
type PanicError struct {
	Value any
	Stack []byte // of the goroutine that panicked
}

// Error is the panic's value and the stack.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v\n%s", e.Value, e.Stack) }

// Unwrap returns the panic's value where it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// BudgetError says that a run may not hold more bytes, and who holds them.
type BudgetError struct {
	LimitBytes int64
	AskedBytes int64    // what was asked for beyond what is held; 0: the limit was found passed
	Holders    []Holder // most first
}

// Holder is a stage that holds memory.
type Holder struct {
	Stage string
	What  string // "state", "rows in transit", "rows waiting for their turn", …
	Bytes int64
}

// Error names the limit, the holders and the way out.
func (e *BudgetError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v: %s allowed", ErrBudget, FormatBytes(e.LimitBytes))
	if e.AskedBytes > 0 {
		fmt.Fprintf(&b, ", %s more asked for", FormatBytes(e.AskedBytes))
	}
	for i, h := range e.Holders {
		sep := "; "
		if i == 0 {
			sep = "; held: "
		}
		fmt.Fprintf(&b, "%sstage %q %s of %s", sep, h.Stage, FormatBytes(h.Bytes), h.What)
	}
	b.WriteString("; allow more memory, or keep fewer groups or rows")
	return b.String()
}

// Unwrap returns ErrBudget.
func (e *BudgetError) Unwrap() error { return ErrBudget }

// FormatBytes prints a size with a binary unit: 512 B, 1.5 MiB.
func FormatBytes(n int64) string {
	const units = "KMGTPE"
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	v, i := float64(n)/1024, 0
	for v >= 1023.95 && i < len(units)-1 {
		v, i = v/1024, i+1
	}
	return fmt.Sprintf("%.1f %ciB", v, units[i])
}
