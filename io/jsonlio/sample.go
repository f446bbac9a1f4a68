package jsonlio

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"

	"github.com/arrowmill/arrowmill/io/file"
)

const byteOrderMark = "\xef\xbb\xbf"

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
	if rows == 0 && first != nil && s.policy.act == fail {
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

// parts reads the sample of one file.
func (k *known) parts(ctx context.Context, s *settings, in file.Input) ([]part, error) {
	if in.Stream {
		st, err := k.streams.find(ctx, s, in.Path)
		if err != nil {
			return nil, err
		}
		text, err := wholeLines(s.sampleBytes, func(least int) ([]byte, bool, error) { return st.look(ctx, least) })
		return []part{{text: text}}, err
	}
	f, err := file.Open(ctx, in.Path, file.Options{Compression: s.compression})
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var text []byte
	ended := false
	all := s.sampleBytes
	if f.Plain() && f.Size() <= 2*int64(all) {
		all = int(f.Size()) + 1
	}
	text, err = wholeLines(all, func(least int) ([]byte, bool, error) {
		var err error
		if !ended {
			text, ended, err = readMore(f, text, least)
		}
		return text, ended, err
	})
	parts := []part{{text: text}}
	if err != nil || !f.Plain() || f.Size() <= 2*int64(all) {
		return parts, err
	}
	quarter := int64(all / 4)
	for _, from := range []int64{f.Size() / 2, f.Size() - quarter} {
		text := make([]byte, quarter)
		n, err := f.ReadAt(text, from)
		if err != nil && err != io.EOF {
			return nil, err
		}
		text = text[:n]
		if from+int64(n) < f.Size() {
			text = text[:bytes.LastIndexByte(text, '\n')+1]
		}
		if i := bytes.IndexByte(text, '\n'); i >= 0 { // behind the line that it may begin in
			parts = append(parts, part{text[i+1:], from + int64(i) + 1})
		}
	}
	return parts, nil
}

// wholeLines is the head of a file, of at least one line. read returns at least so
// many bytes of the file's start, or all, and whether it is all.
func wholeLines(least int, read func(least int) ([]byte, bool, error)) ([]byte, error) {
	for ; ; least *= 2 {
		text, ended, err := read(least)
		if err != nil {
			return nil, err
		}
		if !ended {
			text = text[:bytes.LastIndexByte(text, '\n')+1]
		}
		if len(text) > 0 || ended {
			if bytes.HasPrefix(text, []byte(byteOrderMark)) {
				text = append([]byte("   "), text[len(byteOrderMark):]...) // white space, so that places hold
			}
			return text, nil
		}
		if least > lineMax {
			return nil, errTooLong
		}
	}
}

// readMore reads on until text has least bytes or the file ends.
func readMore(from io.Reader, text []byte, least int) (_ []byte, ended bool, err error) {
	if cap(text) < least {
		text = append(make([]byte, 0, least), text...)
	}
	for len(text) < least {
		n, err := from.Read(text[len(text):least])
		text = text[:len(text)+n]
		if err == io.EOF {
			return text, true, nil
		}
		if err != nil {
			return text, false, err
		}
	}
	return text, false, nil
}

// countLines is the line that a place of a file stands in, 0 where it cannot be
// read again.
func (s *settings) countLines(ctx context.Context, at place) int64 {
	if at.path == file.Stdin {
		return 0
	}
	if info, err := os.Stat(at.path); err != nil || !info.Mode().IsRegular() {
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
