package naive

import (
	"compress/gzip"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/arrowmill/arrowmill/bench/answer"
)

// write writes a file, packed where its name says so.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if !strings.HasSuffix(name, ".gz") {
		_, err = f.WriteString(text)
	} else {
		w := gzip.NewWriter(f)
		_, err = w.Write([]byte(text))
		err = errors.Join(err, w.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func wanted(rows ...answer.Row) answer.Rows {
	return func(yield func(answer.Row, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func group(key string, values ...any) answer.Row {
	r := answer.Row{Key: key}
	for _, v := range values {
		switch v := v.(type) {
		case nil:
			r.Values = append(r.Values, answer.Value{})
		case int:
			r.Values = append(r.Values, answer.Whole(int64(v)))
		case float64:
			r.Values = append(r.Values, answer.Real(v))
		}
	}
	return r
}

const (
	groupTable = `id1,id2,id3,id4,id5,id6,v1,v2,v3
id001,id002,id0000000001,1,1,7,1,10,1.5
id001,id002,id0000000001,1,1,7,5,2,2.5
id002,id002,id0000000002,1,1,7,3,,4
id001,,id0000000003,2,1,8,,6,100
,id002,id0000000001,1,2,,4,8,
`
	lineTable = `a,b,c,d,l_quantity,l_extendedprice,l_discount,l_tax,l_returnflag,l_linestatus,l_shipdate,k,l,m,n,o
1,1,1,1,10,1000.00,0.10,0.05,A,F,1998-09-02,,,,,
1,1,1,2,30,2000.00,0.00,0.00,A,F,1992-01-02,,,,,
1,1,1,3,1,5.00,0.00,0.00,N,O,1998-09-03,,,,,
`
	visitTable = "user,url,bytes\n12,https://a/b,5\n13,https://a/b,7\n12,https://c/d,1\n"
)

// The answers are worked out by hand.
func TestPrograms(t *testing.T) {
	for _, c := range []struct {
		job, text string
		want      answer.Rows
	}{
		{"q1", groupTable, wanted(group("id001", 6), group("id002", 3), group("", 4))},
		{"q2", groupTable, wanted(group("id001,id002", 6), group("id002,id002", 3), group("id001,", nil), group(",id002", 4))},
		{"q3", groupTable, wanted(group("id0000000001", 10, 2.0), group("id0000000002", 3, 4.0), group("id0000000003", nil, 100.0))},
		{"q4", groupTable, wanted(group("1", 3.25, 20.0/3, 8.0/3), group("2", nil, 6.0, 100.0))},
		{"q5", groupTable, wanted(group("7", 9, 12, 8.0), group("8", nil, 6, 100.0), group("", 4, 8, nil))},
		{"q6", groupTable, wanted(group("1,1", 2.5, math.Sqrt(1.583333333333333333)), group("2,1", 100.0, nil), group("1,2", nil, nil))},
		{"q7", groupTable, wanted(group("id0000000001", 3), group("id0000000002", nil), group("id0000000003", nil))},
		{"q8", groupTable, wanted(group("7", 4.0, 2.5), group("8", 100.0, nil), group("", nil, nil))},
		{"q9", groupTable, wanted(group("id002,1", 0.7159763313609465), group(",2", nil))},
		{"q10", groupTable, wanted(group("id001,id002,id0000000001,1,1,7", 4.0, 2), group("id002,id002,id0000000002,1,1,7", 4.0, 1),
			group("id001,,id0000000003,2,1,8", 100.0, 1), group(",id002,id0000000001,1,2,", nil, 1))},
		{"brc", "Ab c;-1.5\nÉ;3.0\nAb c;2.5\nAb c;0.0\n", wanted(group("Ab c", -1.5, 1.0/3, 2.5), group("É", 3.0, 3.0, 3.0))},
		{"tpch-q1", lineTable, wanted(group("A,F", 40.0, 3000.0, 2900.0, 2945.0, 20.0, 1500.0, 0.05, 2))},
		{"wide-user", visitTable, wanted(group("12", 2, 6), group("13", 1, 7))},
		{"wide-url", visitTable, wanted(group("https://a/b", 2), group("https://c/d", 1))},
		{"wordcount", "One two.\n\n  oNE\tÉT\r\nét", wanted(group("one", 2), group("two.", 1), group("ét", 2))},
	} {
		t.Run(c.job, func(t *testing.T) {
			for _, name := range []string{"t.csv", "t.csv.gz"} {
				got, err := Programs[c.job](write(t, name, c.text))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := answer.Compare(c.want, got); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

// The first that is largest, equal ones, and one that comes behind both.
func TestLargestTwo(t *testing.T) {
	for text, want := range map[string]answer.Row{
		"3 1 2": group("7", 3.0, 2.0), "1 2 3": group("7", 3.0, 2.0), "2 2 1": group("7", 2.0, 2.0), "1 3 2": group("7", 3.0, 2.0), "0 0": group("7", 0.0, 0.0),
	} {
		lines := "header\n"
		for v := range strings.FieldsSeq(text) {
			lines += "a,b,c,1,1,7,1,1," + v + "\n"
		}
		got, err := Programs["q8"](write(t, "t.csv", lines))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := answer.Compare(wanted(want), got); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct{ job, name, text, want string }{
		{"q1", "t.csv", groupTable + "id001,id002,id0000000001,1,1,7,one,10,1.5\n", `t.csv:7: strconv.ParseInt: parsing "one"`},
		{"q3", "t.csv", groupTable + "id001,id002,id0000000001,1,1,7,1,10,1.5.5\n", `t.csv:7: strconv.ParseFloat: parsing "1.5.5"`},
		{"q1", "t.csv", "h\nid001,id002\n", "t.csv:2: 2 fields, not 9"},
		{"brc", "t.csv", "a;1.0\nb\n", "t.csv:2: 1 fields, not 2"},
		{"brc", "t.csv.gz", "", "EOF"},
	} {
		path := write(t, strings.TrimSuffix(c.name, ".gz"), c.text)
		if strings.HasSuffix(c.name, ".gz") { // not packed
			if err := os.Rename(path, path+".gz"); err != nil {
				t.Fatal(err)
			}
			path += ".gz"
		}
		if _, err := Programs[c.job](path); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.job, err, c.want)
		}
	}
	for name, program := range Programs {
		if _, err := program("none.csv"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s of no file: %v", name, err)
		}
	}
}
