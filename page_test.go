package cookieconsent

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	logged "go.uber.org/zap/zaptest/observer"
)

// pagePolicy is one of a portal, with what its page tells in two languages.
const pagePolicy = `version: 1
updated: 2026-11-24
language: fr
introduction: {fr: Bienvenue, en: Welcome}
categories:
  - {id: necessary, consent: none}
  - {id: statistical, consent: required}
services:
  - {id: portal, category: necessary, cookies: [sessionid, django_language, cookies_preferences]}
  - {id: ga, category: statistical, cookies: [_ga], origins: ["https://www.googletagmanager.com"]}
  - {id: matomo, category: statistical, cookies: ["_pk_id.*"]}
`

// through sends a request through handlers, as a route of Caddy does.
func through(r *http.Request, all ...caddyhttp.MiddlewareHandler) (*http.Response, string, error) {
	var next caddyhttp.Handler = caddyhttp.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) error {
		_, err := io.WriteString(w, "portal")
		return err
	})
	for i := len(all) - 1; i >= 0; i-- {
		handler, after := all[i], next
		next = caddyhttp.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error { return handler.ServeHTTP(w, r, after) })
	}
	w := httptest.NewRecorder()
	r = caddyhttp.PrepareRequest(r, caddy.NewReplacer(), w, nil)
	client, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return nil, "", err
	}
	caddyhttp.SetVar(r.Context(), caddyhttp.ClientIPVarKey, client)
	err = next.ServeHTTP(w, r)
	answer := w.Result()
	body, _ := io.ReadAll(answer.Body)
	return answer, string(body), err
}

// withPage is a handler that has a page.
func withPage(t *testing.T, more string) *Handler {
	t.Helper()
	file, err := json.Marshal(policyFile(t, pagePolicy))
	if err != nil {
		t.Fatal(err)
	}
	h, err := provision(t, fmt.Sprintf(`{"policy": %s, "page": {"path": "/cookies"%s}}`, file, more))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestPage(t *testing.T) {
	t.Parallel()
	h := withPage(t, "")
	shown := "&policy=" + h.inForce.Load().source.sum()
	for _, c := range []struct {
		name, method, path string
		header             http.Header
		body               string
		status             int
		want               string // in the body
		cookies            []string
	}{
		{name: "in the policy's language", method: "GET", path: "/cookies", status: 200, want: "Bienvenue"},
		{name: "in the browser's language", method: "GET", path: "/cookies", header: http.Header{"Accept-Language": {"en"}}, status: 200, want: "Welcome"},
		{name: "in the portal's language", method: "GET", path: "/cookies", header: http.Header{"Cookie": {"django_language=en"}}, status: 200, want: "Welcome"},
		{name: "as JSON", method: "GET", path: "/cookies", header: http.Header{"Accept": {"application/json"}}, status: 200, want: `"sha256"`},
		{name: "another path", method: "GET", path: "/cookies/", status: 200, want: "portal"},
		{name: "a path in other words", method: "GET", path: "/%63ookies", status: 200, want: "portal"},
		{name: "with a query", method: "GET", path: "/cookies?lang=ar", status: 200, want: `dir="rtl"`},
		{name: "another method", method: "PUT", path: "/cookies", status: 405},
		{
			name: "a choice", method: "POST", path: "/cookies", body: "choice=refuse" + shown, status: 303,
			header: http.Header{
				"Content-Type": {"application/x-www-form-urlencoded"}, "Sec-Fetch-Site": {"same-origin"}, "Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"document"},
				"Cookie": {"sessionid=s; _ga=g; cookies_preferences=%7B%22ga%22%3Atrue%7D"},
			},
			cookies: []string{
				"cookies_preferences=; Path=/cookies; Expires", "cookies_preferences=; Path=/; Domain=example.com; Expires",
				"cookies_preferences=; Path=/cookies; Domain=example.com; Expires",
				"cookies_preferences=%7B%22ga%22%3Afalse%2C%22matomo%22%3Afalse%2C%22timestamp%22%3A",
				"_ga=; Path=/; Domain=example.com; ", "_ga=; Path=/; Expires",
			},
		},
		{
			name: "a choice that does not say which policy was shown", method: "POST", path: "/cookies", body: "choice=accept", status: 409,
			header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Sec-Fetch-Site": {"same-origin"}},
		},
		{
			name: "a choice from elsewhere", method: "POST", path: "/cookies", body: "choice=accept", status: 403,
			header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Sec-Fetch-Site": {"cross-site"}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
			for name, lines := range c.header {
				r.Header[name] = lines
			}
			answer, body, err := through(r, h)
			if err != nil || answer.StatusCode != c.status || !strings.Contains(body, c.want) {
				t.Errorf("%d (%v), want %d and %q in\n%s", answer.StatusCode, err, c.status, c.want, body)
			}
			lines := answer.Header["Set-Cookie"]
			if len(lines) != len(c.cookies) {
				t.Fatalf("Set-Cookie is %q, want %q", lines, c.cookies)
			}
			for i, want := range c.cookies {
				if !strings.HasPrefix(lines[i], want) {
					t.Errorf("Set-Cookie is %q, want %q", lines[i], want)
				}
			}
		})
	}
}

// TestPageHandler: the page as a handler of its own shows the policy of the handler
// around it that counts.
func TestPageHandler(t *testing.T) {
	t.Parallel()
	own := new(Page)
	ctx, cancel := caddy.NewContext(testContext())
	t.Cleanup(cancel)
	if err := own.Provision(ctx); err != nil {
		t.Fatal(err)
	}
	enforcing := withPage(t, "")
	reporting, err := provision(t, `{"mode": "report", "page": {"path": "/cookies"}, "policy": `+strings.Replace(inlinePolicy, `"version"`, `"introduction": "Only reported", "version"`, 1)+`}`)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, path string
		handlers   []caddyhttp.MiddlewareHandler
		want       string
	}{
		{"after an enforcing one", "/legal", []caddyhttp.MiddlewareHandler{enforcing, own}, "Bienvenue"},
		{"after a reporting one", "/legal", []caddyhttp.MiddlewareHandler{reporting, own}, "Only reported"},
		{"after a reporting one that has an enforcing one in it", "/legal", []caddyhttp.MiddlewareHandler{reporting, enforcing, own}, "Bienvenue"},
		{"the page of a reporting one is the portal's", "/cookies", []caddyhttp.MiddlewareHandler{reporting}, "portal"},
	} {
		_, body, err := through(httptest.NewRequest("GET", c.path, nil), c.handlers...)
		if err != nil || !strings.Contains(body, c.want) {
			t.Errorf("%s: %v, want %q in\n%s", c.name, err, c.want, body)
		}
	}
	// A list cannot say that somebody objects, so no form could.
	list, err := provision(t, `{"policy": `+strings.NewReplacer(`"version"`, `"consent": {"format": "list", "timestamp": "", "cookie": "cookies_preferences"}, "version"`, `"required"`, `"objection"`).Replace(inlinePolicy)+`}`)
	if err != nil {
		t.Fatal(err)
	}
	core, logs := logged.New(zapcore.ErrorLevel)
	own.logger, own.template = zap.New(core), "{{.Nothing}}"
	for range 3 {
		if _, body, err := through(httptest.NewRequest("GET", "/legal", nil), enforcing, own); err != nil || !strings.Contains(body, "Bienvenue") {
			t.Errorf("between two policies: %v\n%s", err, body)
		}
		answer, body, err := through(httptest.NewRequest("GET", "/legal", nil), list, own)
		if err != nil || answer.StatusCode != http.StatusOK || strings.Contains(body, "<form") || !strings.Contains(body, "_ga") {
			t.Errorf("without a form: %d (%v)\n%s", answer.StatusCode, err, body)
		}
	}
	if logs.Len() != 1 {
		t.Errorf("logged %v", logs.All())
	}
	if _, _, err := through(httptest.NewRequest("GET", "/", nil), own); err == nil || !strings.Contains(err.Error(), "expected a handler cookie_consent that comes before it") {
		t.Errorf("without a policy: %v", err)
	}
}

// TestRecord: a record tells what was chosen, and not by whom.
func TestRecord(t *testing.T) {
	t.Parallel()
	h := withPage(t, `, "record": true`)
	core, logs := logged.New(zapcore.InfoLevel)
	h.inForce.Load().records = zap.New(core)
	r := httptest.NewRequest("POST", "http://portal.example:8080/cookies", strings.NewReader("choice=save&service=ga&policy="+h.inForce.Load().source.sum()))
	r.Header = http.Header{
		"Content-Type": {"application/x-www-form-urlencoded"}, "Origin": {"http://portal.example:8080"}, "Accept-Language": {"ar"},
		"Cookie": {"sessionid=Secret; django_language=en"}, "User-Agent": {"Secret"}, "X-Forwarded-For": {"Secret"},
	}
	answer, _, err := through(r, h)
	if err != nil || answer.StatusCode != http.StatusSeeOther || logs.Len() != 1 {
		t.Fatalf("%d (%v), with %d records", answer.StatusCode, err, logs.Len())
	}
	got := logs.All()[0].ContextMap()
	text := fmt.Sprint(got)
	receipt, _ := got["receipt"].(string)
	want := map[string]any{
		"host": "portal.example", "choice": map[string]string{"ga": "granted", "matomo": "denied"}, "gpc": false, "language": "en",
		"policy_sha256": h.inForce.Load().source.sum(), "policy_version": "2026-11-24", "receipt": receipt, "time": got["time"],
	}
	if text != fmt.Sprint(want) {
		t.Errorf("recorded\n%v\nwant\n%v", text, want)
	}
	to := answer.Header.Get("Location")
	if len(receipt) < 20 || !strings.HasPrefix(to, "/cookies?saved=") || strings.Contains(to, receipt) { // access logs have addresses
		t.Errorf("the receipt is %q, and the visitor goes to %q", receipt, to)
	}
	for _, hidden := range []string{"Secret", "192.0.2.1", "cookies_preferences", "%7B"} {
		if strings.Contains(text, hidden) {
			t.Errorf("%q is recorded: %s", hidden, text)
		}
	}
}

// TestPageFlood: one client, as Caddy knows it, is limited on the pages of all handlers
// together, and others are not.
func TestPageFlood(t *testing.T) {
	t.Parallel()
	handlers := []*Handler{withPage(t, ""), withPage(t, "")}
	body := "choice=refuse&policy=" + handlers[0].inForce.Load().source.sum()
	statuses := make(map[string]map[int]int)
	for i := range 300 {
		client := []string{"2001:db8:f:1::1", "2001:db8:f:1::2", "2001:db8:f:2::1"}[min(i%100, 2)] // the last one most often
		r := httptest.NewRequest("POST", "/cookies", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.RemoteAddr = "[" + client + "]:1234"
		answer, _, err := through(r, handlers[i%2])
		if err != nil {
			t.Fatal(err)
		}
		if limited := answer.StatusCode == http.StatusTooManyRequests; limited != (answer.Header.Get("Retry-After") != "") {
			t.Fatalf("status %d, Retry-After %q", answer.StatusCode, answer.Header.Get("Retry-After"))
		}
		if statuses[client] == nil {
			statuses[client] = make(map[int]int)
		}
		statuses[client][answer.StatusCode]++
	}
	for _, neighbour := range []string{"2001:db8:f:1::1", "2001:db8:f:1::2"} {
		if got := statuses[neighbour]; got[http.StatusSeeOther] != 3 || len(got) != 1 {
			t.Errorf("%s was answered %v", neighbour, got)
		}
	}
	if got := statuses["2001:db8:f:2::1"]; got[http.StatusSeeOther] < 60 || got[http.StatusTooManyRequests] < 200 {
		t.Errorf("the flood was answered %v", got)
	}
}

// TestPageTemplates: a template that fails stops the config, or the policy that it
// fails with, and nothing else.
func TestPageTemplates(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	template := func(text string) string {
		path := filepath.Join(dir, fmt.Sprintf("%d.html", len(text)))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return `, "template": "` + path + `"`
	}
	h := withPage(t, template(`<p>{{.Language}} of our own</p>{{with .Choice}}<form method="post"><input type="hidden" name="policy" value="{{$.SHA256}}"><button name="choice" value="refuse"></button></form>{{end}}`))
	if _, body, err := through(httptest.NewRequest("GET", "/cookies", nil), h); err != nil || !strings.Contains(body, "fr of our own") {
		t.Errorf("%v\n%s", err, body)
	}
	for _, c := range []struct{ name, page, want string }{
		{"no template", `"path": "/cookies", "template": "` + dir + `/none.html"`, "reading the page's template"},
		{"one that cannot be read", `"path": "/cookies"` + template("{{"), "template"},
		{"one without a form", `"path": "/cookies"` + template("<p>"), "expected a form in which visitors choose"},
		{"one that fails", `"path": "/cookies"` + template("{{.Nothing}}"), "Nothing"},
		{"one that is too long", `"path": "/cookies"` + template(strings.Repeat("a", maxTemplateBytes+1)), "expected 1048576 bytes at most"},
		{"no path", `"record": true`, "page: expected a path such as /cookies"},
	} {
		_, err := provision(t, `{"policy": `+inlinePolicy+`, "page": {`+c.page+`}}`)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	ctx, cancel := caddy.NewContext(testContext())
	t.Cleanup(cancel)
	for _, p := range []*Page{{Path: "/cookies"}, {Template: dir + "/none.html"}} {
		if err := p.Provision(ctx); err == nil {
			t.Errorf("%+v was provisioned", p)
		}
	}
}
