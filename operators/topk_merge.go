package operators

// runsMost is how many rows that came in order may be merged: fewer, longer runs are
// merged, others are sorted.
const runsMost = 16

// rankMerge gives slots out in order: the least first of sorted runs, which are a heap
// by their heads.
type rankMerge struct {
	rows *ranked
	runs [][]rank
}

// inOrder is all slots in order. Slots that stand in order already, in long runs,
// as those of a partial do, are not sorted again.
func (r *ranked) inOrder() *rankMerge {
	all := r.all()
	m := &rankMerge{rows: r}
	least := max(len(all)/runsMost, fewRanks)
	loose := 0 // where what belongs to no long run begins
	for from := 0; from < len(all); {
		to := from + 1
		for to < len(all) && r.compareRanks(all[to-1], all[to]) < 0 {
			to++
		}
		if to-from >= least {
			m.addLoose(all[loose:from])
			m.runs = append(m.runs, all[from:to])
			loose = to
		}
		from = to
	}
	m.addLoose(all[loose:])
	for i := len(m.runs)/2 - 1; i >= 0; i-- {
		m.down(i)
	}
	return m
}

func (m *rankMerge) addLoose(ranks []rank) {
	if len(ranks) > 0 {
		m.rows.sortRanks(ranks, m.rows.packed)
		m.runs = append(m.runs, ranks)
	}
}

// next writes the slots that come next, as many as there is room for and there are.
func (m *rankMerge) next(slots []int32) []int32 {
	n := 0
	for ; n < len(slots) && len(m.runs) > 1; n++ {
		run := m.runs[0]
		slots[n] = run[0].slot
		if m.runs[0] = run[1:]; len(run) == 1 {
			last := len(m.runs) - 1
			m.runs[0], m.runs = m.runs[last], m.runs[:last]
		}
		m.down(0)
	}
	if len(m.runs) == 1 {
		run := m.runs[0]
		more := min(len(slots)-n, len(run))
		for i, x := range run[:more] {
			slots[n+i] = x.slot
		}
		n += more
		if m.runs[0] = run[more:]; len(run) == more {
			m.runs = nil
		}
	}
	return slots[:n]
}

// down moves run i to where it belongs below it in the heap.
func (m *rankMerge) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(m.runs) {
			return
		}
		if child+1 < len(m.runs) && m.rows.compareRanks(m.runs[child+1][0], m.runs[child][0]) < 0 {
			child++
		}
		if m.rows.compareRanks(m.runs[i][0], m.runs[child][0]) < 0 {
			return
		}
		m.runs[i], m.runs[child] = m.runs[child], m.runs[i]
		i = child
	}
}
