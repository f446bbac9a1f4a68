package textcol

import "unsafe"

// nullTexts finds the fields whose text stands for null.
type nullTexts struct {
	texts   []string
	lengths uint64 // bit n: a text of n bytes, bit 63: of 63 or more
	fields  []Field
}

func newNullTexts(texts []string) nullTexts {
	var n nullTexts
	for _, t := range texts {
		if t != "" {
			n.texts = append(n.texts, t)
			n.lengths |= 1 << min(len(t), 63)
		}
	}
	return n
}

// prepare is fields with those whose text stands for null made empty: fields
// itself where there are no such texts. text: one in quotes is none.
func (n *nullTexts) prepare(data []byte, fields []Field, text bool) []Field {
	if len(n.texts) == 0 {
		return fields
	}
	n.fields = append(n.fields[:0], fields...)
	for i, f := range n.fields {
		from := f.From & Mask
		if length := f.To - from; from < f.To && n.lengths>>min(length, 63)&1 != 0 && !(text && f.From&Quoted != 0) && n.is(data[from:f.To]) {
			n.fields[i] = Field{}
		}
	}
	return n.fields
}

// is reports whether b is one of the texts.
func (n *nullTexts) is(b []byte) bool {
	s := unsafe.String(unsafe.SliceData(b), len(b))
	for _, t := range n.texts {
		if s == t {
			return true
		}
	}
	return false
}
