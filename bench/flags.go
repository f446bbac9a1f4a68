package main

import (
	"fmt"
	"math"
	"regexp"
	"strconv"

	"github.com/spf13/pflag"
)

// count is a flag's value that is a number from 1, written as 1000000 or 1e6.
type count int64

var _ pflag.Value = (*count)(nil)

// Set parses s.
func (n *count) Set(s string) error {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || v < 1 || v > 1<<53 || v != math.Trunc(v) {
		return fmt.Errorf("%q is not a number from 1, as in 1000000 or 1e6", s)
	}
	*n = count(v)
	return nil
}

// String is the number; nothing before it is set.
func (n *count) String() string {
	if *n == 0 {
		return ""
	}
	return strconv.FormatInt(int64(*n), 10)
}

// Type is how a usage text names the value.
func (n *count) Type() string { return "N" }

// pattern is a flag's value that is a regular expression, which a name matches as
// a whole.
type pattern struct{ text string }

var _ pflag.Value = (*pattern)(nil)

// Set checks s.
func (p *pattern) Set(s string) error {
	if _, err := regexp.Compile(s); err != nil {
		return fmt.Errorf("%q is not a pattern: %w", s, err)
	}
	p.text = s
	return nil
}

// String is the expression.
func (p *pattern) String() string { return p.text }

// Type is how a usage text names the value.
func (p *pattern) Type() string { return "REGEX" }

// matches reports whether name is matched as a whole; an empty pattern matches all.
func (p *pattern) matches(name string) bool {
	return p.text == "" || regexp.MustCompile("^(?:"+p.text+")$").MatchString(name)
}
