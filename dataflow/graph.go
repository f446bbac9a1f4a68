package dataflow

import (
	"errors"
	"fmt"
	"slices"
)

// Graph is a declared dataflow: a DAG of stages. The verbs that build it record
// what is asked for and never fail; Check finds the mistakes. A graph is built
// by one goroutine; once built it is only read, and any number of runs may
// share it.
type Graph struct {
	stages   []*Stage
	mistakes GraphErrors
	site     site
}

// Kind is the verb that declared a stage.
type Kind uint8

// The verbs.
const (
	KindSource Kind = iota
	KindMap
	KindShuffle
	KindTreeReduce
	KindUnion
	KindSink
)

// String is the verb as plans print it.
func (k Kind) String() string {
	return [...]string{"source", "map", "shuffle", "tree-reduce", "union", "sink"}[k]
}

// Defaults of the stage options.
const (
	DefaultFanIn      = 8
	DefaultPartitions = 64
)

// Stage is a declared node of a graph. It is read by planners; the verbs of
// Stream make it, and nothing changes it afterwards.
type Stage struct {
	Kind   Kind
	Name   string
	Inputs []*Stage // declared before the stage itself

	Source      Source      // exactly one of these is set, by Kind; none for a union
	Operator    Operator    //
	Partitioner Partitioner //
	Reducer     Reducer     //
	Sink        Sink        //

	FanIn      int // of a tree-reduce
	Partitions int // of a shuffle
	Workers    int // of a map: instances that run at once beside the workers; 0: none
	BatchRows  int // of a map: the most rows handed to it at once; 0: as they come

	// Columns are those of its output that are read, set by a planner that
	// prunes; nil: all. A union passes on only these.
	Columns []string

	File string // where the user declared it
	Line int
}

// Stream is the output of a stage, to which the next verb is applied. It may be
// read any number of times.
type Stream struct {
	graph *Graph
	stage *Stage
}

// Option is a setting of one stage.
type Option struct {
	name  string
	value int
	kind  Kind
	least int
	set   func(*Stage, int)
}

// FanIn sets how many partials a tree-reduce merges at each node of its tree: at
// least 2, DefaultFanIn unless set.
func FanIn(k int) Option {
	return Option{"FanIn", k, KindTreeReduce, 2, func(s *Stage, v int) { s.FanIn = v }}
}

// Partitions sets the number of partitions of a shuffle, DefaultPartitions
// unless set. The order of rows behind it depends on this number.
func Partitions(n int) Option {
	return Option{"Partitions", n, KindShuffle, 1, func(s *Stage, v int) { s.Partitions = v }}
}

// Workers gives a map n instances of its own that run at once, for a function
// that waits (on a network, a disk, another process) rather than computes. The
// order of rows is kept. Use it with BatchRows to say how much one call gets.
func Workers(n int) Option {
	return Option{"Workers", n, KindMap, 1, func(s *Stage, v int) { s.Workers = v }}
}

// BatchRows cuts what a map is handed to at most n rows a call, without copying.
func BatchRows(n int) Option {
	return Option{"BatchRows", n, KindMap, 1, func(s *Stage, v int) { s.BatchRows = v }}
}

// New returns an empty graph.
func New() *Graph { return &Graph{site: callSite()} }

// Source begins a stream with the rows of src.
func (g *Graph) Source(name string, src Source, opts ...Option) *Stream {
	return g.add(&Stage{Kind: KindSource, Name: name, Source: src}, src == nil, nil, opts)
}

// Map applies op to each batch.
func (s *Stream) Map(name string, op Operator, opts ...Option) *Stream {
	return s.graph.add(&Stage{Kind: KindMap, Name: name, Operator: op}, op == nil, []*Stream{s}, opts)
}

// Shuffle moves each row to the partition that p names. What follows, up to and
// including the next TreeReduce or Shuffle, treats each partition by itself.
func (s *Stream) Shuffle(name string, p Partitioner, opts ...Option) *Stream {
	return s.graph.add(&Stage{Kind: KindShuffle, Name: name, Partitioner: p, Partitions: DefaultPartitions}, p == nil, []*Stream{s}, opts)
}

// TreeReduce folds the stream, or behind a Shuffle each of its partitions, to
// the answer of r. Its output follows the order of the partitions and is no
// longer partitioned.
func (s *Stream) TreeReduce(name string, r Reducer, opts ...Option) *Stream {
	return s.graph.add(&Stage{Kind: KindTreeReduce, Name: name, Reducer: r, FanIn: DefaultFanIn}, r == nil, []*Stream{s}, opts)
}

// Union is the rows of s, then those of the others, each in their order. Their
// schemas must be equal.
func (s *Stream) Union(name string, others ...*Stream) *Stream {
	return s.graph.add(&Stage{Kind: KindUnion, Name: name}, false, append([]*Stream{s}, others...), nil)
}

// Apply expands a composite on the stream.
func (s *Stream) Apply(name string, c Composite) *Stream {
	if c == nil {
		s.graph.mistake(name, callSite(), errors.New("the composite is nil"))
		return s
	}
	out := c.Expand(name, s)
	if out == nil {
		s.graph.mistake(name, callSite(), errors.New("the composite expanded to no stream"))
		return s
	}
	return out
}

// Sink writes the stream to sink.
func (s *Stream) Sink(name string, sink Sink, opts ...Option) {
	s.graph.add(&Stage{Kind: KindSink, Name: name, Sink: sink}, sink == nil, []*Stream{s}, opts)
}

// Graph is the graph that the stream belongs to.
func (s *Stream) Graph() *Graph { return s.graph }

// Stage is the stage whose output the stream is.
func (s *Stream) Stage() *Stage { return s.stage }

// Stages are the graph's stages in the order of declaration: every stage
// stands behind its inputs.
func (g *Graph) Stages() []*Stage { return slices.Clone(g.stages) }

func (g *Graph) add(s *Stage, missing bool, inputs []*Stream, opts []Option) *Stream {
	at := callSite()
	s.File, s.Line = at.file, at.line
	if s.Name == "" {
		g.mistake("", at, fmt.Errorf("a %s has no name", s.Kind))
	}
	for _, other := range g.stages {
		if other.Name == s.Name && s.Name != "" {
			g.mistake(s.Name, at, fmt.Errorf("a stage of this name was declared at %s:%d", other.File, other.Line))
			break
		}
	}
	if missing {
		g.mistake(s.Name, at, fmt.Errorf("the %s is handed nil", s.Kind))
	}
	for _, in := range inputs {
		switch {
		case in == nil:
			g.mistake(s.Name, at, errors.New("an input stream is nil"))
		case in.graph != g:
			g.mistake(s.Name, at, fmt.Errorf("the input %q belongs to another graph", in.stage.Name))
		default:
			s.Inputs = append(s.Inputs, in.stage)
		}
	}
	for _, o := range opts {
		switch {
		case o.set == nil:
			g.mistake(s.Name, at, errors.New("an option is empty: options are made by FanIn, Partitions, Workers and BatchRows"))
		case o.kind != s.Kind:
			g.mistake(s.Name, at, fmt.Errorf("%s(%d) is an option of a %s, not of a %s", o.name, o.value, o.kind, s.Kind))
		case o.value < o.least:
			g.mistake(s.Name, at, fmt.Errorf("%s(%d): must be at least %d", o.name, o.value, o.least))
		default:
			o.set(s, o.value)
		}
	}
	g.stages = append(g.stages, s)
	return &Stream{graph: g, stage: s}
}

func (g *Graph) mistake(stage string, at site, err error) {
	g.mistakes = append(g.mistakes, &GraphError{Stage: stage, File: at.file, Line: at.line, Err: err, order: len(g.stages)})
}
