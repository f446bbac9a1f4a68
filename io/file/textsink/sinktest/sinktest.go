// Package sinktest drives a sink by hand, for the tests of formats.
package sinktest

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
)

// Env is the part of an environment that a sink uses. When the test ends, what
// was reserved must have been given back.
func Env(t testing.TB) dataflow.Env {
	var reserved int64
	t.Cleanup(func() {
		if reserved != 0 {
			t.Errorf("%d bytes are still reserved", reserved)
		}
	})
	return dataflow.Env{
		Alloc:   memory.DefaultAllocator,
		Reserve: func(bytes int64) error { reserved += bytes; return nil },
	}
}

// Write writes recs, of which there is at least one, and commits. Where that
// fails it aborts, and returns the error.
func Write(t testing.TB, sink dataflow.Sink, recs ...arrow.Record) error {
	t.Helper()
	out, err := sink.Open(t.Context(), recs[0].Schema(), Env(t))
	if err != nil {
		return err
	}
	for _, rec := range recs {
		if err := out.Write(t.Context(), dataflow.Chunk{Rec: rec}); err != nil {
			return errors.Join(err, out.Abort())
		}
	}
	if err := out.Commit(t.Context()); err != nil {
		return errors.Join(err, out.Abort())
	}
	return nil
}

// Text is what the sink to a writer that to makes writes of recs.
func Text(t testing.TB, to func(io.Writer) dataflow.Sink, recs ...arrow.Record) string {
	t.Helper()
	var b strings.Builder
	if err := Write(t, to(&b), recs...); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Refuses reports where the sink takes a stream with the schema, or refuses it
// with an error that want is no part of.
func Refuses(t testing.TB, sink dataflow.Sink, schema *arrow.Schema, want string) {
	t.Helper()
	out, err := sink.Open(t.Context(), schema, Env(t))
	if err == nil {
		t.Errorf("%s was taken", schema)
		_ = out.Abort()
	} else if !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q", err, want)
	}
}
