package race

import "time"

// slowRounds are the rounds that every program takes part in.
const slowRounds = 2

// slowOnes says which programs are left out of the rounds after the first ones, since
// nothing hangs on their last digit and they may take minutes: the peers that took
// longer than the best of them by the factor, which cannot be the best any more, and the
// naive program where it took longer than one worker of ours by it. A program's time is
// its least so far. Of the factor 0 none is slow.
func slowOnes(programs []program, rows []Row, factor float64) []bool {
	least := func(match func(program) bool) (fastest time.Duration) {
		for i, p := range programs {
			if rows[i].Void != "" || !match(p) {
				continue
			}
			for _, s := range rows[i].Samples {
				if fastest == 0 || s.Wall < fastest {
					fastest = s.Wall
				}
			}
		}
		return fastest
	}
	bestPeer := least(func(p program) bool { return p.kind == Peer })
	one := least(func(p program) bool { return p.kind == Ours && p.workers == 1 })
	slow := make([]bool, len(programs))
	for i, p := range programs {
		var than time.Duration
		switch {
		case p.kind == Peer:
			than = bestPeer
		case p.work == runNaive:
			than = one
		}
		took := least(func(q program) bool { return q.name == p.name })
		slow[i] = factor > 0 && than > 0 && float64(took) > factor*float64(than)
	}
	return slow
}
