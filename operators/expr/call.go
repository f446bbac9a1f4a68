package expr

import (
	"fmt"
	"slices"
	"strings"
)

// Call is the operation that the text form writes as name(args): lower, starts_with,
// if, coalesce and the others; names are not case-sensitive. A name that is none lists
// those there are; a wrong number of arguments is an error.
func Call(name string, args ...Expr) (Expr, error) {
	for o, c := range calls {
		if !strings.EqualFold(c.name, name) {
			continue
		}
		if c.args >= 0 && len(args) != c.args || len(args) == 0 {
			return Expr{}, fmt.Errorf("%s takes %s, not %d", c.name, [...]string{"at least one argument", "", "one argument", "two arguments", "three arguments"}[c.args+1], len(args))
		}
		n := &node{op: o}
		for _, a := range args {
			n.args = append(n.args, a.node())
		}
		return of(n), nil
	}
	return Expr{}, fmt.Errorf("no function %q: there are %s", name, strings.Join(Functions(), ", "))
}

// Functions are the names that [Call] knows, sorted.
func Functions() []string {
	var names []string
	for _, c := range calls {
		names = append(names, c.name)
	}
	slices.Sort(names)
	return names
}
