package csvio

import (
	"context"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/rowtext"
	"github.com/arrowmill/arrowmill/io/file"
)

// Write is a sink that writes a CSV file, compressed where path ends in .gz or
// .zst. The file appears whole when the run has succeeded, or not at all; one
// that was there is replaced then. Errors name the path.
func Write(path string) dataflow.Sink { return fileSink{path} }

type fileSink struct{ path string }

var _ dataflow.Sink = fileSink{}

// String is the sink as plans print it.
func (s fileSink) String() string { return "csv " + s.path }

// Open begins the file under another name.
func (s fileSink) Open(_ context.Context, in *arrow.Schema, env dataflow.Env) (dataflow.Output, error) {
	rows, head, err := layout(in)
	if err != nil {
		return nil, err
	}
	f, err := file.Create(s.path)
	if err != nil {
		rows.Close()
		return nil, wrap(err)
	}
	return fileOutput{rowtext.NewOutput(f, head, rows, env.Reserve), f}, nil
}

type fileOutput struct {
	*rowtext.Output
	file *file.Output
}

var _ dataflow.Output = fileOutput{}

// Write writes the rows of in.
func (o fileOutput) Write(ctx context.Context, in dataflow.Chunk) error {
	return wrap(o.Output.Write(ctx, in.Rec))
}

// Commit makes the file appear.
func (o fileOutput) Commit(context.Context) error {
	if err := o.Flush(); err != nil {
		return wrap(err)
	}
	o.Close()
	return wrap(o.file.Commit())
}

// Abort removes what was written.
func (o fileOutput) Abort() error {
	o.Close()
	return wrap(o.file.Abort())
}
