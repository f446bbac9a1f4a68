package parquetio

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
)

// header is a page header of the given kind, with the fields that are named by the
// letters of leave left out, and something to skip.
func header(kind int32, leave string) []byte {
	var w thrift
	last := byte(0)
	field := func(id byte, name string, v int32) {
		if !strings.Contains(leave, name) {
			w.int(id-last, v)
			last = id
		}
	}
	field(1, "t", kind)
	field(2, "u", 100)
	field(3, "c", 50)
	field(4, "k", -7)
	part := map[int32]byte{dataPage: 5, indexPage: 6, dictionaryPage: 7, dataPageV2: 8}[kind]
	if !strings.Contains(leave, "p") {
		w.b = append(w.b, (part-last)<<4|thriftStruct)
		last = 0
		switch kind {
		case dataPage:
			field(1, "n", 10)
			field(2, "e", encodingPlain)
			field(3, "d", encodingRLE)
			field(4, "r", encodingRLE)
			w.b = append(w.b, 1<<4|thriftStruct, 1<<4|thriftBinary, 2, 'a', 'b', 2<<4|thriftI64, 5, 0) // statistics
		case dictionaryPage:
			field(1, "n", 10)
			field(2, "e", encodingPlain)
		case dataPageV2:
			field(1, "n", 10)
			field(2, "z", 3)
			field(3, "w", 10)
			field(4, "e", encodingDictionary)
			field(5, "d", 7)
			field(6, "r", 0)
			w.b = append(w.b, 1<<4|thriftFalse) // is_compressed
		}
		w.b = append(w.b, 0)
	}
	// A field that is not known: a list of two structs, and a map.
	w.b = append(w.b, 0<<4|thriftList, 40, 2<<4|thriftStruct, 1<<4|thriftTrue, 0, 0)
	w.b = append(w.b, 1<<4|thriftMap, 1, thriftBinary<<4|thriftDouble, 1, 'x', 1, 2, 3, 4, 5, 6, 7, 8)
	return append(w.b, 0)
}

func TestPageHeaders(t *testing.T) {
	for _, c := range []struct {
		kind  int32
		leave string
		want  string
	}{
		{dataPage, "", ""}, {dictionaryPage, "", ""}, {dataPageV2, "", ""}, {indexPage, "", ""}, {dataPage, "k", ""},
		{dataPage, "t", "missing"}, {dataPage, "u", "missing"}, {dataPage, "c", "missing"}, {dataPage, "n", "missing"}, {dataPageV2, "r", "missing"},
		{dataPage, "p", "has not the part"}, {dataPageV2, "p", "has not the part"}, {dictionaryPage, "e", "missing"},
	} {
		b := header(c.kind, c.leave)
		h, n, err := parsePageHeader(append(b, "behind it"...))
		if c.want != "" {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("kind %d without %q: %v", c.kind, c.leave, err)
			}
			continue
		}
		if err != nil || n != len(b) || h.kind != c.kind || h.rawBytes != 100 || h.bytes != 50 || h.hasCRC != (c.leave != "k") {
			t.Errorf("kind %d without %q: %+v, %d of %d bytes, %v", c.kind, c.leave, h, n, len(b), err)
		}
		if c.kind == dataPageV2 && (h.nulls != 3 || h.defBytes != 7 || h.encoding != encodingDictionary || !h.plain) {
			t.Errorf("%+v", h)
		}
		for cut := range b {
			if _, _, err := parsePageHeader(b[:cut]); !errors.Is(err, errShort) {
				t.Errorf("kind %d, cut at %d: %v", c.kind, cut, err)
			}
		}
	}
}

// TestPageHeadersOfAnyBytes end, within their bytes.
func TestPageHeadersOfAnyBytes(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 20_000 {
		b := header([]int32{dataPage, dictionaryPage, dataPageV2}[rng.IntN(3)], "")
		for range rng.IntN(4) {
			b[rng.IntN(len(b))] = byte(rng.IntN(256))
		}
		h, n, err := parsePageHeader(b)
		if err == nil && (n > len(b) || h.bytes < 0 || h.rawBytes < 0 || h.values < 0) {
			t.Fatalf("seed %d: %+v, %d of %d bytes", seed, h, n, len(b))
		}
	}
}
