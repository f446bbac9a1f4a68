// Groupby groups the rows of large CSV, Parquet, Arrow and JSON-lines files on
// every core.
//
//	groupby --by state --agg 'count() as n, mean(latitude)' zipcodes.csv
//
// It is also an example of a program around a graph: [options.declare] is the
// graph, [options.source] its input, the rest is flags.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/examples/internal/cli"
	"github.com/arrowmill/arrowmill/io/file"
)

func main() { cli.Main(run) }

const program = "groupby"

// options are what the command line says.
type options struct {
	cli.Settings
	query
	input
	help bool
}

// run is the program. The path - is the process's standard input, whatever
// std.In is.
func run(ctx context.Context, args []string, std cli.Streams) int {
	var o options
	flags := o.define()
	if err := flags.Parse(args); err != nil {
		return std.Wrong(program, err)
	}
	if o.help {
		_, err := io.WriteString(std.Out, help(flags))
		return std.End(program, err)
	}
	o.paths = flags.Args()
	if err := o.Check(o.paths); err != nil {
		return std.Wrong(program, err)
	}
	plan, err := o.query.parse()
	if err != nil {
		return std.Wrong(program, err)
	}
	source, err := o.open(ctx, flags)
	var wrong *misuse
	if errors.As(err, &wrong) {
		return std.Wrong(program, err)
	}
	if err != nil {
		return std.End(program, err)
	}
	if err := plan.check(ctx, source); err != nil {
		return std.Wrong(program, err)
	}
	return o.Run(ctx, program, std, o.paths, func(out dataflow.Sink) *dataflow.Graph { return plan.declare(source, out) })
}

// open is the input's rows, whose columns are known.
func (o *options) open(ctx context.Context, flags *pflag.FlagSet) (dataflow.Source, error) {
	if o.Output != "" && filepath.Clean(string(o.Output)) == filepath.Clean(o.badRows) {
		return nil, wrongf("--output and --bad-rows name one file: %s", o.Output)
	}
	source, err := o.source(ctx, flags, o.Compression())
	if err != nil {
		return nil, err
	}
	if _, err := source.Schema(ctx); err != nil {
		return nil, o.unknownTypes(ctx, flags, o.Compression(), err)
	}
	return source, nil
}

// misuse is a mistake in the command line that shows only when the files are
// looked at.
type misuse struct{ error }

func wrongf(format string, args ...any) error { return &misuse{fmt.Errorf(format, args...)} }

func (o *options) define() *pflag.FlagSet {
	o.limit = cli.Between(-1, 0, math.MaxInt32)
	flags := pflag.NewFlagSet(program, pflag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	flags.StringVar(&o.by, "by", "", "the key columns: a `LIST` of names, those with spaces\nor signs in \"double quotes\" (none: all rows are one\ngroup)")
	flags.StringVar(&o.agg, "agg", "", "the aggregates: a `LIST`, see above")
	flags.StringVar(&o.where, "where", "", "keep the rows for which `EXPR` is true, see above")
	flags.StringVar(&o.sort, "sort", "", "order the result by a `LIST` of its columns, each with\nasc (default) or desc; nulls come last (default: the\nkeys, ascending). none: as they come, which is faster")
	flags.Var(&o.limit, "limit", "the first N rows of the sorted result (default: all)")
	flags.StringVar(&o.explode, "explode", "", "a row for each element of the result's `COLUMN`, whose\nvalues are lists")
	o.input.define(flags)
	o.DefineOutput(flags)
	o.DefineRun(flags)
	flags.BoolVarP(&o.help, "help", "h", false, "print this and stop")
	return flags
}

func help(flags *pflag.FlagSet) string {
	return fmt.Sprintf(`Group the rows of large files by the values of some columns, on every core.

Usage:
  groupby [flags] PATH...

PATH is a file that ends in .csv, .tsv, .parquet, .arrow or .jsonl (with .gz or
.zst behind it too), a folder of such files, a pattern in which * stands for any
part of a name and ** for any folders (in quotes, so that the shell leaves it
alone), or %s for standard input.

Examples:
  groupby --by state zipcodes.csv            each state
  groupby --by state --agg 'count() as n, mean(latitude)' zipcodes.csv
  groupby --by city --agg 'count() as n' --sort 'n desc' --limit 10 zipcodes.csv
  groupby --by '"Origin State"' --agg 'sum("Cost Total $") as cost' \
      --where "\"Wildlife Size\" = 'Large'" birdstrikes.csv
  groupby --by id3 --agg 'max(v1) - min(v2) as range' --output range.parquet \
      'data/**/*.parquet'
  zcat sales.csv.gz | groupby --by shop --agg 'sum(qty * price) as revenue' -

Aggregates:
  count()  count(x)  sum(x)  mean(x)  min(x)  max(x)  var(x)  std(x)  median(x)
  quantile(x, 0.9)  largest(x, 2)  corr(x, y)
  An aggregate takes expressions, and stands in them: max(v1) - min(v2). The
  column is named by its text, or as told: mean(v3) as avg.

Expressions:
  columns     v1, "Origin State"
  constants   1, 2.5, 1e6, 'text', 'it''s', true, null, date '2024-01-31'
  arithmetic  + - * / %%
  comparison  = != < <= > >=, is null, is not null, in ('a', 'b'),
              between 1 and 2, like 'a%%'
  logic       and, or, not
  choice      case when a > 0 then a else 0 end, if(a > 0, a, 0), coalesce(a, 0)
  text        lower(x) upper(x) trim(x) length(x) contains(x, 'a')
              starts_with(x, 'a') ends_with(x, 'a')
  numbers     abs(x) floor(x) ceil(x) round(x)
  time        year(x) month(x) day(x) hour(x) minute(x) second(x)
  types       cast(x as float64), try_cast(x as date), with the types of --type
  / is division with a fraction, also of integers; integers that overflow are an
  error.

Flags:
%s
Results go to standard output, all else to standard error. The exit status is 0
when done (also when the reader of a pipe went away), 1 when failed, 2 when used
wrongly, 130 when interrupted.
`, file.Stdin, cli.Usage(flags))
}
