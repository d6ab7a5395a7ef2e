package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/caddy-consent/caddy-consent/enforcer"
	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

// secret is in every value of a cookie in these tests, and in other texts that
// must not be told (rule F3).
const secret = "Secret"

func shippedPolicy(t testing.TB, replace ...string) *policy.Policy {
	t.Helper()
	data, err := os.ReadFile("../policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Parse("policy.yaml", []byte(strings.NewReplacer(replace...).Replace(string(data))))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// inShort is a finding on one line.
func inShort(f Finding) string {
	return fmt.Sprintf("%s %s %s %q %s %s/%s %dx, first %d %s", f.Phase, f.Action, f.Direction, f.Name, f.Reason, f.Category, f.Service, f.Count, f.First, f.Path)
}

func findings(r *Report) (all []string) {
	for _, f := range r.Cookies {
		all = append(all, inShort(f))
	}
	return all
}

// noSecrets holds F3, however the report is printed.
func noSecrets(t *testing.T, r *Report, err error) {
	t.Helper()
	if r == nil {
		r = &Report{}
	}
	asJSON, jsonErr := json.Marshal(r)
	if jsonErr != nil {
		t.Error(jsonErr)
	}
	for _, text := range []string{fmt.Sprintf("%+v", r), fmt.Sprintf("%#v", r), string(asJSON), fmt.Sprintf("%+v", err)} {
		if strings.Contains(strings.ToLower(text), strings.ToLower(secret)) {
			t.Errorf("F3: it tells a value: %s", text)
		}
	}
}

// har is a recording of entries.
func har(entries ...string) string {
	return `{"log": {"entries": [` + strings.Join(entries, ",") + `]}}`
}

// at is an entry at some second of a day, with the Cookie line of the request and
// the Set-Cookie lines of the response.
func at(second int, address, line string, setCookies ...string) string {
	type header struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	type message struct {
		URL     string   `json:"url,omitempty"`
		Headers []header `json:"headers"`
	}
	entry := struct {
		Started  string  `json:"startedDateTime"`
		Request  message `json:"request"`
		Response message `json:"response"`
	}{Started: fmt.Sprintf("2026-11-24T10:00:%02d.000Z", second), Request: message{URL: address}}
	if line != "" {
		entry.Request.Headers = append(entry.Request.Headers, header{"Cookie", line})
	}
	for _, set := range setCookies {
		entry.Response.Headers = append(entry.Response.Headers, header{"Set-Cookie", set})
	}
	text, err := json.Marshal(entry)
	if err != nil {
		panic(err)
	}
	return string(text)
}

const (
	site    = "https://data.ajman.ae/"
	granted = `cookies_preferences={"ga":true,"matomo":true,"timestamp":1795514400,"x":"Secret"}`
	denied  = `cookies_preferences={"ga":false,"matomo":false,"timestamp":1795514400,"x":"Secret"}`
)

var recordings = []struct {
	name, har string
	want      []string
	warnings  int
}{
	{
		name: "Chrome: names in lower case, pseudo-headers, lines that are joined, its own members",
		har: `{"log":{"version":"1.2","creator":{"name":"WebInspector","version":"537.36"},"pages":[{"title":"{\"[\\"}],"entries":[
			{"_initiator":{"type":"script","stack":{"callFrames":[{"functionName":"","url":"x"}],"parent":{"parent":{"callFrames":[]}}}},"_priority":"High","cache":{},
			"request":{"method":"GET","url":"https://data.ajman.ae/explore/?q=Secret#Secret","httpVersion":"http/2.0","headers":[
				{"name":":authority","value":"data.ajman.ae"},{"name":"cookie","value":"sessionid=Secret1"},{"name":"cookie","value":"_ga=Secret2; _ga_AB12CD34EF=Secret"}],
				"queryString":[{"name":"q","value":"Secret"}],"cookies":[{"name":"sessionid","value":"Secret1"}],"headersSize":-1,"bodySize":0},
			"response":{"status":200,"headers":[{"name":"set-cookie","value":"csrftoken=Secret; Max-Age=31449600; Path=/\n_gid=Secret; Path=/\r\n_gat=Secret"}],
				"cookies":[],"content":{"size":2,"mimeType":"text/html","text":"PGh0bWw+","encoding":"base64"}},
			"startedDateTime":"2026-11-24T10:00:00.123Z","time":12.5e-3,"timings":{"blocked":-1,"_blocked_queueing":null,"ok":true}}]}}`,
		want: []string{
			`before removed request "_ga" undecided statistical/ga 1x, first 1 /explore/`,
			`before removed request "_ga_*" undecided statistical/ga 1x, first 1 /explore/`,
			`before removed response "_gat" undecided statistical/ga 1x, first 1 /explore/`,
			`before removed response "_gid" undecided statistical/ga 1x, first 1 /explore/`,
			`before kept response "csrftoken" necessary necessary/csrf 1x, first 1 /explore/`,
			`before kept request "sessionid" necessary necessary/session 1x, first 1 /explore/`,
		},
		warnings: 1,
	},
	{
		name: "Firefox: lines apart, an offset in the time, a mark of UTF-8",
		har: "\ufeff" + `{"log":{"creator":{"name":"Firefox"},"entries":[{"startedDateTime":"2026-11-24T14:00:00.000+04:00","pageref":"page_1",
			"request":{"bodySize":0,"method":"GET","url":"https://data.ajman.ae/","headers":[{"name":"Host","value":"data.ajman.ae"},{"name":"Cookie","value":"_pk_id.1.1fff=Secret"}],
				"cookies":[{"name":"_pk_id.1.1fff","value":"Secret"}],"queryString":[]},
			"response":{"status":302,"headers":[{"name":"Set-Cookie","value":"sessionid=Secret; HttpOnly; Max-Age=1209600"},{"name":"Set-Cookie","value":"_pk_ses.1.1fff=Secret"}],
				"cookies":[{"name":"sessionid","value":"Secret"}]}}]}}`,
		want: []string{
			`before removed request "_pk_id.*.*" undecided statistical/matomo 1x, first 1 /`,
			`before removed response "_pk_ses.*.*" undecided statistical/matomo 1x, first 1 /`,
			`before kept response "sessionid" necessary necessary/session 1x, first 1 /`,
		},
		warnings: 1,
	},
	{
		name: "Chrome: a value that looks like a line of Safari's",
		har: har(strings.Replace(at(0, site, "", "sessionid=Secret, _ga=Secret; Path=/"),
			`"response":{`, `"response":{"cookies":[{"name":"sessionid","value":"Secret, _ga=Secret"}],`, 1)),
		want:     []string{`before kept response "sessionid" necessary necessary/session 1x, first 1 /`},
		warnings: 1,
	},
	{
		name: "Set-Cookie lines in one, of a recorder that lists no cookies",
		har:  har(at(0, site, "", "sessionid=Secret; Path=/, _ga=Secret; Path=/")),
		want: []string{
			`before removed response "_ga" undecided statistical/ga 1x, first 1 /`,
			`before kept response "sessionid" necessary necessary/session 1x, first 1 /`,
		},
		warnings: 1,
	},
	{
		name: "Safari: Set-Cookie lines in one, with dates",
		har: har(strings.Replace(at(0, site, "", "sessionid=Secret; expires=Tue, 08 Dec 2026 05:53:42 GMT; Path=/, _ga=Secret; Expires=Wed, 09-Dec-2026 05:53:42 GMT, _gid=Secret"),
			`"response":{`, `"response":{"cookies":[{"name":"sessionid","value":"Secret"},{"name":"_ga","value":"Secret"},{"name":"_gid","value":"Secret"}],`, 1)),
		want: []string{
			`before removed response "_ga" undecided statistical/ga 1x, first 1 /`,
			`before removed response "_gid" undecided statistical/ga 1x, first 1 /`,
			`before kept response "sessionid" necessary necessary/session 1x, first 1 /`,
		},
		warnings: 1,
	},
	{
		name: "a proxy: no headers of cookies, but a list, of which values are decoded",
		har: har(`{"startedDateTime":"2026-11-24T10:00:00+0000","request":{"url":"http://DATA.ajman.ae.:8080","headers":[{"name":"Cookie","value":""}],"cookies":[
				{"value":"{\"ga\": true, \"x\": \"a;Secret\"}","name":"cookies_preferences","comment":""},{"name":"_ga","value":"Secret","expires":"2030-11-24T10:00:00Z"},{"name":"_hjid","value":5}]},
			"response":{"headers":null,"cookies":[{"name":"_gid","value":"Secret","path":"/","domain":".ajman.ae","expires":"2030-11-24T10:00:00.000Z","httpOnly":false,"secure":true,"sameSite":"Lax"},
				{"name":"_gat","value":"Secret","expires":null},{"name":"_hjid","value":"","expires":"1970-01-01T00:00:00.000Z"}]}}`),
		want: []string{
			`after removed request "_hjid" undecided first_party/hotjar 1x, first 1 /`,
			`after capped response "_gid" retention statistical/ga 1x, first 1 /`,
			`after kept request "_ga" granted statistical/ga 1x, first 1 /`,
			`after kept response "_gat" granted statistical/ga 1x, first 1 /`,
			`after kept response "_hjid" deletion first_party/hotjar 1x, first 1 /`,
			`after kept request "cookies_preferences" choice necessary/preferences 1x, first 1 /`,
		},
	},
	{
		name:     "Chrome, sanitized: no cookies at all",
		har:      har(`{"startedDateTime":"2026-11-24T10:00:00Z","request":{"url":"https://data.ajman.ae?Secret","headers":[{"name":"accept","value":"*/*"}],"cookies":[]},"response":{"headers":[],"cookies":[]}}`),
		warnings: 1,
	},
	{
		name: "log is not first, null wherever something can be, an answer that never came",
		har: `{"comment":null,"x":[[],{},[{}]],"log":{"pages":null,"entries":[null,{"request":null,"response":null},{"request":{"url":null,"headers":[null,{"name":null}],"cookies":[null]}},
			{"request":{"url":"https://data.ajman.ae/blocked","headers":[{"name":"Cookie","value":"_ga=Secret"}]},"response":{"status":0,"headers":[],"cookies":[]},"startedDateTime":"soon"}]}}`,
		want: []string{
			`before removed request "_ga" undecided statistical/ga 1x, first 4 /blocked`,
		},
		warnings: 3,
	},
	{
		name: "what goes over no network, a WebSocket, other hosts",
		har: har(
			`{"request":{"url":"data:image/png;base64,AAAA","headers":[]},"response":{}}`,
			`{"request":{"url":"blob:https://data.ajman.ae/1","headers":[]},"response":{}}`,
			`{"request":{"url":"chrome-extension://abc/x.js","headers":[]},"response":{}}`,
			at(1, "https://stats.example.org/matomo.php", "_pk_id.1.1fff=Secret", "_pk_ses.1.1fff=Secret"),
			at(1, "https://data.ajman.ae.example.org/", "_ga=Secret"),
			strings.TrimSuffix(at(2, "wss://user:Secret@data.ajman.ae/live;jsessionid=Secret", "_gid=Secret"), "}")+`,"_webSocketMessages":[{"type":"send","time":1.5,"opcode":1,"data":"Secret"}]}`,
		),
		want: []string{
			`before removed request "_gid" undecided statistical/ga 1x, first 6 /live`,
		},
		warnings: 1,
	},
	{
		name: "before and after the choice",
		har: har(
			at(0, site+"a", "cookies_preferences={}; _ga=Secret", "cookies_preferences={}"),
			at(1, site+"b", "_ga=Secret"),
			at(2, site+"c", denied+"; _ga=Secret"),
			at(3, site+"d", "_ga=Secret"),
			at(4, site+"e", denied+"; _ga=Secret", "_gid=Secret"),
		),
		want: []string{
			`before removed request "_ga" undecided statistical/ga 2x, first 1 /a`,
			`before kept request "cookies_preferences" choice necessary/preferences 1x, first 1 /a`,
			`before kept response "cookies_preferences" choice necessary/preferences 1x, first 1 /a`,
			`after removed request "_ga" denied statistical/ga 2x, first 3 /c`,
			`after removed request "_ga" undecided statistical/ga 1x, first 4 /d`,
			`after removed response "_gid" denied statistical/ga 1x, first 5 /e`,
			`after expired response "_ga" denied statistical/ga 2x, first 3 /c`,
			`after kept request "cookies_preferences" choice necessary/preferences 2x, first 3 /c`,
		},
	},
	{
		name: "a response sets the choice: what the request has was before it",
		har:  har(at(0, site, "_ga=Secret", granted, "_gid=Secret; Max-Age=60")),
		want: []string{
			`before removed request "_ga" undecided statistical/ga 1x, first 1 /`,
			`after kept response "_gid" granted statistical/ga 1x, first 1 /`,
			`after kept response "cookies_preferences" choice necessary/preferences 1x, first 1 /`,
		},
	},
	{
		name: "a choice that is deleted, and the browser's signal, are no choice",
		har:  har(strings.Replace(at(0, site, "_ga=Secret", `cookies_preferences={"ga":true}; Max-Age=0`), `"headers":[`, `"headers":[{"name":"sec-gpc","value":"1"},`, 1)),
		want: []string{
			`before removed request "_ga" denied statistical/ga 1x, first 1 /`,
			`before expired response "_ga" denied statistical/ga 1x, first 1 /`,
			`before kept response "cookies_preferences" choice necessary/preferences 1x, first 1 /`,
		},
		warnings: 1,
	},
	{
		name: "the order in the file is not that in time",
		har: har(
			at(5, site+"5", "_ga=Secret; sessionid=Secret"),
			at(4, site+"4", granted+"; sessionid=Secret"),
			at(3, site+"3", "_ga=Secret"),
			at(1, site+"1", "_ga=Secret"),
			at(6, site+"6", "_gid=Secret"),
		),
		want: []string{
			// The first of the file cannot be told from the others any more.
			`before removed request "_ga" undecided statistical/ga 3x, first 4 /*`,
			`after removed request "_gid" undecided statistical/ga 1x, first 5 /*`,
			`after kept request "cookies_preferences" choice necessary/preferences 1x, first 2 /*`,
			`after kept request "sessionid" necessary necessary/session 2x, first 2 /*`,
		},
	},
	{
		name: "an exchange without a time comes after the one before it",
		har:  har(at(5, site, granted), strings.Replace(at(0, site, "_ga=Secret"), "startedDateTime", "time", 1), at(4, site, "_gid=Secret")),
		want: []string{
			`before removed request "_gid" undecided statistical/ga 1x, first 3 /`,
			`after removed request "_ga" undecided statistical/ga 1x, first 2 /`,
			`after kept request "cookies_preferences" choice necessary/preferences 1x, first 1 /`,
		},
		warnings: 1,
	},
	{
		name: "a choice ages by the clock of the recording",
		har: har(
			at(0, site, granted+"; _ga=Secret"),
			strings.Replace(at(0, site, granted+"; _gid=Secret"), "2026-11-24", "2036-11-24", 1),
		),
		want: []string{
			`after removed request "_gid" undecided statistical/ga 1x, first 2 /`,
			`after kept request "_ga" granted statistical/ga 1x, first 1 /`,
			`after kept request "cookies_preferences" choice necessary/preferences 2x, first 1 /`,
		},
		warnings: 1, // it is too old
	},
	{
		name: "C8: a choice that is too old from the beginning is one all the same",
		har:  har(strings.Replace(at(0, site, granted+"; _ga=Secret"), "2026-11-24", "2036-11-24", 1)),
		want: []string{
			`after removed request "_ga" undecided statistical/ga 1x, first 1 /`,
			`after kept request "cookies_preferences" choice necessary/preferences 1x, first 1 /`,
		},
		warnings: 1,
	},
	{
		name: "C3: two choices that disagree",
		har:  har(at(0, site, granted+"; "+denied+"; _ga=Secret")),
		want: []string{
			`after removed request "_ga" disputed statistical/ga 1x, first 1 /`,
			`after expired response "_ga" disputed statistical/ga 1x, first 1 /`,
			`after kept request "cookies_preferences" choice necessary/preferences 2x, first 1 /`,
		},
		warnings: 1,
	},
	{
		name: "names and paths: no ids, nothing that a terminal obeys, no text of nameless cookies",
		har: har(
			at(0, site+"user/0f3a9c1b77/x%zz\x1b[1m?a=Secret", "Secret; =Secret; a\x1b[1m=Secret; 0123456789abcdef=Secret"),
			at(0, site+"t/s3cr3tAbCdEfGhIjKlMn/Ab-Cd", strings.Repeat("n", 300)+"=Secret; a,_ga=Secret; a b=Secret"),
		),
		want: []string{
			`before removed request "" unlisted / 2x, first 1 /user/*/x%zz�[*m`,
			`before removed request "*" unlisted / 1x, first 1 /user/*/x%zz�[*m`,
			`before removed request "a b" unlisted / 1x, first 2 /t/*/Ab-Cd`,
			`before removed request "a,_ga" unlisted / 1x, first 2 /t/*/Ab-Cd`,
			`before removed request "a�[*m" unlisted / 1x, first 1 /user/*/x%zz�[*m`,
			`before removed request "` + strings.Repeat("n", 128) + `…" unlisted / 1x, first 2 /t/*/Ab-Cd`,
		},
		warnings: 1,
	},
}

// TestRecordings judges recordings as browsers and proxies write them.
func TestRecordings(t *testing.T) {
	t.Parallel()
	p := shippedPolicy(t, "#\n# signals:\n#   gpc:", "signals:\n  gpc:")
	for _, c := range recordings {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, err := Run(p, "site.har", iotest.OneByteReader(strings.NewReader(c.har)), Options{})
			if err != nil {
				t.Fatal(err)
			}
			noSecrets(t, r, err)
			if got := findings(r); !slices.Equal(got, c.want) {
				t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(c.want, "\n  "))
			}
			if len(r.Warnings) != c.warnings {
				t.Errorf("%d warnings, want %d: %q", len(r.Warnings), c.warnings, r.Warnings)
			}
			if r.Host != "data.ajman.ae" {
				t.Errorf("host %q", r.Host)
			}
		})
	}
}

// TestOwned: cookies of the consent manager are told from unlisted ones, and hold no
// choice (Q5).
func TestOwned(t *testing.T) {
	t.Parallel()
	p := shippedPolicy(t, "\nconsent:\n", "\nexpire_unlisted: true\nconsent:\n  owns: [banner-*]\n")
	r, err := Run(p, "site.har", strings.NewReader(har(
		at(0, site, "banner-a1=Secret; stranger=Secret", "banner-b2=Secret"),
		at(1, site, denied+"; banner-a1=Secret; stranger=Secret"),
	)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	noSecrets(t, r, err)
	want := []string{
		`before removed request "stranger" unlisted / 1x, first 1 /`,
		`before kept request "banner-*" owned / 1x, first 1 /`,
		`before kept response "banner-*" owned / 1x, first 1 /`,
		`after removed request "stranger" unlisted / 1x, first 2 /`,
		`after expired response "stranger" unlisted / 1x, first 2 /`,
		`after kept request "banner-*" owned / 1x, first 2 /`,
		`after kept request "cookies_preferences" choice necessary/preferences 1x, first 2 /`,
	}
	if got := findings(r); !slices.Equal(got, want) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
	if r.Choice != 2 {
		t.Errorf("the choice is in entry %d", r.Choice)
	}
}

// TestWhyNothingIsDecided: a recording has no choice only where there is none, and says
// why consent cookies that are there are none.
func TestWhyNothingIsDecided(t *testing.T) {
	t.Parallel()
	p, err := policy.Parse("policy.yaml", []byte(`version: 1
site: https://data.ajman.ae
consent: {preset: onetrust, keys: {statistical: C0002}}
categories: [{id: necessary, consent: none}, {id: statistical, consent: required}]
services:
  - {id: portal, category: necessary, cookies: [sessionid]}
  - {id: ga, category: statistical, cookies: [_ga]}
`))
	if err != nil {
		t.Fatal(err)
	}
	const groups = "OptanonConsent=groups=C0002%3A1; "
	for _, c := range []struct {
		name, cookies string
		choice        int
		want          string
	}{
		{"no consent cookie", "_ga=Secret", 0, "the visitor makes no choice in the recording"},
		{"not decided", groups + "_ga=Secret", 0, "OptanonConsent does not tell that the visitor has decided: no condition of decided_when is met (OptanonAlertBoxClosed)"},
		{"cannot be read", "OptanonAlertBoxClosed=2026-11-20T05:08:46.528Z; OptanonConsent=groups=C0002%3ASecret; _ga=Secret", 1, "OptanonConsent cannot be read: C0002"},
	} {
		r, err := Run(p, "site.har", strings.NewReader(har(at(0, site, c.cookies))), Options{})
		if err != nil {
			t.Fatal(err)
		}
		noSecrets(t, r, err)
		if r.Choice != c.choice || !strings.Contains(strings.Join(r.Warnings, "\n"), c.want) {
			t.Errorf("%s: choice %d, warnings %q", c.name, r.Choice, r.Warnings)
		}
		if isNone := strings.Contains(strings.Join(r.Warnings, "\n"), "makes no choice"); isNone != (c.name == "no consent cookie") {
			t.Errorf("%s: %q", c.name, r.Warnings)
		}
	}
}

// TestCounts: exchanges and violations.
func TestCounts(t *testing.T) {
	t.Parallel()
	p := shippedPolicy(t)
	text := har(
		at(0, "http://localhost:8000/", "_ga=1; _ga_AB12=1", "_ga=2", "_hjid=1"),
		at(1, "https://cdn.example.org/", "x=1"),
		at(2, "http://localhost:8000/", granted+"; _ga=1", "sessionid=S"),
		at(3, "https://xn--mgb.example.org/", "_gid=1"),
	)
	for _, c := range []struct {
		name                           string
		host, wantHost                 string
		entries, elsewhere, choice     int
		violations, findings, warnings int
	}{
		{"the first host, for want of the site", "", "localhost", 2, 2, 3, 3, 7, 1},
		{"a host by name, with a port", "LOCALHOST:8000", "localhost", 2, 2, 3, 3, 7, 0},
		{"another host", "cdn.example.org", "cdn.example.org", 1, 3, 0, 1, 1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, err := Run(p, "site.har", strings.NewReader(text), Options{Host: c.host})
			if err != nil {
				t.Fatal(err)
			}
			if r.Host != c.wantHost || r.Entries != c.entries || r.Elsewhere != c.elsewhere || r.Choice != c.choice {
				t.Errorf("got %+v", r)
			}
			if r.Violations() != c.violations || len(r.Cookies) != c.findings || len(r.Warnings) != c.warnings {
				t.Errorf("%d violations, findings\n  %s\nwarnings %q", r.Violations(), strings.Join(findings(r), "\n  "), r.Warnings)
			}
		})
	}
}

// TestUnreadable: what is no recording, or has none of the site, is never clean.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	p := shippedPolicy(t)
	utf16 := func(text string, first, second int) []byte {
		b := make([]byte, 2*len(text))
		for i := range text {
			b[2*i+first], b[2*i+second] = text[i], 0
		}
		return b
	}
	one := at(0, site, "_ga=Secret")
	for _, c := range []struct {
		name, har string
		host      string
		want      string
	}{
		{name: "nothing", want: "line 1, byte 1: the recording is cut off here: export it again (exchanges read: 0)"},
		{name: "a page", har: "<html>", want: "line 1, byte 1: expected an object"},
		{name: "a text", har: `"log"`, want: "expected an object"},
		{name: "a list", har: "\n\n [" + one + "]", want: "line 3, byte 4: expected an object"},
		{name: "null", har: "null\n", want: `expected an HTTP Archive, in which "log" has "entries"`},
		{name: "other JSON", har: `{"name": "x", "entries": []}`, want: `expected an HTTP Archive, in which "log" has "entries"`},
		{name: "a log without entries", har: `{"log": {"pages": []}}`, want: `expected an HTTP Archive, in which "log" has "entries"`},
		{name: "no entries", har: har(), want: "the recording is empty"},
		{name: "entries of another kind", har: `{"log": {"entries": {}}}`, want: "expected an array"},
		{name: "an entry of another kind", har: har(one, one, "1"), want: "expected an object (exchanges read: 2)"},
		{name: "headers of another kind", har: har(`{"request": {"url": "` + site + `", "headers": {"Cookie": "Secret"}}}`), want: "expected an array"},
		{name: "a header of another kind", har: har(`{"request": {"url": "` + site + `", "headers": ["Cookie: Secret"]}}`), want: "expected an object"},
		{name: "a value of another kind", har: har(`{"request": {"headers": [{"value": ["Secret"]}]}}`), want: "expected a text in double quotes"},
		{name: "two recordings", har: har(one) + har(one), want: "expected the end of the recording (exchanges read: 1)"},
		{name: "a bracket too many", har: har(one) + "}", want: "expected the end"},
		{name: "garbage where nobody looks", har: `{"x": tru, ` + har(one)[1:], want: "expected a value in JSON's form"},
		{name: "brackets that do not match", har: `{"x": [}, ` + har(one)[1:], want: "expected a value in JSON's form"},
		{name: "no comma", har: har(one + one), want: `expected "," or "]"`},
		{name: "a line break in a text", har: "{\"a\": \"Secret\n\"}", want: "line 1, byte 14: expected no control character"},
		{name: "an escape that is none", har: `{"a": "Secret\x"}`, want: "expected an escape"},
		{name: "compressed", har: "\x1f\x8b\x08\x00\x00", want: "byte 1: expected"},
		{name: "UTF-16, little end first", har: string(utf16(har(one), 0, 1)), want: "found UTF-16: save"},
		{name: "UTF-16, big end first", har: string(utf16(har(one), 1, 0)), want: "found UTF-16: save"},
		{name: "UTF-16 with its mark", har: "\xff\xfe" + string(utf16(har(one), 0, 1)), want: "found UTF-16: save"},
		{name: "another host", har: har(one), host: "example.org", want: `expected exchanges with the host "example.org", found none: name one of the recording, such as "data.ajman.ae"`},
		{name: "no host", har: har(`{"request": {"url": "about:blank"}}`), want: "expected exchanges with a host, found none"},
		{name: "no host, and one is wanted", har: har("null"), host: "example.org", want: "expected exchanges with a host, found none"},
		{name: "a long line of cookies", har: har(at(0, site, "_ga="+strings.Repeat(secret, 20_000))), want: "expected cookies of at most 64 KiB in a header"},
		{name: "a long cookie", har: har(`{"request": {"cookies": [{"name": "_ga", "value": "` + strings.Repeat(secret, 20_000) + `"}]}}`), want: "expected a cookie of at most 64 KiB"},
		{name: "very many headers", har: har(at(0, site, "", slices.Repeat([]string{"_ga=" + secret}, 20_000)...)), want: "expected at most 1 MiB of headers and cookies"},
		{name: "very deep", har: `{"x": ` + strings.Repeat("[", 100_000), want: "expected objects and arrays at most 10000 deep"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, err := Run(p, "site.har", strings.NewReader(c.har), Options{Host: c.host})
			if err == nil || r != nil {
				t.Fatalf("got %+v", r)
			}
			noSecrets(t, r, err)
			if text := err.Error(); !strings.HasPrefix(text, "site.har: ") || !strings.Contains(text, c.want) {
				t.Errorf("got %q", text)
			}
		})
	}
}

// TestReaderFails: a reader's error is not the end of the recording.
func TestReaderFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is gone")
	p := shippedPolicy(t)
	text := har(at(0, site, "_ga=1"))
	for n := range len(text) {
		r, err := Run(p, "site.har", &failing{text: text[:n], err: broken}, Options{})
		if r != nil || !errors.Is(err, broken) {
			t.Fatalf("after %d bytes: got %v, %v", n, r, err)
		}
	}
}

type failing struct {
	text string
	err  error
}

func (f *failing) Read(p []byte) (int, error) {
	n := copy(p, f.text)
	if f.text = f.text[n:]; n > 0 {
		return n, nil
	}
	return 0, f.err
}

// TestCut cuts recordings at every byte: that is an error, and never a report.
func TestCut(t *testing.T) {
	t.Parallel()
	p := shippedPolicy(t)
	for _, c := range recordings {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for n := range len(c.har) {
				r, err := Run(p, "site.har", strings.NewReader(c.har[:n]), Options{})
				if err == nil || r != nil {
					t.Fatalf("cut after %d bytes: %+v", n, r)
				}
				noSecrets(t, r, err)
				// A mark of UTF-8 may itself be cut.
				if !strings.Contains(err.Error(), fmt.Sprintf("byte %d: the recording is cut off here", n+1)) && n > len("\ufeff") {
					t.Fatalf("cut after %d bytes: %v", n, err)
				}
			}
		})
	}
}

// TestManyNames: what is beyond the findings that a report tells apart is counted,
// and is a violation all the same.
func TestManyNames(t *testing.T) {
	t.Parallel()
	var necessary, pairs []string
	for i := range 20_000 {
		name := strings.Map(func(r rune) rune { return 'g' + r - '0' }, fmt.Sprint(i)) // letters are no ids
		necessary = append(necessary, name+"_")
		pairs = append(pairs, name+"_=Secret")
	}
	p := shippedPolicy(t, "cookies: [sessionid]", "cookies: ["+strings.Join(append(necessary[:2000:2000], "sessionid"), ", ")+"]")
	var entries []string
	for i := 0; i < len(pairs); i += 250 {
		entries = append(entries, at(i/250, site, strings.Join(pairs[i:i+250], "; ")))
	}
	r, err := Run(p, "site.har", strings.NewReader(har(entries...)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	noSecrets(t, r, err)
	total := 0
	for _, f := range r.Cookies {
		total += f.Count
	}
	if len(r.Cookies) > MaxFindings+10 || total != len(pairs) {
		t.Errorf("%d findings of %d cookies", len(r.Cookies), total)
	}
	if r.Violations() != 1 || r.Cookies[0].Name != Others || r.Cookies[0].Action != enforcer.Removed || r.Cookies[0].Count != len(pairs)-2000 {
		t.Errorf("%d violations, first %+v", r.Violations(), r.Cookies[0])
	}
}

// TestProgress: the last that is told is all.
func TestProgress(t *testing.T) {
	t.Parallel()
	text := har(at(0, site, "_ga=1")) + strings.Repeat(" ", 1<<20)
	var told []int64
	if _, err := Run(shippedPolicy(t), "site.har", bytes.NewReader([]byte(text)), Options{Progress: func(n int64) { told = append(told, n) }}); err != nil {
		t.Fatal(err)
	}
	if !slices.IsSorted(told) || len(told) < 10 || told[len(told)-1] != int64(len(text)) {
		t.Errorf("told %d", told)
	}
}
