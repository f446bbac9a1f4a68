package expr

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/internal/rowtext"
	"github.com/arrowmill/arrowmill/internal/textcol"
)

// written writes values as text, as all formats here do.
func written(from arrow.DataType) (conversion, error) {
	if _, err := rowtext.NewColumn(from, rowtext.Plain, ""); err != nil {
		return nil, err
	}
	return func(r *run, v, x *vec, count int, bad []int32) ([]int32, error) {
		writer, err := rowtext.NewColumn(from, rowtext.Plain, "")
		if err != nil {
			return nil, err
		}
		defer writer.Close()
		arr := x.other
		if arr == nil {
			if arr, err = r.toArray(x, from); err != nil {
				return nil, err
			}
			defer arr.Release()
		}
		out := r.newTexts(arrow.BinaryTypes.LargeString, count)
		var cells rowtext.Cells
		const block = 1024
		for i := 0; i < count; i += block {
			cells.Reset()
			to := min(i+block, count)
			writer.Append(&cells, arr, i, to)
			for j := range to - i {
				out.add(cells.Cell(j))
			}
		}
		v.text, err = out.texts()
		return bad, err
	}, nil
}

// parsed reads values from text, as all formats here do.
func parsed(to arrow.DataType) (conversion, error) {
	if _, err := textcol.New(to, textcol.Options{}, nil); err != nil {
		return nil, err
	}
	return func(r *run, v, x *vec, count int, bad []int32) ([]int32, error) {
		col, err := textcol.New(to, textcol.Options{}, r.alloc)
		if err != nil {
			return nil, err
		}
		defer col.Close()
		// Fields are 30-bit places in some data: that of a block or, where it is too
		// long, of one text.
		const block = 1024
		fields := make([]textcol.Field, 0, block)
		var failed []int32
		for i := 0; i < count; {
			n := min(block, count-i)
			data := x.text.span(i, i+n)
			if len(data) > textcol.Mask {
				n, data = 1, x.text.span(i, i+1)
			}
			if len(data) > textcol.Mask {
				return nil, errors.New("a text of more than 1 GiB is no value")
			}
			fields = fields[:0]
			at := uint32(0)
			for j := i; j < i+n; j++ {
				size := uint32(len(x.text.row(j)))
				f := textcol.Field{From: at, To: at + size}
				switch {
				case x.isNull(j):
					f.To = f.From
				case size == 0: // which a format takes for null
					bad = append(bad, int32(j))
				}
				at += size
				fields = append(fields, f)
			}
			failed = col.Append(data, fields, failed[:0])
			for _, f := range failed {
				bad = append(bad, int32(i)+f)
			}
			i += n
		}
		arr := col.Array()
		r.arrays = append(r.arrays, arr)
		of := r.load(arr)
		valid, single := v.valid, v.single
		*v = *of
		v.valid, v.single = valid, single
		return bad, nil
	}, nil
}

// span is the bytes of texts from to to-1 of those without codes, one behind the other.
func (t *texts) span(from, to int) []byte {
	switch {
	case t.small != nil:
		return t.bytes[t.small[from]:t.small[to]]
	case t.large != nil:
		return t.bytes[t.large[from]:t.large[to]]
	}
	return t.bytes[from*t.size : to*t.size]
}

func areUTF8(_ *run, v, x *vec, count int, bad []int32) ([]int32, error) {
	v.text = x.text
	for i := range count {
		if !x.isNull(i) && !utf8.Valid(x.text.row(i)) {
			bad = append(bad, int32(i))
		}
	}
	return bad, nil
}

// bindEncode binds a cast to a dictionary of text.
func bindEncode(n *node, b *bound, t *arrow.DictionaryType, try bool) (*bound, error) {
	if kindOf(t) != text {
		return nil, fmt.Errorf("there is no cast from %s to %s", nameOf(b.typ), nameOf(t))
	}
	values, err := bindCast(n, b, t.ValueType, try)
	if err != nil {
		return nil, err
	}
	return &bound{node: n, typ: t, kind: text, fallible: true, eval: func(r *run, w *where) (*vec, error) {
		x, err := values.eval(r, w)
		if err != nil || x.single || x.text.codes != nil {
			return x, err
		}
		v := *x
		v.text, err = r.encoded(x, t.ValueType)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", n.text(), err)
		}
		return &v, nil
	}}, nil
}

// encoded is texts with each value once, in the order of their first rows.
func (r *run) encoded(x *vec, t arrow.DataType) (texts, error) {
	out := r.newTexts(t, r.rows)
	codes := zeroed[int32](r, r.rows)
	seen := map[string]int32{}
	for i := range codes {
		if x.isNull(i) {
			continue
		}
		b := x.text.row(i)
		code, ok := seen[string(b)]
		if !ok {
			code = int32(out.n)
			seen[string(b)] = code
			out.add(b)
		}
		codes[i] = code
	}
	if out.n == 0 { // every row is null, and its code still says something
		out.add(nil)
	}
	made, err := out.texts()
	made.codes = codes
	return made, err
}
