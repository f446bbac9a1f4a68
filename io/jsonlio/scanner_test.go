package jsonlio

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/internal/textcol"
)

// checkLine holds the scanner against encoding/json: what is an object, and what
// its strings mean.
func checkLine(t *testing.T, line string) {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer alloc.AssertSize(t, 0)
	buf := memory.NewResizableBuffer(alloc)
	defer buf.Release()
	buf.ResizeNoShrink(len(line))
	copy(buf.Bytes(), line)
	s := scanner{buf: buf, data: buf.Buf()[:len(line)], end: len(line)}
	f := s.check()
	if f == nil {
		if f = s.skip(0); f == nil {
			if s.space(); s.at < s.end {
				f = s.fault(errBehind)
			}
		}
	}
	if f == nil && len(s.data) != len(line) && !strings.Contains(line, `\`) {
		t.Errorf("%q: %d bytes stand behind the text", line, len(s.data)-len(line))
	}
	valid := json.Valid([]byte(line)) && strings.HasPrefix(strings.TrimLeft(line, " \t\r\n"), "{")
	if deep := strings.Count(line, "[") + strings.Count(line, "{"); (f == nil) != valid && deep < depthMost {
		t.Fatalf("%q: %v, but valid: %v", line, f, valid)
	}
	if f == nil || !utf8.ValidString(line) {
		return
	}
	// As a string, the line has no control character and no quote that is not escaped.
	quoted := `"` + line + `"`
	var want string
	err := json.Unmarshal([]byte(quoted), &want)
	s = scanner{data: []byte(quoted), end: len(quoted)}
	v, f := s.text()
	if ok := f == nil && s.at == s.end; ok != (err == nil) {
		t.Fatalf("%q: %v at %d, but %v", quoted, f, s.at, err)
	} else if ok && string(s.data[v.From&textcol.Mask:v.To]) != want {
		t.Fatalf("%q is %q, want %q", quoted, s.data[v.From&textcol.Mask:v.To], want)
	}
}

var lineSeeds = []string{`{}`, ` {"a" : [1, -2.5e+10, true, false, null, {"b": "\u00e9\ud83d\ude42\n"}]} `, `{"a":"\ud83d"}`, `\ud83d\u0041\"\\\/\b`, `\u12g4`, `\udc00\ud800\udc00`,
	`{"a":01}`, `{"a":1.}`, `{"a":.5}`, `{"a":-}`, `{"a":1e}`, `{"a":tru}`, `{"a":1,}`, `{,}`, `{"a"}`, `{"a":[1,]}`, `{"a":[}`, "{\"a\":\"\x1f\"}", "{\"a\":\"\x7f\u0080\"}", `[1]`, `1`, `{"a":1}x`, "plain text, 8 or more", "1234567\\n", "\x00", "ñandú \x1f"}

func TestLines(t *testing.T) {
	for _, line := range lineSeeds {
		checkLine(t, line)
		for i := range line { // each part of it
			checkLine(t, line[i:])
			checkLine(t, line[:i])
		}
	}
	deep := strings.Repeat(`{"a":`, depthMost) + "1" + strings.Repeat("}", depthMost)
	if f := (&scanner{data: []byte(deep), end: len(deep)}).check(); f != nil {
		t.Errorf("%d deep: %v", depthMost, f.err)
	}
	deep = `{"a":` + deep + "}"
	if f := (&scanner{data: []byte(deep), end: len(deep)}).check(); f == nil || f.err != errDepth {
		t.Errorf("%d deep: %v", depthMost+1, f)
	}
}

func FuzzLine(f *testing.F) {
	for _, line := range lineSeeds {
		f.Add(line)
	}
	f.Fuzz(checkLine)
}
