package special

import (
	"errors"
	"fmt"
	"io"
	"os"
)

const (
	pieceBytes = 1 << 20
	slack      = 16 // bytes behind a piece that may be looked at
)

// pieces reads a file and calls do with piece after piece, each of which ends behind a
// byte that cut accepts, but for the last. Behind a piece there is slack. The piece
// stands until do returns.
func pieces(path string, cut func(byte) bool, do func(piece []byte)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	buf := make([]byte, pieceBytes+slack)
	held := 0 // bytes of the piece before, behind its last cut
	for {
		if held == len(buf)-slack {
			buf = append(buf, make([]byte, len(buf))...)
		}
		n, err := f.Read(buf[held : len(buf)-slack])
		end := held + n
		if err != nil {
			do(buf[:held:len(buf)])
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("%s: %w", path, err)
		}
		last := end
		for last > held && !cut(buf[last-1]) {
			last--
		}
		if last == held { // what was held has no cut in it
			held = end
			continue
		}
		do(buf[:last:len(buf)])
		held = copy(buf, buf[last:end])
	}
}
