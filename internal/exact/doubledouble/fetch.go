package doubledouble

const (
	fetchedRows   = 256     // rows whose sums are loaded ahead, together
	fetchedGroups = 1 << 13 // number of groups from which that pays: half a megabyte of sums
)

// fetchRows is how many of the rows left to add next: where there are many groups, as many
// as are fetched ahead.
func fetchRows(groups, left int) int {
	if groups < fetchedGroups {
		return left
	}
	return min(left, fetchedRows)
}

// fetchPowers loads the sums of the groups where there are many, so that the cache misses
// of a batch overlap: in an adding loop few rows are in flight at once. Measured with 1e6
// groups: a quarter to half of the time. The result keeps the loads from being dropped.
//
//go:noinline
func fetchPowers(p []Powers, group []int32) (mixed float64) {
	if len(p) < fetchedGroups {
		return 0
	}
	for _, g := range group {
		mixed += float64(p[g].Count) + p[g].OnlyLow // the first and the last word
	}
	return mixed
}

//go:noinline
func fetchProducts(p []Products, group []int32) (mixed float64) {
	if len(p) < fetchedGroups {
		return 0
	}
	for _, g := range group {
		mixed += float64(p[g].X.Count) + p[g].XY.Lo
	}
	return mixed
}
