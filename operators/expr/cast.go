package expr

import (
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
)

// bindCastNode binds cast and try_cast.
func bindCastNode(n *node, args []*bound) (*bound, error) {
	if n.typ == nil {
		return nil, errors.New("the type to cast to is nil")
	}
	return bindCast(n, args[0], n.typ, n.op == opTryCast)
}

// conversion writes the count values of x in another type to v, and appends which of
// them have none there.
type conversion func(r *run, v, x *vec, count int, bad []int32) ([]int32, error)

// bindCast is b as type t. What has no value there is null where try is set, else an
// error of n.
func bindCast(n *node, b *bound, t arrow.DataType, try bool) (*bound, error) {
	if arrow.TypeEqual(b.typ, t) {
		same := *b
		same.node = n
		return &same, nil
	}
	if b.kind == null {
		return nullOf(n, t), nil
	}
	if d, ok := t.(*arrow.DictionaryType); ok {
		return bindEncode(n, b, d, try)
	}
	convert, err := converting(b.typ, t)
	if err != nil {
		return nil, err
	}
	if convert == nil { // the values are those of b
		c := &bound{node: n, typ: t, kind: kindOf(t), fallible: b.fallible, eval: b.eval, truths: b.truths}
		return c, nil
	}
	return &bound{node: n, typ: t, kind: kindOf(t), fallible: true, eval: func(r *run, w *where) (*vec, error) {
		x, err := r.operand(b, w)
		if err != nil {
			return nil, err
		}
		v, nowhere := r.like(x)
		if nowhere {
			return v, nil
		}
		var bad []int32
		if x.text.codes == nil || kindOf(t).textual() {
			bad, err = convert(r, v, x, r.size(x), nil)
		} else {
			bad, err = r.convertCoded(v, x, convert)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", n.text(), err)
		}
		if len(bad) == 0 {
			return v, nil
		}
		isBad := zeroed[bool](r, r.size(x))
		for _, i := range bad {
			isBad[i] = true
		}
		if try {
			r.annul(v, len(isBad), func(row int) bool { return isBad[row&x.mask()] })
			return v, nil
		}
		for place, row := range r.counting(w) {
			if !x.isNull(row) && isBad[row&x.mask()] {
				return nil, r.errorAt(n, place, row, fmt.Sprintf("%s is no %s", r.shown(x, b.typ, row), nameOf(t)))
			}
		}
		return v, nil
	}}, nil
}

// operand is the values of b; of a type that no loop knows, with its array kept for
// those that write it as text.
func (r *run) operand(b *bound, w *where) (*vec, error) {
	if b.kind != other {
		return b.eval(r, w)
	}
	arr, err := r.arrayOf(b, w)
	if err != nil {
		return nil, err
	}
	r.arrays = append(r.arrays, arr)
	v := r.load(arr)
	v.other = arr
	return v, nil
}

// convertCoded converts the values of a dictionary and looks them up.
func (r *run) convertCoded(v, x *vec, convert conversion) ([]int32, error) {
	from, codes := r.used(x.text)
	if from.codes != nil { // some of many: as texts of their own
		out := r.newTexts(arrow.BinaryTypes.LargeString, from.n)
		for i := range from.n {
			out.add(from.row(i))
		}
		var err error
		if from, err = out.texts(); err != nil {
			return nil, err
		}
	}
	var of vec
	badValues, err := convert(r, &of, &vec{text: from}, from.n, nil)
	if err != nil {
		return nil, err
	}
	r.lookUp(v, &of, codes)
	if len(badValues) == 0 {
		return nil, nil
	}
	isBad := zeroed[bool](r, from.n)
	for _, i := range badValues {
		isBad[i] = true
	}
	var bad []int32
	for row, c := range codes {
		if isBad[c] || of.valid.bits != nil && !of.valid.at(int(c)) {
			bad = append(bad, int32(row))
		}
	}
	return bad, nil
}

// shown is the value of a row as messages have it.
func (r *run) shown(x *vec, t arrow.DataType, row int) string {
	arr, err := r.toArray(x, t)
	if err != nil {
		return "the value"
	}
	defer arr.Release()
	return cell(arr, row)
}

// converting is how values of one type become those of another; nil: they are.
func converting(from, to arrow.DataType) (conversion, error) {
	k, l := kindOf(from), kindOf(to)
	from = plain(from)
	switch {
	case l == text && k == text, l == raw && k.textual() && to.ID() != arrow.FIXED_SIZE_BINARY, arrow.TypeEqual(from, to):
		return nil, nil
	case l == text && k == raw:
		return areUTF8, nil
	case l == text:
		return written(from)
	case k == text && l != other && l != raw && l != null:
		return parsed(to)
	case to.ID() == arrow.FLOAT16:
	case k.numeric() && l.numeric() || k == boolean && l.integer():
		return numbers(from, to), nil
	case k == signed && l.temporal() || l.integer() && k.temporal():
		return counted(to), nil
	case (k == date || k == timestamp) && (l == date || l == timestamp), k == timestamp && l == clock, k == l && k.temporal():
		return moved(from, to)
	}
	return nil, fmt.Errorf("there is no cast from %s to %s", nameOf(from), nameOf(to))
}
