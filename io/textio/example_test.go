package textio_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/textio"
)

func ExampleLines() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "rhyme.txt"), []byte("one, two,\r\nbuckle my shoe;\n"), 0o644); err != nil {
		fmt.Println(err)
		return
	}

	g := dataflow.New()
	g.Source("lines", textio.Lines(filepath.Join(dir, "**/*.txt")))
	schemas, err := g.Check(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(schemas[g.Stages()[0]].Out.Field(0))
	// Output: line: type=utf8
}
