package peers

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed *.py requirements.txt
var files embed.FS

// missingFile is where a folder of peers says what could not be installed, and why.
const missingFile = "missing.json"

// Install makes a virtual environment of python in dir, with the packages of
// requirements.txt. Where they do not install together each peer is tried by itself,
// and those that fail are kept on record: they are no error. out is told what happens.
func Install(ctx context.Context, dir, python string, out io.Writer) error {
	i, err := unpack(dir)
	if err != nil {
		return err
	}
	defer i.Close()
	if err := execute(ctx, out, python, "-m", "venv", dir); err != nil {
		return err
	}
	pip := func(args ...string) error {
		return execute(ctx, out, i.python(), append([]string{"-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet"}, args...)...)
	}
	missing := map[string]string{}
	if err := pip("-r", i.program("requirements.txt")); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		for _, p := range All() {
			if err := pip("-c", i.program("requirements.txt"), extras(p.Package)); err != nil {
				missing[p.Package] = err.Error()
			}
		}
		// Answers are written with it, to be compared.
		if reason, ok := missing["pyarrow"]; ok {
			return fmt.Errorf("pyarrow, which every peer's answer is compared by: %s", reason)
		}
	}
	text, err := json.MarshalIndent(missing, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, missingFile), append(text, '\n'), 0o644)
}

// extras is a package as it is asked for by itself.
func extras(name string) string {
	if name == "dask" {
		return "dask[dataframe]"
	}
	return name
}

// execute runs a command, its output to out. The error ends with its last line.
func execute(ctx context.Context, out io.Writer, name string, args ...string) error {
	fmt.Fprintln(out, name, strings.Join(args, " "))
	cmd := exec.CommandContext(ctx, name, args...)
	var kept bytes.Buffer
	cmd.Stdout, cmd.Stderr = io.MultiWriter(out, &kept), io.MultiWriter(out, &kept)
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		text := strings.TrimSpace(kept.String())
		return fmt.Errorf("%s: %w: %s", filepath.Base(name), err, text[strings.LastIndexByte(text, '\n')+1:])
	}
	return nil
}

// Installed are the peers in a folder.
type Installed struct {
	Versions map[string]string // of Python and of all packages that are there
	Missing  map[string]string // peers by name, and why they are not there

	dir, programs string
}

// Open looks at the peers of a folder that [Install] filled, or of any virtual
// environment. Close it.
func Open(ctx context.Context, dir string) (*Installed, error) {
	i, err := unpack(dir)
	if err != nil {
		return nil, err
	}
	text, err := exec.CommandContext(ctx, i.python(), i.program("versions.py")).Output()
	if err == nil {
		err = json.Unmarshal(text, &i.Versions)
	}
	if err != nil {
		i.Close()
		return nil, fmt.Errorf("%s is not a folder of peers, which 'go run ./bench peers --out %s' makes: %w", dir, dir, err)
	}
	var reasons map[string]string
	text, err = os.ReadFile(filepath.Join(dir, missingFile))
	if err == nil {
		err = json.Unmarshal(text, &reasons)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		i.Close()
		return nil, err
	}
	i.Missing = map[string]string{}
	for _, p := range All() {
		if i.Versions[p.Package] != "" {
			continue
		}
		if i.Missing[p.Name] = reasons[p.Package]; i.Missing[p.Name] == "" {
			i.Missing[p.Name] = "not installed"
		}
	}
	return i, nil
}

// unpack writes the programs to a folder of their own, to be run by the Python of dir.
func unpack(dir string) (*Installed, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	programs, err := os.MkdirTemp("", "arrowmill-peers-")
	if err != nil {
		return nil, err
	}
	i := &Installed{dir: dir, programs: programs}
	if err := os.CopyFS(programs, files); err != nil {
		i.Close()
		return nil, err
	}
	return i, nil
}

// Close removes what Open made.
func (i *Installed) Close() { os.RemoveAll(i.programs) }

func (i *Installed) python() string { return filepath.Join(i.dir, "bin", "python") }

func (i *Installed) program(name string) string { return filepath.Join(i.programs, name) }
