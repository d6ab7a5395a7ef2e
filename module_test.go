package cookieconsent

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

const inlinePolicy = `{
	"version": 1,
	"categories": [{"id": "necessary", "consent": "none", "description": "\u00ab\ud83c\udf6a\u00bb \/"}, {"id": "statistical", "consent": "required"}],
	"services": [
		{"id": "portal", "category": "necessary", "cookies": ["sessionid", "cookies_preferences"]},
		{"id": "ga", "category": "statistical", "cookies": ["_ga"]}
	]
}`

// provision loads a handler as Caddy does, and takes leave of it when the test ends.
func provision(t *testing.T, config string) (*Handler, error) {
	t.Helper()
	ctx, cancel := caddy.NewContext(testContext())
	t.Cleanup(cancel)
	h := new(Handler)
	if err := json.Unmarshal([]byte(config), h); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Cleanup() })
	return h, h.Provision(ctx)
}

// testContext is that of a config which has nothing but a storage. TestMain removes
// the storage.
var testContext = sync.OnceValue(func() caddy.Context {
	ctx, err := caddy.ProvisionContext(&caddy.Config{
		StorageRaw: json.RawMessage(`{"module": "file_system", "root": "` + testStorage + `"}`),
	})
	if err != nil {
		panic(err)
	}
	return ctx
})

var testStorage string

func TestMain(m *testing.M) {
	var err error
	if testStorage, err = os.MkdirTemp("", "cookie-consent-*"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(testStorage)
	os.Exit(code)
}

// TestServeHTTP sends an exchange through a handler whose policy is given in
// each of its forms.
func TestServeHTTP(t *testing.T) {
	file := filepath.Join(t.TempDir(), "policy.yaml")
	// YAML lacks escapes that an object in the JSON config may have.
	text := strings.ReplaceAll(inlinePolicy, `\ud83c\udf6a`, "🍪")
	text = strings.ReplaceAll(text, `\/`, "/")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TEST_POLICY", file)
	quoted, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, config := range map[string]string{
		"path":        `{"policy": ` + string(quoted) + `}`,
		"placeholder": `{"policy": "{env.TEST_POLICY}"}`,
		"object":      `{"policy": ` + inlinePolicy + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			h, err := provision(t, config)
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Cookie", "sessionid=S; _ga=1")
			w := httptest.NewRecorder()
			failed := errors.New("the next handler failed")
			err = h.ServeHTTP(w, r, caddyhttp.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
				if got := r.Header.Get("Cookie"); got != "sessionid=S" {
					t.Errorf("the portal got %q", got)
				}
				w.Header()["Set-Cookie"] = []string{"_ga=1", "sessionid=S"}
				return failed
			}))
			if !errors.Is(err, failed) {
				t.Errorf("error %v, want that of the next handler", err)
			}
			if got := w.Header()["Set-Cookie"]; !slices.Equal(got, []string{"sessionid=S"}) {
				t.Errorf("the browser got %q", got)
			}
		})
	}
}

// TestProvisionErrors holds F1: a policy that cannot be read or is not valid
// stops the config, with every error at once.
func TestProvisionErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.yaml")
	if err := os.WriteFile(bad, []byte("version: 2\ncategories: []\nservices:\n  - id: a\n    colour: red\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, config string
		want         []string
	}{
		{"no policy", `{}`, []string{"no cookie policy"}},
		{"null", `{"policy": null}`, []string{"no cookie policy"}},
		{"an empty path", `{"policy": ""}`, []string{"no cookie policy"}},
		{"a number", `{"policy": 7}`, []string{"expected a path or an object as policy, found 7"}},
		{"a missing file", `{"policy": "` + dir + `/missing.yaml"}`, []string{"missing.yaml", "no such file"}},
		{"a directory", `{"policy": "` + dir + `"}`, []string{"reading the cookie policy"}},
		{"an unknown placeholder", `{"policy": "{nothing.of.the.kind}"}`, []string{"nothing.of.the.kind"}},
		{"an invalid file", `{"policy": "` + bad + `"}`, []string{"bad.yaml:1:10: ", "bad.yaml:2:13: ", "bad.yaml:5:5: unknown key \"colour\"", "bad.yaml:4:5: expected the key \"category\""}},
		{"an invalid object", "{\"policy\": {\n\"version\": 1,\n\"categories\": 5}}", []string{"policy:3:17: expected a list as categories, found the number 5", `expected the key "services"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := provision(t, c.config)
			if err == nil {
				t.Fatal("provisioned without an error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q\nhas no %q", err, want)
				}
			}
		})
	}
	var problems policy.Problems
	if _, err := provision(t, `{"policy": "`+bad+`"}`); !errors.As(err, &problems) || len(problems) < 4 {
		t.Errorf("the error does not hold all problems: %v", err)
	}
}
