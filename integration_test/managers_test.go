package integration_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
)

// manager is a consent manager on a page of a portal, and what visitors do there,
// one after another.
type manager struct {
	name    string
	consent string // of the policy
	cookie  string
	varies  bool // choices end in what is another each time: a date, and ids
	steps   []managerStep
}

// managerStep is what a visitor clicks on, and what comes of it.
type managerStep struct {
	name    string
	fresh   bool     // it is another visitor
	clicks  []string // on buttons of the manager's
	loads   bool     // after the last one the manager loads the page anew
	choice  string   // what the manager then keeps, or how it begins; "": nothing
	granted []string
}

// managed are the services of the policy that need a choice. Each has a cookie that
// a script writes and one that scripts do not see, which the manager cannot delete.
var managed = []string{"measuring", "support", "films"}

var managers = []manager{
	{
		name: "tarteaucitronjs",
		consent: `
  preset: tarteaucitron
  keys: {measuring: audience, support: chat, films: video}`,
		cookie: "tarteaucitron",
		steps: []managerStep{
			{name: "no choice", choice: "!audience=wait!chat=wait!video=wait"}, // C1: it is there before anybody has decided
			{
				name:    "all accepted",
				clicks:  []string{"#tarteaucitronPersonalize2"},
				choice:  "!audience=true!chat=true!video=true",
				granted: managed,
			},
			{
				name:   "all refused after that",
				clicks: []string{"#tarteaucitronManager", "#tarteaucitronAllDenied", "#tarteaucitronClosePanel"},
				loads:  true,
				choice: "!audience=false!chat=false!video=false",
			},
			{
				name:    "one accepted after that",
				clicks:  []string{"#tarteaucitronManager", "#chatAllowed", "#tarteaucitronClosePanel"},
				choice:  "!audience=false!video=false!chat=true",
				granted: []string{"support"},
			},
			{
				name:    "another instead",
				clicks:  []string{"#tarteaucitronManager", "#videoAllowed", "#chatDenied", "#tarteaucitronClosePanel"},
				loads:   true,
				choice:  "!audience=false!video=true!chat=false",
				granted: []string{"films"},
			},
			{
				name:   "all refused at once",
				fresh:  true,
				clicks: []string{"#tarteaucitronAllDenied2"},
				choice: "!audience=false!chat=false!video=false",
			},
			{
				name:    "all accepted after that",
				clicks:  []string{"#tarteaucitronManager", "#tarteaucitronAllAllowed", "#tarteaucitronClosePanel"},
				choice:  "!audience=true!chat=true!video=true",
				granted: managed,
			},
			{
				name:    "one accepted, one refused, one left open",
				fresh:   true,
				clicks:  []string{"#tarteaucitronCloseAlert", "#audienceAllowed", "#videoDenied", "#tarteaucitronClosePanel"},
				choice:  "!chat=wait!audience=true!video=false",
				granted: []string{"measuring"},
			},
			{
				name:    "saved, which refuses what was left open",
				clicks:  []string{"#tarteaucitronCloseAlert", "#tarteaucitronSaveButton"},
				choice:  "!audience=true!video=false!chat=false",
				granted: []string{"measuring"},
			},
		},
	},
	{
		name:    "cookieconsent",
		consent: "{preset: cookieconsent}",
		cookie:  "cookieconsent_status",
		steps: []managerStep{
			{name: "no choice"},
			{name: "accepted", clicks: []string{".cc-allow"}, choice: "allow", granted: managed},
			{name: "taken back", clicks: []string{".cc-revoke"}},
			{name: "refused after that", clicks: []string{".cc-deny"}, choice: "deny"},
			{name: "accepted after that", clicks: []string{".cc-revoke", ".cc-allow"}, choice: "allow", granted: managed},
			{name: "taken back and refused", clicks: []string{".cc-revoke", ".cc-deny"}, choice: "deny"},
			{name: "refused at once", fresh: true, clicks: []string{".cc-deny"}, choice: "deny"},
			{name: "put aside", fresh: true, clicks: []string{".cc-close"}, choice: "dismiss"},
			{name: "accepted at once", fresh: true, clicks: []string{".cc-allow"}, choice: "allow", granted: managed},
		},
	},
}

// TestManagers has a browser visit portals with real consent managers: exactly what
// the visitor has clicked on reaches the portal, and comes back from it.
func TestManagers(t *testing.T) {
	for _, m := range slices.Concat(managers, packagedManagers) {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			b := startBrowser(t, "http://"+startGatewayBy(t, m.policy(t), m.startPortal(t)))
			for _, step := range m.steps {
				done := t.Run(step.name, func(t *testing.T) {
					v := managedVisitor{b.in(t), m}
					if step.fresh {
						v.forget()
					}
					v.open("/")
					v.waitUntil("window.ready")
					v.choose(step)
					v.expectSent(step)
					v.expectStored(step)
				})
				if !done {
					return // the next one begins where this one was to end
				}
			}
		})
	}
}

func (m *manager) policy(t *testing.T) string {
	t.Helper()
	text := fmt.Sprintf(`version: 1
site: https://www.example.org
consent: %s
categories:
  - {id: necessary, consent: none}
  - {id: trackers, consent: required}
services:
  - {id: session, category: necessary, cookies: [sessionid]}
`, m.consent)
	for _, service := range managed {
		text += fmt.Sprintf("  - {id: %s, category: trackers, cookies: [%s_script, %[1]s_http]}\n", service, service)
	}
	file := filepath.Join(t.TempDir(), "policy.yaml")
	write(t, file, []byte(text))
	return file
}

// startPortal runs a portal whose pages set all cookies, whatever the visitor's
// choice. It returns its address.
func (m *manager) startPortal(t *testing.T) string {
	t.Helper()
	folder := managersFolder(t)
	mux := http.NewServeMux()
	mux.Handle("/packages/", http.StripPrefix("/packages/", http.FileServer(http.Dir(filepath.Join(folder, "node_modules")))))
	mux.HandleFunc("/echo/", func(w http.ResponseWriter, r *http.Request) {
		cookies := make(map[string]string)
		for pair := range strings.SplitSeq(strings.Join(r.Header["Cookie"], "; "), "; ") {
			if name, value, found := strings.Cut(pair, "="); found {
				cookies[name] = value
			}
		}
		_ = json.NewEncoder(w).Encode(echoed{Cookies: cookies})
	})
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		for _, name := range append([]string{"sessionid"}, trackersOf(managed, "http")...) {
			w.Header().Add("Set-Cookie", name+"=v; Path=/; HttpOnly")
		}
		http.ServeFile(w, r, filepath.Join(folder, m.name+".html"))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// trackersOf are the names of services' cookies.
func trackersOf(services []string, kinds ...string) (names []string) {
	for _, service := range services {
		for _, kind := range kinds {
			names = append(names, service+"_"+kind)
		}
	}
	return names
}

// managedVisitor is a visitor of a portal with a consent manager.
type managedVisitor struct {
	*browser
	manager
}

// choose clicks as the visitor does, and waits until the manager has kept the choice.
func (v *managedVisitor) choose(step managerStep) {
	v.t.Helper()
	for i, button := range step.clicks {
		if step.loads && i == len(step.clicks)-1 {
			v.pressAndLoad(button)
			v.waitUntil("window.ready")
		} else {
			v.press(button)
		}
	}
	condition := ownPair + " === %q"
	if v.varies && step.choice != "" {
		condition = ownPair + ".startsWith(%q)"
	}
	v.waitUntil(fmt.Sprintf(condition, v.cookie, v.pair(step)))
}

// ownPair is a script for the pair of a cookie.
const ownPair = "(document.cookie.split('; ').find(pair => pair.startsWith('%s=')) ?? '')"

// pair is the choice as the manager keeps it, or the beginning of that.
func (v *managedVisitor) pair(step managerStep) string {
	if step.choice == "" {
		return ""
	}
	return v.cookie + "=" + step.choice
}

// always are the cookies that pass whatever the choice is: the session's (C7), and
// the choice itself (Q5).
func (v *managedVisitor) always(step managerStep) map[string]string {
	v.t.Helper()
	cookies := map[string]string{"sessionid": "v"}
	if step.choice != "" {
		cookies[v.cookie] = step.choice
	}
	if v.varies && step.choice != "" {
		kept := evaluate[string](v.browser, fmt.Sprintf(ownPair, v.cookie))
		if cookies[v.cookie] = strings.TrimPrefix(kept, v.cookie+"="); !strings.HasPrefix(kept, v.pair(step)) {
			v.t.Errorf("the browser has %q, want %q", kept, v.pair(step))
		}
	}
	return cookies
}

// expectSent: with all cookies in the browser, those of granted services reach the
// portal.
func (v *managedVisitor) expectSent(step managerStep) {
	v.t.Helper()
	for _, way := range []struct {
		name string
		ask  func() map[string]string
	}{{"fetch", v.fetchEcho}, {"a page", v.openEcho}} {
		v.plant()
		got, want := way.ask(), v.always(step)
		for _, name := range trackersOf(step.granted, "script", "http") {
			want[name] = "old"
		}
		if !maps.Equal(got, want) {
			v.t.Errorf("after %q, asked by %s: the portal got %q, want %q", v.pair(step), way.name, got, want)
		}
	}
}

// expectStored: of the cookies that the portal sets, those of granted services
// arrive in the browser.
func (v *managedVisitor) expectStored(step managerStep) {
	v.t.Helper()
	v.uproot()
	want := slices.Sorted(maps.Keys(v.always(step)))
	want = append(want, trackersOf(step.granted, "http")...)
	slices.Sort(want)
	v.open("/")
	got := v.cookieNames()
	slices.Sort(got)
	if !slices.Equal(got, want) {
		v.t.Errorf("after %q the browser has %q, want %q", v.pair(step), got, want)
	}
}

// plant puts all trackers' cookies into the browser: those of scripts by a script,
// and the others as if they were there before the gateway was.
func (v *managedVisitor) plant() {
	v.t.Helper()
	for _, name := range trackersOf(managed, "script") {
		evaluate[string](v.browser, fmt.Sprintf("document.cookie = '%s=old; path=/'; document.cookie", name))
	}
	var cookies []*network.CookieParam
	for _, name := range trackersOf(managed, "http") {
		cookies = append(cookies, &network.CookieParam{Name: name, Value: "old", URL: v.base, Path: "/", HTTPOnly: true})
	}
	v.step("planting cookies", func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, storage.SetCookies, storage.SetCookiesParams{Cookies: cookies})
		return err
	})
	planted := v.cookieNames()
	for _, name := range trackersOf(managed, "script", "http") {
		if !slices.Contains(planted, name) {
			v.t.Fatalf("%s is not in the browser: it would be no wonder that it does not reach the portal", name)
		}
	}
}

// uproot takes all trackers' cookies out of the browser.
func (v *managedVisitor) uproot() {
	v.t.Helper()
	for _, name := range trackersOf(managed, "script", "http") {
		v.step("deleting "+name, func(ctx context.Context) error {
			_, err := chromedp.Call(ctx, network.DeleteCookies, network.DeleteCookiesParams{Name: name, URL: v.base})
			return err
		})
	}
}

// forget makes another visitor of this one. Some managers keep the choice a second time,
// outside cookies, and would write it anew.
func (v *managedVisitor) forget() {
	v.t.Helper()
	evaluate[bool](v.browser, "localStorage.clear(), true")
	v.step("deleting all cookies", func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, storage.ClearCookies, storage.ClearCookiesParams{})
		return err
	})
}
