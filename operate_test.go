package cookieconsent

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/caddy-consent/caddy-consent/inventory"
)

// operatedPolicy is the policy of these tests. What permits _ga is to be filled in.
const operatedPolicy = `
version: 1
categories:
  - {id: necessary, consent: none}
  - {id: statistical, consent: %s}
services:
  - {id: portal, category: necessary, cookies: [sessionid, cookies_preferences]}
  - {id: ga, category: statistical, cookies: [_ga, "_ga_*"], retention: 1 day}
`

var (
	stripping = fmt.Sprintf(operatedPolicy, "required")
	allowing  = fmt.Sprintf(operatedPolicy, "none")
)

// site is a Caddy in this process, with an admin endpoint and two handlers: one
// enforces under /, one reports under /report/. Behind them is a portal that sets
// three cookies, and answers with the Cookie header that reached it.
type site struct {
	t                *testing.T
	gateway, admin   string
	dir, file, trace string
}

// startSite runs it until the test ends. There is one Caddy in a process, so such
// tests do not run beside each other.
func startSite(t *testing.T, text string) *site {
	t.Helper()
	dir := t.TempDir()
	s := &site{t: t, gateway: freeAddress(t), admin: freeAddress(t), dir: dir, file: filepath.Join(dir, "policy.yaml"), trace: filepath.Join(dir, "access.log")}
	s.write(text)
	s.load("")
	t.Cleanup(func() {
		if err := caddy.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func (s *site) config(more string) []byte {
	s.t.Helper()
	config, _, err := adapt(fmt.Sprintf(`{
	admin %s
	storage file_system %s/storage
	log {
		output discard
	}
}
http://operated.example.org:%s {
	bind 127.0.0.1
	log {
		output file %s
	}
	log_append p1 {http.cookie_consent.state}
	log_append p2 {http.cookie_consent.granted}
	log_append p3 {http.cookie_consent.denied}
	log_append p4 {http.cookie_consent.removed}
	@report path /report/*
	@rest not path /report/*
	cookie_consent @report %[5]s {
		mode report
	}
	cookie_consent @rest %[5]s {
		access_log
		catalogue testdata/catalogue.csv
	}
	@granted cookie_consent granted ga
	header @granted X-Granted matcher
	@expression `+"`cookie_consent('granted', 'statistical')`"+`
	header @expression X-Expression cel
	@nothing cookie_consent granted nothing
	header @nothing X-Nothing matcher
	header X-State {http.cookie_consent.state}
	header +Set-Cookie "sessionid=secret; Path=/; HttpOnly"
	header +Set-Cookie "_ga=secret; Path=/; Max-Age=99999999; SameSite=lax; Secure"
	header +Set-Cookie "shiny_0a1b2c3d=secret; Path=/"
	respond "{http.request.header.Cookie}"
	%[6]s
}
`, s.admin, s.dir, s.gateway[len("127.0.0.1:"):], s.trace, s.file, more))
	if err != nil {
		s.t.Fatal(err)
	}
	return config
}

// load loads the config; what is added makes it another one.
func (s *site) load(more string) {
	s.t.Helper()
	if err := caddy.Load(s.config(more), true); err != nil {
		s.t.Fatal(err)
	}
}

// write puts a policy in the place of the one there was, as an editor does that
// renames.
func (s *site) write(text string) {
	s.t.Helper()
	next := s.file + ".next"
	if err := os.WriteFile(next, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Rename(next, s.file); err != nil {
		s.t.Fatal(err)
	}
}

// get asks the gateway for a page, with some cookies.
func (s *site) get(path, cookies string) (*http.Response, string) {
	s.t.Helper()
	r, err := http.NewRequest("GET", "http://"+s.gateway+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Host = "operated.example.org"
	if cookies != "" {
		r.Header.Set("Cookie", cookies)
	}
	return do(s.t, r)
}

// ask asks the admin endpoint.
func (s *site) ask(method, path, body string) (status int, answer string) {
	s.t.Helper()
	r, err := http.NewRequest(method, "http://"+s.admin+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Close = true // Caddy ends the admin server with each config, and its connections
	response, answer := do(s.t, r)
	return response.StatusCode, answer
}

func do(t *testing.T, r *http.Request) (*http.Response, string) {
	t.Helper()
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

// await waits until something holds.
func await(t *testing.T, what string, limit time.Duration, holds func() bool) {
	t.Helper()
	deadline := time.After(limit)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not within %s: %s", limit, what)
		}
	}
}

// metrics are those of the gateway, as Prometheus reads them: each series with its
// value, of a histogram the number of observations.
func (s *site) metrics() map[string]float64 {
	s.t.Helper()
	status, text := s.ask("GET", "/metrics", "")
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil || status != http.StatusOK {
		s.t.Fatalf("status %d: %v", status, err)
	}
	values := make(map[string]float64)
	for name, family := range families {
		name, ours := strings.CutPrefix(name, "caddy_cookie_consent_")
		if !ours {
			continue
		}
		for _, m := range family.Metric {
			labels := []string{name}
			for _, l := range m.Label {
				labels = append(labels, l.GetValue())
			}
			values[strings.Join(labels, " ")] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return values
}

// TestMetrics: after two handlers, three reloads and known traffic, each count is
// exact (F4).
func TestMetrics(t *testing.T) {
	s := startSite(t, stripping)
	before := s.metrics()
	const denied = `cookies_preferences={"ga":false}`
	for round := range 4 {
		for range 3 {
			s.get("/", "sessionid=secret; _ga=secret; shiny=secret")
		}
		s.get("/", "_ga=secret; cookies_preferences=ga")
		s.get("/report/", "_ga=secret; sessionid=secret,_ga=1; "+denied)
		s.get("/", "")
		if round < 3 {
			s.load(fmt.Sprintf("header X-Load %d", round))
		}
	}
	got := s.metrics()
	for name, value := range before {
		if got[name] -= value; got[name] == 0 {
			delete(got, name)
		}
	}
	// 4 rounds of: 3 undecided with cookies, 1 that grants, 1 that denies in a report,
	// 1 undecided without cookies.
	want := map[string]float64{
		"exchanges_total enforce undecided": 16,
		"exchanges_total enforce granted":   4,
		"exchanges_total report denied":     4,

		"cookies_total kept necessary request necessary":       12,
		"cookies_total removed statistical request undecided":  12,
		"cookies_total removed unlisted request unlisted":      12,
		"cookies_total kept statistical request granted":       4,
		"cookies_total kept necessary request choice":          8,
		"cookies_total removed statistical request denied":     4,
		"cookies_total removed necessary request hidden":       4,
		"cookies_total kept necessary response necessary":      24,
		"cookies_total removed unlisted response unlisted":     24,
		"cookies_total removed statistical response undecided": 16,
		"cookies_total removed statistical response denied":    4,
		"cookies_total capped statistical response retention":  4,
	}
	// One exchange in 16 is measured, by chance.
	if n := got["filter_duration_seconds"]; n > 24 {
		t.Errorf("%v exchanges of 24 were measured", n)
	}
	delete(got, "filter_duration_seconds")
	if !maps.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", lines(got), lines(want))
	}
	all := s.metrics()
	sum := (&policySource{data: []byte(stripping)}).sum()
	for _, name := range []string{"policy_info enforce " + sum, "policy_info report " + sum, "policy_last_reload_successful"} {
		if all[name] != 1 {
			t.Errorf("%s is %v, want 1, in\n%s", name, all[name], lines(all))
		}
	}
	for name := range all {
		if strings.Contains(name, "shiny") || strings.Contains(name, "example") || strings.Contains(name, "127") {
			t.Errorf("F4: a free text is a label: %s", name)
		}
	}
}

func lines(values map[string]float64) string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(values)) {
		fmt.Fprintf(&text, "%s = %v\n", name, values[name])
	}
	return text.String()
}

// TestReport: a report says what would be, in log, placeholders and matchers, and
// changes nothing.
func TestReport(t *testing.T) {
	s := startSite(t, stripping)
	const cookies = `sessionid=S; _ga=G; _ga_12345678=G; cookies_preferences={"ga":false}`
	response, reached := s.get("/report/", cookies)
	if reached != cookies || len(response.Header["Set-Cookie"]) != 3 {
		t.Errorf("the portal got %q, the browser %q", reached, response.Header["Set-Cookie"])
	}
	if response, reached := s.get("/", cookies); reached != `sessionid=S; cookies_preferences={"ga":false}` || len(response.Header["Set-Cookie"]) != 1 {
		t.Errorf("beside the report, the portal got %q, the browser %q", reached, response.Header["Set-Cookie"])
	}
	response, _ = s.get("/report/", "cookies_preferences=ga")
	for name, want := range map[string]string{"X-State": "granted", "X-Granted": "matcher", "X-Expression": "cel", "X-Nothing": ""} {
		if got := response.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if response, _ = s.get("/", ""); response.Header.Get("X-Granted")+response.Header.Get("X-Expression") != "" || response.Header.Get("X-State") != "undecided" {
		t.Errorf("without a choice the header is %v", response.Header)
	}
	log, err := os.ReadFile(s.trace)
	if err != nil {
		t.Fatal(err)
	}
	logged := strings.Split(strings.TrimSpace(string(log)), "\n")
	for i, want := range [][]string{
		{`"p1":"denied"`, `"p2":""`, `"p3":"ga"`, `"p4":"_ga,_ga_*,shiny_*"`},
		{`"p1":"denied"`, `"p2":""`, `"p3":"ga"`, `"p4":"_ga,_ga_*,shiny_*"`, `"cookie_consent.state":"denied","cookie_consent.removed":["_ga","_ga_*","shiny_*"]`},
		{`"p1":"granted"`, `"p2":"ga"`, `"p3":""`, `"p4":"shiny_*"`},
		{`"p1":"undecided"`, `"p2":""`, `"p3":""`, `"p4":"_ga,shiny_*"`},
	} {
		for _, part := range want {
			if !strings.Contains(logged[i], part) {
				t.Errorf("no %s in\n%s", part, logged[i])
			}
		}
		if hasFields := strings.Contains(logged[i], "cookie_consent.state"); hasFields != (i%2 == 1) {
			t.Errorf("access_log stands for / only, and the line of exchange %d is\n%s", i, logged[i])
		}
	}
}

// TestHotReload holds F2: a file that changes is in force within five seconds,
// however it changes; a bad one leaves the last good one, and a gauge tells.
func TestHotReload(t *testing.T) {
	s := startSite(t, stripping)
	permits := func() bool {
		_, reached := s.get("/", "_ga=1")
		return reached == "_ga=1"
	}
	inForce := func(want bool) func() bool { return func() bool { return permits() == want } }
	inPlace := func(text string) {
		if err := os.WriteFile(s.file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const limit = 5 * time.Second
	if permits() {
		t.Fatal("_ga passes without consent")
	}
	s.write(allowing)
	await(t, "a file that was replaced is in force", limit, inForce(true))
	inPlace(stripping)
	await(t, "a file that was rewritten is in force", limit, inForce(false))

	// As Kubernetes swaps a config map: a symbolic link to a directory.
	for name, text := range map[string]string{"one": stripping, "two": allowing} {
		if err := os.Mkdir(filepath.Join(s.dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(s.dir, name, "policy.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link := func(to, name string) {
		t.Helper()
		next := filepath.Join(s.dir, "next")
		if err := os.Symlink(to, next); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(next, filepath.Join(s.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	link("one", "data")
	link(filepath.Join("data", "policy.yaml"), "policy.yaml")
	link("two", "data")
	await(t, "a link that was swapped is in force", limit, inForce(true))

	// A bad one.
	if got := s.metrics()["policy_last_reload_successful"]; got != 1 {
		t.Errorf("the gauge is %v before anything is wrong", got)
	}
	s.write("version: 1\nservices: [\n")
	await(t, "the gauge is at 0", limit, func() bool { return s.metrics()["policy_last_reload_successful"] == 0 })
	if !permits() {
		t.Error("F2: a bad policy changed what is in force")
	}
	if err := os.Remove(s.file); err != nil {
		t.Fatal(err)
	}
	status, answer := s.ask("POST", "/cookie_consent/reload", "")
	if status != http.StatusUnprocessableEntity || !strings.Contains(answer, "no such file") || !permits() {
		t.Errorf("without a file: %d %s", status, answer)
	}
	s.write(allowing)
	await(t, "the gauge is at 1 again", limit, func() bool { return s.metrics()["policy_last_reload_successful"] == 1 })

	// A config that cannot be loaded takes nothing away.
	s.write("version: 1\n")
	if err := caddy.Load(s.config("header X-Load bad"), true); err == nil {
		t.Fatal("a config with a bad policy was loaded")
	}
	if got := s.metrics(); got["exchanges_total enforce undecided"] == 0 {
		t.Errorf("after a failed load the metrics are\n%s", lines(got))
	}
	s.write(stripping)
	status, answer = s.ask("POST", "/cookie_consent/reload", "")
	if status != http.StatusOK || !strings.Contains(answer, `"changed": true`) || permits() {
		t.Errorf("after a failed load: %d %s", status, answer)
	}
	if status, answer = s.ask("POST", "/cookie_consent/reload", ""); !strings.Contains(answer, `"changed": false`) {
		t.Errorf("nothing has changed: %d %s", status, answer)
	}
}

// TestReloadUnderLoad swaps two policies a thousand times, while visitors come: no
// request is lost, and each exchange is judged by one policy from begin to end.
func TestReloadUnderLoad(t *testing.T) {
	s := startSite(t, stripping)
	var swapping atomic.Bool
	swapping.Store(true)
	var visitors sync.WaitGroup
	var stripped, allowed atomic.Int64
	for range 4 {
		visitors.Go(func() {
			for swapping.Load() {
				response, reached := s.get("/", "_ga=1")
				sets := len(response.Header["Set-Cookie"])
				switch {
				case reached == "" && sets == 1:
					stripped.Add(1)
				case reached == "_ga=1" && sets == 2:
					allowed.Add(1)
				default:
					t.Errorf("status %d: the portal got %q, the browser %q", response.StatusCode, reached, response.Header["Set-Cookie"])
					return
				}
			}
		})
	}
	for i := range 1000 {
		s.write([]string{allowing, stripping}[i%2])
		if status, answer := s.ask("POST", "/cookie_consent/reload", ""); status != http.StatusOK {
			t.Errorf("swap %d: %d %s", i, status, answer)
			break
		}
	}
	swapping.Store(false)
	visitors.Wait()
	if stripped.Load() == 0 || allowed.Load() == 0 {
		t.Errorf("%d exchanges under one policy, %d under the other", stripped.Load(), allowed.Load())
	}
}

// TestAdmin: each answer says which handlers it means, and has no value (F3).
func TestAdmin(t *testing.T) {
	s := startSite(t, stripping)
	s.get("/", "_ga_0a1b2c3d4e=secret; sessionid=secret; secretname")
	for _, c := range []struct {
		name, method, path, body string
		status                   int
		want                     []string
	}{
		{"policy", "GET", "policy", "", 200, []string{`"mode": "enforce"`, `"mode": "report"`, `"handlers": 1`, `"policy": "` + s.file + `"`, `"_ga_*"`, `"retention": "1 day"`, `"last_reload_successful": true`}},
		{"policy of a mode", "GET", "policy?mode=report", "", 200, []string{`"mode": "report"`}},
		{"policy, by POST", "POST", "policy", "", 405, []string{"expected the method GET"}},
		{"policy of nobody", "GET", "policy?policy=other.yaml", "", 404, []string{"no handler of this policy"}},
		{"explain", "POST", "explain?mode=enforce", `{"request": {"cookie": "_ga_12345=secret; sessionid=secret, _ga=1; secret"}, "response": {"Set-Cookie": ["shiny=secret", "_ga=; Max-Age=0"]}}`, 200,
			[]string{`"mode": "enforce"`, `"state": "undecided"`, `"name": "_ga_*"`, `"action": "removed"`, `"reason": "hidden"`, `"reason": "deletion"`, `"rule": "_ga_*"`, `"name": ""`}},
		{"explain two that disagree", "POST", "explain?mode=enforce", `{"request": {"Cookie": "_ga=secret; cookies_preferences={\"ga\":true,\"secret\":1}; cookies_preferences={\"ga\":\"secret\"}"}}`, 200,
			[]string{`"reason": "disputed"`, `"kind": "disputed"`, `"kind": "unreadable"`, `"place": "ga"`}},
		{"explain, of which handler", "POST", "explain", `{}`, 400, []string{"expected ?policy=", "mode=enforce", "mode=report"}},
		{"explain nonsense", "POST", "explain?mode=enforce", `{"request": {"Cookie": 7}, "secret": 1}`, 400, []string{"expected {"}},
		{"explain, by GET", "GET", "explain", "", 405, []string{"expected the method POST"}},
		{"reload", "POST", "reload?policy=" + s.file, "", 200, []string{`"changed": false`, `"policy": "` + s.file + `"`}},
		{"reload of nobody", "POST", "reload?policy=other.yaml", "", 404, []string{"no handler"}},
		{"inventory", "GET", "inventory", "", 200, []string{`"host": "operated.example.org"`, `"name": "_ga_*"`, `"by_script": true`, `"service": "ga"`, `"same_site": "Lax"`, `"max_age": 99999999`, `"name": "shiny_*"`, `"platform": "Test Platform"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, answer := s.ask(c.method, "/cookie_consent/"+c.path, c.body)
			if status != c.status {
				t.Errorf("status %d, want %d", status, c.status)
			}
			for _, want := range c.want {
				if !strings.Contains(answer, want) && !strings.Contains(strings.ReplaceAll(answer, `\"`, `"`), want) {
					t.Errorf("no %s in\n%s", want, answer)
				}
			}
			if !json.Valid([]byte(answer)) {
				t.Errorf("not JSON: %s", answer)
			}
			if strings.Contains(answer, "Wrong Platform") {
				t.Errorf("the catalogue is asked about what is listed:\n%s", answer)
			}
			if strings.Contains(answer, "secret") {
				t.Errorf("F3: a value is in\n%s", answer)
			}
		})
	}
}

// TestInventoryOutlivesReloads: what was seen under one config is there under the
// next, and in the storage once Caddy has stopped.
func TestInventoryOutlivesReloads(t *testing.T) {
	var dir string
	const name = "outlives_reloads"
	t.Run("run", func(t *testing.T) {
		s := startSite(t, stripping)
		dir = s.dir
		for i := range 3 {
			s.get("/", name+"=secret")
			s.load(fmt.Sprintf("header X-Load %d", i))
		}
		_, answer := s.ask("GET", "/cookie_consent/inventory", "")
		var told inventorySeen
		if err := json.Unmarshal([]byte(answer), &told); err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(told.Cookies, func(c cookieSeen) bool { return c.Name == name })
		if i < 0 || told.Cookies[i].Sent != 3 || told.Cookies[i].Removed != 3 || !told.Cookies[i].ByScript || told.Cookies[i].Set != 0 {
			t.Errorf("the inventory has not %s, sent and removed 3 times, by a script:\n%s", name, answer)
		}
		// The storage is removed with the test, so it is looked at before.
		if err := caddy.Stop(); err != nil {
			t.Fatal(err)
		}
		stored, err := os.ReadFile(filepath.Join(dir, "storage", filepath.FromSlash(inventory.Key)))
		if err != nil || !bytes.Contains(stored, []byte(name)) || bytes.Contains(stored, []byte("secret")) {
			t.Errorf("%v: the storage has\n%s", err, stored)
		}
	})
}
