package parse

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"
)

// unreadable is the error of a text that is not made of words.
func unreadable(text string, err error) error {
	var at *lexer.Error
	if !errors.As(err, &at) {
		return failf(text, 0, "%v", err)
	}
	offset := at.Pos.Offset
	rest := text[min(offset, len(text)):]
	first, _ := cutRune(rest)
	for begin, say := range map[string]string{
		"'":  `the text that begins here has no closing '; a ' in it is doubled`,
		`"`:  `the name that begins here has no closing "; a " in it is doubled`,
		"&&": `found "&&": write and`,
		"||": `found "||": write or`,
		"!":  `found "!": write not`,
		";":  `found ";", which ends no expression here`,
	} {
		if strings.HasPrefix(rest, begin) {
			return failf(text, offset, "%s", say)
		}
	}
	return failf(text, offset, "found %q, which belongs to no operator and no bare word: a column with it in its name stands in \"double quotes\"", first)
}

func cutRune(s string) (first, rest string) {
	for i := range s {
		if i > 0 {
			return s[:i], s[i:]
		}
	}
	return s, ""
}

// misplaced is the error of a word, in a list of names or else an expression, where
// another is expected.
func misplaced(text string, list []lexer.Token, names bool, err error) error {
	var at participle.Error
	if !errors.As(err, &at) {
		return failf(text, 0, "%v", err)
	}
	offset := at.Position().Offset
	i := 0
	for i < len(list)-1 && list[i].Pos.Offset < offset {
		i++
	}
	found, before := list[i], lexer.Token{Type: lexer.EOF}
	if i > 0 {
		before = list[i-1]
	}
	what := "the end"
	if !found.EOF() {
		what = fmt.Sprintf("%q", shown(text[offset:offset+len(found.Value)], false))
	}
	if len(list) == 1 {
		what = "nothing"
	}
	if names {
		want := "a name"
		if !before.EOF() && before.Value != "," {
			want = "a comma or the end" + quoteWords
		}
		return failf(text, offset, "found %s, expected %s", what, want)
	}
	return failf(text, offset, "found %s, expected %s%s", what, expected(at.Message(), before), advice(found, before))
}

var (
	wanted  = regexp.MustCompile(`\(expected (.*)\)$`)
	literal = regexp.MustCompile(`^"([^"]*)"`)
)

// rules are what rules of the grammar, as the parser's messages begin with them, are to
// a reader; the others are values.
var rules = map[string]string{
	"Among": `"("`, "Like": "a pattern: 'abc%'", "<string>": "a pattern: 'abc%'", "TypeName": "the name of a type", "<word>": "the name of a type",
	"Alias": "a name", `(("in"`: "in, between or like",
}

// expected says what may stand behind the word before.
func expected(message string, before lexer.Token) string {
	ended := endsValue(before)
	if m := wanted.FindStringSubmatch(message); m != nil {
		rule, _, _ := strings.Cut(m[1], " ")
		say, isRule := rules[rule]
		l := literal.FindStringSubmatch(m[1])
		switch {
		case isRule:
			return say
		case before.Type == keyword && before.Value == "is":
			return "null or not null"
		case l != nil && ended:
			return fmt.Sprintf("an operator or %q", l[1])
		case l != nil:
			return fmt.Sprintf("%q", l[1])
		}
	}
	if ended {
		return "an operator or the end"
	}
	return `a value: a column, a number, 'text', a function or "("`
}

// endsValue reports whether what ends with a word may be a value.
func endsValue(t lexer.Token) bool {
	switch {
	case t.Type == keyword:
		return t.Value == "null" || t.Value == "true" || t.Value == "false"
	case t.Type == wordType:
		return !strings.EqualFold(t.Value, "when") && !strings.EqualFold(t.Value, "then") && !strings.EqualFold(t.Value, "else")
	}
	return t.Type == numberType || t.Type == stringType || t.Type == quotedType || t.Value == ")"
}

const (
	quoteWord  = ` (a column of this name stands in "double quotes")`
	quoteWords = ` (a name of several words stands in "double quotes")`
)

// advice is what to do about a word that stands behind another, where that is known.
func advice(found, before lexer.Token) string {
	switch {
	case found.Type == wordType && before.Type == wordType:
		return quoteWords
	case found.Type == operatorType && endsValue(before) && strings.ContainsAny(found.Value, "<>="):
		return " (comparisons do not chain: write a < b and b < c)"
	case found.Type == keyword && before.Type == keyword && before.Value == "as":
		return quoteWord
	case found.Type == keyword && !endsValue(before):
		switch found.Value {
		case "as", "asc", "desc", "between", "like", "cast", "try_cast":
			return quoteWord
		}
	}
	return ""
}
