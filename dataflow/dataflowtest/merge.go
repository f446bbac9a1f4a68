package dataflowtest

// deal spreads the shape's chunks over accumulators and drains them: contiguous
// runs, left to right, of an ordered reducer; at random of the others, and where
// nobody is looked at for being sated, in any order.
func (d *reduction) deal(f *feed) ([]*holder, error) {
	var pieces []piece
	for _, split := range f.pieces() {
		pieces = append(pieces, split...)
	}
	locals := make([]*holder, d.how.accumulators)
	for i := range locals {
		var err error
		if locals[i], err = d.newHolder(0); err != nil {
			return nil, err
		}
	}
	ends := contiguous(d.rng, len(pieces), len(locals))
	if !d.ordered && !d.how.sated && d.rng.IntN(2) == 0 {
		d.rng.Shuffle(len(pieces), func(i, j int) { pieces[i], pieces[j] = pieces[j], pieces[i] })
	}
	run := 0
	for i, p := range pieces {
		for d.ordered && i >= ends[run] {
			run++
		}
		h := locals[run]
		if !d.ordered {
			h = locals[d.rng.IntN(len(locals))]
		}
		if d.isSated(h) { // what comes stands behind what it has
			continue
		}
		if err := d.add(h, f, p); err != nil {
			return nil, err
		}
		if d.rng.Float64() < d.how.drains {
			if err := d.drainBetween(h, locals); err != nil {
				return nil, err
			}
		}
	}
	for _, h := range locals {
		if err := d.drain(h); err != nil {
			return nil, err
		}
	}
	return locals, nil
}

// drainBetween empties an accumulator that is to go on, and now and then hands
// what it had to another one that goes on too.
func (d *reduction) drainBetween(h *holder, locals []*holder) error {
	if err := d.drain(h); err != nil {
		return err
	}
	other := locals[d.rng.IntN(len(locals))]
	if d.ordered || d.how.sated || other == h || d.rng.IntN(3) > 0 {
		return nil
	}
	return d.giveAll(other, h)
}

// giveAll hands all that from has let go of to another accumulator.
func (d *reduction) giveAll(to, from *holder) error {
	for p, items := range from.let {
		from.let[p] = nil
		for i, it := range items {
			err := d.give(to, it)
			it.chunk.Rec.Release()
			if err != nil {
				releaseItems(items[i+1:])
				return err
			}
		}
	}
	return nil
}

// merge brings drained accumulators to the answer: at once by the owners of the
// partitions, or after merging some, neighbours where order counts, in a tree.
func (d *reduction) merge(nodes []*holder) error {
	for d.how.tree && len(nodes) > 1+d.rng.IntN(2) {
		k := min(2+d.rng.IntN(3), len(nodes))
		at := d.rng.IntN(len(nodes) - k + 1)
		if !d.ordered {
			d.rng.Shuffle(len(nodes), func(i, j int) { nodes[i], nodes[j] = nodes[j], nodes[i] })
		}
		parent, err := d.newHolder(0)
		if err != nil {
			return err
		}
		for _, child := range nodes[at : at+k] {
			if err := d.giveAll(parent, child); err != nil {
				return err
			}
			d.closeHolder(child)
		}
		if err := d.drain(parent); err != nil {
			return err
		}
		nodes[at] = parent
		nodes = append(nodes[:at+1], nodes[at+k:]...)
	}
	return d.owners(nodes)
}
