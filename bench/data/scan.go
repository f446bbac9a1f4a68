package data

import (
	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/csvio"
	"github.com/arrowmill/arrowmill/io/ipcio"
	"github.com/arrowmill/arrowmill/io/parquetio"
	"github.com/arrowmill/arrowmill/io/textio"
)

// Scan is the file at path as a source, read as a user would read it: of CSV the
// types are inferred.
func (f File) Scan(path string) dataflow.Source {
	layout := f.Table.Text
	switch {
	case layout.Lines:
		return textio.Text(path)
	case !f.Text() && (f.Format == parquet || f.Format == rawParquet):
		return parquetio.Scan(path)
	case !f.Text():
		return ipcio.Scan(path)
	}
	source := csvio.Scan(path).Delimiter(layout.Delimiter).Header(layout.Header)
	if !layout.Header {
		var names []string
		for _, c := range f.Table.Schema.Fields() {
			names = append(names, c.Name)
		}
		source = source.Names(names...)
	}
	return source
}
