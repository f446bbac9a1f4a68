package file_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/arrowmill/arrowmill/io/file"
)

// Write two files, one of them compressed, then find and read both.
func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	for name, text := range map[string]string{"a.txt": "plain", "b.txt.gz": "packed"} {
		out, err := file.Create(filepath.Join(dir, name))
		if err != nil {
			fmt.Println(err)
			return
		}
		defer out.Abort() // does nothing after Commit
		if _, err := io.WriteString(out, text); err != nil {
			fmt.Println(err)
			return
		}
		if err := out.Commit(); err != nil {
			fmt.Println(err)
			return
		}
	}

	ctx := context.Background()
	found, err := file.Paths{dir + "/**/*.txt*"}.List(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, in := range found {
		f, err := file.Open(ctx, in.Path, file.Options{})
		if err != nil {
			fmt.Println(err)
			return
		}
		text, err := io.ReadAll(f)
		fmt.Println(strings.TrimPrefix(in.Path, dir+"/"), f.Compression(), string(text), err)
		f.Close()
	}
	// Output:
	// a.txt none plain <nil>
	// b.txt.gz gzip packed <nil>
}
