package report

import (
	"io"
	"path/filepath"

	"github.com/arrowmill/arrowmill/bench/race"
	"github.com/arrowmill/arrowmill/io/file"
)

// Write writes the report of a race to a folder, as report.md.
func Write(r *race.Results, dir string) error {
	f, err := file.Create(filepath.Join(dir, "report.md"))
	if err != nil {
		return err
	}
	if _, err := io.WriteString(f, Markdown(r)); err != nil {
		f.Abort()
		return err
	}
	return f.Commit()
}
