package parquetio

import "github.com/arrowmill/arrowmill/dataflow"

// recoder makes the values of pages PLAIN ones, a segment at a time.
type recoder interface {
	// page goes on with a data page.
	page(p *page) error

	// read returns the next n values. They are good until the next call.
	read(n int) ([]byte, error)
	free()
}

// recodedBytes is about how many bytes of values are recoded at once: they stay in
// the cache.
const recodedBytes = 64 << 10

// recodes reports whether values of the physical type have a place in pages of the
// encoding, neither PLAIN nor dictionary-coded.
func recodes(encoding int32, physical int) bool {
	switch encoding {
	case encodingDeltaInts:
		return physical == physicalInt32 || physical == physicalInt64
	case encodingDeltaLengths:
		return physical == physicalBytes
	case encodingDeltaBytes:
		return physical == physicalBytes || physical == physicalFixed
	case encodingSplit:
		switch physical {
		case physicalInt32, physicalInt64, physicalFloat, physicalDouble, physicalFixed:
			return true
		}
	}
	return false
}

// newRecoder recodes pages of an encoding that recodes knows; size is that of a
// PLAIN value.
func newRecoder(encoding int32, physical, size int, env *dataflow.Env) recoder {
	room := scratch{env: env}
	switch encoding {
	case encodingDeltaInts:
		return &deltaInts{size: size, out: room}
	case encodingSplit:
		return &byteSplit{size: size, out: room}
	}
	if physical == physicalBytes {
		size = 0
	}
	return &deltaPlain{deltaBytes: deltaBytes{last: room}, size: size, bytes: room, out: room}
}
