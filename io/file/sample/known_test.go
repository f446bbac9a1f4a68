package sample

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/arrowmill/arrowmill/io/file"
)

func TestKnownUntilAFileChanges(t *testing.T) {
	first, between, last := save(t, "first", []byte("a")), save(t, "between", []byte("b")), save(t, "last", []byte("c"))
	inputs := []file.Input{first, between, last}
	var known Known[int]
	if known.Last() != nil {
		t.Error("it knows something")
	}
	calls := 0
	find := func() (*int, error) {
		calls++
		n := calls
		return &n, nil
	}
	expect := func(what string, inputs []file.Input, want int) {
		t.Helper()
		got, err := known.Of(inputs, []int{0, len(inputs) - 1}, find)
		if err != nil || *got != want || calls != want || known.Last() != got {
			t.Errorf("%s: looked %d times, got %d, %v; want %d", what, calls, *got, err, want)
		}
	}
	change := func(in file.Input, text string, at time.Time) {
		t.Helper()
		if err := os.WriteFile(in.Path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(in.Path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	at := time.Date(2001, 2, 3, 4, 5, 6, 7000, time.UTC)
	for _, in := range inputs {
		change(in, "a", at)
	}
	expect("the first time", inputs, 1)
	expect("nothing new", inputs, 1)
	change(between, "another text", at.Add(time.Hour))
	expect("one that is not looked at", inputs, 1)
	change(last, "ab", at)
	expect("another size", inputs, 2)
	change(first, "b", at.Add(time.Second))
	expect("another time", inputs, 3)
	expect("fewer files", inputs[1:], 4)
	expect("one file", inputs[2:], 5)
	expect("a stream", []file.Input{{Path: file.Stdin, Stream: true}}, 6)
	expect("the same stream", []file.Input{{Path: file.Stdin, Stream: true}}, 6)
	if err := os.Remove(last.Path); err != nil {
		t.Fatal(err)
	}
	expect("one that is gone", inputs[2:], 7)

	broken := errors.New("broken")
	before := known.Last()
	if _, err := known.Of(inputs, []int{0}, func() (*int, error) { return nil, broken }); !errors.Is(err, broken) || known.Last() != before {
		t.Error(err, "or what was known is not any more")
	}
}
