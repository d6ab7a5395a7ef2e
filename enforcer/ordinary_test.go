package enforcer

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
)

// ordinaryValues are of the kinds that cookies of portals have: none of them hides a
// cookie, whatever trackers' cookies are called.
var ordinaryValues = []struct{ name, value string }{
	{"session key", "s3k8v0q2m7x1c5b9n4l6j0h2g8f4d1a7"},
	{"UUID", "2f1c6e0a-5b7d-4c3e-9a8f-0d1e2c3b4a59"},
	{"JWT", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwiaWQiOjF9.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"},
	{"base64", base64.StdEncoding.EncodeToString([]byte(`{"id":1,"lang":"en","_ga":"x,y"}`))},
	{"base64 with padding", "QUJDRA=="},
	{"base64 twice with padding", "QUJDRA==|QUJDRA=="},
	{"Django's signed session", ".eJxVjDsOwjAQBe_iGlnrD1qgpOcM0a53FxdAiBSnQtw9jpQC2jcz72kGWpcyrE3nYRQzGG8Ovx1jemjdgdyp3iab5rrMI9tdsQdt9jqJPi-H-3dQqJWt9h4Uc6QsSoECd5KPnZNOAmQKqhoZPXBWQGZkPFPygIkQEoJ5fwAL9zfE:1qXyZa:Vq0mTz4sYw8rKd2nHb6xLc9pJf3gAe7uVq0mTz4sYw8"},
	{"Django's messages", `"[[\"__json_message\"\0540\05425\054\"Your search id is saved.\"]]:1qXyZa:dozjgNryP4J3jVmNHl0w5N"`},
	{"Rails' encrypted session", "Zk5xVFZ%2BeQ%3D%3D--b1KjQ%3D%3D--8f2fX%2Bq%3D"},
	{"Express' signed session", "s%3AjT8LkRm2.Qx9%2Bv3c%2FhPz%3D"},
	{"Laravel's payload", "eyJpdiI6Ik1ZQ2M9PSIsInZhbHVlIjoiYWJjIn0%3D"},
	{"Google Analytics", "GA1.2.1234567890.1795000000"},
	{"Google Analytics 4", "GS1.1.1795000000.3.1.1795000300.60.0.0"},
	{"Google Analytics 4, since 2025", "GS2.1.s1795000000$o3$g1$t1795000300$j60$l0$h0"},
	{"Google's campaign", "1.1795000000.1.1.utmcsr=(direct)|utmccn=(direct)|utmcmd=(none)"},
	{"Matomo's id", "4be1c7d0a9f3e2b8.1795000000."},
	{"Matomo's referrer", `["","",1795000000,"https://www.example.org/?q=open%20data&lang=en"]`},
	{"Facebook's browser id", "fb.1.1795000000000.1098115397"},
	{"timestamp", "1795000000123"},
	{"date", "Tue, 08 Dec 2026 05:53:42 GMT"},
	{"ISO date", "2026-12-08T05:53:42.123Z"},
	{"JSON, percent-encoded", "%7B%22id%22%3A1%2C%22url%22%3A%22%2F%3Fa%3Db%26id%3D3%22%7D"},
	{"JSON", `{"id":5,"lang":"en","_ga":true,"uid":null,"list":["id","_gid","c"]}`},
	{"JSON with spaces", `{"id": 5, "lang": "en", "_ga": true, "list": ["id", "_gid", "c"]}`},
	{"JSON with an address", `{"url":"https://data.example.org/explore/?id=3&lang=en#t=1","ref":"https://example.org/a.b/?uid=4"}`},
	{"JSON with an address, after a comma", `{"a":1,"url":"/explore/?id=3","ts":1795000000}`},
	{"JSON in JSON", `{"a":"{\"id\":\"5\",\"lang\":\"en\"}"}`},
	{"query string", "utm_source=x&utm_medium=y&id=3"},
	{"address", "https://www.example.org/explore/?id=3&lang=en&t=1"},
	{"numbers with commas", "12,13,14,1795000000"},
	{"coordinates", "51.5074,-0.1278,12.5"},
	{"languages", "en-GB,en"},
	{"identifiers with commas", "dataset-1,dataset_2,air-quality@city"},
	{"quoted string", `"a b"`},
	{"quoted string with a comma", `"Doe, Jane"`},
	{"name with a comma", "Doe, Jane"},
	{"words", "open data portal"},
	{"words with accents", "données ouvertes é à"},
	{"text with accents and an equals sign", "é=à"},
	{"Cyrillic", "открытые данные"},
	{"Chinese", "开放数据=门户"},
	{"brackets", "[1][2]=3"},
	{"pairs with bars", "a1=1|b2=2|c3=3"},
	{"pairs with colons", "first:1,second:0"},
	{"OneTrust-like", "isGpcEnabled=0&datestamp=Tue+Dec+08+2026+05%3A53%3A42+GMT%2B0000&version=202409.1.0&groups=C0001%3A1%2CC0002%3A0"},
	{"colours and sizes", "dark/large/1.25em"},
	{"AWS load balancer", "Zk5xVFZ+eQ/ab=="},
	{"empty", ""},
	{"empty quotes", `""`},
}

// TestOrdinaryValues: no ordinary value raises a false alarm (Q12), be all cookies of
// the Open Cookie Database refused; and none costs memory.
func TestOrdinaryValues(t *testing.T) {
	e := New(mustParse(t, databasePolicy(t)))
	for _, row := range ordinaryValues {
		t.Run(row.name, func(t *testing.T) {
			line := "necessary=" + row.value
			r := &http.Request{Header: http.Header{"Cookie": {line}}}
			e.Begin(new(headWriter), r)
			if got := r.Header["Cookie"]; !slices.Equal(got, []string{line}) {
				t.Errorf("Q12: %q became %q", line, got)
			}
			x := &Exchange{enforcer: e, request: r}
			if n := testing.AllocsPerRun(10, func() { x.filterRequest(r) }); n != 0 {
				t.Errorf("Q12: %v allocations for %q, want none", n, line)
			}
		})
	}
}

// TestDatabaseHidden: each cookie of the database is found where it hides (Q12).
func TestDatabaseHidden(t *testing.T) {
	t.Parallel()
	e := New(mustParse(t, databasePolicy(t)))
	for _, name := range databaseNames(t) {
		name = strings.ReplaceAll(name, "*", "x")
		for _, form := range []string{"S,%s=G", "S,%s", `"S" %s=G`, "S]%s=G", "S\xa0%s=G", "S,(%s=G"} {
			if strings.ContainsAny(name, " [\u00ad") { // no careless parser reads such a name
				continue
			}
			if got := filtered(e, []string{"necessary=" + fmt.Sprintf(form, name)}); got != "" {
				t.Errorf("Q12: %q passed", got)
			}
		}
	}
}

// databaseNames are the names and patterns of the Open Cookie Database.
func databaseNames(t testing.TB) (names []string) {
	t.Helper()
	data, err := os.ReadFile("testdata/cookie-names.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if !strings.HasPrefix(line, "#") {
			names = append(names, strings.TrimSuffix(line, "\n"))
		}
	}
	if len(names) < 2000 {
		t.Fatalf("%d names", len(names))
	}
	return names
}

// databasePolicy refuses all of them.
func databasePolicy(t testing.TB) string {
	t.Helper()
	var cookies strings.Builder
	for _, name := range databaseNames(t) {
		if cookies.Len() > 0 {
			cookies.WriteString(", ")
		}
		fmt.Fprintf(&cookies, "%q", name)
	}
	return fmt.Sprintf(`version: 1
consent: {cookie: the_choice}
categories:
  - {id: necessary, consent: none}
  - {id: trackers, consent: required}
services:
  - {id: portal, category: necessary, cookies: [necessary, the_choice]}
  - {id: trackers, category: trackers, cookies: [%s]}
`, cookies.String())
}
