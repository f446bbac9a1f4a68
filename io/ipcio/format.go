package ipcio

import "math"

// The numbers of the format, from Message.fbs, Schema.fbs and File.fbs of Apache
// Arrow. Slots of tables are numbered as their fields are declared there.
const (
	magic         = "ARROW1"
	continuation  = math.MaxUint32 // before a message's length, since version 0.15
	footerTail    = 4 + len(magic) // the footer's length, and the magic again
	metadataV4    = 3
	metadataV5    = 4
	structBytes   = 16 // of a FieldNode, of a Buffer
	blockBytes    = 24
	metadataMax   = 256 << 20 // of one message: a schema of a million columns is less
	noCompression = -1
	codecLZ4      = 0
	codecZstd     = 1
)

// kind is what a message is.
type kind uint8

const (
	kindNone kind = iota
	kindSchema
	kindDictionary
	kindBatch
	kindEnd kind = 255 // no more messages
)

// The members of the union Type.
const (
	typeNull = iota + 1
	typeInt
	typeFloat
	typeBinary
	typeUtf8
	typeBool
	typeDecimal
	typeDate
	typeTime
	typeTimestamp
	typeInterval
	typeList
	typeStruct
	typeUnion
	typeFixedBinary
	typeFixedList
	typeMap
	typeDuration
	typeLargeBinary
	typeLargeUtf8
	typeLargeList
	typeRunEnds
	typeBinaryView
	typeUtf8View
	typeListView
	typeLargeListView
)
