package naive

import "github.com/arrowmill/arrowmill/bench/answer"

// Program reads a table of text, which may be gzip, and answers a job. All rows
// have been read when it returns.
type Program func(path string) (answer.Rows, error)

// Programs are the programs by the names of the jobs.
var Programs = map[string]Program{
	"q1":        totalByKeys(id1),
	"q2":        totalByKeys(id1, id2),
	"q3":        sumAndMean,
	"q4":        threeMeans,
	"q5":        threeSums,
	"q6":        medianAndDeviation,
	"q7":        spread,
	"q8":        largestTwo,
	"q9":        correlation,
	"q10":       sumAndCount,
	"brc":       weather,
	"tpch-q1":   pricing,
	"wide-user": users,
	"wide-url":  addresses,
	"wordcount": words,
}
