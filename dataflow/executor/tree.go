package executor

import (
	"sync"

	"github.com/arrowmill/arrowmill/dataflow"
)

// mergeTree merges the slots of n leaves, left to right, fan-in at a node. Its
// shape depends on n and the fan-in alone: node i of a level is made of nodes
// i·k to i·k+k-1 of the level below. A leaf without rows is a nil slot.
type mergeTree struct {
	reduction *reduction
	leaves    int
	fanIn     int

	mu     sync.Mutex
	levels []treeLevel // those above the leaves
}

type treeLevel struct {
	nodes   int
	waiting map[int]*treeNode
}

type treeNode struct {
	missing int
	slots   []*slot
}

func newMergeTree(d *reduction, leaves int) *mergeTree {
	t := &mergeTree{reduction: d, leaves: leaves, fanIn: d.stage.FanIn}
	for n := leaves; n > 1; {
		n = (n + t.fanIn - 1) / t.fanIn
		t.levels = append(t.levels, treeLevel{n, map[int]*treeNode{}})
	}
	return t
}

// width is the number of nodes of a level; level 0 are the leaves.
func (t *mergeTree) width(level int) int {
	if level == 0 {
		return t.leaves
	}
	return t.levels[level-1].nodes
}

// add gives node index of level its slot.
func (t *mergeTree) add(w *worker, level, index int, s *slot) error {
	if index == 0 && s != nil && s.sated() {
		t.reduction.stop.Store(true)
	}
	if level == len(t.levels) {
		return t.reduction.answer(w, s)
	}
	parent, place := index/t.fanIn, index%t.fanIn
	t.mu.Lock()
	waiting := t.levels[level].waiting
	n := waiting[parent]
	if n == nil {
		children := min(t.fanIn, t.width(level)-parent*t.fanIn)
		n = &treeNode{missing: children, slots: make([]*slot, children)}
		waiting[parent] = n
	}
	n.slots[place] = s
	n.missing--
	whole := n.missing == 0
	if whole {
		delete(waiting, parent)
	}
	t.mu.Unlock()
	if !whole {
		return nil
	}
	var some []*slot
	for _, c := range n.slots {
		if c != nil {
			some = append(some, c)
		}
	}
	switch len(some) {
	case 0:
		return t.add(w, level+1, parent, nil)
	case 1:
		return t.add(w, level+1, parent, some[0])
	}
	t.reduction.run.sched.add(unit{stage: t.reduction.stage, split: -1, do: func(w *worker) error {
		w.enter(t.reduction.stage, dataflow.Chunk{})
		for _, other := range some[1:] {
			if err := some[0].absorb(other); err != nil {
				return err
			}
		}
		return t.add(w, level+1, parent, some[0])
	}})
	return nil
}
