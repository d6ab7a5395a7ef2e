package page

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/enforcer/cookie"
	"golang.org/x/net/publicsuffix"
)

// TestCopies holds C3: wherever a browser has copies of the consent cookie, it has one
// once a choice is saved, which is what was chosen.
func TestCopies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, address string
		domain        string   // of the rule
		there         []string // attributes of the copies
		several       bool
		lines         int // that are set; 0: it does not matter
	}{
		{"none", "https://data.portal.example.org/cookies", "", nil, false, 1},
		{"in the same place", "https://data.portal.example.org/cookies", "", []string{"Path=/"}, false, 0},
		{"in the site's domain, from before", "https://data.portal.example.org/cookies", "", []string{"Path=/; Domain=example.org"}, false, 0},
		{"host-only, from before", "https://data.portal.example.org/cookies", "site", []string{"Path=/"}, false, 0},
		{"in all domains", "https://data.portal.example.org/cookies", "site", []string{"Path=/", "Path=/; Domain=data.portal.example.org", "Path=/; Domain=portal.example.org", "Path=/; Domain=example.org"}, true, 0},
		{"in directories", "https://example.org/a/b/cookies", "host", []string{"Path=/", "Path=/a", "Path=/a/b; Domain=example.org", "Path=/a/b/cookies"}, true, 0},
		{"secure", "https://example.org/cookies", "", []string{"Path=/; Secure", "Path=/; Domain=example.org; Secure; HttpOnly"}, true, 0},
		{"without TLS", "http://example.org/cookies", "site", []string{"Path=/", "Path=/; Domain=example.org"}, true, 0},
		{"a host without a domain", "http://localhost/cookies", "", []string{"Path=/", "Path=/cookies"}, true, 0},
		{"an address", "http://192.0.2.7/cookies", "site", []string{"Path=/", "Path=/cookies"}, true, 0},
		{"in a place where the page does not set it", "https://example.org/cookies", "", []string{"Path=/cookies"}, false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text := manyKinds
			if c.domain != "" {
				text = strings.Replace(text, "{name: cookies_preferences,", "{name: cookies_preferences, domain: "+c.domain+",", 1)
			}
			p := newPage(t, text)
			address, err := url.Parse(c.address)
			if err != nil {
				t.Fatal(err)
			}
			browser := make(kept)
			old, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
			if err != nil {
				t.Fatal(err)
			}
			store := func(lines []string) {
				browser.store(lines)
				old.SetCookies(address, (&http.Response{Header: http.Header{"Set-Cookie": lines}}).Cookies())
			}
			for i, attributes := range c.there {
				store([]string{"cookies_preferences=ga%3D" + string(rune('0'+i%2)) + "; " + attributes})
			}
			sent := func() []string { return browser.sent(address) }
			if got := len(sent()); got != len(c.there) {
				t.Fatalf("the browser sends %d copies, want %d", got, len(c.there))
			}
			v := Visitor{Host: address.Hostname(), Path: address.Path, HTTPS: address.Scheme == "https"}
			w := post(p, v, address.Path, "choice=save&service=ga&policy=0123456789ab", nil, "Cookie", strings.Join(sent(), "; "))
			lines := w.Header().Values("Set-Cookie")
			if c.lines > 0 && len(lines) != c.lines {
				t.Errorf("sets %q", lines)
			}
			store(lines)
			want, _, _ := strings.Cut(lines[len(lines)-1], ";")
			if left := sent(); !slices.Equal(left, []string{want}) {
				t.Errorf("the browser sends %q, want %q alone", left, want)
			}
			if left := old.Cookies(address); len(left) != 1 || left[0].Name+"="+left[0].Value != want {
				t.Errorf("a client that follows RFC 6265 sends %q, want %q alone", left, want)
			}
			page := get(p, v, w.Header().Get("Location"), "Cookie", strings.Join(sent(), "; ")).Body.String()
			if told := strings.Contains(page, texts["en"].Cleared); told != c.several {
				t.Errorf("the visitor is told of other copies: %t", told)
			}
		})
	}
}

// kept is the consent cookie as browsers keep it (RFC 6265bis, section 5.7): a host-only
// one is another cookie than that of its domain.
type kept map[cookie.Attributes]string

func (k kept) store(lines []string) {
	for _, line := range lines {
		pair, _, _ := strings.Cut(line, ";")
		place := cookie.ReadAttributes(line)
		place.HTTPOnly = false
		if k[place] = pair; strings.Contains(line, "Max-Age=0") {
			delete(k, place)
		}
	}
}

func (k kept) sent(address *url.URL) (pairs []string) {
	for place, pair := range k {
		inDomain := place.Domain == "" || strings.HasSuffix("."+address.Hostname(), "."+place.Domain)
		inPath := place.Path == "/" || address.Path == place.Path || strings.HasPrefix(address.Path, place.Path+"/")
		if inDomain && inPath {
			pairs = append(pairs, pair)
		}
	}
	return pairs
}

// TestCopiesOfOddHosts: what is no name of a host does not get into a line.
func TestCopiesOfOddHosts(t *testing.T) {
	t.Parallel()
	p := newPage(t, manyKinds)
	for _, v := range []Visitor{
		{Host: "a.b; Secure.example.org", Path: "/cookies"}, {Host: "a\x00.example.org", Path: "/cookies"}, {Host: "", Path: ""},
		{Host: "example.org", Path: "/a;Domain=x/b"}, {Host: "example.org", Path: "/" + strings.Repeat("a/", 5000)},
		{Host: strings.Repeat("a.", 100) + "example.org", Path: "/" + strings.Repeat("a/", 400)},
	} {
		w := post(p, v, "/cookies", "choice=refuse&policy=0123456789ab", nil, "Cookie", "cookies_preferences=a; cookies_preferences=b")
		size := 0
		lines := w.Header().Values("Set-Cookie")
		for _, line := range lines[:len(lines)-1] {
			size += len(line)
			if strings.Count(line, "Path=") != 1 || strings.Count(line, "Domain=") > 1 || strings.ContainsAny(line, "\x00") || strings.Contains(line, "Secure") {
				t.Errorf("%.200q", line)
			}
		}
		if size > maxCopyBytes {
			t.Errorf("%d bytes for %.50q", size, v.Host)
		}
	}
}
