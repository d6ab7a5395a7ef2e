package integration_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

const returningPolicy = `
version: 1
consent: {cookie: choice}
categories:
  - {id: necessary, consent: none}
  - {id: statistical, consent: required}
services:
  - {id: portal, category: necessary, cookies: [choice, sessionid]}
  - {id: ga, category: statistical, domain: site, cookies: [_ga]}
  - {id: matomo, category: statistical, cookies: ["_pk_ses.*"]}
`

// startReturning runs the gateway in front of pages that a handler serves, and a browser
// that visits them.
func startReturning(t *testing.T, pages http.HandlerFunc) *browser {
	t.Helper()
	upstream := httptest.NewServer(pages)
	t.Cleanup(upstream.Close)
	file := t.TempDir() + "/policy.yaml"
	write(t, file, []byte(returningPolicy))
	address := fmt.Sprintf("https://portal.example.org:%d", freePort(t))
	startCaddy(t, fmt.Sprintf("{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n}\n%s {\n\tbind 127.0.0.1\n\ttls internal\n\tcookie_consent %q\n\treverse_proxy %s\n}\n",
		address, file, upstream.Listener.Addr()))
	return startBrowser(t, address,
		chromedp.Flag("host-resolver-rules", "MAP *.example.org 127.0.0.1"),
		chromedp.Flag("ignore-certificate-errors", true)) // the gateway's certificate is its own
}

// write writes a cookie as a script of the page does.
func (b *browser) write(line string) {
	b.t.Helper()
	// Read once more, it is in the browser's list, and not still on its way there.
	evaluate[string](b, fmt.Sprintf("document.cookie = %q; document.cookie", line))
}

func (b *browser) choose(granted bool) {
	b.t.Helper()
	b.write(fmt.Sprintf(`choice={"statistical":%t}; path=/`, granted))
}

// TestPortalDeletesElsewhere: a portal tries to delete a cookie on every page, in a place
// where it is not. After a refusal the gateway deletes it where it is (X4).
func TestPortalDeletesElsewhere(t *testing.T) {
	t.Parallel()
	b := startReturning(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Set-Cookie", `_ga=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/`) // as Django does
		_, _ = io.WriteString(w, "<!DOCTYPE html><title>portal</title>")
	})
	for i, c := range []struct {
		name, attributes string
		pages            int // that it takes at most
	}{
		{"of the domain", "path=/; domain=example.org", 1},
		{"of the host as a domain", "path=/; domain=portal.example.org", 3},
		{"in a directory", "path=/deep", 4},
		{"in two places", "path=/; domain=example.org, path=/deep", 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := b.in(t)
			b.open("/")
			b.choose(true)
			b.open("/deep/page")
			for attributes := range strings.SplitSeq(c.attributes, ", ") {
				b.write(fmt.Sprintf("_ga=GA1.1.%d; %s", i, attributes))
			}
			b.open("/deep/page")
			if !slices.Contains(b.cookieNames(), "_ga") {
				t.Fatal("the portal by itself has deleted it")
			}
			b.choose(false)
			for range c.pages {
				b.open("/deep/page")
			}
			if slices.Contains(b.cookieNames(), "_ga") {
				t.Errorf("after %d pages it is still there", c.pages)
			}
		})
	}
}

// trackerPage has a script that sets a cookie again on every page, with a value that does
// not change, in the path that the address says. It tells first whether it was still there.
const trackerPage = `<!DOCTYPE html><title>portal</title><script>
const came = document.cookie.includes("_pk_ses.1.1fff=");
const path = new URLSearchParams(location.search).get("set");
if (path) document.cookie = "_pk_ses.1.1fff=1; path=" + path;
</script>`

// TestTrackerSetsAgain: as long as a refused cookie comes, each page deletes it, however
// often a script sets it again; also after a grant and a new refusal, and where the
// place of the cookie has to be guessed (X6).
func TestTrackerSetsAgain(t *testing.T) {
	t.Parallel()
	b := startReturning(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, trackerPage)
	})
	came := func(page string) bool {
		b.open(page)
		return evaluate[bool](b, "came")
	}
	refuse := func(path string) {
		b.choose(true)
		b.open("/deep/page?set=" + path)
		if !came("/deep/page?set=" + path) { // the control
			t.Fatalf("a granted cookie in %s was deleted", path)
		}
		b.choose(false)
	}
	b.open("/")
	for round := range 3 {
		refuse("/")
		for page := range 8 {
			if came("/deep/page?set=/") {
				t.Errorf("refusal %d, page %d: the cookie was not deleted", round, page)
			}
		}
	}
	for range 2 {
		if came("/deep/page") {
			t.Error("the script does not set it any more, and it is there")
		}
	}

	const deep = "/deep/page?set=/deep"
	for round := range 2 {
		refuse("/deep")
		pages := 0
		for pages < 8 && came(deep) {
			pages++
		}
		if pages == 8 {
			t.Errorf("refusal %d: on %d pages the deep place was not found", round, pages)
		}
	}
	came("/") // from where the cookie does not come
	for range 5 {
		came("/deep/page")
	}
	if slices.Contains(b.cookieNames(), "_pk_ses.1.1fff") {
		t.Error("the script does not set it any more, and it is there in the end")
	}
}
