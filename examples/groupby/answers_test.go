package main

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// realData is where files that nobody made for this project lie, if they are there.
const realData = "../../../shared/data"

// answer is a question on a file and what testdata/answers.py says to it.
type answer struct {
	Name, File, Want string
	Args             []string
}

// TestAnswers compares what groupby says of real files with what Python says.
func TestAnswers(t *testing.T) {
	text, err := os.ReadFile("testdata/answers.json")
	if err != nil {
		t.Fatal(err)
	}
	var answers []answer
	if err := json.Unmarshal(text, &answers); err != nil || len(answers) == 0 {
		t.Fatalf("%d answers: %v", len(answers), err)
	}
	for _, a := range answers {
		t.Run(a.Name, func(t *testing.T) {
			path := filepath.Join(realData, a.File)
			if _, err := os.Stat(path); err != nil {
				t.Skipf("the file that it asks of is not here: %v", err)
			}
			for _, workers := range []string{"1", "2", "7"} {
				args := append([]string{"--workers", workers, "--format", "csv"}, a.Args...)
				got := mustGroup(t, append(args, path)...)
				if d := differs(got, a.Want); d != "" {
					t.Fatalf("%s workers: %s\ngot:\n%s", workers, d, got)
				}
			}
		})
	}
}

// inexact begin the names of columns that need not be right to the last bit.
var inexact = []string{"std(", "var(", "corr(", "quantile("}

// differs says where got differs from want, two CSV texts.
func differs(got, want string) string {
	if got == want {
		return ""
	}
	g, err := csv.NewReader(strings.NewReader(got)).ReadAll()
	if err != nil {
		return err.Error()
	}
	w, err := csv.NewReader(strings.NewReader(want)).ReadAll()
	if err != nil {
		return err.Error()
	}
	if len(g) != len(w) {
		return "there are " + strconv.Itoa(len(g)) + " lines, not " + strconv.Itoa(len(w))
	}
	for i := range w {
		if len(g[i]) != len(w[i]) {
			return "line " + strconv.Itoa(i+1) + " has another number of fields"
		}
		for c := range w[i] {
			if g[i][c] != w[i][c] && !(mayBeOff(w[0][c]) && near(g[i][c], w[i][c])) {
				return "line " + strconv.Itoa(i+1) + ", " + w[0][c] + ": " + g[i][c] + ", not " + w[i][c]
			}
		}
	}
	return ""
}

func mayBeOff(column string) bool {
	for _, prefix := range inexact {
		if strings.HasPrefix(column, prefix) {
			return true
		}
	}
	return false
}

func near(a, b string) bool {
	x, err := strconv.ParseFloat(a, 64)
	if err != nil {
		return false
	}
	y, err := strconv.ParseFloat(b, 64)
	return err == nil && math.Abs(x-y) <= 1e-12*max(math.Abs(x), math.Abs(y))
}
