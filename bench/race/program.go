package race

import (
	"fmt"
	"strconv"

	"github.com/arrowmill/arrowmill/bench/peers"
)

// Kind is what a program is in the race.
type Kind string

// The kinds.
const (
	Ours      Kind = "ours"
	Peer      Kind = "peer"
	Yardstick Kind = "yardstick" // a plain Go program: not a peer
	Floor     Kind = "floor"     // what no program can do without
	Start     Kind = "start"     // a peer's or our process that begins, imports its library, and ends
)

// ours is our program with as many workers as are asked for; others have a suffix.
const ours = "arrowmill"

// program is who runs in a race.
type program struct {
	name    string
	kind    Kind
	workers int
	work    work        // what a process of this program does
	peer    *peers.Peer // else
	variant string
}

// own is our program with some workers.
func own(workers, asked int) program {
	p := program{name: ours, kind: Ours, workers: workers, work: runGraph}
	if workers != asked {
		p.name += "-" + strconv.Itoa(workers)
	}
	return p
}

// peersOf are the peers with their variants.
func peersOf(threads int) (all []program) {
	for _, p := range peers.All() {
		for _, v := range p.Variants {
			name := p.Name
			if v != "" {
				name = fmt.Sprintf("%s-%s", p.Name, v)
			}
			all = append(all, program{name: name, kind: Peer, workers: threads, peer: &p, variant: v})
		}
	}
	return all
}
