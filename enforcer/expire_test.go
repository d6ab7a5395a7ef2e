package enforcer

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/expiry"
	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

const expiryPolicy = `
version: 1
consent: {cookie: cookies_preferences, max_age: 6 months}
categories:
  - {id: necessary, consent: none}
  - {id: statistical, consent: required, exempt_if_anonymized: true}
  - {id: comfort, consent: objection}
services:
  - {id: portal, category: necessary, cookies: [sessionid, csrftoken, "site*", cookies_preferences], retention: 2 weeks}
  - {id: matomo, category: statistical, domain: host, cookies: ["_pk_id.*", "_pk_ses.*"], retention: 13 months}
  - {id: ga, category: statistical, cookies: [_ga, "_ga_*", {name: _gid, retention: 1 day}, {name: _gat, retention: session}, {name: deep, path: /deep}, __Host-ga, __Secure-ga]}
  - {id: counter, category: statistical, anonymized: true, cookies: [visits], retention: 1 day}
  - {id: theme, category: comfort, cookies: [theme]}
signals: {gpc: [statistical]}
`

// newExpiring compiles that policy with some more lines.
func newExpiring(t testing.TB, more string) *Enforcer {
	t.Helper()
	p, err := policy.Parse("test.yaml", []byte(expiryPolicy+more))
	if err != nil {
		t.Fatal(err)
	}
	e := New(p)
	e.Now = func() time.Time { return now }
	return e
}

// deleting is the line that deletes a host-only cookie by plain HTTP.
func deleting(name string) string {
	return name + "=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0"
}

const (
	denyGA     = `cookies_preferences={"ga":false}`
	grantGA    = `cookies_preferences={"ga":true}`
	denyMatomo = `cookies_preferences={"matomo":false}`
)

// page is a navigation of a browser to a site where cookies are host-only, which
// makes for one line each.
func page(cookies string, header ...string) *http.Request {
	r := httptest.NewRequest("GET", "http://intranet/", nil)
	r.Header.Set("Accept", "text/html,*/*;q=0.8")
	r.Header.Set("Cookie", cookies)
	for i := 0; i < len(header); i += 2 {
		if header[i+1] == "" {
			r.Header.Del(header[i])
		} else {
			r.Header.Set(header[i], header[i+1])
		}
	}
	return r
}

// send has a handler send lines, and returns what the browser gets.
func send(e *Enforcer, r *http.Request, lines ...string) http.Header {
	w := httptest.NewRecorder()
	e.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if lines != nil {
			w.Header()["Set-Cookie"] = lines
		}
		w.WriteHeader(http.StatusOK)
	})).ServeHTTP(w, r)
	return w.Result().Header
}

// TestExpire holds X1, X4 and X5: what is deleted, and when.
func TestExpire(t *testing.T) {
	t.Parallel()
	metadata := func(site, mode, dest string) []string {
		return []string{"Accept", "*/*", "Sec-Fetch-Site", site, "Sec-Fetch-Mode", mode, "Sec-Fetch-Dest", dest}
	}
	for _, c := range []struct {
		name    string
		more    string // of the policy
		request *http.Request
		lines   []string
		want    []string
	}{
		{"X1: denied", "", page(denyGA + "; _ga=1; sessionid=S"), nil, []string{deleting("_ga")}},
		{"X1: undecided", "", page("_ga=1; _pk_id.1.1fff=1; sessionid=S"), nil, nil},
		{"X1: another service is denied", "", page(denyMatomo + "; _ga=1"), nil, nil},
		{"X1: granted", "", page(grantGA + "; _ga=1"), nil, nil},
		{"X1: undecodable", "", page("cookies_preferences={; _ga=1"), nil, nil},
		{"C8: a denial that is old", "", page(`cookies_preferences={"ga":false,"timestamp":1}; _ga=1`), nil, []string{deleting("_ga")}},
		{"C8: an objection that cannot be read", "", page(`cookies_preferences={"theme":"no"}; theme=dark`), nil, nil},
		{"C9: what is exempt, and refused", "", page(`cookies_preferences={"statistical":false}; visits=1`), nil, []string{deleting("visits")}},
		{"C10: what an array does not name", "", page(`cookies_preferences=["matomo"]; _ga=1; theme=dark; _pk_ses.1=1`), nil, []string{deleting("_ga"), deleting("theme")}},
		{"C10: what a list does not name", "", page(`cookies_preferences=technically_required; _ga=1`), nil, []string{deleting("_ga")}},
		{"X1: undecided is enough where the policy says so", "expire: undecided", page("_ga=1; theme=1; visits=1; sessionid=S"), nil, []string{deleting("_ga")}},
		{"X1: undecided is enough, but not a grant", "expire: undecided", page(grantGA + "; _ga=1; _pk_ses.1=1"), nil, []string{deleting("_pk_ses.1")}},
		{"X1: undecodable is as undecided", "expire: undecided", page("cookies_preferences={; _ga=1"), nil, []string{deleting("_ga")}},
		{"X1: an objection", "", page(`cookies_preferences={"theme":false}; theme=dark`), nil, []string{deleting("theme")}},
		{"X1: necessary cookies never", "expire: undecided", page(`cookies_preferences={"portal":false,"necessary":false,"statistical":false}; sessionid=S; sitemap=1; csrftoken=C`), nil, nil},
		{"X1: exempt cookies not before they are refused", "expire: undecided", page(`cookies_preferences={"ga":false}; visits=1`), nil, nil},
		{"X1: every cookie, also empty and twice", "", page(denyGA + "; _ga=1; _ga_X=; _ga=1; _ga=2"), nil, []string{deleting("_ga"), deleting("_ga_X")}},
		{"X1: unlisted cookies stay", "", page(denyGA + "; shiny=1; bare; =x"), nil, nil},
		{"X1: unlisted cookies of who has decided", "expire_unlisted: true", page(denyGA + "; shiny=1; bare; =x; sessionid=S"), nil, []string{deleting("shiny")}},
		{"X1: unlisted cookies of who has granted", "expire_unlisted: true", page(grantGA + "; shiny=1"), nil, []string{deleting("shiny")}},
		{"X1: unlisted cookies of who has not", "expire_unlisted: true", page("shiny=1; sessionid=S"), nil, nil},
		{"X1: unlisted cookies of who sends a signal only", "expire_unlisted: true", page("shiny=1; sessionid=S", "Sec-Gpc", "1"), nil, nil},
		{"X1: unlisted cookies of the undecided, where the policy says so", "expire_unlisted: true\nexpire: undecided", page("shiny=1; sessionid=S"), nil, []string{deleting("shiny")}},
		{"X1: a name that no line can hold", "expire_unlisted: true", page(denyGA + "; a\x01b=1"), nil, nil},

		{"C6: the signal denies", "", page("_ga=1; theme=dark; visits=1; sessionid=S", "Sec-Gpc", "1"), nil, []string{deleting("_ga")}},
		{"C6: the signal denies over a grant", "", page(grantGA+"; _ga=1", "Sec-Gpc", "1"), nil, []string{deleting("_ga")}},
		{"C6: exactly 1", "", page(grantGA+"; _ga=1", "Sec-Gpc", "1, 1"), nil, nil},
		{"C6: zero is none", "", page(grantGA+"; _ga=1", "Sec-Gpc", "0"), nil, nil},

		{"S5: a withdrawal in the response", "", page(grantGA + "; _ga=1"), []string{denyGA}, []string{denyGA, deleting("_ga")}},
		{"S5: a grant in the response", "", page(denyGA + "; _ga=1"), []string{grantGA, "_ga=2"}, []string{grantGA, "_ga=2"}},
		{"S5: the choice is deleted", "", page(denyGA + "; _ga=1"), []string{"cookies_preferences=; Max-Age=0"}, []string{"cookies_preferences=; Max-Age=0"}},
		{"S5: the signal denies what the response grants", "", page("_ga=1", "Sec-Gpc", "1"), []string{grantGA, "_ga=2"}, []string{grantGA, deleting("_ga")}},

		{"X4: a line of the portal that deletes it", "", page(denyGA + "; _ga=1; _gid=1"), []string{"_ga=; Max-Age=0; Path=/"}, []string{"_ga=; Max-Age=0; Path=/", deleting("_gid")}},
		{"X4: a line of the portal that deletes it in another place", "", page(denyGA + "; _ga=1; _gid=1"), []string{"_ga=; Max-Age=0; Path=/x"}, []string{"_ga=; Max-Age=0; Path=/x", deleting("_ga"), deleting("_gid")}},
		{"X4: a line of the portal that browsers do not take", "", page(denyGA + "; _ga=1"), []string{"_ga=; Max-Age=0; Path=/; SameSite=None"}, []string{"_ga=; Max-Age=0; Path=/; SameSite=None", deleting("_ga")}},
		{"X4: a line of the portal that is dropped", "", page(denyGA + "; _ga=1"), []string{"_ga=2", "sessionid=S"}, []string{"sessionid=S", deleting("_ga")}},
		{"X4: a navigation from elsewhere", "", page(denyGA+"; _ga=1", metadata("cross-site", "navigate", "document")...), nil, []string{deleting("_ga")}},
		{"X4: an address that was typed", "", page(denyGA+"; _ga=1", metadata("none", "navigate", "document")...), nil, []string{deleting("_ga")}},
		{"X4: the page's own request", "", page(denyGA+"; _ga=1", metadata("same-origin", "cors", "empty")...), nil, []string{deleting("_ga")}},
		{"X4: the page's own image", "", page(denyGA+"; _ga=1", metadata("same-origin", "no-cors", "image")...), nil, []string{deleting("_ga")}},
		{"X4: an image on another site", "", page(denyGA+"; _ga=1", metadata("cross-site", "no-cors", "image")...), nil, nil},
		{"X4: a frame on another site", "", page(denyGA+"; _ga=1", metadata("cross-site", "navigate", "iframe")...), nil, nil},
		{"X4: a request of a neighbour", "", page(denyGA+"; _ga=1", metadata("same-site", "cors", "empty")...), nil, nil},
		{"X4: a frame on another site that accepts HTML", "", page(denyGA+"; _ga=1", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"), nil, nil},
		{"X4: another site, and no more is said", "", page(denyGA+"; _ga=1", "Sec-Fetch-Site", "cross-site"), nil, nil},
		{"X4: without metadata, no HTML", "", page(denyGA+"; _ga=1", "Accept", "image/png,*/*"), nil, nil},
		{"X4: without metadata and Accept", "", page(denyGA+"; _ga=1", "Accept", ""), nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			header := send(newExpiring(t, c.more), c.request, c.lines...)
			if got := header["Set-Cookie"]; !slices.Equal(got, c.want) {
				t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(c.want, "\n  "))
			}
			added := slices.ContainsFunc(c.want, func(line string) bool { return !slices.Contains(c.lines, line) })
			chosen := slices.Contains(c.want, "_ga=2") // rule S7
			if private := header.Get("Cache-Control") == "private"; private != (added || chosen || len(c.want) < len(c.lines)) {
				t.Errorf("X5: private: %t", private)
			}
		})
	}
}

// TestSignalLines: the signal counts in any of several lines, and is forwarded.
func TestSignalLines(t *testing.T) {
	t.Parallel()
	e := newExpiring(t, "")
	r := page(grantGA + "; _ga=1")
	r.Header["Sec-Gpc"] = []string{"0", "1"}
	var reached []string
	e.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		reached = r.Header["Sec-Gpc"]
		if got := r.Header.Get("Cookie"); got != grantGA {
			t.Errorf("C6: the portal got %q", got)
		}
	})).ServeHTTP(httptest.NewRecorder(), r)
	if !slices.Equal(reached, []string{"0", "1"}) {
		t.Errorf("C6: the signal reached the portal as %q", reached)
	}
}

// TestExpiryCaches holds X5: whatever the portal says about its pages, a response
// that deletes a visitor's cookies does not reach others from a cache.
func TestExpiryCaches(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"":                            "private",
		"no-cache":                    "no-cache, private",
		"public, max-age=60":          "public, max-age=60, private",
		"s-maxage=60":                 "s-maxage=60, private",
		`private="x-portal"`:          `private="x-portal", private`,
		"max-age=60, private":         "max-age=60, private",
		"no-store":                    "no-store",
		`ext="private", must-revalid`: `ext="private", must-revalid, private`,
	} {
		w := httptest.NewRecorder()
		newExpiring(t, "").Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if said != "" {
				w.Header().Set("Cache-Control", said)
			}
		})).ServeHTTP(w, page(denyGA+"; _ga=1"))
		if got := w.Result().Header.Get("Cache-Control"); got != want {
			t.Errorf("%q became %q, want %q", said, got, want)
		}
	}
}

// TestExpiryHeads: the lines leave in the final head, once, on whatever way it
// goes, and in no 1xx.
func TestExpiryHeads(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"nothing is written": func(http.ResponseWriter, *http.Request) {},
		"WriteHeader":        func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) },
		"Write":              func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("a")); _, _ = w.Write([]byte("b")) },
		"Flush":              func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush(); _, _ = w.Write([]byte("a")) },
		"after a 103": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusOK)
		},
		"headers that come late": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusOK)
			w.Header().Add("Set-Cookie", "_gid=1")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newExpiring(t, "")
			w := &headLog{headWriter: headWriter{header: http.Header{}}}
			x := e.Begin(w, page(denyGA+"; _ga=1"))
			handler(x, nil)
			x.End()
			if got := w.header["Set-Cookie"]; !slices.Equal(got, []string{deleting("_ga")}) {
				t.Errorf("X1: got %q", got)
			}
			for status, lines := range w.early {
				if len(lines) > 0 {
					t.Errorf("X4: %d has %q", status, lines)
				}
			}
		})
	}
	// Nor is there more room after the head.
	many := &headWriter{header: http.Header{}}
	x := newExpiring(t, "").Begin(many, page(denyGA+"; "+manyCookies(200)))
	x.WriteHeader(http.StatusOK)
	_, _ = x.Write([]byte("part"))
	x.End()
	if size := sizeOf(many.header["Set-Cookie"]); size < 3500 || size > 4096 {
		t.Errorf("X4: %d bytes in the end", size)
	}
	// The lines that a tunnel would never send are not tried.
	e := newExpiring(t, "")
	x = e.Begin(&headWriter{header: http.Header{}}, page(denyGA+"; _ga=1", "Connection", "Upgrade", "Upgrade", "websocket"))
	x.WriteHeader(http.StatusSwitchingProtocols)
	x.End()
	if got := send(e, page(denyGA+"; _ga=1"))["Set-Cookie"]; !slices.Equal(got, []string{deleting("_ga")}) {
		t.Errorf("after an upgrade: %q", got)
	}
}

// manyCookies are n cookies of a service, and values.
func manyCookies(n int) string {
	var pairs []string
	for i := range n {
		pairs = append(pairs, fmt.Sprintf("_ga_%d=%d", i, i))
	}
	return strings.Join(pairs, "; ")
}

// sizeOf is how many bytes lines take in a response.
func sizeOf(lines []string) (size int) {
	for _, line := range lines {
		size += len("Set-Cookie: \r\n") + len(line)
	}
	return size
}

// TestExpirySharedSlice: a handler may use one slice for all its responses.
func TestExpirySharedSlice(t *testing.T) {
	t.Parallel()
	shared := make([]string, 1, 8)
	shared[0] = "sessionid=S"
	send(newExpiring(t, ""), page(denyGA+"; _ga=1"), shared...)
	if got := shared[:2][1]; got != "" {
		t.Errorf("%q was written into the handler's slice", got)
	}
}

// TestRollingChoice: a choice whose time is written anew on every page is that of
// the same visitor.
func TestRollingChoice(t *testing.T) {
	t.Parallel()
	e := newExpiring(t, "")
	browser := &jar{host: "portal.example.org"}
	browser.store("_ga=1; Path=/a/", "/a/b")
	for i := range 3 {
		visitPage(t, e, browser, "/a/b", fmt.Sprintf(`cookies_preferences={"ga":false,"timestamp":%d}`, now.Add(time.Duration(i)*time.Minute).UnixMilli()))
	}
	if names := browser.names(); len(names) > 0 {
		t.Errorf("%q are left", names)
	}
}

// TestManyDirectories: cookies with one name and value, as scripts that name no path
// leave them in every directory, are deleted in each.
func TestManyDirectories(t *testing.T) {
	t.Parallel()
	e := newExpiring(t, "")
	e.Observer = &silent{t: t}
	at := now
	e.Now = func() time.Time { return at }
	browser := &jar{host: "data.example.org", https: true}
	pages := []string{"/a/x", "/b/c/x", "/b/c/y", "/d/x"}
	for _, page := range pages {
		browser.store("_ga=1", page)
	}
	browser.store("_ga=1; Path=/d; Secure; Partitioned; SameSite=None", "/d/x")
	for _, page := range pages {
		for range 4 {
			visitPage(t, e, browser, page, denyGA)
			at = at.Add(time.Minute)
		}
	}
	if len(browser.cookies) > 0 {
		t.Errorf("%+v are left", browser.cookies)
	}
}

// TestNobodyStarves: cookies that scripts set again on every page, with another
// value each time, leave room for the others.
func TestNobodyStarves(t *testing.T) {
	t.Parallel()
	e := newExpiring(t, "")
	browser := &jar{host: "portal.data.example.org", https: true}
	browser.store("_gid=1; Path=/; Domain=example.org", "/")
	for page := range 100 {
		others := browser.cookies
		browser.cookies = nil
		for i := range 25 {
			browser.store(fmt.Sprintf("_ga_%d=%d; Path=/", i, page), "/")
		}
		browser.cookies = append(browser.cookies, slices.DeleteFunc(others, func(c kept) bool { return c.name != "_gid" })...)
		visitPage(t, e, browser, "/", denyGA)
		if !slices.Contains(browser.names(), "_gid") {
			return
		}
	}
	t.Error("after 100 pages _gid is still there")
}

// TestOneTurn: a cookie that a request has twice has one turn.
func TestOneTurn(t *testing.T) {
	t.Parallel()
	r := page(denyGA + "; _ga=1; _ga=1; _ga=1")
	r.Host = "portal.example.org"
	want := []string{
		"_ga=; Path=/; Domain=example.org; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0",
		deleting("_ga"),
	}
	if got := send(newExpiring(t, ""), r)["Set-Cookie"]; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestGrantedAgain: a cookie that is set again with the same value is deleted
// again, wherever it is set; also where the choice says no more than it did.
func TestGrantedAgain(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"_ga=1; Path=/", "_ga=1; Path=/; Domain=example.org", "_ga=1; Path=/a/; Domain=portal.example.org"} {
		for _, byPortal := range []bool{true, false} {
			e := newExpiring(t, "")
			browser := &jar{host: "portal.example.org"}
			pages := 1
			if !byPortal && strings.Contains(line, "/a/") {
				pages = 3
			}
			for i := range 3 {
				if byPortal {
					r := httptest.NewRequest("GET", "http://portal.example.org/a/b", nil)
					r.Header.Set("Cookie", grantGA)
					if got := send(e, r, line)["Set-Cookie"]; !slices.Equal(got, []string{line}) {
						t.Fatalf("granted: %q", got)
					}
				}
				browser.store(line, "/a/b")
				for range pages {
					visitPage(t, e, browser, "/a/b", denyGA)
				}
				if names := browser.names(); len(names) > 0 && (i == 0 || pages == 1) {
					t.Errorf("%q, by the portal: %t, withdrawn for the %d. time: %q are left", line, byPortal, i+1, names)
				}
			}
		}
	}
}

// TestLateVisit: what handlers make of the host does not matter to the browser.
func TestLateVisit(t *testing.T) {
	t.Parallel()
	e := newExpiring(t, "")
	rewriting := e.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Host = "backend.internal.example.net"
		for _, line := range r.Header["X-Line"] {
			w.Header().Add("Set-Cookie", line)
		}
	}))
	ask := func(cookies string, lines ...string) []string {
		r := page(cookies)
		r.Host = "portal.example.org"
		r.Header["X-Line"] = lines
		w := httptest.NewRecorder()
		rewriting.ServeHTTP(w, r)
		return w.Result().Header["Set-Cookie"]
	}
	const set = "_ga=1; Path=/x; Domain=portal.example.org"
	if got := ask(grantGA, set); !slices.Equal(got, []string{set}) {
		t.Fatalf("granted: %q", got)
	}
	// The withdrawal stands in the response, so what is deleted turns out late.
	want := []string{denyGA, "_ga=; Path=/x; Domain=portal.example.org; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0"}
	if got := ask(grantGA+"; _ga=1", denyGA); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestExpiryForCDN: caches that have a field of their own do not look at the one that
// keeps a visitor's deletions from others, so they lose it (X5).
func TestExpiryForCDN(t *testing.T) {
	t.Parallel()
	for _, field := range []string{"CDN-Cache-Control", "Surrogate-Control", "Fastly-Cache-Control", "x-accel-expires"} {
		w := httptest.NewRecorder()
		newExpiring(t, "").Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header()[field] = []string{"600"}
		})).ServeHTTP(w, page(denyGA+"; _ga=1"))
		want := http.Header{"Set-Cookie": {deleting("_ga")}, "Cache-Control": {"private"}}
		if got := w.Header(); !reflect.DeepEqual(got, want) {
			t.Errorf("X5: with %s, %v", field, got)
		}
	}
}

// TestSubrequests: without metadata only pages are navigations; a page's own
// requests do not move the turn on.
func TestSubrequests(t *testing.T) {
	t.Parallel()
	e := newExpiring(t, "")
	at := now
	e.Now = func() time.Time { return at }
	own := []string{"Accept", "*/*", "Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty"}
	for i, c := range []struct {
		header []string
		want   int
	}{{own, 1}, {own, 0}, {nil, 1}, {own, 0}, {nil, 1}} {
		if got := send(e, page(denyGA+"; _ga=1", c.header...))["Set-Cookie"]; len(got) != c.want {
			t.Errorf("request %d: %q", i, got)
		}
		at = at.Add(time.Second)
	}
}

// TestFetchedBy: what moves a turn on is a page, also where a service worker fetches
// it.
func TestFetchedBy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		site, mode, dest       string
		navigation, sameOrigin bool
	}{
		{"none", "navigate", "document", true, false},
		{"cross-site", "navigate", "document", true, false},
		{"same-origin", "navigate", "document", true, true},
		{"same-origin", "navigate", "empty", true, true},
		{"cross-site", "navigate", "empty", false, false},
		{"same-origin", "navigate", "iframe", false, true},
		{"same-origin", "cors", "empty", false, true},
		{"same-origin", "no-cors", "document", false, true},
		{"same-site", "no-cors", "image", false, false},
	} {
		r := page("", "Sec-Fetch-Site", c.site, "Sec-Fetch-Mode", c.mode, "Sec-Fetch-Dest", c.dest)
		if navigation, sameOrigin := fetchedBy(r); navigation != c.navigation || sameOrigin != c.sameOrigin {
			t.Errorf("%+v: got %t, %t", c, navigation, sameOrigin)
		}
	}
}

// TestVisitorsApart: visitors whose cookies have the same value each have turns of
// their own, if no more than their choice tells them apart.
func TestVisitorsApart(t *testing.T) {
	t.Parallel()
	e := newExpiring(t, "")
	for _, made := range []string{"a", "b", "c"} {
		choice := `cookies_preferences={"ga":false,"id":"` + made + `"}`
		if got := send(e, page(choice+"; _ga=1"))["Set-Cookie"]; !slices.Equal(got, []string{deleting("_ga")}) {
			t.Errorf("visitor %s: got %q", made, got)
		}
	}
}

type headLog struct {
	headWriter
	early map[int][]string
}

func (w *headLog) WriteHeader(status int) {
	if status < 200 {
		w.early = map[int][]string{status: slices.Clone(w.header["Set-Cookie"])}
	}
}

// TestExpiryRoom holds X4: no response has more than 4 KiB of such lines, and all
// cookies have their turn.
func TestExpiryRoom(t *testing.T) {
	t.Parallel()
	e := newExpiring(t, "")
	browser := &jar{host: "portal.example.org", https: true}
	for pair := range strings.SplitSeq(manyCookies(300), "; ") {
		browser.store(pair+"; Path=/", "/")
	}
	for i := 0; len(browser.cookies) > 0; i++ {
		if i == 20 {
			t.Fatalf("after %d pages, %d cookies are left", i, len(browser.cookies))
		}
		if size := sizeOf(visitPage(t, e, browser, "/", denyGA)); size > 4096 {
			t.Errorf("%d bytes in one response", size)
		}
	}
}

// visitPage has a browser go to a page with a choice, which has lines of its own.
func visitPage(t *testing.T, e *Enforcer, browser *jar, path, choice string, own ...string) []string {
	t.Helper()
	scheme := "http"
	if browser.https {
		scheme = "https"
	}
	r := httptest.NewRequest("GET", scheme+"://"+browser.host+path, nil)
	r.Header.Set("Accept", "text/html")
	r.Header["Cookie"] = []string{browser.header(path), choice}
	lines := send(e, r, own...)["Set-Cookie"]
	for _, line := range lines {
		if !browser.store(line, path) {
			t.Errorf("the browser does not take %q", line)
		}
	}
	return lines
}

// TestPortalFailsToDelete holds X4: a line of the portal's that deletes a cookie where it
// is not silences nothing, and one line more reaches it.
func TestPortalFailsToDelete(t *testing.T) {
	t.Parallel()
	const django = `_ga=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/`
	for _, c := range []struct {
		name, line string // how the cookie was set, on /a/b
		stated     string // what the policy says of its place
		pages      int    // that it takes at most
	}{
		{"in the domain that the policy states", "_ga=1; Path=/; Domain=example.org", "domain: site, ", 1},
		{"in the domain, and nothing is stated", "_ga=1; Path=/; Domain=example.org", "", 1},
		{"in a directory", "_ga=1; Path=/a", "", 3},
		{"partitioned", "_ga=1; Path=/; Secure; SameSite=None; Partitioned", "", 4},
		{"where the portal deletes it", "_ga=1; Path=/", "", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := New(mustParse(t, strings.Replace(expiryPolicy, "{id: ga, ", "{id: ga, "+c.stated, 1)))
			e.Observer = &silent{t: t}
			browser := &jar{host: "portal.example.org", https: true}
			if !browser.store(c.line, "/a/b") {
				t.Fatal("the browser does not take it")
			}
			for range c.pages {
				visitPage(t, e, browser, "/a/b", denyGA, django)
			}
			if len(browser.cookies) > 0 {
				t.Errorf("after %d pages: %+v", c.pages, browser.cookies)
			}
		})
	}
}

// Rule X6: a cookie that a tracker sets again after each page, with a value that does
// not change, is deleted on each; and after a grant and a new refusal, in a deep place.
func TestConstantValue(t *testing.T) {
	t.Parallel()
	e := newExpiring(t, "")
	browser := &jar{host: "portal.example.org"}
	const name = "_pk_ses.1.1fff"
	for _, c := range []struct {
		choice, set string // by the script, before the page
		isLeft      bool
	}{
		{denyMatomo, "Path=/", false}, {denyMatomo, "Path=/", false}, {denyMatomo, "Path=/", false}, {denyMatomo, "Path=/", false},
		{denyMatomo, "Path=/", false}, {denyMatomo, "Path=/", false},
		{`cookies_preferences={"matomo":true}`, "Path=/a/", true},
		{denyMatomo, "Path=/a/", true}, {denyMatomo, "Path=/a/", true}, {denyMatomo, "Path=/a/", true}, {denyMatomo, "Path=/a/", false},
		{denyMatomo, "Path=/", false}, {denyMatomo, "Path=/", false},
	} {
		browser.store(name+"=1; "+c.set, "/a/b")
		visitPage(t, e, browser, "/a/b", c.choice)
		if isLeft := len(browser.cookies) > 0; isLeft != c.isLeft {
			t.Errorf("%+v: left: %t", c, isLeft)
		}
	}
}

type silent struct {
	explainer
	t *testing.T
}

func (s *silent) Undeletable(host, name, _ string) {
	s.t.Errorf("X2: %s on %s is undeletable", name, host)
}

// maxPages is how many pages it takes at most after a withdrawal: one for what was
// learned, one for what the policy states, where neither is all there is, and four
// for guesses. Where many cookies share 4 KiB, one more.
const maxPages = 7

// TestWithdrawal has browsers with cookies in every place that there is come back
// after a withdrawal. After some pages they have none of them, but all that is
// necessary; and where the visitor has not decided, all.
func TestWithdrawal(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	deleted, learned := 0, 0
	for range 1500 {
		e := newExpiring(t, "")
		e.Observer = &silent{t: t}
		browser := &jar{
			https: random.IntN(2) == 0,
			host:  pick("portal.example.org", "a.b.c.example.org", "example.org", "data.gov.ae", "me.github.io", "github.io", "intranet", "192.0.2.7"),
		}
		path := pick("/", "/a", "/a/", "/a/b.html", "/a/b/c/", "//x//y")
		for range 1 + random.IntN(6) {
			name := pick("sessionid", "csrftoken", "site_1", "_ga", "_ga_X", "_gid", "deep", "__Host-ga", "__Secure-ga", "_pk_id.1.1fff", "shiny", "_ga_[x]", "_pk_ses.1:2")
			line := name + "=" + pick("", "1", "2") + pick("", "; Domain="+browser.host, "; Domain=example.org", "; Domain=b.c.example.org") +
				pick("", "; Path=/", "; Path="+path, "; Path=/a", "; Path=/a/") + pick("", "; Secure") + pick("", "; HttpOnly") + pick("", "; Secure; SameSite=None; Partitioned")
			if random.IntN(2) == 0 || strings.Contains(line, "HttpOnly") { // the portal sets it
				r := httptest.NewRequest("GET", "http://"+browser.host+path, nil)
				r.Header.Set("Cookie", `cookies_preferences={"statistical":true}`)
				for _, passed := range send(e, r, line)["Set-Cookie"] {
					learned++
					browser.store(passed, path)
				}
			} else {
				browser.store(line, path)
			}
		}
		before := browser.names()
		for range 3 {
			visitPage(t, e, browser, path, "")
		}
		if got := browser.names(); !slices.Equal(got, before) {
			t.Fatalf("undecided, %q became %q", before, got)
		}
		wanted := func() (n int) {
			for _, pair := range strings.Split(browser.header(path), "; ") {
				if strings.HasPrefix(pair, "_") || strings.HasPrefix(pair, "deep=") {
					n++
				}
			}
			return n
		}
		deleted += wanted()
		for range maxPages {
			visitPage(t, e, browser, path, `cookies_preferences={"statistical":false}`)
		}
		if n := wanted(); n > 0 {
			t.Errorf("%s%s (https: %t): %d are left of %q: %+v", browser.host, path, browser.https, n, before, browser.cookies)
		}
		for _, name := range before {
			if !strings.HasPrefix(name, "_") && name != "deep" && !slices.Contains(browser.names(), name) {
				t.Errorf("%q is gone", name)
			}
		}
	}
	if deleted < 500 || learned < 500 {
		t.Errorf("%d cookies were to be deleted, and %d set by the portal: the test tests nothing", deleted, learned)
	}
}

// TestLearnedPerHost: what was learned is for one host (X2).
func TestLearnedPerHost(t *testing.T) {
	t.Parallel()
	e := newExpiring(t, "")
	set := func(host, line string) {
		r := httptest.NewRequest("GET", "http://"+host+"/", nil)
		r.Header.Set("Cookie", grantGA)
		send(e, r, line)
	}
	set("one.example.org", "_ga=secret; Path=/one; Domain=example.org")
	set("two.example.org", "_ga=secret; Path=/two")
	set("two.example.org", "_ga=; Path=/gone; Max-Age=0") // teaches nothing
	for host, want := range map[string]string{
		"one.example.org":   "_ga=; Path=/one; Domain=example.org; ",
		"two.example.org":   "_ga=; Path=/two; ",
		"three.example.org": "_ga=; Path=/; Domain=example.org; ",
	} {
		r := page(denyGA + "; _ga=secret")
		r.Host = host
		got := send(e, r)["Set-Cookie"]
		if host != "three.example.org" && len(got) != 1 || !strings.HasPrefix(strings.Join(got, ""), want) {
			t.Errorf("%s: got %q, want %q", host, got, want)
		}
	}
}

type undeletables struct {
	explainer
	said []string
}

func (u *undeletables) Undeletable(host, name, category string) {
	u.said = append(u.said, host+" "+name+" "+category)
}

// TestObserver: that a cookie cannot be deleted is said once, without its ids.
func TestObserver(t *testing.T) {
	t.Parallel()
	e := newExpiring(t, "expire_unlisted: true")
	var said undeletables
	e.Observer = &said
	at := now
	e.Now = func() time.Time { return at }
	for range 10 {
		send(e, page(denyGA+"; _ga_0A1B2C3D=1; shiny=2; sessionid=S"))
		at = at.Add(time.Minute)
	}
	if want := []string{"intranet _ga_* statistical", "intranet shiny "}; !slices.Equal(said.said, want) {
		t.Errorf("said %q, want %q", said.said, want)
	}
}

// TestVisitIsAsked: what the browser's address is, is for Visit to say.
func TestVisitIsAsked(t *testing.T) {
	t.Parallel()
	e := newExpiring(t, "")
	e.Visit = func(r *http.Request) expiry.Visit {
		v := expiry.VisitOf(r)
		v.HTTPS, v.Host = true, "portal.example.org"
		return v
	}
	got := send(e, page(denyMatomo+"; _pk_id.1=1"))["Set-Cookie"]
	if want := []string{deleting("_pk_id.1") + "; Secure"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzExpire: whatever a client sends, lines delete nothing but cookies of services
// that it denies, and are what browsers take for deletions.
func FuzzExpire(f *testing.F) {
	for _, c := range requestCases {
		f.Add(strings.Join(c.lines, "; "), "portal.example.org", "/a/b", true)
	}
	f.Add(denyGA+"; _ga=1; sessionid=S; _ga_;x=1", "a.b", "/a;Domain=b/c\r\n/d", false)
	f.Add(denyGA+"; _ga=1; _ga\x00=1; shiny=1", "[::1]:80", "//\xff/é", true)
	e := newExpiring(f, "expire: undecided\nexpire_unlisted: true")
	f.Fuzz(func(t *testing.T, cookies, host, path string, https bool) {
		r := page(cookies)
		r.Host, r.URL.Path = host, path
		e.Visit = func(r *http.Request) expiry.Visit {
			v := expiry.VisitOf(r)
			v.HTTPS, v.Path = https, path
			return v
		}
		for _, line := range send(e, r)["Set-Cookie"] {
			name, rest, _ := strings.Cut(line, "=")
			if rule := e.policy.Lookup(name); rule != nil && e.policy.Services[rule.Service].ID == "portal" || name == "" || name == e.policy.ConsentCookie {
				t.Fatalf("%q", line)
			}
			if strings.ContainsFunc(line, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
				t.Fatalf("control characters in %q", line)
			}
			rest, secure := strings.CutSuffix(strings.TrimSuffix(rest, "; SameSite=None; Partitioned"), "; Secure")
			if secure != https && !strings.HasPrefix(strings.ToLower(name), "__") {
				t.Errorf("X3: Secure: %t in %q", secure, line)
			}
			rest, deletes := strings.CutSuffix(rest, "; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0")
			path, domain, hasDomain := strings.Cut(rest, "; Domain=")
			if !deletes || !strings.HasPrefix(path, "; Path=/") || strings.Contains(path[1:], ";") || hasDomain && strings.Contains(domain, ";") {
				t.Errorf("X1: %q", line)
			}
		}
	})
}
