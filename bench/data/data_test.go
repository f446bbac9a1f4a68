package data

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/io/csvio"
)

func mustFind(t testing.TB, name string) Table {
	t.Helper()
	table, err := Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// text is a table as text.
func text(t testing.TB, table Table, rows int64, seed uint64, o executor.Options) []byte {
	t.Helper()
	var out bytes.Buffer
	g := dataflow.New()
	g.Source("table", table.Source(rows, seed)).Sink("text", table.Text.format().To(&out))
	if _, err := executor.Run(t.Context(), g, o); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// The bytes of a table are part of what a measurement says: whoever changes them
// changes these sums, and measures again.
func TestSameBytes(t *testing.T) {
	want := map[string]string{
		"g1":       "95466679ebbf08fe",
		"g1-nulls": "cd4651d58d258323",
		"brc":      "17b48241d9cc5c3f",
		"brc10k":   "9330a0dba4d022b0",
		"lineitem": "092d75b753be28fd",
		"wide":     "e0e257f858669244",
		"text":     "e31755ad193d3234",
	}
	for _, table := range Tables() {
		if !table.Made() {
			continue
		}
		const rows = 3*blockRows + 17
		all := text(t, table, rows, 1, executor.Options{Workers: 1})
		if got := fmt.Sprintf("%x", sha256.Sum256(all))[:16]; got != want[table.Name] {
			t.Errorf("%s: %s, want %s; it begins %q", table.Name, got, want[table.Name], all[:200])
		}
		if again := text(t, table, rows, 1, executor.Options{Workers: 3, SplitBytes: 1, BatchRows: 100}); !bytes.Equal(all, again) {
			t.Errorf("%s: other bytes with three workers", table.Name)
		}
		if other := text(t, table, rows, 2, executor.Options{}); bytes.Equal(all, other) {
			t.Errorf("%s: the same bytes with another seed", table.Name)
		}
		lines := bytes.Count(all, []byte{'\n'})
		if table.Text.Header {
			lines--
		}
		if lines != rows {
			t.Errorf("%s: %d lines", table.Name, lines)
		}
		if about := float64(table.Bytes(rows)); float64(len(all)) < 0.9*about || float64(len(all)) > 1.1*about {
			t.Errorf("%s: %.1f bytes a row, but %d are told", table.Name, float64(len(all))/rows, table.rowBytes)
		}
	}
}

// The text of g1 is what csvio writes.
func TestTextIsCSV(t *testing.T) {
	for _, name := range []string{"g1", "g1-nulls", "wide"} {
		table := mustFind(t, name)
		var want bytes.Buffer
		g := dataflow.New()
		g.Source("table", table.Source(20_000, 5)).Sink("csv", csvio.WriteTo(&want))
		if _, err := executor.Run(t.Context(), g, executor.Options{}); err != nil {
			t.Fatal(err)
		}
		if got := text(t, table, 20_000, 5, executor.Options{}); !bytes.Equal(got, want.Bytes()) {
			t.Errorf("%s differs", name)
		}
	}
}

// fields are the rows of a table's text, cut by the standard library, each float
// the one that was made.
func fields(t *testing.T, table Table, rows int64) [][]string {
	t.Helper()
	r := csv.NewReader(bytes.NewReader(text(t, table, rows, 3, executor.Options{})))
	r.Comma = rune(table.Text.Delimiter)
	all, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if table.Text.Header {
		var names []string
		for _, f := range table.Schema.Fields() {
			names = append(names, f.Name)
		}
		if !slices.Equal(all[0], names) {
			t.Errorf("header %q", all[0])
		}
		all = all[1:]
	}
	var made []arrow.Record
	g := dataflow.New()
	job, err := executor.Start(t.Context(), g.Source("table", table.Source(rows, 3)), executor.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for rec, err := range job.Batches() {
		if err != nil {
			t.Fatal(err)
		}
		rec.Retain()
		made = append(made, rec)
	}
	at := 0
	for _, rec := range made {
		for r := range int(rec.NumRows()) {
			for c, col := range rec.Columns() {
				if f, ok := col.(*array.Float64); ok && f.IsValid(r) {
					if v, err := strconv.ParseFloat(all[at][c], 64); err != nil || v != f.Value(r) {
						t.Fatalf("%s: row %d: %q is not %v", table.Name, at, all[at][c], f.Value(r))
					}
				}
			}
			at++
		}
		rec.Release()
	}
	if at != len(all) {
		t.Errorf("%d rows were made, %d written", at, len(all))
	}
	return all
}

func TestGroups(t *testing.T) {
	const rows = 30_000
	patterns := []string{`id\d{3}`, `id\d{3}`, `id\d{10}`, `\d+`, `\d+`, `\d+`, `[1-5]`, `[1-9]|1[0-5]`, `\d{1,3}(\.\d{0,5}[1-9])?`}
	most := []int{100, 100, rows / 100, 100, 100, rows / 100, 5, 15, 100}
	for name, nulls := range map[string]float64{"g1": 0, "g1-nulls": 0.05} {
		seen, empty := make([]map[string]bool, 9), make([]int, 9)
		for _, row := range fields(t, mustFind(t, name), rows) {
			for c, f := range row {
				if f == "" {
					empty[c]++
					continue
				}
				if seen[c] == nil {
					seen[c] = map[string]bool{}
				}
				seen[c][f] = true
			}
		}
		for c := range seen {
			for f := range seen[c] {
				v, err := strconv.ParseFloat(strings.TrimPrefix(f, "id"), 64)
				if !regexp.MustCompile("^(?:"+patterns[c]+")$").MatchString(f) || err != nil || v > float64(most[c]) || c < 8 && v < 1 {
					t.Fatalf("%s: column %d has %q", name, c, f)
				}
			}
			if c < 8 && len(seen[c]) != most[c] {
				t.Errorf("%s: column %d has %d values, want %d", name, c, len(seen[c]), most[c])
			}
			if share := float64(empty[c]) / rows; share < 0.9*nulls || share > 1.1*nulls {
				t.Errorf("%s: column %d is null in %.3f of rows", name, c, share)
			}
		}
	}
}

func TestWeather(t *testing.T) {
	number := regexp.MustCompile(`^-?[1-9]?\d\.\d$`)
	for name, want := range map[string]int{"brc": 413, "brc10k": 10_000} {
		stations := map[string][]float64{}
		for _, row := range fields(t, mustFind(t, name), int64(20*want)) {
			v, err := strconv.ParseFloat(row[1], 64)
			if !number.MatchString(row[1]) || err != nil || len(row[0]) > 100 {
				t.Fatalf("%s: %q", name, row)
			}
			stations[row[0]] = append(stations[row[0]], v)
		}
		if len(stations) != want {
			t.Errorf("%s: %d stations", name, len(stations))
		}
		var squares float64
		n := 0
		for _, values := range stations {
			var sum float64
			for _, v := range values {
				sum += v
			}
			for _, v := range values {
				d := v - sum/float64(len(values))
				squares, n = squares+d*d, n+1
			}
			n--
		}
		if variance := squares / float64(n); variance < 90 || variance > 110 {
			t.Errorf("%s: a variance of %.1f within a station", name, variance)
		}
	}
}

func TestLineitem(t *testing.T) {
	const orderKey, part, number, quantity, price, discount, tax, flag, status, shipped, committed, received = 0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
	const rows = 3*blockRows + 5
	orders, groups := map[string]int{}, map[string]int{}
	float := func(s string) float64 {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, row := range fields(t, mustFind(t, "lineitem"), rows) {
		orders[row[orderKey]]++
		groups[row[flag]+row[status]]++
		if row[number] != strconv.Itoa(orders[row[orderKey]]) {
			t.Fatalf("the lines of an order are not numbered: %q", row)
		}
		wantStatus, late := "F", row[received] > "1995-06-17"
		if row[shipped] > "1995-06-17" {
			wantStatus = "O"
		}
		p := float(row[part])
		retail := (90_000 + float64(int(p)/10%20_001) + 100*float64(int(p)%1_000)) / 100
		if q := float(row[quantity]); row[status] != wantStatus || late != (row[flag] == "N") || row[shipped] < "1992-01-02" || row[shipped] >= row[received] ||
			row[committed] < "1992-01-31" || q < 1 || q > 50 || float(row[discount]) > 0.10 || float(row[tax]) > 0.08 ||
			float(row[price])-q*retail > 1e-6 || float(row[price])-q*retail < -1e-6 {
			t.Fatalf("a line against the rules: %q", row)
		}
	}
	if lines := rows / float64(len(orders)); lines < 3.99 || lines > 4.01 {
		t.Errorf("an order has %.2f lines", lines)
	}
	// The shares of the specification's answer to Q1 at scale 1, and of the lines after it.
	for group, want := range map[string]float64{"AF": 0.2464, "NF": 0.0065, "NO": 0.5006, "RF": 0.2465} {
		if got := float64(groups[group]) / rows; got < want-0.02 || got > want+0.02 {
			t.Errorf("%s: %.4f of the lines, want %.4f", group, got, want)
		}
	}
	if len(groups) != 4 {
		t.Errorf("groups %v", groups)
	}
}

func TestVisits(t *testing.T) {
	const rows = 40_000
	address := regexp.MustCompile(`^https://www\.[a-z]+\.example/[a-z]+/[a-z]+\.html$`)
	users := map[string]int{}
	for _, row := range fields(t, mustFind(t, "wide"), rows) {
		users[row[0]]++
		if !address.MatchString(row[1]) {
			t.Fatalf("%q", row)
		}
	}
	most := 0
	for _, n := range users {
		most = max(most, n)
	}
	if len(users) < rows/10*98/100 || len(users) > rows/10 || most < rows/40 {
		t.Errorf("%d users, the first with %d visits", len(users), most)
	}
}

func TestText(t *testing.T) {
	table := mustFind(t, "text")
	distinct := func(rows int64) (words int, vocabulary map[string]int) {
		vocabulary = map[string]int{}
		for _, w := range strings.Fields(string(text(t, table, rows, 1, executor.Options{}))) {
			vocabulary[strings.ToLower(strings.TrimRight(w, ".,"))]++
			words++
		}
		return words, vocabulary
	}
	words, small := distinct(2_000)
	_, large := distinct(40_000)
	if words < 19_000 || words > 21_000 {
		t.Errorf("%d words in 2,000 lines", words)
	}
	if len(large) < 8*len(small) {
		t.Errorf("the vocabulary grows from %d words to %d only", len(small), len(large))
	}
	// One of 26 and one of 13 words is the first: by Zipf's law it comes as often as the
	// next two together.
	if first, next := small["ba"], small["be"]+small["bi"]; first < words/20 || first > words/15 || next < first*8/10 || next > first*12/10 {
		t.Errorf("the first word comes %d times of %d", first, words)
	}
	for w := range small {
		if w == "" {
			t.Error("a word of nothing but punctuation")
		}
	}
}

func TestSpell(t *testing.T) {
	seen := map[string]uint64{}
	for rank := uint64(1); rank <= 30_000; rank++ {
		w := string(spell(nil, rank))
		if other, ok := seen[w]; ok {
			t.Fatalf("%q is the word of %d and %d", w, other, rank)
		}
		seen[w] = rank
	}
	if len(spell(nil, 100)) != 2 || len(spell(nil, 101)) != 4 || len(spell(nil, 10_100)) != 4 || len(spell(nil, 10_101)) != 6 {
		t.Error("words of other lengths than told")
	}
}

func TestDice(t *testing.T) {
	d := cast(1, 2, 3)
	octaves, evens := [6]int{}, 0
	for range 60_000 {
		r := d.rank(6)
		if r < 1 || r > 63 {
			t.Fatalf("rank %d", r)
		}
		for k := range octaves {
			if r>>k == 1 {
				octaves[k]++
			}
		}
		if r := d.rankTo(5); r < 1 || r > 5 {
			t.Fatalf("rank %d of 5", r)
		}
		if v := d.between(-1, 1); v < -1 || v > 1 {
			t.Fatalf("%d between -1 and 1", v)
		} else if v == 0 {
			evens++
		}
	}
	for k, n := range octaves {
		if n < 9_500 || n > 10_500 {
			t.Errorf("octave %d comes %d times of 60,000", k, n)
		}
	}
	if evens < 19_000 || evens > 21_000 {
		t.Errorf("0 of -1, 0, 1 comes %d times of 60,000", evens)
	}
}

func TestAppendPlaces(t *testing.T) {
	for _, c := range []struct {
		v      int64
		places int
		trim   bool
		want   string
	}{
		{0, 1, false, "0.0"}, {5, 1, false, "0.5"}, {-123, 1, false, "-12.3"}, {-5, 1, false, "-0.5"}, {100, 1, false, "10.0"},
		{0, 6, true, "0"}, {1, 6, true, "0.000001"}, {1_500_000, 6, true, "1.5"}, {100_000_000, 6, true, "100"}, {12_345_678, 6, true, "12.345678"},
		{7, 0, false, "7"}, {10, 0, true, "10"},
	} {
		if got := string(appendPlaces(nil, c.v, c.places, c.trim)); got != c.want {
			t.Errorf("%d, %d places, trim %v: %q, want %q", c.v, c.places, c.trim, got, c.want)
		}
	}
}

func TestFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	if files, err := List(dir); err != nil || files != nil {
		t.Errorf("a folder that is not there: %v, %v", files, err)
	}
	var want []string
	for _, name := range []string{"g1", "g1-nulls", "text"} {
		table := mustFind(t, name)
		for _, rows := range []int64{90, 1000} {
			for _, format := range table.Formats()[:2] {
				f := File{table, rows, 7, format}
				path, size, made, err := f.Make(t.Context(), dir, executor.Options{})
				if err != nil || !made || filepath.Base(path) != f.Name() {
					t.Fatalf("%s: %s, %v, %v", f.Name(), path, made, err)
				}
				if _, again, made, err := f.Make(t.Context(), dir, executor.Options{}); err != nil || made || again != size {
					t.Errorf("%s again: made %v, %d bytes of %d, %v", f.Name(), made, again, size, err)
				}
				if parsed, ok := Parse(f.Name()); !ok || parsed.Name() != f.Name() {
					t.Errorf("%s is parsed as %s", f.Name(), parsed.Name())
				}
				want = append(want, f.Name())
			}
		}
	}
	for _, name := range []string{"g1-90-seed7.txt", "g2-90-seed7.csv", "g1-090-seed7.csv", "g1-90-seed7.csv.bak", "notes.md"} {
		if _, ok := Parse(name); ok {
			t.Errorf("%s is taken for a table", name)
		}
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	files, err := List(dir)
	var got []string
	for _, f := range files {
		got = append(got, f.Name())
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
}

func TestMakeInterrupted(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f := File{mustFind(t, "g1"), 1_000_000, 1, "csv"}
	if _, _, made, err := f.Make(ctx, dir, executor.Options{}); err == nil || made {
		t.Errorf("made %v, %v", made, err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) > 0 {
		t.Errorf("left behind: %v", entries)
	}
	if _, err := Find("g2"); err == nil || !strings.Contains(err.Error(), "g1-nulls") {
		t.Errorf("an unknown table: %v", err)
	}
}

func BenchmarkMake(b *testing.B) {
	for _, table := range Tables() {
		if !table.Made() {
			continue
		}
		b.Run(table.Name, func(b *testing.B) {
			rows := 40_000_000 / table.rowBytes
			b.SetBytes(table.Bytes(rows))
			for b.Loop() {
				g := dataflow.New()
				g.Source("table", table.Source(rows, 1)).Sink("text", table.Text.format().To(discard{}))
				if _, err := executor.Run(b.Context(), g, executor.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
