package special

import "github.com/arrowmill/arrowmill/bench/answer"

// Program reads a table of plain text and answers a job. All rows have been read when
// it returns.
type Program func(path string) (answer.Rows, error)

// Programs are the programs by the names of the jobs.
var Programs = map[string]Program{
	"brc":       weather,
	"wordcount": words,
}
