package arrowmill_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// The operators +, -, | and ^ are of one rank in Go and are read from the left:
// a^b | c^d is ((a^b)|c)^d. Where | or ^ stands beside another of them, parentheses say
// what is meant.
func TestRanksOfOperators(t *testing.T) {
	files := 0
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") {
			return err
		}
		files++
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if outer, ok := n.(*ast.BinaryExpr); ok {
				if inner, ok := outer.X.(*ast.BinaryExpr); ok && unclear(inner.Op, outer.Op) {
					t.Errorf("%s: %s and %s are of one rank: write parentheses", set.Position(outer.OpPos), inner.Op, outer.Op)
				}
			}
			return true
		})
		return nil
	})
	if err != nil || files < 100 {
		t.Fatalf("%d files: %v", files, err)
	}
}

// unclear reports whether a reader might take a and b to be of different ranks.
func unclear(a, b token.Token) bool {
	sum := func(t token.Token) bool { return t == token.ADD || t == token.SUB }
	bits := func(t token.Token) bool { return t == token.OR || t == token.XOR }
	return a != b && (bits(a) && (bits(b) || sum(b)) || sum(a) && bits(b))
}
