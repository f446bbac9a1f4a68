package data

import (
	"github.com/apache/arrow/go/v17/arrow"
)

// weatherTable is the measurements of the One Billion Row Challenge (G. Morling,
// 2024): no header, a semicolon, one decimal. The names are made up, of 6 to 16
// bytes with some beyond ASCII; a station has a mean from -10.0 to 30.0, and its
// values stand around that with a deviation of about 10 degrees, as in the
// challenge's own generator.
func weatherTable(name, about string, stations int) Table {
	return Table{
		Name: name, About: about, rowBytes: 14,
		Schema: arrow.NewSchema([]arrow.Field{
			column("station", arrow.BinaryTypes.String), column("t", arrow.PrimitiveTypes.Float64),
		}, nil),
		Text: Layout{Delimiter: ';', Decimals: map[string]Decimals{"t": {Places: 1}}},
		begin: func(_ int64, salt, seed uint64) filler {
			names, means := newStations(stations, cast(salt, seed, 1<<63))
			return func(b *block, d *dice, _ int64, n int) { fillWeather(b, d, names, means, n) }
		},
	}
}

// newStations are the names, and the means in tenths of a degree.
func newStations(n int, d *dice) (names [][]byte, means []int64) {
	for i := range n {
		var name []byte
		switch i % 8 {
		case 3:
			name = append(name, "San "...)
		case 5:
			name = append(name, "Saint-"...)
		case 7:
			name = append(name, "Île "...)
		}
		from := len(name)
		name = spell(name, uint64(10_200+89*i)) // three syllables, all different
		capital(name[from:])
		if i%3 == 0 {
			name = append(name, "berg"...)
		}
		names, means = append(names, name), append(means, d.between(-100, 300))
	}
	return names, means
}

// spread is about normal, of mean 0 and deviation 100: the sum of four even numbers
// of 16 bits has a deviation of 37,837.
func (d *dice) spread() int64 {
	x := d.pcg.Uint64()
	sum := int64(x&0xffff + x>>16&0xffff + x>>32&0xffff + x>>48)
	return (sum - 2*0xffff) * 100 / 37_837
}

func fillWeather(b *block, d *dice, names [][]byte, means []int64, n int) {
	station, t := &b.columns[0], &b.columns[1]
	for range n {
		s := d.below(uint64(len(names)))
		station.text = append(station.text, names[s]...)
		station.end()
		t.real = append(t.real, float64(min(max(means[s]+d.spread(), -999), 999))/10)
	}
}
