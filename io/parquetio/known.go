package parquetio

import (
	"bytes"
	"sync"
)

// known are the footers that were parsed for a source and those made of it. A source
// is asked for its schema before each run, with fewer columns, as codes: the footer
// is the same each time, which its bytes show. It is safe for concurrent use.
type known struct {
	mu   sync.Mutex
	feet map[string]parsed
	held int64
}

type parsed struct {
	foot *footer
	raw  []byte
}

// knownMost is how many bytes of footers are known, as they are in memory. A run
// accounts for those that it uses; a source that is not run keeps no more than this.
const knownMost = 16 << 20

// find is the footer that was parsed from raw.
func (k *known) find(path string, size int64, raw []byte) *footer {
	k.mu.Lock()
	p, ok := k.feet[path]
	k.mu.Unlock()
	if ok && p.foot.size == size && bytes.Equal(p.raw, raw) {
		return p.foot
	}
	return nil
}

// keep takes foot, parsed from raw, in place of what was known of its file.
func (k *known) keep(foot *footer, raw []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	old, held := k.feet[foot.path], k.held+foot.bytes*footerSpread
	if old.foot != nil {
		held -= old.foot.bytes * footerSpread
	}
	if held > knownMost {
		return
	}
	if k.feet == nil {
		k.feet = map[string]parsed{}
	}
	k.feet[foot.path], k.held = parsed{foot, raw}, held
}
