package page

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"github.com/caddy-consent/caddy-consent/quota"
)

// lookOf is who asks, and how.
type lookOf struct {
	name, target string
	visitor      Visitor
	headers      []string
}

// looks are visitors who get different pages, and some who get the same one.
func looks(p *Page) (all []lookOf) {
	one := func(name, target string, v Visitor, headers ...string) {
		all = append(all, lookOf{name, target, v, headers})
	}
	plain := Visitor{Host: "data.example.org", Path: "/cookies"}
	chosen := visitor(p, []string{"m"}, []string{"ga"})
	value := p.policy.Decoder.Encode([]consent.Answer{{Key: "m", Granted: true}}, testNow)
	note := seal(sealed{hashValue(value), true, strings.Repeat("A", 26)}, testNow)
	disputed := plain
	disputed.Choice.Disputed.Add(p.places[0])
	for _, language := range Languages() {
		target := "/?lang=" + language
		one("nothing chosen, "+language, target, plain)
		one("another host, "+language, target, Visitor{Host: "other.example.org", HTTPS: true, Address: "192.0.2.1", Path: "/cookies"})
		one("another path, "+language, target, Visitor{Host: "data.example.org", Path: "/legal/cookies"})
		one("something chosen, "+language, target, chosen)
		one("with the signal, "+language, target, signalled(p, chosen))
		one("denied as by the signal, "+language, target, Visitor{Path: "/cookies", Choice: signalled(p, chosen).Choice})
		one("everything granted, "+language, target, Visitor{Path: "/cookies", Choice: consent.Choice{Granted: p.policy.Decoder.All}})
		one("unreadable, "+language, target, Visitor{Path: "/cookies", Choice: consent.Choice{Undecodable: p.policy.Decoder.All}})
		one("disputed, "+language, target, disputed)
		one("saved, "+language, target+"&saved="+note, chosen, "Cookie", "cookies_preferences="+value)
		one("lost, "+language, target+"&saved="+note, chosen)
		one("as JSON, "+language, target, chosen, "Accept", "application/json")
		one("by the browser's language, "+language, "/", chosen, "Accept-Language", language)
	}
	return all
}

// TestKeptPages: a page that is kept is the one that would have been rendered, whoever
// asked before.
func TestKeptPages(t *testing.T) {
	t.Parallel()
	const text = manyKinds + "signals: {gpc: [statistical]}\n"
	own := `{{.Language}} {{range .Categories}}{{range .Boxes}}{{.State}} {{.Ticked}} {{.Disabled}} {{end}}{{end}}{{with .Choice}}{{.}}{{end}}` + aForm
	for name, template := range map[string]string{"built in": "", "own": own} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := Config{Policy: parse(t, text), SHA256: "0123456789ab", Template: template}
			shared := configured(t, c)
			all := looks(shared)
			for round := range 3 {
				for i := range all {
					l := &all[(i*7+round)%len(all)]
					got := get(shared, l.visitor, l.target, l.headers...)
					want := get(configured(t, c), l.visitor, l.target, l.headers...)
					if got.Body.String() != want.Body.String() || fmt.Sprint(got.Header()) != fmt.Sprint(want.Header()) {
						t.Errorf("%s: got\n%s\nwant\n%s", l.name, got.Body, want.Body)
					}
				}
			}
			// Another host is not another page, and a note is for one visitor.
			if n := len(shared.kept.byLook); n != 10*len(Languages()) {
				t.Errorf("%d pages are kept", n)
			}
			for l, e := range shared.kept.byLook {
				if body := string(e.Value.(*keptPage).body); strings.Contains(body, strings.Repeat("A", 26)) {
					t.Errorf("a receipt is kept: %+v", l)
				}
			}
		})
	}
}

// TestKeptPagesAreRenderedOnce: what is kept takes no turn.
func TestKeptPagesAreRenderedOnce(t *testing.T) {
	t.Parallel()
	p := configured(t, Config{Policy: parse(t, manyKinds), Renderings: quota.New(1, time.Hour)})
	v := Visitor{Path: "/cookies", Address: "192.0.2.1"}
	for range 100 {
		if w := get(p, v, "/"); w.Code != http.StatusOK || w.Body.Len() == 0 {
			t.Fatalf("status %d", w.Code)
		}
	}
}

// TestKeptPagesFlood: whoever makes up choices and addresses fills no memory, and does not
// push out the page that others ask for.
func TestKeptPagesFlood(t *testing.T) {
	t.Parallel()
	p := configured(t, Config{Policy: parse(t, manyKinds), SHA256: "0123456789ab"})
	usual := p.lookFor(htmlKind, "en", &Visitor{Path: "/cookies"}, note{})
	get(p, Visitor{Path: "/cookies"}, "/")
	const flood = 2000
	for i := range flood {
		get(p, Visitor{Path: "/cookies/" + strconv.Itoa(i)}, "/")
		if _, ok := p.kept.get(usual); !ok {
			t.Fatalf("the usual page was pushed out after %d others", i+1)
		}
	}
	total := 0
	for e := p.kept.order.Front(); e != nil; e = e.Next() {
		total += e.Value.(*keptPage).size()
	}
	if n := p.kept.order.Len(); total > maxKeptBytes || total != p.kept.bytes || n != len(p.kept.byLook) || n == flood {
		t.Errorf("%d pages of %d bytes, counted as %d", n, total, p.kept.bytes)
	}
}

// TestSavesFlood: one client that saves without end fills no record, is told when to come
// back, and keeps nobody else from saving.
func TestSavesFlood(t *testing.T) {
	t.Parallel()
	p := configured(t, Config{Policy: parse(t, manyKinds), SHA256: "0123456789ab", Saves: quota.New(3, 10*time.Second)})
	now := testNow
	p.now = func() time.Time { return now }
	records := 0
	send := func(address, body string, headers ...string) (status int, retryAfter string) {
		w := post(p, Visitor{Path: "/cookies", Address: address}, "/?lang=fr", body, func(Saved) { records++ }, headers...)
		if isSaved := w.Code == http.StatusSeeOther; isSaved != (w.Header().Get("Set-Cookie") != "") {
			t.Errorf("status %d, cookie %q", w.Code, w.Header().Get("Set-Cookie"))
		}
		return w.Code, w.Header().Get("Retry-After")
	}
	for i := range 500 {
		body, want := "choice=accept", http.StatusSeeOther
		if i == 1 {
			body, want = "choice=all", http.StatusBadRequest // to read it is work, too
		}
		if i >= 3 {
			want = http.StatusTooManyRequests
		}
		status, retryAfter := send(fmt.Sprintf("2001:db8:0:1:%x::1", i), body)
		if status != want || (retryAfter == "10") != (want == http.StatusTooManyRequests) {
			t.Fatalf("form %d: status %d, Retry-After %q", i, status, retryAfter)
		}
	}
	for _, c := range []struct {
		name, address string
		after         time.Duration
		headers       []string
		status        int
		retryAfter    string
	}{
		{"a neighbour", "2001:db8:0:2::1", 0, nil, 303, ""},
		{"another neighbour", "192.0.2.1", 0, nil, 303, ""},
		{"the same, a little later", "2001:db8:0:1::1", 9500 * time.Millisecond, nil, 429, "1"},
		{"another site in the visitor's browser takes no turn", "2001:db8:0:1::1", 500 * time.Millisecond, []string{"Sec-Fetch-Site", "cross-site"}, 403, ""},
		{"the same, when it was told to", "2001:db8:0:1::1", 0, nil, 303, ""},
		{"no address", "", 0, nil, 303, ""},
	} {
		now = now.Add(c.after)
		if status, retryAfter := send(c.address, "choice=refuse", c.headers...); status != c.status || retryAfter != c.retryAfter {
			t.Errorf("%s: status %d, Retry-After %q", c.name, status, retryAfter)
		}
	}
	if records != 2+4 {
		t.Errorf("%d records", records)
	}
}

// TestRenderingsFlood: one client that has made-up pages rendered without end is limited,
// gets those that are kept all the same, and keeps nobody else from any.
func TestRenderingsFlood(t *testing.T) {
	t.Parallel()
	p := configured(t, Config{Policy: parse(t, manyKinds), SHA256: "0123456789ab", Renderings: quota.New(5, time.Second)})
	flood := Visitor{Address: "192.0.2.1", Path: "/cookies"}
	get(p, flood, "/")
	statuses := make(map[int]int)
	for i := range 100 {
		v := flood
		v.Path += strconv.Itoa(i)
		w := get(p, v, "/?lang=ar")
		statuses[w.Code]++
		if limited := w.Code == http.StatusTooManyRequests; limited != (w.Header().Get("Retry-After") == "1") {
			t.Fatalf("status %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
		}
	}
	if statuses[200] != 4 || statuses[429] != 96 {
		t.Errorf("statuses %v", statuses)
	}
	for _, c := range []struct {
		name, target string
		v            Visitor
		headers      []string
		status       int
	}{
		{"a page that is kept", "/", flood, nil, 200},
		{"JSON", "/", flood, []string{"Accept", "application/json"}, 429},
		{"a note of its own", "/?saved=" + seal(sealed{}, testNow), flood, nil, 429},
		{"a note that somebody made up is none", "/?saved=x", flood, nil, 200},
		{"somebody else", "/new", Visitor{Address: "192.0.2.2", Path: "/cookies/new"}, nil, 200},
	} {
		if w := get(p, c.v, c.target, c.headers...); w.Code != c.status {
			t.Errorf("%s: status %d", c.name, w.Code)
		}
	}
}
