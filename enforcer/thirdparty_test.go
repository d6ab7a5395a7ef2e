package enforcer

import (
	"cmp"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"github.com/caddy-consent/caddy-consent/enforcer/expiry"
	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

// loadingPolicy has services that load from elsewhere.
const loadingPolicy = testPolicy + `
  - {id: maps, category: necessary, origins: ["https://tiles.example"]}
  - {id: video, category: statistical, origins: ["https://video.example", "https://*.video.example", "wss://video.example"]}
  - {id: chat, category: comfort, origins: ["http://chat.example:8080"]}
allowed_origins: ["https://cdn.example"]
third_parties: enforce
site: https://www.portal.example
`

func newLoading(t testing.TB, edits ...string) *Enforcer {
	t.Helper()
	e := New(mustParse(t, strings.NewReplacer(edits...).Replace(loadingPolicy)))
	e.Now = func() time.Time { return now }
	return e
}

const (
	grantVideo = "cookies_preferences=%7B%22video%22%3Atrue%7D"
	denyVideo  = "cookies_preferences=%7B%22video%22%3Afalse%2C%22chat%22%3Afalse%7D"

	always      = " https://cdn.example https://tiles.example"
	chat        = " http://chat.example:8080"
	video       = " https://video.example https://*.video.example wss://video.example"
	reportsOnly = "third_parties: report"
)

// contentPolicy is the header that allows some origins.
func contentPolicy(origins string) string {
	return "script-src-elem 'self' 'unsafe-inline' data: blob:" + origins +
		"; img-src 'self' data: blob:" + origins +
		"; frame-src 'self' data: blob:" + origins +
		"; connect-src 'self' data: blob:" + origins +
		"; report-uri /.well-known/cookie-consent/csp"
}

// exchanged is the header of a response that a handler gives, with some request headers.
func exchanged(e *Enforcer, request http.Header, handler http.HandlerFunc) http.Header {
	r := httptest.NewRequest("GET", "http://portal.example/", nil)
	for name, lines := range request {
		r.Header[name] = lines
	}
	w := httptest.NewRecorder()
	e.Handler(handler).ServeHTTP(w, r)
	return w.Result().Header
}

func TestContentPolicy(t *testing.T) {
	t.Parallel()
	document := http.Header{"Sec-Fetch-Dest": {"document"}}
	for _, row := range []struct {
		name     string
		request  http.Header
		cookies  string
		kind     string   // of the response
		lines    []string // Set-Cookie
		csp      []string // the portal's
		want     []string
		wantOnly []string // Report-Only
		policy   string
	}{
		{name: "no choice", kind: "text/html", want: []string{contentPolicy(always + chat)}},
		{name: "granted", kind: "text/html; charset=utf-8", cookies: grantVideo, want: []string{contentPolicy(" https://cdn.example" + " https://tiles.example" + video + chat)}},
		{name: "refused", kind: "Text/HTML", cookies: denyVideo, want: []string{contentPolicy(always)}},
		{name: "C8: undecodable", kind: "text/html", cookies: "cookies_preferences=%7B%22video%22", want: []string{contentPolicy(always)}},
		{name: "appended to the portal's", kind: "text/html", cookies: denyVideo, csp: []string{"default-src 'self'", "img-src *"}, want: []string{"default-src 'self'", "img-src *", contentPolicy(always)}},
		{name: "there already", kind: "text/html", cookies: denyVideo, csp: []string{contentPolicy(always)}, want: []string{contentPolicy(always)}},
		{name: "S5: the choice that is set counts", kind: "text/html", cookies: grantVideo, lines: []string{denyVideo}, want: []string{contentPolicy(always)}},
		{name: "S5: a grant counts at once", kind: "text/html", cookies: denyVideo, lines: []string{grantVideo}, want: []string{contentPolicy(always + video + chat)}},
		{name: "XHTML", kind: "application/xhtml+xml", cookies: denyVideo, want: []string{contentPolicy(always)}},
		{name: "a script", kind: "text/javascript", request: http.Header{"Sec-Fetch-Dest": {"script"}}},
		{name: "a worker's script", kind: "text/javascript", cookies: denyVideo, request: http.Header{"Sec-Fetch-Dest": {"worker"}}, want: []string{contentPolicy(always)}},
		{name: "JSON", kind: "application/json"},
		{name: "two types, of which browsers take either", kind: "text/plain, text/html", cookies: denyVideo, want: []string{contentPolicy(always)}},
		{name: "a picture", kind: "image/svg+xml", request: http.Header{"Sec-Fetch-Dest": {"image"}}},
		{name: "a picture as a page", kind: "image/svg+xml", request: document, cookies: denyVideo, want: []string{contentPolicy(always)}},
		{name: "a page of XML", kind: "text/xml", request: http.Header{"Accept": {"text/html,*/*"}}, cookies: denyVideo, want: []string{contentPolicy(always)}},
		{name: "no type, for a page", request: document, cookies: denyVideo, want: []string{contentPolicy(always)}},
		{name: "no type, for a frame", request: http.Header{"Sec-Fetch-Dest": {"iframe"}}, cookies: denyVideo, want: []string{contentPolicy(always)}},
		{name: "no valid type, for a page", kind: "utf-8", request: document, cookies: denyVideo, want: []string{contentPolicy(always)}},
		{name: "a type of anything, for a page", kind: "*/*", request: document, cookies: denyVideo, want: []string{contentPolicy(always)}},
		{name: "an unknown type, for a page", kind: "application/unknown", request: document, cookies: denyVideo, want: []string{contentPolicy(always)}},
		{name: "half a type, for a page", kind: "text/; charset=x", request: document, cookies: denyVideo, want: []string{contentPolicy(always)}},
		{name: "parts, for a page", kind: "multipart/x-mixed-replace; boundary=a", request: document, cookies: denyVideo, want: []string{contentPolicy(always)}},
		{name: "a style sheet of XML, for a page", kind: "text/xsl", request: document, cookies: denyVideo, want: []string{contentPolicy(always)}},
		{name: "no top, for a page", kind: "/plain", request: document, cookies: denyVideo, want: []string{contentPolicy(always)}},
		{name: "a file, for a page", kind: "application/pdf", request: document},
		{name: "no valid type, for a picture", kind: "utf-8", request: http.Header{"Sec-Fetch-Dest": {"image"}}},
		{name: "no type, for a picture", request: http.Header{"Sec-Fetch-Dest": {"image"}}},
		{name: "reported", kind: "text/html", cookies: denyVideo, policy: reportsOnly, wantOnly: []string{contentPolicy(always)}, csp: []string{"img-src *"}, want: []string{"img-src *"}},
		{name: "the browser is told nothing", kind: "text/html", cookies: denyVideo, policy: "# nothing"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			e := newLoading(t, "third_parties: enforce", cmp.Or(row.policy, "third_parties: enforce"))
			request := row.request.Clone()
			if request == nil {
				request = make(http.Header)
			}
			if row.cookies != "" {
				request["Cookie"] = []string{row.cookies}
			}
			got := exchanged(e, request, func(w http.ResponseWriter, _ *http.Request) {
				h := w.Header()
				h["Content-Type"] = nil
				if row.kind != "" {
					h.Set("Content-Type", row.kind)
				}
				if row.csp != nil {
					h["Content-Security-Policy"] = slices.Clone(row.csp)
				}
				h["Set-Cookie"] = row.lines
				_, _ = w.Write([]byte("<p>"))
				_, _ = w.Write([]byte("again"))
			})
			if lines := got["Content-Security-Policy"]; !slices.Equal(lines, row.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(row.want, "\n"))
			}
			if lines := got["Content-Security-Policy-Report-Only"]; !slices.Equal(lines, row.wantOnly) {
				t.Errorf("report only: got %q, want %q", lines, row.wantOnly)
			}
		})
	}
}

// TestDocumentCaches: a page that was stored must not keep what an older choice allowed.
func TestDocumentCaches(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, edit  string
		cache       []string
		want        []string
		cdn, cdnOut string
	}{
		{name: "nothing said", want: []string{"private, no-cache"}},
		{name: "kept for an hour by everybody", cache: []string{"public, max-age=3600"}, want: []string{"public, max-age=3600, private, no-cache"}},
		{name: "private for some headers only", cache: []string{`private="x", no-cache="set-cookie"`}, want: []string{`private="x", no-cache="set-cookie", private, no-cache`}},
		{name: "private", cache: []string{"private, max-age=0"}, want: []string{"private, max-age=0, no-cache"}},
		{name: "stored nowhere", cache: []string{"no-store"}, want: []string{"no-store"}},
		{name: "in two lines", cache: []string{"no-cache", "max-age=1"}, want: []string{"no-cache", "max-age=1, private"}},
		{name: "with words for a CDN", cdn: "max-age=600", want: []string{"private, no-cache"}},
		{name: "report", edit: reportsOnly, want: []string{"private, no-cache"}},
		{name: "whatever the choice, the same", edit: "origins", cache: []string{"public, max-age=3600"}, cdn: "max-age=600", cdnOut: "max-age=600", want: []string{"public, max-age=3600"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var edits []string
			switch row.edit {
			case "origins":
				edits = []string{
					`origins: ["https://video.example", "https://*.video.example", "wss://video.example"]`, "cookies: [v_cookie]",
					`origins: ["http://chat.example:8080"]`, `origins: ["https://cdn.example"]`,
				}
			case reportsOnly:
				edits = []string{"third_parties: enforce", reportsOnly}
			}
			shared := slices.Clone(row.cache)
			var etag string
			header := exchanged(newLoading(t, edits...), http.Header{"Sec-Fetch-Dest": {"document"}, "If-None-Match": {`"x"`}}, func(w http.ResponseWriter, r *http.Request) {
				etag = r.Header.Get("If-None-Match")
				w.Header().Set("Content-Type", "text/html")
				if row.cdn != "" {
					w.Header().Set("CDN-Cache-Control", row.cdn)
					w.Header()["Surrogate-Control"] = []string{row.cdn}
				}
				w.Header()["Cache-Control"] = shared
			})
			if got := header["Cache-Control"]; !slices.Equal(got, row.want) {
				t.Errorf("Cache-Control is %q, want %q", got, row.want)
			}
			if got := header.Get("CDN-Cache-Control") + header.Get("Surrogate-Control"); got != row.cdnOut+row.cdnOut {
				t.Errorf("caches of CDNs are told %q", got)
			}
			if !slices.Equal(shared, row.cache) {
				t.Errorf("the handler's slice became %q", shared)
			}
			if etag != "" {
				t.Error("the portal was asked whether the copy is good")
			}
		})
	}
}

// TestDocumentVary: browsers that go back compare what a stored page depends on.
func TestDocumentVary(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, kind string
		vary, want []string
	}{
		{"nothing said", "text/html", nil, []string{"Cookie"}},
		{"another header", "text/html", []string{"Accept-Encoding"}, []string{"Accept-Encoding", "Cookie"}},
		{"it already", "text/html", []string{"Accept, COOKIE"}, []string{"Accept, COOKIE"}},
		{"everything", "text/html", []string{"*"}, []string{"*"}},
		{"a header that ends alike", "text/html", []string{"X-Cookie"}, []string{"X-Cookie", "Cookie"}},
		{"no document", "text/css", []string{"Accept"}, []string{"Accept"}},
	} {
		got := exchanged(newLoading(t), nil, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", row.kind)
			w.Header()["Vary"] = slices.Clone(row.vary)
			_, _ = w.Write(nil)
			_, _ = w.Write(nil)
		})
		if !slices.Equal(got["Vary"], row.want) {
			t.Errorf("%s: got %q, want %q", row.name, got["Vary"], row.want)
		}
	}
}

// TestForgetCopy: the portal may answer that a copy is good, but not for a document.
func TestForgetCopy(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		header http.Header
		want   bool // the conditions reach the portal
	}{
		{"a page", http.Header{"Sec-Fetch-Dest": {"document"}}, false},
		{"a frame", http.Header{"Sec-Fetch-Dest": {"iframe"}}, false},
		{"a page of an old browser", http.Header{"Accept": {"text/html, */*"}}, false},
		{"a page of a service worker", http.Header{"Sec-Fetch-Dest": {"empty"}, "Sec-Fetch-Mode": {"navigate"}}, false},
		{"a worker", http.Header{"Sec-Fetch-Dest": {"serviceworker"}}, false},
		{"a picture", http.Header{"Sec-Fetch-Dest": {"image"}}, true},
		{"a script's request", http.Header{"Sec-Fetch-Dest": {"empty"}, "Sec-Fetch-Mode": {"cors"}}, true},
		{"a client", http.Header{"Accept": {"*/*"}}, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			row.header["If-None-Match"] = []string{`"x"`}
			row.header["If-Modified-Since"] = []string{"Thu, 01 Jan 2026 00:00:00 GMT"}
			exchanged(newLoading(t), row.header, func(_ http.ResponseWriter, r *http.Request) {
				if got := len(r.Header["If-None-Match"]) + len(r.Header["If-Modified-Since"]); got != 2*btoi(row.want) {
					t.Errorf("the portal got %d conditions", got)
				}
			})
		})
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestNotModified: the headers of a 304 take the place of those that the browser has
// stored.
func TestNotModified(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ dest, want string }{
		{"document", "max-age=600, private, no-cache"},
		{"empty", "max-age=600, private, no-cache"}, // a script asks for the page that it is on
		{"", "max-age=600, private, no-cache"},
		{"image", "max-age=600"},
		{"script", "max-age=600"},
	} {
		got := exchanged(newLoading(t), http.Header{"Sec-Fetch-Dest": {row.dest}}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Cache-Control", "max-age=600")
			w.WriteHeader(http.StatusNotModified)
			_, _ = w.Write(nil)
		})
		vary := strings.Join(got["Vary"], "|")
		if len(got["Content-Security-Policy"]) > 0 || got.Get("Cache-Control") != row.want || (vary == "Cookie") != (row.want != "max-age=600") {
			t.Errorf("for %q: the header is %v", row.dest, got)
		}
	}
}

// TestNotModifiedAlike: where the choice makes no difference, a copy is as good.
func TestNotModifiedAlike(t *testing.T) {
	t.Parallel()
	e := New(mustParse(t, testPolicy+"third_parties: enforce\n"))
	got := exchanged(e, http.Header{"Sec-Fetch-Dest": {"document"}}, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) })
	if len(got["Cache-Control"])+len(got["Vary"]) > 0 {
		t.Errorf("the header is %v", got)
	}
}

// TestLinkOfVisitedHost: a proxy in front may have put another host into the request.
func TestLinkOfVisitedHost(t *testing.T) {
	t.Parallel()
	e := newLoading(t)
	e.Visit = func(*http.Request) expiry.Visit { return expiry.Visit{Host: "public.example"} }
	lines := []string{`<https://public.example/a.css>; rel=preload`, `<https://public.example:8443/a.css>; rel=preload`}
	got := exchanged(e, nil, func(w http.ResponseWriter, _ *http.Request) { w.Header()["Link"] = lines })
	if !slices.Equal(got["Link"], lines[:1]) {
		t.Errorf("the links are %q", got["Link"])
	}
}

// TestLateContentPolicy: on HTTP/3 the head goes out after the handler has changed it.
func TestLateContentPolicy(t *testing.T) {
	t.Parallel()
	w := &linkLog{headWriter: headWriter{header: make(http.Header)}}
	r := httptest.NewRequest("GET", "http://portal.example/", nil)
	r.Header.Set("Cookie", grantVideo)
	newLoading(t).Handler(http.HandlerFunc(func(x http.ResponseWriter, _ *http.Request) {
		x.Header().Set("Content-Type", "text/html")
		x.WriteHeader(http.StatusOK)
		x.Header().Set("Content-Security-Policy", "img-src *")
		x.Header().Set("Set-Cookie", denyVideo)
		_, _ = x.Write([]byte("<p>"))
	})).ServeHTTP(w, r)
	if got, want := w.header["Content-Security-Policy"], []string{"img-src *", contentPolicy(always)}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// linkLog keeps the last header that went out.
type linkLog struct {
	headWriter
	early http.Header
}

func (w *linkLog) WriteHeader(int) { w.early = w.header.Clone() }

// oddLink is sent all the same.
var oddLink = strings.ToLower("Link")

var linkRows = []struct{ name, line, want string }{
	{"the site's own", `</a.css>; rel=preload; as=style`, `</a.css>; rel=preload; as=style`},
	{"the site's own, in full", `<http://portal.example/a>; rel=preload`, `<http://portal.example/a>; rel=preload`},
	{"the site's own, with its port", `<https://PORTAL.example:443/a>; rel=preload`, `<https://PORTAL.example:443/a>; rel=preload`},
	{"always allowed", `<https://cdn.example/a,b>;rel=preconnect`, `<https://cdn.example/a,b>;rel=preconnect`},
	{"not permitted", `<https://video.example/p.js>; rel=preload; as=script`, ``},
	{"not permitted, with no scheme", `<//video.example>; rel=preconnect`, ``},
	{"not permitted, with a subdomain", `<https://a.video.example>; rel="dns-prefetch"`, ``},
	{"not listed", `<https://evil.example>; rel=preconnect`, ``},
	{"of several, those that are left", `</a>; rel=preload,<https://video.example>; rel=preconnect , </b>; rel="next"; title="a, <b>"`, `</a>; rel=preload, </b>; rel="next"; title="a, <b>"`},
	{"untouched where all stay", ` </a>;rel=preload ,, </b>; rel=next`, ` </a>;rel=preload ,, </b>; rel=next`},
	{"of several relations", `<https://video.example>; rel="next PreLoad"`, ``},
	{"in any case", `<https://video.example>; REL=PRECONNECT`, ``},
	{"a relation that loads nothing", `<https://video.example/>; rel=canonical`, `<https://video.example/>; rel=canonical`},
	{"pictures for several sizes", `</a.png>; rel=preload; as=image; imagesrcset="/a.png 1x, https://video.example/b.png 2x"`, ``},
	{"the site's own for several sizes", `</a.png>; rel=preload; as=image; imagesrcset="/a.png 400w, /b.png 800w"`, `</a.png>; rel=preload; as=image; imagesrcset="/a.png 400w, /b.png 800w"`},
	{"the site on another port", `<http://portal.example:8080/a>; rel=preconnect`, ``},
	{"the site's name on another port", `<https://www.portal.example:8443/a>; rel=preconnect`, ``},
	{"a tab that browsers leave out", "</\t/video.example/>; rel=preconnect", ``},
	{"the site, as the policy has it", `<https://www.portal.example/a.css>; rel=preload`, `<https://www.portal.example/a.css>; rel=preload`},
	{"a path that is none to Go", `</l%zz.css>; rel=preload`, `</l%zz.css>; rel=preload`},
	{"many slashes", `<///video.example/a>; rel=preload`, ``},
	{"quoted letters", `<https://video.example>; rel="pre\load"`, ``},
	{"a slash that is none", `</\video.example/a>; rel=preload`, ``},
	{"a scheme without slashes", `<https:video.example/a>; rel=preload`, ``},
	{"another scheme", `<ftp://video.example/a>; rel=preload`, ``},
	{"a blob", `<data:text/css,a>; rel=preload`, `<data:text/css,a>; rel=preload`},
	{"a quote in an address", `<https://video.example/">; rel=preload, <https://video.example/">; rel=preload`, ``},
	{"a quote in a quoted string", `</a>; title="a\", <x"; rel=next, <https://video.example>; rel=preload`, `</a>; title="a\", <x"; rel=next`},
	{"no end", `<https://video.example/; rel=preload`, `<https://video.example/; rel=preload`},
	{"no link", `rel=preload`, `rel=preload`},
	{"empty", ``, ``},
}

func TestLinks(t *testing.T) {
	t.Parallel()
	for _, row := range linkRows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var want []string
			if row.want != "" {
				want = []string{row.want}
			}
			var early http.Header
			w := &linkLog{headWriter: headWriter{header: make(http.Header)}}
			r := httptest.NewRequest("GET", "http://portal.example/", nil)
			r.Header.Set("Cookie", denyVideo)
			newLoading(t).Handler(http.HandlerFunc(func(x http.ResponseWriter, _ *http.Request) {
				x.Header()["Link"] = []string{row.line}
				x.WriteHeader(http.StatusEarlyHints)
				early = w.early.Clone()
				x.Header()[oddLink] = []string{row.line}
				delete(x.Header(), "Link")
				x.Header().Set("Content-Type", "text/css")
				_, _ = x.Write(nil)
			})).ServeHTTP(w, r)
			if got := early["Link"]; !slices.Equal(got, want) {
				t.Errorf("103: got %q, want %q", got, want)
			}
			if len(early["Content-Security-Policy"]) > 0 {
				t.Error("103: there is no document yet")
			}
			if got := w.Header()[oddLink]; !slices.Equal(got, want) {
				t.Errorf("200: got %q, want %q", got, want)
			}
		})
	}
	t.Run("permitted, and reported", func(t *testing.T) {
		t.Parallel()
		for _, e := range []*Enforcer{newLoading(t), newLoading(t, "third_parties: enforce", reportsOnly)} {
			cookies := grantVideo
			if e.policy.ThirdParties == policy.ReportThirdParties {
				cookies = denyVideo
			}
			line := `<https://video.example>; rel=preconnect`
			got := exchanged(e, http.Header{"Cookie": {cookies}}, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Link", line) })
			if got.Get("Link") != line {
				t.Errorf("%s: the link is %q", e.policy.ThirdParties, got["Link"])
			}
		}
	})
}

// FuzzLinks sees that filtering once is enough, and that nothing is made up.
func FuzzLinks(f *testing.F) {
	for _, row := range linkRows {
		f.Add(row.line)
	}
	e := newLoading(f)
	f.Fuzz(func(t *testing.T, line string) {
		filter := func(line string) string {
			header := http.Header{"Link": {line}}
			x := &Exchange{enforcer: e, request: httptest.NewRequest("GET", "http://portal.example/", nil), host: "portal.example", judge: judge{policy: e.policy}}
			x.filterLinks(header, &x.judge)
			return strings.Join(header["Link"], "|")
		}
		once := filter(line)
		if twice := filter(once); twice != once {
			t.Errorf("%q: once %q, twice %q", line, once, twice)
		}
		if len(once) > len(line)+strings.Count(line, ",") {
			t.Errorf("%q became %q", line, once)
		}
	})
}

// TestLinksDoNotAllocate: most links stay.
func TestLinksDoNotAllocate(t *testing.T) {
	e := newLoading(t)
	header := http.Header{"Link": {`</a.css>; rel=preload; as=style, </b.js>; rel="modulepreload"`, `<https://elsewhere.example/>; rel=canonical`}}
	x := &Exchange{enforcer: e, host: "portal.example", judge: judge{policy: e.policy}}
	if n := testing.AllocsPerRun(100, func() { x.filterLinks(header, &x.judge) }); n > 0 {
		t.Errorf("%v allocations where nothing is removed", n)
	}
}

// TestReportOnlyTellsNothing: a handler that only reports changes nothing.
func TestReportOnlyTellsNothing(t *testing.T) {
	t.Parallel()
	e := newLoading(t)
	e.ReportOnly = true
	got := exchanged(e, http.Header{"Cookie": {denyVideo}, "Sec-Fetch-Dest": {"document"}, "If-None-Match": {`"x"`}}, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") == "" {
			t.Error("the request was changed")
		}
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Link", "<https://video.example>; rel=preconnect")
		w.WriteHeader(http.StatusOK)
	})
	if len(got) != 2 {
		t.Errorf("the header is %v", got)
	}
}

// TestContentPoliciesFlood: visitors can make up any number of choices. What others have is
// kept all the same.
func TestContentPoliciesFlood(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString(loadingPolicy[:strings.Index(loadingPolicy, "allowed_origins")])
	for i := range 12 {
		fmt.Fprintf(&text, "  - {id: s%d, category: statistical, origins: [\"https://s%d.example\"]}\n", i, i)
	}
	c := newContentPolicies(mustParse(t, text.String()+"third_parties: enforce\n"))
	var all sync.WaitGroup
	for from := range 4 {
		all.Go(func() {
			for n := range 1 << 12 {
				var permitted consent.Set
				want := ""
				for i := range 12 {
					if (n+from)>>i&1 == 1 {
						permitted.Add(len(c.policy.Services) - 12 + i)
						want += fmt.Sprintf(" https://s%d.example", i)
					}
				}
				if got := c.of(permitted); got != contentPolicy(want) {
					t.Errorf("got %q for %q", got, want)
				}
			}
		})
	}
	all.Wait()
	for i := range 12 {
		var permitted consent.Set
		permitted.Add(len(c.policy.Services) - 12 + i)
		if first, second := c.of(permitted), c.of(permitted); unsafe.StringData(first) != unsafe.StringData(second) {
			t.Errorf("what permits service %d is made anew for each page", i)
		}
	}
}

func BenchmarkDocument(b *testing.B) {
	for _, row := range []struct{ name, edit string }{{"told", "third_parties: enforce"}, {"told nothing", ""}} {
		b.Run(row.name, func(b *testing.B) {
			e := newLoading(b, "third_parties: enforce", row.edit)
			r := httptest.NewRequest("GET", "http://portal.example/", nil)
			r.Header.Set("Sec-Fetch-Dest", "document")
			html := []string{"text/html"}
			b.ReportAllocs()
			for b.Loop() {
				r.Header["Cookie"] = []string{"sessionid=a; " + grantVideo}
				w := &headWriter{header: http.Header{"Content-Type": html}}
				x := e.Begin(w, r)
				x.WriteHeader(http.StatusOK)
				x.End()
			}
		})
	}
}

// TestContentPolicySharedSlice: a handler may use one slice for all its responses, and
// what is behind its end is not for others to write.
func TestContentPolicySharedSlice(t *testing.T) {
	t.Parallel()
	shared := append(make([]string, 0, 4), "img-src *")
	exchanged(newLoading(t), nil, func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Security-Policy"] = shared
		w.Header().Set("Content-Type", "text/html")
	})
	if behind := shared[:2][1]; behind != "" {
		t.Errorf("%q was written behind the handler's slice", behind)
	}
}
