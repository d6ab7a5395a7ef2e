package integration_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
)

// The portal is at siteA. What its pages load from elsewhere comes from hosts of siteB,
// one for each part of the page, and from one of siteC, which everybody's browser may
// load from.
const (
	siteA = "site-a.example"
	siteB = "site-b.example"
	siteC = "site-c.example"
)

// part is what a service loads under one directive.
type part struct {
	service, directive string
	names              []string
}

// parts are those of all services, and one that the policy does not list.
var parts = []part{
	{"matomo", "script-src-elem", []string{"script", "script-in-blob-worker"}},
	{"matomo", "img-src", []string{"picture", "picture-in-frame", "picture-in-data-frame"}},
	{"films", "frame-src", []string{"frame"}},
	{"maps", "connect-src", []string{"fetch", "fetch-in-blob-worker", "fetch-in-worker"}},
	{"", "img-src", []string{"unlisted"}},
}

// partsOf are the names of the parts of some services, in order.
func partsOf(services ...string) (names []string) {
	for _, p := range parts {
		if slices.Contains(services, p.service) {
			names = append(names, p.names...)
		}
	}
	slices.Sort(names)
	return names
}

// ownParts need no other site, or one that is allowed to everybody: they run whatever
// the visitor chooses.
var ownParts = []string{
	"allowed script", "blob picture", "blob script", "blob worker", "data picture", "inline handler", "inline script",
	"own fetch", "own frame", "own script", "own worker",
}

// loadingPage has all parts. Each one that runs says so, and ready is set once the
// others will not; but a message from a frame may still be on its way then. [[name]] is
// the address of a part of another site.
const loadingPage = `<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>Portal</title>
<link rel="icon" href="data:,">
<script>
	const ran = new Set(["inline script"]);
	addEventListener("message", event => ran.add(event.data)); // from frames
	const attempt = (name, address) =>
		fetch(address, {mode: "no-cors", credentials: "include"}).then(() => ran.add(name), () => {});
	const blob = (type, text) => URL.createObjectURL(new Blob([text], {type}));
	const script = src => new Promise(resolve => {
		document.head.append(Object.assign(document.createElement("script"), {src, onload: resolve, onerror: resolve}));
	});
	// A worker tells what runs in it, and at last that it is done.
	const work = (name, address) => new Promise(resolve => {
		const worker = new Worker(address);
		worker.onmessage = ({data}) => data === "done" ? resolve(ran.add(name)) : ran.add(data);
		worker.onerror = resolve;
	});
	const settled = [
		new Promise(resolve => addEventListener("load", resolve)),
		attempt("own fetch", "/own"),
		attempt("fetch", "[[fetch]]"),
		script(blob("text/javascript", "ran.add('blob script')")),
		work("own worker", "/worker.js"),
		fetch("/blob-worker.js").then(answer => answer.text()).then(text => work("blob worker", blob("text/javascript", text))),
	];
	Promise.all(settled).then(() => window.ready = true);
</script>
<script src="/own.js"></script>
<script src="[[script]]"></script>
<script src="[[allowed]]"></script>
<img alt="" src="[[picture]]" onload="ran.add('picture')">
<img alt="" src="[[unlisted]]" onload="ran.add('unlisted')">
<img alt="" src="data:," onerror="ran.add('inline handler')">
<img alt="" src="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E" onload="ran.add('data picture')">
<img alt="" id="blob" onload="ran.add('blob picture')">
<script>document.querySelector("#blob").src = blob("image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg'/>")</script>
<iframe title="" src="[[frame]]"></iframe>
<iframe title="" src="/frame"></iframe>
<iframe title="" src="data:text/html,<img alt='' src='[[picture-in-data-frame]]' onload='parent.postMessage(&quot;picture-in-data-frame&quot;, &quot;*&quot;)'>"></iframe>
</html>
`

const workerStart = `const ran = {add: name => postMessage(name)};
const attempt = (name, address) =>
	fetch(address, {mode: "no-cors", credentials: "include"}).then(() => ran.add(name), () => {}).then(() => postMessage("done"));
`

// ownFiles are the files of the portal.
var ownFiles = map[string]struct{ kind, text string }{
	"/":               {"text/html; charset=utf-8", loadingPage},
	"/else":           {"text/html; charset=utf-8", "<!DOCTYPE html><title>Another page</title>"},
	"/own":            {"text/plain", "own"},
	"/own.js":         {"text/javascript", "ran.add('own script')"},
	"/frame":          {"text/html", `<script>parent.postMessage("own frame", "*")</script><img alt="" src="[[picture-in-frame]]" onload="parent.postMessage('picture-in-frame', '*')">`},
	"/worker.js":      {"text/javascript", workerStart + `attempt("fetch-in-worker", "[[fetch-in-worker]]")`},
	"/blob-worker.js": {"text/javascript", workerStart + `try { importScripts("[[script-in-blob-worker]]") } catch {}; attempt("fetch-in-blob-worker", "[[fetch-in-blob-worker]]")`},
}

// loading is a gateway in front of a portal whose pages load from other sites.
type loading struct {
	*process
	gateway, plain string // the portal with the gateway and without it, for browsers
	raw, rawPlain  string // the same, without TLS and without names
	admin          string
	port           string // of all other sites

	mu        sync.Mutex
	asked     map[string]bool // for which parts other sites were asked
	validated int             // how often the portal was asked whether a copy of its page is good
}

// startLoading runs all of them. The other sites set a cookie with whatever they are
// asked for.
func startLoading(t *testing.T, thirdParties string) *loading {
	t.Helper()
	l := &loading{asked: make(map[string]bool)}
	// Cookies in pages of others have to be Secure.
	others := httptest.NewTLSServer(http.HandlerFunc(l.answer))
	t.Cleanup(others.Close)
	l.port = fmt.Sprint(others.Listener.Addr().(*net.TCPAddr).Port)
	portal := httptest.NewServer(http.HandlerFunc(l.serve))
	t.Cleanup(portal.Close)

	policy := filepath.Join(t.TempDir(), "policy.yaml")
	write(t, policy, []byte(l.policy(thirdParties)))
	l.admin = fmt.Sprintf("127.0.0.1:%d", freePort(t))
	config := fmt.Sprintf("{\n\tadmin %s\n\tskip_install_trust\n\tauto_https disable_redirects\n}\n", l.admin)
	for address, lines := range map[*string][2]string{
		&l.gateway:  {"https://" + siteA, "tls internal\n\t" + fmt.Sprintf("cookie_consent %q", policy)},
		&l.plain:    {"https://" + siteA, "tls internal"},
		&l.raw:      {"http://127.0.0.1", fmt.Sprintf("cookie_consent %q", policy)},
		&l.rawPlain: {"http://127.0.0.1", ""},
	} {
		*address = fmt.Sprintf("%s:%d", lines[0], freePort(t))
		config += fmt.Sprintf("%s {\n\tbind 127.0.0.1\n\t%s\n\treverse_proxy %s\n}\n", *address, lines[1], portal.Listener.Addr())
	}
	l.process = startCaddy(t, config)
	return l
}

// policy is the gateway's.
func (l *loading) policy(thirdParties string) string {
	text := fmt.Sprintf(`version: 1
third_parties: %s
allowed_origins: [%s]
consent: {cookie: cookies_preferences, format: auto}
categories:
  - {id: necessary, consent: none}
  - {id: statistical, consent: required}
  - {id: third_party, consent: required}
services:
  - {id: choice, category: necessary, cookies: [cookies_preferences]}
`, thirdParties, l.origin("allowed"))
	for service, category := range map[string]string{"matomo": "statistical", "films": "third_party", "maps": "third_party"} {
		var origins []string
		for _, name := range partsOf(service) {
			origins = append(origins, l.origin(name))
		}
		text += fmt.Sprintf("  - {id: %s, category: %s, origins: [%s]}\n", service, category, strings.Join(origins, ", "))
	}
	return text
}

// origin is that of a part of another site.
func (l *loading) origin(name string) string {
	site := siteB
	if name == "allowed" {
		site = siteC
	}
	return "https://" + name + "." + site + ":" + l.port
}

var address = regexp.MustCompile(`\[\[([a-z-]+)\]\]`)

// serve answers for the portal, whose pages may be kept.
func (l *loading) serve(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/hints" {
		l.hint(w)
		return
	}
	file, found := ownFiles[r.URL.Path]
	if !found {
		http.NotFound(w, r)
		return
	}
	if r.URL.Path == "/" && r.Header.Get("If-None-Match") != "" {
		l.mu.Lock()
		l.validated++
		l.mu.Unlock()
	}
	h := w.Header()
	h.Set("Content-Type", file.kind)
	h.Set("Cache-Control", "max-age=3600")
	h.Set("ETag", `"1"`)
	text := address.ReplaceAllStringFunc(file.text, func(name string) string { return l.origin(strings.Trim(name, "[]")) })
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(text))
}

// answer does so for all other sites: with whatever the browser has asked for.
func (l *loading) answer(w http.ResponseWriter, r *http.Request) {
	name, _, _ := strings.Cut(r.Host, ".")
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Set-Cookie", name+"_id=1; Path=/; Max-Age=1000; SameSite=None; Secure")
	if name != "allowed" {
		l.mu.Lock()
		l.asked[name] = true
		l.mu.Unlock()
	}
	switch r.Header.Get("Sec-Fetch-Dest") {
	case "script":
		if name == "allowed" {
			name = "allowed script"
		}
		h.Set("Content-Type", "text/javascript")
		_, _ = fmt.Fprintf(w, "ran.add(%q)", name)
	case "image":
		h.Set("Content-Type", "image/svg+xml")
		_, _ = io.WriteString(w, "<svg xmlns='http://www.w3.org/2000/svg'/>")
	case "iframe":
		h.Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, "<script>parent.postMessage(%q, '*')</script>", name)
	}
}

// wasAsked returns for which parts other sites were asked since the last time, in
// order.
func (l *loading) wasAsked() (names []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name := range l.asked {
		names = append(names, name)
	}
	slices.Sort(names)
	clear(l.asked)
	return names
}

// wasValidated returns how often the portal was asked whether a copy is good, since
// the last time.
func (l *loading) wasValidated() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	times := l.validated
	l.validated = 0
	return times
}

// loadingVisitor is a browser in front of the gateway.
type loadingVisitor struct {
	*browser
	*loading
}

func (l *loading) startBrowser(t *testing.T, more ...chromedp.ExecAllocatorOption) *loadingVisitor {
	t.Helper()
	v := &loadingVisitor{startBrowser(t, l.gateway, append(more,
		chromedp.Flag("host-resolver-rules", "MAP *.example 127.0.0.1"),
		chromedp.Flag("disable-site-isolation-trials", true), // frames in processes of their own take long to start
		// With ignore-certificate-errors, nothing would be kept in the browser's cache.
		chromedp.Flag("ignore-certificate-errors-spki-list", l.keys(t)))...), l}
	// Debian's Chromium takes no cookies of other sites, unless its user says so.
	v.step("allowing cookies of other sites", func(ctx context.Context) error {
		return chromedp.Do(ctx, chromedp.Navigate("chrome://settings/cookies"))
	})
	const mode = "profile.cookie_controls_mode"
	if !evaluate[bool](v.browser, "chrome.settingsPrivate.setPref('"+mode+"', 0, '')") {
		t.Fatalf("%s could not be set", mode)
	}
	return v
}

// keys are those of the certificates of all sites, which nobody has signed, as Chromium
// has them.
func (l *loading) keys(t *testing.T) string {
	t.Helper()
	var keys []string
	for _, address := range []string{l.gateway, l.origin("allowed")} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		await(t, "the certificate of "+address, startTimeout, func() bool { // Caddy makes it while it serves
			connection, err := tls.Dial("tcp", "127.0.0.1:"+u.Port(), &tls.Config{ServerName: u.Hostname(), InsecureSkipVerify: true})
			if err != nil {
				return false
			}
			defer connection.Close()
			sum := sha256.Sum256(connection.ConnectionState().PeerCertificates[0].RawSubjectPublicKeyInfo)
			keys = append(keys, base64.StdEncoding.EncodeToString(sum[:]))
			return true
		})
	}
	return strings.Join(keys, ",")
}

func (v *loadingVisitor) in(t *testing.T) *loadingVisitor {
	return &loadingVisitor{v.browser.in(t), v.loading}
}

// choose makes a visitor who has no cookies but a choice, or none at all.
func (v *loadingVisitor) choose(choice string) {
	v.t.Helper()
	v.step("choosing "+choice, func(ctx context.Context) error {
		if _, err := chromedp.Call(ctx, storage.ClearCookies, storage.ClearCookiesParams{}); err != nil || choice == "" {
			return err
		}
		kept := &network.CookieParam{Name: "cookies_preferences", Value: url.QueryEscape(choice), URL: v.gateway, Path: "/"}
		_, err := chromedp.Call(ctx, storage.SetCookies, storage.SetCookiesParams{Cookies: []*network.CookieParam{kept}})
		return err
	})
}

// expect looks at what has run in the page, for what other sites were asked, and which
// cookies they have left.
func (v *loadingVisitor) expect(names []string) {
	v.t.Helper()
	v.waitUntil("window.ready")
	want := append(slices.Clone(ownParts), names...)
	slices.Sort(want)
	list, err := json.Marshal(want)
	if err != nil {
		v.t.Fatal(err)
	}
	got := evaluate[[]string](v.browser, fmt.Sprintf(`new Promise(resolve => {
		const start = Date.now(), all = () => %s.every(name => ran.has(name));
		const look = () => all() || Date.now() > start + 5000 ? resolve([...ran].sort()) : setTimeout(look, 10);
		look();
	})`, list))
	if !slices.Equal(got, want) {
		v.t.Errorf("what ran in the page:\n%q, want\n%q", got, want)
	}
	if asked := v.wasAsked(); !slices.Equal(asked, names) {
		v.t.Errorf("what other sites were asked for:\n%q, want\n%q", asked, names)
	}
	var cookies []string
	for _, name := range v.cookieNames() {
		if name, found := strings.CutSuffix(name, "_id"); found && name != "allowed" {
			cookies = append(cookies, name)
		}
	}
	slices.Sort(cookies)
	if !slices.Equal(cookies, names) {
		v.t.Errorf("the cookies of other sites:\n%q, want\n%q", cookies, names)
	}
}

// What a visitor may choose, as the cookie has it.
const (
	allLoaded  = `{"matomo":true,"films":true,"maps":true}`
	noneLoaded = `{"matomo":false,"films":false,"maps":false}`
)

// TestThirdParties has a browser visit a portal whose pages load from other sites: it
// loads what the visitor has chosen and nothing else, and reports the rest.
func TestThirdParties(t *testing.T) {
	t.Parallel()
	l := startLoading(t, "enforce")
	v := l.startBrowser(t)

	// The control: all of it loads, and cookies of other sites are taken.
	t.Run("without the gateway", func(t *testing.T) {
		v := v.in(t)
		v.base = l.plain
		v.open("/")
		v.expect(partsOf("matomo", "films", "maps", ""))
	})
	for _, step := range []struct {
		name, choice string
		services     []string
	}{
		{name: "no choice"},
		{name: "all refused", choice: noneLoaded},
		{name: "garbled choice", choice: `{"matomo":true`},
		{name: "scripts and pictures", choice: `{"matomo":true}`, services: []string{"matomo"}},
		{name: "frames", choice: `{"matomo":false,"films":true}`, services: []string{"films"}},
		{name: "connections", choice: `{"films":false,"maps":true}`, services: []string{"maps"}},
		{name: "all granted", choice: allLoaded, services: []string{"matomo", "films", "maps"}},
		{name: "all withdrawn", choice: noneLoaded},
		{name: "all granted again", choice: allLoaded, services: []string{"matomo", "films", "maps"}},
		{name: "choice deleted"},
	} {
		t.Run(step.name, func(t *testing.T) {
			v := v.in(t)
			v.choose(step.choice)
			v.open("/")
			v.expect(partsOf(step.services...))
		})
	}

	t.Run("reports", func(t *testing.T) {
		l.awaitReports(t, true)
		text := l.metrics(t)
		for _, p := range parts {
			category := map[string]string{"matomo": "statistical", "": "unlisted"}[p.service]
			if category == "" {
				category = "third_party"
			}
			if n := metricOf(text, "origins_blocked_total", p.directive, category, `"enforce"`); n == 0 {
				t.Errorf("no metric tells of %s and %s:\n%s", p.directive, category, text)
			}
		}
		if n := metricOf(text, "origins_blocked_total", `"report"`); n != 0 {
			t.Errorf("%v were loaded, as a metric has it", n)
		}
		if read, all := metricOf(text, "csp_reports_total", "read"), metricOf(text, "csp_reports_total"); read == 0 || read != all {
			t.Errorf("of %v reports %v were read", all, read)
		}
	})
	t.Run("command", func(t *testing.T) {
		output, complaints, status := shell(t, t.TempDir(), "caddy cookie-consent inventory --yaml --address "+l.admin)
		_, lines, found := strings.Cut(output, "\n# allowed_origins:\n")
		got := regexp.MustCompile(`(?m)^#   - "?([^"\n]*)"?$`).FindAllStringSubmatch(lines, -1)
		want := l.origin("unlisted")
		if status != 0 || !found || len(got) != 1 || got[0][1] != want {
			t.Errorf("exit status %d, %q, want one origin %s in\n%s", status, complaints, want, output)
		}
	})
}

// TestThirdPartiesReported: under third_parties report everything loads, and is
// reported.
func TestThirdPartiesReported(t *testing.T) {
	t.Parallel()
	l := startLoading(t, "report")
	v := l.startBrowser(t)
	for _, step := range []struct{ name, choice string }{
		{name: "no choice"}, {name: "all refused", choice: noneLoaded}, {name: "all granted", choice: allLoaded},
	} {
		t.Run(step.name, func(t *testing.T) {
			v := v.in(t)
			v.choose(step.choice)
			v.open("/")
			v.expect(partsOf("matomo", "films", "maps", ""))
		})
	}
	l.awaitReports(t, false)
	if text := l.metrics(t); metricOf(text, "origins_blocked_total", `"report"`) == 0 || metricOf(text, "origins_blocked_total", `"enforce"`) != 0 {
		t.Errorf("the metrics tell of something else:\n%s", text)
	}
}

// TestThirdPartiesStored: a page that the browser has kept goes by the choice that
// the visitor has now.
func TestThirdPartiesStored(t *testing.T) {
	t.Parallel()
	l := startLoading(t, "enforce")
	// Else the page would not be loaded anew at all on the way back: it would still be
	// there, with what it had loaded.
	v := l.startBrowser(t, chromedp.Flag("disable-features", "BackForwardCache"))
	step := func(v *loadingVisitor, what string, do chromedp.Action[chromedp.Void]) {
		v.t.Helper()
		v.step(what, func(ctx context.Context) error { return chromedp.Do(ctx, do) })
	}
	ways := []struct {
		name string
		away bool // the visitor changes the choice on another page
		// What stays as it was: with a page in their history, browsers keep the policy of
		// a frame that no server has sent (HTML, history policy container).
		stays []string
		load  func(v *loadingVisitor)
	}{
		{name: "reload", load: func(v *loadingVisitor) { step(v, "reloading", chromedp.Reload()) }},
		{name: "a link", away: true, load: func(v *loadingVisitor) { v.open("/") }},
		{name: "back", away: true, stays: []string{"picture-in-data-frame"}, load: func(v *loadingVisitor) { step(v, "going back", chromedp.NavigateBack()) }},
	}

	t.Run("without the gateway", func(t *testing.T) {
		v := v.in(t)
		v.base = l.plain
		v.open("/")
		v.waitUntil("window.ready")
		ways[0].load(v)
		v.expect(partsOf("matomo", "films", "maps", ""))
		if l.wasValidated() == 0 { // the control
			t.Error("the browser has asked for the page as if it had not kept it")
		}
	})
	everything := partsOf("matomo", "films", "maps")
	for _, way := range ways {
		for _, change := range []struct {
			name, before, after    string
			loadsBefore, loadsThen []string
		}{
			{"withdrawn", allLoaded, noneLoaded, everything, nil},
			{"granted", noneLoaded, allLoaded, nil, everything},
		} {
			t.Run(way.name+"/"+change.name, func(t *testing.T) {
				v := v.in(t)
				v.step("forgetting the row before", func(ctx context.Context) error {
					_, err := chromedp.Call(ctx, network.ClearBrowserCache, cdp.Empty{})
					return err
				})
				v.choose(change.before)
				v.open("/")
				v.expect(change.loadsBefore)
				if way.away {
					v.open("/else")
				}
				v.choose(change.after)
				way.load(v)
				want := slices.Clone(change.loadsThen)
				for _, name := range way.stays {
					want = slices.DeleteFunc(want, func(n string) bool { return n == name })
					if slices.Contains(change.loadsBefore, name) {
						want = append(want, name)
					}
				}
				slices.Sort(want)
				v.expect(want)
			})
		}
	}
	t.Run("headers", func(t *testing.T) {
		request, err := http.NewRequest(http.MethodGet, l.raw, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		request.Header = http.Header{"Accept": {"text/html"}, "If-None-Match": {`"1"`}}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if control := response.Header.Get("Cache-Control"); response.StatusCode != http.StatusOK || control != "max-age=3600, private, no-cache" {
			t.Errorf("status %d, Cache-Control: %s", response.StatusCode, control)
		}
	})
	if n := l.wasValidated(); n != 0 {
		t.Errorf("the portal was asked %d times whether a copy of its page is good", n)
	}
}

// seenOrigin is an origin as the admin endpoint tells of it.
type seenOrigin struct {
	Host, Origin, Service string
	Reported, Blocked     int
}

// awaitReports waits until the inventory has every part of other sites, and looks at
// what it says of them.
func (l *loading) awaitReports(t *testing.T, blocked bool) {
	t.Helper()
	missing, all := partsOf("matomo", "films", "maps", ""), []seenOrigin(nil)
	await(t, "reports of all origins", saved, func() bool {
		var told struct{ Origins []seenOrigin }
		decode(t, l.ask(t, "/cookie_consent/inventory"), &told)
		all = told.Origins
		known := func(name string) bool {
			return slices.ContainsFunc(all, func(o seenOrigin) bool { return o.Origin == l.origin(name) })
		}
		missing = slices.DeleteFunc(missing, known)
		return len(missing) == 0
	})
	for _, o := range all {
		i := slices.IndexFunc(parts, func(p part) bool {
			return slices.ContainsFunc(p.names, func(name string) bool { return l.origin(name) == o.Origin })
		})
		want := 0
		if blocked {
			want = o.Reported
		}
		if i < 0 || o.Service != parts[i].service || o.Host != siteA || o.Reported == 0 || o.Blocked != want {
			t.Errorf("the inventory has %+v", o)
		}
	}
}

// ask asks the admin endpoint.
func (l *loading) ask(t *testing.T, path string) string {
	t.Helper()
	response, err := http.Get("http://" + l.admin + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// metrics are those of the gateway, as text.
func (l *loading) metrics(t *testing.T) string {
	t.Helper()
	var own []string
	for line := range strings.Lines(l.ask(t, "/metrics")) {
		if strings.HasPrefix(line, "caddy_cookie_consent_") {
			own = append(own, line)
		}
	}
	return strings.Join(own, "")
}

// metricOf is the sum of a metric, of those lines that have some labels.
func metricOf(text, name string, labels ...string) (sum float64) {
	for line := range strings.Lines(text) {
		lacks := func(label string) bool { return !strings.Contains(line, label) }
		if !strings.HasPrefix(line, "caddy_cookie_consent_"+name+"{") || slices.ContainsFunc(labels, lacks) {
			continue
		}
		var n float64
		if _, err := fmt.Sscan(line[strings.LastIndexByte(line, ' '):], &n); err == nil {
			sum += n
		}
	}
	return sum
}

// links are Link headers of the portal, and which service's they are.
func (l *loading) links() []struct{ service, line string } {
	return []struct{ service, line string }{
		{"", `</own.js>; rel=preload; as=script`},
		{"", "<" + l.origin("allowed") + `/a.css>; rel=preload; as=style`},
		{"", "<" + l.origin("frame") + `/about>; rel="canonical"`}, // which has nothing loaded
		{"matomo", "<" + l.origin("script") + `/m.js>; rel=preload; as=script`},
		{"matomo", "<" + l.origin("picture") + `>; rel="dns-prefetch preconnect"`},
		{"films", "<" + l.origin("frame") + `>; rel=preconnect; crossorigin`},
		{"unlisted", "<" + l.origin("unlisted") + `/u.js>; rel=modulepreload`},
	}
}

// hint answers with them, before the page and with it.
func (l *loading) hint(w http.ResponseWriter) {
	for _, link := range l.links() {
		w.Header().Add("Link", link.line)
	}
	w.WriteHeader(http.StatusEarlyHints)
	w.Header().Set("Content-Type", "text/html")
	_, _ = io.WriteString(w, "<title>Hints</title>")
}

// TestThirdPartyLinks: browsers are not told either to load before there is a page.
func TestThirdPartyLinks(t *testing.T) {
	t.Parallel()
	enforce, report := startLoading(t, "enforce"), startLoading(t, "report")
	everything := []string{"matomo", "films", "unlisted"}
	for _, row := range []struct {
		name, choice string
		l            *loading
		plain        bool
		services     []string
	}{
		{name: "without the gateway", l: enforce, plain: true, services: everything}, // the control
		{name: "no choice", l: enforce},
		{name: "all refused", l: enforce, choice: noneLoaded},
		{name: "one granted", l: enforce, choice: `{"films":true}`, services: []string{"films"}},
		{name: "all granted", l: enforce, choice: allLoaded, services: []string{"matomo", "films"}},
		{name: "all refused, report", l: report, choice: noneLoaded, services: everything},
	} {
		t.Run(row.name, func(t *testing.T) {
			var want, early []string
			for _, link := range row.l.links() {
				if link.service == "" || slices.Contains(row.services, link.service) {
					want = append(want, link.line)
				}
			}
			base, hints := row.l.raw, 0
			if row.plain {
				base = row.l.rawPlain
			}
			ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
				Got1xxResponse: func(_ int, header textproto.MIMEHeader) error {
					hints++
					early = header["Link"]
					return nil
				},
			})
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/hints", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			if row.choice != "" {
				request.Header.Set("Cookie", "cookies_preferences="+url.QueryEscape(row.choice))
			}
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if hints != 1 || !slices.Equal(early, want) {
				t.Errorf("%d early hints:\n%q, want\n%q", hints, early, want)
			}
			if lines := response.Header["Link"]; !slices.Equal(lines, want) {
				t.Errorf("with the page:\n%q, want\n%q", lines, want)
			}
		})
	}
}

const (
	reportPath = "/.well-known/cookie-consent/csp"
	reportType = "application/csp-report"
	goodReport = `{"csp-report":{"effective-directive":"img-src","disposition":"enforce","blocked-uri":"https://flood.example/x"}}`
)

// TestThirdPartyReportsHostile: anybody may send reports, as many as they like and
// whatever is in them.
func TestThirdPartyReportsHostile(t *testing.T) {
	t.Parallel()
	l := startLoading(t, "enforce")
	post := func(method, kind, body string) (int, error) {
		request, err := http.NewRequest(method, l.raw+reportPath, strings.NewReader(body))
		if err != nil {
			return 0, err
		}
		request.Header.Set("Content-Type", kind)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return 0, err
		}
		defer response.Body.Close()
		_, err = io.Copy(io.Discard, response.Body)
		return response.StatusCode, err
	}
	for _, row := range []struct {
		name, method, kind, body string
		status                   int
		result                   string
	}{
		{"good", http.MethodPost, reportType, goodReport, http.StatusNoContent, "read"},
		{"of nothing", http.MethodPost, reportType, `{}`, http.StatusNoContent, "read"},
		{"too large", http.MethodPost, reportType, goodReport + strings.Repeat(" ", 64<<10), http.StatusRequestEntityTooLarge, "oversized"},
		{"cut off", http.MethodPost, reportType, goodReport[:40], http.StatusBadRequest, "malformed"},
		{"empty", http.MethodPost, reportType, "", http.StatusBadRequest, "malformed"},
		{"nested deep", http.MethodPost, "application/reports+json", strings.Repeat("[", 60_000), http.StatusBadRequest, "malformed"},
		{"of another type", http.MethodPost, "text/plain", goodReport, http.StatusUnsupportedMediaType, "malformed"},
		{"of no type", http.MethodPost, "", goodReport, http.StatusUnsupportedMediaType, "malformed"},
		{"asked for", http.MethodGet, "", "", http.StatusMethodNotAllowed, ""},
		{"put", http.MethodPut, reportType, goodReport, http.StatusMethodNotAllowed, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			before := l.metrics(t)
			status, err := post(row.method, row.kind, row.body)
			if err != nil || status != row.status {
				t.Errorf("status %d (%v), want %d", status, err, row.status)
			}
			after := l.metrics(t)
			for _, result := range []string{"read", "malformed", "oversized", "limited"} {
				more := 0.0
				if result == row.result {
					more = 1
				}
				if b, a := metricOf(before, "csp_reports_total", result), metricOf(after, "csp_reports_total", result); a != b+more {
					t.Errorf("%s: %v reports, then %v", result, b, a)
				}
			}
		})
	}

	t.Run("flood", func(t *testing.T) {
		const senders, each = 10, 200
		before := l.metrics(t)
		var mu sync.Mutex
		statuses := make(map[int]int)
		var wg sync.WaitGroup
		done := make(chan struct{})
		for range senders {
			wg.Go(func() {
				for range each {
					status, err := post(http.MethodPost, reportType, goodReport)
					if err != nil {
						t.Errorf("a report: %v", err)
						return
					}
					mu.Lock()
					statuses[status]++
					mu.Unlock()
				}
			})
		}
		go func() {
			wg.Wait()
			close(done)
		}()
		answers := 0
		for flooding := true; flooding; {
			response, err := http.Get(l.raw + "/own")
			if err != nil {
				t.Errorf("the portal does not answer: %v", err)
				break
			}
			body, err := io.ReadAll(response.Body)
			response.Body.Close()
			if err != nil || !bytes.Equal(body, []byte("own")) {
				t.Errorf("the portal answers %q (%v)", body, err)
			}
			answers++
			select {
			case <-done:
				flooding = false
			default:
			}
		}
		<-done
		read, limited := statuses[http.StatusNoContent], statuses[http.StatusTooManyRequests]
		if read == 0 || limited == 0 || read+limited != senders*each || answers < 2 {
			t.Errorf("the answers were %v, and %d of the portal's meanwhile", statuses, answers)
		}
		after := l.metrics(t)
		for result, n := range map[string]int{"read": read, "limited": limited} {
			if got := metricOf(after, "csp_reports_total", result) - metricOf(before, "csp_reports_total", result); got != float64(n) {
				t.Errorf("%s: %v reports, want %d", result, got, n)
			}
		}
		await(t, "reports are read again", saved, func() bool {
			status, err := post(http.MethodPost, reportType, goodReport)
			return err == nil && status == http.StatusNoContent
		})
	})
}
