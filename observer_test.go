package cookieconsent

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	logged "go.uber.org/zap/zaptest/observer"
	"golang.org/x/time/rate"

	"github.com/caddy-consent/caddy-consent/enforcer"
	"github.com/caddy-consent/caddy-consent/enforcer/tally"
	"github.com/caddy-consent/caddy-consent/inventory"
)

// TestEffectIsBounded: what is kept of a message has no more bytes than names, domains and
// paths that are real, however long the attributes are that a portal sends.
func TestEffectIsBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1000)
	lines := func(n int, line string) (all []enforcer.Observed) {
		for i := range n {
			all = append(all, enforcer.Observed{
				Decision: enforcer.Decision{Direction: enforcer.Response, Name: fmt.Sprint("_ga_", i), Action: enforcer.Kept, Reason: enforcer.Granted},
				Line:     line,
			})
		}
		return all
	}
	for _, c := range []struct {
		name         string
		cookies      []enforcer.Observed
		isRemembered bool
	}{
		{"real lines", lines(12, "_ga=1; Domain=portal.example.org; Path=/explore/"), true},
		{"as many as browsers send", lines(64, "_ga=1; Domain=portal.example.org; Path=/explore/"), true},
		{"a domain without end", lines(1, "_ga=1; Domain="+long), true},
		{"many domains without end", lines(64, "_ga=1; Domain="+long), false},
		{"many paths without end", lines(64, "_ga=1; Path=/"+long), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := observer{mode: enforce}.effect(&enforcer.Message{Direction: enforcer.Response, Host: "portal.example.org", Cookies: c.cookies})
			if isRemembered := e.bytes <= maxAlikeBytes; isRemembered != c.isRemembered {
				t.Errorf("%d bytes: remembered: %t", e.bytes, isRemembered)
			}
			for _, s := range e.sightings {
				if n := len(s.Attributes.Domain); n > maxDomain {
					t.Errorf("a domain of %d bytes is kept", n)
				}
			}
		})
	}
}

// BenchmarkHostileResponses has a portal send responses of which no two are alike, with as
// many cookies as are remembered, in domains as long as browsers read them, and as long as
// are remembered. It tells how much of them is kept.
func BenchmarkHostileResponses(b *testing.B) {
	for _, bytes := range []int{1000, 40} {
		b.Run(fmt.Sprint(bytes), func(b *testing.B) {
			domain := strings.Repeat("x", bytes)
			var before, after runtime.MemStats
			for b.Loop() {
				runtime.GC()
				runtime.ReadMemStats(&before)
				kept := tally.New(func(effect, uint64) {})
				for i := range 4500 {
					m := enforcer.Message{Direction: enforcer.Response, Host: "portal.example.org"}
					for j := range maxAlike {
						line := fmt.Sprintf("_ga=1; Domain=%s%d.%d", domain, i, j)
						m.Cookies = append(m.Cookies, enforcer.Observed{Decision: enforcer.Decision{Direction: enforcer.Response, Name: "_ga"}, Line: line})
					}
					if e := (observer{mode: enforce}).effect(&m); e.bytes <= maxAlikeBytes {
						kept.Add(uint64(i), e)
					}
				}
				runtime.GC()
				runtime.ReadMemStats(&after)
				b.ReportMetric(float64(after.HeapAlloc-min(after.HeapAlloc, before.HeapAlloc))/(1<<20), "MiB")
				runtime.KeepAlive(kept)
			}
		})
	}
}

// TestDebugLog holds F3: an exchange that lost cookies has one line, with names and
// no values; one that lost none has no line.
func TestDebugLog(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{enforce, report} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			core, logs := logged.New(zapcore.DebugLevel)
			h := &Handler{Policy: []byte(inlinePolicy), Mode: mode, logger: zap.New(core), debugs: true}
			if err := h.provisionPolicy(); err != nil {
				t.Fatal(err)
			}
			logs.TakeAll()
			for _, cookies := range []string{"sessionid=secret", "sessionid=secret; _ga=secret; id_0a1b2c3d=secret; secret"} {
				r := httptest.NewRequest("GET", "/", nil)
				r.Header.Set("Cookie", cookies)
				err := h.ServeHTTP(httptest.NewRecorder(), r, caddyhttp.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) error {
					w.Header().Set("Set-Cookie", "sessionid=secret")
					return nil
				}))
				if err != nil {
					t.Fatal(err)
				}
			}
			all := logs.All()
			if len(all) != 1 {
				t.Fatalf("%d lines, want 1: %v", len(all), all)
			}
			text, err := json.Marshal(all[0].ContextMap())
			if err != nil {
				t.Fatal(err)
			}
			if want := `{"cookies":["_ga","id_*","(nameless)"],"host":"example.com","mode":"` + mode + `","state":"undecided"}`; string(text) != want {
				t.Errorf("the line has %s, want %s", text, want)
			}
		})
	}
}

// TestDisputed holds C3: consent cookies that disagree lock a visitor out, which is
// said once for each host, whoever comes, and whatever other cookies there are.
func TestDisputed(t *testing.T) {
	t.Parallel()
	core, logs := logged.New(zapcore.WarnLevel)
	h := &Handler{Policy: []byte(inlinePolicy), Mode: enforce, logger: zap.New(core)}
	if err := h.provisionPolicy(); err != nil {
		t.Fatal(err)
	}
	logs.TakeAll()
	const yes, no = `cookies_preferences={"ga":true,"secret":1}`, `cookies_preferences={"ga":false}`
	send := func(host, cookies string) {
		t.Helper()
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = host
		r.Header.Set("Cookie", cookies)
		err := h.ServeHTTP(httptest.NewRecorder(), r, caddyhttp.HandlerFunc(func(http.ResponseWriter, *http.Request) error { return nil }))
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range 20 {
		send("one.disputed.example", yes)
		send("one.disputed.example", no+"; "+no)
		send("one.disputed.example", yes+"; "+no+fmt.Sprintf("; cookie_%c=secret", 'a'+i))
		send("two.disputed.example:8443", no+"; _ga=secret; "+yes)
	}
	var hosts []string
	for _, line := range logs.All() {
		text, err := json.Marshal(line.ContextMap())
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(line.Message, "disagree") || strings.Contains(string(text)+line.Message, "secret") {
			t.Errorf("F3: %s %s", line.Message, text)
		}
		hosts = append(hosts, string(text))
	}
	if want := []string{`{"host":"one.disputed.example"}`, `{"host":"two.disputed.example"}`}; !slices.Equal(hosts, want) {
		t.Errorf("said of %q, want %q", hosts, want)
	}
}

// TestHostsTold: a flood of hosts made up keeps within bounds, says little, and does not
// keep other hosts from being told.
func TestHostsTold(t *testing.T) {
	t.Parallel()
	var told hostsTold
	said := 0
	for i := range 5 * maxHostsTold {
		if told.isNew(fmt.Sprint(i)) {
			said++
		}
	}
	if said == 0 || said > 200 {
		t.Errorf("said %d times", said)
	}
	told.tells = rate.Sometimes{} // a minute later
	if len(told.hosts) > maxHostsTold || !told.isNew("real.example") || told.isNew("real.example") {
		t.Errorf("%d hosts are remembered", len(told.hosts))
	}
}

// TestSightings: what the inventory gets of a message (F3: no value, no id).
func TestSightings(t *testing.T) {
	t.Parallel()
	e := observer{zap.NewNop(), enforce}.effect(&enforcer.Message{Direction: enforcer.Response, Host: "data.example.org", Cookies: []enforcer.Observed{
		{Decision: enforcer.Decision{Direction: enforcer.Response, Name: "_ga_0a1b2c3d", Service: "ga", Category: "statistical", Action: enforcer.Removed, Reason: enforcer.Denied},
			Line: "_ga_0a1b2c3d=secret; Domain=.Example.org; Path=/of/12345; Secure; HttpOnly; SameSite=lax; Max-Age=60; Partitioned"},
		{Decision: enforcer.Decision{Direction: enforcer.Response, Name: "gone", Action: enforcer.Kept, Reason: enforcer.Deletion}, Line: "gone=; Max-Age=0"},
		{Decision: enforcer.Decision{Direction: enforcer.Response, Name: "OptanonControl", Rule: "Optanon*", Action: enforcer.Kept, Reason: enforcer.Owned}, Line: "OptanonControl=; Max-Age=0"},
		{Decision: enforcer.Decision{Direction: enforcer.Response, Name: "", Action: enforcer.Removed, Reason: enforcer.Unlisted}, Line: "secret"},
		{Decision: enforcer.Decision{Direction: enforcer.Response, Name: "_ga", Action: enforcer.Expired, Reason: enforcer.Denied}},
	}})
	got, err := json.Marshal(e.sightings)
	if err != nil {
		t.Fatal(err)
	}
	want, err := json.Marshal([]inventory.Sighting{
		{Host: "data.example.org", Name: "_ga_*", Direction: inventory.Set, Removed: true, Verdict: inventory.Verdict{Category: "statistical", Service: "ga"},
			Attributes: &inventory.Attributes{Domain: "example.org", Path: "/of/*", SameSite: "Lax", Secure: true, HTTPOnly: true, Partitioned: true, MaxAge: 60}},
		{Host: "data.example.org", Name: "gone", Direction: inventory.Set},
		{Host: "data.example.org", Name: "OptanonControl", Direction: inventory.Set, Verdict: inventory.Verdict{Owned: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if strings.Contains(string(got), "secret") {
		t.Error("F3: a value is in a sighting")
	}
}

// TestLargeMessages: what nobody sends twice is counted, and not remembered.
func TestLargeMessages(t *testing.T) {
	t.Parallel()
	o := observer{zap.NewNop(), enforce}
	for hash, n := range map[uint64]int{1<<63 + 1: maxAlike, 1<<63 + 2: maxAlike + 1} {
		m := &enforcer.Message{Direction: enforcer.Request, Host: "large.example.org", Cookies: make([]enforcer.Observed, n)}
		o.Observe(hash, m)
		if got, want := seen.Again(hash), n <= maxAlike; got != want {
			t.Errorf("%d cookies: remembered %v, want %v", n, got, want)
		}
	}
}

// TestProvisionMode: a config in JSON has the same defaults and errors as a Caddyfile.
func TestProvisionMode(t *testing.T) {
	t.Parallel()
	h, err := provision(t, `{"policy": `+inlinePolicy+`}`)
	if err != nil || h.Mode != enforce || h.inForce.Load().enforcer.ReportOnly {
		t.Errorf("without a mode: %q, %v", h.Mode, err)
	}
	h, err = provision(t, `{"mode": "report", "policy": `+inlinePolicy+`}`)
	if err != nil || !h.inForce.Load().enforcer.ReportOnly {
		t.Errorf("mode report does not report: %v", err)
	}
	for config, want := range map[string]string{
		`{"mode": "off", "policy": ` + inlinePolicy + `}`:               `mode: expected enforce or report, found "off"`,
		`{"catalogue": "missing.csv", "policy": ` + inlinePolicy + `}`:  "reading the catalogue: open missing.csv",
		`{"catalogue": "{nothing.of}", "policy": ` + inlinePolicy + `}`: "the path of the catalogue",
		`{"catalogue": "module.go", "policy": ` + inlinePolicy + `}`:    "module.go:1: ",
	} {
		if _, err := provision(t, config); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
