//go:build !amd64 || purego

package exact

const fast = false

func split(*parts, []float64, cut) bool { return false }
