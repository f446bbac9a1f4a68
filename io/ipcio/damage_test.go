package ipcio

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
)

// limited fails where more is asked of it than a small file can need.
type limited struct {
	memory.Allocator
	held, most int
}

func (l *limited) Allocate(n int) []byte {
	l.held += n
	l.most = max(l.most, l.held)
	return l.Allocator.Allocate(n)
}

func (l *limited) Reallocate(n int, b []byte) []byte {
	l.held += n - len(b)
	l.most = max(l.most, l.held)
	return l.Allocator.Reallocate(n, b)
}

func (l *limited) Free(b []byte) { l.held -= len(b); l.Allocator.Free(b) }

// survive reads all of a file, looks at every value, and reports a panic, a
// leak, or memory beyond what a small file can need. promised is how many rows
// must come where no error does; negative: any number.
func survive(t testing.TB, what, path string, mapped bool, promised int) (err error) {
	t.Helper()
	defer func() {
		if v := recover(); v != nil {
			t.Errorf("%s: panic: %v\n%s", what, v, debug.Stack())
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	alloc := memory.NewCheckedAllocator(gomem)
	lim := &limited{Allocator: alloc}
	var res result
	e := res.env(lim)
	s := Scan(path).Mapped(mapped)
	if _, err := s.Schema(t.Context()); err != nil {
		return err
	}
	splits, err := s.Splits(t.Context(), 1000, e)
	if err != nil {
		return err
	}
	rows := 0
	for _, split := range splits {
		if err = func() error {
			for c, err := range s.Read(t.Context(), split, e) {
				if err != nil {
					return err
				}
				rows += int(c.Rec.NumRows())
				if c.Rec.NumRows() < 1000 {
					texts(c.Rec)
				}
				c.Rec.Release()
			}
			return nil
		}(); err != nil {
			break
		}
	}
	switch {
	case alloc.CurrentAlloc() != 0 || res.reserved != 0:
		t.Errorf("%s: %d bytes are not given back, %d reserved", what, alloc.CurrentAlloc(), res.reserved)
	case lim.most > 16<<20:
		t.Errorf("%s: %d bytes were allocated", what, lim.most)
	case err == nil && promised >= 0 && rows != promised:
		t.Errorf("%s: %d rows and no error, where %d are promised", what, rows, promised)
	}
	return err
}

// mutate is data with a few bytes changed, or cut, or a part of it twice.
func mutate(rng *rand.Rand, data []byte) []byte {
	out := append([]byte{}, data...)
	for range 1 + rng.IntN(3) {
		at := rng.IntN(len(out))
		switch rng.IntN(8) {
		case 0:
			out[at] ^= 1 << rng.IntN(8)
		case 1:
			out[at] = byte(rng.IntN(256))
		case 2:
			out[at] = [...]byte{0, 0xff, 0x7f, 0x80, 1}[rng.IntN(5)]
		case 3:
			if at+4 <= len(out) {
				binary.LittleEndian.PutUint32(out[at:], [...]uint32{0, 1, 0xffffffff, 0x7fffffff, 0x80000000, rng.Uint32() % 1000}[rng.IntN(6)])
			}
		case 4:
			if at &^= 7; at+8 <= len(out) {
				binary.LittleEndian.PutUint64(out[at:], [...]uint64{0, 1, 1 << 62, 1<<63 - 1, 1 << 63, ^uint64(0), uint64(rng.IntN(5000)), 1 << 40}[rng.IntN(8)])
			}
		case 5:
			out = out[:at+1]
		case 6:
			to := at + rng.IntN(len(out)-at)
			out = append(out[:to:to], out[at:]...)
		case 7:
			from := rng.IntN(len(out))
			copy(out[at:], out[from:min(from+8, len(out))])
		}
	}
	return out
}

// seeds are small files of all kinds.
func seeds(t testing.TB) [][]byte {
	var out [][]byte
	schema := arrow.NewSchema(fieldsOf(everyType()...), nil)
	g := generator{rng: rand.New(rand.NewPCG(11, 11)), nulls: true}
	recs := []arrow.Record{g.record(schema, 9), g.record(schema, 5)}
	plain := records(12, plainSchema(), 30, 40)
	for _, layout := range []Option{AsFile(), AsStream()} {
		for _, c := range []Compression{None, LZ4, Zstd} {
			out = append(out, encoded(t, schema, recs, layout, Compress(c)), encoded(t, plain[0].Schema(), plain, layout, Compress(c), BatchRows(25)))
		}
	}
	for _, typ := range everyType() {
		one := arrow.NewSchema(fieldsOf(typ), nil)
		recs := []arrow.Record{g.record(one, 9), g.record(one, 12)}
		out = append(out, encoded(t, one, recs, AsFile(), BatchRows(9)), encoded(t, one, recs, AsStream(), BatchRows(9), Compress(LZ4)))
	}
	return out
}

// Damaged files give an error or rows, and never a panic, memory that they only
// claim, or fewer rows than the footer's batches say.
func TestDamagedFiles(t *testing.T) {
	n := 20
	if testing.Short() {
		n = 5
	}
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	path := filepath.Join(t.TempDir(), "a")
	bad := 0
	for k, data := range seeds(t) {
		for i := range n {
			m := mutate(rng, data)
			if err := os.WriteFile(path, m, 0o600); err != nil {
				t.Fatal(err)
			}
			err := survive(t, fmt.Sprintf("seed %d, file %d, mutant %d", seed, k, i), path, i%2 == 0, promise(t, path))
			if err != nil {
				bad++
			}
		}
	}
	if bad < n {
		t.Errorf("only %d mutants were found to be damaged", bad)
	}
}

// promise is how many rows the batches of a file say that they have, -1 where
// that cannot be known.
func promise(t testing.TB, path string) int {
	a, err := openArchive(context.Background(), path, true, freeClaims())
	if err != nil {
		return -1
	}
	defer a.close()
	return int(a.rows())
}

// Every cut of a file is an error; of a stream those within a message are.
func TestCutFiles(t *testing.T) {
	recs := records(13, plainSchema(), 20, 20)
	for _, c := range []Compression{None, Zstd} {
		file := encoded(t, recs[0].Schema(), recs, AsFile(), Compress(c), BatchRows(20))
		stream := encoded(t, recs[0].Schema(), recs, AsStream(), Compress(c), BatchRows(20))
		path := filepath.Join(t.TempDir(), "a")
		for cut := 0; cut < len(file); cut += 7 {
			if err := os.WriteFile(path, file[:cut], 0o600); err != nil {
				t.Fatal(err)
			}
			if survive(t, fmt.Sprintf("cut at %d", cut), path, cut%2 == 0, -1) == nil {
				t.Errorf("a file cut at byte %d of %d was taken", cut, len(file))
			}
		}
		taken := 0
		for cut := 0; cut < len(stream); cut += 8 {
			if err := os.WriteFile(path, stream[:cut], 0o600); err != nil {
				t.Fatal(err)
			}
			if survive(t, fmt.Sprintf("cut at %d", cut), path, cut%2 == 0, -1) == nil {
				taken++
			}
		}
		if taken > 6 { // behind each message
			t.Errorf("%d streams that were cut were taken", taken)
		}
	}
}

// A footer that leaves a batch out is found out.
func TestFooterMustTellOfAllBatches(t *testing.T) {
	recs := records(14, arrow.NewSchema(fieldsOf(arrow.PrimitiveTypes.Int32), nil), 20, 20, 20)
	file := encoded(t, recs[0].Schema(), recs, AsFile(), BatchRows(20))
	n := 0
	for at := len(file) - 400; at < len(file)-4; at++ {
		if binary.LittleEndian.Uint32(file[at:]) == 3 {
			m := append([]byte{}, file...)
			m[at] = 2
			res := scan(t, Scan(save(t, "a", m)), 0, 0)
			if res.err != nil && strings.Contains(res.err.Error(), "does not tell of the record batch") {
				n++
			}
			// Front to end, the count is compared.
			if res := scan(t, Scan(save(t, "a", gzipped(t, m))), 0, 0); res.err == nil && len(res.rows) != 60 {
				t.Errorf("%d rows", len(res.rows))
			}
		}
	}
	if n != 1 {
		t.Errorf("found %d times", n)
	}
}

// What a compressed buffer only claims to become is not allocated.
func TestClaimedLengths(t *testing.T) {
	recs := records(15, arrow.NewSchema(fieldsOf(arrow.PrimitiveTypes.Int64), nil), 2000)
	for _, c := range []Compression{LZ4, Zstd} {
		data := encoded(t, recs[0].Schema(), recs, AsFile(), Compress(c))
		a, err := openArchive(t.Context(), save(t, "a", data), true, freeClaims())
		if err != nil {
			t.Fatal(err)
		}
		b := a.order[0]
		m, _, err := messageAt(a.src, b.at)
		if err != nil {
			t.Fatal(err)
		}
		meta, err := readBatchMeta(m.header, m.version)
		if err != nil {
			t.Fatal(err)
		}
		off, _ := meta.extent(1)
		a.close()
		for _, claim := range []uint64{1 << 40, 1 << 62, 1 << 33, 1 << 26, 15999, 16001, 1 << 63} {
			mutant := append([]byte{}, data...)
			binary.LittleEndian.PutUint64(mutant[b.body+off:], claim)
			if err := survive(t, fmt.Sprintf("%s, %d bytes", c, claim), save(t, "a", mutant), true, -1); err == nil {
				t.Errorf("%s: a buffer that claims %d bytes was taken", c, claim)
			}
		}
	}
}

// A buffer that becomes far more than it is costs no more than the budget.
func TestBudgetIsAsked(t *testing.T) {
	schema := arrow.NewSchema(fieldsOf(arrow.PrimitiveTypes.Int64), nil)
	zeros := generator{rng: rand.New(rand.NewPCG(1, 1))}.record(schema, 1)
	cols := []arrow.Array{zerosOf(4 << 20)}
	rec := newRecord(zeros.Schema(), cols)
	path := save(t, "a", encoded(t, schema, []arrow.Record{rec}, AsFile(), Compress(Zstd), BatchRows(8<<20)))
	s := Scan(path)
	var res result
	e := res.env(gomem)
	e.Reserve = func(n int64) error {
		if res.reserved += n; res.reserved > 8<<20 {
			res.reserved -= n
			return dataflow.ErrBudget
		}
		return nil
	}
	for c, err := range s.Read(t.Context(), dataflow.Split{Path: path, To: -1}, e) {
		if err == nil {
			c.Rec.Release()
			t.Fatal("32 MiB were decompressed within 8")
		}
		res.err = err
	}
	if res.err == nil || !strings.Contains(res.err.Error(), dataflow.ErrBudget.Error()) || res.reserved != 0 {
		t.Errorf("%v, %d reserved", res.err, res.reserved)
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range seeds(f)[12:] {
		f.Add(s)
	}
	path := filepath.Join(f.TempDir(), "a")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		_ = survive(t, "fuzz", path, len(data)%2 == 0, promise(t, path))
	})
}
