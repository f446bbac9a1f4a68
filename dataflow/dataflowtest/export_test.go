package dataflowtest

// Whether the harness finds what is wrong is not to depend on -short.
func init() { whole = true }
