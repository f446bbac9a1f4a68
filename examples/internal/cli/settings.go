package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/observe"
	"github.com/arrowmill/arrowmill/io/csvio"
	"github.com/arrowmill/arrowmill/io/file"
	"github.com/arrowmill/arrowmill/io/ipcio"
	"github.com/arrowmill/arrowmill/io/jsonlio"
	"github.com/arrowmill/arrowmill/io/parquetio"
	"github.com/arrowmill/arrowmill/io/tableio"
)

// workersMax is more than any machine has use for.
const workersMax = 1024

// logEvery is how often a line of progress is written where no bar can be.
const logEvery = 5 * time.Second

// Settings are the flags that every program has.
type Settings struct {
	Format      Choice // empty: a table on a terminal, else csv
	Output      Path   // empty: standard output
	Workers     Count  // value 0: one for each CPU
	Memory      Size   // 0: half of the memory
	compression Choice
	Progress    Choice
	Explain     bool
	Stats       bool
	cpuProfile  string // a file; empty: none
	trace       string
}

// DefineOutput defines --format and --output.
func (s *Settings) DefineOutput(flags *pflag.FlagSet) {
	s.Format = OneOf("", "table", "csv", "jsonl")
	flags.Var(&s.Format, "format", "`F` is table (default on a terminal), csv (default\nelsewhere) or jsonl")
	flags.Var(&s.Output, "output", "write to `FILE`, whose name ends in .csv, .jsonl,\n.parquet or .arrow, instead of standard output; .gz or\n.zst behind .csv and .jsonl compresses. The file\nappears whole when all is done, or not at all")
}

// DefineRun defines the flags on how to run.
func (s *Settings) DefineRun(flags *pflag.FlagSet) {
	s.compression, s.Progress = OneOf("auto", "auto", "none"), OneOf("auto", "auto", "on", "off")
	s.Workers = Between(0, 1, workersMax)
	flags.Var(&s.Workers, "workers", "work on N parts of the input at once (default: one for\neach CPU). The results are the same for every N")
	flags.Var(&s.Memory, "memory", "hold at most so much, as in 512MiB or 2GiB (default:\nhalf of what the machine or container has)")
	flags.Var(&s.compression, "compression", "`MODE` is auto (default): unpack files that are gzip\nor zstd, whatever their names; or none: read\nall files as they are")
	flags.Var(&s.Progress, "progress", "`WHEN` is on: a bar on a terminal, elsewhere a line\nevery few seconds; off: nothing; or auto (default):\non, unless the input is typed at a terminal")
	flags.BoolVar(&s.Explain, "explain", false, "print the plan and stop")
	flags.BoolVar(&s.Stats, "stats", false, "print rows, bytes and time of each stage when done")
	flags.StringVar(&s.cpuProfile, "cpuprofile", "", "write a CPU profile to `FILE`, for go tool pprof")
	flags.StringVar(&s.trace, "trace", "", "write an execution trace to `FILE`, for go tool trace")
}

// Compression is what --compression asks for.
func (s *Settings) Compression() file.Compression {
	if s.compression.Value == "none" {
		return file.None
	}
	return file.Auto
}

// Check finds flags that cannot stand together or make no sense, and paths that
// cannot.
func (s *Settings) Check(paths []string) error {
	if len(paths) == 0 {
		return errors.New("no PATH: name files, folders or patterns, or - for standard input")
	}
	if i := slices.Index(paths, file.Stdin); i >= 0 && slices.Contains(paths[i+1:], file.Stdin) {
		return errors.New("standard input (-) is named twice, but it can be read only once")
	}
	if s.Output == "" {
		return nil
	}
	if s.Format.Value != "" {
		return fmt.Errorf("--format %s with --output %s: the ending of FILE says the format, leave out --format", s.Format.Value, s.Output)
	}
	_, err := fileSink(string(s.Output))
	return err
}

// fileSink is the sink for the ending of path.
func fileSink(path string) (dataflow.Sink, error) {
	plain := strings.TrimSuffix(strings.TrimSuffix(path, ".gz"), ".zst")
	switch {
	case strings.HasSuffix(plain, ".csv"):
		return csvio.Write(path), nil
	case strings.HasSuffix(plain, ".jsonl"):
		return jsonlio.Write(path), nil
	case strings.HasSuffix(path, ".parquet"):
		return parquetio.Write(path), nil
	case strings.HasSuffix(path, ".arrow"):
		return ipcio.Write(path), nil
	}
	return nil, fmt.Errorf("--output %s: the ending must be .csv, .jsonl, .parquet or .arrow; .gz or .zst behind .csv and .jsonl compresses", path)
}

// sink is where results go: a file, or out in the format asked for.
func (s *Settings) sink(out io.Writer, terminal bool) (dataflow.Sink, error) {
	if s.Output != "" {
		return fileSink(string(s.Output))
	}
	format := s.Format.Value
	if format == "" && terminal {
		format = "table"
	}
	switch format {
	case "table":
		return tableio.WriteTo(out), nil
	case "jsonl":
		return jsonlio.WriteTo(out), nil
	}
	return csvio.WriteTo(out), nil
}

// IsTerminal reports whether a stream is a terminal.
func IsTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// progress is the hooks that show a run's progress, and what to write results to
// meanwhile. typed: standard input is read.
func (s *Settings) progress(std Streams, typed bool) (dataflow.Hooks, io.Writer) {
	show := s.Progress.Value
	if show == "off" || show == "auto" && typed && IsTerminal(std.In) {
		return dataflow.Hooks{}, std.Out
	}
	if !IsTerminal(std.Err) || os.Getenv("TERM") == "dumb" {
		return observe.Lines(std.Err, logEvery), std.Out
	}
	screen := observe.NewScreen(std.Err)
	if IsTerminal(std.Out) {
		return screen.Hooks(), screen.Writer(std.Out)
	}
	return screen.Hooks(), std.Out
}
