package csvio

import (
	"fmt"
	"strings"
	"testing"
)

func TestHeadersThatAreNone(t *testing.T) {
	plain := func(s *Source) *Source { return s }
	for _, c := range []struct {
		name, text string
		change     func(*Source) *Source
		want       string
	}{
		{"UTF-16, little-endian", "\xFF\xFEa\x00\n\x001\x00\n\x00", plain, "this is UTF-16"},
		{"UTF-16, big-endian", "\xFE\xFF\x00a\x00\n\x001\x00\n", plain, "this is UTF-16"},
		{"UTF-16 without a header", "\xFF\xFE1\x00\n\x00", func(s *Source) *Source { return s.Header(false) }, "this is UTF-16"},
		{"UTF-16 without a mark", "a\x00,\x00b\x00\n\x001\x00,\x002\x00\n\x00", plain, "NUL characters in the header"},
		{"lines that end in CR", "a,b\r1,2\r3,4\r", plain, `the header has a CR (\r) within it`},
		{"lines that end in CR CR LF", "a,b\r\r\n1,2\r\r\n", plain, `the header has a CR (\r) within it`},
		{"and one in LF", "a,b\r1,2\r3,4\n", plain, `the header has a CR (\r) within it`},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, blocks := range []bool{false, true} {
				if got := table(t, c.change(Scan(write(t, "in.csv", []byte(c.text)))), blocks); !strings.Contains(got, c.want) {
					t.Errorf("got %q, want %q", got, c.want)
				}
			}
		})
	}
}

func TestHeadersWithCR(t *testing.T) {
	for text, want := range map[string]string{
		"a,b\r\n1,2\r\n":    "a int64, b int64\n1|2\n",
		"a,b\r":             "a utf8, b utf8\n",
		"\"a\rb\",c\n1,2\n": "a\rb int64, c int64\n1|2\n",
		"a\n1\rx\n":         "a utf8\n\"1\\rx\"\n",
		"a\n\x00\n":         "a utf8\n\"\\x00\"\n",
	} {
		got := table(t, Scan(write(t, "in.csv", []byte(text))), false)
		if got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// TestManyColumnsOfOneName: naming them is no work of the number squared.
func TestManyColumnsOfOneName(t *testing.T) {
	cells := make([]cell, 300_000)
	for i := range cells {
		cells[i].text = "x"
	}
	cells[1].text = "x_3"
	names := uniqueNames(cells)
	seen := map[string]bool{}
	for _, n := range names {
		if seen[n] {
			t.Fatalf("%q comes twice", n)
		}
		seen[n] = true
	}
	if got := fmt.Sprint(names[:5], " ", names[len(names)-1]); got != "[x x_3 x_2 x_4 x_5] x_300000" {
		t.Errorf("got %s", got)
	}
}
