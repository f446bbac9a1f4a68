// Package typetext is the names of column types as people write them, on a
// command line or in a message that says what to paste there.
//
//	bool                                  true and false
//	int8 int16 int32 int64                int is int64
//	uint8 uint16 uint32 uint64            uint is uint64
//	float16 float32 float64               float and double are float64
//	text large_text                       string and utf8 are text
//	binary large_binary
//	date date64                           date32 is date
//	time time[s|ms|us|ns]                 time of day; time is time[us]
//	timestamp timestamp[unit]             without a zone; timestamp is timestamp[us]
//	timestamp[unit, zone]                 UTC, Europe/Madrid, +02:00
//	duration duration[unit]               duration is duration[us]
//	decimal(digits) decimal(digits, behind the point)
//	dictionary                            text, each value kept once (dictionary<int32, utf8>)
//	list(type)
//	null
//
// Names are the same in upper and lower case, and spaces around names and
// arguments mean nothing.
package typetext
