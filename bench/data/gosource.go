package data

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/io/file"
)

// GoSource is the name of the table of real text: the text files of the Go source tree,
// one after another. It is found, not made: [Gather] writes its file.
const GoSource = "gosource"

func goSourceTable() Table {
	return Table{
		Name: GoSource, About: "the text files of the Go source tree, found", rowBytes: 40,
		Schema: arrow.NewSchema([]arrow.Field{column("text", arrow.BinaryTypes.String)}, nil),
		Text:   Layout{Lines: true},
	}
}

// Made reports whether the table is made of a seed, of any number of rows.
func (t Table) Made() bool { return t.begin != nil }

// lineBytesMax is less than what any program takes a line to be at most.
const lineBytesMax = 1 << 20

// Gather writes the text files below root, in the order of their paths, to one file in
// dir. Where dir has such a file already nothing is done. Lines of which programs do not
// agree what their words are in lower case (see [plainWords]) are left out.
func Gather(ctx context.Context, root, dir string) (f File, size int64, made bool, err error) {
	files, err := List(dir)
	if err != nil {
		return f, 0, false, err
	}
	if i := slices.IndexFunc(files, func(f File) bool { return f.Table.Name == GoSource }); i >= 0 {
		info, err := os.Stat(filepath.Join(dir, files[i].Name()))
		if err != nil {
			return f, 0, false, err
		}
		return files[i], info.Size(), false, nil
	}
	var text []byte
	f = File{Table: goSourceTable(), Format: "txt"}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		found, err := os.ReadFile(path)
		if err != nil || !utf8.Valid(found) || bytes.IndexByte(found, 0) >= 0 {
			return err
		}
		for line := range bytes.Lines(found) {
			line = bytes.TrimSuffix(line, []byte("\n"))
			if plainWords(line) {
				text = append(append(text, line...), '\n')
				f.Rows++
			}
		}
		return nil
	})
	if err == nil && f.Rows == 0 {
		err = fmt.Errorf("data: no text below %s", root)
	}
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err != nil {
		return f, 0, false, err
	}
	to, err := file.Create(filepath.Join(dir, f.Name()))
	if err != nil {
		return f, 0, false, err
	}
	if _, err := to.Write(text); err != nil {
		to.Abort()
		return f, 0, false, err
	}
	return f, int64(len(text)), true, to.Commit()
}

// plainWords reports whether a line has the same words in lower case for everyone: no
// control character but the tab, of which Python alone takes some for white space and
// readers of CSV some for the end of a line; no white space beyond ASCII; no letter
// beyond ASCII whose lower case depends on its place, has another length, or is of a
// script that not every version of Unicode has.
func plainWords(line []byte) bool {
	if len(line) > lineBytesMax {
		return false
	}
	for i := 0; i < len(line); {
		r, n := utf8.DecodeRune(line[i:])
		i += n
		switch lower := unicode.ToLower(r); {
		case r < 0x80 && (r >= ' ' && r != 0x7f || r == '\t'):
		case r < 0x80 || unicode.IsSpace(r) || unicode.IsControl(r) || !unicode.IsPrint(r):
			return false
		case r == 'Σ' || lower != r && (r > 'ӿ' || utf8.RuneLen(lower) != n):
			return false
		}
	}
	return true
}
