package enforcer

import (
	"cmp"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// recorder is an observer that remembers what messages are like, as the gateway's
// does, and counts them.
type recorder struct {
	explainer
	mu     sync.Mutex
	told   map[uint64]*Message
	counts map[string]int // by what a message says
	took   int
}

func newRecorder() *recorder {
	return &recorder{told: make(map[uint64]*Message), counts: make(map[string]int)}
}

func (r *recorder) Again(hash uint64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.told[hash]
	if m == nil {
		return false
	}
	r.counts[m.text()]++
	return true
}

func (r *recorder) Observe(hash uint64, m *Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if hash != 0 {
		r.told[hash] = m
	}
	r.counts[m.text()]++
}

func (r *recorder) Took(time.Duration) { r.took++ }

// text is a message in a line.
func (m *Message) text() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s %s:", m.Direction, m.Host, m.State)
	for _, c := range m.Cookies {
		fmt.Fprintf(&text, " %s", c.Decision.text())
	}
	return text.String()
}

func (d Decision) text() string {
	return fmt.Sprintf("%s[%s %s %s]", cmp.Or(d.Name, "(nameless)"), d.Action, d.Reason, cmp.Or(d.Service, "-"))
}

// texts are what was counted, with how often, in order.
func (r *recorder) texts() (all []string) {
	for text, n := range r.counts {
		all = append(all, fmt.Sprintf("%d %s", n, text))
	}
	slices.Sort(all)
	return all
}

// TestDecisions holds C1, C4, C6, Q3, Q5 to Q8, S2, S4 and S5: every action with
// every reason that it can have.
func TestDecisions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, unlisted string
		cookies        string
		lines          []string
		state          State
		want           string // the decisions
	}{
		{"nothing", "strip", "", nil, StateUndecided, ""},
		{"necessary", "strip", "sessionid=1", []string{"csrftoken=1"}, StateUndecided, "sessionid[kept necessary portal] csrftoken[kept necessary portal]"},
		{"exempt", "strip", "visits=1", []string{"visits=1"}, StateUndecided, "visits[kept exempt counter] visits[kept exempt counter]"},
		{"undecided", "strip", "_ga=1", []string{"_ga=1"}, StateUndecided, "_ga[removed undecided ga] _ga[removed undecided ga]"},
		{"not denied", "strip", "theme=1", []string{"theme=1"}, StateUndecided, "theme[kept not_denied theme] theme[kept not_denied theme]"},
		{"granted", "strip", "_pk_id.1=1; " + grantMatomo, []string{"_pk_id.1=1"}, StatePartial, "_pk_id.1[kept granted matomo] cookies_preferences[kept choice portal] _pk_id.1[kept granted matomo]"},
		{"all granted", "strip", "cookies_preferences=statistical,comfort", nil, StateGranted, "cookies_preferences[kept choice portal]"},
		{"denied", "strip", "_ga=1; theme=1; " + refuseAll, []string{"theme=1"}, StateDenied,
			"_ga[removed denied ga] theme[removed denied theme] cookies_preferences[kept choice portal] theme[removed denied theme] _ga[expired denied ga] theme[expired denied theme]"},
		{"a deletion of the portal's", "strip", "_ga=1; " + refuseAll, []string{"_ga=; Max-Age=0"}, StateDenied, "_ga[removed denied ga] cookies_preferences[kept choice portal] _ga[kept deletion ga]"},
		{"undecodable", "strip", `_ga=1; sessionid=1; theme=1; cookies_preferences={"ga":[]`, nil, StateUndecodable,
			"_ga[removed undecodable ga] sessionid[kept necessary portal] theme[removed undecodable theme] cookies_preferences[kept choice portal]"},
		{"C3: two that disagree", "strip", `_ga=1; _pk_ses.1=1; theme=1; cookies_preferences={"ga":true,"matomo":true,"theme":true}; cookies_preferences={"ga":false,"matomo":true}`, nil, StatePartial,
			"_ga[removed disputed ga] _pk_ses.1[kept granted matomo] theme[kept not_denied theme] cookies_preferences[kept choice portal] cookies_preferences[kept choice portal] _ga[expired disputed ga]"},
		{"C3: two that deny", "strip", `_ga=1; cookies_preferences={"ga":false}; cookies_preferences={"ga":false}`, nil, StateDenied,
			"_ga[removed denied ga] cookies_preferences[kept choice portal] cookies_preferences[kept choice portal] _ga[expired denied ga]"},
		{"C3: one is silent about what the other grants", "strip", `_ga=1; cookies_preferences={"ga":true}; cookies_preferences={}`, nil, StateUndecided,
			"_ga[removed disputed ga] cookies_preferences[kept choice portal] cookies_preferences[kept choice portal]"},
		{"C9: exempt, and refused", "strip", `visits=1; cookies_preferences={"statistical":false}`, nil, StateDenied,
			"visits[removed denied counter] cookies_preferences[kept choice portal] visits[expired denied counter]"},
		{"unlisted", "strip", "shiny=1; nameless; =x", []string{"shiny=1", "shiny=; Max-Age=0"}, StateUndecided,
			"shiny[removed unlisted -] (nameless)[removed unlisted -] (nameless)[removed unlisted -] shiny[removed unlisted -] shiny[kept deletion -]"},
		{"unlisted, allowed", "allow", "shiny=1; nameless", []string{"shiny=1"}, StateUndecided, "shiny[kept unlisted -] (nameless)[kept unlisted -] shiny[kept unlisted -]"},
		{"another reading of a refused name", "allow", "_ga[x]=1; _ga", []string{".ga=1"}, StateUndecided, "_ga[x][removed hidden -] (nameless)[removed hidden -] .ga[removed hidden -]"},
		{"hidden", "strip", "sessionid=1, _ga=1", nil, StateUndecided, "sessionid[removed hidden portal]"},
		{"the choice that is set", "strip", "_ga=1; " + refuseAll, []string{grantMatomo, "_pk_id.1=1", "_ga=1"}, StateDenied,
			"_ga[removed denied ga] cookies_preferences[kept choice portal] cookies_preferences[kept choice portal] _pk_id.1[kept granted matomo] _ga[removed denied ga] _ga[expired denied ga]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			request := http.Header{"Cookie": {c.cookies}}
			got := newEnforcer(t, c.unlisted).Explain(request, http.Header{"Set-Cookie": c.lines})
			var texts []string
			for _, d := range got.Decisions {
				texts = append(texts, d.text())
			}
			if text := strings.Join(texts, " "); text != c.want {
				t.Errorf("got  %s\nwant %s", text, c.want)
			}
			if got.State != c.state {
				t.Errorf("the state is %s, want %s", got.State, c.state)
			}
			if request.Get("Cookie") != c.cookies {
				t.Error("the request's header was changed")
			}
		})
	}
}

// TestDecisionsOfLifetimes holds S4.
func TestDecisionsOfLifetimes(t *testing.T) {
	t.Parallel()
	got := newExpiring(t, "").Explain(http.Header{"Cookie": {"cookies_preferences=statistical"}},
		http.Header{"Set-Cookie": {"_pk_id.1=1; Max-Age=99999999", "_pk_id.2=\x01; Max-Age=99999999", "_pk_id.3=1"}})
	want := []Decision{
		{Response, "_pk_id.1", "statistical", "matomo", "_pk_id.*", 10, Capped, Retention},
		{Response, "_pk_id.2", "statistical", "matomo", "_pk_id.*", 10, Removed, Retention},
		{Response, "_pk_id.3", "statistical", "matomo", "_pk_id.*", 10, Kept, Granted},
	}
	if got := got.Decisions[1:]; !slices.Equal(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

// TestObservedOnce: whatever way a response takes, each of its lines is told of once
// for each head that it goes out in, also where the header map is looked through
// again and again.
func TestObservedOnce(t *testing.T) {
	t.Parallel()
	const (
		request = "1 request intranet denied: cookies_preferences[kept choice portal]"
		head    = "response intranet denied: sessionid[kept necessary portal] _ga[removed denied ga]"
	)
	add := func(w http.ResponseWriter) { w.Header()["Set-Cookie"] = []string{"sessionid=1", "_ga=1"} }
	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
		want    []string
	}{
		{"nothing is set", func(http.ResponseWriter, *http.Request) {}, []string{request}},
		{"nothing is written", func(w http.ResponseWriter, _ *http.Request) { add(w) }, []string{request, "1 " + head}},
		{"a body in parts", func(w http.ResponseWriter, _ *http.Request) {
			add(w)
			for range 5 {
				_, _ = w.Write([]byte("part"))
			}
			w.(http.Flusher).Flush()
		}, []string{request, "1 " + head}},
		{"a 1xx, and the same again", func(w http.ResponseWriter, _ *http.Request) {
			add(w)
			w.WriteHeader(http.StatusEarlyHints)
			add(w)
			w.WriteHeader(http.StatusOK)
		}, []string{request, "2 " + head}},
		{"permitted lines alone in a 1xx and in the head", func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Set-Cookie"] = []string{"sessionid=1"}
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusOK)
		}, []string{request, "2 response intranet denied: sessionid[kept necessary portal]"}},
		{"late lines", func(w http.ResponseWriter, _ *http.Request) {
			add(w)
			w.WriteHeader(http.StatusOK)
			for _, line := range []string{"_gid=1", "csrftoken=1", "_gid=2"} {
				w.Header().Add("Set-Cookie", line)
				_, _ = w.Write([]byte("part"))
				_, _ = w.Write([]byte("part"))
			}
		}, []string{request, "1 " + head, "1 response intranet denied: csrftoken[kept necessary portal]", "2 response intranet denied: _gid[removed denied ga]"}},
		{"an upgrade", func(w http.ResponseWriter, _ *http.Request) {
			add(w)
			w.WriteHeader(http.StatusSwitchingProtocols)
		}, []string{request, "1 " + head}},
		{"a late line that is cut short", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusOK)
			w.Header().Add("Set-Cookie", "visits=1; Max-Age=99999999")
			for range 3 {
				_, _ = w.Write([]byte("part"))
			}
		}, []string{request, "1 response intranet denied: visits[capped retention counter]"}},
		{"two keys", func(w http.ResponseWriter, _ *http.Request) {
			add(w)
			w.Header()["set-cookie"] = []string{"_gid=1"}
			_, _ = w.Write([]byte("part"))
			_, _ = w.Write([]byte("part"))
		}, []string{request, "1 " + head, "1 response intranet denied: _gid[removed denied ga]"}},
	} {
		for _, mode := range []string{"enforce", "report"} {
			t.Run(mode+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				e, observed := newExpiring(t, ""), newRecorder()
				e.Observer, e.ReportOnly = observed, mode == "report"
				e.Handler(c.handler).ServeHTTP(httptest.NewRecorder(), page(`cookies_preferences={"ga":false}`))
				slices.Sort(c.want)
				if got := observed.texts(); !slices.Equal(got, c.want) {
					t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
				}
			})
		}
	}
}

// TestObservedDeletions: what the response deletes is told of, by the gateway and by a
// report, each time.
func TestObservedDeletions(t *testing.T) {
	t.Parallel()
	const deleted = "response intranet denied: _ga[expired denied ga]"
	for _, mode := range []string{"enforce", "report"} {
		e, observed := newExpiring(t, ""), newRecorder()
		e.Observer, e.ReportOnly = observed, mode == "report"
		for range 3 { // the cookie has one place only
			send(e, page(denyGA+"; _ga=1; _ga=1"))
		}
		all := []string{"3 " + deleted, "3 request intranet denied: cookies_preferences[kept choice portal] _ga[removed denied ga] _ga[removed denied ga]"}
		slices.Sort(all)
		if got := observed.texts(); !slices.Equal(got, all) {
			t.Errorf("%s: got\n%s\nwant\n%s", mode, strings.Join(got, "\n"), strings.Join(all, "\n"))
		}
	}
}

// TestAlike: messages have one hash if, and only if, an observer is told the same of
// them. Values, and nothing else, may differ.
func TestAlike(t *testing.T) {
	t.Parallel()
	type exchange struct{ host, cookies, lines string }
	base := exchange{"a.example.org", "sessionid=1; _ga=2; " + grantMatomo, "sessionid=1\n_pk_id.1=1; Max-Age=60\n_ga=1"}
	with := func(change func(*exchange)) exchange {
		x := base
		change(&x)
		return x
	}
	for _, c := range []struct {
		name  string
		x     exchange
		alike bool
	}{
		{"the same", base, true},
		{"other values", with(func(x *exchange) {
			x.cookies, x.lines = "sessionid=9; _ga=8; "+strings.Replace(grantMatomo, "%22ga", "%20%22ga", 1), "sessionid=9; Path=/\n_pk_id.1=9; Max-Age=61\n_ga=2; Secure"
		}), true},
		{"another host", with(func(x *exchange) { x.host = "b.example.org" }), false},
		{"another choice", with(func(x *exchange) { x.cookies = "sessionid=1; _ga=2; " + refuseAll }), false},
		{"no choice", with(func(x *exchange) { x.cookies = "sessionid=1; _ga=2; cookies_preferences=" }), false},
		{"one cookie more", with(func(x *exchange) { x.cookies += "; x=1" }), false},
		{"another order", with(func(x *exchange) { x.cookies = "_ga=2; sessionid=1; " + grantMatomo }), false},
		{"another name of the same rule", with(func(x *exchange) { x.cookies = "sessionid=1; _gid=2; " + grantMatomo }), false},
		{"a long name that ends otherwise", with(func(x *exchange) { x.cookies = "sessionid=1; _ga_ABCDEFGHIJKLMNOPQ=2; " + grantMatomo }), false},
		{"a hidden cookie", with(func(x *exchange) { x.cookies = "sessionid=1, _ga=1; _ga=2; " + grantMatomo }), false},
		{"a hidden cookie elsewhere", with(func(x *exchange) { x.cookies = "sessionid=1; _ga=2; csrftoken=3, _ga=1; " + grantMatomo }), false},
		{"other hidden cookies", with(func(x *exchange) {
			x.cookies = "sessionid=1; _ga=2; csrftoken=3; django_language=4, _ga=1; " + grantMatomo
		}), false},
		{"a deletion", with(func(x *exchange) { x.lines = strings.Replace(x.lines, "_ga=1", "_ga=1; Max-Age=0", 1) }), false},
		{"a choice that removes the same", with(func(x *exchange) { x.cookies = `sessionid=1; _ga=2; cookies_preferences={"matomo":true}` }), false},
		{"another name with the same fate", with(func(x *exchange) { x.lines = strings.Replace(x.lines, "_ga=1", "_gid=1", 1) }), false},
		{"another line", with(func(x *exchange) { x.lines += "\n_gid=1" }), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e, observed := newEnforcer(t, "strip"), newRecorder()
			e.Observer = observed
			for _, x := range []exchange{base, c.x} {
				r := httptest.NewRequest("GET", "http://"+x.host+":8080/", nil)
				r.Header.Set("Cookie", x.cookies)
				send(e, r, strings.Split(x.lines, "\n")...)
			}
			var messages []string
			for _, m := range observed.told {
				messages = append(messages, m.text())
			}
			slices.Sort(messages)
			if distinct := len(slices.Compact(slices.Clone(messages))); distinct != len(messages) {
				t.Errorf("messages that are alike have several hashes:\n%s", strings.Join(messages, "\n"))
			}
			if alike := len(messages) == 2; alike != c.alike {
				t.Errorf("alike: %v, want %v:\n%s", alike, c.alike, strings.Join(messages, "\n"))
			}
		})
	}
}

// TestApart: pairs of exchanges that differ in one thing which no other test tells
// apart.
func TestApart(t *testing.T) {
	t.Parallel()
	type exchange struct{ cookies, gpc, lines string }
	for name, pair := range map[string][2]exchange{
		"which of two hides a cookie":   {{cookies: "sessionid=1, _ga=1; csrftoken=2"}, {cookies: "csrftoken=1, _ga=1; sessionid=2"}},
		"the signal":                    {{cookies: "sessionid=1"}, {cookies: "sessionid=1", gpc: "1"}},
		"the choice that is set":        {{lines: grantGA + "\n_gid=1"}, {lines: "cookies_preferences=statistical,comfort\n_gid=1"}},
		"the choice that is set denies": {{lines: denyGA + "\n_gid=1"}, {lines: denyMatomo + "\n_gid=1"}},
	} {
		e, observed := newExpiring(t, ""), newRecorder()
		e.Observer = observed
		said := make(map[string]bool)
		for _, x := range pair {
			send(e, page(x.cookies, "Sec-Gpc", x.gpc), strings.Fields(x.lines)...)
		}
		for _, m := range observed.told {
			said[m.text()] = true
		}
		if len(said) != len(observed.told) || len(said) < 2 {
			t.Errorf("%s: %q", name, observed.texts())
		}
	}
}

// TestPoliciesApart: two policies have no message in common, nor have two modes.
func TestPoliciesApart(t *testing.T) {
	t.Parallel()
	observed := newRecorder()
	for range 2 {
		e := newEnforcer(t, "strip")
		e.Observer = observed
		send(e, page("_ga=1"))
	}
	if len(observed.told) != 2 {
		t.Errorf("%d kinds of messages of two enforcers, want 2", len(observed.told))
	}
}

// TestTook: the time is told of once for some exchanges, and not for all.
func TestTook(t *testing.T) {
	t.Parallel()
	e, observed := newEnforcer(t, "strip"), newRecorder()
	e.Observer = observed
	const n = 100 * Sampled
	for range n {
		send(e, page("_ga=1"), "_ga=1")
	}
	if observed.took < n/Sampled/2 || observed.took > 2*n/Sampled {
		t.Errorf("the time of %d exchanges of %d was told, want about one in %d", observed.took, n, Sampled)
	}
}

// TestRemoved: the names that were removed, from both directions, each once, without
// ids and values (F3).
func TestRemoved(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"enforce", "report"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			e := newExpiring(t, "")
			e.Observer, e.ReportOnly = newRecorder(), mode == "report"
			w := httptest.NewRecorder()
			x := e.Begin(w, page("sessionid=1; _ga=1; _ga_0A1B2C3D=1; secret; _ga=2; "+`cookies_preferences={"matomo":true,"ga":false}`))
			for _, line := range []string{"sessionid=1", "shiny=1", "_ga=3; Max-Age=0", "_ga=4", "_pk_id.1=1; Max-Age=99999999"} {
				w.Header().Add("Set-Cookie", line)
			}
			x.WriteHeader(http.StatusOK)
			w.Header().Add("Set-Cookie", "late_12=1")
			for range 3 {
				_, _ = x.Write([]byte("part"))
			}
			x.End()
			if got, want := x.Removed(), []string{"_ga", "_ga_*", "(nameless)", "shiny", "late_*"}; !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
			if got := x.Granted(); !slices.Equal(got, []string{"matomo"}) {
				t.Errorf("granted: %q", got)
			}
			if got := x.Denied(); !slices.Equal(got, []string{"ga"}) {
				t.Errorf("denied: %q", got)
			}
			for id, want := range map[string]string{"matomo": "true true", "ga": "false true", "portal": "true true", "counter": "true true", "statistical": "false true", "necessary": "true true", "comfort": "true true", "nobody": "false false"} {
				permitted, known := x.Permits(id)
				if got := fmt.Sprint(permitted, known); got != want {
					t.Errorf("Permits(%q) = %s, want %s", id, got, want)
				}
			}
		})
	}
}

// TestRemovedAndDeleted: a line that is dropped is removed, also where the response
// deletes a cookie of that name.
func TestRemovedAndDeleted(t *testing.T) {
	t.Parallel()
	e := newExpiring(t, "")
	e.Observer = newRecorder()
	w := httptest.NewRecorder()
	x := e.Begin(w, page(grantGA+"; _ga=1"))
	w.Header()["Set-Cookie"] = []string{denyGA, "_ga=2"}
	x.WriteHeader(http.StatusOK)
	x.End()
	if got := w.Header()["Set-Cookie"]; !slices.Equal(got, []string{denyGA, deleting("_ga")}) {
		t.Fatalf("the browser gets %q", got)
	}
	if got := x.Removed(); !slices.Equal(got, []string{"_ga"}) {
		t.Errorf("removed: %q", got)
	}
}

// TestPrintedExchange holds F3: whoever prints an exchange prints no value.
func TestPrintedExchange(t *testing.T) {
	t.Parallel()
	x := newEnforcer(t, "strip").Begin(httptest.NewRecorder(), page("_ga=secret; sessionid=secret"))
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(format, x); text != "undecided" {
			t.Errorf("%s prints %s", format, text)
		}
	}
}

// TestForgedNames: nobody can make up a name that is taken for another one. With
// constants in place of the seeds, this one is taken for _ga.
func TestForgedNames(t *testing.T) {
	t.Parallel()
	e, observed := newEnforcer(t, "strip"), newRecorder()
	e.Observer = observed
	for _, name := range []string{"!|J~\xb9y7\x9e\x84CV\xbfWD\xce&", "_ga"} {
		send(e, page(name+"=1"))
	}
	if len(observed.told) != 2 {
		t.Errorf("the names are taken for each other: %q", observed.texts())
	}
	// Nothing that is repeated cancels out.
	e, observed = newEnforcer(t, "allow"), newRecorder()
	e.Observer = observed
	for _, cookies := range []string{"_ga=1", strings.Repeat("x; ", 64) + "_ga=1", strings.Repeat("cookies_preferences=; ", 64) + "_ga=1"} {
		send(e, page(cookies))
	}
	if len(observed.told) != 3 {
		t.Errorf("%d kinds of messages, want 3: %q", len(observed.told), observed.texts())
	}
}

// TestTold: what is told of a message is bounded, and no part of the message itself.
func TestTold(t *testing.T) {
	t.Parallel()
	e, observed := newEnforcer(t, "strip"), newRecorder()
	e.Observer = observed
	r := page(strings.Repeat("a=1; ", 10*MaxTold))
	r.Host = strings.Repeat("h", 10_000)
	send(e, r, slices.Repeat([]string{"_ga=1"}, 10*MaxTold)...)
	if len(observed.told) != 2 {
		t.Fatalf("%d messages, want 2", len(observed.told))
	}
	for _, m := range observed.told {
		if len(m.Cookies) != MaxTold || len(m.Host) != maxHostBytes {
			t.Errorf("%s: %d cookies, a host of %d bytes", m.Direction, len(m.Cookies), len(m.Host))
		}
	}
}

// TestRemovedIsBounded: a header full of names, or of a long one, makes no log line of
// that size.
func TestRemovedIsBounded(t *testing.T) {
	t.Parallel()
	long := newEnforcer(t, "strip").Begin(httptest.NewRecorder(), page(strings.Repeat("n", 1<<20)+"=1"))
	if got := long.Removed(); len(got) != 1 || len(got[0]) > 200 {
		t.Errorf("%d names, the first of %d bytes", len(got), len(got[0]))
	}
	e := newEnforcer(t, "strip")
	var cookies strings.Builder
	for i := range 2 * maxRemoved {
		fmt.Fprintf(&cookies, "%c%c=1; ", 'a'+i/26, 'a'+i%26)
	}
	x := e.Begin(httptest.NewRecorder(), page(cookies.String()))
	if got := x.Removed(); len(got) != maxRemoved+1 || got[maxRemoved] != "…" {
		t.Errorf("%d names, of which the last is %q", len(got), got[len(got)-1])
	}
}

// TestNamelessApart: where nameless cookies are allowed, some go for their texts.
func TestNamelessApart(t *testing.T) {
	t.Parallel()
	e, observed := newEnforcer(t, "allow"), newRecorder()
	e.Observer = observed
	for _, cookies := range []string{"x", "_ga", "y"} {
		send(e, page(cookies))
	}
	want := []string{"1 request intranet undecided: (nameless)[removed hidden -]", "2 request intranet undecided: (nameless)[kept unlisted -]"}
	if got := observed.texts(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
