// Wordcount counts the words of text files on every core.
//
//	wordcount --top 20 "$(go env GOROOT)/src/**/*.go"
//
// It is also an example of a program around a graph: [declare] is the graph,
// the rest is flags.
package main

import (
	"context"
	"fmt"
	"io"
	"math"

	"github.com/spf13/pflag"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/examples/internal/cli"
	"github.com/arrowmill/arrowmill/io/file"
	"github.com/arrowmill/arrowmill/io/textio"
	"github.com/arrowmill/arrowmill/operators"
)

func main() { cli.Main(run) }

const program = "wordcount"

// options are what the command line says.
type options struct {
	cli.Settings
	paths    []string
	top      cli.Count
	words    cli.Choice
	keepCase bool
	help     bool
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
	return o.Run(ctx, program, std, o.paths, o.declare)
}

// declare is the graph: text → words → a count for each → the most frequent, or all.
func (o *options) declare(out dataflow.Sink) *dataflow.Graph {
	g := dataflow.New()
	g.Source("text", textio.Text(o.paths...).Compression(o.Compression())).
		Map("words", operators.Words("text", o.wordsOptions()...)).
		TreeReduce("count", operators.GroupBy("word").Agg(operators.Count().As("n"))).
		TreeReduce("top", o.order(operators.Desc("n"), operators.Asc("word"))).
		Sink("out", out)
	return g
}

func (o *options) wordsOptions() (opts []operators.WordsOption) {
	if o.words.Value == "unicode" {
		opts = append(opts, operators.Unicode())
	}
	if o.keepCase {
		opts = append(opts, operators.KeepCase())
	}
	return opts
}

// order puts as many rows of the answer as are wanted in order.
func (o *options) order(keys ...operators.SortKey) dataflow.Reducer {
	if o.top.Value == 0 {
		return operators.Sort(keys...)
	}
	return operators.TopK(o.top.Value, keys...)
}

func (o *options) define() *pflag.FlagSet {
	o.top, o.words = cli.Between(20, 0, math.MaxInt32), cli.OneOf("whitespace", "whitespace", "unicode")
	flags := pflag.NewFlagSet(program, pflag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	flags.Var(&o.top, "top", "the N most frequent words (default 20; 0: all), by\ncount descending, then by word ascending, byte by byte")
	flags.Var(&o.words, "words", "what a word is, by its `KIND`. whitespace (default):\nwhat stands between white space, as in Python's\ntext.lower().split(). unicode: a run of letters,\nmarks, digits and inner apostrophes")
	flags.BoolVar(&o.keepCase, "keep-case", false, "leave the case of words as it is; otherwise all are\nin lower case")
	o.DefineOutput(flags)
	o.DefineRun(flags)
	flags.BoolVarP(&o.help, "help", "h", false, "print this and stop")
	return flags
}

func help(flags *pflag.FlagSet) string {
	return fmt.Sprintf(`Count the words of text files, on every core.

Usage:
  wordcount [flags] PATH...

PATH is a file, a folder (all files below it), a pattern in which * stands for
any part of a name and ** for any folders (in quotes, so that the shell leaves
it alone), or %s for standard input.

Examples:
  wordcount book.txt                         the 20 most frequent words
  wordcount --words unicode book.txt         without punctuation
  wordcount --top 0 --output words.csv.gz corpus/
                                             all words of a folder, to a file
  wordcount "$(go env GOROOT)/src/**/*.go"   a pattern, for many files
  ls -R | wordcount --format jsonl -         from a pipe, as JSON lines
  wordcount --explain book.txt               how it would be done

Flags:
%s
Results go to standard output, all else to standard error. The exit status is 0
when done (also when the reader of a pipe went away), 1 when failed, 2 when used
wrongly, 130 when interrupted.
`, file.Stdin, cli.Usage(flags))
}
