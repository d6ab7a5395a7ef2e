package enforcer

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dunglas/httpsfv"

	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

// TestUpstreamHeader: the portal is told what was decided, in a structured field
// that another implementation reads, and by nobody else.
func TestUpstreamHeader(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, cookies, gpc, want string
	}{
		{"nothing chosen", "", "", "statistical=?0, comfort=?1, third_party=?0"},
		{"all granted", `cookies_preferences={"statistical":true,"third_party":true}`, "", "statistical=?1, comfort=?1, third_party=?1"},
		{"one service of two", `cookies_preferences={"ga":true}`, "", "statistical=?0, comfort=?1, third_party=?0"},
		{"both services", `cookies_preferences={"ga":true,"matomo":true,"theme":false}`, "", "statistical=?1, comfort=?0, third_party=?0"},
		{"the signal", `cookies_preferences={"statistical":true,"third_party":true}`, "1", "statistical=?0, comfort=?1, third_party=?1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, err := policy.Parse("test.yaml", []byte(strings.Replace(expiryPolicy, "services:", "  - {id: third_party, consent: required}\nservices:", 1)))
			if err != nil {
				t.Fatal(err)
			}
			e := New(p)
			e.UpstreamHeader = "X-Cookie-Consent"
			if err := e.CheckUpstreamHeader(); err != nil {
				t.Fatal(err)
			}
			r := page(c.cookies, "Sec-Gpc", c.gpc)
			for _, key := range []string{"X-Cookie-Consent", "X_Cookie_Consent", "X.Cookie-Consent", "X-Cookie-Consents"} {
				r.Header[key] = []string{"statistical=?1", "forged"}
			}
			r.Header["Connection"] = []string{"keep-alive, x-cookie-consent", "X-Cookie-Consent"}
			e.Begin(httptest.NewRecorder(), r)
			if got := r.Header["X-Cookie-Consent"]; len(got) != 1 || got[0] != c.want {
				t.Fatalf("got %q, want %q", got, c.want)
			}
			for key := range r.Header {
				if strings.Contains(key, "Cookie") && strings.Contains(key, "Consent") && key != "X-Cookie-Consent" && key != "X-Cookie-Consents" {
					t.Errorf("a forged header: %s", key)
				}
			}
			if len(r.Header["X-Cookie-Consents"]) != 2 {
				t.Errorf("another header was changed: %v", r.Header)
			}
			if got := r.Header["Connection"]; len(got) != 1 || got[0] != "keep-alive" {
				t.Errorf("a client has the header removed on its way: %q", got)
			}
			read, err := httpsfv.UnmarshalDictionary(r.Header["X-Cookie-Consent"])
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range read.Names() {
				member, _ := read.Get(name)
				if value, isBool := member.(httpsfv.Item).Value.(bool); !isBool || value != strings.Contains(c.want, name+"=?1") {
					t.Errorf("%s is %v", name, member)
				}
			}
		})
	}
}

// TestUpstreamHeaderIsOff by default: then what a client sends is none of the
// gateway's business.
func TestUpstreamHeaderIsOff(t *testing.T) {
	t.Parallel()
	r := page("", "X-Cookie-Consent", "mine")
	newExpiring(t, "").Begin(httptest.NewRecorder(), r)
	if got := r.Header.Get("X-Cookie-Consent"); got != "mine" {
		t.Errorf("got %q", got)
	}
}

// TestUpstreamTrailers: what a client says in a trailer does not reach the portal
// either.
func TestUpstreamTrailers(t *testing.T) {
	t.Parallel()
	e := newExpiring(t, "")
	e.UpstreamHeader = "X-Cookie-Consent"
	var trailer http.Header
	server := httptest.NewServer(e.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		trailer = maps.Clone(r.Trailer)
	})))
	defer server.Close()
	rawExchange(t, server.Listener.Addr().String(), "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"+
		"Transfer-Encoding: chunked\r\nTrailer: X-Sum, X-Cookie-Consent\r\n\r\n2\r\nhi\r\n0\r\nX-Cookie-Consent: statistical=?1\r\nX-Sum: 7\r\n\r\n")
	if _, found := trailer["X-Cookie-Consent"]; found || trailer.Get("X-Sum") != "7" {
		t.Errorf("trailers %v", trailer)
	}
}

// TestCheckUpstreamHeader: ids that no structured field can hold are refused, but
// only where they would be sent.
func TestCheckUpstreamHeader(t *testing.T) {
	t.Parallel()
	for id, ok := range map[string]bool{"statistical": true, "a-b_c.d1": true, "Statistical": false, "1st": false} {
		p, err := policy.Parse("test.yaml", []byte(strings.ReplaceAll(expiryPolicy, "statistical", id)))
		if err != nil {
			t.Fatal(err)
		}
		if err := New(p).CheckUpstreamHeader(); (err == nil) != ok || err != nil && !strings.Contains(err.Error(), id) {
			t.Errorf("%s: %v", id, err)
		}
	}
	p, err := policy.Parse("test.yaml", []byte(strings.ReplaceAll(expiryPolicy, "necessary", "NECESSARY")))
	if err != nil {
		t.Fatal(err)
	}
	if err := New(p).CheckUpstreamHeader(); err != nil {
		t.Errorf("what needs no choice is not sent: %v", err)
	}
}
