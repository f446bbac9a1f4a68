// Package filesink is all of a file format's sink but the format: where rows go
// (a writer, a file, a folder with a file a partition), that what is on disk
// appears whole or not at all, the memory that buffers and compressors take, and
// how a run's end ends it. A format adds its [Writer].
//
//	To(w)           batch ─ Writer.Write ─► buffer, written behind each batch ─► w
//	File("a.csv")   batch ─ Writer.Write ─► [gzip|zstd] ─► .a.csv.arrowmill-0.tmp ─ Commit: rename ─► a.csv
//	File("out/")    batch of partition 7 ─ its Writer.Write ─► .out.arrowmill-0.tmp/part-00007.csv ─ Commit: rename ─► out/
package filesink

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file"
)

// Format is a file format. It is immutable.
type Format struct {
	Package string // that errors begin with: csvio
	Name    string // as plans print it: csv
	Ending  string // of the files of a folder, with its dot: .csv

	// Compressed: a path that ends in .gz or .zst has the file compressed, that
	// of a folder (out.gz/) its files. Without it such a path is an error: the
	// format compresses by itself, or is read at any place.
	Compressed bool

	// New makes the writer of a stream with the schema in, which writes to to.
	// It is the place of the error for a type that the format has nothing for.
	// It may write, and be called several times: for each file of a folder, and
	// once to see whether the schema can be written. env is that of the sink; all
	// writers of one run belong to one goroutine at a time.
	New func(ctx context.Context, in *arrow.Schema, to io.Writer, env dataflow.Env) (Writer, error)
}

// Writer writes one file, or the stream of a sink to a writer. It belongs to one
// goroutine at a time.
type Writer interface {
	// Write writes rec, which is borrowed. Rows may be held back; the memory
	// for them comes from the env's Alloc or is asked for by its Reserve.
	Write(ctx context.Context, rec arrow.Record) error

	// Finish writes what was held back and what ends the file. It is called
	// once, behind the last row, and not where the run fails.
	Finish(ctx context.Context) error

	// Close lets go of all memory, also without Finish. It is called once.
	Close()
}

// To is a sink that writes to w. What the writer has written of a batch reaches
// w before the next one is taken, and stays when a run fails. w is not closed.
// An error of w is wrapped, so that errors.Is finds syscall.EPIPE.
//
// The sink may be used by one run at a time, since w is.
func (f Format) To(w io.Writer) dataflow.Sink { return writerSink{f, w} }

// File is a sink that writes the file at path or, where path ends in a slash, a
// folder. It appears whole when the run has succeeded, or not at all. Errors name
// the path.
//
// A file that was there is replaced then. A folder must not be there, or be
// empty. It gets a file for each partition of a shuffled stream that has rows,
// part-00007 and the format's ending; of a stream without partitions all rows
// are in part-00000. So they are where there are no rows: the schema is there.
func (f Format) File(path string) dataflow.Sink {
	if strings.HasSuffix(path, "/") {
		return folderSink{f, path}
	}
	return fileSink{f, path}
}

type writerSink struct {
	format Format
	w      io.Writer
}

// String is the sink as plans print it.
func (s writerSink) String() string { return s.format.Name }

// Open makes the writer.
func (s writerSink) Open(ctx context.Context, in *arrow.Schema, env dataflow.Env) (dataflow.Output, error) {
	one, err := s.format.open(ctx, in, file.To(s.w), env)
	if err != nil {
		return nil, s.format.wrap(err)
	}
	return &stream{format: s.format, one: one, eager: true}, nil
}

type fileSink struct {
	format Format
	path   string
}

// String is the sink as plans print it.
func (s fileSink) String() string { return s.format.Name + " " + s.path }

// Open makes the writer, and begins the file under another name.
func (s fileSink) Open(ctx context.Context, in *arrow.Schema, env dataflow.Env) (dataflow.Output, error) {
	if err := s.format.check(ctx, in, env, s.path); err != nil {
		return nil, s.format.wrap(err)
	}
	out, err := file.Create(s.path)
	if err != nil {
		return nil, s.format.wrap(err)
	}
	one, err := s.format.open(ctx, in, out, env)
	if err != nil {
		return nil, s.format.wrap(err)
	}
	return &stream{format: s.format, one: one}, nil
}

// check finds out whether a stream can be written at path, before anything there
// is touched.
func (f Format) check(ctx context.Context, in *arrow.Schema, env dataflow.Env, path string) error {
	if packed := packing(path); packed != "" && !f.Compressed {
		return fmt.Errorf("%s: a %s file is not compressed as a whole: leave %s off the name", path, f.Name, packed)
	}
	w, err := f.New(ctx, in, io.Discard, env)
	if err != nil {
		return err
	}
	w.Close()
	return nil
}

// packing is the ending of path that stands for a compression, or nothing.
func packing(path string) string {
	path = strings.TrimRight(path, "/")
	for _, end := range []string{".gz", ".zst"} {
		if strings.HasSuffix(path, end) {
			return end
		}
	}
	return ""
}

// wrap names the format's package, unless its writer did.
func (f Format) wrap(err error) error {
	if err == nil || errors.Is(err, dataflow.ErrStop) || strings.HasPrefix(err.Error(), f.Package+": ") {
		return err
	}
	return fmt.Errorf("%s: %w", f.Package, err)
}
