package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/arrowmill/arrowmill/examples/internal/cli"
	"github.com/arrowmill/arrowmill/internal/golden"
)

// asProgram makes the test's binary the program itself, for tests of what needs
// a process: standard input, the exit status.
const asProgram = "GROUPBY_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	goleak.VerifyTestMain(m)
}

// group runs the program within the test, without progress.
func group(t *testing.T, args ...string) (status int, out, errs string) {
	t.Helper()
	args = append([]string{"--progress", "off"}, args...)
	var o, e bytes.Buffer
	status = run(t.Context(), args, cli.Streams{In: strings.NewReader(""), Out: &o, Err: &e})
	return status, o.String(), e.String()
}

// mustGroup is what the program prints; it must succeed and warn of nothing.
func mustGroup(t *testing.T, args ...string) string {
	t.Helper()
	status, out, errs := group(t, args...)
	if status != cli.Done || errs != "" {
		t.Fatalf("%q: status %d, %s", args, status, errs)
	}
	return out
}

// write makes a file in a folder of the test's own.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

const sales = "testdata/sales.csv"

func TestHelp(t *testing.T) {
	help := mustGroup(t, "--help")
	golden.Check(t, "help.txt", help)
	for i, line := range strings.Split(help, "\n") {
		if len(line) > 80 {
			t.Errorf("line %d has %d characters", i+1, len(line))
		}
	}
	if short := mustGroup(t, "-h"); short != help {
		t.Error("-h prints something else")
	}
}

func TestExplain(t *testing.T) {
	golden.Check(t, "explain.txt", mustGroup(t, "--explain", "--by", "shop", "--agg", "sum(qty * price) as revenue, max(qty) - min(qty)",
		"--where", "qty > 0", "--sort", "revenue desc", "--limit", "3", sales))
}

func TestQuestions(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"distinct keys", []string{"--by", "shop"}, "shop\nBerlin\n\"Köln, Süd\"\nParis\n\n"},
		{"two keys", []string{"--by", "region, shop"}, "region,shop\neast,Berlin\nwest,\"Köln, Süd\"\nwest,Paris\nwest,\n"},
		{"count", []string{"--by", "region", "--agg", "count(), count(qty), count(shop) as shops"},
			"region,count(),count(qty),shops\neast,3,3,3\nwest,5,4,4\n"},
		{"one group", []string{"--agg", "count() as n, sum(qty)"}, "n,sum(qty)\n8,29\n"},
		{"one group of nothing", []string{"--agg", "count() as n, sum(qty)", "--where", "qty > 1000"}, "n,sum(qty)\n0,\n"},
		{"spaces are normalised", []string{"--agg", "sum(qty*price),sum( qty )-1"}, "sum(qty * price),sum(qty) - 1\n66,28\n"},
		{"expressions of aggregates", []string{"--by", "region", "--agg", "max(qty) - min(qty) as range, sum(qty * price) / sum(qty) as price"},
			"region,range,price\neast,8,2\nwest,6,2.5714285714285716\n"},
		{"where", []string{"--by", "region", "--agg", "count() as n", "--where", "qty >= 3 and shop in ('Paris', 'Berlin')"}, "region,n\neast,2\nwest,1\n"},
		{"where null", []string{"--agg", "count() as n", "--where", "shop is null or qty is null"}, "n\n1\n"},
		{"sort", []string{"--by", "shop", "--agg", "sum(qty) as q", "--sort", "q desc, shop"}, "shop,q\nBerlin,15\nParis,9\n\"Köln, Süd\",5\n,\n"},
		{"nulls last", []string{"--by", "shop", "--sort", "shop desc"}, "shop\nParis\n\"Köln, Süd\"\nBerlin\n\n"},
		{"sort by an aggregate's text", []string{"--by", "region", "--agg", "sum(qty)", "--sort", "sum(qty) asc"}, "region,sum(qty)\nwest,14\neast,15\n"},
		{"limit", []string{"--by", "shop", "--limit", "2"}, "shop\nBerlin\n\"Köln, Süd\"\n"},
		{"limit 0", []string{"--by", "shop", "--limit", "0"}, "shop\n"},
		{"a list", []string{"--by", "region", "--agg", "largest(qty, 2) as top"}, "region,top\neast,\"[9,5]\"\nwest,\"[7,4]\"\n"},
		{"exploded", []string{"--by", "shop", "--agg", "largest(qty, 2) as top", "--explode", "top"},
			"shop,top\nBerlin,9\nBerlin,5\n\"Köln, Süd\",4\n\"Köln, Süd\",1\nParis,7\nParis,2\n"},
		{"JSON lines", []string{"--by", "region", "--agg", "sum(qty) as q", "--format", "jsonl"}, "{\"region\":\"east\",\"q\":15}\n{\"region\":\"west\",\"q\":14}\n"},
		{"a table", []string{"--by", "region", "--agg", "sum(qty) as q", "--format", "table"}, "region   q\n------  --\neast    15\nwest    14\n"},
		{"a column's type", []string{"--agg", "sum(qty) as q", "--type", "qty=float64"}, "q\n29\n"},
		{"a date", []string{"--by", "day", "--where", "day < '2024-01-03'", "--agg", "count() as n"}, "day,n\n2024-01-01,2\n2024-01-02,3\n"},
		{"case", []string{"--agg", "sum(case when qty > 4 then 1 else 0 end) as many, sum(if(region = 'east', qty, 0)) as east"}, "many,east\n3,15\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, workers := range []string{"1", "3"} {
				if got := mustGroup(t, append(c.args, "--workers", workers, sales)...); got != c.want {
					t.Errorf("got %q, want %q", got, c.want)
				}
			}
		})
	}
}

func TestUsedWrongly(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"nothing", nil, "no PATH"},
		{"nothing to do", []string{sales}, "nothing to do"},
		{"unknown key", []string{"--by", "shopp", sales}, `--by, --agg: no column "shopp": there are region, shop, day, qty, price`},
		{"unknown in an aggregate", []string{"--agg", "sum(x)", sales}, `no column "x": there are region, shop, day, qty, price`},
		{"unknown in where", []string{"--by", "shop", "--where", "x = 1", sales}, `--where: no column "x": there are region`},
		{"unknown in sort", []string{"--by", "shop", "--sort", "x", sales}, `--sort: no column "x": there are shop`},
		{"unknown to explode", []string{"--by", "shop", "--explode", "x", sales}, `--explode: no column "x": there are shop`},
		{"no list", []string{"--by", "shop", "--explode", "shop", sales}, "--explode: "},
		{"where is no condition", []string{"--by", "shop", "--where", "qty", sales}, "--where: "},
		{"a type that cannot be summed", []string{"--agg", "sum(shop)", sales}, "--by, --agg: sum(shop): sum needs numbers"},
		{"why it cannot", []string{"--where", "qty > 0", "--agg", "mean(shop)", sales}, "booleans, not utf8: " + sales + `:2: column "shop" is text because of "Berlin"`},
		{"two alike", []string{"--agg", "sum(qty), sum( qty )", sales}, "--agg: "},
		{"like a key", []string{"--by", "shop", "--agg", "count() as shop", sales}, "shop"},
		{"no aggregate", []string{"--agg", "qty", sales}, "--agg: "},
		{"unknown function", []string{"--agg", "summ(qty)", sales}, "summ"},
		{"not an expression", []string{"--by", "shop", "--where", "qty >", sales}, "--where: "},
		{"limit", []string{"--by", "shop", "--limit", "-1", sales}, "--limit"},
		{"delimiter", []string{"--by", "shop", "--delimiter", "ab", sales}, "--delimiter: it must be one ASCII character"},
		{"type", []string{"--by", "shop", "--type", "qty=number", sales}, "--type"},
		{"type without column", []string{"--by", "shop", "--type", "int64", sales}, "is not column=type"},
		{"header", []string{"--by", "shop", "--header", "maybe", sales}, "--header"},
		{"ending", []string{"--by", "shop", "testdata/answers.py"}, "--from"},
		{"type of an unknown column", []string{"--by", "shop", "--type", "quantity=int64", sales}, `--type: no column "quantity": there are region`},
		{"bad rows nowhere", []string{"--by", "shop", "--bad-rows", "", sales}, "--bad-rows: it must be fail, skip or the name of a file"},
		{"bad rows over the input", []string{"--by", "shop", "--bad-rows", sales, "testdata/sal*.csv"}, "bad rows would replace it"},
		{"bad rows over the output", []string{"--by", "shop", "--bad-rows", "x/../out.csv", "--output", "out.csv", sales}, "--output and --bad-rows name one file"},
		{"for CSV", []string{"--by", "shop", "--from", "parquet", "--null", "-", sales}, "--null is for csv, tsv, but the input is parquet"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, out, errs := group(t, c.args...)
			if status != cli.Misuse || out != "" || !strings.Contains(errs, c.want) || !strings.HasSuffix(errs, "Try 'groupby --help' for more.\n") || strings.Contains(errs, ".go:") {
				t.Errorf("status %d, output %q, errors %q, want %q", status, out, errs, c.want)
			}
		})
	}
}

func TestFailed(t *testing.T) {
	folder := t.TempDir()
	ragged := write(t, "ragged.csv", "a,b\n1,2\n3\n")
	late := write(t, "late.csv", "zip,n\n"+strings.Repeat("12345,1\n", 100_000)+"K1A 0B1,2\n"+strings.Repeat("12345,1\n", 300_000))
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"no such file", []string{"--by", "a", filepath.Join(folder, "none.csv")}, "none.csv"},
		{"no such folder for the output", []string{"--by", "shop", "--output", filepath.Join(folder, "none", "out.csv"), sales}, "does not exist"},
		{"a ragged row", []string{"--by", "a", ragged}, "ragged.csv:3"},
		{"a type that changes", []string{"--by", "zip", late}, `--type 'zip=text'`},
		{"overflow", []string{"--agg", "sum(qty * 9223372036854775807)", sales}, "qty * 9223372036854775807"},
		{"no Parquet", []string{"--by", "a", "--from", "parquet", ragged}, "ragged.csv"},
		{"no Arrow", []string{"--by", "a", "--from", "arrow", ragged}, "ragged.csv"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, out, errs := group(t, c.args...)
			if status != cli.Failed || out != "" || !strings.HasPrefix(errs, "groupby: ") || !strings.Contains(errs, c.want) || strings.Contains(errs, "main.go") {
				t.Errorf("status %d, output %q, errors %q, want %q", status, out, errs, c.want)
			}
		})
	}
}

// TestOutputs writes each format, and groups what was written.
func TestOutputs(t *testing.T) {
	folder := t.TempDir()
	want := mustGroup(t, "--by", "region, shop, day", "--agg", "sum(qty) as q, mean(price) as price", sales)
	for _, name := range []string{"out.csv", "out.csv.gz", "out.jsonl", "out.jsonl.zst", "out.parquet", "out.arrow"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(folder, name)
			if out := mustGroup(t, "--by", "region, shop, day", "--agg", "sum(qty) as q, mean(price) as price", "--output", path, sales); out != "" {
				t.Errorf("printed %q", out)
			}
			args := []string{"--by", "region, shop, day", "--agg", "min(q) as q, max(price) as price", path}
			if strings.Contains(name, ".jsonl") {
				args = append(args, "--type", "day=date")
			}
			if got := mustGroup(t, args...); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// TestBadRows: rows in = rows out + rows rejected.
func TestBadRows(t *testing.T) {
	in := write(t, "in.csv", "a,b\n1,2\n3\n4,x\n5,6\n7,8,9\n")
	status, out, errs := group(t, "--agg", "count() as n, sum(b) as b", "--type", "b=int64", "--bad-rows", "skip", in)
	if status != cli.Done || out != "n,b\n2,8\n" || !strings.Contains(errs, "in.csv") {
		t.Errorf("status %d, output %q, errors %q", status, out, errs)
	}
	rejected := filepath.Join(t.TempDir(), "bad.csv")
	status, out, errs = group(t, "--agg", "count() as n, sum(b) as b", "--type", "b=int64", "--bad-rows", rejected, in)
	if status != cli.Done || out != "n,b\n2,8\n" {
		t.Errorf("status %d, output %q, errors %q", status, out, errs)
	}
	text, err := os.ReadFile(rejected)
	if err != nil || !strings.Contains(string(text), "3\n4,x\n7,8,9\n") {
		t.Errorf("rejected: %q (%v)", text, err)
	}
}

// TestOverrideToPaste: what an error says to add to the command line works there,
// whatever the column's name.
func TestOverrideToPaste(t *testing.T) {
	for _, c := range []struct{ name, field, paste, typ string }{
		{"zip", "zip", "--type 'zip=text'", "zip=text"},
		{"a b", "a b", `--type '"a b"=text'`, `"a b"=text`},
		{"a=b", "a=b", `--type '"a=b"=text'`, `"a=b"=text`},
		{`a"b`, `"a""b"`, `--type '"a""b"=text'`, `"a""b"=text`},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := write(t, "in.csv", c.field+",n\n"+strings.Repeat("12,1\n", 150_000)+"A1,2\n"+strings.Repeat("12,1\n", 450_000))
			args := []string{"--agg", "count() as n", "--where", `"` + strings.ReplaceAll(c.name, `"`, `""`) + `" is not null`, in}
			status, _, errs := group(t, args...)
			if status != cli.Failed || !strings.Contains(errs, c.paste) {
				t.Fatalf("status %d, errors %q, want %s", status, errs, c.paste)
			}
			for _, typ := range []string{c.typ, c.name + "=text"} {
				if got := mustGroup(t, append(args, "--type", typ)...); got != "n\n600001\n" {
					t.Errorf("--type %s: got %q", typ, got)
				}
			}
		})
	}
}

func TestCSVFlags(t *testing.T) {
	in := write(t, "in.txt", "1;NA;x\n2;5;y\n")
	got := mustGroup(t, "--from", "csv", "--delimiter", ";", "--header", "no", "--names", `id, "a value", text`, "--null", "NA",
		"--by", "text", "--agg", `sum("a value") as v`, in)
	if want := "text,v\nx,\ny,5\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
