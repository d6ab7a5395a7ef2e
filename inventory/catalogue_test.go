package inventory

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

const header = "ID,Platform,Category,Cookie / Data Key name,Domain,Description,Retention period,Data Controller,User Privacy & GDPR Rights Portals,Wildcard match\n"

// An invented excerpt: the rows are in the form of the real ones.
const excerpt = "\ufeff" + header + `1,Tally,Analytics,_tl,,"Counts visits,
with a ""number""  of its own",2 years,Tally Inc.,https://tally.example/,0
2,Tally,Analytics,_tl_,,Keeps the visit,1 day,Tally Inc.,https://tally.example/,1
3,Tally Ads,Marketing,_tl_ad_,,Counts clicks,90 days,Tally Inc.,https://tally.example/,1
4,Other,Functional,_tl,,A later row,session,Other,https://other.example/,0
5,Other,Functional,_tl_exact,,An exact one,session,Other,https://other.example/,0
6,Other,Functional,_tl_exact,,A prefix,session,Other,https://other.example/,1
7,Starred,Marketing,SX_*,,With a star,session,Starred,https://starred.example/,0
8,Numbered,Marketing,nid2,,With a digit,session,Numbered,https://numbered.example/,0
9,Balancer,Security,BL01,,With digits,session,Balancer,https://balancer.example/,1
10,Short,Marketing,S1,,Too short,session,Short,https://short.example/,0
`

func TestSuggest(t *testing.T) {
	t.Parallel()
	catalogue, err := ReadCatalogue("excerpt.csv", strings.NewReader(excerpt))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, cookie string
		want         string // what is suggested: its description
	}{
		{"exact, and the first of two rows", "_tl", `Counts visits, with a "number" of its own`},
		{"the case matters", "_TL", ""},
		{"longer than an exact one", "_tlx", ""},
		{"a prefix", "_tl_abc", "Keeps the visit"},
		{"a prefix of a collapsed name", "_tl_*.*", "Keeps the visit"},
		{"nothing but a prefix", "_tl_", "Keeps the visit"},
		{"the longer prefix", "_tl_ad_*", "Counts clicks"},
		{"exact before the same prefix", "_tl_exact", "An exact one"},
		{"beyond it", "_tl_exactly", "A prefix"},
		{"a star in a row", "SX_abc", "With a star"},
		{"a star in both", "SX_*", "With a star"},
		{"a digit", "nid2", "With a digit"},
		{"a digit, collapsed", "nid*", "With a digit"},
		{"another digit", "nid3", ""},
		{"digits of a prefix", "BL01ab", "With digits"},
		{"digits of a prefix, collapsed", "BL*", "With digits"},
		{"too short for a collapsed one", "S*", ""},
		{"only a star", "*", ""},
		{"empty", "", ""},
		{"very long", "_tl_" + strings.Repeat("x", 1<<20), "Keeps the visit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, found := catalogue.Suggest(c.cookie)
			if got.Description != c.want || found != (c.want != "") {
				t.Errorf("got %+v, %t", got, found)
			}
		})
	}
}

func TestSuggestion(t *testing.T) {
	t.Parallel()
	catalogue, err := ReadCatalogue("excerpt.csv", strings.NewReader(excerpt))
	if err != nil {
		t.Fatal(err)
	}
	got, _ := catalogue.Suggest("_tl_ad_7")
	const want = `{"platform":"Tally Ads","category":"Marketing","description":"Counts clicks","retention":"90 days","controller":"Tally Inc."}`
	if asJSON(t, got) != want {
		t.Errorf("got %s", asJSON(t, got))
	}
}

func TestNoCatalogue(t *testing.T) {
	t.Parallel()
	var none *Catalogue
	if got, found := none.Suggest("_ga"); found {
		t.Errorf("got %+v", got)
	}
}

func TestReadCatalogueErrors(t *testing.T) {
	t.Parallel()
	row := "1,P,C,name,,D,1 day,Me,https://me.example/,0\n"
	for _, c := range []struct {
		name string
		csv  io.Reader
		want string
	}{
		{"empty", strings.NewReader(""), `c.csv:1: expected a header line: EOF`},
		{
			"no header", strings.NewReader(row),
			`c.csv:1: expected a header line with the columns of the Open Cookie Database, found none called "Platform", "Category", "Cookie / Data Key name", "Description", "Retention period", "Data Controller", "Wildcard match"`,
		},
		{
			"two columns missing", strings.NewReader(strings.NewReplacer("Platform", "X", "Wildcard match", "Y").Replace(header)),
			`c.csv:1: expected a header line with the columns of the Open Cookie Database, found none called "Platform", "Wildcard match"`,
		},
		{
			"a field too few", strings.NewReader(header + row + "1,P,C,name\n"),
			`c.csv:3: expected a row of CSV with as many fields as the header line: wrong number of fields`,
		},
		{
			"a quote that does not end", strings.NewReader(header + row + `"1`),
			`c.csv:3: expected a row of CSV with as many fields as the header line: extraneous or missing " in quoted-field`,
		},
		{
			"no name, after a field of two lines", strings.NewReader(header + "1,P,C,name,,\"D\nE\",1 day,Me,,0\n" + "1,P,C, ,,D,1 day,Me,,0\n"),
			`c.csv:4: expected the name of a cookie in the column "Cookie / Data Key name"`,
		},
		{
			"a prefix of everything", strings.NewReader(header + "1,P,C,*,,D,1 day,Me,,0\n"),
			`c.csv:2: expected the name of a cookie in the column "Cookie / Data Key name"`,
		},
		{
			"no wildcard", strings.NewReader(header + "1,P,C,name,,D,1 day,Me,,yes\n"),
			`c.csv:2: expected 0, or 1 for a name that others begin with, in the column "Wildcard match", found "yes"`,
		},
		{"too large", io.MultiReader(strings.NewReader(header), strings.NewReader(strings.Repeat(row, maxCatalogue/len(row)+1))), `c.csv: expected a catalogue of at most 16 MiB: name another file`},
		{"unreadable", iotest.ErrReader(errors.New("broken")), `c.csv: reading the catalogue: broken`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := ReadCatalogue("c.csv", c.csv)
			if err == nil || err.Error() != c.want || got != nil {
				t.Errorf("got the error %v\nwant %s", err, c.want)
			}
		})
	}
}
