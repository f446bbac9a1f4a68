package csvio

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/internal/textcol"
	"github.com/arrowmill/arrowmill/io/file"
	"github.com/arrowmill/arrowmill/io/file/once"
	"github.com/arrowmill/arrowmill/io/file/sample"
)

// plan is the columns of a source, as its first file has them.
type plan struct {
	schema   *arrow.Schema
	inferred []bool // of each column: nobody told its type
	odd      []oddValue
	names    []string
	first    string // the file that has the header
	header   string // and that
}

// pruned is the schema of the named columns, nil: all of them, those of text that
// coded names as dictionaries, and which they are.
func (p *plan) pruned(columns, coded []string) (*arrow.Schema, []int) {
	fields, at := []arrow.Field{}, []int{}
	for i, f := range p.schema.Fields() {
		if columns == nil || slices.Contains(columns, f.Name) {
			if f.Type.ID() == arrow.STRING && slices.Contains(coded, f.Name) {
				f.Type = dictionary
			}
			fields, at = append(fields, f), append(at, i)
		}
	}
	return arrow.NewSchema(fields, nil), at
}

// layout is where the columns which stand in the file at path that begins so.
func (p *plan) layout(s *settings, path string, h head, which []int) (layout, error) {
	all := make([]int32, len(p.names))
	for i := range all {
		all[i] = int32(i)
	}
	switch {
	case h.names == nil:
	case len(s.names) > 0:
		if len(h.names) != len(s.names) {
			return layout{}, fmt.Errorf("%s: the header has %d fields, but %d names are given", path, len(h.names), len(s.names))
		}
	default:
		at, err := match(h.names, p.names)
		if err != nil {
			return layout{}, fmt.Errorf("%s: its header %w; the columns are those of %s", path, err, p.first)
		}
		if s.policy.Keeps() && !slices.Equal(at, all) {
			return layout{}, fmt.Errorf("%s: its columns stand in another order than those of %s, so that rejected rows of both cannot stand in one file: read them one by one, or skip bad rows", path, p.first)
		}
		all = at
	}
	at := make([]int32, len(which))
	for i, c := range which {
		at[i] = all[c]
	}
	return newLayout(len(p.names), at), nil
}

// known is what sources that differ in nothing but their columns know of their
// files.
type known struct {
	plans   sample.Known[plan]
	streams *once.Streams // shared with sources of other settings
}

// plan is the columns, found out anew where the files are not those of the last
// time.
func (k *known) plan(ctx context.Context, s *settings) (*plan, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	inputs, err := s.paths.List(ctx)
	if err != nil {
		return nil, err
	}
	var looked []int
	if last := len(inputs) - 1; last >= 0 {
		looked = []int{0, last}
	}
	return k.plans.Of(inputs, looked, func() (*plan, error) { return k.makePlan(ctx, s, inputs) })
}

// last is the plan that was made last, for the run that was checked by it.
func (k *known) last(ctx context.Context, s *settings) (*plan, error) {
	if made := k.plans.Last(); made != nil {
		return made, nil
	}
	return k.plan(ctx, s)
}

// makePlan looks at the files.
func (k *known) makePlan(ctx context.Context, s *settings, inputs []file.Input) (*plan, error) {
	var g *guesses
	p := &plan{}
	for i, in := range inputs {
		seen, err := k.look(ctx, s, in)
		if err != nil {
			return nil, err
		}
		if seen.head.none && i < len(inputs)-1 {
			continue // empty files say nothing
		}
		if p.names, err = s.columnsOf(seen); err != nil {
			return nil, err
		}
		p.first, p.header = in.Path, seen.head.header
		g = newGuesses(s, len(p.names))
		if err := p.learn(s, g, seen); err != nil {
			return nil, err
		}
		if last := inputs[len(inputs)-1]; i < len(inputs)-1 && !last.Stream {
			if seen, err = k.look(ctx, s, last); err == nil && !seen.head.none {
				err = p.learn(s, g, seen)
			}
			if err != nil {
				return nil, err
			}
		}
		break
	}
	if g == nil {
		return nil, fmt.Errorf("%s: there is no file", s.paths)
	}
	return p, p.settle(s, g)
}

// learn feeds what was seen of a file to the guesses.
func (p *plan) learn(s *settings, g *guesses, seen look) error {
	which := make([]int, len(p.names))
	for i := range which {
		which[i] = i
	}
	l, err := p.layout(s, seen.path, seen.head, which)
	if err == nil {
		g.add(s.dialect(seen.path), l, seen)
	}
	return err
}

// settle makes the schema.
func (p *plan) settle(s *settings, g *guesses) error {
	fields := make([]arrow.Field, len(p.names))
	p.inferred, p.odd = make([]bool, len(p.names)), g.odd
	for i, name := range p.names {
		t, told := s.types[name]
		if !told {
			t, p.inferred[i] = g.typeOf(i), true
		}
		c, err := textcol.New(t, textcol.Options{Nulls: s.nulls, Quote: s.quote}, memory.DefaultAllocator)
		if err != nil {
			return fmt.Errorf("%s: column %q: %w", p.first, name, err)
		}
		c.Close()
		fields[i] = arrow.Field{Name: name, Type: t, Nullable: true}
	}
	p.schema = arrow.NewSchema(fields, nil)
	for name := range s.types {
		if !p.schema.HasField(name) {
			quoted := make([]string, len(p.names))
			for i, n := range p.names {
				quoted[i] = strconv.Quote(n)
			}
			return fmt.Errorf("%s: a type is told for column %q, but there are %s", p.first, name, strings.Join(quoted, ", "))
		}
	}
	return nil
}

// columnsOf is the names of the columns of a file.
func (s *settings) columnsOf(seen look) ([]string, error) {
	switch {
	case len(s.names) > 0:
		return s.names, nil
	case seen.head.names != nil:
		return seen.head.names, nil
	}
	d := s.dialect(seen.path)
	text := seen.Head[seen.head.bytes:]
	for len(text) > 0 {
		end, _ := d.nextRecord(text, d.first(text[0]), '\n')
		if end < 0 {
			end = len(text)
		}
		if n, _ := blank(text, true); n == 0 && d.first(text[0]) != commented {
			cells, err := d.cells(text[:end])
			if err != nil {
				return nil, fmt.Errorf("%s: the first row: %w", seen.path, err)
			}
			names := make([]string, len(cells))
			for i := range names {
				names[i] = columnName(i)
			}
			return names, nil
		}
		text = text[end:]
	}
	return nil, fmt.Errorf("%s: the file is empty, so that nothing says which columns there are: give their names", seen.path)
}
