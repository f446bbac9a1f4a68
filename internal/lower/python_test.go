package lower

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// TestAgainstLivePython asks the python3 on PATH about random texts of code
// points that both sides know.
func TestAgainstLivePython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 on PATH to compare with; testdata/python.txt stands in for it")
	}
	seed := uint64(time.Now().UnixNano())
	rng := rand.New(rand.NewPCG(seed, 0))
	known := []*unicode.RangeTable{unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.Cc, unicode.Cf}
	odd := []rune("aAzZ0 '.:\t\n\u001c\u0085\u00a0\u00ad\u00b7ªİıſǅ\u02b0\u0301\u0345ΣΣΣΣςσΑΆАա\u05d0ႠᲐᏰẞ\u2019\u200b\u2028\u3000中Ꙏꭰ가\uff0eＡ\ufffd𐐀😀\U000e0100")
	texts := make([]string, 5000)
	for i := range texts {
		var b strings.Builder
		for range 1 + rng.IntN(30) {
			r := odd[rng.IntN(len(odd))]
			if rng.IntN(3) == 0 {
				for r = 0xD800; !utf8.ValidRune(r) || !unicode.In(r, known...); {
					r = rng.Int32N(0x20000)
				}
			}
			b.WriteRune(r)
		}
		texts[i] = b.String()
	}
	asked, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "testdata/python.py", "ask")
	cmd.Stdin = bytes.NewReader(asked)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	var said struct {
		Unicode, Assigned, Ignorable, Cased string
		Answers                             []answer
	}
	if err := json.Unmarshal(out, &said); err != nil {
		t.Fatal(err)
	}
	if len(said.Answers) != len(texts) {
		t.Fatalf("%d answers to %d texts", len(said.Answers), len(texts))
	}
	assigned, ignorable, cased := setOf(said.Assigned), setOf(said.Ignorable), setOf(said.Cased)
	differs := func(r rune) bool { // unassigned there, or of another class in its version of Unicode
		return !assigned[r] || CaseIgnorable(r) != ignorable[r] || !ignorable[r] && Cased(r) != cased[r]
	}
	compared := 0
	for i, a := range said.Answers {
		if strings.ContainsFunc(texts[i], differs) {
			continue
		}
		compared++
		if got := string(Append(nil, []byte(a.Text))); got != a.Lower {
			t.Fatalf("seed %d: %+q: %+q, want %+q", seed, a.Text, got, a.Lower)
		}
		if got := splitLower(a.Text); strings.Join(got, "\n") != strings.Join(a.Words, "\n") {
			t.Fatalf("seed %d: %+q: words %+q, want %+q", seed, a.Text, got, a.Words)
		}
	}
	t.Logf("seed %d: %d of %d texts compared, Unicode %s there, %s here", seed, compared, len(texts), said.Unicode, unicode.Version)
	if compared < len(texts)/2 {
		t.Errorf("only %d of %d texts could be compared", compared, len(texts))
	}
}

func setOf(s string) map[rune]bool {
	set := map[rune]bool{}
	for _, r := range s {
		set[r] = true
	}
	return set
}
