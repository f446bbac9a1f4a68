package parquetio

import (
	"bytes"
	"os"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	df "github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

// TestKnownFooters: a footer is parsed once for all runs of a source and of those made
// of it, and again when the file is another one, though it is as long.
func TestKnownFooters(t *testing.T) {
	first := df.Batch(df.Col("a", []int64{1, 2, 3}))
	path := written(t, []arrow.Record{first})
	s := Scan(path)
	for range 2 {
		if d := df.Diff(df.Rows(first), rows(t, s, 0)); d != "" {
			t.Error(d)
		}
	}
	rows(t, s.Coded([]string{"a"}), 0)
	rows(t, s.PruneColumns([]string{"a"}), 0)
	if n := s.Stats().Footers; n != 1 {
		t.Errorf("%d footers were parsed", n)
	}

	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	second := df.Batch(df.Col("b", []int64{1, 2, 3}))
	other, err := os.ReadFile(written(t, []arrow.Record{second}))
	if err != nil {
		t.Fatal(err)
	}
	if len(other) != len(old) || bytes.Equal(other, old) {
		t.Fatalf("files of %d and %d bytes", len(other), len(old))
	}
	if err := os.WriteFile(path, other, 0o644); err != nil {
		t.Fatal(err)
	}
	res := read(t, s, 0)
	if res.err != nil || res.schema.Field(0).Name != "b" {
		t.Fatalf("%v: %v", res.schema, res.err)
	}
	if n := s.Stats().Footers; n != 2 {
		t.Errorf("%d footers were parsed", n)
	}
}

// TestKnownFootersAreBounded: what does not fit is read, and not kept.
func TestKnownFootersAreBounded(t *testing.T) {
	var k known
	foot := func(path string, bytes int64) *footer { return &footer{path: path, size: 7, bytes: bytes} }
	k.keep(foot("a", knownMost/footerSpread-10), []byte("a"))
	k.keep(foot("b", 20), []byte("b"))
	if k.find("a", 7, []byte("a")) == nil || k.find("b", 7, []byte("b")) != nil || k.find("a", 8, []byte("a")) != nil {
		t.Error("not what was kept")
	}
	k.keep(foot("a", 10), []byte("a2"))
	k.keep(foot("b", 20), []byte("b"))
	if k.find("a", 7, []byte("a")) != nil || k.find("b", 7, []byte("b")) == nil || k.held != 30*footerSpread {
		t.Errorf("%d bytes are held", k.held)
	}
}
