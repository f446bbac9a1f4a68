package csvio

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
)

// oddValue is a value that is no number, or whatever else those before it are.
type oddValue struct {
	path, value string
	line        int64 // line feeds between at and the value
	at          int64 // where the text that was looked at stands in the file
}

// TellType names the value in the samples that made an inferred column text, and its line.
func (s *Source) TellType(ctx context.Context, column string) string {
	p, err := s.known.last(ctx, &s.settings)
	if err != nil {
		return ""
	}
	i := slices.Index(p.names, column)
	if i < 0 || !p.inferred[i] || p.odd[i].path == "" {
		return ""
	}
	odd := p.odd[i]
	place := odd.path
	if before, err := linesBefore(odd.path, odd.at); err == nil {
		place += ":" + strconv.FormatInt(before+odd.line+1, 10)
	}
	return fmt.Sprintf("%s: column %q is text because of %q", place, column, clip(odd.value))
}

// linesBefore is the number of line feeds before a place in a plain file.
func linesBefore(path string, at int64) (lines int64, err error) {
	if at == 0 {
		return 0, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	part := make([]byte, 256<<10)
	for left := io.LimitReader(f, at); ; {
		n, err := left.Read(part)
		lines += int64(bytes.Count(part[:n], []byte{'\n'}))
		if err == io.EOF {
			return lines, nil
		}
		if err != nil {
			return 0, err
		}
	}
}
