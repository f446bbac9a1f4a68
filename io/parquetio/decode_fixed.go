package parquetio

import (
	"fmt"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
)

// convert writes the n values that src begins with, as PLAIN pages have them, to
// dst, as an array of the column's type does, and returns how many bytes of src
// they took.
type convert func(dst, src []byte, n int) (int, error)

// fixed decodes columns whose values have all the same size in Arrow.
type fixed struct {
	t        arrow.DataType
	physical int
	width    int // bytes of a value in the array
	stored   int // at least, in the file
	convert  convert
	env      *dataflow.Env

	encoding int32 // of the page in hand
	codes    codes
	plain    []byte // PLAIN values that are left
	dict     scratch
	other    recoder // of the last page that was neither
	otherIs  int32
	out      *memory.Buffer
}

var _ values = (*fixed)(nil)

// dictionary converts the entries once. There are no more than the page has
// bytes for.
func (f *fixed) dictionary(p *page) error {
	if p.values > len(p.data)/f.stored {
		return fmt.Errorf("a dictionary of %d values in %d bytes", p.values, len(p.data))
	}
	dst, err := f.dict.room(p.values * f.width)
	if err != nil {
		return err
	}
	f.codes.entries = p.values
	_, err = f.convert(dst, p.data, p.values)
	return err
}

func (f *fixed) page(p *page) error {
	f.encoding = p.encoding
	switch p.encoding {
	case encodingPlain:
		f.plain = p.data
		return nil
	case encodingDictionary, encodingOldDictionary:
		return f.codes.page(p.data)
	}
	if f.other == nil || f.otherIs != p.encoding {
		f.freeOther()
		if !recodes(p.encoding, f.physical) {
			return unexpected(p.encoding)
		}
		f.other, f.otherIs = newRecoder(p.encoding, f.physical, f.stored, f.env), p.encoding
	}
	return f.other.page(p)
}

func (f *fixed) freeOther() {
	if f.other != nil {
		f.other.free()
		f.other = nil
	}
}

// unexpected is the error for a page in an encoding that the footer does not list.
func unexpected(encoding int32) error {
	return fmt.Errorf("a page in the encoding %s, which the footer does not list for its column", encodingName(encoding))
}

func (f *fixed) begin(rows int) int {
	rows = min(rows, max(batchBytes/f.width, 1))
	f.out = newBuffer(rows*f.width, f.env.Alloc)
	return rows
}

func (f *fixed) read(at, rows, present int, valid []byte) error {
	dst := f.out.Bytes()[at*f.width : (at+rows)*f.width]
	switch f.encoding {
	case encodingDictionary, encodingOldDictionary:
		if err := f.codes.gather(dst, f.dict.b, f.width, present); err != nil {
			return err
		}
	case encodingPlain:
		n, err := f.convert(dst, f.plain, present)
		if err != nil {
			return err
		}
		f.plain = f.plain[n:]
	default:
		if err := f.recode(dst, present); err != nil {
			return err
		}
	}
	if valid != nil {
		spreadFixed(dst, f.width, valid, at, present)
	}
	return nil
}

// recode converts the next n values of a page that is neither plain nor coded.
func (f *fixed) recode(dst []byte, n int) error {
	step := max(recodedBytes/f.stored, 1)
	for n > 0 {
		k := min(n, step)
		plain, err := f.other.read(k)
		if err != nil {
			return err
		}
		if _, err := f.convert(dst, plain, k); err != nil {
			return err
		}
		dst, n = dst[k*f.width:], n-k
	}
	return nil
}

func (f *fixed) skip(n int) (bool, error) {
	switch {
	case f.encoding == encodingDictionary || f.encoding == encodingOldDictionary:
		return f.codes.skip(n)
	case f.encoding == encodingPlain && f.physical != physicalBytes:
		if n*f.stored > len(f.plain) {
			return false, errPlainEnds
		}
		f.plain = f.plain[n*f.stored:]
		return true, nil
	}
	return false, nil
}

func (f *fixed) full() bool { return false }

func (f *fixed) end(rows int, valid *memory.Buffer, nulls int) (arrow.Array, error) {
	data := array.NewData(f.t, rows, []*memory.Buffer{valid, f.out}, nil, nulls, 0)
	defer data.Release()
	return array.MakeFromData(data), nil
}

func (f *fixed) drop() {
	release(f.out)
	f.out = nil
}

func (f *fixed) close() {
	f.dict.free()
	f.freeOther()
}

// cast is b as values of a type without pointers. b is aligned: it is Arrow's or a
// scratch's memory, which allocators align to 64.
func cast[T any](b []byte) []T {
	var zero T
	if len(b) < int(unsafe.Sizeof(zero)) {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(zero)))
}

type pair [2]uint64

type quad [4]uint64

// spreadFixed is spread for values of width bytes.
func spreadFixed(dst []byte, width int, valid []byte, at, present int) {
	switch width {
	case 1:
		spread(dst, valid, at, present)
	case 2:
		spread(cast[uint16](dst), valid, at, present)
	case 4:
		spread(cast[uint32](dst), valid, at, present)
	case 8:
		spread(cast[uint64](dst), valid, at, present)
	case 16:
		spread(cast[pair](dst), valid, at, present)
	case 32:
		spread(cast[quad](dst), valid, at, present)
	default:
		spreadBytes(dst, width, valid, at, present)
	}
}

func spreadBytes(dst []byte, width int, valid []byte, at, present int) {
	if width == 0 {
		return
	}
	j := present
	for i := len(dst)/width - 1; i >= j; i-- {
		to := dst[i*width : (i+1)*width]
		if bit := at + i; valid[bit>>3]>>(bit&7)&1 != 0 {
			j--
			copy(to, dst[j*width:])
		} else {
			clear(to)
		}
	}
}
