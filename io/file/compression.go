package file

import "bytes"

// Compression is how the bytes of a file are packed.
type Compression uint8

const (
	// Auto looks at the first bytes of the file; its name does not matter.
	Auto Compression = iota
	// None takes the bytes as they are.
	None
	// Gzip is RFC 1952, any number of members.
	Gzip
	// Zstd is RFC 8878, any number of frames.
	Zstd
)

// String is the name of the compression: auto, none, gzip, zstd.
func (c Compression) String() string { return [...]string{"auto", "none", "gzip", "zstd"}[c] }

// magicBytes is how many bytes tell a file's compression.
const magicBytes = 4

// detect tells the compression of a file that begins with head. more: a longer
// head could give another answer.
func detect(head []byte) (c Compression, more bool) {
	gzip, zstd := []byte{0x1f, 0x8b, 0x08}, []byte{0x28, 0xb5, 0x2f, 0xfd}
	switch {
	case bytes.HasPrefix(head, gzip):
		return Gzip, false
	case bytes.HasPrefix(head, zstd), len(head) >= magicBytes && skippable(head):
		return Zstd, false
	}
	more = bytes.HasPrefix(gzip, head) || bytes.HasPrefix(zstd, head) || len(head) < magicBytes && skippable(head)
	return None, more
}

// skippable reports whether head begins, as far as it goes, as a zstd frame
// that carries no data. Parallel compressors write one first.
func skippable(head []byte) bool {
	for i, b := range head[:min(len(head), magicBytes)] {
		if i == 0 && b&0xf0 != 0x50 || i > 0 && b != [...]byte{0, 0x2a, 0x4d, 0x18}[i] {
			return false
		}
	}
	return true
}
