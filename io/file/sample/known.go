package sample

import (
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/arrowmill/arrowmill/io/file"
)

// Known keeps what was found out of files for as long as they stay as they were. The
// zero value knows nothing. It is safe for concurrent use.
type Known[T any] struct {
	mu    sync.Mutex
	files string // that made is of
	made  *T
}

// Of is what find finds out of inputs, of which it looks at those whose indexes are
// given. It is called where these are others than the last time, or have another
// size or time, and by one goroutine at a time.
func (k *Known[T]) Of(inputs []file.Input, looked []int, find func() (*T, error)) (*T, error) {
	files := identity(inputs, looked)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.made == nil || k.files != files {
		made, err := find()
		if err != nil {
			return nil, err
		}
		k.made, k.files = made, files
	}
	return k.made, nil
}

// Last is what was found out last, for the run that was checked by it; nil: nothing
// was.
func (k *Known[T]) Last() *T {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.made
}

// identity tells one state of the files from another. A stream has none but its name.
func identity(inputs []file.Input, looked []int) string {
	var b strings.Builder
	fmt.Fprint(&b, len(inputs))
	for _, i := range looked {
		fmt.Fprintf(&b, " %q", inputs[i].Path)
		if inputs[i].Stream {
			continue
		}
		if info, err := os.Stat(inputs[i].Path); err == nil {
			fmt.Fprintf(&b, " %d %d", info.Size(), info.ModTime().UnixNano())
		}
	}
	return b.String()
}
