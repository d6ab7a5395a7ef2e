package enforcer

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/enforcer/cookie"
)

// checkExplained compares what is said of an exchange with what is done with it: a
// report that says anything else than the gateway does is worth nothing.
func checkExplained(t *testing.T, e *Enforcer, cookies, lines []string) {
	t.Helper()
	said := e.Explain(http.Header{"Cookie": cookies}, http.Header{"Set-Cookie": lines}).Decisions

	r := page("")
	r.Header["Cookie"] = slices.Clone(cookies)
	sent := send(e, r, slices.Clone(lines)...)["Set-Cookie"]
	var kept []string
	for _, line := range cookies {
		for more := true; more; {
			var pair cookie.Pair
			if pair, line, more = cookie.Next(line); pair.Text == "" {
				continue
			}
			if len(said) == 0 || said[0].Direction != Request || said[0].Name != pair.Name() {
				t.Fatalf("nothing is said of %q", pair.Text)
			}
			if said[0].Action == Kept {
				kept = append(kept, pair.Text)
			}
			said = said[1:]
		}
	}
	if got := pairs(r.Header["Cookie"]); !slices.Equal(got, kept) {
		t.Errorf("the portal gets %q, and %q was said", got, kept)
	}
	var passed []string
	for _, line := range lines {
		if len(said) == 0 || said[0].Direction != Response {
			t.Fatalf("nothing is said of %q", line)
		}
		switch said[0].Action {
		case Kept:
			passed = append(passed, line)
		case Capped:
			passed = append(passed, line+"; Max-Age=…")
		}
		said = said[1:]
	}
	for i, line := range sent {
		if i >= len(passed) {
			break
		}
		if before, ok := strings.CutSuffix(passed[i], "…"); ok && strings.HasPrefix(line, before) {
			passed[i] = line
		}
	}
	if n := min(len(passed), len(sent)); !slices.Equal(sent[:n], passed) {
		t.Errorf("the browser gets %q, and %q was said", sent, passed)
	}
	deleted := make(map[string]bool)
	for _, line := range sent[min(len(passed), len(sent)):] {
		name, _, _ := strings.Cut(line, "=")
		deleted[name] = true
	}
	for _, d := range said {
		if d.Action != Expired || !deleted[d.Name] {
			t.Errorf("%+v was said, and is deleted: %v", d, deleted)
		}
	}
	if len(said) == 0 && len(deleted) > 0 {
		t.Errorf("%v are deleted, and nothing was said", deleted)
	}
}

// pairs are those of Cookie lines.
func pairs(lines []string) (texts []string) {
	for _, line := range lines {
		for more := true; more; {
			var pair cookie.Pair
			if pair, line, more = cookie.Next(line); pair.Text != "" {
				texts = append(texts, pair.Text)
			}
		}
	}
	return texts
}

func TestExplained(t *testing.T) {
	t.Parallel()
	for _, c := range requestCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkExplained(t, newEnforcer(t, c.unlisted), c.lines, nil)
		})
	}
	for _, c := range responseCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkExplained(t, newEnforcer(t, c.unlisted), []string{c.cookies}, c.lines)
		})
	}
}

// FuzzExplain compares the same for whatever the headers are.
func FuzzExplain(f *testing.F) {
	for _, c := range requestCases {
		f.Add(strings.Join(c.lines, "\n"), "", c.unlisted == "allow")
	}
	for _, c := range responseCases {
		f.Add(c.cookies, strings.Join(c.lines, "\n"), c.unlisted == "allow")
	}
	strip, allow := newExpiring(f, "expire: undecided\nexpire_unlisted: true"), newEnforcer(f, "allow")
	f.Fuzz(func(t *testing.T, cookies, lines string, allowed bool) {
		e := New(strip.policy) // which has tried to delete nothing yet
		if allowed {
			e = New(allow.policy)
		}
		e.Now = strip.Now
		// Of very many that are to be deleted, chance decides which come first.
		if strings.Count(cookies, ";") < alwaysFit && len(cookies) < 1024 {
			checkExplained(t, e, strings.Split(cookies, "\n"), strings.Split(lines, "\n"))
		}
	})
}

// TestReportChangesNothing: a report leaves every byte of both directions alone, on
// every way out, and what is said of it is what is done otherwise.
func TestReportChangesNothing(t *testing.T) {
	t.Parallel()
	e := newExpiring(t, "expire: undecided")
	e.ReportOnly, e.UpstreamHeader, e.Observer = true, "X-Cookie-Consent", newRecorder()
	header := http.Header{
		"Set-Cookie": {"_ga=1", "_pk_id.1=1; Max-Age=99999999", "sessionid=1"}, "set-cookie": {"shiny=1"}, "Set-Cookie2": {"_ga=1"},
		"Trailer": {"Set-Cookie, X-Sum"}, "Cache-Control": {"max-age=60"}, "Vary": {"Cookie"},
	}
	r := httptest.NewRequest("POST", "http://data.example.org/", io.MultiReader(strings.NewReader("body")))
	r.Header = http.Header{
		"Cookie": {"_ga=1; sessionid=2", `cookies_preferences={"matomo":true,"ga":false}`}, "Cookie2": {"$Version=1"}, "Accept": {"text/html"},
		"X-Cookie-Consent": {"statistical=?1"}, "Connection": {"X-Cookie-Consent"},
	}
	r.Trailer = http.Header{"Cookie": {"_ga=1"}}
	before, trailer, body := r.Header.Clone(), r.Trailer.Clone(), r.Body
	below := &plainWriter{header: make(http.Header)}
	e.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !reflect.DeepEqual(r.Header, before) || !reflect.DeepEqual(r.Trailer, trailer) || r.Body != body {
			t.Errorf("the portal gets %v, trailers %v", r.Header, r.Trailer)
		}
		for key, lines := range header {
			w.Header()[key] = slices.Clone(lines)
		}
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write([]byte("one "))
		_, _ = w.(io.ReaderFrom).ReadFrom(strings.NewReader("two"))
		w.Header().Add(http.TrailerPrefix+"Set-Cookie", "_ga=1")
		if _, _, err := w.(http.Hijacker).Hijack(); err != nil {
			t.Errorf("a connection was not handed out: %v", err)
		}
	})).ServeHTTP(below, r)
	header[http.TrailerPrefix+"Set-Cookie"] = []string{"_ga=1"}
	if !reflect.DeepEqual(below.header, header) {
		t.Errorf("the browser gets\n%v, want\n%v", below.header, header)
	}
	if below.calls.String() != "103 200 Write(one ) ReadFrom(two) Hijack " {
		t.Errorf("the writer below was called otherwise: %s", &below.calls)
	}
}

// plainWriter is a writer that tells how it was called.
type plainWriter struct {
	header http.Header
	calls  bytes.Buffer
}

func (w *plainWriter) Header() http.Header { return w.header }

func (w *plainWriter) WriteHeader(status int) {
	w.calls.WriteString(map[int]string{103: "103 ", 200: "200 "}[status])
}

func (w *plainWriter) Write(p []byte) (int, error) {
	w.calls.WriteString("Write(" + string(p) + ") ")
	return len(p), nil
}

func (w *plainWriter) ReadFrom(r io.Reader) (int64, error) {
	data, err := io.ReadAll(r)
	w.calls.WriteString("ReadFrom(" + string(data) + ") ")
	return int64(len(data)), err
}

func (w *plainWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.calls.WriteString("Hijack ")
	return nil, nil, nil
}

// TestReportTeachesNothing: what deletes cookies does not depend on whether somebody
// reports, before or behind.
func TestReportTeachesNothing(t *testing.T) {
	t.Parallel()
	e := newExpiring(t, "")
	e.ReportOnly = true
	send(e, page(denyGA), "_ga=1; Path=/deep")
	send(e, page(grantGA), "_ga=1; Path=/deep")
	e.ReportOnly = false
	if got := send(e, page(denyGA+"; _ga=1"))["Set-Cookie"]; !slices.Equal(got, []string{deleting("_ga")}) {
		t.Errorf("got %q, want %q alone", got, deleting("_ga"))
	}
}
