package page

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// TestLanguage: the address counts before the cookie, that before the browser, and
// that before the policy.
func TestLanguage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, own, query, cookie, accept, want string }{
		{name: "nothing is known", want: "en"},
		{name: "the policy's", own: "fr", want: "fr"},
		{name: "the policy's, of a country", own: "fr-CA", want: "fr"},
		{name: "the policy's is none of the page", own: "de", want: "en"},
		{name: "the browser's", own: "fr", accept: "ar", want: "ar"},
		{name: "the browser's, of a country", accept: "ar-AE,ar;q=0.9,en;q=0.8", want: "ar"},
		{name: "the browser's best", accept: "en;q=0.5, fr;q=0.7", want: "fr"},
		{name: "the browser's second", accept: "de, fr;q=0.7", want: "fr"},
		{name: "none of the browser's", own: "fr", accept: "de, pl", want: "fr"},
		{name: "not wanted", own: "fr", accept: "ar;q=0", want: "fr"},
		{name: "any", own: "fr", accept: "*", want: "fr"},
		{name: "cannot be read", own: "fr", accept: "??,\xff;;", want: "fr"},
		{name: "a long list, of which the beginning counts", accept: "fr, " + strings.Repeat("de, ", 100_000), want: "fr"},
		{name: "a long list, of which the end does not", own: "fr", accept: strings.Repeat("de, ", 100_000) + "ar", want: "fr"},
		{name: "a long word", own: "fr", accept: strings.Repeat("ar-", 100_000), want: "fr"},
		{name: "the cookie", cookie: "fr", accept: "ar", want: "fr"},
		{name: "the cookie, in Django's way", cookie: "fr-ca", accept: "ar", want: "fr"},
		{name: "a cookie for another language", cookie: "de", accept: "ar", want: "ar"},
		{name: "the address", query: "?lang=en", cookie: "fr", accept: "ar", want: "en"},
		{name: "the address, in capitals", query: "?lang=FR", want: "fr"},
		{name: "an address with another language", query: "?lang=xx", cookie: "fr", want: "fr"},
		{name: "an address with nonsense", query: "?lang=..%2F..%2Fen", cookie: "fr", want: "fr"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text := manyKinds
			if c.own != "" {
				text = "language: " + c.own + "\n" + strings.Replace(text, "{en: Needed, ar: ضرورية}", "Needed", 1)
			}
			headers := []string{"Accept-Language", c.accept}
			if c.cookie != "" {
				headers = append(headers, "Cookie", "django_language="+c.cookie)
			}
			w := get(newPage(t, text), Visitor{}, "/"+c.query, headers...)
			if got := w.Header().Get("Content-Language"); got != c.want || !strings.Contains(w.Body.String(), `<html lang="`+c.want+`"`) {
				t.Errorf("got %q", got)
			}
		})
	}
}

// TestLinks: the page leads to itself in other languages, and keeps the one that was
// asked for.
func TestLinks(t *testing.T) {
	t.Parallel()
	p := newPage(t, manyKinds)
	for _, c := range []struct{ name, target, action, current string }{
		{"no language asked for", "/?saved&x=y", "/cookies", "en"},
		{"French", "/?lang=fr&saved", "/cookies?lang=fr", "fr"},
		{"in capitals", "/?lang=FR-ca", "/cookies?lang=fr", "fr"},
		{"an unknown one", "/?lang=%22%3E", "/cookies", "en"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var links []string
			for _, n := range elements(t, get(p, Visitor{Path: "/cookies"}, c.target).Body.String()) {
				switch {
				case n.Data == "form" && (valueOf(n, "action") != c.action || valueOf(n, "method") != "post" || valueOf(n, "autocomplete") != "off"):
					t.Errorf("the form goes to %q", valueOf(n, "action"))
				case n.Data == "a":
					links = append(links, valueOf(n, "href"))
				}
			}
			var want []string
			for _, language := range Languages() {
				if language != c.current {
					want = append(want, "?lang="+language)
				}
			}
			if !slices.Equal(links, want) {
				t.Errorf("links %q", links)
			}
		})
	}
}

// TestAccept: JSON is for those who would rather have it.
func TestAccept(t *testing.T) {
	t.Parallel()
	p := newPage(t, manyKinds)
	for _, c := range []struct {
		accept string
		json   bool
	}{
		{"", false},
		{"*/*", false},
		{"application/json", true},
		{"Application/JSON", true},
		{"application/json;q=0.5", true},
		{"application/json;q=0", false},
		{"application/json;q=2", false},
		{"application/json;q=x, text/html;q=0.1", false},
		{"application/*", true},
		{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false},
		{"text/html, application/json", false},
		{"text/html;q=0.8, application/json;q=0.9", true},
		{"text/html;q=0.9, application/json;q=0.8", false},
		{"application/json, text/plain, */*", true},
		{"application/json;q=0.5, */*", false},
		{"application/json, */*;q=0.5", true},
		{"text/*, application/json;q=0.9", false},
		{"application/json ; charset=utf-8 ; q=0.7 , text/html;q=0.6", true},
		{"application/problem+json", false},
		{"*/*;q=0.1, application/json;q=0", false},
	} {
		t.Run(c.accept, func(t *testing.T) {
			t.Parallel()
			w := get(p, Visitor{}, "/", "Accept", c.accept)
			want := "text/html; charset=utf-8"
			if c.json {
				want = "application/json"
			}
			if got := w.Header().Get("Content-Type"); got != want {
				t.Errorf("got %s", got)
			}
		})
	}
	if !prefersJSON([]string{"text/html;q=0.5", "application/json"}) {
		t.Error("only the first line was read")
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	p := newPage(t, manyKinds+"signals: {gpc: [statistical]}\nintroduction: {en: Hello, fr: Bonjour}\n")
	v := signalled(p, visitor(p, []string{"m", "video"}, []string{"chat"}))
	w := get(p, v, "/?lang=fr", "Accept", "application/json")
	const want = `{
	"site": "https://data.example.org", "language": "fr", "updated": "2026-03-05", "sha256": "0123456789ab", "introduction": "Bonjour", "gpc": true,
	"categories": [
		{"id": "necessary", "title": "Needed", "description": "Without them nothing works.", "consent": "none", "services": [
			{"id": "portal", "provider": "Portal", "cookies": [{"name": "sessionid"}, {"name": "cookies_preferences", "retention": "6 mois"}], "retention": "2 semaines", "origins": [], "state": "always"}]},
		{"id": "statistical", "title": "Cookies statistiques", "consent": "required", "services": [
			{"id": "matomo", "provider": "Matomo", "function": "Counting", "purpose": "To count", "cookies": [{"name": "_pk_id.*"}, {"name": "_pk_x", "retention": "1 jour"}], "retention": "13 mois", "origins": [], "state": "denied"},
			{"id": "ga", "provider": "Google Analytics", "cookies": [{"name": "_ga"}], "origins": [], "state": "denied"},
			{"id": "anon", "provider": "Counter", "cookies": [{"name": "anon_id"}], "retention": "Session", "origins": [], "state": "exempt"}]},
		{"id": "comfort-things", "title": "Comfort things", "consent": "objection", "services": [
			{"id": "chat", "cookies": [{"name": "chat_id"}], "origins": [], "state": "denied"}]},
		{"id": "third_party", "title": "Cookies tiers", "consent": "required", "services": [
			{"id": "yt", "provider": "YouTube", "cookies": [], "origins": ["https://www.youtube-nocookie.com"], "state": "granted"},
			{"id": "vimeo", "provider": "Vimeo", "cookies": [{"name": "vuid"}], "origins": [], "state": "granted"}]},
		{"id": "marketing", "title": "Cookies marketing", "consent": "required", "state": "undecided", "services": []}
	]}`
	if got, want := compact(t, w.Body.String()), compact(t, want); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	v.Choice = p.policy.Decoder.Decode("%7B", p.now)
	if got := get(p, v, "/", "Accept", "application/json").Body.String(); !strings.Contains(got, `"undecodable"`) {
		t.Errorf("got %s", got)
	}
}

// compact is a JSON text in a form that can be compared.
func compact(t *testing.T, text string) string {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// TestHeaders: what all answers have.
func TestHeaders(t *testing.T) {
	t.Parallel()
	p := newPage(t, manyKinds)
	for _, c := range []struct {
		name, method, body, accept string
		status                     int
	}{
		{"the page", "GET", "", "", 200},
		{"its head", "HEAD", "", "", 200},
		{"JSON", "GET", "", "application/json", 200},
		{"its head", "HEAD", "", "application/json", 200},
		{"a choice", "POST", "choice=save&policy=0123456789ab", "", 303},
		{"nonsense", "POST", "choice=all&policy=0123456789ab", "", 400},
		{"another method", "DELETE", "", "", 405},
		{"OPTIONS", "OPTIONS", "", "", 405},
		{"get", "get", "", "", 405},
	} {
		t.Run(c.method+" "+c.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(c.method, "/?lang=fr", strings.NewReader(c.body))
			r.Header.Set("Accept", c.accept)
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			w.Header().Set("Vary", "Origin") // another handler's
			p.Serve(w, r, Visitor{Path: "/cookies"}, nil)
			if w.Code != c.status {
				t.Errorf("status %d", w.Code)
			}
			for name, want := range map[string]string{
				"Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
				"Content-Security-Policy": "default-src 'none'; " + builtInSources + "; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
			} {
				if got := w.Header().Get(name); got != want {
					t.Errorf("%s: %s", name, got)
				}
			}
			if got := w.Header().Values("Vary"); !slices.Equal(got, []string{"Origin", "Cookie, Accept, Accept-Language, Sec-GPC"}) {
				t.Errorf("Vary: %q", got)
			}
			if want := map[bool]string{true: "GET, HEAD, POST"}[c.status == 405]; w.Header().Get("Allow") != want {
				t.Errorf("Allow: %q", w.Header().Get("Allow"))
			}
			if isEmpty := w.Body.Len() == 0; isEmpty != (c.method == "HEAD" || c.status == 303) {
				t.Errorf("%d bytes", w.Body.Len())
			}
			if set := w.Header().Values("Set-Cookie"); (len(set) > 0) != (c.status == 303) {
				t.Errorf("cookies %q", set)
			}
			if c.status >= 400 && (!strings.Contains(w.Body.String(), `<a href="/cookies?lang=fr">Retour`) || !strings.Contains(w.Body.String(), `<html lang="fr"`)) {
				t.Error(w.Body)
			}
		})
	}
	t.Run("where nobody chooses", func(t *testing.T) {
		t.Parallel()
		p := newPage(t, manyKinds+managedChoice)
		w := post(p, Visitor{}, "/", "choice=accept", nil)
		if w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" || w.Header().Get("Set-Cookie") != "" {
			t.Errorf("%d, Allow: %s", w.Code, w.Header().Get("Allow"))
		}
	})
}

// TestHeadTellsLength: over a real connection, HEAD promises what GET keeps.
func TestHeadTellsLength(t *testing.T) {
	t.Parallel()
	p := newPage(t, manyKinds)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.Serve(w, r, Visitor{}, nil) }))
	defer server.Close()
	head, err := http.Head(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer head.Body.Close()
	full, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Body.Close()
	body, err := io.ReadAll(full.Body)
	if err != nil || head.ContentLength != int64(len(body)) || len(body) == 0 {
		t.Errorf("HEAD tells of %d bytes, GET sends %d: %v", head.ContentLength, len(body), err)
	}
}

// TestStyle: the browser takes the style of the page, and no other.
func TestStyle(t *testing.T) {
	t.Parallel()
	for name, page := range variants(t) {
		found := 0
		for _, n := range elements(t, page) {
			if n.Data == "style" {
				found++
				if hash := "'sha256-" + hashOf(n.FirstChild.Data) + "'"; !strings.Contains(builtInSources, hash) {
					t.Errorf("%s: the style has the hash %s", name, hash)
				}
			}
		}
		if found != 1 {
			t.Errorf("%s: %d styles", name, found)
		}
	}
}
