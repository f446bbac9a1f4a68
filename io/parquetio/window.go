package parquetio

import (
	"fmt"
	"io"
)

// windowBytes is what is read of a column chunk at once, at most, unless a page
// is longer.
const windowBytes = 1 << 20

// window is a stretch of a file that is read from front to end, through a buffer.
//
//	│ read before │ buf: used │ ready … │ not read yet │
//	from                      at                       end
type window struct {
	in    io.ReaderAt
	step  int   // of one read
	at    int64 // of buf[used] in the file
	end   int64
	used  int
	n     int // bytes of the buffer that are filled
	space scratch
}

// left is how many bytes there are from here to the end.
func (w *window) left() int64 { return w.end - w.at }

// peek returns the next n bytes, or fewer where the end is nearer. They are good
// until the next call.
func (w *window) peek(n int) ([]byte, error) {
	n = int(min(int64(n), w.left()))
	if w.n-w.used < n {
		if err := w.fill(n); err != nil {
			return nil, err
		}
	}
	return w.space.b[w.used : w.used+n], nil
}

// fill reads on, so that n bytes are ready.
func (w *window) fill(n int) error {
	ready := w.n - w.used
	size := int(min(max(int64(n), int64(w.step)), w.left()))
	copy(w.space.b, w.space.b[w.used:w.n])
	w.used, w.n = 0, ready
	if _, err := w.space.keep(ready, size); err != nil {
		return err
	}
	got, err := w.in.ReadAt(w.space.b[ready:size], w.at+int64(ready))
	w.n += got
	if w.n < n {
		if err == nil || err == io.EOF {
			return fmt.Errorf("the file ends at byte %d, but had more when the run began: do not change it while it is read", w.at+int64(w.n))
		}
		return err
	}
	return nil
}

// skip goes on behind n bytes that peek has returned.
func (w *window) skip(n int) {
	w.used += n
	w.at += int64(n)
}

// pass goes on behind n bytes, whether they were read or not.
func (w *window) pass(n int) {
	if ready := w.n - w.used; n > ready {
		w.used, w.n = 0, 0
		w.at += int64(n)
		return
	}
	w.skip(n)
}
