package expiry

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"
	"weak"
)

var testNow = time.Date(2026, time.November, 24, 12, 0, 0, 0, time.UTC)

// rounds has a browser that keeps a cookie whatever it is told go from page to
// page, and returns what it is told on each of them for the first time, in short:
// the domain and the path, "P" for a partitioned cookie.
func rounds(t *testing.T, m *Memory, v Visit, c Cookie) (told []string) {
	t.Helper()
	v.Navigation = true
	before := map[string]bool{}
	for now := testNow; len(told) < 100; now = now.Add(time.Minute) {
		lines, undeletable := m.Next(&v, &c, MaxBytes, now)
		if undeletable {
			return told
		}
		if size := sizeOf(lines); size > MaxBytes {
			t.Errorf("X4: %d bytes of lines", size)
		}
		var short []string
		for _, line := range lines {
			if s := inShort(t, c.Name, line); !before[s] {
				before[s] = true
				short = append(short, s)
			}
		}
		told = append(told, strings.Join(short, ", "))
	}
	t.Fatal("X2: it does not stop")
	return nil
}

func sizeOf(lines []string) (size int) {
	for _, line := range lines {
		size += len("Set-Cookie: \r\n") + len(line)
	}
	return size
}

func inShort(t *testing.T, name, line string) string {
	t.Helper()
	rest, ok := strings.CutPrefix(line, name+"=; Path=")
	if !ok || !strings.Contains(rest, "; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0") {
		t.Errorf("X1: %q deletes nothing", line)
	}
	path, rest, _ := strings.Cut(rest, ";")
	domain := "host"
	if d, found := strings.CutPrefix(rest, " Domain="); found {
		domain, _, _ = strings.Cut(d, ";")
	}
	short := domain + " " + path
	if strings.HasSuffix(line, "; SameSite=None; Partitioned") {
		short += " P"
	}
	return short
}

// TestVariants holds X2: which variants are tried, and in which turn.
func TestVariants(t *testing.T) {
	t.Parallel()
	const name = "_ga"
	for _, c := range []struct {
		name   string
		visit  Visit
		cookie Cookie
		lines  []string // that have passed, on the page /set/here
		want   []string
	}{
		{
			name:  "nothing is known",
			visit: Visit{Host: "a.b.example.org", Path: "/"},
			want:  []string{"example.org /, host /", "a.b.example.org /, b.example.org /"},
		},
		{
			name:  "the host is the registrable domain",
			visit: Visit{Host: "example.org", Path: "/"},
			want:  []string{"example.org /, host /"},
		},
		{
			name:  "a public suffix of two labels",
			visit: Visit{Host: "data.gov.ae", Path: "/"},
			want:  []string{"data.gov.ae /, host /"},
		},
		{
			name:  "a directory",
			visit: Visit{Host: "example.org", Path: "/a/b"},
			want:  []string{"example.org /, host /", "host /a, example.org /a, host /a/, example.org /a/, host /a/b, example.org /a/b"},
		},
		{
			name:  "a page that ends with a slash, and an empty directory",
			visit: Visit{Host: "localhost", Path: "/a//b/"},
			want:  []string{"host /", "host /a, host /a/, host /a//, host /a//b, host /a//b/"},
		},
		{
			name:  "partitioned twins, by HTTPS",
			visit: Visit{Host: "p.example.org", Path: "/a", HTTPS: true},
			want: []string{
				"example.org /, host /", "p.example.org /",
				"host /a, example.org /a, p.example.org /a",
				"host / P, example.org / P, p.example.org / P, host /a P, example.org /a P, p.example.org /a P",
			},
		},
		{name: "an address", visit: Visit{Host: "192.0.2.7", Path: "/"}, want: []string{"host /"}},
		{name: "an IPv6 address", visit: Visit{Host: "[2001:db8::1]", Path: "/"}, want: []string{"host /"}},
		{name: "a single label", visit: Visit{Host: "intranet", Path: "/"}, want: []string{"host /"}},
		{name: "a public suffix", visit: Visit{Host: "github.io", Path: "/"}, want: []string{"host /"}},
		{name: "a site below a private suffix", visit: Visit{Host: "me.github.io", Path: "/"}, want: []string{"me.github.io /, host /"}},
		{name: "a dot at the end", visit: Visit{Host: "example.org.", Path: "/"}, want: []string{"host /"}},
		{name: "a host that is none", visit: Visit{Host: "a.b; Secure", Path: "/"}, want: []string{"host /"}},
		{name: "no host", visit: Visit{Path: "/"}, want: []string{"host /"}},
		{name: "no path", visit: Visit{Host: "localhost"}, want: []string{"host /"}},
		{
			name:  "a path that no attribute can hold",
			visit: Visit{Host: "localhost", Path: "/a/b;Domain=x/c"},
			want:  []string{"host /", "host /a, host /a/"},
		},

		{
			name:   "the policy says the host",
			visit:  Visit{Host: "p.example.org", Path: "/"},
			cookie: Cookie{Domain: "host"},
			want:   []string{"host /", "example.org /", "p.example.org /"},
		},
		{
			name:   "the policy says the site",
			visit:  Visit{Host: "p.example.org", Path: "/"},
			cookie: Cookie{Domain: "site"},
			want:   []string{"example.org /", "host /", "p.example.org /"},
		},
		{
			name:   "the policy says a domain and a path",
			visit:  Visit{Host: "p.q.example.org", Path: "/"},
			cookie: Cookie{Domain: "q.example.org", Path: "/x"},
			want:   []string{"q.example.org /x", "example.org /, host /", "p.q.example.org /, q.example.org /"},
		},
		{
			name:   "the policy says a path alone",
			visit:  Visit{Host: "example.org", Path: "/"},
			cookie: Cookie{Path: "/x"},
			want:   []string{"host /x, example.org /x", "example.org /, host /"},
		},
		{
			name:   "the policy says the site, and there is none",
			visit:  Visit{Host: "intranet", Path: "/"},
			cookie: Cookie{Domain: "site"},
			want:   []string{"host /"},
		},
		{
			name:   "the policy says a domain in which the host is not",
			visit:  Visit{Host: "example.org", Path: "/"},
			cookie: Cookie{Domain: "ample.org"},
			want:   []string{"example.org /, host /"},
		},
		{
			name:   "the policy says a domain below the host",
			visit:  Visit{Host: "example.org", Path: "/"},
			cookie: Cookie{Domain: "p.example.org"},
			want:   []string{"example.org /, host /"},
		},

		{
			name:  "learned",
			visit: Visit{Host: "p.q.example.org", Path: "/"},
			lines: []string{"_ga=1; Domain=.Q.example.org; Path=/deep; Secure"},
			want:  []string{"q.example.org /deep", "example.org /, host /", "p.q.example.org /, q.example.org /"},
		},
		{
			name:   "learned beats what the policy says",
			visit:  Visit{Host: "p.example.org", Path: "/"},
			cookie: Cookie{Domain: "site"},
			lines:  []string{"_ga=1; Path=/"},
			want:   []string{"host /", "example.org /", "p.example.org /"},
		},
		{
			name:  "learned in two places",
			visit: Visit{Host: "example.org", Path: "/"},
			lines: []string{"_ga=1; Path=/", "_ga=2; Path=/; Domain=example.org"},
			want:  []string{"host /, example.org /"},
		},
		{
			name:  "learned in one place, with and without HttpOnly",
			visit: Visit{Host: "intranet", Path: "/"},
			lines: []string{"_ga=1; Path=/x", "_ga=2; Path=/x; HttpOnly"},
			want:  []string{"host /x", "host /"},
		},
		{
			name:  "learned without a path",
			visit: Visit{Host: "localhost", Path: "/"},
			lines: []string{"_ga=1"},
			want:  []string{"host /set", "host /"},
		},
		{
			name:  "learned with a domain that is the address",
			visit: Visit{Host: "192.0.2.7", Path: "/"},
			lines: []string{"_ga=1; Path=/x; Domain=192.0.2.7"},
			want:  []string{"host /x", "host /"},
		},
		{
			name:  "what browsers do not take is not learned",
			visit: Visit{Host: "p.example.org", Path: "/"},
			lines: []string{
				"_ga=1; Path=/x; Domain=example.com", "_ga=1; Path=/x; Domain=org", "_ga=1; Path=/x; Domain=a.p.example.org",
				"_ga=1; Path=/x; Domain=ple.org", "_ga=1; Path=/x; Domain=\x01", "_ga=1; Path=/x\x7f", "_ga=1; Path=/é",
			},
			want: []string{"example.org /, host /", "p.example.org /"},
		},
		{
			name:  "learned partitioned",
			visit: Visit{Host: "localhost", Path: "/", HTTPS: true},
			lines: []string{"_ga=1; Path=/; Secure; SameSite=None; Partitioned"},
			want:  []string{"host / P", "host /"},
		},
		{
			name:  "learned partitioned, and the visitor came without TLS",
			visit: Visit{Host: "localhost", Path: "/"},
			lines: []string{"_ga=1; Path=/; Secure; SameSite=None; Partitioned"},
			want:  []string{"host /"},
		},

		{
			name:   "__Host- is nowhere else",
			visit:  Visit{Host: "p.example.org", Path: "/a/b", HTTPS: true},
			cookie: Cookie{Name: "__Host-a", Domain: "site", Path: "/x"},
			lines:  []string{"__Host-a=1; Path=/y"},
			want:   []string{"host /", "host / P"},
		},
		{
			name:   "browsers read prefixes without case",
			visit:  Visit{Host: "p.example.org", Path: "/a/b"},
			cookie: Cookie{Name: "__hOST-a"},
			want:   []string{"host /"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.cookie.Name == "" {
				c.cookie.Name = name
			}
			m := NewMemory()
			set := c.visit
			set.Path = "/set/here"
			for _, line := range c.lines {
				m.Learn(&set, c.cookie.Name, line)
			}
			if got := rounds(t, m, c.visit, c.cookie); !slices.Equal(got, c.want) {
				t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(c.want, "\n  "))
			}
		})
	}
}

// TestLine holds X1 and X3: what stands in a line.
func TestLine(t *testing.T) {
	t.Parallel()
	const ends = "; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0"
	for _, c := range []struct {
		name, cookie string
		https        bool
		set, want    string
	}{
		{"plain", "_ga", false, "_ga=1; Path=/", "_ga=; Path=/" + ends},
		{"by HTTPS", "_ga", true, "_ga=1; Path=/", "_ga=; Path=/" + ends + "; Secure"},
		{"everything", "_ga", true, "_ga=1; path=/a; domain=example.org; secure; httponly; samesite=none; partitioned", "_ga=; Path=/a; Domain=example.org" + ends + "; Secure; HttpOnly; SameSite=None; Partitioned"},
		{"odd name", "_hj[x]:.é", false, "_hj[x]:.é=1; Path=/", "_hj[x]:.é=; Path=/" + ends},
		{"__Host-", "__Host-a", false, "__Host-a=1", "__Host-a=; Path=/" + ends + "; Secure"},
		{"__Secure-", "__Secure-a", false, "__Secure-a=1; Path=/; Domain=example.org", "__Secure-a=; Path=/; Domain=example.org" + ends + "; Secure"},
		{"__Http-", "__Http-a", true, "__Http-a=1; Path=/", "__Http-a=; Path=/" + ends + "; Secure; HttpOnly"},
		{"__Host-Http-", "__Host-Http-a", true, "__Host-Http-a=1; Path=/x", "__Host-Http-a=; Path=/" + ends + "; Secure; HttpOnly"},
		{"__Http- without TLS", "__Http-a", false, "__Http-a=1; Path=/", "__Http-a=; Path=/" + ends + "; Secure; HttpOnly"},
		{"nearly a prefix", "_Host-a", false, "_Host-a=1; Path=/x", "_Host-a=; Path=/x" + ends},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := NewMemory()
			v := Visit{Host: "p.example.org", Path: "/a/", HTTPS: c.https, Navigation: true}
			m.Learn(&v, c.cookie, c.set)
			got, _ := m.Next(&v, &Cookie{Name: c.cookie}, MaxBytes, testNow)
			if !slices.Equal(got, []string{c.want}) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// TestTurns: a turn is one visitor's, and requests that come at the same time do
// not use it up.
func TestTurns(t *testing.T) {
	t.Parallel()
	m := NewMemory()
	page := Visit{Host: "p.example.org", Path: "/a", Navigation: true, Address: "192.0.2.1", Agent: "A", Choice: "x"}
	cookie := Cookie{Name: "_ga", Value: "1"}
	next := func(v Visit, c Cookie, after time.Duration) string {
		lines, _ := m.Next(&v, &c, MaxBytes, testNow.Add(after))
		var short []string
		for _, line := range lines {
			short = append(short, inShort(t, c.Name, line))
		}
		return strings.Join(short, ", ")
	}
	// What is likely is repeated with what comes next.
	const first, second, third = "example.org /, host /", "p.example.org /, example.org /, host /", "host /a, example.org /a, p.example.org /a, example.org /, host /"
	fetch := page
	fetch.Navigation = false
	for i := range 3 {
		after := time.Duration(i) * 10 * time.Second
		if got := next(fetch, cookie, after); got != first {
			t.Fatalf("what a page fetches has moved the turn on: %q", got)
		}
		if got := next(fetch, cookie, after+9*time.Second); got != "" {
			t.Errorf("while the last answer may be on its way: %q", got)
		}
	}
	if got := next(page, cookie, 30*time.Second); got != first {
		t.Fatalf("got %q", got)
	}
	for name, other := range map[string]Visit{
		"host":    {Host: "q.example.org", Path: "/", Navigation: true, Address: "192.0.2.1", Agent: "A", Choice: "x"},
		"address": {Host: "p.example.org", Path: "/", Navigation: true, Address: "192.0.2.2", Agent: "A", Choice: "x"},
		"browser": {Host: "p.example.org", Path: "/", Navigation: true, Address: "192.0.2.1", Agent: "B", Choice: "x"},
		"choice":  {Host: "p.example.org", Path: "/", Navigation: true, Address: "192.0.2.1", Agent: "A", Choice: "y"},
	} {
		if got := next(other, cookie, 0); got != first {
			t.Errorf("a visitor with another %s, and the same value: %q", name, got)
		}
	}
	if got := next(page, Cookie{Name: "_ga", Value: "2"}, 0); got != first {
		t.Errorf("another value: %q", got)
	}
	if got := next(page, Cookie{Name: "_gb", Value: "1"}, 0); got != first {
		t.Errorf("another name: %q", got)
	}
	if got := next(page, cookie, 31*time.Second); got != second {
		t.Errorf("on the next page: %q", got)
	}
	if got := next(fetch, cookie, 32*time.Second); got != "" {
		t.Errorf("while the second answer may be on its way: %q", got)
	}
	if got := next(page, cookie, 33*time.Second); got != third {
		t.Errorf("on the third page: %q", got)
	}
	if got := next(page, cookie, 34*time.Second); got != first {
		t.Errorf("X6: after the last variant: %q", got)
	}
	if got := next(fetch, cookie, 35*time.Second); got != "" {
		t.Errorf("while that may be on its way: %q", got)
	}
	if got := next(fetch, cookie, 44*time.Second); got != first {
		t.Errorf("X6: what a page fetches after the last variant: %q", got)
	}
}

// TestUndeletable: that nothing has helped is said once for each name and host,
// and not before the last answer has had its time.
func TestUndeletable(t *testing.T) {
	t.Parallel()
	m := NewMemory()
	said := 0
	visit := func(host, name, value string, after time.Duration) {
		v := Visit{Host: host, Path: "/", Navigation: true}
		if _, undeletable := m.Next(&v, &Cookie{Name: name, Value: value}, MaxBytes, testNow.Add(after)); undeletable {
			said++
		}
	}
	expect := func(what string, want int) {
		t.Helper()
		if said != want {
			t.Errorf("%s: said %d times, want %d", what, said, want)
		}
	}
	visit("intranet", "_id_1", "a", 0)
	visit("intranet", "_id_1", "a", time.Second)
	expect("the only answer may be on its way", 0)
	visit("intranet", "_id_1", "a", 11*time.Second)
	visit("intranet", "_id_1", "a", 12*time.Second)
	expect("the cookie stays", 1)
	for _, name := range []string{"_id_1", "_id_22"} { // one name, once ids are taken out
		visit("intranet", name, "b", 0)
		visit("intranet", name, "b", 20*time.Second)
	}
	expect("another visitor's", 1)
	visit("extranet", "_id_1", "a", 0)
	visit("extranet", "_id_1", "a", 20*time.Second)
	expect("on another host", 2)
	visit("intranet", "_other", "a", 0)
	visit("intranet", "_other", "a", 20*time.Second)
	expect("another name", 3)
}

// TestUndeletableInDirectory: nor is it said before the last answer of a directory's
// own turn has had its time.
func TestUndeletableInDirectory(t *testing.T) {
	t.Parallel()
	m := NewMemory()
	for i, c := range []struct {
		path        string
		after       time.Duration
		lines       int
		undeletable bool
	}{
		{"/a/x", 0, 1, false},
		{"/a/x", 1 * time.Second, 4, false}, // three below /, and the first one again
		{"/a/x", 2 * time.Second, 1, false},
		{"/b/x", 30 * time.Second, 4, false},
		{"/b/x", 31 * time.Second, 1, false},
		{"/b/x", 41 * time.Second, 1, true},
		{"/b/x", 42 * time.Second, 1, false},
	} {
		v := Visit{Host: "intranet", Path: c.path, Navigation: true}
		lines, undeletable := m.Next(&v, &Cookie{Name: "_ga"}, MaxBytes, testNow.Add(c.after))
		if len(lines) != c.lines || undeletable != c.undeletable {
			t.Errorf("page %d: undeletable %t, %q", i, undeletable, lines)
		}
	}
}

// TestRoom holds X4: lines that belong together wait until there is room for all,
// and many directories take several turns, none of which is left out.
func TestRoom(t *testing.T) {
	t.Parallel()
	m := NewMemory()
	v := Visit{Host: "p.example.org", Path: "/", Navigation: true}
	c := Cookie{Name: "_ga", Value: "1"}
	for room := range 220 {
		if lines, _ := m.Next(&v, &c, room, testNow); len(lines) == 2 && sizeOf(lines) <= room {
			break
		} else if len(lines) > 0 {
			t.Fatalf("in %d bytes: %q", room, lines)
		}
	}
	if lines, _ := m.Next(&v, &c, MaxBytes, testNow); len(lines) != 3 || inShort(t, "_ga", lines[0]) != "p.example.org /" {
		t.Errorf("the second turn is %q", lines)
	}

	deep := Visit{Host: "p.example.org", Path: strings.Repeat("/directory", 15), HTTPS: true}
	got := rounds(t, NewMemory(), deep, c)
	tried := strings.Split(strings.Join(got, ", "), ", ")
	for _, want := range []string{"host /directory", "example.org /directory/", "p.example.org " + strings.Repeat("/directory", 15), "host " + strings.Repeat("/directory", 15) + " P"} {
		if !slices.Contains(tried, want) {
			t.Errorf("%q was not tried", want)
		}
	}
	slices.Sort(tried)
	if n := len(slices.Compact(tried)); n != 3*2*30 {
		t.Errorf("%d variants, want 3 domains with 30 paths, each partitioned or not", n)
	}

	endless := Visit{Host: "localhost", Path: strings.Repeat("/d", 4000)}
	if got := rounds(t, NewMemory(), endless, c); len(got) > 4 {
		t.Errorf("%d turns for a path of 4000 directories", len(got))
	}
	labels := Visit{Host: strings.Repeat("a.", 100) + "example.org", Path: strings.Repeat("/d", 4000), HTTPS: true}
	if got := rounds(t, NewMemory(), labels, c); len(got) > 70 {
		t.Errorf("%d turns for a host of 100 labels", len(got))
	}

	name := strings.Repeat("n", maxNameBytes)
	if !CanDelete(name) || CanDelete(name+"n") {
		t.Error("the longest name that is deleted is another one")
	}
	m = NewMemory()
	for i := range maxScopes {
		m.Learn(&deep, name, fmt.Sprintf("x=1; Path=/%s%d", strings.Repeat("p", 1000), i))
	}
	tried = strings.Split(strings.Join(rounds(t, m, v, Cookie{Name: name, Domain: "b.example.org"}), ", "), ", ")
	slices.Sort(tried)
	if n := len(slices.Compact(tried)); n != maxScopes+3 {
		t.Errorf("of a long name %d variants were tried: %.200q", n, tried)
	}
}

// TestForgotten: a turn is forgotten within the hour, and not before half of it.
func TestForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory()
		v := Visit{Host: "p.example.org", Path: "/", Navigation: true}
		turn := func() string {
			lines, _ := m.Next(&v, &Cookie{Name: "_ga"}, MaxBytes, time.Now())
			return inShort(t, "_ga", lines[0])
		}
		for i, want := range []string{"example.org /", "p.example.org /", "example.org /"} {
			if got := turn(); got != want {
				t.Fatalf("turn %d is %q, want %q", i, got, want)
			}
			<-time.After(29 * time.Minute)
		}
		<-time.After(31 * time.Minute)
		synctest.Wait()
		if n := m.turns.kept.count; n != 0 {
			t.Errorf("after an hour %d turns are kept", n)
		}
		if m.Counts() {
			t.Error("pages are counted with nothing to delete")
		}
		for i, want := range []string{"example.org /", "p.example.org /"} {
			if got := turn(); got != want {
				t.Errorf("after an hour, turn %d is %q, want %q", i, got, want)
			}
		}
		<-time.After(2 * time.Hour) // for the timer to end
		synctest.Wait()
		if m.turns.ageing != nil {
			t.Error("the timer runs on with nothing to forget")
		}
	})
}

// TestBounds: 10,000 names are remembered, and the oldest goes first that was not set
// again; of turns, no more than twice as many are.
func TestBounds(t *testing.T) {
	t.Parallel()
	m := NewMemory()
	v := Visit{Host: "p.example.org", Path: "/", Navigation: true}
	name := func(i int) string { return fmt.Sprint("name", i) }
	for i := range maxNames {
		m.Learn(&v, name(i), "x=1; Path=/learned")
	}
	m.Learn(&v, name(0), "x=1; Path=/learned") // it is set again, so the next one is the oldest
	known := func(i int) bool { return len(m.names().scopes(v.Host, name(i))) > 0 }
	if !known(0) || !known(maxNames-1) {
		t.Fatal("10,000 names are not remembered")
	}
	for i := range 10 {
		m.Learn(&v, name(maxNames+i), "x=1; Path=/learned")
		if known(i+1) || !known(i+2) || !known(maxNames+i) {
			t.Errorf("after %d more names the oldest is there: %t, the next one: %t, the new one: %t", i+1, known(i+1), known(i+2), known(maxNames+i))
		}
	}
	if !known(0) {
		t.Error("the one that was set again is forgotten")
	}
	for i := range 10 * maxScopes {
		m.Learn(&v, "many", fmt.Sprintf("x=1; Path=/%d", i))
	}
	if scopes := m.names().scopes(v.Host, "many"); len(scopes) != maxScopes || scopes[maxScopes-1].Path != fmt.Sprint("/", 10*maxScopes-1) {
		t.Errorf("of one name %v are remembered", scopes)
	}
	m.Learn(&v, strings.Repeat("n", maxNameBytes+1), "x=1; Path=/")
	if m.names().find(v.Host, strings.Repeat("n", maxNameBytes+1)) != nil {
		t.Error("a name without end is remembered")
	}
	host := strings.Repeat("h", maxHostBytes+1)
	m.Learn(&Visit{Host: host, Path: "/"}, "_ga", "_ga=1; Path=/")
	if m.names().find(host, "_ga") != nil {
		t.Error("a host without end is remembered")
	}

	for i := range 5 * maxTurns / 2 {
		m.Next(&v, &Cookie{Name: "_ga", Value: name(i)}, MaxBytes, testNow)
		if n := m.turns.kept.count; n > maxTurns {
			t.Fatalf("%d turns are remembered", n)
		}
	}
	for i := 3 * maxTurns / 2; i < 5*maxTurns/2; i += 1000 {
		if m.turns.begin(&v, &Cookie{Name: "_ga", Value: name(i)}, testNow).triedAt.IsZero() {
			t.Errorf("turn %d of the last %d is forgotten", i, maxTurns)
		}
	}

	for i := range maxNames + 10 {
		if !m.said.add("host", name(i)) {
			t.Fatalf("name %d is said twice", i)
		}
	}
	if m.said.add("host", name(maxNames+9)) || m.said.add("host", name(10)) || !m.said.add("host", name(0)) || len(m.said.has) != maxNames {
		t.Error("what was said is not the last 10,000 names")
	}
}

// TestLearnKeepsNoMore: a line is a part of a message's head, which would stay with
// it.
func TestLearnKeepsNoMore(t *testing.T) {
	t.Parallel()
	m := NewMemory()
	head := new([1 << 16]byte)
	used := 0
	text := func(s string) string {
		at := used
		used += copy(head[at:], s)
		return unsafe.String(&head[at], len(s))
	}
	v := Visit{Host: text("p.example.org"), Path: "/"}
	m.Learn(&v, "_ga", text("_ga=1; Path=/kept; Domain=p.example.org"))
	m.Learn(&Visit{Host: "q.example.org", Path: "/"}, text("_gb"), "_gb=1")
	v = Visit{}
	kept := weak.Make(head)
	head = nil
	runtime.GC()
	if kept.Value() != nil {
		t.Error("the memory keeps all that a line is a part of")
	}
	runtime.KeepAlive(m)
}

// TestAtOnce is for the race detector, and sees that readers find what is there
// while others go.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	m := NewMemory()
	v := Visit{Host: "p.example.org", Path: "/", Navigation: true, Address: "198.51.100.9"}
	other := Visit{Host: "p.example.org", Path: "/", Address: "192.0.2.1"}
	m.Learn(&other, "last", "x=1; Path=/first")
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 2 * maxNames / 8 {
				v := v
				name := fmt.Sprint(i, "-", j)
				m.Learn(&v, name, "x=1; Path=/a")
				if len(m.names().scopes(v.Host, "last")) == 0 {
					t.Error("what another client has had learned is not remembered")
					return
				}
				m.Learn(&v, "last", fmt.Sprintf("x=1; Path=/%d", j%7))
				m.Next(&v, &Cookie{Name: name}, MaxBytes, testNow)
			}
		})
	}
	all.Wait()
	found := 0
	for i := range m.names().buckets {
		for r := m.names().buckets[i].Load(); r != nil; r = r.following.Load() {
			found++
		}
	}
	if found != maxNames {
		t.Errorf("%d names are remembered, want %d", found, maxNames)
	}
}

// TestLearnAgain: what is known already costs nothing.
func TestLearnAgain(t *testing.T) {
	m := NewMemory()
	v := Visit{Host: "p.example.org", Path: "/"}
	const line = "_ga=1; Path=/; Domain=example.org; Max-Age=100"
	m.Learn(&v, "_ga", line)
	if n := testing.AllocsPerRun(100, func() { m.Learn(&v, "_ga", line) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestVisitOf(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("GET", "https://Portal.Example.org:8443/a%2Fb/%C3%A9?x=/y", nil)
	r.Header.Set("User-Agent", "A")
	r.TLS = &tls.ConnectionState{}
	want := Visit{HTTPS: true, Host: "portal.example.org", Path: "/a%2Fb/%C3%A9", Address: "192.0.2.1", Agent: "A"}
	if got := VisitOf(r); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for target, want := range map[string]string{
		"/a|b/c?x=/y": "/a|b/c", "/": "/", "http://other.example.org/p|q": "/a%2Fb/%C3%A9", "*": "/a%2Fb/%C3%A9", "": "/a%2Fb/%C3%A9",
	} {
		if got := SentPath(&http.Request{RequestURI: target, URL: r.URL}); got != want {
			t.Errorf("%q: got %q, want %q", target, got, want)
		}
	}
	for host, want := range map[string]string{
		"": "", "a": "a", "a:80": "a", "[::1]": "[::1]", "[::1]:80": "[::1]", "A.B": "a.b", "a:": "a",
	} {
		if got := VisitOf(&http.Request{Host: host, URL: r.URL}).Host; got != want {
			t.Errorf("%q: got %q, want %q", host, got, want)
		}
	}
}
