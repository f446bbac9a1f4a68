package cli

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/pflag"

	"github.com/arrowmill/arrowmill/dataflow"
)

// Size is a flag's value in bytes, written as 512MiB, 2GB or a plain number. Its
// zero value is not set.
type Size int64

var _ pflag.Value = (*Size)(nil)

// Set parses s: a number, which may have a fraction, and a unit, KiB and so on
// for powers of 1024, KB and so on for powers of 1000, in any case.
func (n *Size) Set(s string) error {
	bytes, err := humanize.ParseBytes(s)
	switch {
	case err != nil:
		return fmt.Errorf("%q is not a size: write it as 512MiB or 2GiB", s)
	case bytes == 0:
		return fmt.Errorf("%q is nothing: more than 0 bytes are needed", s)
	case bytes > math.MaxInt64:
		return fmt.Errorf("%q is more than there can be", s)
	}
	*n = Size(bytes)
	return nil
}

// String is the size with its unit; empty if it is not set.
func (n *Size) String() string {
	if *n == 0 {
		return ""
	}
	return dataflow.FormatBytes(int64(*n))
}

// Type is how a usage text names the value.
func (n *Size) Type() string { return "SIZE" }

// Count is a flag's value that is a number within bounds.
type Count struct{ Value, least, most int }

var _ pflag.Value = (*Count)(nil)

// Between is a count with a first value, which need not be within the bounds.
func Between(value, least, most int) Count { return Count{value, least, most} }

// Set parses decimal digits.
func (n *Count) Set(s string) error {
	v, err := strconv.ParseUint(s, 10, 63)
	if err != nil || s[0] == '+' || int64(v) < int64(n.least) || int64(v) > int64(n.most) {
		return fmt.Errorf("%q is not a number from %d to %d", s, n.least, n.most)
	}
	n.Value = int(v)
	return nil
}

// String is the number.
func (n *Count) String() string { return strconv.Itoa(n.Value) }

// Type is how a usage text names the value.
func (n *Count) Type() string { return "N" }

// Path is a flag's value that names a file. Its zero value is not set.
type Path string

var _ pflag.Value = (*Path)(nil)

// Set takes any text but the empty one, which a shell makes of a variable that
// is not set.
func (p *Path) Set(s string) error {
	if s == "" {
		return errors.New("the name is empty")
	}
	*p = Path(s)
	return nil
}

// String is the path.
func (p *Path) String() string { return string(*p) }

// Type is how a usage text names the value.
func (p *Path) Type() string { return "FILE" }

// Choice is a flag's value that is one of a few words.
type Choice struct {
	Value string
	of    []string
}

var _ pflag.Value = (*Choice)(nil)

// OneOf is a choice with its first value, or that of words[0] where words are
// all.
func OneOf(value string, words ...string) Choice { return Choice{value, words} }

// Set takes one of the words.
func (c *Choice) Set(s string) error {
	if !slices.Contains(c.of, s) {
		last := len(c.of) - 1
		return fmt.Errorf("%q is not one of %s and %s", s, strings.Join(c.of[:last], ", "), c.of[last])
	}
	c.Value = s
	return nil
}

// String is the word.
func (c *Choice) String() string { return c.Value }

// Type is how a usage text names the value.
func (c *Choice) Type() string { return strings.Join(c.of, "|") }

// Usage is the flags of a set, one a line in the order in which they were
// defined, each with its name, its value and what it is for:
//
//	--top N    the N most frequent
func Usage(flags *pflag.FlagSet) string {
	flags.SortFlags = false
	var heads, texts []string
	widest := 0
	flags.VisitAll(func(f *pflag.Flag) {
		value, text := pflag.UnquoteUsage(f)
		head := "--" + f.Name
		if f.Shorthand != "" {
			head = "-" + f.Shorthand + ", " + head
		}
		if value != "" {
			head += " " + value
		}
		heads, texts, widest = append(heads, head), append(texts, text), max(widest, len(head))
	})
	var b strings.Builder
	for i, head := range heads {
		text := strings.ReplaceAll(texts[i], "\n", "\n"+strings.Repeat(" ", widest+4))
		fmt.Fprintf(&b, "  %-*s  %s\n", widest, head, text)
	}
	return b.String()
}
