package report

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"

	"github.com/arrowmill/arrowmill/bench/race"
	"github.com/arrowmill/arrowmill/io/file"
)

// Write writes the report of a race to a folder: report.md, its plots, and goals.json.
// What the race itself keeps stands beside them. before, unless nil, is an earlier race
// whose ratios stand beside those of r.
func Write(r, before *race.Results, dir string) error {
	files := plots(r)
	files["report.md"] = Markdown(r, before, slices.Sorted(maps.Keys(files)))
	goals, err := json.MarshalIndent(goalsBeside(r, before), "", "  ")
	if err != nil {
		return err
	}
	files["goals.json"] = string(goals) + "\n"
	for name, text := range files {
		if err := write(filepath.Join(dir, name), text); err != nil {
			return err
		}
	}
	return nil
}

// write writes a file, whole or not at all.
func write(path, text string) error {
	f, err := file.Create(path)
	if err != nil {
		return err
	}
	if _, err := f.Write([]byte(text)); err != nil {
		f.Abort()
		return err
	}
	return f.Commit()
}
