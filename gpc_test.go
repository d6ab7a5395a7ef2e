package cookieconsent

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

const gpcPolicy = `version: 1
categories:
  - {id: necessary, consent: none}
  - {id: statistical, consent: required}
services:
  - {id: portal, category: necessary, cookies: [sessionid, cookies_preferences]}
  - {id: ga, category: statistical, cookies: [_ga]}
signals: {gpc: [statistical]}
`

// policyFile writes a policy that was last changed on 1 May 2026.
func policyFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	changed := time.Date(2026, time.May, 1, 23, 59, 0, 0, time.UTC)
	if err := os.Chtimes(path, changed, changed); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestGPCJSON: the resource is there where the policy asks for it, and all else
// goes to the portal.
func TestGPCJSON(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, more, method, path string
		day                      string // empty: the portal answers
	}{
		{"from the file's date", "gpc_json: true\n", "GET", "/.well-known/gpc.json", "2026-05-01"},
		{"as the policy says", "gpc_json: true\nupdated: 2026-04-30\n", "GET", "/.well-known/gpc.json", "2026-04-30"},
		{"HEAD", "gpc_json: true\n", "HEAD", "/.well-known/gpc.json", "2026-05-01"},
		{"POST", "gpc_json: true\n", "POST", "/.well-known/gpc.json", ""},
		{"another path", "gpc_json: true\n", "GET", "/.well-known/gpc.json/", ""},
		{"rewritten on its way here", "gpc_json: true\n", "GET", "/app/.well-known/gpc.json", ""},
		{"not asked for", "", "GET", "/.well-known/gpc.json", ""},
		{"not wanted", "gpc_json: false\n", "GET", "/.well-known/gpc.json", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, err := provision(t, `{"policy": "`+policyFile(t, gpcPolicy+c.more)+`"}`)
			if err != nil {
				t.Fatal(err)
			}
			w := httptest.NewRecorder()
			asked := false
			r := httptest.NewRequest(c.method, c.path, nil)
			if strings.HasPrefix(c.path, "/app/") { // as handle_path does
				original := *r
				r = r.WithContext(context.WithValue(r.Context(), caddyhttp.OriginalRequestCtxKey, original))
				r.URL, r.RequestURI = &url.URL{Path: strings.TrimPrefix(c.path, "/app")}, strings.TrimPrefix(c.path, "/app")
			}
			err = h.ServeHTTP(w, r, caddyhttp.HandlerFunc(func(http.ResponseWriter, *http.Request) error {
				asked = true
				return nil
			}))
			if err != nil || asked != (c.day == "") {
				t.Fatalf("error %v, the portal was asked: %t", err, asked)
			}
			if asked {
				return
			}
			if got := w.Header().Get("Content-Type"); w.Code != http.StatusOK || got != "application/json" {
				t.Errorf("%d %s", w.Code, got)
			}
			if c.method == "HEAD" {
				return
			}
			var said map[string]any
			if err := json.Unmarshal(w.Body.Bytes(), &said); err != nil {
				t.Fatal(err)
			}
			if said["gpc"] != true || said["lastUpdate"] != c.day || len(said) != 2 {
				t.Errorf("got %s", w.Body)
			}
		})
	}
}

// TestProvisionMore: what only the whole config can tell to be wrong.
func TestProvisionMore(t *testing.T) {
	t.Parallel()
	inline := `{"version": 1, "gpc_json": true, "signals": {"gpc": ["statistical"]}, %
		"categories": [{"id": "necessary", "consent": "none"}, {"id": "statistical", "consent": "required"}],
		"services": [{"id": "portal", "category": "necessary", "cookies": ["sessionid", "cookies_preferences"]}]}`
	file := policyFile(t, gpcPolicy)
	odd := policyFile(t, strings.ReplaceAll(gpcPolicy, "statistical", "Statistical"))
	for _, c := range []struct {
		name, config, want string
	}{
		{"gpc_json without a date", `{"policy": ` + strings.Replace(inline, "%", "", 1) + `}`, `expected "updated"`},
		{"gpc_json with one", `{"policy": ` + strings.Replace(inline, "%", `"updated": "2026-05-01",`, 1) + `}`, ""},
		{"a header", `{"policy": "` + file + `", "upstream_header": "x-cookie-consent"}`, ""},
		{"no header", `{"policy": "` + file + `", "upstream_header": "a b"}`, `found "a b"`},
		{"a header with another meaning", `{"policy": "` + file + `", "upstream_header": "cookie"}`, `found "cookie"`},
		{"another one, written in another way", `{"policy": "` + file + `", "upstream_header": "x_forwarded_proto"}`, `found "x_forwarded_proto"`},
		{"a category that no header can name", `{"policy": "` + odd + `", "upstream_header": "X-Cookie-Consent"}`, `category "Statistical" cannot be sent upstream`},
		{"a category that nobody sends", `{"policy": "` + odd + `"}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, err := provision(t, c.config)
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("error %v, want %q", err, c.want)
			case c.name == "a header":
				r := httptest.NewRequest("GET", "/", nil)
				_ = h.ServeHTTP(httptest.NewRecorder(), r, caddyhttp.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error {
					if got := r.Header.Get("X-Cookie-Consent"); got != "statistical=?0" {
						t.Errorf("the portal got %q", got)
					}
					return nil
				}))
			}
		})
	}
}
