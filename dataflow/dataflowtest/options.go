package dataflowtest

import "math/rand/v2"

// Option is a setting of one check.
type Option func(*config)

type config struct {
	unordered    bool
	tolerance    float64
	dictionaries []string // columns that must be accepted as dictionaries
	dictionary   bool     // all that can be
	plain        bool
	seed         uint64
}

func configured(opts []Option) config {
	c := config{seed: rand.Uint64()}
	for _, o := range opts {
		o(&c)
	}
	return c
}

// Unordered compares answers as multisets of rows. The answer of a keyed reducer
// always is.
func Unordered() Option { return func(c *config) { c.unordered = true } }

// Tolerance lets floats differ by rel times the larger one's magnitude. Without
// it they are compared bit by bit, all NaN being one.
func Tolerance(rel float64) Option { return func(c *config) { c.tolerance = rel } }

// DictionaryToo says that the role takes the named columns as dictionaries, all
// string and integer columns where none is named: the check fails where the
// schema is refused, and also tries dictionaries with repeated entries and null
// ones, as other programs write them. Without it, dictionaries are tried
// where the role's schema check accepts them.
func DictionaryToo(columns ...string) Option {
	return func(c *config) {
		c.dictionary = len(columns) == 0
		c.dictionaries = append(c.dictionaries, columns...)
	}
}

// PlainOnly leaves the dictionaries out: for a user's function that reads a
// column by its type without looking.
func PlainOnly() Option { return func(c *config) { c.plain = true } }

// Seed sets the seed of all that is random, as a failure printed it.
func Seed(seed uint64) Option { return func(c *config) { c.seed = seed } }
