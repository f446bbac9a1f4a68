// Package report writes what a race measured as a page, and as plots.
package report
