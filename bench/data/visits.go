package data

import (
	"github.com/apache/arrow/go/v17/arrow"
)

// visitTable is a table with wide keys. Half of the rows are of users drawn evenly
// and half by Zipf, so that nearly all of rows/10 users come and the first has
// one row in fifty. A URL is of one of 17 million pages, by Zipf, of one of 65,521
// sites.
func visitTable() Table {
	return Table{
		Name: "wide", About: "visits: a skewed 63-bit user id, a URL, bytes", rowBytes: 66,
		Schema: arrow.NewSchema([]arrow.Field{
			column("user", arrow.PrimitiveTypes.Int64), column("url", arrow.BinaryTypes.String), column("bytes", arrow.PrimitiveTypes.Int64),
		}, nil),
		Text: Layout{Delimiter: ',', Header: true},
		begin: func(rows int64, _, _ uint64) filler {
			return func(b *block, d *dice, _ int64, n int) { fillVisits(b, d, uint64(max(rows/10, 1)), n) }
		},
	}
}

func fillVisits(b *block, d *dice, users uint64, n int) {
	user, url, bytes := &b.columns[0], &b.columns[1], &b.columns[2]
	for range n {
		who := 1 + d.below(users)
		if d.oneIn(2) {
			who = d.rankTo(users)
		}
		user.whole = append(user.whole, mix63(who))
		page := d.rank(24)
		place := mix(page)
		url.text = spell(append(url.text, "https://www."...), 1+place%65_521)
		url.text = spell(append(url.text, ".example/"...), 1+place>>32%64)
		url.text = spell(append(url.text, '/'), page)
		url.text = append(url.text, ".html"...)
		url.end()
		bytes.whole = append(bytes.whole, int64(d.rank(24)))
	}
}
