package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

func createFolder(t testing.TB, path string, files ...string) *Folder {
	t.Helper()
	d, err := CreateFolder(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		o := createIn(t, d, name)
		if _, err := o.Write([]byte(name)); err != nil {
			t.Fatal(err)
		}
		if err := o.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func createIn(t testing.TB, d *Folder, name string) *Output {
	t.Helper()
	o, err := d.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestFolderAppearsWholeOrNotAtAll(t *testing.T) {
	for _, c := range []struct{ name, path string }{{"new", "out/"}, {"new", "out"}, {"empty", "out/"}, {"linked", "link/"}} {
		dir := t.TempDir()
		switch c.name {
		case "empty", "linked":
			if err := os.Mkdir(dir+"/out", 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink("out", dir+"/link"); err != nil {
				t.Fatal(err)
			}
		}
		path, before := dir+"/"+c.path, entries(t, dir)
		if err := createFolder(t, path, "a", "b").Abort(); err != nil || entries(t, dir) != before {
			t.Errorf("%s: aborted: %v, left %s", c.name, err, entries(t, dir))
		}
		d := createFolder(t, path, "a", "b.gz")
		if got := entries(t, dir); got != strings.TrimSpace(".out.arrowmill-0.tmp "+before) {
			t.Errorf("%s: while writing: %s", c.name, got)
		}
		if found, err := (Paths{dir}).List(t.Context()); err == nil {
			t.Errorf("%s: a search finds what is half-written: %v", c.name, found)
		}
		if err := d.Commit(); err != nil {
			t.Fatal(err)
		}
		if err := d.Abort(); err != nil {
			t.Errorf("aborted behind the commit: %v", err)
		}
		if _, err := d.Create("c"); err == nil {
			t.Error("created behind the commit")
		}
		if err := d.Commit(); err == nil {
			t.Error("committed twice")
		}
		if got := entries(t, dir+"/out"); got != "a b.gz" || content(t, dir+"/out/a") != "a" {
			t.Errorf("%s: committed: %s", c.name, got)
		}
		if text, err := readWhole(t, dir+"/out/b.gz"); err != nil || string(text) != "b.gz" {
			t.Errorf("%s: unpacked %q, %v", c.name, text, err)
		}
		info, err := os.Lstat(dir + "/out")
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); before != "" && mode != 0o700 || mode&^0o755 != 0 {
			t.Errorf("%s: permissions %v", c.name, mode)
		}
		if strings.Contains(entries(t, dir), ".tmp") {
			t.Errorf("%s: left %s", c.name, entries(t, dir))
		}
	}
}

func TestCreateFolderRefusesWhatCannotBeReplaced(t *testing.T) {
	dir := tree(t, "full/a.txt", "empty/", "dangling -> nowhere", "a.txt")
	t.Chdir(dir + "/empty")
	for path, want := range map[string]string{
		dir + "/full/":     "/full/: this folder is not empty, and old files are not mixed with new ones: remove it, or name another",
		dir + "/a.txt/":    "/a.txt/: this is a file",
		dir + "/no/out/":   "/no/out/: the folder " + dir + "/no does not exist: create it first",
		dir + "/dangling/": "/dangling/: this symbolic link leads to nothing",
		dir + "/a.txt/b/":  "/a.txt/b/: not a directory",
		dir + "/empty/":    "/empty/: this is the working folder",
		"./":               "./: this is the working folder",
		"/":                "/: this folder is not empty",
		"":                 "the path of the output is empty",
	} {
		if _, err := CreateFolder(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if got := entries(t, dir); got != "a.txt dangling empty full" {
		t.Errorf("left %s", got)
	}
	if runtime.GOOS == "linux" && isMounted(dir) {
		t.Error("the test's folder is taken for a mount")
	}
	if runtime.GOOS == "linux" && !isMounted("/proc") {
		t.Error("/proc is not seen to be mounted")
	}
}

func TestFolderFileNames(t *testing.T) {
	d := createFolder(t, t.TempDir()+"/out")
	defer d.Abort()
	for _, name := range []string{"", ".", "..", "a/b", "/a", ".a.arrowmill-0.tmp"} {
		if _, err := d.Create(name); err == nil || !strings.Contains(err.Error(), "is no name of a file") {
			t.Errorf("%q: %v", name, err)
		}
	}
	createIn(t, d, "a")
	if _, err := d.Create("a"); !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), "/out/a: ") {
		t.Errorf("created twice: %v", err)
	}
	if err := d.Commit(); err == nil || !strings.Contains(err.Error(), "/out/a was not committed") {
		t.Errorf("committed with an open file: %v", err)
	}
}

// TestFolderFailsAtEachCall closes or moves what the next call needs, in place of
// a disk that is full or broken. Nothing of the folder may be left.
func TestFolderFailsAtEachCall(t *testing.T) {
	fill := func(t *testing.T, o *Output) error {
		t.Helper()
		_, err := o.Write([]byte(strings.Repeat("x", 3*folderGather)))
		return err
	}
	for _, c := range []struct {
		name, want string
		do         func(t *testing.T, dir string, d *Folder) error
	}{
		{"create", "/out/a: ", func(t *testing.T, _ string, d *Folder) error {
			if err := os.Remove(d.temp.Name()); err != nil {
				t.Fatal(err)
			}
			_, err := d.Create("a")
			return err
		}},
		{"write", "writing DIR/out/a: ", func(t *testing.T, _ string, d *Folder) error {
			o := createIn(t, d, "a")
			o.f.Close()
			return fill(t, o)
		}},
		{"flush", "writing DIR/out/a: ", func(t *testing.T, _ string, d *Folder) error {
			o := createIn(t, d, "a")
			if _, err := o.Write([]byte("little")); err != nil {
				t.Fatal(err)
			}
			o.f.Close()
			return o.Commit()
		}},
		{"end of compression", "writing DIR/out/a.gz: ", func(t *testing.T, _ string, d *Folder) error {
			o := createIn(t, d, "a.gz")
			o.f.Close()
			return o.Commit()
		}},
		{"sync", "writing DIR/out/a: ", func(t *testing.T, _ string, d *Folder) error {
			o := createIn(t, d, "a")
			o.f.Close()
			return o.Commit()
		}},
		{"sync of the folder", "writing DIR/out/: ", func(_ *testing.T, _ string, d *Folder) error {
			d.temp.Close()
			return d.Commit()
		}},
		{"the folder above", "writing DIR/out/: ", func(_ *testing.T, _ string, d *Folder) error {
			d.target = filepath.Join(filepath.Dir(d.target), "none", "out")
			return d.Commit()
		}},
		{"rename", "writing DIR/out/: ", func(t *testing.T, dir string, d *Folder) error {
			if err := os.WriteFile(dir+"/out", []byte("file"), 0o644); err != nil {
				t.Fatal(err)
			}
			err := d.Commit()
			if content(t, dir+"/out") != "file" {
				t.Error("the file was replaced")
			}
			return errors.Join(err, os.Remove(dir+"/out"))
		}},
		{"filled meanwhile", "there are files in the folder now", func(t *testing.T, dir string, d *Folder) error {
			if err := createFolder(t, dir+"/out/", "other").Commit(); err != nil {
				t.Fatal(err)
			}
			err := d.Commit()
			if entries(t, dir+"/out") != "other" {
				t.Error("the other's folder was replaced")
			}
			return errors.Join(err, os.RemoveAll(dir+"/out"))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			d := createFolder(t, dir+"/out/", "done")
			if c.name == "create" {
				d.Abort()
				d = createFolder(t, dir+"/out/")
			}
			err := c.do(t, dir, d)
			if want := strings.ReplaceAll(c.want, "DIR", dir); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %s", err, want)
			}
			if err := d.Abort(); err != nil {
				t.Errorf("aborted: %v", err)
			}
			if got := entries(t, dir); got != "" {
				t.Errorf("left %s", got)
			}
		})
	}
}

func TestSeveralWriteOneFolderAtOnce(t *testing.T) {
	for range 20 {
		dir := t.TempDir()
		path := dir + "/out/"
		var wg sync.WaitGroup
		won := make([]bool, 8)
		for i := range won {
			wg.Go(func() {
				d, err := CreateFolder(path)
				if err != nil {
					if !strings.Contains(err.Error(), "not empty") {
						t.Error(err)
					}
					return
				}
				for j := range 3 {
					o, err := d.Create(fmt.Sprint(j))
					if err != nil {
						t.Error(err)
						return
					}
					if _, err := fmt.Fprint(o, i); err != nil {
						t.Error(err)
					}
					if err := o.Commit(); err != nil {
						t.Error(err)
					}
				}
				if i%4 == 3 {
					if err := d.Abort(); err != nil {
						t.Error(err)
					}
					return
				}
				err = d.Commit()
				won[i] = err == nil
				if err != nil && !errors.Is(err, fs.ErrExist) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		winner, winners := "", 0
		for i, w := range won {
			if w {
				winner, winners = fmt.Sprint(i), winners+1
			}
		}
		if winners != 1 || entries(t, dir) != "out" || entries(t, path) != "0 1 2" {
			t.Fatalf("%d won, left %s, with %s", winners, entries(t, dir), entries(t, path))
		}
		for j := range 3 {
			if got := content(t, fmt.Sprint(path, j)); got != winner {
				t.Errorf("file %d is of %s, the winner is %s", j, got, winner)
			}
		}
	}
}

// TestKilledFolderWriter runs itself as the process that is killed.
func TestKilledFolderWriter(t *testing.T) {
	if path := os.Getenv("ARROWMILL_KILLED_FOLDER_WRITER"); path != "" {
		var open []*Folder
		for range 3 {
			d := createFolder(t, path, "done")
			if _, err := createIn(t, d, "open").Write([]byte(strings.Repeat("x", 2*folderGather))); err != nil {
				t.Fatal(err)
			}
			open = append(open, d)
		}
		defer runtime.KeepAlive(open)
		p, err := os.FindProcess(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		_ = p.Kill()
		select {}
	}
	dir := t.TempDir()
	living := createFolder(t, dir+"/out/", "living")
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledFolderWriter$")
	cmd.Env = append(os.Environ(), "ARROWMILL_KILLED_FOLDER_WRITER="+dir+"/out/")
	if err := cmd.Run(); err == nil {
		t.Fatal("the writer was not killed")
	}
	if got := entries(t, dir); strings.Count(got, ".tmp") != 4 {
		t.Fatalf("left %s", got)
	}
	if found, err := (Paths{dir + "/**"}).List(t.Context()); err == nil {
		t.Errorf("a search finds what is half-written: %v", found)
	}
	next := createFolder(t, dir+"/out/", "new")
	if got := entries(t, dir); got != ".out.arrowmill-0.tmp .out.arrowmill-1.tmp" {
		t.Errorf("swept to %s", got)
	}
	if err := living.Abort(); err != nil {
		t.Error(err)
	}
	if err := next.Commit(); err != nil || entries(t, dir) != "out" || entries(t, dir+"/out") != "new" {
		t.Errorf("%v, left %s", err, entries(t, dir))
	}
	// What a killed writer of a folder left is swept by one of a file of that name.
	if err := os.Mkdir(dir+"/.f.arrowmill-0.tmp", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := create(t, dir+"/f", "x").Commit(); err != nil || entries(t, dir) != "f out" {
		t.Errorf("%v, left %s", err, entries(t, dir))
	}
}

// TestFullDisk runs itself with a limit on the size of files, which ends a write
// as a full disk does.
func TestFullDisk(t *testing.T) {
	if path := os.Getenv("ARROWMILL_FULL_DISK"); path != "" {
		limitFiles(t, 100<<10)
		d := createFolder(t, path)
		o := createIn(t, d, "a")
		_, err := o.Write([]byte(strings.Repeat("x", 4*folderGather)))
		if err == nil || !strings.Contains(err.Error(), "writing "+path+"a: ") {
			t.Errorf("got %v", err)
		}
		if err := o.Commit(); err == nil {
			t.Error("the file was committed")
		}
		if err := d.Commit(); err == nil || !strings.Contains(err.Error(), "a was not committed") {
			t.Errorf("the folder was committed: %v", err)
		}
		return
	}
	if !canLimitFiles {
		t.Skip("files cannot be limited here")
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestFullDisk$")
	cmd.Env = append(os.Environ(), "ARROWMILL_FULL_DISK="+dir+"/out/")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got := entries(t, dir); got != "" {
		t.Errorf("left %s", got)
	}
}
