package file

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// folderGather is how much output of each file of a folder is gathered: many
// are written at once.
const (
	folderGather     = 64 << 10
	folderZstdWindow = 1 << 20
)

// Folder is a folder of files being written. It belongs to one goroutine at a
// time. Exactly one of Commit and Abort ends it; Abort after either does nothing.
//
//	CreateFolder ── Create… each file: Write… Commit ──┬── Commit: sync, rename, sync the folder above
//	                                                   └── Abort: remove
//
// Until the rename all of it is in a temporary folder beside the path,
// .name.arrowmill-0.tmp, to which the rules of [Output] apply: it is locked,
// swept by the next CreateFolder of the path where its process was killed, and no
// search finds what is in it. Several may write one path at once: the first to
// commit wins, for a folder that has files in it is never replaced.
type Folder struct {
	path     string // as the caller named it, for errors
	target   string // what is renamed to: path, or what it links to
	temp     *os.File
	files    []*Output
	finished bool
}

// CreateFolder begins the folder at path, which may end in a slash. Nothing may
// be there, or an empty folder, which is replaced and its permissions kept; a new
// one gets 0755 less the umask. A symbolic link stays, and what it leads to is
// replaced. Errors name path.
func CreateFolder(path string) (*Folder, error) {
	d := &Folder{path: path}
	mode, err := d.look()
	if err != nil {
		return nil, err
	}
	above, name := filepath.Dir(d.target), filepath.Base(d.target)
	if d.temp, err = createTemporary(above, name, makeFolder); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, missing(fmt.Sprintf("%s: the folder %s does not exist: create it first", path, above))
		}
		return nil, withPath(path, err)
	}
	if mode != 0 {
		if err := d.temp.Chmod(mode); err != nil {
			return nil, errors.Join(withPath(path, err), d.Abort())
		}
	}
	return d, nil
}

// look finds what stands at the path, links resolved, and the permissions of an
// empty folder.
func (d *Folder) look() (fs.FileMode, error) {
	if d.path == "" {
		return 0, errors.New("the path of the output is empty")
	}
	d.target = filepath.Clean(d.path)
	info, err := os.Lstat(d.target)
	isLink := err == nil && info.Mode()&fs.ModeSymlink != 0
	if isLink {
		info, err = os.Stat(d.target)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist) && isLink:
		return 0, missing(d.path + ": this symbolic link leads to nothing: remove it, or create what it leads to")
	case errors.Is(err, fs.ErrNotExist):
		return 0, nil
	case err != nil:
		return 0, withPath(d.path, err)
	}
	if !info.IsDir() {
		return 0, fmt.Errorf("%s: this is a file, where a folder is to be: remove it, or leave the / off to replace it by a file", d.path)
	}
	if err := d.empty(); err != nil {
		return 0, err
	}
	if here, err := os.Stat("."); err == nil && os.SameFile(info, here) {
		return 0, fmt.Errorf("%s: this is the working folder and cannot be replaced: name a folder in it", d.path)
	}
	if isMounted(d.target) {
		return 0, fmt.Errorf("%s: a file system is mounted here, so that the folder cannot be replaced: name a folder in it", d.path)
	}
	if d.target, err = filepath.EvalSymlinks(d.target); err != nil {
		return 0, withPath(d.path, err)
	}
	return info.Mode().Perm(), nil
}

// empty is the error where the folder has files in it.
func (d *Folder) empty() error {
	f, err := os.Open(d.target)
	if err != nil {
		return withPath(d.path, err)
	}
	defer f.Close()
	switch _, err := f.Readdirnames(1); {
	case err == io.EOF:
		return nil
	case err != nil:
		return withPath(d.path, err)
	}
	return fmt.Errorf("%s: this folder is not empty, and old files are not mixed with new ones: remove it, or name another", d.path)
}

// Create begins a file of the folder, compressed where name ends in .gz or .zst,
// to be committed before the folder is. Its name is one that no other file of
// the folder has.
func (d *Folder) Create(name string) (*Output, error) {
	path := filepath.Join(d.path, name)
	switch {
	case d.finished:
		return nil, fmt.Errorf("%s: created after its folder's end", path)
	case !fs.ValidPath(name) || name != filepath.Base(name) || name == "." || isTemporary(name):
		return nil, fmt.Errorf("%s: %q is no name of a file in it", d.path, name)
	}
	f, err := makeFile(filepath.Join(d.temp.Name(), name))
	if err != nil {
		return nil, withPath(path, err)
	}
	o := &Output{path: path, inFolder: true, f: f}
	if err := o.pack(folderGather, folderZstdWindow); err != nil {
		return nil, errors.Join(err, o.Abort())
	}
	d.files = append(d.files, o)
	return o, nil
}

// Commit makes the folder appear, with all of its files whole and on disk. Where
// it returns an error nothing has changed, save where syncing the folder above
// failed: then the new one stands there, but may be lost with the machine's
// power.
func (d *Folder) Commit() error {
	if d.finished {
		return fmt.Errorf("%s: committed after its end", d.path)
	}
	for _, o := range d.files {
		if !o.whole {
			return d.fail(fmt.Errorf("%s was not committed", o.path))
		}
	}
	if err := syncFolder(d.temp); err != nil {
		return d.fail(err)
	}
	above, err := os.Open(filepath.Dir(d.target)) // now: behind the rename it is too late to fail
	if err != nil {
		return d.fail(err)
	}
	defer above.Close()
	if removeClosed {
		d.temp.Close()
	}
	if err := renameFolder(d.temp.Name(), d.target); err != nil {
		if errors.Is(err, fs.ErrExist) {
			err = fmt.Errorf("there are files in the folder now, which were not when this run began; they stay: write to another: %w", fs.ErrExist)
		}
		return d.fail(err)
	}
	d.finished = true
	d.temp.Close() // and with it its lock
	return d.named(syncFolder(above))
}

// Abort removes what was written, also of files that were committed.
func (d *Folder) Abort() error {
	if d.finished {
		return nil
	}
	d.finished = true
	for _, o := range d.files {
		_ = o.Abort() // closes it; it is removed below
	}
	err := os.RemoveAll(d.temp.Name()) // while it is locked: without, the name may be another's
	d.temp.Close()
	if err != nil && removeClosed {
		err = os.RemoveAll(d.temp.Name())
	}
	if err != nil {
		return fmt.Errorf("%s: the temporary folder %s is left: %w", d.path, d.temp.Name(), err)
	}
	return nil
}

// fail ends the folder for err.
func (d *Folder) fail(err error) error {
	return errors.Join(d.named(err), d.Abort())
}

func (d *Folder) named(err error) error {
	if err == nil {
		return nil
	}
	return withPath("writing "+strings.TrimSuffix(d.path, "/")+"/", err)
}
