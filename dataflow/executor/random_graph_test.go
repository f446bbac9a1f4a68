package executor_test

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/arrowmill/arrowmill/dataflow"
)

// drawn is a graph drawn at random: plain data, from which a dataflow graph is
// built for each run and whose answer a naive interpreter knows.
type drawn struct {
	seed  uint64
	pad   string
	nodes []*drawnNode
}

// drawnNode is a stage of a drawn graph.
type drawnNode struct {
	kind   dataflow.Kind
	what   string // which source, map, partitioner, reducer
	name   string
	inputs []*drawnNode
	cols   []string // of its output; of a sink: of its input

	data       [][]row // of a source: the rows of its splits
	batch      int     // rows of its batches
	prunes     bool    // it leaves out columns and rows that it is told of
	col, col2  string  // that it looks at
	mod        int64
	outs       []calcColumn // of calc
	powers     int          // 0: none, 1: knows its columns, 2: and narrows, 3: and traces
	selection  bool
	workers    int
	batchRows  int
	partitions int
	fanIn      int
	limit      int
	sated      bool
	letGo      uint64 // how often state (even) or rows (odd) are let go of; 0: never
	share      bool
	blockRows  int // of a source that yields blocks, but for each third split; 0: it does not
}

// calcColumn is a renamed column, or a·31+b.
type calcColumn struct{ name, a, b string }

// rowsMost is how many rows a stage of a drawn graph may have.
const rowsMost = 2500

func draw(seed uint64) *drawn {
	rng := rand.New(rand.NewPCG(seed, 77))
	d := &drawn{seed: seed}
	switch rng.IntN(6) { // so that rows in transit are more than the window of a small budget
	case 0, 1, 2:
		d.pad = "." + strings.Repeat("x", rng.IntN(400))
	case 3:
		d.pad = "." + strings.Repeat("x", rng.IntN(4000))
	}
	for range 1 + rng.IntN(3) {
		d.add(drawSource(rng))
	}
	for len(d.nodes) < 3+rng.IntN(10) {
		from := d.nodes[rng.IntN(len(d.nodes))]
		if rng.IntN(3) > 0 {
			from = d.nodes[len(d.nodes)-1]
		}
		var n *drawnNode
		switch rng.IntN(9) {
		case 0, 1, 2:
			n = drawMap(rng, from)
		case 3, 4:
			n = d.drawUnion(rng, from)
		case 5, 6:
			n = drawShuffle(rng, from)
		default:
			n = drawReduce(rng, from)
		}
		if n != nil {
			d.add(n)
		}
	}
	inner := slices.Clone(d.nodes)
	for range 1 + rng.IntN(3) {
		from := inner[len(inner)-1-rng.IntN(min(len(inner), 4))]
		d.add(&drawnNode{kind: dataflow.KindSink, inputs: []*drawnNode{from}, cols: from.cols, share: rng.IntN(8) == 0})
	}
	return d
}

// add adds n unless it makes too many rows.
func (d *drawn) add(n *drawnNode) {
	n.name = fmt.Sprintf("%d %s %s", len(d.nodes), n.kind, n.what)
	d.nodes = append(d.nodes, n)
	if n.kind != dataflow.KindSink && d.interpret(0)[n].rows() > rowsMost {
		d.nodes = d.nodes[:len(d.nodes)-1]
	}
}

func drawSource(rng *rand.Rand) *drawnNode {
	n := &drawnNode{kind: dataflow.KindSource, what: "rows", cols: []string{"a", "b", "c", "t"},
		batch: 1 + rng.IntN(40), prunes: rng.IntN(2) == 0, share: rng.IntN(4) == 0, selection: rng.IntN(4) == 0}
	if rng.IntN(3) == 0 {
		n.blockRows = 1 + rng.IntN(30)
	}
	splits, most := rng.IntN(20), rng.IntN(60)
	switch rng.IntN(8) {
	case 0:
		splits = 0
	case 1:
		splits, most = 1, 1
	case 2:
		most = 0
	}
	for range splits {
		rows := make([]row, 0)
		for range rng.IntN(most + 1) {
			rows = append(rows, row{rng.Int64N(10), rng.Int64N(1000), rng.Int64N(100000), rng.Int64N(50)})
		}
		n.data = append(n.data, rows)
	}
	return n
}

func numeric(cols []string) []string {
	return slices.DeleteFunc(slices.Clone(cols), func(c string) bool { return c[0] == 't' })
}

func pick(rng *rand.Rand, cols []string) string { return cols[rng.IntN(len(cols))] }

func drawMap(rng *rand.Rand, from *drawnNode) *drawnNode {
	n := &drawnNode{kind: dataflow.KindMap, inputs: []*drawnNode{from}, cols: from.cols,
		what: []string{"pass", "filter", "bound", "dup", "hold", "calc", "calc"}[rng.IntN(7)],
		col:  pick(rng, numeric(from.cols)), mod: 2 + rng.Int64N(3), powers: rng.IntN(4),
		selection: rng.IntN(2) == 0, share: rng.IntN(6) == 0}
	if n.what != "hold" && rng.IntN(4) == 0 {
		n.workers = 1 + rng.IntN(3)
	}
	if rng.IntN(3) == 0 {
		n.batchRows = 1 + rng.IntN(20)
	}
	if n.what == "calc" {
		n.cols = nil
		for i, c := range from.cols {
			switch rng.IntN(4) {
			case 0:
				n.outs = append(n.outs, calcColumn{name: c + fmt.Sprint(i), a: c})
			case 1:
				n.outs = append(n.outs, calcColumn{name: "n" + c + fmt.Sprint(i), a: pick(rng, numeric(from.cols)), b: pick(rng, numeric(from.cols))})
			case 2:
				n.outs = append(n.outs, calcColumn{name: c, a: c})
			}
		}
		n.outs = append(n.outs, calcColumn{name: "x" + fmt.Sprint(len(from.cols)), a: n.col})
		for _, o := range n.outs {
			if slices.Contains(n.cols, o.name) {
				return nil
			}
			n.cols = append(n.cols, o.name)
		}
	}
	return n
}

func (d *drawn) drawUnion(rng *rand.Rand, from *drawnNode) *drawnNode {
	n := &drawnNode{kind: dataflow.KindUnion, inputs: []*drawnNode{from}, cols: from.cols}
	var like []*drawnNode
	for _, o := range d.nodes {
		if slices.Equal(o.cols, from.cols) {
			like = append(like, o)
		}
	}
	for range 1 + rng.IntN(3) {
		n.inputs = append(n.inputs, like[rng.IntN(len(like))])
	}
	rng.Shuffle(len(n.inputs), func(i, j int) { n.inputs[i], n.inputs[j] = n.inputs[j], n.inputs[i] })
	return n
}

func drawShuffle(rng *rand.Rand, from *drawnNode) *drawnNode {
	return &drawnNode{kind: dataflow.KindShuffle, inputs: []*drawnNode{from}, cols: from.cols,
		what: []string{"hash", "round robin"}[rng.IntN(2)], col: pick(rng, numeric(from.cols)),
		partitions: 1 + rng.IntN(7), powers: rng.IntN(2), selection: rng.IntN(2) == 0, share: rng.IntN(8) == 0}
}

func drawReduce(rng *rand.Rand, from *drawnNode) *drawnNode {
	n := &drawnNode{kind: dataflow.KindTreeReduce, inputs: []*drawnNode{from}, cols: from.cols,
		what: []string{"group", "group", "first of group", "total", "sort", "concat", "concat", "limit", "top", "first"}[rng.IntN(10)],
		col:  pick(rng, numeric(from.cols)), col2: pick(rng, numeric(from.cols)), powers: rng.IntN(2),
		fanIn: 2 + rng.IntN(8), selection: rng.IntN(2) == 0, share: rng.IntN(8) == 0}
	if rng.IntN(2) == 0 {
		n.letGo = 2 + rng.Uint64N(12)
	}
	switch n.what {
	case "group", "first of group":
		n.cols = []string{"a", "b", "c"}
	case "total":
		n.cols = []string{"b", "c"}
	case "limit", "top", "first":
		n.limit, n.sated = rng.IntN(40), n.what != "top" && rng.IntN(2) == 0
	}
	return n
}

// table is what the interpreter knows of a stage's output.
type table struct {
	splits     [][]row
	partitions int
	exact      bool // a sink gets the rows in this order
}

func (t table) rows() int {
	n := 0
	for _, s := range t.splits {
		n += len(s)
	}
	return n
}

func (t table) flat() []row { return slices.Concat(t.splits...) }

// interpret is the answer of every stage, in the order that is promised where
// one is, and in a canonical one else.
func (d *drawn) interpret(splitBytes int64) map[*drawnNode]table {
	answers := map[*drawnNode]table{}
	for _, n := range d.nodes {
		answers[n] = n.interpret(answers, splitBytes)
	}
	return answers
}

func (n *drawnNode) interpret(answers map[*drawnNode]table, splitBytes int64) table {
	if n.kind == dataflow.KindSource {
		return table{splits: n.cut(splitBytes), exact: true}
	}
	in := answers[n.inputs[0]]
	out := table{partitions: in.partitions, exact: in.exact}
	switch n.kind {
	case dataflow.KindMap:
		for _, s := range in.splits {
			now, held := n.mapRows(n.inputs[0].cols, s, n.cols)
			out.splits = append(out.splits, append(now, held...))
		}
	case dataflow.KindUnion:
		for _, i := range n.inputs {
			t := answers[i]
			out.splits = append(out.splits, t.splits...)
			out.exact = out.exact && t.exact
			if t.partitions != out.partitions {
				out.partitions = 0
			}
		}
	case dataflow.KindShuffle:
		out = table{splits: make([][]row, n.partitions), partitions: n.partitions}
		for i, s := range in.splits {
			for j, r := range s {
				p := n.route(n.inputs[0].cols, r, dataflow.Place{Split: int64(i), Row: int64(j)}, n.partitions)
				out.splits[p] = append(out.splits[p], r)
			}
		}
	case dataflow.KindTreeReduce:
		out = n.reduce(answers)
	case dataflow.KindSink:
		return in
	}
	return out
}

// reduce reduces each partition or, where the input has none, all rows. A keyed
// answer is of so many partitions by the hash of the key.
func (n *drawnNode) reduce(answers map[*drawnNode]table) table {
	in := answers[n.inputs[0]]
	out := table{exact: !n.keyed()}
	if in.partitions > 0 {
		for p := range in.partitions {
			var rows []row // those of the partition of each input of a union
			for i := p; i < len(in.splits); i += in.partitions {
				rows = append(rows, in.splits[i]...)
			}
			var answer []row
			if len(rows) > 0 {
				answer = n.reduceRows(n.inputs[0].cols, rows)
			}
			out.splits = append(out.splits, answer)
		}
		return out
	}
	all := n.reduceRows(n.inputs[0].cols, in.flat())
	if !n.keyed() {
		out.splits = [][]row{all}
		return out
	}
	out.splits = make([][]row, dataflow.DefaultPartitions)
	for _, r := range all {
		p := keyPartition(r[0], dataflow.DefaultPartitions)
		out.splits[p] = append(out.splits[p], r)
	}
	return out
}

func (n *drawnNode) keyed() bool { return n.what == "group" || n.what == "first of group" }

// keyPartition cuts the hashes into ranges, so that partitions that are cut again keep
// their order.
func keyPartition(key int64, partitions int) int {
	hi, _ := bits.Mul64(mix(key), uint64(partitions))
	return int(hi)
}

// exchangePartitions is the fan-out of the exchange of a keyed reduction. Four of them
// are a split of the answer.
const exchangePartitions = 4 * dataflow.DefaultPartitions

// cut is the splits of a source: as drawn, or each of them halved.
func (n *drawnNode) cut(splitBytes int64) [][]row {
	if splitBytes != 1 {
		return n.data
	}
	var halves [][]row
	for _, s := range n.data {
		halves = append(halves, s[:len(s)/2], s[len(s)/2:])
	}
	return halves
}

// mapRows is what a map makes of rows at once, and what at the split's end.
func (n *drawnNode) mapRows(cols []string, rows []row, want []string) (now, held []row) {
	if n.what == "calc" {
		for _, r := range rows {
			now = append(now, n.calc(cols, r, want))
		}
		return now, nil
	}
	at := slices.Index(cols, n.col)
	for _, r := range rows {
		switch n.what {
		case "pass":
			now = append(now, r)
		case "filter", "bound":
			if n.keeps(r[at]) {
				now = append(now, r)
			}
		case "dup":
			for range 1 + mix(r[at])%3 {
				now = append(now, r)
			}
		case "hold":
			if r[at]%n.mod == 0 {
				held = append(held, r)
			} else {
				now = append(now, r)
			}
		}
	}
	return project(cols, now, want), project(cols, held, want)
}

func (n *drawnNode) keeps(v int64) bool {
	if n.what == "bound" {
		return v >= n.bound()
	}
	return v%n.mod != 0
}

func (n *drawnNode) bound() int64 { return n.mod * 2 }

func (n *drawnNode) calc(cols []string, r row, want []string) row {
	out := make(row, 0, len(want))
	for _, o := range n.outs {
		if !slices.Contains(want, o.name) {
			continue
		}
		v := r[slices.Index(cols, o.a)]
		if o.b != "" {
			v = v*31 + r[slices.Index(cols, o.b)]
		}
		out = append(out, v)
	}
	return out
}

func (n *drawnNode) route(cols []string, r row, at dataflow.Place, partitions int) int {
	if n.what == "round robin" {
		return int((at.Split*7 + at.Row) % int64(partitions))
	}
	return int(mix(r[slices.Index(cols, n.col)]>>1) % uint64(partitions))
}

// reduceRows is the answer of rows, which are in order.
func (n *drawnNode) reduceRows(cols []string, rows []row) []row {
	k, v := slices.Index(cols, n.col), slices.Index(cols, n.col2)
	switch n.what {
	case "group", "first of group":
		groups := map[int64]row{}
		for _, r := range rows {
			g := groups[r[k]]
			if g == nil {
				g = row{r[k], 0, 0}
				if n.what != "group" {
					g[1] = r[v]
				}
				groups[r[k]] = g
			}
			if g[2]++; n.what == "group" {
				g[1] += r[v]
			}
		}
		var out []row
		for _, g := range groups {
			out = append(out, g)
		}
		slices.SortFunc(out, func(a, b row) int {
			pa, pb := keyPartition(a[0], exchangePartitions), keyPartition(b[0], exchangePartitions)
			if pa != pb {
				return pa - pb
			}
			return compareRows(a, b)
		})
		return out
	case "total":
		sum := row{0, int64(len(rows))}
		for _, r := range rows {
			sum[0] += r[v]
		}
		return []row{sum}
	case "sort":
		return sortedRows(rows)
	case "limit", "first":
		return rows[:min(n.limit, len(rows))]
	case "top":
		rows = slices.Clone(rows)
		slices.SortStableFunc(rows, func(a, b row) int { return compareRows(b[v:v+1], a[v:v+1]) })
		return rows[:min(n.limit, len(rows))]
	}
	return rows
}

// String is the drawn graph, a line a stage.
func (d *drawn) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d, pad %d\n", d.seed, len(d.pad))
	for _, n := range d.nodes {
		var in []string
		for _, i := range n.inputs {
			in = append(in, fmt.Sprintf("%q", i.name))
		}
		fmt.Fprintf(&b, "  %q of %s: columns %v", n.name, strings.Join(in, ", "), n.cols)
		switch n.kind {
		case dataflow.KindSource:
			fmt.Fprintf(&b, ", splits of")
			for _, s := range n.data {
				fmt.Fprintf(&b, " %d", len(s))
			}
			fmt.Fprintf(&b, ", batch %d, prunes %v, blocks of %d", n.batch, n.prunes, n.blockRows)
		case dataflow.KindMap:
			fmt.Fprintf(&b, ", by %s mod %d, %v, powers %d, workers %d, rows %d", n.col, n.mod, n.outs, n.powers, n.workers, n.batchRows)
		case dataflow.KindShuffle:
			fmt.Fprintf(&b, ", by %s, %d partitions", n.col, n.partitions)
		case dataflow.KindTreeReduce:
			fmt.Fprintf(&b, ", by %s of %s, fan-in %d, limit %d, sated %v, lets go %d", n.col, n.col2, n.fanIn, n.limit, n.sated, n.letGo)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
