package jobs

import (
	"time"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/operators"
)

func others() []Job {
	return []Job{
		{Name: "brc", About: "min, mean, max of t by station", Tables: []string{"brc", "brc10k"}, Keys: 1, Declare: weather},
		{Name: "tpch-q1", About: "TPC-H Q1, the pricing summary", Tables: []string{"lineitem"}, Keys: 2, Declare: pricing},
		{Name: "wide-user", About: "visits and their bytes by user", Tables: []string{"wide"}, Keys: 1, Declare: users},
		{Name: "wide-url", About: "visits by URL", Tables: []string{"wide"}, Keys: 1, Declare: addresses},
		{Name: "wordcount", About: "count of every word, lower case", Tables: []string{"text", "gosource"}, Keys: 1, Declare: words},
	}
}

func weather(table *dataflow.Stream) *dataflow.Stream {
	t := operators.Col("t")
	return table.TreeReduce("stations", operators.GroupBy("station").Agg(operators.Min(t), operators.Mean(t), operators.Max(t)))
}

// pricing is Q1 with the specification's validation parameter, 90 days before
// 1998-12-01.
func pricing(table *dataflow.Stream) *dataflow.Stream {
	price, discount, tax := operators.Col("l_extendedprice"), operators.Col("l_discount"), operators.Col("l_tax")
	quantity := operators.Col("l_quantity")
	discounted := price.Mul(operators.Lit(1.0).Sub(discount))
	return table.
		Map("shipped", operators.Filter(operators.Col("l_shipdate").Le(time.Date(1998, time.September, 2, 0, 0, 0, 0, time.UTC)))).
		TreeReduce("summary", operators.GroupBy("l_returnflag", "l_linestatus").Agg(
			operators.Sum(quantity).As("sum_qty"),
			operators.Sum(price).As("sum_base_price"),
			operators.Sum(discounted).As("sum_disc_price"),
			operators.Sum(discounted.Mul(operators.Lit(1.0).Add(tax))).As("sum_charge"),
			operators.Mean(quantity).As("avg_qty"),
			operators.Mean(price).As("avg_price"),
			operators.Mean(discount).As("avg_disc"),
			operators.Count().As("count_order"))).
		TreeReduce("sorted", operators.Sort(operators.Asc("l_returnflag"), operators.Asc("l_linestatus")))
}

func users(table *dataflow.Stream) *dataflow.Stream {
	return table.TreeReduce("users", operators.GroupBy("user").Agg(operators.Count().As("visits"), operators.Sum(operators.Col("bytes"))))
}

func addresses(table *dataflow.Stream) *dataflow.Stream {
	return table.TreeReduce("addresses", operators.GroupBy("url").Agg(operators.Count().As("visits")))
}

func words(table *dataflow.Stream) *dataflow.Stream {
	return table.
		Map("words", operators.Words("text")).
		TreeReduce("count", operators.GroupBy("word").Agg(operators.Count().As("n")))
}
