package expr

import (
	"bytes"
	"fmt"
	"math"
	"unicode"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/internal/lower"
	"github.com/arrowmill/arrowmill/internal/plaincol"
)

// bindSearch binds contains, starts_with and ends_with.
func bindSearch(n *node, args []*bound) (*bound, error) {
	a, b, err := pair(args[0], args[1])
	if err != nil {
		return nil, err
	}
	if a.kind == null || b.kind == null {
		return nullOf(n, arrow.FixedWidthTypes.Boolean), nil
	}
	if !a.kind.textual() || a.kind != b.kind {
		return nil, fmt.Errorf("this takes two texts, not %s and %s", nameOf(a.typ), nameOf(b.typ))
	}
	do := map[op]func(out []bool, x, y *vec){opContains: contain, opStartsWith: startWith, opEndsWith: endWith}[n.op]
	return bindRowwise(n, a, b, func(r *run, out []bool, x, y *vec) { r.perValue(out, x, y, do) }), nil
}

func contain(out []bool, x, y *vec) {
	xm, ym := x.mask(), y.mask()
	for i := range out {
		out[i] = bytes.Contains(x.text.row(i&xm), y.text.row(i&ym))
	}
}

func startWith(out []bool, x, y *vec) {
	xm, ym := x.mask(), y.mask()
	for i := range out {
		out[i] = bytes.HasPrefix(x.text.row(i&xm), y.text.row(i&ym))
	}
}

func endWith(out []bool, x, y *vec) {
	xm, ym := x.mask(), y.mask()
	for i := range out {
		out[i] = bytes.HasSuffix(x.text.row(i&xm), y.text.row(i&ym))
	}
}

// bindLetters binds lower, upper and trim. Of a dictionary the result is one.
func bindLetters(n *node, args []*bound) (*bound, error) {
	b := args[0]
	switch b.kind {
	case null:
		return nullOf(n, arrow.BinaryTypes.String), nil
	case text:
	default:
		return nil, fmt.Errorf("this takes text, not %s", nameOf(b.typ))
	}
	do := map[op]func(out *textsBuilder, x *texts, x1 bitmap){opLower: toLower, opUpper: toUpper, opTrim: trim}[n.op]
	t := plain(b.typ)
	return &bound{node: n, typ: b.typ, kind: text, fallible: b.fallible, eval: func(r *run, w *where) (*vec, error) {
		x, err := b.eval(r, w)
		if err != nil {
			return nil, err
		}
		v, nowhere := r.like(x)
		if nowhere {
			return v, nil
		}
		from := x.text
		count, valid := r.size(x), x.valid
		if from.codes != nil {
			from, v.text.codes = r.used(from)
			count, valid = from.n, bitmap{}
		}
		out := r.newTexts(t, count)
		do(out, &from, valid)
		codes := v.text.codes
		if v.text, err = out.texts(); err != nil {
			return nil, fmt.Errorf("%s: %w", n.text(), err)
		}
		v.text.codes = codes
		return v, nil
	}}, nil
}

// used are coded texts as values and codes: those of the dictionary or, where it has
// many more than there are rows, those of it that rows have.
func (r *run) used(t texts) (values texts, codes []int32) {
	codes = t.codes
	values = t
	values.codes = nil
	if t.n <= 2*len(codes) {
		return values, codes
	}
	some, seen := scratch[int32](r, len(codes)), make(map[int32]int32, len(codes))
	var first []int32 // the old code of each new one
	for i, c := range codes {
		code, ok := seen[c]
		if !ok {
			code = int32(len(first))
			seen[c] = code
			first = append(first, c)
		}
		some[i] = code
	}
	values.codes, values.n = first, len(first)
	return values, some
}

func toLower(out *textsBuilder, x *texts, valid bitmap) {
	for i := range out.rows {
		if !valid.at(i) {
			out.add(nil)
			continue
		}
		b := x.row(i)
		out.room(3 * len(b))
		out.end(appendLower(out.tail(), b))
	}
}

func toUpper(out *textsBuilder, x *texts, valid bitmap) {
	for i := range out.rows {
		if !valid.at(i) {
			out.add(nil)
			continue
		}
		b := x.row(i)
		out.room(3 * len(b))
		out.end(appendUpper(out.tail(), b))
	}
}

// appendLower appends the lower case of text, which is at most three times as long.
func appendLower(dst, text []byte) []byte {
	for _, c := range text {
		if c >= utf8.RuneSelf {
			return lower.Append(dst[:0], text)
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

// appendUpper appends the upper case of text, which is at most three times as long.
func appendUpper(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			if 'a' <= c && c <= 'z' {
				c -= 'a' - 'A'
			}
			dst = append(dst, c)
			i++
			continue
		}
		c, size := lower.Decode(text[i:])
		dst = utf8.AppendRune(dst, unicode.ToUpper(c))
		i += size
	}
	return dst
}

func trim(out *textsBuilder, x *texts, valid bitmap) {
	for i := range out.rows {
		if !valid.at(i) {
			out.add(nil)
			continue
		}
		out.add(bytes.TrimSpace(x.row(i)))
	}
}

// bindLength binds length.
func bindLength(n *node, args []*bound) (*bound, error) {
	b := args[0]
	if b.kind == null {
		return nullOf(n, arrow.PrimitiveTypes.Int64), nil
	}
	if !b.kind.textual() {
		return nil, fmt.Errorf("this takes text or binary, not %s", nameOf(b.typ))
	}
	ofText := b.kind == text
	return derived(n, b, arrow.PrimitiveTypes.Int64, func(r *run, x, v *vec, count int) {
		v.ints, v.buf = filled[int64](r, count)
		if x.text.codes == nil || x.text.n > 2*count {
			lengths(v.ints, &x.text, ofText)
			return
		}
		values := x.text
		values.codes = nil
		of := scratch[int64](r, values.n)
		lengths(of, &values, ofText)
		for i, c := range x.text.codes {
			v.ints[i] = of[c]
		}
	}), nil
}

func lengths(out []int64, x *texts, ofText bool) {
	for i := range out {
		if b := x.row(i); ofText {
			out[i] = int64(utf8.RuneCount(b))
		} else {
			out[i] = int64(len(b))
		}
	}
}

// textsBuilder makes texts one behind the other.
type textsBuilder struct {
	r     *run
	rows  int // that there are to be
	small []int32
	large []int64
	n     int // that there are

	offsets, buf *memory.Buffer
	used         int
	full         bool // they do not fit 32-bit offsets
}

// newTexts is a builder of rows texts or bytes of type t.
func (r *run) newTexts(t arrow.DataType, rows int) *textsBuilder {
	b := &textsBuilder{r: r, rows: rows}
	switch plain(t).(type) {
	case *arrow.LargeStringType, *arrow.LargeBinaryType:
		b.large, b.offsets = filled[int64](r, rows+1)
		b.large[0] = 0
	default:
		b.small, b.offsets = filled[int32](r, rows+1)
		b.small[0] = 0
	}
	b.buf = r.buffer(64)
	return b
}

// room makes room for n more bytes.
func (b *textsBuilder) room(n int) {
	if need := b.used + n; need > b.buf.Len() {
		b.buf.Resize(max(need, 2*b.buf.Len()))
	}
}

// tail is what to append to, within the room that was made; end takes it.
func (b *textsBuilder) tail() []byte { return b.buf.Bytes()[b.used:b.used] }

// end ends a text that was appended to the tail.
func (b *textsBuilder) end(text []byte) { b.close(len(text)) }

func (b *textsBuilder) close(n int) {
	b.n++
	if b.small != nil && b.used+n > math.MaxInt32 {
		b.full = true
		n = 0
	}
	b.used += n
	if b.small != nil {
		b.small[b.n] = int32(b.used)
	} else {
		b.large[b.n] = int64(b.used)
	}
}

// add adds a copy of a text.
func (b *textsBuilder) add(text []byte) {
	if b.small != nil && b.used+len(text) > math.MaxInt32 {
		b.full = true
		text = nil
	}
	b.room(len(text))
	copy(b.buf.Bytes()[b.used:], text)
	b.close(len(text))
}

// texts is what was made.
func (b *textsBuilder) texts() (texts, error) {
	if b.full {
		return texts{}, errTooMuchText
	}
	t := texts{bytes: plaincol.Cast[byte](b.buf)[:b.used], small: b.small, large: b.large, n: b.n}
	if b.n == b.rows {
		t.offsets, t.values = b.offsets, b.buf
	}
	return t, nil
}
