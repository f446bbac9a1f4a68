package textcol_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/internal/textcol"
)

func intValue(arr arrow.Array, i int) any {
	switch arr := arr.(type) {
	case *array.Date32:
		return int64(arr.Value(i))
	case *array.Date64:
		return int64(arr.Value(i))
	case *array.Time32:
		return int64(arr.Value(i))
	case *array.Time64:
		return int64(arr.Value(i))
	case *array.Timestamp:
		return int64(arr.Value(i))
	case *array.Duration:
		return int64(arr.Value(i))
	}
	panic("another type")
}

// TestEveryDay goes through the years 0 to 9999, with the days that are none.
func TestEveryDay(t *testing.T) {
	var texts []string
	wanted := map[string]any{}
	day := time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	for ; day.Year() < 10000; day = day.AddDate(0, 0, 1) {
		if y := day.Year(); y > 8 && y < 1896 || y > 2104 && y < 9996 {
			day = day.AddDate(1, 0, -1)
			continue
		}
		s := day.Format(time.DateOnly)
		texts = append(texts, s)
		wanted[s] = day.Unix() / daySeconds
	}
	for _, year := range []string{"1900", "2000", "2023", "2024"} {
		for month := range 14 {
			for day := range 40 {
				s := fmt.Sprintf("%s-%02d-%02d", year, month, day)
				texts = append(texts, s)
				if _, err := time.Parse(time.DateOnly, s); err != nil {
					wanted[s] = nil
				}
			}
		}
	}
	check(t, "days", arrow.FixedWidthTypes.Date32, texts, func(s string) any { return wanted[s] }, intValue)
}

const daySeconds = 86400

func TestDates(t *testing.T) {
	for s, want := range map[string]any{
		"": nil, "2021-01-02": int64(18629), " 2021-01-02 ": int64(18629), "2021-1-02": nil, "2021-01-2": nil, "21-01-02": nil, "2021/01/02": nil, "20210102": nil,
		"2021-01-02T00:00": nil, "2021-01-02 ": int64(18629), "2021-01-02x": nil, "-2021-01": nil, "0000-01-01": int64(-719528), "-0001-12-31": int64(-719529), "+12345-01-01": int64(3789391),
		"12345-01-01": int64(3789391), "012345-01-01": int64(3789391), "5881580-07-11": int64(math.MaxInt32), "5881580-07-12": nil, "-5877641-06-23": int64(math.MinInt32), "-5877641-06-22": nil,
		"9999999999999-01-01": nil, "2021-01-0\xb2": nil, "202\xb1-01-02": nil, "2021-0:-02": nil, "2021-01--2": nil, "----------": nil, "2021-01-0": nil,
	} {
		check(t, "dates", arrow.FixedWidthTypes.Date32, []string{"xxxxxxxxxxxxxxxxx", s}, func(in string) any {
			if in == s {
				return want
			}
			return nil
		}, intValue)
		if day, ok := want.(int64); ok {
			want = day * daySeconds * 1000
		} else if strings.HasPrefix(s, "5881580") {
			want = int64(math.MaxInt32+1) * daySeconds * 1000
		} else if strings.HasPrefix(s, "-5877641") {
			want = int64(math.MinInt32-1) * daySeconds * 1000
		}
		if s == "9999999999999-01-01" {
			want = nil
		}
		check(t, "dates", arrow.FixedWidthTypes.Date64, []string{s}, func(string) any { return want }, intValue)
	}
}

var units = []arrow.TimeUnit{arrow.Second, arrow.Millisecond, arrow.Microsecond, arrow.Nanosecond}

var perSecond = map[arrow.TimeUnit]int64{arrow.Second: 1, arrow.Millisecond: 1e3, arrow.Microsecond: 1e6, arrow.Nanosecond: 1e9}

// timestampOracle is a timestamp of four-digit years, by package time.
func timestampOracle(of *arrow.TimestampType) func(string) any {
	shape := regexp.MustCompile(`^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d)(:\d\d)?(\.\d+)?([Zz]|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?)?$`)
	zone := time.UTC
	if of.TimeZone != "" {
		zone, _ = time.LoadLocation(of.TimeZone)
	}
	return func(s string) any {
		m := shape.FindStringSubmatch(strings.Trim(s, " \t"))
		if m == nil || m[4] != "" && m[3] == "" || m[5] != "" && of.TimeZone == "" {
			return nil
		}
		clock := m[2] + m[3]
		if m[3] == "" {
			clock += ":00"
		}
		if m[2] == "" {
			clock = "00:00:00"
		}
		fraction := strings.TrimRight(m[4], "0")
		if len(fraction) > 10 {
			return nil
		}
		at, err := time.ParseInLocation("2006-01-02 15:04:05", m[1]+" "+clock+strings.TrimSuffix(fraction, "."), zone)
		if m[5] != "" {
			offset := strings.ToUpper(m[5])
			layout := "2006-01-02 15:04:05Z07:00"
			switch {
			case len(offset) == 3:
				offset += ":00"
			case len(offset) == 5:
				offset = offset[:3] + ":" + offset[3:]
			}
			at, err = time.Parse(layout, m[1]+" "+clock+strings.TrimSuffix(fraction, ".")+offset)
		} else if err == nil && of.TimeZone != "" {
			// Local time of the zone: how many instants show it?
			n, shown := 0, at.Format(time.DateTime)
			want := m[1] + " " + clock
			for h := -30; h <= 30; h++ {
				if c := at.Add(time.Duration(h) * 30 * time.Minute); c.Format(time.DateTime) == want {
					n++
				}
			}
			if n != 1 || shown != want {
				return nil
			}
		}
		if err != nil {
			return nil
		}
		per := perSecond[of.Unit]
		part := int64(at.Nanosecond()) / (1e9 / per)
		if part*(1e9/per) != int64(at.Nanosecond()) {
			return nil
		}
		v := at.Unix()*per + part
		if of.Unit == arrow.Nanosecond && (at.Year() < 1678 || at.Year() > 2261) {
			return nil
		}
		return v
	}
}

func randomTimestamp(rng *rand.Rand) string {
	at := time.Unix(rng.Int64N(5e9)-1e9, rng.Int64N(1e9)).UTC()
	if rng.IntN(10) == 0 {
		at = time.Unix(rng.Int64N(253402300800+62167219200)-62167219200, 0).UTC()
	}
	s := at.Format("2006-01-02")
	switch rng.IntN(8) {
	case 0:
		return s
	case 1:
		s += at.Format("T15:04")
	case 2:
		s += at.Format(" 15:04:05")
	case 3:
		s += at.Format("t15:04:05.") + fmt.Sprintf("%09d", at.Nanosecond()) + "000"[:rng.IntN(4)]
	default:
		s += at.Format("T15:04:05.") + fmt.Sprintf("%09d", at.Nanosecond())[:1+rng.IntN(9)]
	}
	s += []string{"", "", "Z", "z", "+02:00", "-0330", "+05", "-23:59", "+24:00", "+02:60", "+2", " UTC"}[rng.IntN(12)]
	if rng.IntN(10) == 0 {
		b := []byte(s)
		b[rng.IntN(len(b))] = wrongBytes[rng.IntN(len(wrongBytes))]
		s = string(b)
	}
	return s
}

func TestTimestamps(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	texts := []string{"", "2021-03-28T02:30", "2021-03-28T01:59:59", "2021-03-28T03:00", "2021-10-31T02:30:00", "2021-10-31T02:30:00+01:00", "2021-10-31T02:30:00+02:00", "2021-10-31T03:00", "2021-10-31T01:59:59",
		"2021-01-01T24:00:00", "2021-01-01T23:60", "2021-01-01T23:59:60", "2021-01-01T", "2021-01-01 ", "2021-01-01T1:00", "2021-01-01T10", "2021-01-01T10:00:00.", "2021-01-01T10:00:00.Z", "2021-01-01T10:00.5",
		"2021-01-01T10:00:00,5", "2021-01-01T10:00Z", "2021-01-01T10:00+02", "2021-01-01T10:00:0", "2021-01-01Z", "2021-01-01T10:00:00.1234567890", "2021-01-01T10:00:00.1234567891", "2021-02-30T10:00", "12:30"}
	for range 1000 {
		texts = append(texts, randomTimestamp(rng))
	}
	for _, unit := range units {
		for _, zone := range []string{"", "UTC", "Europe/Madrid", "Asia/Kolkata", "America/St_Johns"} {
			of := &arrow.TimestampType{Unit: unit, TimeZone: zone}
			check(t, fmt.Sprint("seed ", seed), of, texts, timestampOracle(of), intValue)
		}
	}
}

// The edges of 64 bits, in each unit, as package rowtext writes them.
func TestFarTimestamps(t *testing.T) {
	for _, c := range []struct {
		of   arrow.DataType
		text string
		want any
	}{
		{arrow.FixedWidthTypes.Timestamp_ns, "2262-04-11T23:47:16.854775807Z", int64(math.MaxInt64)},
		{arrow.FixedWidthTypes.Timestamp_ns, "2262-04-11T23:47:16.854775808Z", nil},
		{arrow.FixedWidthTypes.Timestamp_ns, "1677-09-21T00:12:43.145224192Z", int64(math.MinInt64)},
		{arrow.FixedWidthTypes.Timestamp_ns, "1677-09-21T00:12:43.145224191Z", nil},
		{arrow.FixedWidthTypes.Timestamp_us, "-290308-12-21T19:59:05.224192Z", int64(math.MinInt64)},
		{arrow.FixedWidthTypes.Timestamp_us, "-290308-12-21T19:59:05.224191Z", nil},
		{arrow.FixedWidthTypes.Timestamp_s, "292277026596-12-04T15:30:07Z", int64(math.MaxInt64)},
		{arrow.FixedWidthTypes.Timestamp_s, "292277026596-12-04T15:30:08Z", nil},
		{arrow.FixedWidthTypes.Timestamp_s, "-292277022657-01-27T08:29:52Z", int64(math.MinInt64)},
		{arrow.FixedWidthTypes.Timestamp_s, "-292277022657-01-27T08:29:51Z", nil},
		{arrow.FixedWidthTypes.Timestamp_s, "292277026596-12-04T15:30:07+00:01", int64(math.MaxInt64 - 60)},
		{arrow.FixedWidthTypes.Timestamp_s, "292277026596-12-04T15:30:07-00:01", nil},
		{arrow.FixedWidthTypes.Timestamp_s, "999999999999-12-04T15:30:07Z", nil},
	} {
		check(t, "far", c.of, []string{c.text}, func(string) any { return c.want }, intValue)
	}
}

func TestClocks(t *testing.T) {
	shape := regexp.MustCompile(`^(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?$`)
	oracle := func(unit arrow.TimeUnit) func(string) any {
		return func(s string) any {
			m := shape.FindStringSubmatch(strings.Trim(s, " \t"))
			if m == nil {
				return nil
			}
			var h, minute, sec, nano int64
			fmt.Sscan(strings.TrimLeft(m[1], "0"), &h)
			fmt.Sscan(strings.TrimLeft(m[2], "0"), &minute)
			fmt.Sscan(strings.TrimLeft(m[3], "0"), &sec)
			fmt.Sscan(strings.TrimLeft((m[4] + "000000000")[:9], "0"), &nano)
			size := 1e9 / perSecond[unit]
			if h > 23 || minute > 59 || sec > 59 || nano%size != 0 || len(m[4]) > 9 && strings.Trim(m[4][9:], "0") != "" {
				return nil
			}
			return (h*3600+minute*60+sec)*perSecond[unit] + nano/size
		}
	}
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	texts := []string{"", "00:00", "23:59:59.999999999", "24:00", "24:00:00", "12:60", "12:30:60", "1:00", "12", "12:3", "12:30:", "12:30:5", "12:30:05.", "12:30.5", "12:300", "12:30:055", "12:30:05.1234567890", "12:30:05.1234567891", "-01:00", "12:30:05Z", " 12:30 ", "12-30-05"}
	for range 1000 {
		s := fmt.Sprintf("%02d:%02d:%02d", rng.IntN(25), rng.IntN(62), rng.IntN(62))
		switch rng.IntN(4) {
		case 0:
			s = s[:5]
		case 1:
			s += "." + randomDigits(rng, 1+rng.IntN(10))
		case 2:
			b := []byte(s)
			b[rng.IntN(len(b))] = wrongBytes[rng.IntN(len(wrongBytes))]
			s = string(b)
		}
		texts = append(texts, s)
	}
	for _, of := range []arrow.DataType{arrow.FixedWidthTypes.Time32s, arrow.FixedWidthTypes.Time32ms, arrow.FixedWidthTypes.Time64us, arrow.FixedWidthTypes.Time64ns} {
		check(t, fmt.Sprint("seed ", seed), of, texts, oracle(of.(arrow.TemporalWithUnit).TimeUnit()), intValue)
	}
}

func TestDurations(t *testing.T) {
	for _, c := range []struct {
		of   arrow.DataType
		text string
		want any
	}{
		{arrow.FixedWidthTypes.Duration_ms, "PT0S", int64(0)},
		{arrow.FixedWidthTypes.Duration_ms, "-PT1.5S", int64(-1500)},
		{arrow.FixedWidthTypes.Duration_ms, "PT1H30M0.5S", int64(5400500)},
		{arrow.FixedWidthTypes.Duration_ms, " P1DT2H3M4S ", int64((86400 + 7200 + 180 + 4) * 1000)},
		{arrow.FixedWidthTypes.Duration_s, "+P2D", int64(2 * 86400)},
		{arrow.FixedWidthTypes.Duration_s, "PT90M", int64(5400)},
		{arrow.FixedWidthTypes.Duration_s, "PT0.500S", nil},
		{arrow.FixedWidthTypes.Duration_s, "PT1.000S", int64(1)},
		{arrow.FixedWidthTypes.Duration_ns, "PT2562047H47M16.854775807S", int64(math.MaxInt64)},
		{arrow.FixedWidthTypes.Duration_ns, "PT2562047H47M16.854775808S", nil},
		{arrow.FixedWidthTypes.Duration_ns, "-PT2562047H47M16.854775808S", int64(math.MinInt64)},
		{arrow.FixedWidthTypes.Duration_ns, "-PT2562047H47M16.854775809S", nil},
		{arrow.FixedWidthTypes.Duration_s, "PT18446744073709551616S", nil},
		{arrow.FixedWidthTypes.Duration_s, "PT9223372036854775807S", int64(math.MaxInt64)},
		{arrow.FixedWidthTypes.Duration_s, "P", nil}, {arrow.FixedWidthTypes.Duration_s, "PT", nil}, {arrow.FixedWidthTypes.Duration_s, "P1", nil},
		{arrow.FixedWidthTypes.Duration_s, "P1H", nil}, {arrow.FixedWidthTypes.Duration_s, "PT1D", nil}, {arrow.FixedWidthTypes.Duration_s, "PT1S2M", nil},
		{arrow.FixedWidthTypes.Duration_s, "PT1M1M", nil}, {arrow.FixedWidthTypes.Duration_s, "P1DT", nil}, {arrow.FixedWidthTypes.Duration_s, "P1D2H", nil},
		{arrow.FixedWidthTypes.Duration_s, "PTT1S", nil}, {arrow.FixedWidthTypes.Duration_s, "PT1.0M", nil}, {arrow.FixedWidthTypes.Duration_s, "PT.S", nil},
		{arrow.FixedWidthTypes.Duration_s, "1h30m", nil}, {arrow.FixedWidthTypes.Duration_s, "5", nil}, {arrow.FixedWidthTypes.Duration_s, "P1Y", nil}, {arrow.FixedWidthTypes.Duration_s, "PT-1S", nil},
	} {
		check(t, "durations", c.of, []string{c.text}, func(string) any { return c.want }, intValue)
	}
}

func FuzzTimestamps(f *testing.F) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		f.Add(randomTimestamp(rng))
	}
	f.Fuzz(func(t *testing.T, s string) {
		if s == "" || s[0] == '\'' || s[0] == '"' || regexp.MustCompile(`^[ \t]*[+-]?\d{5,}-|^[ \t]*[+-]`).MatchString(s) {
			return
		}
		for _, zone := range []string{"", "Europe/Madrid"} {
			of := &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: zone}
			check(t, "fuzz", of, []string{s}, timestampOracle(of), intValue)
		}
	})
}

// A zone that this machine does not know, and types that no text is.
func TestRefusedTypes(t *testing.T) {
	for want, of := range map[string]arrow.DataType{
		`time zone "Nowhere/Land"`:                            &arrow.TimestampType{TimeZone: "Nowhere/Land"},
		"list<item: int8, nullable> cannot be read from text": arrow.ListOf(arrow.PrimitiveTypes.Int8),
		"cannot be read from text":                            &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String},
	} {
		if _, err := textcol.New(of, textcol.Options{}, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %s", of, err, want)
		}
	}
}
