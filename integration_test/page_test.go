package integration_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
)

// policyPage is a gateway that shows its policy as a page, with and without TLS, in
// front of a portal; and another site.
type policyPage struct {
	https, http           string // the portal with the page
	otherHTTPS, otherHTTP string // the other site
	records, sha256       string // the file of saved choices, and the beginning of the policy's hash
}

func startPolicyPage(t *testing.T, policy string) *policyPage {
	t.Helper()
	text, err := os.ReadFile(policy)
	if err != nil {
		t.Fatal(err)
	}
	plain, secure := httptest.NewServer(http.HandlerFunc(submitting)), httptest.NewTLSServer(http.HandlerFunc(submitting))
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	port := func(address string) string { return address[strings.LastIndexByte(address, ':'):] }
	p := &policyPage{
		https:      fmt.Sprintf("https://%s:%d", siteA, freePort(t)),
		http:       fmt.Sprintf("http://%s:%d", siteA, freePort(t)),
		otherHTTPS: "https://" + siteB + port(secure.URL),
		otherHTTP:  "http://" + siteB + port(plain.URL),
		records:    filepath.Join(t.TempDir(), "records.log"),
		sha256:     fmt.Sprintf("%x", sha256.Sum256(text))[:12],
	}
	startCaddy(t, fmt.Sprintf(`{
	admin off
	skip_install_trust
	auto_https disable_redirects
	log records {
		include http.handlers.cookie_consent.record
		output file %q
		format json
	}
}
(portal) {
	bind 127.0.0.1
	cookie_consent %q {
		page /cookies {
			record
		}
	}
	reverse_proxy %s
}
%s {
	tls internal
	import portal
}
%s {
	import portal
}
`, p.records, policy, plain.Listener.Addr(), p.https, p.http))
	return p
}

// submitting is a portal that shows which cookies reach it, and has pages with forms
// that lead elsewhere.
func submitting(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/echo/":
		cookies := make(map[string]string)
		for _, c := range r.Cookies() {
			cookies[c.Name] = c.Value
		}
		_ = json.NewEncoder(w).Encode(echoed{Cookies: cookies})
	case "/submit":
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, `<!DOCTYPE html><title>A form</title><form method="post" action="%s"><input name="%s" value="accept"><input name="policy" value="%s"></form>`,
			html.EscapeString(r.URL.Query().Get("to")), html.EscapeString(r.URL.Query().Get("name")), html.EscapeString(r.URL.Query().Get("policy")))
	default:
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, `<!DOCTYPE html><title>Portal</title><script>document.title = "Script"</script>`)
	}
}

// pageVisitor is a browser in front of it.
type pageVisitor struct{ *browser }

func (p *policyPage) startBrowser(t *testing.T) *pageVisitor {
	t.Helper()
	return &pageVisitor{startBrowser(t, p.https,
		chromedp.Flag("host-resolver-rules", "MAP *.example 127.0.0.1"),
		chromedp.Flag("ignore-certificate-errors", true), // nobody has signed any of them
		chromedp.Flag("hide-scrollbars", true))}
}

func (v *pageVisitor) in(t *testing.T) *pageVisitor { return &pageVisitor{v.browser.in(t)} }

// call sends a command to the browser.
func call[P, R any](v *pageVisitor, command cdp.Command[P, R], params P) {
	v.t.Helper()
	v.step(command.Method, func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, command, params)
		return err
	})
}

func (v *pageVisitor) forget() {
	v.t.Helper()
	call(v, storage.ClearCookies, storage.ClearCookiesParams{})
}

// sendHeaders has the browser send some headers with every request.
func (v *pageVisitor) sendHeaders(headers network.Headers) {
	v.t.Helper()
	call(v, network.Enable, network.EnableParams{})
	call(v, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: headers})
}

// emulate makes a screen of some width, and with a color scheme.
func (v *pageVisitor) emulate(width int64, scheme string) {
	v.t.Helper()
	call(v, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 800, DeviceScaleFactor: 1})
	call(v, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
}

// follow does what leads to another page, and returns the status of that.
func (v *pageVisitor) follow(what string, do chromedp.Action[chromedp.Void]) (status int64) {
	v.t.Helper()
	v.step(what, func(ctx context.Context) error {
		response, err := chromedp.RunResponse(ctx, do)
		if err == nil {
			status = response.Status
		}
		return err
	})
	return status
}

// send sends the form of the page, as a script of the page would.
func (v *pageVisitor) send() (status int64) {
	v.t.Helper()
	script := chromedp.Evaluate[any]("document.forms[0].submit(); true")
	return v.follow("sending a form", func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := script(ctx, target)
		return chromedp.Void{}, err
	})
}

// pressButton presses a button of the form with the mouse.
func (v *pageVisitor) pressButton(choice string) {
	v.t.Helper()
	if status := v.follow("pressing "+choice, chromedp.Click(chromedp.CSS(`button[value="`+choice+`"]`))); status != http.StatusOK {
		v.t.Fatalf("after %s: status %d", choice, status)
	}
	// A POST, and a redirect to a page that can be reloaded.
	if redirects := evaluate[int](v.browser, `performance.getEntriesByType("navigation")[0].redirectCount`); redirects != 1 {
		v.t.Errorf("after %s: %d redirects, want 1", choice, redirects)
	}
}

// tick clicks on a box with the mouse.
func (v *pageVisitor) tick(kind, id string) {
	v.t.Helper()
	v.click(fmt.Sprintf("input[name=%q][value=%q]", kind, id))
}

// expectTicked looks at which boxes are ticked on the page, in their order.
func (v *pageVisitor) expectTicked(when string, want ...string) {
	v.t.Helper()
	got := evaluate[[]string](v.browser, `[...document.querySelectorAll("input:checked")].map(box => box.name + " " + box.value)`)
	if !slices.Equal(got, want) {
		v.t.Errorf("%s: %q are ticked, want %q", when, got, want)
	}
}

// receipt is the one that the page shows, or "".
func (v *pageVisitor) receipt() string {
	v.t.Helper()
	return evaluate[string](v.browser, `document.querySelector("[role=status] code")?.innerText ?? ""`)
}

// choice is what scripts read in the consent cookie, without when it was made.
func (v *pageVisitor) choice() map[string]any {
	v.t.Helper()
	for pair := range strings.SplitSeq(v.documentCookie(), "; ") {
		value, found := strings.CutPrefix(pair, "cookies_preferences=")
		if !found {
			continue
		}
		text, err := url.PathUnescape(value)
		if err != nil {
			v.t.Fatal(err)
		}
		var choice map[string]any
		decode(v.t, text, &choice)
		delete(choice, "timestamp")
		return choice
	}
	return nil
}

// Of the shipped policy, the services and the category without one that visitors choose.
var choosable = []string{"matomo", "ga", "at", "piano", "hotjar", "hubspot", "third_party"}

// chosen is a choice that grants some of them, by what grants and what denies.
func chosen[T any](yes, no T, ids ...string) map[string]T {
	all := make(map[string]T)
	for _, id := range choosable {
		all[id] = no
		if slices.Contains(ids, id) {
			all[id] = yes
		}
	}
	return all
}

// record is a saved choice as the log has it.
type record struct {
	receipt string
	choice  map[string]string
}

// TestPage has a browser open the policy's page, and a visitor choose on it, with
// scripts and without: the page shows the choice, the gateway goes by it, and the log
// has it.
func TestPage(t *testing.T) {
	t.Parallel()
	p := startPolicyPage(t, portalPolicy(t))
	v := p.startBrowser(t)
	var saved []record
	for _, row := range []struct {
		name, base string
		noScript   bool
	}{
		{"with scripts, HTTPS", p.https, false},
		{"without scripts, HTTP", p.http, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			v := v.in(t)
			v.base = row.base
			v.forget()
			call(v, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: row.noScript})
			v.open("/")
			if title := evaluate[string](v.browser, "document.title"); title == "Script" == row.noScript { // the control
				t.Fatalf("the title is %q", title)
			}
			saved = append(saved, v.walk()...)
		})
	}
	t.Run("record", func(t *testing.T) { p.expectRecords(t, saved) })
}

// walk goes through the page, and returns what was saved on it.
func (v *pageVisitor) walk() (saved []record) {
	t := v.t
	t.Helper()
	plant := func() {
		// Each one where the policy says.
		evaluate[string](v.browser, `document.cookie = "_pk_id.1.1fff=c0ffee; path=/"; document.cookie = "_ga=c0ffee; path=/; domain=`+siteA+`"; document.cookie`)
		if names := v.cookieNames(); !slices.Contains(names, "_pk_id.1.1fff") || !slices.Contains(names, "_ga") {
			t.Fatalf("the browser has %q", names)
		}
	}
	expect := func(when string, trackers, granted []string, ticked ...string) {
		t.Helper()
		v.expectTicked(when, ticked...)
		receipt := v.receipt()
		if len(receipt) != 26 || slices.ContainsFunc(saved, func(r record) bool { return r.receipt == receipt }) {
			t.Errorf("%s: the receipt is %q", when, receipt)
		}
		saved = append(saved, record{receipt, chosen("granted", "denied", granted...)})
		v.follow("reloading", chromedp.Reload())
		v.expectTicked(when+", reloaded", ticked...)
		if got, want := v.choice(), chosen[any](true, false, granted...); !maps.Equal(got, want) {
			t.Errorf("%s: scripts read %v, want %v", when, got, want)
		}
		plant()
		if got := trackersIn(v.openEcho()); !slices.Equal(got, trackers) {
			t.Errorf("%s: %q reached the portal, want %q", when, got, trackers)
		}
		v.open("/cookies")
		v.expectTicked(when+", opened anew", ticked...)
		if receipt := v.receipt(); receipt != "" {
			t.Errorf("%s: the receipt %q is still shown", when, receipt)
		}
	}

	v.open("/cookies")
	v.expectTicked("at first")
	if receipt, choice := v.receipt(), v.choice(); receipt != "" || choice != nil {
		t.Errorf("at first the receipt is %q, and the choice %v", receipt, choice)
	}

	v.tick("service", "matomo")
	v.pressButton("save")
	expect("one service saved", []string{"_pk_id.1.1fff"}, []string{"matomo"}, "service matomo")

	v.tick("category", "statistical")
	v.pressButton("save")
	statistical := []string{"category statistical", "service matomo", "service ga", "service at", "service piano"}
	expect("a category saved", []string{"_ga", "_pk_id.1.1fff"}, []string{"matomo", "ga", "at", "piano"}, statistical...)

	v.tick("service", "ga")
	v.pressButton("save")
	expect("one of them taken back", []string{"_pk_id.1.1fff"}, []string{"matomo", "at", "piano"}, "service matomo", "service at", "service piano")

	v.pressButton("accept")
	all := slices.Concat(statistical, []string{"category first_party", "service hotjar", "service hubspot", "category third_party"})
	expect("all accepted", []string{"_ga", "_pk_id.1.1fff"}, choosable, all...)

	plant()
	v.pressButton("refuse")
	if names := v.cookieNames(); !slices.Equal(names, []string{"cookies_preferences"}) {
		t.Errorf("right after the refusal the browser has %q", names)
	}
	expect("all refused", nil, nil)
	return saved
}

// expectRecords looks at the log of saved choices.
func (p *policyPage) expectRecords(t *testing.T, want []record) {
	t.Helper()
	var lines []string
	await(t, fmt.Sprintf("%d records", len(want)), saved, func() bool {
		text, err := os.ReadFile(p.records)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		lines = strings.Split(strings.TrimSpace(string(text)), "\n")
		return len(lines) >= len(want)
	})
	if len(lines) != len(want) || len(want) == 0 {
		t.Fatalf("%d records, want %d", len(lines), len(want))
	}
	members := []string{"choice", "gpc", "host", "language", "level", "logger", "msg", "policy_sha256", "policy_version", "receipt", "time", "ts"}
	for i, line := range lines {
		var raw map[string]any
		decode(t, line, &raw)
		if got := slices.Sorted(maps.Keys(raw)); !slices.Equal(got, members) {
			t.Errorf("the record has %q, want %q", got, members)
		}
		var got struct {
			Choice                                    map[string]string
			Receipt, Host, Language, PolicySHA256, At string
			GPC                                       bool
		}
		decode(t, strings.NewReplacer(`"policy_sha256"`, `"PolicySHA256"`, `"time"`, `"At"`).Replace(line), &got)
		if !maps.Equal(got.Choice, want[i].choice) || got.Receipt != want[i].receipt {
			t.Errorf("the record has the receipt %q and the choice %v, want %q and %v", got.Receipt, got.Choice, want[i].receipt, want[i].choice)
		}
		if got.Host != siteA || got.Language != "en" || got.GPC || got.PolicySHA256 != p.sha256 {
			t.Errorf("the record has %+v, and the policy %s", got, p.sha256)
		}
		if at, err := time.Parse(time.RFC3339, got.At); err != nil || time.Since(at) < 0 || time.Since(at) > time.Hour {
			t.Errorf("the record is of %q", got.At)
		}
		for _, secret := range []string{"127.0.0.1", "c0ffee", "%7B"} {
			if strings.Contains(line, secret) {
				t.Errorf("the record has %q: %s", secret, line)
			}
		}
	}
}

// TestPageForeign: a page of another site cannot choose for the visitor.
func TestPageForeign(t *testing.T) {
	t.Parallel()
	p := startPolicyPage(t, portalPolicy(t))
	v := p.startBrowser(t)
	for _, row := range []struct {
		name, from, to string
		status         int64
	}{
		{"from another site, HTTPS", p.otherHTTPS, p.https, http.StatusForbidden},
		{"from another site, HTTP", p.otherHTTP, p.http, http.StatusForbidden},
		{"from the site over HTTP", p.http, p.https, http.StatusForbidden},
		{"from the site, HTTPS", p.https, p.https, http.StatusOK}, // the control
		{"from the site, HTTP", p.http, p.http, http.StatusOK},
	} {
		t.Run(row.name, func(t *testing.T) {
			v := v.in(t)
			v.forget()
			v.base = row.to
			v.open("/cookies")
			v.pressButton("refuse")
			v.base = row.from
			v.open("/submit?name=choice&policy=" + p.sha256 + "&to=" + url.QueryEscape(row.to+"/cookies"))
			if status := v.send(); status != row.status {
				t.Errorf("status %d, want %d", status, row.status)
			}
			want := chosen[any](true, false)
			if row.status == http.StatusOK {
				want = chosen[any](true, false, choosable...)
			}
			v.base = row.to
			v.open("/")
			if got := v.choice(); !maps.Equal(got, want) {
				t.Errorf("the choice is %v, want %v", got, want)
			}
		})
	}
	const refusals, controls = 5, 2
	text, err := os.ReadFile(p.records)
	if got := bytes.Count(text, []byte("\n")); err != nil || got != refusals+controls {
		t.Errorf("%d choices were recorded (%v):\n%s", got, err, text)
	}
}

// richPolicy has one of everything that a page tells apart.
const richPolicy = `version: 1
site: https://data.example.org
updated: 2026-11-24
introduction: {en: "What this site keeps.\n\nAnd why.", ar: ما يحتفظ به هذا الموقع.}
signals: {gpc: [statistical]}
third_parties: enforce
categories:
  - {id: necessary, consent: none, title: {en: Needed, ar: ضرورية}, description: Without them nothing works.}
  - {id: statistical, consent: required, exempt_if_anonymized: true}
  - {id: comfort-things, consent: objection}
  - {id: third_party, consent: required}
  - {id: marketing, consent: required}
services:
  - {id: portal, category: necessary, provider: Portal, cookies: [sessionid, django_language, {name: cookies_preferences, retention: 6 months}], retention: 2 weeks}
  - {id: matomo, key: m, category: statistical, provider: Matomo, function: {en: Counting, fr: Mesure}, purpose: To count, cookies: ["_pk_id.*", {name: _pk_x, retention: 1 day}], retention: 13 months}
  - {id: ga, category: statistical, provider: Google Analytics, cookies: [_ga, "_a_name_that_is_as_long_as_names_of_cookies_may_be_and_has_no_place_to_break_*"]}
  - {id: anon, category: statistical, provider: Counter, anonymized: true, cookies: [anon_id], retention: session}
  - {id: chat, category: comfort-things, provider: Chat, function: To talk, cookies: [chat_id]}
  - {id: yt, key: video, category: third_party, provider: YouTube, origins: [https://www.youtube-nocookie.com]}
  - {id: vimeo, key: video, category: third_party, provider: Vimeo, cookies: [vuid], origins: [https://player.vimeo.com]}
`

func startRichPage(t *testing.T) *policyPage {
	t.Helper()
	policy := filepath.Join(t.TempDir(), "policy.yaml")
	write(t, policy, []byte(richPolicy))
	return startPolicyPage(t, policy)
}

// TestPageLanguages: the page is in the visitor's language and in its direction, and
// fits on a small screen.
func TestPageLanguages(t *testing.T) {
	t.Parallel()
	p := startRichPage(t)
	v := p.startBrowser(t)
	for _, row := range []struct {
		name, path, accept, cookie string
		language, direction        string
	}{
		{"none", "/cookies", "", "", "en", "ltr"},
		{"the browser's", "/cookies", "ar", "", "ar", "rtl"},
		{"the browser's, French", "/cookies", "fr-CH, fr;q=0.9, en;q=0.8", "", "fr", "ltr"},
		{"the portal's", "/cookies", "fr", "ar", "ar", "rtl"},
		{"that of the address", "/cookies?lang=en", "fr", "ar", "en", "ltr"},
	} {
		t.Run(row.name, func(t *testing.T) {
			v := v.in(t)
			v.forget()
			headers := network.Headers{}
			if row.accept != "" {
				headers["Accept-Language"] = row.accept
			}
			v.sendHeaders(headers)
			v.emulate(320, "light")
			if row.cookie != "" {
				cookie := &network.CookieParam{Name: "django_language", Value: row.cookie, URL: v.base, Path: "/"}
				call(v, storage.SetCookies, storage.SetCookiesParams{Cookies: []*network.CookieParam{cookie}})
			}
			v.open(row.path)
			for _, state := range []string{"undecided", "accepted"} {
				if state == "accepted" {
					v.pressButton("accept") // and the language stays
				}
				got := evaluate[[]string](v.browser, `[document.documentElement.lang, document.documentElement.dir, getComputedStyle(document.body).direction]`)
				if want := []string{row.language, row.direction, row.direction}; !slices.Equal(got, want) {
					t.Errorf("%s: got %q, want %q", state, got, want)
				}
				wide := evaluate[[]int](v.browser, "[document.documentElement.scrollWidth, document.body.scrollWidth, innerWidth]")
				if wide[0] > 320 || wide[1] > 320 || wide[2] != 320 {
					t.Errorf("%s: the page is %d wide, its body %d, and the window %d", state, wide[0], wide[1], wide[2])
				}
			}
		})
	}
}

// TestPageAccessible has axe look at the page in every language, size and color scheme:
// it finds nothing that keeps anybody from choosing.
func TestPageAccessible(t *testing.T) {
	t.Parallel()
	axe, err := os.ReadFile(filepath.Join(managersFolder(t), "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	p := startRichPage(t)
	v := p.startBrowser(t)
	type look struct {
		width  int64
		scheme string
	}
	every := []look{{1200, "light"}, {1200, "dark"}, {320, "light"}, {320, "dark"}}
	for _, row := range []struct {
		name  string
		looks []look
		gpc   bool
		open  func(v *pageVisitor, lang string)
	}{
		{"undecided", every, false, func(v *pageVisitor, lang string) { v.open("/cookies?lang=" + lang) }},
		{"accepted", every[1:2], false, func(v *pageVisitor, lang string) {
			v.open("/cookies?lang=" + lang)
			v.pressButton("accept")
			if v.receipt() == "" {
				v.t.Error("there is no receipt on the page")
			}
		}},
		{"GPC", every[2:3], true, func(v *pageVisitor, lang string) {
			v.open("/cookies?lang=" + lang)
			if evaluate[int](v.browser, `document.querySelectorAll("input:disabled").length`) == 0 {
				v.t.Error("the page does not know of the signal")
			}
		}},
		{"error", every[3:], false, func(v *pageVisitor, lang string) {
			v.open("/submit?name=nothing&to=" + url.QueryEscape("/cookies?lang="+lang))
			if status := v.send(); status != http.StatusBadRequest {
				v.t.Errorf("status %d", status)
			}
		}},
	} {
		for _, lang := range []string{"en", "fr", "ar"} {
			t.Run(row.name+"/"+lang, func(t *testing.T) {
				v := v.in(t)
				v.forget()
				headers := network.Headers{}
				if row.gpc {
					headers["Sec-GPC"] = "1"
				}
				v.sendHeaders(headers)
				row.open(v, lang)
				evaluate[bool](v.browser, string(axe)+";true")
				for _, look := range row.looks {
					v.emulate(look.width, look.scheme)
					v.expectAccessible(fmt.Sprintf("%d pixels, %s", look.width, look.scheme))
				}
			})
		}
	}
}

// expectAccessible runs axe, which has to be in the page, with all of its rules: those of
// all levels, best practices, and experiments.
func (v *pageVisitor) expectAccessible(where string) {
	v.t.Helper()
	var found struct {
		Passes     int
		Violations []string
	}
	decode(v.t, evaluate[string](v.browser, `axe.run({
		resultTypes: ["violations"], // of the others it is enough to know that they are there
		rules: Object.fromEntries(axe.getRules().map(({ruleId}) => [ruleId, {enabled: true}])),
	}).then(found => JSON.stringify({
		Passes: found.passes.length,
		Violations: found.violations.flatMap(rule => rule.nodes.map(node => rule.id + ": " + node.target + ": " + node.failureSummary)),
	}))`), &found)
	for _, violation := range found.Violations {
		v.t.Errorf("%s: %s", where, violation)
	}
	if found.Passes < 10 { // the control
		v.t.Errorf("%s: only %d rules had anything to look at", where, found.Passes)
	}
}
