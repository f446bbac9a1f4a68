//go:build unix

package ipcio

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/arrowmill/arrowmill/dataflow"
)

// fifo is a named pipe that data comes through once.
func fifo(t *testing.T, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { <-done })
	go func() {
		defer close(done)
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			t.Error(err)
			return
		}
		defer f.Close()
		_, _ = f.Write(data) // the reader may have gone
	}()
	return path
}

// What is read of a pipe to know its schema is not lost, also where the context of
// that time has ended.
func TestPipes(t *testing.T) {
	recs := records(21, plainSchema(), 3000, 10)
	for name, data := range map[string][]byte{
		"stream":     encoded(t, recs[0].Schema(), recs),
		"file":       encoded(t, recs[0].Schema(), recs, AsFile(), Compress(LZ4)),
		"compressed": zstded(t, encoded(t, recs[0].Schema(), recs, AsFile())),
	} {
		s := Scan(fifo(t, data))
		ctx, cancel := context.WithCancel(t.Context())
		if _, err := s.Schema(ctx); err != nil {
			t.Fatal(err)
		}
		cancel()
		pruned := s.PruneColumns([]string{"c0", "c1", "c2", "c3", "c4"}).(*Source)
		res := scan(t, pruned, 0, 0)
		if res.err != nil {
			t.Fatalf("%s: %v", name, res.err)
		}
		sameRows(t, name, res.rows, texts(recs...))
	}
}

func TestPipeEndsWithItsContext(t *testing.T) {
	recs := records(22, plainSchema(), 300)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	data := encoded(t, recs[0].Schema(), recs)
	go w.Write(data[:len(data)-8])
	path := filepath.Join("/dev/fd", strconv.Itoa(int(r.Fd())))
	if _, err := os.Stat(path); err != nil {
		t.Skip(err)
	}
	s := Scan(path)
	if _, err := s.Schema(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var got error
	for c, err := range s.Read(ctx, dataflow.Split{Path: path, To: -1}, (&result{}).env(gomem)) {
		if err != nil {
			got = err
			break
		}
		c.Rec.Release()
		cancel()
	}
	if !errors.Is(got, context.Canceled) {
		t.Errorf("got %v", got)
	}
}
