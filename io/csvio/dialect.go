package csvio

import (
	"fmt"
	"strings"
)

// dialect is how the text of a file is laid out. 0: there is no such character.
type dialect struct {
	delimiter, quote, comment byte
}

// delimiterOf is the delimiter that a name speaks for: a tab for .tsv and .tab,
// compressed or not, else a comma.
func delimiterOf(path string) byte {
	name := strings.ToLower(path)
	for _, packed := range []string{".gz", ".zst"} {
		name = strings.TrimSuffix(name, packed)
	}
	if strings.HasSuffix(name, ".tsv") || strings.HasSuffix(name, ".tab") {
		return '\t'
	}
	return ','
}

// check says which characters cannot stand together.
func (d dialect) check() error {
	for _, c := range []struct {
		name string
		c    byte
	}{{"delimiter", d.delimiter}, {"quote", d.quote}, {"comment character", d.comment}} {
		if c.c >= 0x80 || c.c == '\n' || c.c == '\r' {
			return fmt.Errorf("the %s %q is not possible: it must be an ASCII character that ends no line", c.name, c.c)
		}
	}
	switch {
	case d.delimiter == 0:
		return fmt.Errorf("the delimiter cannot be the character 0")
	case d.delimiter == d.quote, d.delimiter == d.comment, d.quote != 0 && d.quote == d.comment:
		return fmt.Errorf("delimiter %q, quote %q and comment character %q must be different characters", d.delimiter, d.quote, d.comment)
	}
	return nil
}
