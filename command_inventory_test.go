package cookieconsent

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/policy"
	"github.com/caddy-consent/caddy-consent/inventory"
)

// seenAt is a cookie that was last seen before noon.
func seenAt(host, name string, before time.Duration, sent, set, removed uint64) cookieSeen {
	r := inventory.Record{Host: host, Name: name, Sent: sent, Set: set, Removed: removed, LastSeen: noon.Add(-before)}
	return cookieSeen{Record: r, ByScript: r.ByScript()}
}

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// sightings are cookies of which some need care.
func sightings() []cookieSeen {
	fbp := seenAt("portal.example", "_fbp", 90*time.Second, 7, 0, 7)
	fbp.Suggestion = &inventory.Suggestion{Platform: "Facebook", Category: "Marketing"}
	fbc := seenAt("portal.example", "_fbc", 3*time.Hour, 1, 1, 2)
	fbc.Suggestion = &inventory.Suggestion{Platform: "Facebook", Category: "Market\ning: \u202e\x1b[31m"}
	fbc.Attributes = &inventory.Attributes{Domain: "portal.example", Path: "/", MaxAge: 7775999}
	session := seenAt("portal.example", "sessionid", 0, 900, 2, 0)
	session.Service, session.Category = "portal", "necessary"
	basket := seenAt("portal.example", "basket", 50*24*time.Hour, 12, 3, 15)
	basket.Attributes = &inventory.Attributes{Path: "/shop"}
	manager := seenAt("portal.example", "OptanonControl", 0, 5, 0, 0)
	manager.Owned = true
	elsewhere := seenAt("www.portal.example", "basket", 0, 1, 1, 2)
	elsewhere.Attributes = &inventory.Attributes{Domain: "com", Path: "/shop"}
	return []cookieSeen{
		fbc, fbp, basket, session, elsewhere,
		seenAt("portal.example", "_ga_*", 0, 1, 0, 1), // listed by now
		seenAt("portal.example", "*", 0, 1, 0, 1),
		seenAt("portal.example", "choice", 0, 5, 0, 0),
		manager,
		seenAt("portal.example", "banner-seen", 0, 5, 0, 5), // owned by now
		seenAt("portal.example", "weird: [\"'*'\"] #", 0, 1, 0, 1),
		seenAt("portal.example", "a\x1b]0;evil\u202e", 0, 1, 0, 1),
		seenAt("portal.example", strings.Repeat("long", 30)+"…", 0, 1, 0, 1),
	}
}

// origins are some that browsers have reported, of which some need care.
func origins() []originSeen {
	known := originSeen{Host: "portal.example", Origin: "https://a.tracker.example", Reported: 900, Blocked: 900, LastSeen: noon}
	known.Service, known.Category = "tracker", "statistical"
	return []originSeen{
		known,
		{Host: "portal.example", Origin: "https://tiles.example", Reported: 12, Blocked: 2, LastSeen: noon.Add(-time.Hour)},
		{Host: "www.portal.example", Origin: "https://tiles.example", Reported: 30, LastSeen: noon},
		{Host: "portal.example", Origin: "wss://chat.example:8443", Reported: 1, Blocked: 1, LastSeen: noon.Add(-72 * time.Hour)},
		{Host: "portal.example", Origin: "https://evil\x1b]0;.example", Reported: 1, LastSeen: noon},
		{Host: "por\ntal.example", Origin: "https://allowed.example", Reported: 3, LastSeen: noon},
		{Host: "por\ntal.example", Origin: "https://other.example", Reported: 3, LastSeen: noon},
	}
}

// TestSuggestOrigins adds what is suggested to the policy.
func TestSuggestOrigins(t *testing.T) {
	t.Parallel()
	const base = `version: 1
third_parties: report
categories:
  - {id: necessary, consent: none}
  - {id: statistical, consent: required}
services:
  - {id: portal, category: necessary, cookies: [cookies_preferences]}
  - {id: tracker, category: statistical, origins: ["https://*.tracker.example"]}
`
	p, err := policy.Parse("policy.yaml", []byte(base+"allowed_origins: [\"https://allowed.example\"]\n"))
	if err != nil {
		t.Fatal(err)
	}
	var output bytes.Buffer
	if err := suggestOrigins(&output, remoteOf(t, p), origins()); err != nil {
		t.Fatal(err)
	}
	harmless(t, output.String())
	narrow(t, output.String())
	compareGolden(t, "inventory_yaml_origins", output.String())
	if more, err := policy.Parse("policy.yaml", []byte(base+output.String())); err != nil || len(more.AllowedOrigins) > 0 {
		t.Errorf("pasted as they are, they allow something (%v)", err)
	}
	_, list, _ := strings.Cut(output.String(), "# allowed_origins:\n")
	more, err := policy.Parse("policy.yaml", []byte(base+"allowed_origins:\n"+strings.ReplaceAll(list, "#   - ", "  - ")))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(more.AllowedOrigins); n != 3 {
		t.Errorf("%d origins are allowed, want 3", n)
	}
	output.Reset()
	if err := suggestOrigins(&output, remoteOf(t, p), origins()[:1]); err != nil || output.Len() > 0 {
		t.Errorf("what is listed is suggested (%v): %s", err, &output)
	}
}

func TestInventoryTable(t *testing.T) {
	t.Parallel()
	for name, found := range map[string]inventorySeen{
		"inventory_table":   {Cookies: sightings(), Overflow: 3},
		"inventory_empty":   {},
		"inventory_origins": {Cookies: sightings()[3:4], Origins: origins()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var output bytes.Buffer
			found.print(screen{Writer: &output}, noon)
			harmless(t, output.String())
			narrow(t, output.String())
			compareGolden(t, name, output.String())
		})
	}
}

// gateway answers as the admin endpoint does, and returns its address.
func gateway(t *testing.T, policies string, cookies ...cookieSeen) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cookie_consent/inventory", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(inventorySeen{Cookies: cookies})
	})
	mux.HandleFunc("GET /cookie_consent/policy", func(w http.ResponseWriter, r *http.Request) {
		if want := r.URL.Query().Get("policy"); want != "" && want != "policy.yaml" {
			http.Error(w, `{"error": "no handler of this`+"\x1b"+` policy"}`, http.StatusNotFound)
			return
		}
		_, _ = w.Write([]byte(policies))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

const (
	onePolicy = `{"policies": [{"policy": "policy.yaml", "sha256": "1a", "consent_cookie": "choice", "owned_cookies": ["banner-*"],
		"categories": [{"id": "third_party", "consent": "required"}, {"id": "necessary", "consent": "none"}],
		"services": [{"id": "fbc", "category": "third_party", "cookies": ["_ga", "_ga_*"]}]},
		{"policy": "policy.yaml", "sha256": "1a", "mode": "report"}]}`
	twoPolicies = `{"policies": [{"policy": "a.yaml", "sha256": "1a"}, {"policy": "b.yaml", "sha256": "2b"}]}`
)

func TestInventoryYAML(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, policies string
		cookies        []cookieSeen
		args           []string
	}{
		{"inventory_yaml", onePolicy, sightings(), nil},
		{"inventory_yaml_all_listed", onePolicy, sightings()[3:4], []string{"--policy=policy.yaml"}},
		{"inventory_yaml_two_policies", twoPolicies, nil, nil},
		{"inventory_yaml_no_policy", `{}`, nil, nil},
		{"inventory_yaml_garbled", `{"policies": [{"policy": "policy.yaml"}]}`, nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"inventory", "--yaml", "--address", gateway(t, test.policies, test.cookies...)}, test.args...)
			output, complaints, status := commandLine("", args...)
			harmless(t, output+complaints)
			if status == 0 == (complaints != "") {
				t.Errorf("exit status %d with %q", status, complaints)
			}
			compareGolden(t, test.name, output+complaints)
		})
	}
}

func TestInventoryUnreachable(t *testing.T) {
	t.Parallel()
	noPolicy := gateway(t, onePolicy)
	stopped := httptest.NewServer(nil)
	stopped.Close()
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"nobody listens", []string{"--address", strings.TrimPrefix(stopped.URL, "http://")}, "expected a running gateway"},
		{"no address", []string{"--address", "localhost:1-2"}, "invalid admin address"},
		{"no such policy", []string{"--address", noPolicy, "--yaml", "--policy", "other.yaml"}, "no handler of this? policy"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			output, complaints, status := commandLine("", append([]string{"inventory"}, test.args...)...)
			if output != "" || status != 2 || !strings.Contains(complaints, test.want) {
				t.Errorf("exit status %d, %q, and %q is not in %q", status, output, test.want, complaints)
			}
			harmless(t, complaints)
		})
	}
}

// TestManySuggestions: of very many names, those come that are seen most often, and
// the rest later.
func TestManySuggestions(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	shipped, err := policy.Parse("policy.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	var cookies []cookieSeen
	for i := range 10_000 {
		name := "junk_" + strings.Map(func(r rune) rune { return 'g' + r - '0' }, fmt.Sprint(i)) + "_*" // letters are no ids
		cookies = append(cookies, seenAt("portal.example", name, 0, 1, 0, 0))
	}
	cookies = append(cookies, seenAt("portal.example", "basket", 0, 100, 100, 0))
	var lines bytes.Buffer
	if err := suggest(&lines, remoteOf(t, shipped), cookies); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(lines.String(), "  - id: "); n != maxDraft || !strings.Contains(lines.String(), "- basket\n") ||
		!strings.HasSuffix(lines.String(), fmt.Sprintf("the other %d once they are listed.\n", 10_001-maxDraft)) {
		t.Errorf("%d services, and in the end: %.200q", n, lines.String()[max(0, lines.Len()-200):])
	}
}

// FuzzSuggest pastes what is suggested under the services of the shipped policy.
func FuzzSuggest(f *testing.F) {
	for _, name := range []string{
		"basket", "null", "true", "~", "- a", "a: b", "a #b", "[x]", "{y}", `"q"`, "'q'", "naïve", "日本語", "&a", "*abc", "!tag", "%25",
		"@at", "`b`", "| x", "> y", "a,b", "abc*", "a*", "*", "**", "a*b*c", "_pk_*", "*_ses.*", "se*d", "cookies_*", "cookies_preferences",
		"ga", "matomo", "third_party", "timestamp", "a=b", "a;b", " a", "a\tb", "a\x00b", "\u202ea", "\xff", "\u2028", "0x*", "*e*abc", "…", "a…", "__Host-a",
	} {
		f.Add(name, "site.example", "/p*", "Some: #Platform", int64(3600))
		f.Add(name, "", "/é", "", int64(-1))
		f.Add(name, "com", "/a", "\n- id: x", int64(1<<62))
	}
	data, err := os.ReadFile("policy.yaml")
	if err != nil {
		f.Fatal(err)
	}
	shipped, err := policy.Parse("policy.yaml", data)
	if err != nil {
		f.Fatal(err)
	}
	remote := remoteOf(f, shipped)
	f.Fuzz(func(t *testing.T, name, domain, path, platform string, maxAge int64) {
		cookies := []cookieSeen{{Record: inventory.Record{Name: name, Attributes: &inventory.Attributes{Domain: domain, Path: path, MaxAge: maxAge}}}, seenAt("", "plain", 0, 1, 0, 1)}
		for i := range cookies {
			cookies[i].Suggestion = &inventory.Suggestion{Platform: platform, Category: platform}
		}
		var lines bytes.Buffer
		if err := suggest(&lines, remote, cookies); err != nil {
			t.Fatal(err)
		}
		pasted, err := policy.Parse("policy.yaml", append(bytes.Clone(data), lines.Bytes()...))
		if err != nil {
			t.Fatalf("%v, pasted:\n%s", err, lines.String())
		}
		if pasted.Lookup("plain") == nil {
			t.Errorf("one name takes another with it:\n%s", lines.String())
		}
		if pasted.Lookup(name) == nil && !strings.Contains(lines.String(), "no words for") {
			t.Errorf("%q is neither listed nor told of:\n%s", name, lines.String())
		}
	})
}

// remoteOf is a policy as the admin endpoint tells of it.
func remoteOf(t testing.TB, p *policy.Policy) *remotePolicy {
	t.Helper()
	remote := &remotePolicy{Policy: "policy.yaml", ConsentCookie: p.ConsentCookie}
	text := map[string]any{}
	var categories, services []map[string]any
	for _, c := range p.Categories {
		categories = append(categories, map[string]any{"id": c.ID, "consent": c.Consent})
	}
	for i, s := range p.Services {
		var names []string
		for rule := range p.Rules() {
			if rule.Service == i {
				names = append(names, rule.Name)
			}
		}
		services = append(services, map[string]any{"id": s.ID, "category": p.Categories[s.Category].ID, "cookies": names, "origins": originTexts(s.Origins)})
	}
	text["categories"], text["services"], text["allowed_origins"] = categories, services, originTexts(p.AllowedOrigins)
	data, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, remote); err != nil {
		t.Fatal(err)
	}
	return remote
}

func TestInWords(t *testing.T) {
	t.Parallel()
	const day = 24 * 60 * 60
	for _, test := range []struct {
		seconds int64
		want    string
	}{
		{0, "session"},
		{45, "45 s"},
		{1800, "30 min"},
		{1799, "30 min"},
		{3 * 60 * 60, "3 h"},
		{2*day + 1, "3 days"},
		{14 * day, "2 weeks"},
		{90*day - 1, "3 months"},
		{13 * 30 * day, "13 months"},
		{365 * day, "1 year"},
		{393 * day, "393 days"},
		{1<<63 - 1, "106751991167301 days"},
	} {
		if got := inWords(test.seconds); got != test.want {
			t.Errorf("%d s: found %q, want %q", test.seconds, got, test.want)
		}
	}
}
