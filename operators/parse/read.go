package parse

import (
	"slices"
	"strings"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"
)

// What a text may have. The parser calls itself for each bracket and each case, and an
// expression is as deep as it has operators.
const (
	textMost     = 1 << 20
	nestingMost  = 100
	operatorMost = 2000
)

// words are what a lexer has made of a text, as a lexer.
type words struct {
	list []lexer.Token
	next int
}

func (w *words) Next() (lexer.Token, error) {
	t := w.list[w.next]
	w.next = min(w.next+1, len(w.list)-1)
	return t, nil
}

// read parses a text. Its errors are *Error.
func read[G any](p *participle.Parser[G], text string) (*G, error) {
	list, err := wordsOf(p, text)
	if err != nil {
		return nil, err
	}
	peeking, err := lexer.Upgrade(&words{list: list})
	if err != nil {
		return nil, unreadable(text, err)
	}
	out, err := p.ParseFromLexer(peeking)
	if err != nil {
		_, names := p.Lexer().Symbols()["Bare"]
		return nil, misplaced(text, list, names, err)
	}
	return out, nil
}

// wordsOf are the words of a text, without the space between them.
func wordsOf[G any](p *participle.Parser[G], text string) ([]lexer.Token, error) {
	if len(text) > textMost {
		return nil, failf(text, textMost, "the text has %d bytes, %d at most are read", len(text), textMost)
	}
	all, err := p.Lex("", strings.NewReader(text))
	if err != nil {
		return nil, unreadable(text, err)
	}
	space := p.Lexer().Symbols()["Space"]
	list := slices.DeleteFunc(all, func(t lexer.Token) bool { return t.Type == space })
	return list, limit(text, list)
}

// limit holds the words of a text against what a text may have.
func limit(text string, list []lexer.Token) error {
	depth, cases, operators := 0, 0, 0
	for i, t := range list {
		switch {
		case t.Value == "(":
			depth++
		case t.Value == ")":
			depth--
		case strings.EqualFold(t.Value, "when") && i > 0 && strings.EqualFold(list[i-1].Value, "case"):
			cases++
		case isOperator(t):
			operators++
		}
		switch {
		case depth > nestingMost:
			return failf(text, t.Pos.Offset, "brackets stand in each other more than %d deep", nestingMost)
		case cases > nestingMost:
			return failf(text, t.Pos.Offset, "there are more than %d cases", nestingMost)
		case operators > operatorMost:
			return failf(text, t.Pos.Offset, "there are more than %d operators: x in (1, 2) does for many comparisons of x", operatorMost)
		}
	}
	return nil
}

// isOperator reports whether a word makes an expression deeper.
func isOperator(t lexer.Token) bool {
	switch t.Value {
	case "+", "-", "*", "/", "%", "=", "==", "!=", "<>", "<", "<=", ">", ">=":
		return true
	case "and", "or", "not", "in", "is", "between", "like":
		return t.Type == keyword
	}
	return false
}
