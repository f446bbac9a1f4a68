package data

import (
	"fmt"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/ipcio"
	"github.com/arrowmill/arrowmill/io/parquetio"
)

// The columnar formats, by the endings of their files.
const (
	parquet    = "parquet"     // zstd, dictionaries: as parquetio writes unless told
	rawParquet = "raw.parquet" // not compressed
	ipc        = "arrow"
	zstdIPC    = "zstd.arrow"
)

func columnar() []string { return []string{parquet, rawParquet, ipc, zstdIPC} }

func columnarSink(format, path string) (dataflow.Sink, error) {
	switch format {
	case parquet:
		return parquetio.Write(path), nil
	case rawParquet:
		return parquetio.Write(path, parquetio.Compression(parquetio.None)), nil
	case ipc:
		return ipcio.Write(path), nil
	case zstdIPC:
		return ipcio.Write(path, ipcio.Compress(ipcio.Zstd)), nil
	}
	return nil, fmt.Errorf("no format %q", format)
}
