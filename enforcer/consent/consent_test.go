package consent_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
)

// The services of these tests, by index: ga, matomo and piano are statistical,
// hotjar is first_party.
var serviceNames = []string{"ga", "matomo", "piano", "hotjar"}

func set(services ...int) (s consent.Set) {
	for _, i := range services {
		s.Add(i)
	}
	return s
}

const halfYear = 180 * 24 * time.Hour

var testNow = time.Date(2026, time.July, 15, 12, 0, 0, 0, time.UTC)

func atTestNow() time.Time { return testNow }

func newDecoder() *consent.Decoder {
	return &consent.Decoder{
		Keys: map[string]consent.Set{
			"ga": set(0), "matomo": set(1), "piano": set(2), "hotjar": set(3),
			"statistical": set(0, 1, 2), "first_party": set(3),
		},
		Timestamp: "timestamp",
		MaxAge:    halfYear,
	}
}

// states writes a choice as a letter for each service: Granted, Denied, "."
// for undecided, "?" for undecodable. It also sees that no service is in two
// sets, and that none is in any that the policy does not know.
func states(t *testing.T, c consent.Choice) string {
	t.Helper()
	var none consent.Set
	if c.Granted.Intersect(c.Denied) != none || c.Granted.Intersect(c.Undecodable) != none || c.Denied.Intersect(c.Undecodable) != none {
		t.Fatalf("C1: the sets of %+v are not disjoint", c)
	}
	if all := c.Granted.Union(c.Denied).Union(c.Undecodable); all.Union(set(0, 1, 2, 3)) != set(0, 1, 2, 3) {
		t.Fatalf("C2: %+v speaks of services that do not exist", c)
	}
	letters := make([]byte, len(serviceNames))
	for i := range letters {
		state := c.State(i)
		letters[i] = ".GD?"[state]
		if c.Granted.Has(i) != (state == consent.Granted) || c.Denied.Has(i) != (state == consent.Denied) {
			t.Fatalf("C1: state %v of service %d does not fit %+v", state, i, c)
		}
	}
	return string(letters)
}

func seconds(d time.Duration) string { return fmt.Sprint(testNow.Add(d).Unix()) }
func millis(d time.Duration) string  { return fmt.Sprint(testNow.Add(d).UnixMilli()) }

// times percent-encodes a text n times, as encodeURIComponent does.
func times(n int, text string) string {
	for range n {
		text = strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
	}
	return text
}

const object = `{"ga": true, "matomo": false}`

var decodeRows = []struct{ name, value, want string }{
	{"C1 nothing", "", "...."},
	{"C2 JSON", object, "GD.."},
	{"C2 JSON without space", `{"ga":true,"matomo":false,"piano":true,"hotjar":false}`, "GDGD"},
	{"C2 JSON with every kind of space", "{\n\t\"ga\" :\r true ,\"matomo\": false }\n", "GD.."},
	{"C2 percent-encoded once", times(1, object), "GD.."},
	{"C2 percent-encoded twice", times(2, object), "GD.."},
	{"C2 percent-encoded thrice", times(3, object), "????"},
	{"C2 percent in lower case", strings.ToLower(times(1, object)), "GD.."},
	{"C2 partly percent-encoded", `{"ga"%3Atrue%2C"matomo":false}`, "GD.."},
	{"C2 percent sign inside raw JSON", `{"ga":true,"note":"100%"}`, "G..."},
	{"C2 plus is no space", `{"ga":+true}`, "????"},
	{"C2 plus for a space, percent-encoded", "%7B%22ga%22:+true%7D", "????"},
	{"C2 Python's quotes", `"{\"ga\": true\054 \"matomo\": false}"`, "GD.."},
	{"C2 Python's quotes, comma as it is", `"{\"ga\": true, \"matomo\": false}"`, "GD.."},
	{"C2 Python's quotes around percent", `"` + times(1, object) + `"`, "GD.."},
	{"C2 percent around Python's quotes", times(1, `"{\"ga\": true\054 \"matomo\": false}"`), "GD.."},
	{"C2 Python's quotes around pairs", `"ga=1&matomo=0"`, "GD.."},
	{"C2 Python's quotes around a list", `"ga\054matomo"`, "GGDD"},
	{"C2 Python's quotes not closed", `"{\"ga\": true}`, "????"},
	{"C2 backslash at the end", `"{\"ga\": true}\"`, "????"},
	{"C2 octal out of range", `"{\"ga\": true\477 \"matomo\": false}"`, "????"},
	{"C2 JSON in plain quotes, as some servers write it", `"{"ga": true}"`, "G..."},

	{"C10 array", `["ga","hotjar"]`, "GDDG"},
	{"C10 array of a category", `["statistical"]`, "GGGD"},
	{"C10 array, percent-encoded", times(1, `["ga", "matomo"]`), "GGDD"},
	{"C10 empty array", `[]`, "DDDD"},
	{"C10 empty array, percent-encoded twice", times(2, `[]`), "DDDD"},
	{"C10 array of unknown names", `["technically_required"]`, "DDDD"},
	{"C10 a service that its list does not name, and its category", `["ga","statistical"]`, "GGGD"},
	{"C2 array with a number", `["ga",1]`, "????"},
	{"C2 array of objects", `[{"ga":true}]`, "????"},
	{"C2 array in an array", `[["ga"]]`, "????"},
	{"C2 array with a comma too many", `["ga",]`, "????"},
	{"C2 array not closed", `["ga"`, "????"},

	{"C2 pairs with ampersand", "ga=1&matomo=0", "GD.."},
	{"C2 pairs with comma", "ga:yes,matomo:no", "GD.."},
	{"C2 pairs with bar", "ga=true|matomo=false", "GD.."},
	{"C2 pairs, percent-encoded", "ga%3D1%26matomo%3D0", "GD.."},
	{"C2 pairs, all words for yes", "ga=ON&matomo=Allow&piano=GRANTED&hotjar=True", "GGGG"},
	{"C2 pairs, all words for no", "ga=off&matomo=Deny&piano=denied&hotjar=No", "DDDD"},
	{"C2 pairs, unknown words", "ga=maybe&matomo=&piano=2&hotjar=truey", "????"},
	{"C2 pairs with space", " ga = yes , matomo = no ", "GD.."},
	{"C2 pairs, one without a word", "ga&matomo=1", "?G.."},
	{"C2 pairs, other separators belong to the word", "ga=1,matomo=1&piano=0", "?.D."},
	{"C2 pairs, second equals sign belongs to the word", "ga==1&matomo=1=0", "??.."},
	{"C2 pairs, plus is no space", "ga=+1", "?..."},
	{"C2 pairs of unknown names", "a=1&b=0&=1&=", "...."},

	{"C2 list", "statistical,first_party", "GGGG"},
	{"C10 list of one", "matomo", "DGDD"},
	{"C10 list with space", " ga , hotjar ", "GDDG"},
	{"C10 list with bar", "ga|piano", "GDGD"},
	{"C10 list, percent-encoded", "ga%2Cmatomo", "GGDD"},
	{"C10 list of unknown names", "necessary,foo", "DDDD"},
	{"C10 list of an unknown name", "technically_required", "DDDD"},
	{"C10 list, a longer name", "gax", "DDDD"},
	{"C2 no list: pairs with another separator", "ga|0,matomo|1", "????"},
	{"C2 no list: a refusal", "ga,false", "????"},
	{"C2 no list: a refusal first", "no|ga", "????"},
	{"C10 list, another case", "GA", "DDDD"},
	{"C10 list, semicolons and spaces do not part", "ga matomo", "DDDD"},
	{"C2 an answer to no question: true", "true", "????"},
	{"C2 an answer to no question: 1", "1", "????"},
	{"C2 an answer to no question: yes", "%79es", "????"},
	{"C2 an answer to no question: null", "null", "????"},
	{"C2 an answer to no question: a number", "-1.5e3", "????"},
	{"C10 a string", `"ga"`, "GDDD"},

	{"C2 empty object", "{}", "...."},
	{"C2 unknown members", `{"foo":true,"bar":false,"a":1,"b":[{"ga":true}]}`, "...."},
	{"C2 number", `{"ga":1,"matomo":true}`, "?G.."},
	{"C2 zero", `{"ga":0}`, "?..."},
	{"C2 every form of number", `{"ga":-0.5e+3,"matomo":1E9,"piano":12}`, "???."},
	{"C2 null", `{"ga":null,"matomo":true}`, "?G.."},
	{"C2 string", `{"ga":"true","matomo":true}`, "?G.."},
	{"C2 object", `{"ga":{"ga":true},"matomo":true}`, "?G.."},
	{"C2 array as member", `{"ga":[true],"matomo":true}`, "?G.."},
	{"C2 nested names do not count", `{"a":{"ga":true,"hotjar":true},"matomo":false}`, ".D.."},
	{"C2 string that looks like members", `{"a":"\",\"ga\":true,\"","matomo":false}`, ".D.."},
	{"C2 category undecodable", `{"statistical":"yes"}`, "???."},
	{"C2 escapes in a name", `{"g\u0061":true,"\u006d\u0061tomo":false}`, "GD.."},
	{"C2 escape of a slash in a name", `{"g\/a":true}`, "...."},
	{"C2 lone surrogate in a name", `{"\ud800ga":true}`, "...."},
	{"C2 broken escape in a name", `{"g\x61":true}`, "????"},
	{"C2 broken escape of four digits", `{"g\u00":true}`, "????"},
	{"C2 True as Python writes it", `{"ga":True}`, "????"},
	{"C2 TRUE", `{"ga":TRUE}`, "????"},
	{"C2 true and more", `{"ga":truest}`, "????"},
	{"C2 number with a leading zero", `{"matomo":true,"a":01}`, "????"},
	{"C2 number with a point at the end", `{"matomo":true,"a":1.}`, "????"},
	{"C2 single quotes", `{'ga':true}`, "????"},
	{"C2 names without quotes", `{ga:true}`, "????"},
	{"C2 comma too many", `{"ga":true,}`, "????"},
	{"C2 comma missing", `{"ga":true "matomo":true}`, "????"},
	{"C2 comment", `{"ga":true/**/}`, "????"},
	{"C2 text after the object", `{"ga":true} x`, "????"},
	{"C2 two objects", `{"ga":true}{"matomo":true}`, "????"},
	{"C2 byte order mark", "\ufeff" + `{"ga":true}`, "????"},
	{"C2 control byte in a name", "{\"ga\x01\":true}", "????"},
	{"C2 line break in a string", "{\"ga\":true,\"a\":\"\n\"}", "????"},
	{"C2 zero byte", "{\"ga\":true}\x00", "????"},
	{"C2 bytes that are not UTF-8", "{\"ga\":true,\"\xff\":true}", "G..."},

	{"C2 broken escape", "%7B%22ga%22%3Atrue%7", "????"},
	{"C2 escape that is none", "%zz", "????"},
	{"C2 percent alone", "%", "????"},
	{"C2 percent in a list", "ga,50%", "????"},
	{"C2 percent bomb", strings.Repeat("%25", 1000), "????"},
	{"C2 percent signs", strings.Repeat("%", 4096), "????"},
	{"C2 JSON broken at the second level", times(2, `{"ga":true`), "????"},

	{"C2 4096 bytes", `{"ga":true,"a":"` + strings.Repeat("x", 4096-18) + `"}`, "G..."},
	{"C2 4097 bytes", `{"ga":true,"a":"` + strings.Repeat("x", 4097-18) + `"}`, "????"},
	{"C2 more than the scratch, percent-encoded", times(1, `{"ga":true,"a":"`+strings.Repeat("x", 1000)+`"}`), "G..."},
	{"C2 4 KiB of opening brackets", strings.Repeat("[", 4096), "????"},
	{"C2 4 KiB of opening braces", strings.Repeat("{", 4096), "????"},
	{"C2 4 KiB of brackets in a member", `{"a":` + strings.Repeat("[", 4000), "????"},
	{"C2 4 KiB of quotes", strings.Repeat(`"`, 4096), "????"},
	{"C2 4 KiB of backslashes", `"` + strings.Repeat(`\`, 4094) + `"`, "????"},
	{"C2 64 levels in a member", `{"ga":true,"a":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`, "G..."},
	{"C2 65 levels in a member", `{"ga":true,"a":` + strings.Repeat("[", 65) + strings.Repeat("]", 65) + `}`, "????"},
	{"C2 brackets that close the wrong way", `{"ga":true,"a":[{]}}`, "????"},
	{"C2 a bracket too many", `{"ga":true,"a":[]]}`, "????"},

	{"C3 category", `{"statistical":true,"first_party":false}`, "GGGD"},
	{"C3 own name denied, category granted", `{"ga":false,"statistical":true}`, "DGG."},
	{"C3 own name granted, category denied", `{"ga":true,"statistical":false}`, "DDD."},
	{"C3 category denied comes last", `{"ga":true,"matomo":true,"statistical":false,"hotjar":true}`, "DDDG"},
	{"C3 own name undecodable, category granted", `{"ga":"x","statistical":true}`, "?GG."},
	{"C3 own name undecodable, category denied", `{"ga":"x","statistical":false}`, "DDD."},
	{"C3 twice, granted and denied", `{"ga":true,"ga":false}`, "D..."},
	{"C3 twice, denied and granted", `{"ga":false,"ga":true}`, "D..."},
	{"C3 twice, granted", `{"ga":true,"ga":true}`, "G..."},
	{"C3 twice, granted and undecodable", `{"ga":true,"ga":1}`, "?..."},
	{"C3 twice, undecodable and granted", `{"ga":1,"ga":true}`, "?..."},
	{"C3 twice, once with escapes", `{"ga":true,"\u0067a":false}`, "D..."},
	{"C3 pairs twice", "ga=1&ga=0&matomo=1&matomo=1", "DG.."},

	{"C5 no timestamp", `{"ga":true}`, "G..."},
	{"C5 now, in seconds", `{"ga":true,"timestamp":` + seconds(0) + `}`, "G..."},
	{"C5 now, in milliseconds", `{"ga":true,"timestamp":` + millis(0) + `}`, "G..."},
	{"C5 exactly max_age", `{"ga":true,"timestamp":` + seconds(-halfYear) + `}`, "G..."},
	{"C5 exactly max_age, in milliseconds", `{"ga":true,"timestamp":` + millis(-halfYear) + `}`, "G..."},
	{"C5 older by a second", `{"ga":true,"timestamp":` + seconds(-halfYear-time.Second) + `}`, "...."},
	{"C5 older by a millisecond", `{"ga":true,"timestamp":` + millis(-halfYear-time.Millisecond) + `}`, "...."},
	{"C8 an old refusal still refuses", `{"ga":false,"matomo":true,"timestamp":` + seconds(-2*halfYear) + `}`, "D..."},
	{"C8 an old refusal, of what is granted as well", `{"ga":false,"statistical":true,"timestamp":` + seconds(-2*halfYear) + `}`, "D..."},
	{"C8 a refusal from the future", `{"ga":false,"timestamp":` + seconds(48*time.Hour) + `}`, "D..."},
	{"C8 what cannot be read does not age", `{"ga":"no","matomo":true,"timestamp":1}`, "?..."},
	{"C8 old pairs", "ga=0&matomo=1&timestamp=1", "D..."},
	{"C5 the timestamp stands first", `{"timestamp":` + seconds(-2*halfYear) + `,"ga":true}`, "...."},
	{"C5 fraction of a second", `{"ga":true,"timestamp":` + seconds(-time.Hour) + `.987654}`, "G..."},
	{"C5 fraction, too old", `{"ga":true,"timestamp":` + seconds(-2*halfYear) + `.5}`, "...."},
	{"C5 future by less than a day", `{"ga":true,"timestamp":` + seconds(23*time.Hour) + `}`, "G..."},
	{"C5 future by a day", `{"ga":true,"timestamp":` + seconds(24*time.Hour) + `}`, "G..."},
	{"C5 future by more than a day", `{"ga":true,"timestamp":` + seconds(24*time.Hour+time.Second) + `}`, "...."},
	{"C5 future by more than a day, in milliseconds", `{"ga":true,"timestamp":` + millis(24*time.Hour+time.Millisecond) + `}`, "...."},
	{"C5 far future", `{"ga":true,"timestamp":999999999999999999}`, "...."},
	{"C5 zero", `{"ga":true,"timestamp":0}`, "...."},
	{"C5 two timestamps, one too old", `{"ga":true,"timestamp":` + seconds(0) + `,"timestamp":1}`, "...."},
	{"C5 two timestamps, the second in the future", `{"ga":true,"timestamp":` + seconds(0) + `,"timestamp":` + seconds(48*time.Hour) + `}`, "...."},
	{"C5 two timestamps, the first in the future", `{"ga":true,"timestamp":` + seconds(48*time.Hour) + `,"timestamp":` + seconds(0) + `}`, "...."},
	{"C5 two timestamps, both good", `{"ga":true,"timestamp":` + seconds(-time.Hour) + `,"timestamp":` + seconds(0) + `}`, "G..."},
	{"C5 a timestamp in a value that breaks off", `{"timestamp":1,"ga":true`, "????"},
	{"C5 unreadable: more digits than any date", `{"ga":true,"timestamp":1000000000000000000}`, "????"},
	{"C5 unreadable: negative", `{"ga":true,"timestamp":-1}`, "????"},
	{"C5 unreadable: exponent", `{"ga":true,"timestamp":1.7e9}`, "????"},
	{"C5 unreadable: string", `{"ga":true,"timestamp":"` + seconds(0) + `"}`, "????"},
	{"C5 unreadable: null", `{"ga":true,"timestamp":null}`, "????"},
	{"C5 unreadable: boolean", `{"ga":true,"timestamp":true}`, "????"},
	{"C5 unreadable: object", `{"ga":true,"timestamp":{}}`, "????"},
	{"C5 unreadable beats too old", `{"ga":true,"timestamp":1,"timestamp":null}`, "????"},
	{"C5 pairs", "ga=1&timestamp=" + seconds(0), "G..."},
	{"C5 pairs, too old", "ga=1&timestamp=1", "...."},
	{"C5 pairs, unreadable", "ga=1&timestamp=today", "????"},
	{"C5 pairs, empty", "ga=1&timestamp=", "????"},
	{"C5 nested timestamp does not count", `{"ga":true,"a":{"timestamp":1}}`, "G..."},
	{"C5 another name", `{"ga":true,"timestamps":1}`, "G..."},
}

// C1 to C5, C7: each value, and what it says of ga, matomo, piano and hotjar.
func TestDecode(t *testing.T) {
	t.Parallel()
	for _, row := range decodeRows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if got := states(t, newDecoder().Decode(row.value, atTestNow)); got != row.want {
				t.Errorf("Decode(%.300q) = %s, want %s", row.value, got, row.want)
			}
		})
	}
}

// C2: a value cut off anywhere grants nothing that was not whole.
func TestDecodeTruncated(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, whole := range []string{
		`{"ga":true,"matomo":true,"a":[1,{"b":"c"}]}`,
		`["ga","matomo","hotjar"]`,
		`"{\"ga\": true\054 \"matomo\": true}"`,
		times(1, object), times(2, object),
	} {
		if got := states(t, newDecoder().Decode(whole, atTestNow)); !strings.HasPrefix(got, "G") {
			t.Fatalf("%q grants nothing at all: %s", whole, got)
		}
		for n := 1; n < len(whole); n++ {
			checked++
			got := states(t, newDecoder().Decode(whole[:n], atTestNow))
			if strings.Contains(got, "G") {
				t.Errorf("C2: Decode(%q) = %s, want no grant of a broken value", whole[:n], got)
			}
		}
	}
	if checked == 0 {
		t.Error("nothing was checked")
	}
}

// C2: a format that the policy names is the only one that is read.
func TestDecodeFormat(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		format consent.Format
		value  string
		want   string
	}{
		{"JSON reads an object", consent.JSONFormat, object, "GD.."},
		{"JSON reads an array", consent.JSONFormat, `["ga"]`, "GDDD"},
		{"JSON reads percent", consent.JSONFormat, times(2, object), "GD.."},
		{"JSON reads no pairs", consent.JSONFormat, "ga=1&matomo=0", "????"},
		{"JSON reads no list", consent.JSONFormat, "ga", "????"},
		{"JSON does not read nothing", consent.JSONFormat, "", "????"},
		{"pairs", consent.PairsFormat, "ga=1&matomo=0", "GD.."},
		{"pairs, percent-encoded", consent.PairsFormat, "ga%3D1", "G..."},
		{"pairs reads no list", consent.PairsFormat, "ga,matomo", "??.."},
		{"pairs reads no object", consent.PairsFormat, object, "????"},
		{"pairs reads no object, percent-encoded", consent.PairsFormat, times(1, object), "????"},
		{"pairs reads no array", consent.PairsFormat, `["ga"]`, "????"},
		{"list", consent.ListFormat, "ga,first_party", "GDDG"},
		{"list reads no pairs", consent.ListFormat, "ga=1,matomo=0", "????"},
		{"list with nothing in it", consent.ListFormat, "", "DDDD"},
		{"pairs of nothing", consent.PairsFormat, "", "...."},
		{"list reads no object", consent.ListFormat, `{"ga":true}`, "????"},
		{"list reads no array", consent.ListFormat, `["ga"]`, "????"},
		{"list reads no answer", consent.ListFormat, "true", "????"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d := newDecoder()
			d.Format = row.format
			if got := states(t, d.Decode(row.value, atTestNow)); got != row.want {
				t.Errorf("C2: Decode(%q) = %s, want %s", row.value, got, row.want)
			}
		})
	}
}

// C5: without a max_age, or without the name of a timestamp, nothing ages, and
// what the value holds there is nobody's business.
func TestDecodeWithoutAge(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*consent.Decoder){
		"no max_age":   func(d *consent.Decoder) { d.MaxAge = 0 },
		"no timestamp": func(d *consent.Decoder) { d.Timestamp = "" },
	} {
		for _, timestamp := range []string{"1", "null", `"x"`, "99999999999999999999"} {
			d := newDecoder()
			change(d)
			value := `{"ga":true,"timestamp":` + timestamp + `,"":0}`
			if got := states(t, d.Decode(value, nil)); got != "G..." { // the clock is not asked
				t.Errorf("C5: %s: Decode(%q) = %s, want G...", name, value, got)
			}
		}
	}
}

// C7: with no keys at all, nothing can be said, and nothing breaks.
func TestDecodeWithoutKeys(t *testing.T) {
	t.Parallel()
	var d consent.Decoder
	for _, row := range decodeRows {
		if got := d.Decode(row.value, nil); got != (consent.Choice{}) {
			t.Errorf("C7: Decode(%.100q) without keys = %+v", row.value, got)
		}
	}
}

// C3: several consent cookies in one request.
func TestAnd(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, a, b, want string }{
		{"both grant", "ga=1", "ga=1", "G..."},
		{"one grants, one says nothing", "ga=1&matomo=1", "matomo=1", ".G.."},
		{"lists", "ga,matomo", "matomo", "DGDD"},
		{"one grants, one is empty", "ga=1", "", "...."},
		{"one grants, one denies", "ga=1", "ga=0", "D..."},
		{"one denies, one says nothing", "ga=0", "", "D..."},
		{"one grants, one cannot be read", "ga=1", "ga=?", "?..."},
		{"one denies, one cannot be read", "ga=0", "ga=?", "D..."},
		{"one cannot be read at all", "statistical=1&hotjar=0", "{", "???D"},
		{"one grants, one is too old", "ga=1", "ga=1&timestamp=1", "...."},
		{"one grants, one is a refusal that is too old", "ga=1", "ga=0&timestamp=1", "D..."},
		{"one names the service, one its category", "ga=1", "statistical=1", "G..."},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			a, b := newDecoder().Decode(row.a, atTestNow), newDecoder().Decode(row.b, atTestNow)
			if got := states(t, a.And(b)); got != row.want {
				t.Errorf("C3: %q and %q = %s, want %s", row.a, row.b, got, row.want)
			}
			if a.And(b) != b.And(a) {
				t.Errorf("C3: %q and %q depend on their order", row.a, row.b)
			}
			if a.And(a) != a {
				t.Errorf("C3: %q twice is not the same", row.a)
			}
		})
	}
}

// C1: a choice may have service 511, and none of its neighbours.
func TestSetBounds(t *testing.T) {
	t.Parallel()
	for i := range consent.MaxServices {
		s := set(i)
		for j := range consent.MaxServices {
			if s.Has(j) != (i == j) {
				t.Fatalf("C1: the set of %d has %d: %v", i, j, s.Has(j))
			}
		}
		c := consent.Choice{Granted: s}
		if c.State(i) != consent.Granted {
			t.Fatalf("C1: service %d is %v, want granted", i, c.State(i))
		}
	}
}

// C7: reading an ordinary value costs no allocation.
func TestDecodeDoesNotAllocate(t *testing.T) {
	d := newDecoder()
	ordinary := times(1, `{"functional_cookies":true,"ga":true,"matomo":false,"xiti":false,"at":true,"piano":true,"eulerian":false,"timestamp":`+millis(-time.Hour)+`}`)
	for _, row := range []struct{ name, value, want string }{
		{"percent-encoded JSON", ordinary, "GDG."},
		{"raw JSON", object, "GD.."},
		{"Python's quotes", `"{\"ga\": true\054 \"matomo\": false}"`, "GD.."},
		{"array", `["ga","hotjar"]`, "GDDG"},
	} {
		var got consent.Choice
		if allocs := testing.AllocsPerRun(100, func() { got = d.Decode(row.value, atTestNow) }); allocs != 0 {
			t.Errorf("C7: %s: %v allocations, want none", row.name, allocs)
		}
		if s := states(t, got); s != row.want {
			t.Errorf("C2: %s: %s, want %s", row.name, s, row.want)
		}
	}
}

var pythonEscape = regexp.MustCompile(`(?s)\\([0-3][0-7][0-7]|.)`)

// unquotePython is the reference for Python's quoted form.
func unquotePython(text string) string {
	if len(text) < 2 || text[0] != '"' || text[len(text)-1] != '"' {
		return text
	}
	return string(pythonEscape.ReplaceAllFunc([]byte(text[1:len(text)-1]), func(m []byte) []byte {
		if len(m) == 4 && m[1] <= '3' {
			return []byte{m[1]<<6 | (m[2]-'0')<<3 | m[3] - '0'}
		}
		return m[1:]
	}))
}

// levels are the texts that a value may stand for: as it is, decoded once, and
// decoded twice.
func levels(value string) (texts []string) {
	for range 3 {
		value = strings.Trim(unquotePython(value), " \t")
		texts = append(texts, value)
		decoded, err := url.PathUnescape(value)
		if err != nil || decoded == value { // quotes in quotes are no level
			break
		}
		value = decoded
	}
	return texts
}

// members reads the members of an object with encoding/json: for each service,
// what all its names say. It is false where the text is no object.
func members(text string) (said [4]map[string]bool, timestamp, ok bool) {
	if !strings.HasPrefix(text, "{") || !json.Valid([]byte(text)) {
		return said, false, false
	}
	keys := newDecoder().Keys
	d := json.NewDecoder(strings.NewReader(text))
	d.Token()
	for d.More() {
		name, _ := d.Token()
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return said, false, false
		}
		timestamp = timestamp || name == "timestamp"
		services := keys[name.(string)]
		for i := range said {
			if services.Has(i) {
				if said[i] == nil {
					said[i] = map[string]bool{}
				}
				said[i][string(bytes.TrimSpace(value))] = true
			}
		}
	}
	return said, timestamp, true
}

// FuzzDecode: whatever the value, decoding does not panic, the sets are
// disjoint, and nothing is granted without an explicit yes (C1, C2, C7). Where
// encoding/json can read the value as an object, each state is what its members
// say, one by one.
func FuzzDecode(f *testing.F) {
	for _, row := range decodeRows {
		f.Add(row.value)
	}
	f.Add(` "{}"`)
	f.Add(`""{}""`)
	categories := []string{"statistical", "statistical", "statistical", "first_party"}
	f.Fuzz(func(t *testing.T, value string) {
		got := states(t, newDecoder().Decode(value, atTestNow))
		if len(value) > consent.MaxValueBytes {
			if got != "????" {
				t.Fatalf("C2: a value of %d bytes is %s", len(value), got)
			}
			return
		}
		texts := levels(value)
		for _, text := range texts {
			said, aged, ok := members(text)
			if !ok {
				continue
			}
			deep := strings.Count(text, "[")+strings.Count(text, "{") > 64
			for i, words := range said {
				want := byte('?')
				switch {
				case words["false"]:
					want = 'D'
				case len(words) == 0:
					want = '.'
				case len(words) == 1 && words["true"]:
					want = 'G'
				}
				// Age and depth take grants away, and never give one.
				if got[i] != want && (got[i] == 'G' || !aged && !deep) {
					t.Fatalf("C2: %s is %c in Decode(%q), want %c", serviceNames[i], got[i], value, want)
				}
			}
			return
		}
		for i, name := range serviceNames {
			if got[i] != 'G' {
				continue
			}
			explicit := false
			for _, text := range texts {
				explicit = explicit || strings.Contains(text, name) || strings.Contains(text, categories[i]) || strings.Contains(text, `\u`)
			}
			if !explicit {
				t.Fatalf("C2: Decode(%q) grants %s, which it does not name", value, name)
			}
		}
	})
}
