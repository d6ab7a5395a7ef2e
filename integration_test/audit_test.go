package integration_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/remote"

	"github.com/caddy-consent/caddy-consent/audit"
	"github.com/caddy-consent/caddy-consent/enforcer"
	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

// unlisted is a cookie that no rule of the policy names, marked so that its value
// is found wherever it turns up.
const unlisted = "shiny=MarkedShiny0001; Path=/; HttpOnly"

// TestAudit records visits to the portal with a real browser, and has its developer
// tools write the recordings: what they are judged to be is what the portal did.
func TestAudit(t *testing.T) {
	t.Parallel()
	portal := startPortal(t)

	// As an operator records the site before the gateway is there.
	t.Run("without the gateway", func(t *testing.T) {
		r := startDevToolsRecorder(t, "http://"+portal)
		visitAndAccept(r)
		// Another host, whose cookies would not pass the gateway.
		_, port, _ := strings.Cut(portal, ":")
		evaluate[any](r.browser, `fetch("http://localhost:`+port+`/trackers/", {mode: "no-cors"}).then(() => true)`)
		want := append(slices.Clone(acceptingVisit), "GET /trackers/")
		har := r.export(want, false)

		report := judge(t, har, audit.Options{})
		wantReport(t, report, []string{
			"before: _ga request removed, undecided, 1x, first 6 /visit/",
			"before: _ga response removed, undecided, 1x, first 5 /trackers/",
			"before: _gid request removed, undecided, 1x, first 6 /visit/",
			"before: _gid response removed, undecided, 1x, first 5 /trackers/",
			"before: _pk_id.*.* request removed, undecided, 1x, first 6 /visit/",
			"before: _pk_id.*.* response removed, undecided, 1x, first 5 /trackers/",
			"before: _pk_ses.*.* request removed, undecided, 1x, first 6 /visit/",
			"before: _pk_ses.*.* response removed, undecided, 1x, first 5 /trackers/",
			"before: atuserid request removed, undecided, 1x, first 6 /visit/",
			"before: atuserid response removed, undecided, 1x, first 5 /trackers/",
			"before: shiny request removed, unlisted, 5x, first 2 /login/",
			"before: shiny response removed, unlisted, 1x, first 1 /",
			"before: csrftoken request kept, necessary, 5x, first 2 /login/",
			"before: csrftoken response kept, necessary, 4x, first 1 /",
			"before: messages response kept, necessary, 3x, first 1 /",
			"before: sessionid request kept, necessary, 3x, first 4 /",
			"before: sessionid response kept, necessary, 1x, first 3 /login/",
			"after: _ga request removed, denied, 2x, first 7 /",
			"after: _ga response removed, denied, 1x, first 8 /trackers/",
			"after: _gid request removed, denied, 2x, first 7 /",
			"after: _gid response removed, denied, 1x, first 8 /trackers/",
			"after: atuserid request removed, denied, 2x, first 7 /",
			"after: atuserid response removed, denied, 1x, first 8 /trackers/",
			"after: shiny request removed, unlisted, 2x, first 7 /",
			"after: _ga response expired, denied, 2x, first 7 /",
			"after: _gid response expired, denied, 2x, first 7 /",
			"after: atuserid response expired, denied, 2x, first 7 /",
			"after: _pk_id.*.* request kept, granted, 2x, first 7 /",
			"after: _pk_id.*.* response kept, granted, 1x, first 8 /trackers/",
			"after: _pk_ses.*.* request kept, granted, 2x, first 7 /",
			"after: _pk_ses.*.* response kept, granted, 1x, first 8 /trackers/",
			"after: cookies_preferences request kept, choice, 2x, first 7 /",
			"after: csrftoken request kept, necessary, 2x, first 7 /",
			"after: csrftoken response kept, necessary, 1x, first 7 /",
			"after: messages response kept, necessary, 1x, first 7 /",
			"after: sessionid request kept, necessary, 2x, first 7 /",
		})
		if report.Host != "127.0.0.1" || report.Entries != len(acceptingVisit) || report.Elsewhere != 1 {
			t.Errorf("%d exchanges with %s and %d with others, want %d with 127.0.0.1 and 1", report.Entries, report.Host, report.Elsewhere, len(acceptingVisit))
		}
		// The first exchange after the click.
		if want := slices.Index(acceptingVisit, "GET /visit/") + 2; report.Choice != want {
			t.Errorf("the choice is in exchange %d, want %d", report.Choice, want)
		}
		names := []string{"_ga", "_gid", "_pk_id.*.*", "_pk_ses.*.*", "atuserid", "shiny"}
		if got := violations(report); !slices.Equal(got, names) || report.Violations() != len(names) {
			t.Errorf("%d violations, of %q, want %q", report.Violations(), got, names)
		}
		wantWarnings(t, report, "no exchange with data.ajman.ae, the policy's site")
		wantWarnings(t, judge(t, har, audit.Options{Host: "127.0.0.1"}))

		code, output := runAudit(t, har)
		if code != 1 {
			t.Errorf("exit status %d, want 1:\n%s", code, output)
		}
		for _, name := range names {
			if !strings.Contains(output, name) {
				t.Errorf("the output does not name %s:\n%s", name, output)
			}
		}
		checkOutput(t, har, output)
		code, output = runAudit(t, har[:len(har)/2])
		if code != 2 || !strings.Contains(output, "cut off") {
			t.Errorf("half a recording: exit status %d, want 2 and why:\n%s", code, output)
		}
		checkValues(t, har, output)

		t.Run("sanitized", func(t *testing.T) {
			har := r.in(t).export(want, true)
			report := judge(t, har, audit.Options{Host: "127.0.0.1"})
			wantReport(t, report, nil)
			wantWarnings(t, report, "Export HAR (with sensitive data)")
			if report.Entries != len(acceptingVisit) {
				t.Errorf("%d exchanges, want %d", report.Entries, len(acceptingVisit))
			}
			if _, output := runAudit(t, har); !strings.Contains(strings.Join(strings.Fields(output), " "), "with sensitive data") {
				t.Errorf("the output does not tell that cookies were left out:\n%s", output)
			}
		})
	})

	// The browser's side of the gateway. What the portal sets is not there any more,
	// but what the page's script wrote is: a recording shows what the browser sent,
	// not that the gateway kept it from the portal. So the refused _ga is rightly
	// found, once: in the answer the gateway has the browser delete it, which is
	// not taken for a cookie that is set.
	t.Run("through the gateway", func(t *testing.T) {
		r := startDevToolsRecorder(t, "http://"+startGateway(t, portal))
		visitAndAccept(r)
		har := r.export(acceptingVisit, false)
		report := judge(t, har, audit.Options{Host: "127.0.0.1"})
		wantReport(t, report, []string{
			"before: csrftoken request kept, necessary, 5x, first 2 /login/",
			"before: csrftoken response kept, necessary, 4x, first 1 /",
			"before: messages response kept, necessary, 3x, first 1 /",
			"before: sessionid request kept, necessary, 3x, first 4 /",
			"before: sessionid response kept, necessary, 1x, first 3 /login/",
			"after: _ga request removed, denied, 1x, first 7 /",
			"after: _ga response kept, deletion, 1x, first 7 /",
			"after: _pk_id.*.* request kept, granted, 2x, first 7 /",
			"after: _pk_id.*.* response kept, granted, 1x, first 8 /trackers/",
			"after: _pk_ses.*.* response kept, granted, 1x, first 8 /trackers/",
			"after: cookies_preferences request kept, choice, 2x, first 7 /",
			"after: csrftoken request kept, necessary, 2x, first 7 /",
			"after: csrftoken response kept, necessary, 1x, first 7 /",
			"after: messages response kept, necessary, 1x, first 7 /",
			"after: sessionid request kept, necessary, 2x, first 7 /",
		})
		wantWarnings(t, report)
		if got := violations(report); !slices.Equal(got, []string{"_ga"}) || report.Violations() != 1 {
			t.Errorf("%d violations, of %q, want only _ga", report.Violations(), got)
		}
		code, output := runAudit(t, har)
		if code != 1 {
			t.Errorf("exit status %d, want 1:\n%s", code, output)
		}
		checkOutput(t, har, output)
	})

	// Here the portal keeps the choice, so no page writes cookies by script: nothing
	// is found, although the portal sets the same ones.
	t.Run("through the gateway, no script", func(t *testing.T) {
		r := startDevToolsRecorder(t, "http://"+startGateway(t, portal))
		r.open("/?set-cookie=" + url.QueryEscape(unlisted))
		r.open("/trackers/")
		r.open("/")
		r.submit(`const form = document.querySelector("form");
			form.action = "/preferences/";
			form.append(Object.assign(document.createElement("input"), {name: "matomo", value: "true"}),
				Object.assign(document.createElement("button"), {id: "keep"}))`, "#keep")
		r.open("/trackers/")
		r.open("/")
		har := r.export([]string{"GET /", "GET /trackers/", "GET /", "POST /preferences/", "GET /", "GET /trackers/", "GET /"}, false)
		report := judge(t, har, audit.Options{Host: "127.0.0.1"})
		wantReport(t, report, []string{
			"before: csrftoken request kept, necessary, 3x, first 2 /trackers/",
			"before: csrftoken response kept, necessary, 2x, first 1 /",
			"before: messages response kept, necessary, 2x, first 1 /",
			"after: _pk_id.*.* request kept, granted, 3x, first 5 /",
			"after: _pk_id.*.* response kept, granted, 2x, first 4 /preferences/",
			"after: _pk_ses.*.* request kept, granted, 1x, first 7 /",
			"after: _pk_ses.*.* response kept, granted, 1x, first 6 /trackers/",
			"after: cookies_preferences request kept, choice, 3x, first 5 /",
			"after: cookies_preferences response kept, choice, 1x, first 4 /preferences/",
			"after: csrftoken request kept, necessary, 3x, first 5 /",
			"after: csrftoken response kept, necessary, 2x, first 5 /",
			"after: messages response kept, necessary, 2x, first 5 /",
		})
		wantWarnings(t, report)
		if report.Violations() != 0 {
			t.Errorf("violations: %q", violations(report))
		}
		code, output := runAudit(t, har)
		if code != 0 {
			t.Errorf("exit status %d, want 0:\n%s", code, output)
		}
		checkOutput(t, har, output)
	})
}

// acceptingVisit is what visitAndAccept makes the browser ask for.
var acceptingVisit = []string{
	"GET /", "GET /login/", "POST /login/", "GET /", "GET /trackers/", "GET /visit/",
	// Here the visitor accepts Matomo, and nothing else.
	"GET /", "GET /trackers/",
}

func visitAndAccept(r *devToolsRecorder) {
	r.t.Helper()
	r.open("/?set-cookie=" + url.QueryEscape(unlisted))
	r.open("/login/")
	r.submit(`document.querySelector("[name=username]").value = "`+userName+`";
		document.querySelector("[name=password]").value = "`+password+`"`, "#enter")
	r.open("/trackers/")
	r.open("/visit/")
	r.click("#accept")
	r.open("/")
	r.open("/trackers/")
}

func judge(t *testing.T, har string, o audit.Options) *audit.Report {
	t.Helper()
	path := portalPolicy(t)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Parse(filepath.Base(path), data)
	if err != nil {
		t.Fatal(err)
	}
	report, err := audit.Run(p, "site.har", strings.NewReader(har), o)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// wantReport compares all findings.
func wantReport(t *testing.T, report *audit.Report, want []string) {
	t.Helper()
	var got []string
	for _, f := range report.Cookies {
		got = append(got, fmt.Sprintf("%s: %s %s %s, %s, %dx, first %d %s", f.Phase, f.Name, f.Direction, f.Action, f.Reason, f.Count, f.First, f.Path))
	}
	if !slices.Equal(got, want) {
		t.Errorf("found\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// wantWarnings looks for a part of each warning, and for no others.
func wantWarnings(t *testing.T, report *audit.Report, parts ...string) {
	t.Helper()
	if !slices.EqualFunc(report.Warnings, parts, strings.Contains) {
		t.Errorf("warnings %q, want %q", report.Warnings, parts)
	}
}

// violations are the names that Violations counts.
func violations(report *audit.Report) (names []string) {
	for _, f := range report.Cookies {
		if f.Action == enforcer.Removed {
			names = append(names, f.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// runAudit has the real binary judge a recording. It runs where the files are, so
// that no path of this machine makes lines longer.
func runAudit(t *testing.T, har string) (code int, output string) {
	t.Helper()
	path := portalPolicy(t)
	cmd := exec.Command(gatewayBinary(t), "cookie-consent", "audit", "--policy", filepath.Base(path), "--host", "127.0.0.1", "site.har")
	cmd.Dir = filepath.Dir(path)
	cmd.Env = append(os.Environ(), "HOME="+cmd.Dir)
	write(t, filepath.Join(cmd.Dir, "site.har"), []byte(har))
	said, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(said)
}

// checkOutput looks at a report: a terminal of 80 columns is enough, and no value is
// told (F3).
func checkOutput(t *testing.T, har, output string) {
	t.Helper()
	for line := range strings.Lines(output) {
		if line = strings.TrimSuffix(line, "\n"); len([]rune(line)) > 80 {
			t.Errorf("wider than 80 columns: %q", line)
		}
	}
	checkValues(t, har, output)
}

// checkValues looks for values of cookies in an output (F3).
func checkValues(t *testing.T, har, output string) {
	t.Helper()
	for _, value := range cookieValues(t, har) {
		if strings.Contains(output, value) {
			t.Errorf("F3: the output tells the value %q:\n%s", value, output)
		}
	}
}

// recording is a part of the HTTP Archive.
type recording struct {
	Log struct {
		Creator struct{ Name string }
		Entries []struct {
			Request struct {
				Method, URL string
				Cookies     []recordedCookie
			}
			Response struct{ Cookies []recordedCookie }
		}
	}
}

type recordedCookie struct{ Name, Value string }

// cookieValues are the values in a recording. Short ones, such as "1" and "en", are
// in any text.
func cookieValues(t *testing.T, har string) (values []string) {
	t.Helper()
	var r recording
	decode(t, har, &r)
	for _, e := range r.Log.Entries {
		for _, c := range slices.Concat(e.Request.Cookies, e.Response.Cookies) {
			if len(c.Value) >= 8 {
				values = append(values, c.Value)
			}
		}
	}
	slices.Sort(values)
	values = slices.Compact(values)
	if len(values) < 3 {
		t.Fatalf("the recording has only the values %q", values)
	}
	return values
}

// devToolsRecorder is a browser whose developer tools are open, in another tab.
type devToolsRecorder struct {
	*browser
	tools *browser
}

func (r *devToolsRecorder) in(t *testing.T) *devToolsRecorder {
	return &devToolsRecorder{r.browser.in(t), r.tools.in(t)}
}

// startDevToolsRecorder has Chromium's own developer tools look at a page. They come
// with Chromium, and reach the page by its debugging port, as another tab.
func startDevToolsRecorder(t *testing.T, base string) *devToolsRecorder {
	t.Helper()
	var debugging string // the address of the debugging port
	b := startBrowser(t, base,
		// The port is one that Chromium finds free. It is told when it listens.
		chromedp.WithDialer(func(ctx context.Context, address string) (chromedp.Transport, error) {
			u, err := url.Parse(address)
			if err != nil {
				return nil, err
			}
			debugging = u.Host
			return remote.DialContext(ctx, address)
		}),
		// Without this Chromium refuses its own developer tools where they come by
		// HTTP.
		chromedp.Flag("remote-allow-origins", "*"))

	ctx, closeTab := chromedp.NewContext(b.ctx)
	t.Cleanup(closeTab)
	// Not as a step: its deadline would be that of the tab.
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("opening a second tab: %v", err)
	}
	tools := &browser{t, ctx, "http://" + debugging}
	page := chromedp.FromContext(b.ctx).Target.TargetID
	tools.open("/devtools/inspector.html?ws=" + debugging + "/devtools/page/" + string(page))
	evaluate[any](tools, devTools+`attach()`)
	// Chromium asks once for a site's icon, some time after the first page. That is
	// waited for, so that the recording is the same each time. The page sets no
	// cookies.
	b.open("/echo/")
	evaluate[any](tools, devTools+`clearAfter("/favicon.ico")`)
	return &devToolsRecorder{b, tools}
}

// export waits until the developer tools have seen a visit through, and returns what
// they would save as its recording. They have to have recorded certain exchanges.
func (r *devToolsRecorder) export(want []string, sanitize bool) string {
	r.t.Helper()
	har := evaluate[string](r.tools, devTools+fmt.Sprintf(`save(%d, %t)`, len(want), sanitize))
	var made recording
	decode(r.t, har, &made)
	if made.Log.Creator.Name != "WebInspector" {
		r.t.Errorf("recorded by %q, want Chromium's developer tools (WebInspector)", made.Log.Creator.Name)
	}
	var got []string
	for _, e := range made.Log.Entries {
		u, err := url.Parse(e.Request.URL)
		if err != nil {
			r.t.Fatal(err)
		}
		got = append(got, e.Request.Method+" "+u.Path)
	}
	if !slices.Equal(got, want) {
		r.t.Fatalf("recorded %q, want %q", got, want)
	}
	return har
}

// devTools are functions in the page of the developer tools. The modules are those
// that the page has loaded itself, so their state is its own.
const devTools = `
async function modules() {
	const [common, sdk, logs, har] = await Promise.all([
		import("./core/common/common.js"), import("./core/sdk/sdk.js"),
		import("./models/logs/logs.js"), import("./models/har/har.js")]);
	return {common, sdk, har, log: logs.NetworkLog.NetworkLog};
}

// until waits for a condition. What limits it in time is its caller.
async function until(holds) {
	for (;;) {
		const result = holds();
		if (result) return result;
		await new Promise(resolve => setTimeout(resolve, 20));
	}
}

// attach waits until every request of the page will be recorded.
async function attach() {
	const {common, sdk} = await modules();
	const page = await until(() => {
		const page = sdk.TargetManager.TargetManager.instance().primaryPageTarget();
		return page?.model(sdk.NetworkManager.NetworkManager) && page;
	});
	// "Preserve log": without it, each navigation empties the recording. Some
	// versions have the setting under its name only.
	const preserve = sdk.SDKSettings?.preserveNetworkLogSettingDescriptor;
	const settings = common.Settings.Settings.instance();
	(preserve ? settings.resolve(preserve) : settings.moduleSetting("network-log.preserve-log")).set(true);
	// The page answers in order: with this it has also been told to report
	// requests.
	await page.runtimeAgent().invoke_evaluate({expression: "1"});
	return true;
}

// clearAfter empties the recording once it has a request that is complete.
async function clearAfter(path) {
	const {log} = await modules();
	await until(() => log.instance().requests().some(r => r.finished && new URL(r.url()).pathname === path));
	log.instance().reset(true);
	return true;
}

// save returns what "Export HAR" writes to a file, once as many requests as wanted
// are complete. Cookies come in messages of their own, "extra info", which may be
// later than the end of the response.
async function save(wanted, sanitize) {
	const {common, har, log} = await modules();
	const all = () => log.instance().requests();
	await until(() => all().length >= wanted &&
		all().every(r => r.finished && r.hasExtraRequestInfo() && r.hasExtraResponseInfo()));
	let text = "";
	const file = {write: async part => { text += part; }};
	await har.Writer.Writer.write(file, [...all()], {sanitize}, new common.Progress.Progress());
	return text;
}
`
