package enforcer

import (
	"bufio"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/cookie"
)

// responseCases are also the seeds of the fuzz target.
var responseCases = []struct {
	name     string
	unlisted string
	cookies  string // of the request
	lines    []string
	want     []string
}{
	{"S1: permitted lines leave byte for byte", "strip", "", []string{` sessionid = "a\"b" ;HttpOnly;;path=/`, "_ga=1; Path=/"}, []string{` sessionid = "a\"b" ;HttpOnly;;path=/`}},
	{"S1: the header disappears with its last line", "strip", "", []string{"_ga=1", "_gid=1"}, nil},
	{"S1: the name ends at the first equals sign", "strip", "", []string{"_ga=sessionid=1", "sessionid=_ga=1"}, []string{"sessionid=_ga=1"}},
	{"S1: attributes have no name to judge", "strip", "", []string{"_ga; sessionid=1", "sessionid=1; _ga=1"}, []string{"sessionid=1; _ga=1"}},
	{"S1: a line without an equals sign", "strip", "", []string{"sessionid", "sessionid; Path=/", ""}, nil},
	{"S1: a line without an equals sign, allowed", "allow", "", []string{"anything", "_ga; Path=/", "=_ga=1", ""}, []string{"anything", ""}},
	{"S1: duplicates and order stay", "strip", "", []string{"csrftoken=2", "_ga=1", "sessionid=1", "csrftoken=2"}, []string{"csrftoken=2", "sessionid=1", "csrftoken=2"}},
	{"S1: granted", "strip", grantMatomo, []string{"_pk_id.1.1fff=P", "_ga=G"}, []string{"_pk_id.1.1fff=P"}},
	{"S1: a line break that net/http writes as a space", "allow", "", []string{"\n_ga=1", "a=1"}, []string{"a=1"}},
	{"S1: a line break before a permitted name", "strip", "", []string{"\nsessionid=1", "sessionid\r=1"}, []string{"\nsessionid=1", "sessionid\r=1"}},
	{"S2: Max-Age of zero", "strip", "", []string{"_ga=; Max-Age=0; Path=/"}, []string{"_ga=; Max-Age=0; Path=/"}},
	{"S2: the past", "strip", "", []string{"_ga=; expires=Thu, 01 Jan 1970 00:00:00 GMT"}, []string{"_ga=; expires=Thu, 01 Jan 1970 00:00:00 GMT"}},
	{"S2: not in every reading", "strip", "", []string{"_ga=1; Max-Age=0; Max-Age=zz", "_ga=1; Max-Age=0; Max-Age=1", "_ga=1; Max-Age=9; expires=Thu, 01 Jan 1970 00:00:00 GMT", "_ga=1; Expires=never"}, nil},
	{"S2: an unlisted name", "strip", "", []string{"shiny=; Max-Age=-1"}, []string{"shiny=; Max-Age=-1"}},
	{"S5: the choice that is set counts", "strip", refuseAll, []string{grantMatomo + "; Path=/", "_pk_id.1.1fff=P", "_ga=G"}, []string{grantMatomo + "; Path=/", "_pk_id.1.1fff=P"}},
	{"S5: a withdrawal counts at once", "strip", grantMatomo, []string{"_pk_id.1.1fff=P", refuseAll}, []string{refuseAll}},
	{"S5: a deleted choice is none", "strip", grantMatomo, []string{"_pk_id.1.1fff=P", "cookies_preferences=; Max-Age=0"}, []string{"cookies_preferences=; Max-Age=0"}},
	{"S5: a choice that is set, and deleted", "strip", "", []string{grantMatomo, "cookies_preferences=; Max-Age=0", "_pk_id.1.1fff=P"}, []string{grantMatomo, "cookies_preferences=; Max-Age=0"}},
	{"S5: two choices, denied beats granted", "strip", "", []string{grantMatomo, refuseAll, "_pk_id.1.1fff=P"}, []string{grantMatomo, refuseAll}},
	{"S5: a choice behind a line break, which net/http writes as a space", "allow", grantMatomo, []string{"\n" + refuseAll, "_pk_id.1.1fff=P"}, []string{"\n" + refuseAll}},
	{"S5: a name that only looks alike", "strip", grantMatomo, []string{"csrftoken=cookies_preferences", "_pk_id.1.1fff=P"}, []string{"csrftoken=cookies_preferences", "_pk_id.1.1fff=P"}},
}

// respond runs a handler behind the gateway and returns what it sent.
func respond(e *Enforcer, cookies string, handler http.HandlerFunc) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "/", nil)
	if cookies != "" {
		r.Header.Set("Cookie", cookies)
	}
	w := httptest.NewRecorder()
	e.Handler(handler).ServeHTTP(w, r)
	return w
}

func TestResponse(t *testing.T) {
	t.Parallel()
	for _, c := range responseCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := newEnforcer(t, c.unlisted)
			w := respond(e, c.cookies, func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Set-Cookie"] = slices.Clone(c.lines)
				w.WriteHeader(http.StatusOK)
			})
			got, present := w.Result().Header["Set-Cookie"]
			if !slices.Equal(got, c.want) || present != (c.want != nil) {
				t.Errorf("from %q\n got %q\nwant %q", c.lines, got, c.want)
			}
		})
	}
}

// TestResponseSharedSlice: a handler may use one slice for all its responses.
func TestResponseSharedSlice(t *testing.T) {
	t.Parallel()
	shared := []string{"_ga=1", "sessionid=S", "_gid=1"}
	before := slices.Clone(shared)
	respond(newEnforcer(t, "strip"), "", func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Set-Cookie"] = shared
	})
	if !slices.Equal(shared, before) {
		t.Errorf("the handler's slice became %q", shared)
	}
}

// TestCacheControl holds S6.
func TestCacheControl(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		line string // of Set-Cookie
		have []string
		want []string
	}{
		{"nothing dropped", "sessionid=S", nil, nil},
		{"nothing dropped, cacheable", "sessionid=S", []string{"max-age=60"}, []string{"max-age=60"}},
		{"none yet", "_ga=1", nil, []string{"private"}},
		{"merged", "_ga=1", []string{"max-age=60"}, []string{"max-age=60, private"}},
		{"merged into the last line", "_ga=1", []string{"no-transform", "max-age=60"}, []string{"no-transform", "max-age=60, private"}},
		{"an empty line", "_ga=1", []string{""}, []string{"private"}},
		{"a comma at the end", "_ga=1", []string{"max-age=60, "}, []string{"max-age=60, private"}},
		{"private already", "_ga=1", []string{"Private"}, []string{"Private"}},
		{"private with a field", "_ga=1", []string{`private="set-cookie"`}, []string{`private="set-cookie"`}},
		{"no-store", "_ga=1", []string{"a=b,no-store"}, []string{"a=b,no-store"}},
		{"public", "_ga=1", []string{"max-age=1", "public"}, []string{"max-age=1", "public"}},
		{"s-maxage", "_ga=1", []string{"s-maxage = 5"}, []string{"s-maxage = 5"}},
		{"a word in a string is none", "_ga=1", []string{`ext="a,public,\",private"`}, []string{`ext="a,public,\",private", private`}},
		{"a word in another", "_ga=1", []string{"publicity, no-storex"}, []string{"publicity, no-storex, private"}},
		{"no-cache is not one of them", "_ga=1", []string{"no-cache"}, []string{"no-cache, private"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := respond(newEnforcer(t, "strip"), "", func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Set-Cookie"] = []string{c.line}
				w.Header()["Vary"] = []string{"Accept"}
				if c.have != nil {
					w.Header()["Cache-Control"] = c.have
				}
				w.WriteHeader(http.StatusOK)
			})
			if got := w.Result().Header["Cache-Control"]; !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if got := w.Result().Header["Vary"]; !slices.Equal(got, []string{"Accept"}) {
				t.Errorf("Vary became %q", got)
			}
		})
	}
}

// TestCacheControlAfter1xx: a line that was dropped from a 1xx by a handler with
// one header map is missing in the final head too, which must not become
// cacheable; the 1xx itself gains nothing.
func TestCacheControlAfter1xx(t *testing.T) {
	t.Parallel()
	var in1xx http.Header
	respond(newEnforcer(t, "strip"), "", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Set-Cookie", "_ga=1")
		w.WriteHeader(http.StatusEarlyHints)
		in1xx = w.Header().Clone()
		w.WriteHeader(http.StatusOK)
		if got := w.Header().Get("Cache-Control"); got != "private" {
			t.Errorf("Cache-Control of the final head is %q", got)
		}
	})
	if len(in1xx) != 0 {
		t.Errorf("the 1xx carried %v", in1xx)
	}
}

// TestTrailerList holds the part of S3 on announced trailers.
func TestTrailerList(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		have, want []string
	}{
		{"others stay as they are", []string{"X-A , x-b"}, []string{"X-A , x-b"}},
		{"alone", []string{"Set-Cookie"}, nil},
		{"among others", []string{"X-A, set-cookie,X-B", "Set-Cookie2"}, []string{"X-A, X-B"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			respond(newEnforcer(t, "strip"), "", func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Trailer"] = c.have
				w.WriteHeader(http.StatusOK)
				if got := w.Header()["Trailer"]; !slices.Equal(got, c.want) {
					t.Errorf("got %q, want %q", got, c.want)
				}
			})
		})
	}
}

// TestPanic: what a handler has set when it panics is filtered all the same, for
// whoever recovers.
func TestPanic(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		newEnforcer(t, "strip").Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Set-Cookie", "_ga=1")
			panic(http.ErrAbortHandler)
		})).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	}()
	if got := w.Header()["Set-Cookie"]; got != nil {
		t.Errorf("Set-Cookie %q is left", got)
	}
}

// fullWriter is a response writer with everything that net/http's have.
type fullWriter struct {
	*httptest.ResponseRecorder
	readFrom, hijacked, pushed int
	deadline                   time.Time
}

func (w *fullWriter) ReadFrom(r io.Reader) (int64, error) {
	w.readFrom++
	return io.Copy(struct{ io.Writer }{w.ResponseRecorder}, r)
}

func (w *fullWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.hijacked++
	return nil, nil, nil
}

func (w *fullWriter) Push(string, *http.PushOptions) error      { w.pushed++; return nil }
func (w *fullWriter) SetWriteDeadline(deadline time.Time) error { w.deadline = deadline; return nil }

// TestWriterBelow: what the writer below can do, the exchange can (S3).
func TestWriterBelow(t *testing.T) {
	t.Parallel()
	below := &fullWriter{ResponseRecorder: httptest.NewRecorder()}
	x := newEnforcer(t, "strip").Begin(below, httptest.NewRequest("GET", "/", nil))
	defer x.End()
	controller := http.NewResponseController(x)

	if _, _, err := controller.Hijack(); err != http.ErrNotSupported || below.hijacked != 0 {
		t.Errorf("a raw Hijack: %v", err)
	}
	file, err := os.Open("../LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if n, err := io.CopyN(x, file, 4); n != 4 || err != nil || below.readFrom != 1 {
		t.Errorf("ReadFrom of a file: %d bytes, %v, %d calls below", n, err, below.readFrom)
	}
	if n, err := x.ReadFrom(strings.NewReader("text")); n != 4 || err != nil || below.readFrom != 1 {
		t.Errorf("ReadFrom of a reader: %d bytes, %v, %d calls below", n, err, below.readFrom)
	}
	if err := controller.Flush(); err != nil || !below.Flushed {
		t.Errorf("Flush: %v, flushed below: %v", err, below.Flushed)
	}
	deadline := now.Add(time.Hour)
	if err := controller.SetWriteDeadline(deadline); err != nil || !below.deadline.Equal(deadline) {
		t.Errorf("SetWriteDeadline: %v", err)
	}
	if err := x.Push("/style.css", nil); err != nil || below.pushed != 1 {
		t.Errorf("Push: %v", err)
	}
	x.WriteHeader(http.StatusSwitchingProtocols)
	if _, _, err := controller.Hijack(); err != http.ErrNotSupported {
		t.Errorf("Hijack after a 101 that came too late: %v", err)
	}

	x = newEnforcer(t, "strip").Begin(below, upgrading("websocket"))
	defer x.End()
	x.WriteHeader(http.StatusSwitchingProtocols)
	if _, _, err := http.NewResponseController(x).Hijack(); err != nil || below.hijacked != 1 {
		t.Errorf("Hijack after a 101: %v", err)
	}
}

// readFunc is a reader that does something while it is read.
type readFunc func(p []byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

// TestLateHeaders: handlers that change the header map at the least likely
// moment, over real connections (S3).
func TestLateHeaders(t *testing.T) {
	t.Parallel()
	e := newEnforcer(t, "strip")
	empty := func(w http.ResponseWriter) {
		_, _ = io.Copy(w, readFunc(func([]byte) (int, error) { return 0, io.EOF }))
	}
	for name, handler := range map[string]http.HandlerFunc{
		"while the body is read": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.Copy(w, readFunc(func(p []byte) (int, error) {
				w.Header().Add("Set-Cookie", "_ga=1")
				return copy(p, "body"), io.EOF
			}))
		},
		"after an empty body, one for another": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-A", "1")
			empty(w)
			w.Header().Del("X-A")
			w.Header()["set-cookie"] = []string{"_ga=1"}
			_, _ = io.WriteString(w, "body")
		},
		"after an empty body, in place": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Set-Cookie", "sessionid=1")
			empty(w)
			w.Header()["Set-Cookie"][0] = "_ga=1"
		},
		"a trailer with the prefix twice": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "body")
			w.Header()[http.TrailerPrefix+http.TrailerPrefix+"Set-Cookie"] = []string{"_ga=1"}
		},
		"a trailer against the choice that the head sets": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Add("Set-Cookie", refuseAll)
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
			w.Header()[http.TrailerPrefix+"Set-Cookie"] = []string{"_ga=1"}
		},
		"a 101 after the head": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusOK)
			w.WriteHeader(http.StatusSwitchingProtocols)
			if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
				_, _ = io.WriteString(conn, "0\r\n\r\nHTTP/1.1 200 OK\r\nSet-Cookie: _ga=1\r\n\r\n")
				conn.Close()
			}
		},
		"a Date that nobody can read": func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["date"] = []string{"some day"}
			w.Header().Set("Set-Cookie", "_ga=1; Expires=Fri, 01 Jan 2016 00:00:00 GMT")
		},
		"a Date that moves the past": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", "Thu, 01 Jan 1970 00:00:00 GMT")
			w.Header().Set("Set-Cookie", "_ga=1; Expires=Fri, 01 Jan 2016 00:00:00 GMT")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewUnstartedServer(e.Handler(handler))
			server.Config.ErrorLog = log.New(io.Discard, "", 0) // superfluous WriteHeader calls are the point
			server.EnableHTTP2 = true
			server.StartTLS()
			defer server.Close()
			plain := httptest.NewUnstartedServer(e.Handler(handler))
			plain.Config.ErrorLog = server.Config.ErrorLog
			plain.Start()
			defer plain.Close()

			request := "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: cookies_preferences=ga\r\n\r\n"
			if name != "a trailer against the choice that the head sets" {
				request = strings.Replace(request, "Cookie: cookies_preferences=ga\r\n", "", 1)
			}
			answer := rawExchange(t, plain.Listener.Addr().String(), request)
			if !strings.HasPrefix(answer, "HTTP/1.1 200") || strings.Contains(answer, "_ga") {
				t.Errorf("HTTP/1.1: %q", answer)
			}
			response, err := server.Client().Get(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if _, err := io.Copy(io.Discard, response.Body); err != nil {
				t.Fatal(err)
			}
			for _, line := range slices.Concat(response.Header["Set-Cookie"], response.Trailer["Set-Cookie"]) {
				if strings.HasPrefix(line, "_ga") {
					t.Errorf("%s: %q got out", response.Proto, line)
				}
			}
		})
	}
}

// TestPoorWriterBelow: what it cannot do is said, not done halfway.
func TestPoorWriterBelow(t *testing.T) {
	t.Parallel()
	below := &headWriter{header: make(http.Header)}
	x := newEnforcer(t, "strip").Begin(below, httptest.NewRequest("GET", "/", nil))
	defer x.End()
	if err := x.FlushError(); err == nil {
		t.Error("a writer that cannot flush was flushed")
	}
	if err := x.Push("/", nil); err != http.ErrNotSupported {
		t.Errorf("Push: %v", err)
	}
	if n, err := x.ReadFrom(strings.NewReader("body")); n != 4 || err != nil {
		t.Errorf("ReadFrom: %d, %v", n, err)
	}
}

func FuzzSetCookie(f *testing.F) {
	for _, c := range responseCases {
		for _, line := range c.lines {
			f.Add(line, c.unlisted == "allow")
		}
	}
	strip, allow := newEnforcer(f, "strip"), newEnforcer(f, "allow")
	f.Fuzz(func(t *testing.T, line string, allowed bool) {
		e := strip
		if allowed {
			e = allow
		}
		first, _, _ := strings.Cut(lineBreaks.Replace(line), ";")
		name, _, hasName := strings.Cut(first, "=")
		name = strings.Trim(name, " \t")
		setsChoice := hasName && name == "cookies_preferences"
		var want, passes bool
		switch rule := e.policy.Lookup(name); {
		case cookie.Deletes(line, e.Now), setsChoice:
			want, passes = true, true
		case hasName && rule != nil:
			id := e.policy.Services[rule.Service].ID
			want, passes = true, id == "portal" || id == "counter" || id == "theme"
		case !allowed:
			want = true
		}
		w := respond(e, "", func(w http.ResponseWriter, _ *http.Request) { w.Header()["Set-Cookie"] = []string{line} })
		got := w.Header()["Set-Cookie"]
		if want && passes != (len(got) == 1) {
			t.Errorf("%q passes: %v, want %v", line, len(got) == 1, passes)
		}
		if len(got) == 1 && got[0] != line {
			t.Errorf("%q left as %q", line, got[0])
		}
	})
}

// TestLateKeys: keys that are added once lines were found to be permitted are judged
// like any other, also where their lines say the same.
func TestLateKeys(t *testing.T) {
	t.Parallel()
	for range 20 { // a map has its keys in any order
		respond(newEnforcer(t, "strip"), "", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Set-Cookie", "sessionid=1")
			w.WriteHeader(http.StatusEarlyHints)
			second := strings.ToLower("Set-Cookie")
			w.Header()[second] = []string{"_ga=1"}
			w.WriteHeader(http.StatusOK)
			if got := w.Header()[second]; got != nil {
				t.Errorf("%q passed under a second key", got)
			}
			if got := w.Header().Get("Set-Cookie"); got != "sessionid=1" {
				t.Errorf("the first key has %q", got)
			}
		})
	}
}

// S2: one header map has one time, however many dates there are to compare.
func TestTimeIsReadOnce(t *testing.T) {
	t.Parallel()
	asked := 0
	e := newEnforcer(t, "strip")
	e.Now = func() time.Time { asked++; return now }
	const past = "_ga=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
	lines := slices.Repeat([]string{past}, 100)
	w := respond(e, "", func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Set-Cookie"] = lines
		w.Header()["Date"] = slices.Repeat([]string{"Tue, 24 Nov 2026 11:00:00 GMT"}, 100)
		w.WriteHeader(http.StatusOK)
	})
	if got := w.Result().Header["Set-Cookie"]; !slices.Equal(got, lines) {
		t.Errorf("%d of %d deletions passed", len(got), len(lines))
	}
	if asked > 2 { // at WriteHeader, and at the end
		t.Errorf("the time was asked for %d times", asked)
	}
}

// TestVerdictIsNotCarriedOver: a line may pass in a 1xx for a reason that the
// final head does not have any more.
func TestVerdictIsNotCarriedOver(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"S2: a Date that comes later": func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Set-Cookie"] = []string{"_ga=1; Expires=Fri, 01 Jan 2016 00:00:00 GMT"}
			w.WriteHeader(http.StatusEarlyHints)
			w.Header().Set("Date", "Thu, 01 Jan 1970 00:00:00 GMT")
		},
		"S5: a choice that is set no more": func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Set-Cookie"] = []string{"_pk_id.1.1fff=P"}
			w.Header()["set-cookie"] = []string{grantMatomo}
			w.WriteHeader(http.StatusEarlyHints)
			delete(w.Header(), "set-cookie")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 20 { // a map has its keys in any order
				respond(newEnforcer(t, "strip"), "", func(w http.ResponseWriter, r *http.Request) {
					handler(w, r)
					if len(w.Header()["Set-Cookie"]) != 1 {
						t.Fatal("the line did not pass in the 1xx")
					}
					w.WriteHeader(http.StatusOK)
					if got := w.Header()["Set-Cookie"]; got != nil {
						t.Errorf("%q passed in the final head", got)
					}
				})
			}
		})
	}
}
