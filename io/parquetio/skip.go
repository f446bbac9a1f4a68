package parquetio

import (
	"fmt"
)

// Rows that nobody wants are skipped in one of three ways, the cheapest that does:
//
//	a page of them     its header is read, and no more of it
//	codes, PLAIN       they are counted off
//	all else           they are decoded, a few at a time, and let go

// peekBytes is what is read of the file at once where pages are passed: about a
// header.
const peekBytes = 256

// skipRows is how many rows are decoded at once to be let go.
const skipRows = 4096

// skip goes past the next n rows.
func (f *flat) skip(n int64) error {
	for n > 0 {
		if f.left == 0 {
			passed, err := f.pages.pass(n)
			if err != nil {
				return err
			}
			f.rows, n = f.rows-passed, n-passed
			if n > 0 {
				if err := f.nextOne(); err != nil {
					return err
				}
			}
			continue
		}
		k := int(min(n, int64(f.left)))
		counted, err := f.countOff(k)
		if err == nil && !counted {
			k, err = f.decodeOff(min(k, skipRows))
		}
		if err != nil {
			return err
		}
		n -= int64(k)
	}
	return nil
}

// countOff goes past k rows of the page in hand, if that takes no decoding.
func (f *flat) countOff(k int) (ok bool, err error) {
	present := k
	if f.optional {
		if present, err = f.levels.count(k); err != nil {
			return false, fmt.Errorf("definition levels: %w", err)
		}
	}
	if ok, err = f.values.skip(present); err != nil || !ok {
		return false, err
	}
	if f.optional {
		if err := f.levels.skip(k); err != nil {
			return false, fmt.Errorf("definition levels: %w", err)
		}
	}
	f.left, f.rows = f.left-k, f.rows-int64(k)
	return true, nil
}

// decodeOff decodes up to k rows and lets them go.
func (f *flat) decodeOff(k int) (int, error) {
	arr, err := f.read(k)
	if err != nil {
		return 0, err
	}
	defer arr.Release()
	return arr.Len(), nil
}

// pass goes past data pages that have no more than n rows together, and returns how
// many they have. A dictionary is not passed.
func (p *pages) pass(n int64) (rows int64, err error) {
	step := p.window.step
	p.window.step = peekBytes
	defer func() { p.window.step = step }()
	for rows < n {
		h, ok, err := p.header()
		if err != nil || !ok {
			return rows, err
		}
		data := h.kind == dataPage || h.kind == dataPageV2 && h.rows == h.values
		if h.kind == dictionaryPage || h.kind == dataPageV2 && !data || data && int64(h.values) > n-rows {
			p.ahead, p.peeked = h, true
			return rows, nil
		}
		p.window.pass(int(h.bytes))
		if data {
			rows += int64(h.values)
		}
	}
	return rows, nil
}

// skip goes past the next n values.
func (h *hybrid) skip(n int) error {
	for n > 0 {
		if err := h.run(); err != nil {
			return err
		}
		k := min(n, h.left)
		h.at += k
		h.left -= k
		n -= k
	}
	return nil
}

// skip goes past codes, which are not looked at.
func (c *codes) skip(n int) (bool, error) {
	if err := c.stream.skip(n); err != nil {
		return false, fmt.Errorf("dictionary codes: %w", err)
	}
	return true, nil
}

// skipAll goes past the next n rows of all columns.
func (r *reader) skipAll(n int64) error {
	if n == 0 {
		return nil
	}
	for i, c := range r.columns {
		err := guard("the column chunk", func() error { return c.skip(n) })
		if err != nil {
			return fmt.Errorf("column %q: %w", r.plan.columns[i].name, err)
		}
	}
	return nil
}
