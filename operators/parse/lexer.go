package parse

import (
	"strings"
	"sync"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/arrowmill/arrowmill/operators/expr"
)

// The words of an expression. A Keyword is a Word that is no column; no text is one
// by its pattern.
var exprWords = lexer.MustSimple([]lexer.SimpleRule{
	{Name: "Space", Pattern: `[\s\p{Z}]+`},
	{Name: "Number", Pattern: `(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?`},
	{Name: "Word", Pattern: `[\p{L}_][\p{L}\p{M}\p{N}_.]*`},
	{Name: "String", Pattern: `'(?:[^']|'')*'`},
	{Name: "Quoted", Pattern: `"(?:[^"]|"")*"`},
	{Name: "Operator", Pattern: `==|!=|<>|<=|>=|[-+*/%=<>]`},
	{Name: "Mark", Pattern: `[(),\[\]:]`},
	{Name: "Keyword", Pattern: `[^\x00-\x{10FFFF}]`},
})

// The words of a list of names.
var nameWords = lexer.MustSimple([]lexer.SimpleRule{
	{Name: "Space", Pattern: `[\s\p{Z}]+`},
	{Name: "Quoted", Pattern: `"(?:[^"]|"")*"`},
	{Name: "Bare", Pattern: `[^\s\p{Z},"()]+`},
	{Name: "Paren", Pattern: `[()]`},
	{Name: "Comma", Pattern: `,`},
})

// The types of words of an expression.
var (
	numberType   = exprWords.Symbols()["Number"]
	wordType     = exprWords.Symbols()["Word"]
	stringType   = exprWords.Symbols()["String"]
	quotedType   = exprWords.Symbols()["Quoted"]
	operatorType = exprWords.Symbols()["Operator"]
	keyword      = exprWords.Symbols()["Keyword"]
)

// exprParser reads a text made of the words of an expression. One word ahead decides.
// It is built when it is first asked for, since a program may never ask.
func exprParser[G any]() func() *participle.Parser[G] {
	return sync.OnceValue(func() *participle.Parser[G] {
		return participle.MustBuild[G](
			participle.Lexer(exprWords), participle.Elide("Space"), participle.UseLookahead(0), participle.CaseInsensitive("Word"),
			participle.Map(func(t lexer.Token) (lexer.Token, error) {
				if expr.Keyword(t.Value) {
					t.Type, t.Value = keyword, strings.ToLower(t.Value)
				}
				return t, nil
			}, "Word"))
	})
}

// nameParser reads a list of names. It is built when it is first asked for.
func nameParser[G any]() func() *participle.Parser[G] {
	return sync.OnceValue(func() *participle.Parser[G] {
		return participle.MustBuild[G](
			participle.Lexer(nameWords), participle.Elide("Space"), participle.UseLookahead(0), participle.CaseInsensitive("Bare"))
	})
}

// unquoted is what stands between the quotes, each that is doubled once.
func unquoted(s string) string {
	quote := s[:1]
	return strings.ReplaceAll(s[1:len(s)-1], quote+quote, quote)
}

// named is the name that a bare or quoted word is.
func named(s string) string {
	if strings.HasPrefix(s, `"`) {
		return unquoted(s)
	}
	return s
}
