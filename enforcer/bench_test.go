package enforcer

import (
	"encoding/csv"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/enforcer/expiry"
	"github.com/caddy-consent/caddy-consent/enforcer/policy"
	"github.com/caddy-consent/caddy-consent/enforcer/tally"
)

var catalogue = flag.String("catalogue", "", "CSV in the Open Cookie Database's form that makes the large policy")

// The workload of the README's table: 12 cookies in 460 bytes, of which 4 are
// necessary, 7 trackers' and one the choice; and a response with 6 Set-Cookie
// lines, 2 necessary and 4 trackers'.
const (
	benchCookies = "sessionid=s3k8v0q2m7x1c5b9n4l6j0h2g8f4d1a7; django_language=en; csrftoken=Vq0mTz4sYw8rKd2nHb6xLc9pJf3gAe7u; " +
		"_pprv=refused; _pk_id.1.1fff=4be1c7d0a9f3e2b8.1795000000.; _pk_ses.1.1fff=1; _ga=GA1.2.1234567890.1795000000; " +
		"_ga_TEST00001=GS1.1.1795000000.1.0.0.0; _gid=GA1.2.98765.179; atuserid=9f8e7d6c; _hjid=0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d5e6f7a8b9c0d1e2f3a4b5; " +
		"cookies_preferences=%7B%22ga%22%3Afalse%2C%22matomo%22%3Afalse%2C%22timestamp%22%3A1795000000%7D"
	benchNecessary = "sessionid=s3k8v0q2m7x1c5b9n4l6j0h2g8f4d1a7; django_language=en; csrftoken=Vq0mTz4sYw8rKd2nHb6xLc9pJf3gAe7u"
)

var benchSetCookies = []string{
	"sessionid=s3k8v0q2m7x1c5b9n4l6j0h2g8f4d1a7; expires=Tue, 08 Dec 2026 05:53:42 GMT; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax",
	"csrftoken=Vq0mTz4sYw8rKd2nHb6xLc9pJf3gAe7u; expires=Tue, 23 Nov 2027 05:53:42 GMT; Max-Age=31449600; Path=/; SameSite=Lax",
	"_pk_id.1.1fff=4be1c7d0a9f3e2b8.1795000000.; Max-Age=33955200; Path=/; SameSite=Lax",
	"_pk_ses.1.1fff=1; Max-Age=1800; Path=/; SameSite=Lax",
	"_ga=GA1.2.1234567890.1795000000; Max-Age=63072000; Path=/",
	"_gid=GA1.2.98765.179; Max-Age=86400; Path=/",
}

func TestWorkload(t *testing.T) {
	t.Parallel()
	if n := strings.Count(benchCookies, ";") + 1; n != 12 || len(benchCookies) != 460 {
		t.Errorf("the workload has %d cookies in %d bytes, and says 12 in 460", n, len(benchCookies))
	}
	e := New(shippedPolicy(t))
	if got, want := filtered(e, []string{benchCookies}), benchNecessary+"; _pprv=refused; "+benchCookies[strings.Index(benchCookies, "cookies_pref"):]; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func shippedPolicy(t testing.TB) *policy.Policy {
	t.Helper()
	data, err := os.ReadFile("../policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return mustParse(t, string(data))
}

func mustParse(t testing.TB, text string) *policy.Policy {
	t.Helper()
	p, err := policy.Parse("bench.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// headWriter is a response writer that costs nothing.
type headWriter struct{ header http.Header }

func (w *headWriter) Header() http.Header         { return w.header }
func (w *headWriter) Write(p []byte) (int, error) { return len(p), nil }
func (w *headWriter) WriteHeader(int)             {}

// otherHeaders are what a response has besides cookies.
var otherHeaders = http.Header{
	"Server": {"Caddy"}, "Content-Type": {"text/html"}, "Content-Length": {"512"}, "Date": {"x"}, "Via": {"1.1 Caddy"},
	"Vary": {"Cookie"}, "X-Frame-Options": {"DENY"}, "Referrer-Policy": {"same-origin"},
}

// benchFilter filters the heads of requests, each by the choice in it, and the head
// of the response. Header maps are put back as they were between rounds.
func benchFilter(b *testing.B, p *policy.Policy, setCookies []string, requests ...string) {
	line := make([]string, 1)
	header := http.Header{"Cookie": line, "Accept": {"*/*"}, "User-Agent": {"bench"}}
	r := &http.Request{Method: http.MethodGet, Host: "portal.example.org", URL: &url.URL{Path: "/explore/"}, RemoteAddr: "192.0.2.1:1234", Header: header}
	w := &headWriter{header: maps.Clone(otherHeaders)}
	e, x := observed(p), new(Exchange)
	next := 0
	b.ReportAllocs()
	for b.Loop() {
		line[0] = requests[next]
		if next++; next == len(requests) {
			next = 0
		}
		header["Cookie"] = line
		w.header["Set-Cookie"] = setCookies
		delete(w.header, "Cache-Control")
		*x = Exchange{ResponseWriter: w, enforcer: e, request: r, host: r.Host}
		x.filterRequest(r)
		x.filterHead()
	}
}

func BenchmarkFilter(b *testing.B) { benchFilter(b, shippedPolicy(b), benchSetCookies, benchCookies) }

func BenchmarkFilterNothingToRemove(b *testing.B) {
	benchFilter(b, shippedPolicy(b), benchSetCookies[:2], benchNecessary)
}

// BenchmarkFilterGranted is the filter where all passes: it looks at how the
// trackers' cookies are set, and how long they live.
func BenchmarkFilterGranted(b *testing.B) {
	const granted = "cookies_preferences=%7B%22statistical%22%3Atrue%2C%22first_party%22%3Atrue%2C%22timestamp%22%3A1795000000%7D"
	benchFilter(b, shippedPolicy(b), benchSetCookies, benchCookies[:strings.Index(benchCookies, "cookies_pref")]+granted)
}

// BenchmarkFilterWithdrawn is the first page after a withdrawal: the response
// deletes all seven trackers' cookies of the workload. What was tried before is
// forgotten each time, as if each visitor were another.
func BenchmarkFilterWithdrawn(b *testing.B) {
	const denied = "cookies_preferences=%7B%22statistical%22%3Afalse%2C%22first_party%22%3Afalse%2C%22timestamp%22%3A1795000000%7D"
	line := []string{benchCookies[:strings.Index(benchCookies, "cookies_pref")] + denied}
	header := http.Header{"Cookie": line, "Accept": {"text/html"}, "User-Agent": {"bench"}}
	w := &headWriter{header: maps.Clone(otherHeaders)}
	e := observed(shippedPolicy(b))
	visitor := 0
	e.Visit = func(r *http.Request) expiry.Visit {
		visitor++
		return expiry.Visit{Host: "portal.example.org", Path: "/explore/", HTTPS: true, Agent: strconv.Itoa(visitor)}
	}
	r := &http.Request{Method: http.MethodGet, Header: header}
	b.ReportAllocs()
	for b.Loop() {
		header["Cookie"] = line
		w.header["Set-Cookie"] = benchSetCookies
		delete(w.header, "Cache-Control")
		x := &Exchange{ResponseWriter: w, enforcer: e, request: r}
		x.filterRequest(r)
		x.filterHead()
		if n := len(w.header["Set-Cookie"]); n < 2+7 {
			b.Fatalf("%d lines: not all are deleted", n)
		}
	}
}

// BenchmarkFilterFirstVisit is the filter where every request brings a choice that
// was not seen before, or long ago. In BenchmarkFilter it is remembered, as it is
// for all requests of a page but one.
func BenchmarkFilterFirstVisit(b *testing.B) {
	requests := make([]string, 4096)
	for i := range requests {
		requests[i] = strings.Replace(benchCookies, "3A1795000000", fmt.Sprintf("3A179500%04d", i), 1)
	}
	benchFilter(b, shippedPolicy(b), benchSetCookies, requests...)
}

// BenchmarkExchange is the filter with all that is around it: the response
// writer, which any middleware has that looks at responses, a part of a body,
// and the end.
func BenchmarkExchange(b *testing.B) {
	e := observed(shippedPolicy(b))
	line := []string{benchCookies}
	r := &http.Request{Method: http.MethodGet, Header: http.Header{"Cookie": line, "Accept": {"*/*"}, "User-Agent": {"bench"}}}
	w := &headWriter{header: maps.Clone(otherHeaders)}
	body := []byte("body")
	b.ReportAllocs()
	for b.Loop() {
		r.Header["Cookie"] = line
		w.header["Set-Cookie"] = benchSetCookies
		delete(w.header, "Cache-Control")
		x := e.Begin(w, r)
		x.WriteHeader(http.StatusOK)
		_, _ = x.Write(body)
		x.End()
	}
}

// BenchmarkManyLines is a response with 10,000 Set-Cookie lines, the body of which is
// written in 1, and in 100 parts.
func BenchmarkManyLines(b *testing.B) {
	lines := make([]string, 10_000)
	for i := range lines {
		lines[i] = benchSetCookies[i%2]
	}
	for _, parts := range []int{1, 100} {
		b.Run(strconv.Itoa(parts), func(b *testing.B) {
			e := observed(shippedPolicy(b))
			r := &http.Request{Method: http.MethodGet, Header: http.Header{"Cookie": {benchCookies}}}
			w := &headWriter{header: maps.Clone(otherHeaders)}
			body := []byte("body")
			b.ReportAllocs()
			for b.Loop() {
				w.header["Set-Cookie"] = lines
				x := e.Begin(w, r)
				for range parts {
					_, _ = x.Write(body)
				}
				x.End()
			}
		})
	}
}

// observed is an enforcer whose messages are counted, as in the gateway.
func observed(p *policy.Policy) *Enforcer {
	e := New(p)
	e.Observer = &counting{Tally: tally.New(func(struct{}, uint64) {})}
	return e
}

type counting struct {
	explainer
	*tally.Tally[struct{}]
}

func (c *counting) Again(hash uint64) bool { return c.Tally.Again(hash) }

func (c *counting) Observe(hash uint64, _ *Message) { c.Add(hash, struct{}{}) }

// BenchmarkScan is the floor: a plain scan of the request's bytes.
func BenchmarkScan(b *testing.B) {
	for b.Loop() {
		n := 0
		for rest, more := benchCookies, true; more; n++ {
			_, rest, more = strings.Cut(rest, ";")
		}
		if n != 12 {
			b.Fatal(n)
		}
	}
}

// BenchmarkNetHTTP is what net/http's parser takes for the same bytes.
func BenchmarkNetHTTP(b *testing.B) {
	r := &http.Request{Header: http.Header{"Cookie": {benchCookies}}}
	b.ReportAllocs()
	for b.Loop() {
		if len(r.Cookies()) == 0 {
			b.Fatal("no cookies")
		}
	}
}

func BenchmarkPolicySize(b *testing.B) {
	b.Run("20", func(b *testing.B) {
		benchFilter(b, mustParse(b, sizedPolicy(b, 18, 2)), benchSetCookies, benchCookies)
	})
	b.Run("2264", func(b *testing.B) {
		benchFilter(b, mustParse(b, sizedPolicy(b, 2000, 264)), benchSetCookies, benchCookies)
	})
}

// sizedPolicy is a policy of so many names and patterns. It always has those of
// the workload, so that both sizes decide alike.
func sizedPolicy(b *testing.B, names, patterns int) string {
	b.Helper()
	necessary := []string{"sessionid", "csrftoken", "django_language", "cookies_preferences", "_pprv"}
	listed := map[string]bool{"_ga": true, "_gid": true, "atuserid": true, "_hjid": true, "_ga_*": true, "_pk_id.*": true, "_pk_ses.*": true}
	for _, name := range necessary {
		listed[name] = true
	}
	rows := []string{"_ga", "_gid", "atuserid", "_hjid", "_ga_*", "_pk_id.*", "_pk_ses.*"}
	add := func(name string) {
		if !listed[name] {
			listed[name] = true
			rows = append(rows, name)
		}
	}
	if *catalogue != "" && names > 1000 {
		addCatalogue(b, *catalogue, add)
	} else {
		for i := len(necessary) + 4; i < names; i++ {
			add(fmt.Sprintf("%s_cookie_%d", []string{"_g", "ad", "visitor", "x"}[i%4], i))
		}
		for i := 3; i < patterns; i++ {
			add(fmt.Sprintf("%s%d_*", []string{"_gx", "_pk_", "track", "at"}[i%4], 1000+i))
		}
	}
	var text strings.Builder
	fmt.Fprintf(&text, "version: 1\ncategories:\n  - {id: necessary, consent: none}\n  - {id: statistical, consent: required}\nservices:\n"+
		"  - {id: portal, category: necessary, cookies: [%s]}\n", strings.Join(necessary, ", "))
	const perService = 20
	for i := 0; i < len(rows); i += perService {
		fmt.Fprintf(&text, "  - {id: s%d, category: statistical, cookies: [", i)
		for _, name := range rows[i:min(i+perService, len(rows))] {
			fmt.Fprintf(&text, "%q, ", name)
		}
		text.WriteString("]}\n")
	}
	return text.String()
}

// addCatalogue adds the rows of a CSV whose fourth column is a name and whose
// last tells patterns, which are prefixes.
func addCatalogue(b *testing.B, file string, add func(name string)) {
	b.Helper()
	f, err := os.Open(file)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	if _, err := r.Read(); err != nil {
		b.Fatal(err)
	}
	for {
		row, err := r.Read()
		if err == io.EOF {
			return
		}
		if err != nil {
			b.Fatal(err)
		}
		name := strings.TrimSpace(row[3])
		if row[len(row)-1] == "1" && !strings.HasSuffix(name, "*") {
			name += "*"
		}
		if strings.ContainsAny(name, "=;\"\\ ") || len(strings.Trim(name, "*")) < 3 {
			continue // not a cookie's name, or too short for a pattern
		}
		add(name)
	}
}

func BenchmarkHeaderSize(b *testing.B) {
	p := shippedPolicy(b)
	for _, size := range []int{1 << 10, 16 << 10} {
		b.Run(fmt.Sprintf("%dKiB", size>>10), func(b *testing.B) {
			benchFilter(b, p, benchSetCookies, strings.Repeat(benchCookies+"; ", size/len(benchCookies)+1)[:size])
		})
	}
}
