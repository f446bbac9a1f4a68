package naive

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// table reads a CSV file without quotes line by line.
type table struct {
	path      string
	file      *os.File
	lines     *bufio.Scanner
	delimiter byte
	width     int // fields of a line
	number    int // of the line
	fields    [][]byte
	key       []byte
	err       error
}

// open opens the file of lines of so many fields. header: the first one is passed
// over.
func open(path string, delimiter byte, width int, header bool) (*table, error) {
	t := &table{path: path, delimiter: delimiter, width: width}
	var err error
	if t.file, err = os.Open(path); err != nil {
		return nil, err
	}
	var r io.Reader = t.file
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(t.file); err != nil {
			t.file.Close()
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	t.lines = bufio.NewScanner(r)
	t.lines.Buffer(make([]byte, 0, 64<<10), 16<<20)
	if header {
		t.number++
		t.lines.Scan()
	}
	return t, nil
}

// next reads a line. The fields stand until the next one.
func (t *table) next() bool {
	if t.err != nil || !t.lines.Scan() {
		return false
	}
	t.number++
	t.fields = t.fields[:0]
	line := t.lines.Bytes()
	for {
		i := bytes.IndexByte(line, t.delimiter)
		if i < 0 {
			break
		}
		t.fields = append(t.fields, line[:i])
		line = line[i+1:]
	}
	t.fields = append(t.fields, line)
	if len(t.fields) != t.width {
		t.err = fmt.Errorf("%d fields, not %d", len(t.fields), t.width)
	}
	return t.err == nil
}

// close closes the file and returns what went wrong since it was opened.
func (t *table) close() error {
	t.file.Close()
	err := t.err
	if err == nil {
		err = t.lines.Err()
	}
	if err != nil {
		return fmt.Errorf("%s:%d: %w", t.path, t.number, err)
	}
	return nil
}

// whole is a field as an integer, and false where it is null.
func (t *table) whole(field int) (int64, bool) {
	if len(t.fields[field]) == 0 {
		return 0, false
	}
	v, err := strconv.ParseInt(string(t.fields[field]), 10, 64)
	if err != nil {
		t.err = err
	}
	return v, true
}

// real is a field as a float, and false where it is null.
func (t *table) real(field int) (float64, bool) {
	if len(t.fields[field]) == 0 {
		return 0, false
	}
	v, err := strconv.ParseFloat(string(t.fields[field]), 64)
	if err != nil {
		t.err = err
	}
	return v, true
}

// keyOf is some fields with commas between them.
func (t *table) keyOf(fields ...int) []byte {
	t.key = t.key[:0]
	for i, f := range fields {
		if i > 0 {
			t.key = append(t.key, ',')
		}
		t.key = append(t.key, t.fields[f]...)
	}
	return t.key
}
