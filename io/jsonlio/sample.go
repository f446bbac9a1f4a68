package jsonlio

import (
	"bytes"
	"context"
	"fmt"

	"github.com/arrowmill/arrowmill/io/file"
	"github.com/arrowmill/arrowmill/io/file/sample"
)

// sampledMost is how many files are looked at.
const sampledMost = 8

// sampled is which of n files are looked at: the first, the last, and some evenly
// between.
func sampled(n int) []int {
	if n <= 1 {
		return []int{0}[:n]
	}
	most := min(n, sampledMost)
	out := make([]int, most)
	for i := range out {
		out[i] = i * (n - 1) / (most - 1)
	}
	return out
}

// part is whole lines of a file.
type part struct {
	text []byte
	base int64 // of the text in the file
}

// sample looks at the head, the middle and the tail of some files. Lines that are no
// JSON objects are left to whoever reads all; but where all are, the first is an
// error.
func (k *known) sample(ctx context.Context, s *settings, inputs []file.Input) (*shape, error) {
	sh := &shape{}
	var first error
	rows := 0
	for _, i := range sampled(len(inputs)) {
		in := inputs[i]
		parts, err := k.parts(ctx, s, in)
		if err != nil {
			return nil, err
		}
		for _, p := range parts {
			line := &scanner{data: p.text[:len(p.text):len(p.text)]}
			for at := 0; at < len(p.text); {
				end := len(p.text)
				if i := bytes.IndexByte(p.text[at:], '\n'); i >= 0 {
					end = at + i
				}
				line.data, line.at, line.end = line.data[:len(p.text)], at, end
				if at = end + 1; line.peek() == 0 && line.at == line.end {
					continue
				}
				f := line.check()
				if f == nil {
					rows++
					f = sh.readLine(line, in.Path, p.base)
				}
				if f != nil && first == nil {
					first = &ParseError{Path: nameOf(in.Path), Line: s.countLines(ctx, place{in.Path, p.base + int64(f.at)}), Byte: p.base + int64(f.at), Column: f.column, Err: f.err, top: f.top}
				}
			}
		}
	}
	if rows == 0 && first != nil && !s.policy.LeavesOut() {
		return nil, first
	}
	return sh, nil
}

// check reads the line and goes back to its start.
func (s *scanner) check() *fault {
	begin := s.at
	if s.peek() != '{' {
		return s.fault(errNoObject)
	}
	f := s.skip(0)
	s.at = begin
	return f
}

// nameOf is a path as messages name it.
func nameOf(path string) string {
	if path == file.Stdin {
		return "standard input"
	}
	return path
}

// parts looks at one file.
func (k *known) parts(ctx context.Context, s *settings, in file.Input) ([]part, error) {
	sizes := sample.Sizes{Head: s.sampleBytes, Part: s.sampleBytes / 4, Whole: 2 * int64(s.sampleBytes)}
	seen, err := sizes.Of(ctx, in, s.compression, k.streams, hasLine)
	if err != nil {
		return nil, err
	}
	head := wholeLines(seen.Head, seen.Whole)
	if bytes.HasPrefix(head, []byte(byteOrderMark)) {
		head = append([]byte("   "), head[len(byteOrderMark):]...) // white space, so that places hold
	}
	parts := []part{{text: head}}
	for _, p := range seen.Parts {
		text := wholeLines(p.Text, p.Last)
		if i := bytes.IndexByte(text, '\n'); i >= 0 { // behind the line that it may begin in
			parts = append(parts, part{text[i+1:], p.At + int64(i) + 1})
		}
	}
	return parts, nil
}

// hasLine reports whether the head of a file has a line.
func hasLine(head []byte, whole bool) (bool, error) {
	switch {
	case whole || bytes.IndexByte(head, '\n') >= 0:
		return true, nil
	case len(head) > lineMax:
		return false, errTooLong
	}
	return false, nil
}

// wholeLines is text without a line at its end that goes on, unless it is the last.
func wholeLines(text []byte, last bool) []byte {
	if last {
		return text
	}
	return text[:bytes.LastIndexByte(text, '\n')+1]
}

// countLines is the line that a place of a file stands in, 0 where it cannot be
// read again.
func (s *settings) countLines(ctx context.Context, at place) int64 {
	if stream, err := file.IsStream(at.path); stream || err != nil {
		return 0
	}
	f, err := file.Open(ctx, at.path, file.Options{Compression: s.compression})
	if err != nil {
		return 0
	}
	defer f.Close()
	line := int64(1)
	buf := make([]byte, 64<<10)
	for at.byte > 0 {
		n, err := f.Read(buf[:min(int64(len(buf)), at.byte)])
		line += int64(bytes.Count(buf[:n], []byte{'\n'}))
		if at.byte -= int64(n); err != nil && at.byte > 0 {
			return 0
		}
	}
	return line
}

// lineOf is path:line of a place, or its byte.
func (s *settings) lineOf(ctx context.Context, at place) string {
	if line := s.countLines(ctx, at); line > 0 {
		return fmt.Sprintf("%s:%d", nameOf(at.path), line)
	}
	return fmt.Sprintf("%s, byte %d,", nameOf(at.path), at.byte)
}
