package enforcer

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestChosenLinesArePrivate: what passes by one visitor's choice reaches no other from a
// shared cache, whatever the portal says to caches. Rule S7.
func TestChosenLinesArePrivate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		have http.Header
		want []string // of Cache-Control
	}{
		{"nothing is said", nil, []string{"private"}},
		{"Expires only", http.Header{"Expires": {"Thu, 24 Dec 2026 12:00:00 GMT"}}, []string{"private"}},
		{"cacheable by its age", http.Header{"Last-Modified": {"Tue, 24 Nov 2020 12:00:00 GMT"}}, []string{"private"}},
		{"max-age", http.Header{"Cache-Control": {"max-age=60"}}, []string{"max-age=60, private"}},
		{"public", http.Header{"Cache-Control": {"Public, max-age=60"}}, []string{"Public, max-age=60, private"}},
		{"s-maxage", http.Header{"Cache-Control": {"S-MaxAge=60"}}, []string{"S-MaxAge=60, private"}},
		{"must-revalidate", http.Header{"Cache-Control": {"max-age=60, must-revalidate"}}, []string{"max-age=60, must-revalidate, private"}},
		{"proxy-revalidate", http.Header{"Cache-Control": {"max-age=60, proxy-revalidate"}}, []string{"max-age=60, proxy-revalidate, private"}},
		{"no-cache, which may be stored", http.Header{"Cache-Control": {"no-cache"}}, []string{"no-cache, private"}},
		{"several lines", http.Header{"Cache-Control": {"public", "max-age=60"}}, []string{"public", "max-age=60, private"}},
		{"private for a field", http.Header{"Cache-Control": {`private="set-cookie"`}}, []string{`private="set-cookie", private`}},
		{"private for no field", http.Header{"Cache-Control": {`private=""`}}, []string{`private="", private`}},
		{"private in a string", http.Header{"Cache-Control": {`ext="a, private, b"`}}, []string{`ext="a, private, b", private`}},
		{"a string without an end", http.Header{"Cache-Control": {`max-age=60, ext="a`}}, []string{"private", `max-age=60, ext="a`}},
		{"a string without an end, and more lines", http.Header{"Cache-Control": {`ext="a`, "private"}}, []string{"private", `ext="a`, "private"}},
		{"private before a string without an end", http.Header{"Cache-Control": {`private, ext="a`}}, []string{`private, ext="a`}},
		{"private already", http.Header{"Cache-Control": {"max-age=60, PRIVATE"}}, []string{"max-age=60, PRIVATE"}},
		{"no-store", http.Header{"Cache-Control": {"no-store"}}, []string{"no-store"}},
		{"for one CDN", http.Header{"Cache-Control": {"max-age=60"}, "Cdn-Cache-Control": {"max-age=600"}}, []string{"max-age=60, private"}},
		{"for another, in odd case", http.Header{"Cache-Control": {"private"}, "fastly-cache-control": {"max-age=600"}}, []string{"private"}},
		{"for surrogates", http.Header{"Surrogate-Control": {"max-age=600"}}, []string{"private"}},
		{"for Akamai", http.Header{"Edge-Control": {"max-age=600"}}, []string{"private"}},
		{"for nginx", http.Header{"X-Accel-Expires": {"600"}}, []string{"private"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, status := range []int{http.StatusOK, http.StatusNotModified, http.StatusFound} {
				header := respond(newEnforcer(t, "strip"), grantMatomo, func(w http.ResponseWriter, _ *http.Request) {
					for key, lines := range c.have {
						w.Header()[key] = lines
					}
					w.Header()["Set-Cookie"] = []string{"_pk_id.1=1"}
					w.WriteHeader(status)
				}).Result().Header
				if got := header["Cache-Control"]; !slices.Equal(got, c.want) {
					t.Errorf("%d: got %q, want %q", status, got, c.want)
				}
				if tellsCDNs(header) {
					t.Errorf("%d: a cache is told something else: %v", status, header)
				}
				if got := header.Get("Expires"); got != c.have.Get("Expires") {
					t.Errorf("%d: Expires became %q", status, got)
				}
			}
		})
	}
}

// TestSurrogates: a cache that puts pages together goes on doing so, and stores nothing.
// Rule S7.
func TestSurrogates(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		`max-age=600`:                      "",
		`content="ESI/1.0"`:                `no-store, content="ESI/1.0"`,
		`max-age=600, content="ESI/1.0"`:   `no-store, content="ESI/1.0"`,
		`Content = "a, b=c";gw, max-age=6`: `no-store, Content = "a, b=c";gw`,
		`contents=x, max-age=600`:          "",
	} {
		header := respond(newEnforcer(t, "strip"), grantMatomo, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Set-Cookie", "_pk_id.1=1")
			w.Header().Set("Surrogate-Control", said)
		}).Result().Header
		if got := header.Get("Surrogate-Control"); got != want {
			t.Errorf("%q became %q, want %q", said, got, want)
		}
	}
}

// TestWhoseLines: only lines that those who refuse everything would not get make a response
// private. Rule S7.
func TestWhoseLines(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, unlisted, choice, line string
		private                      bool
	}{
		{"granted", "strip", grantMatomo, "_pk_id.1=1", true},
		{"not denied", "strip", "", "theme=dark", true},
		{"exempt until it is refused", "strip", "", "visits=1", true},
		{"granted by the response itself", "strip", "", grantMatomo, false},
		{"necessary", "strip", grantMatomo, "sessionid=S", false},
		{"a deletion, which all get", "strip", grantMatomo, "_pk_id.1=; Max-Age=0", false},
		{"unlisted", "allow", grantMatomo, "shiny=1", false},
		{"unlisted, which a careless parser takes for a granted one", "allow", grantMatomo, "%5Fpk_id.1=1", true},
		{"without a name, which one takes for a granted one", "allow", grantMatomo, "_pk_id.1", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			said := http.Header{"Cache-Control": {"public, max-age=60"}, "Cdn-Cache-Control": {"max-age=600"}, "Set-Cookie": {c.line}}
			header := respond(newEnforcer(t, c.unlisted), c.choice, func(w http.ResponseWriter, _ *http.Request) {
				for key, lines := range said {
					w.Header()[key] = lines
				}
			}).Result().Header
			if got := header["Set-Cookie"]; !slices.Equal(got, said["Set-Cookie"]) {
				t.Fatalf("the line became %q", got)
			}
			if private := strings.Contains(header.Get("Cache-Control"), "private"); private != c.private {
				t.Errorf("private: %t, want %t", private, c.private)
			}
			if got := header.Get("Cdn-Cache-Control"); (got == "") != c.private {
				t.Errorf("a CDN is told %q", got)
			}
		})
	}
}

// TestChosenLinesOfOtherHeads: a 1xx is stored by no cache, a report changes nothing, and
// what a handler says to caches late, where the head may leave later still, does not undo
// it. Rule S7.
func TestChosenLinesOfOtherHeads(t *testing.T) {
	t.Parallel()
	t.Run("a 1xx", func(t *testing.T) {
		t.Parallel()
		header := respond(newEnforcer(t, "strip"), grantMatomo, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Set-Cookie", "_pk_id.1=1")
			w.WriteHeader(http.StatusEarlyHints)
			w.Header().Del("Set-Cookie") // as the reverse proxy does
			w.WriteHeader(http.StatusOK)
		}).Result().Header
		if len(header["Cache-Control"]) > 0 {
			t.Errorf("got %v", header)
		}
	})
	t.Run("a report", func(t *testing.T) {
		t.Parallel()
		e := newEnforcer(t, "strip")
		e.ReportOnly = true
		header := respond(e, grantMatomo, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Set-Cookie", "_pk_id.1=1")
		}).Result().Header
		if len(header["Cache-Control"]) > 0 {
			t.Errorf("got %v", header)
		}
	})
	t.Run("late", func(t *testing.T) {
		t.Parallel()
		got := respond(newEnforcer(t, "strip"), grantMatomo, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Set-Cookie", "_pk_id.1=1")
			w.WriteHeader(http.StatusOK)
			w.Header().Set("Cache-Control", "public")
			w.Header().Set("Cdn-Cache-Control", "public")
		}).Header()
		if got.Get("Cache-Control") != "public, private" || tellsCDNs(got) {
			t.Errorf("got %v", got)
		}
	})
}

// TestChosenLinksArePrivate: so it is with links to third parties that one visitor permits.
// Rule S7.
func TestChosenLinksArePrivate(t *testing.T) {
	t.Parallel()
	for link, want := range map[string]string{
		"</app.css>; rel=preload":                   "public",
		"<https://cdn.example/x.js>; rel=preload":   "public",
		"<https://video.example/x.js>; rel=preload": "public, private",
		"<https://video.example/x>; rel=author":     "public",
	} {
		got := respond(newLoading(t), grantVideo, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "image/png")
			w.Header().Set("Cache-Control", "public")
			w.Header().Set("Link", link)
		}).Result().Header
		if got.Get("Cache-Control") != want || got.Get("Link") != link {
			t.Errorf("%s: got %v, want %s", link, got, want)
		}
	}
}

func tellsCDNs(header http.Header) bool {
	for key := range header {
		if isForCDNField(key) {
			return true
		}
	}
	return false
}
