package main

import "testing"

func TestCommitted(t *testing.T) { functions.Check(t, "exact", "../../exact") }
