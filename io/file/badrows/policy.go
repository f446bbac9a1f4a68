// Package badrows is what formats of rows as text do about rows that are none: the
// run ends ([Fail]), or they are left out ([Skip]), and gathered in a file
// ([Reject]), so that they can be mended and read again.
package badrows

// Policy says what is done about bad rows. The zero value is [Fail]. It may be
// compared and shared.
type Policy struct {
	act  act
	path string
}

type act uint8

const (
	fail act = iota
	skip
	reject
)

// The ways to deal with bad rows. Fail is the default.
var (
	Fail = Policy{act: fail} // the first one ends the run
	Skip = Policy{act: skip} // they are left out, counted, and reported as a warning
)

// Reject leaves bad rows out as [Skip] does, and writes them to the file at path
// just as they were, in source order. The file is compressed where path ends in .gz
// or .zst. It appears when the run has succeeded, also when no row is bad, and
// replaces one that is there; a run that fails leaves that as it was. Rows in =
// rows out + rows rejected; where a run has read enough before the end (a limit),
// those that it has read.
func Reject(path string) Policy { return Policy{reject, path} }

// LeavesOut reports whether bad rows are left out, instead of ending the run.
func (p Policy) LeavesOut() bool { return p.act != fail }

// Keeps reports whether bad rows are written to a file.
func (p Policy) Keeps() bool { return p.act == reject }

// Warning is the text of the warning about bad rows that are left out.
func (p Policy) Warning() string {
	if p.Keeps() {
		return "bad rows (written to the file of rejected rows)"
	}
	return "bad rows (left out)"
}

// String is fail, skip or reject to PATH.
func (p Policy) String() string {
	switch p.act {
	case skip:
		return "skip"
	case reject:
		return "reject to " + p.path
	}
	return "fail"
}
