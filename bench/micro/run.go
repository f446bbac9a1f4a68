package micro

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/arrowmill/arrowmill/bench/measure"
	"github.com/arrowmill/arrowmill/io/file"
)

// Options are how a page is measured.
type Options struct {
	Rounds int           // how often each benchmark runs
	Time   time.Duration // of a benchmark in a round
	Only   func(folder string) bool
	Out    io.Writer // which command of which round runs
}

// Measure runs the commands of the page at path, from the folder that it is called in, and
// writes their figures into it. Tables that Only leaves out stay. With an error the page is
// as it was.
func Measure(ctx context.Context, path string, o Options) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	lines := strings.Split(string(text), "\n")
	all, err := groups(lines)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	dir, err := os.MkdirTemp("", "micro")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	found := make([]figures, len(all))
	for round := range o.Rounds {
		for i, g := range all {
			if !o.Only(g.folder) {
				continue
			}
			fmt.Fprintf(o.Out, "%d/%d  %s  %s\n", round+1, o.Rounds, g.folder, g.pattern)
			output, err := g.run(ctx, dir, o.Time)
			if err == nil {
				err = found[i].add(output, g.unit)
			}
			if err != nil {
				return fmt.Errorf("%s: %s in %s: %w", path, g.pattern, g.folder, err)
			}
		}
	}
	tables := make([][]string, len(all))
	for i, g := range all {
		if tables[i] = lines[g.rows:g.end]; found[i].names != nil {
			tables[i] = found[i].table(g.unit)
		}
	}
	return write(path, rewrite(lines, all, tables, measured(ctx, o)))
}

// run runs the benchmarks of a group once, by the test program of their package, which is
// built in dir once.
func (g group) run(ctx context.Context, dir string, t time.Duration) (string, error) {
	program := filepath.Join(dir, strings.ReplaceAll(g.folder, "/", "_"))
	if _, err := os.Stat(program); err != nil {
		if out, err := exec.CommandContext(ctx, "go", "test", "-c", "-o", program, "./"+g.folder).CombinedOutput(); err != nil {
			return "", fmt.Errorf("%w\n%s", err, out)
		}
	}
	test := exec.CommandContext(ctx, program, "-test.run", "-", "-test.bench", g.pattern, "-test.benchtime", t.String())
	test.Dir = g.folder
	out, err := test.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return string(out), nil
}

// measured says where and when.
func measured(ctx context.Context, o Options) string {
	m := measure.Here(ctx)
	commit, dirty := strings.CutSuffix(m.Commit, "-dirty")
	if commit = commit[:min(12, len(commit))]; dirty {
		commit += " with changes"
	}
	return fmt.Sprintf("%s, commit %s, %s, %s, %s, %d CPUs (%s); %d rounds of %s each, load %.1f at their end.", time.Now().UTC().Format(time.DateOnly),
		commit, m.Go, m.System, m.CPU, m.CPUs, strings.Join(m.Features, " "), o.Rounds, o.Time, m.Load)
}

func write(path, text string) error {
	f, err := file.Create(path)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(f, text); err != nil {
		f.Abort()
		return err
	}
	return f.Commit()
}
