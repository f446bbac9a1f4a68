package textcol

import "encoding/binary"

const (
	daySeconds  = 86400
	yearDigits  = 12 // of the longest year: a timestamp in seconds
	dashes      = '-'<<32 | '-'<<56
	dashPlaces  = 0xFF<<32 | 0xFF<<56
	datePattern = zeros&^dashPlaces | dashes
)

// date10 is the day, since 1970-01-01, of ten characters 2021-01-02.
func date10(b []byte) (day int64, ok bool) {
	b = b[:10:10]
	x := load8(b) ^ datePattern // digits of the year in bytes 0 to 3, of the month in 5 and 6
	d := uint64(binary.LittleEndian.Uint16(b[8:]) ^ '0'*0x101)
	pairs := x*10 + x>>8 // the number of two digits where the first was
	month, dayOfMonth := uint(pairs>>40&0xFF), uint(d&0xFF*10+d>>8)
	if x&dashPlaces != 0 || !allDigits(x) || !allDigits(d) || month-1 > 11 || dayOfMonth < 1 {
		return 0, false
	}
	year := uint(pairs&0xFF*100 + pairs>>16&0xFF)
	if dayOfMonth > 28 && dayOfMonth > uint(daysIn(int64(year), int64(month))) {
		return 0, false
	}
	if month <= 2 { // years begin in March
		year--
	}
	year += 400 // none is negative
	return int64(year*1461/4-year/100+year/400+uint(fromMarch[month&15])+dayOfMonth) - 865566, true
}

// fromMarch is how many days before a month there are from March on.
var fromMarch = [16]uint16{1: 306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275}

// daysIn is the length of a month in the proleptic Gregorian calendar.
func daysIn(year, month int64) int64 {
	if month == 2 {
		if year&3 == 0 && (year%100 != 0 || year&15 == 0) {
			return 29
		}
		return 28
	}
	return 30 + (month+month>>3)&1
}

// civil is the day, since 1970-01-01, of a date in the proleptic Gregorian
// calendar. The arithmetic is that of Howard Hinnant, "chrono-Compatible
// Low-Level Date Algorithms", days_from_civil.
func civil(year, month, day int64) int64 {
	if month <= 2 { // years begin in March
		year--
		month += 12
	}
	era := year / 400
	if year < era*400 {
		era--
	}
	y := year - era*400
	return era*146097 + y*365 + y/4 - y/100 + (153*month-457)/5 + day - 719469
}

// datePrefix is the date that b begins with, of years of any length and sign, and
// what stands behind it.
func datePrefix(b []byte) (day int64, rest []byte, ok bool) {
	if len(b) >= 10 {
		if day, ok = date10(b); ok {
			return day, b[10:], true
		}
	}
	negative := false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		negative = b[0] == '-'
		b = b[1:]
	}
	n := digitsAt(b, 0)
	if n < 4 || n > yearDigits || len(b) < n+len("-01-02") || b[n] != '-' || b[n+3] != '-' {
		return 0, nil, false
	}
	year, _ := magnitude(b[:n])
	month, ok := magnitude(b[n+1 : n+3])
	dayOfMonth, also := magnitude(b[n+4 : n+6])
	y := int64(year)
	if negative {
		y = -y
	}
	if !ok || !also || month < 1 || month > 12 || dayOfMonth < 1 || int64(dayOfMonth) > daysIn(y, int64(month)) {
		return 0, nil, false
	}
	return civil(y, int64(month), int64(dayOfMonth)), b[n+6:], true
}

// ticks is whole*per + part, of which part is in [0, per), false beyond 64 bits.
func ticks(whole, part, per int64) (v int64, ok bool) {
	if whole < 0 && part > 0 { // whole*per can be beyond what the sum is not
		whole, part = whole+1, part-per
	}
	v = whole * per
	if whole != 0 && v/whole != per {
		return 0, false
	}
	sum := v + part
	return sum, (sum < v) == (part < 0)
}
