package operators

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/words"
)

// Words cuts the text of a column into words: a row for each, in order. A null
// gives none, and a word never spans two rows.
//
// Shape: Batch<…, column> → Batch<word utf8 not null>. The column is utf8 or
// large_utf8, plain or dictionary-encoded.
//
// By default the words of a text are those of Python 3's text.lower().split():
// what stands between white space (Unicode's and U+001C to U+001F), in lower
// case by Unicode's full mapping, final sigma included. White space has no part
// in case, so that the lower case of a text is that of its words. For code points
// that are assigned in Unicode 14 that is Python 3.11 to the letter.
//
// Bytes that are not UTF-8 become U+FFFD, one for each maximal subpart.
func Words(column string, options ...WordsOption) dataflow.Operator {
	w := &wordsOf{column: column, name: "word"}
	for _, o := range options {
		o(w)
	}
	return w
}

// WordsOption is a setting of [Words].
type WordsOption func(*wordsOf)

// KeepCase leaves words in the case they have.
func KeepCase() WordsOption { return func(w *wordsOf) { w.keepCase = true } }

// Unicode makes words of runs of letters (Unicode's L), marks (M) and decimal
// digits (Nd), and of apostrophes, U+0027 and U+2019, that have one of those on
// both sides: don't and l’été are words, 'tis is tis. Everything else
// stands between words. The lower case of a word is that of the run alone: the
// sigma of "ΟΔΟΣ.Α" is final though that of text.lower() is not.
func Unicode() WordsOption { return func(w *wordsOf) { w.kind = words.Runs } }

// WordsAs names the column of words, which is "word" otherwise.
func WordsAs(name string) WordsOption { return func(w *wordsOf) { w.name = name } }

type wordsOf struct {
	column, name string
	kind         words.Kind
	keepCase     bool
}

var _ interface {
	dataflow.Operator
	dataflow.ColumnUser
	dataflow.SelectionTaker
	dataflow.RowWise
	fmt.Stringer
} = (*wordsOf)(nil)

func (w *wordsOf) String() string {
	text := "words of " + w.column
	if w.kind == words.Runs {
		text = "unicode " + text
	}
	if w.name != "word" {
		text += " as " + w.name
	}
	if !w.keepCase {
		text += ", lower case"
	}
	return text
}

func (w *wordsOf) OutSchema(in *arrow.Schema) (*arrow.Schema, error) {
	i, err := dataflow.Column(in, w.column)
	if err != nil {
		return nil, err
	}
	if t := in.Field(i).Type; !isText(t) {
		return nil, fmt.Errorf("column %q is %s, but words are cut from text: utf8, large_utf8 or a dictionary of them", w.column, t)
	}
	return arrow.NewSchema([]arrow.Field{{Name: w.name, Type: arrow.BinaryTypes.String}}, nil), nil
}

// isText reports whether wordsTask reads t.
func isText(t arrow.DataType) bool {
	if d, ok := t.(*arrow.DictionaryType); ok {
		t = d.ValueType
	}
	return t.ID() == arrow.STRING || t.ID() == arrow.LARGE_STRING
}

func (w *wordsOf) NewTask(in *arrow.Schema, env dataflow.Env) (dataflow.Task, error) {
	out, err := w.OutSchema(in)
	if err != nil {
		return nil, err
	}
	i, err := dataflow.Column(in, w.column)
	if err != nil {
		return nil, err
	}
	rowsMax := min(max(env.BatchRows, wordsBatchRows), 32*wordsBatchRows)
	return &wordsTask{
		column: i, schema: out, alloc: env.Alloc,
		scanner: words.NewScanner(w.kind, w.keepCase),
		rowsMax: rowsMax, bytesMax: wordsBatchBytes / wordsBatchRows * rowsMax,
	}, nil
}

func (w *wordsOf) TakesSelection() bool { return true }

func (w *wordsOf) RowWise() bool { return true }

// InColumns is the text, whether the words are read or only counted.
func (w *wordsOf) InColumns([]string) []string { return []string{w.column} }
