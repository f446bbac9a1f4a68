package report

import (
	"fmt"
	"math"

	"github.com/arrowmill/arrowmill/bench/race"
)

// beside is the contest's ratio to the best peer in an earlier race, whoever was the
// best one then, and by how much it differs now.
func (c *contest) beside(earlier []*contest) []string {
	now, _ := c.againstPeers()
	for _, e := range earlier {
		if e.job != c.job || e.file != c.file {
			continue
		}
		then, ok := e.againstPeers()
		if !ok || math.IsNaN(now) || math.IsNaN(then) {
			break
		}
		return []string{times(then), fmt.Sprintf("%+.0f %%", 100*(now/then-1))}
	}
	return []string{"–", ""}
}

// goalsBeside are the goals of a race with what an earlier one reached, if there was one.
func goalsBeside(r, before *race.Results) []Goal {
	goals := Goals(r)
	if before != nil {
		for i, g := range Goals(before) {
			goals[i].Before = g.Reached
		}
	}
	return goals
}
