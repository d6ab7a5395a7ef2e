package integration_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
)

const browserTimeout = 30 * time.Second // for one step

// TestBrowser has a real browser visit the portal, log in, and choose. The
// page's script writes trackers' cookies whether or not the visitor agrees, as
// some do: the gateway keeps them from the portal.
func TestBrowser(t *testing.T) {
	t.Parallel()
	gateway := startGateway(t, startPortal(t))
	b := startBrowser(t, "http://"+gateway)

	b.open("/login/")
	b.submit(`document.querySelector("[name=username]").value = "`+userName+`";
		document.querySelector("[name=password]").value = "`+password+`"`, "#enter")
	if got := b.whoami(); got != userName {
		t.Fatalf("after the log-in: %q, want %q", got, userName)
	}
	// The control: scripts do not see the session, so what they write and delete
	// below does not touch it.
	if strings.Contains(b.documentCookie(), "sessionid") {
		t.Error("sessionid is not HttpOnly")
	}

	for _, step := range []struct {
		name   string
		button string
		// Trackers' cookies that reach the portal, of those that the script wrote,
		// and that the browser takes from the portal, of those that it sets.
		reach, stored []string
	}{
		{name: "no choice"}, // C1, Q6, S1
		{
			name:   "Matomo accepted", // C2
			button: "#accept",
			reach:  []string{"_pk_id.1.1fff"},
			stored: matomoTrackers,
		},
		{name: "all refused", button: "#refuse"}, // C3
		{
			name:   "Matomo accepted again",
			button: "#accept",
			reach:  []string{"_pk_id.1.1fff"},
			stored: matomoTrackers,
		},
	} {
		t.Run(step.name, func(t *testing.T) {
			b := b.in(t)
			b.deleteTrackers()
			b.open("/visit/")
			if step.button != "" {
				b.click(step.button)
				if choice := b.documentCookie(); !strings.Contains(choice, "cookies_preferences=%7B") {
					t.Fatalf("the page kept no choice: %q", choice)
				}
			}
			// Were they not in the browser, it would be no wonder that they do not
			// reach the portal.
			if written, want := b.trackers(), []string{"_ga", "_pk_id.1.1fff"}; !slices.Equal(written, want) {
				t.Fatalf("the script wrote %q, want %q", written, want)
			}

			for how, reached := range map[string]map[string]string{"a page": b.openEcho(), "fetch": b.fetchEcho()} {
				if got := trackersIn(reached); !slices.Equal(got, step.reach) {
					t.Errorf("asked by %s: %q reached the portal, want %q", how, got, step.reach)
				}
				if _, found := reached["sessionid"]; !found {
					t.Errorf("asked by %s: sessionid did not reach the portal (C7)", how)
				}
				if _, found := reached["cookies_preferences"]; found != (step.button != "") {
					t.Errorf("asked by %s: the choice reached the portal: %t (Q5)", how, found)
				}
			}

			b.deleteTrackers()
			b.open("/trackers/")
			if got := b.trackers(); !slices.Equal(got, step.stored) {
				t.Errorf("the browser took %q from the portal, want %q", got, step.stored)
			}
			if got := b.whoami(); got != userName {
				t.Errorf("logged in as %q, want %q", got, userName)
			}
		})
	}

	b.open("/")
	b.submit(`document.querySelector("form").action = "/logout/";
		document.querySelector("form").append(Object.assign(document.createElement("button"), {id: "leave"}))`, "#leave")
	if got := b.whoami(); got != "" {
		t.Errorf("after the log-out: %q", got)
	}
	if _, found := b.openEcho()["sessionid"]; found {
		t.Error("after the log-out the browser still has a sessionid")
	}
}

// trackersIn returns which trackers' cookies there are.
func trackersIn(cookies map[string]string) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(cookies)) {
		if _, found := trackers[name]; found {
			names = append(names, name)
		}
	}
	return names
}

// browser is a Chromium with one page. Every step that fails ends the test.
type browser struct {
	t    *testing.T
	ctx  context.Context
	base string
}

// startBrowser runs Chromium without a window and with an empty profile until
// the test ends. What it is told not to do would reach for the network.
func startBrowser(t *testing.T, base string, more ...chromedp.ExecAllocatorOption) *browser {
	t.Helper()
	path := program(t, "chromium", "chromium", "chromium-browser")
	var log process
	ctx, end := chromedp.NewExecAllocator(context.Background(), append(more,
		chromedp.ExecPath(path),
		chromedp.Headless,
		chromedp.NoSandbox, // there is none for root, or in many containers
		chromedp.DisableGPU,
		chromedp.NoFirstRun,
		chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-default-apps", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("disable-extensions", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("password-store", "basic"),
		chromedp.Flag("no-proxy-server", true), // loopback only, whatever the environment says
		chromedp.UserDataDir(t.TempDir()),
		chromedp.CombinedOutput(&log))...)
	t.Cleanup(end)
	ctx, closePage := chromedp.NewContext(ctx)
	t.Cleanup(closePage)
	t.Cleanup(func() {
		// Orderly, so that nothing is written to the profile any more when its
		// directory is removed.
		if err := chromedp.Cancel(ctx); err != nil {
			t.Errorf("ending Chromium: %v", err)
		}
		if t.Failed() {
			t.Logf("Chromium wrote:\n%s", log.output())
		}
	})

	// The first run starts the browser; a deadline of its context would be that
	// of the browser.
	started := make(chan error, 1)
	go func() { started <- chromedp.Do(ctx) }()
	select {
	case err := <-started:
		if err != nil {
			t.Fatalf("starting Chromium (Debian package chromium): %v", err)
		}
	case <-time.After(startTimeout):
		t.Fatalf("Chromium is not ready after %s", startTimeout)
	}
	return &browser{t, ctx, base}
}

// in is the same browser for a subtest.
func (b *browser) in(t *testing.T) *browser { return &browser{t, b.ctx, b.base} }

// step limits one step in time.
func (b *browser) step(what string, do func(ctx context.Context) error) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, browserTimeout)
	defer cancel()
	if err := do(ctx); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

// evaluate runs a script in the page, and waits for what it promises.
func evaluate[T any](b *browser, script string) (result T) {
	b.t.Helper()
	b.step(script, func(ctx context.Context) (err error) {
		result, err = chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
		return err
	})
	return result
}

func (b *browser) open(path string) {
	b.t.Helper()
	b.step("opening "+path, func(ctx context.Context) error {
		resp, err := chromedp.RunResponse(ctx, chromedp.Navigate(b.base+path))
		if err == nil && resp.Status != 200 {
			err = errors.New(resp.StatusText)
		}
		return err
	})
}

func (b *browser) click(button string) {
	b.t.Helper()
	b.step("clicking "+button, func(ctx context.Context) error {
		return chromedp.Do(ctx, chromedp.Click(chromedp.CSS(button)))
	})
}

// waitUntil waits until a condition of the page's is true. What is not is told with
// the cookies that scripts see.
func (b *browser) waitUntil(condition string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, browserTimeout)
	defer cancel()
	// Not chromedp.Poll: right after a navigation it asks the page that was left.
	script := "new Promise(resolve => { const look = () => (" + condition + ") ? resolve(true) : requestAnimationFrame(look); look() })"
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script, chromedp.EvalAwaitPromise)); err != nil {
		b.t.Fatalf("waiting until %s: %v; the cookies are %q", condition, err, b.documentCookie())
	}
}

// press clicks on a button as a person does: once it is in sight and at rest, and
// nothing lies over it.
func (b *browser) press(button string) {
	b.t.Helper()
	b.waitUntilClickable(button)
	b.click(button)
}

// pressAndLoad does so with a button that leads to a page, and returns once that is
// there.
func (b *browser) pressAndLoad(button string) {
	b.t.Helper()
	b.waitUntilClickable(button)
	b.step("following "+button, func(ctx context.Context) error {
		_, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(button)))
		return err
	})
}

func (b *browser) waitUntilClickable(button string) {
	b.t.Helper()
	b.waitUntil(`(() => {
		const element = document.querySelector("` + button + `");
		if (!element) return false;
		element.scrollIntoView({block: "center", behavior: "instant"});
		const {left, top, width, height} = element.getBoundingClientRect();
		const place = [left, top, width, height].join(), atRest = element.place === place;
		element.place = place;
		const hit = document.elementFromPoint(left + width / 2, top + height / 2);
		return atRest && width > 0 && height > 0 && element.contains(hit);
	})()`)
}

// submit runs a script that fills in a form, and clicks its button. It returns
// once the next page is there.
func (b *browser) submit(script, button string) {
	b.t.Helper()
	evaluate[any](b, script+"; true")
	b.step("submitting by "+button, func(ctx context.Context) error {
		// By script: buttons without a text have no place to click at.
		click := chromedp.Evaluate[any](`document.querySelector("` + button + `").click(); true`)
		_, err := chromedp.RunResponse(ctx, func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
			_, err := click(ctx, target)
			return chromedp.Void{}, err
		})
		return err
	})
}

func (b *browser) documentCookie() string {
	b.t.Helper()
	return evaluate[string](b, "document.cookie")
}

// trackers returns which trackers' cookies are in the browser.
func (b *browser) trackers() []string {
	b.t.Helper()
	cookies := map[string]string{}
	for pair := range strings.SplitSeq(b.documentCookie(), "; ") {
		name, value, _ := strings.Cut(pair, "=")
		cookies[name] = value
	}
	return trackersIn(cookies)
}

// cookieNames are the names in the browser's own list.
func (b *browser) cookieNames() (names []string) {
	b.t.Helper()
	b.step("listing the cookies", func(ctx context.Context) error {
		list, err := chromedp.Call(ctx, storage.GetCookies, storage.GetCookiesParams{})
		for _, c := range list.Cookies {
			names = append(names, c.Name)
		}
		return err
	})
	return names
}

func (b *browser) deleteTrackers() {
	b.t.Helper()
	for name := range trackers {
		evaluate[string](b, `document.cookie = "`+name+`=; path=/; max-age=0"`)
	}
	if left := b.trackers(); left != nil {
		b.t.Fatalf("%q could not be deleted", left)
	}
}

// openEcho goes to the page that shows what reached the portal.
func (b *browser) openEcho() map[string]string {
	b.t.Helper()
	b.open("/echo/")
	var reached echoed
	decode(b.t, evaluate[string](b, "document.body.innerText"), &reached)
	return reached.Cookies
}

func (b *browser) fetchEcho() map[string]string {
	b.t.Helper()
	var reached echoed
	decode(b.t, evaluate[string](b, `fetch("/echo/", {cache: "no-store"}).then(response => response.text())`), &reached)
	return reached.Cookies
}

// whoami is the visitor that the portal takes the browser for.
func (b *browser) whoami() string {
	b.t.Helper()
	var who identity
	decode(b.t, evaluate[string](b, `fetch("/whoami/", {cache: "no-store"}).then(response => response.text())`), &who)
	return who.User
}
