package jobs

import (
	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/operators"
)

// questions are the ten of the groupby task of db-benchmark (h2o.ai, DuckDB Labs).
// Median is interpolated, sd is the sample's, the largest two come as a list.
func questions() []Job {
	tables := []string{"g1", "g1-nulls"}
	v1, v2, v3 := operators.Col("v1"), operators.Col("v2"), operators.Col("v3")
	ask := func(name, about string, keys []string, aggs ...operators.Agg) Job {
		return Job{Name: name, About: about, Tables: tables, Keys: len(keys), Declare: func(table *dataflow.Stream) *dataflow.Stream {
			return table.TreeReduce("groups", operators.GroupBy(keys...).Agg(aggs...))
		}}
	}
	then := func(j Job, next func(groups *dataflow.Stream) *dataflow.Stream) Job {
		declare := j.Declare
		j.Declare = func(table *dataflow.Stream) *dataflow.Stream { return next(declare(table)) }
		return j
	}
	q8 := ask("q8", "largest two v3 by id6", []string{"id6"}, operators.Largest(v3, 2))
	q8.Lists = 2
	return []Job{
		ask("q1", "sum v1 by id1", []string{"id1"}, operators.Sum(v1)),
		ask("q2", "sum v1 by id1, id2", []string{"id1", "id2"}, operators.Sum(v1)),
		ask("q3", "sum v1, mean v3 by id3", []string{"id3"}, operators.Sum(v1), operators.Mean(v3)),
		ask("q4", "mean v1, v2, v3 by id4", []string{"id4"}, operators.Mean(v1), operators.Mean(v2), operators.Mean(v3)),
		ask("q5", "sum v1, v2, v3 by id6", []string{"id6"}, operators.Sum(v1), operators.Sum(v2), operators.Sum(v3)),
		ask("q6", "median v3, sd v3 by id4, id5", []string{"id4", "id5"}, operators.Median(v3), operators.Std(v3)),
		then(ask("q7", "max v1 - min v2 by id3", []string{"id3"}, operators.Max(v1).As("max_v1"), operators.Min(v2).As("min_v2")),
			func(groups *dataflow.Stream) *dataflow.Stream {
				return groups.
					Map("range", operators.With("range", operators.Col("max_v1").Sub(operators.Col("min_v2")))).
					Map("columns", operators.Project("id3", "range"))
			}),
		q8,
		then(ask("q9", "squared correlation of v1, v2 by id2, id4", []string{"id2", "id4"}, operators.Corr(v1, v2).As("r")),
			func(groups *dataflow.Stream) *dataflow.Stream {
				return groups.
					Map("square", operators.With("r2", operators.Col("r").Mul(operators.Col("r")))).
					Map("columns", operators.Project("id2", "id4", "r2"))
			}),
		ask("q10", "sum v3, count by id1 to id6", []string{"id1", "id2", "id3", "id4", "id5", "id6"}, operators.Sum(v3), operators.Count()),
	}
}
