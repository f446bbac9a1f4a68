package filesink

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file"
)

type folderSink struct {
	format Format
	path   string
}

// String is the sink as plans print it.
func (s folderSink) String() string { return s.format.Name + " " + s.path }

// Open begins the folder under another name.
func (s folderSink) Open(ctx context.Context, in *arrow.Schema, env dataflow.Env) (dataflow.Output, error) {
	if err := s.format.check(ctx, in, env, s.path); err != nil {
		return nil, s.format.wrap(err)
	}
	to, err := file.CreateFolder(s.path)
	if err != nil {
		return nil, s.format.wrap(err)
	}
	ending := s.format.Ending + packing(s.path)
	return &folder{format: s.format, to: to, ending: ending, schema: in, env: env, parts: map[int]*one{}}, nil
}

// folder writes the rows of one run to a folder, a file a partition.
type folder struct {
	format Format
	to     *file.Folder
	ending string
	schema *arrow.Schema
	env    dataflow.Env
	parts  map[int]*one // by partition, of those that have rows
}

var (
	_ dataflow.Output          = (*folder)(nil)
	_ dataflow.PartitionWriter = (*folder)(nil)
)

// Write writes rows of a stream without partitions.
func (o *folder) Write(ctx context.Context, in dataflow.Chunk) error {
	return o.WritePartition(ctx, 0, in)
}

// WritePartition writes the rows of in, up to what the partition's writer holds
// back.
func (o *folder) WritePartition(ctx context.Context, p int, in dataflow.Chunk) error {
	part, err := o.part(ctx, p)
	if err == nil {
		err = part.writer.Write(ctx, in.Rec)
	}
	return o.format.wrap(err)
}

// part is the file of partition p, begun where it is not there yet.
func (o *folder) part(ctx context.Context, p int) (*one, error) {
	if part := o.parts[p]; part != nil {
		return part, nil
	}
	out, err := o.to.Create(fmt.Sprintf("part-%05d%s", p, o.ending))
	if err != nil {
		return nil, err
	}
	part, err := o.format.open(ctx, o.schema, out, o.env)
	if err != nil {
		return nil, err
	}
	o.parts[p] = part
	return part, nil
}

// Commit ends each file, in the order of the partitions, and makes the folder
// appear.
func (o *folder) Commit(ctx context.Context) error { return o.format.wrap(o.commit(ctx)) }

func (o *folder) commit(ctx context.Context) error {
	if len(o.parts) == 0 { // a folder without files would not say what the columns are
		if _, err := o.part(ctx, 0); err != nil {
			return err
		}
	}
	for _, p := range slices.Sorted(maps.Keys(o.parts)) {
		part := o.parts[p]
		if err := part.finish(ctx); err != nil {
			return err
		}
		if err := part.out.Commit(); err != nil {
			return err
		}
	}
	return o.to.Commit()
}

// Abort removes all that was written.
func (o *folder) Abort() error {
	defer func() { _ = o.to.Abort() }() // also where a writer's Close panics
	for _, part := range o.parts {
		part.close()
	}
	return o.format.wrap(o.to.Abort())
}
