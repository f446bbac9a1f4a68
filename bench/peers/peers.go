package peers

import (
	"strconv"

	"github.com/arrowmill/arrowmill/bench/answer"
)

// Peer is a library that is raced against.
type Peer struct {
	Name     string   // its program is with_NAME.py
	Package  string   // that has to be there
	Variants []string // ways to use it: the first is nameless
	Terms    answer.Terms
}

// All are the peers.
func All() []Peer {
	one := []string{""}
	typeless := answer.Terms{Types: true}
	loose := answer.Terms{Types: true, EmptySums: true}
	return []Peer{
		{"duckdb", "duckdb", []string{"", "2x-threads"}, typeless},
		{"polars", "polars", []string{"", "streaming"}, loose},
		{"datafusion", "datafusion", one, typeless},
		{"chdb", "chdb", one, typeless},
		{"pyarrow", "pyarrow", one, typeless},
		{"pandas", "pandas", one, loose},
		{"dask", "dask", one, loose},
		{"multiprocessing", "pandas", one, loose},
	}
}

// Command is the command line that answers a job of the table at path in a way, in
// so many threads. to: where the answer is written; empty: it is not.
func (i *Installed) Command(p Peer, variant, job, path string, threads int, to string) []string {
	command := []string{i.python(), i.program("with_" + p.Name + ".py"), job, path, strconv.Itoa(threads), variant}
	if to != "" {
		command = append(command, to)
	}
	return command
}
