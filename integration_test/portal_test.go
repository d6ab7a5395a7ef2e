package integration_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	userName = "visitor" // as portal.py creates it
	password = "pass-for-tests"
)

// trackers are the cookies that the portal's trackers set, as in portal.py.
var trackers = map[string]string{
	"_pk_id.1.1fff":  "c0ffee0000000001.1790000000.",
	"_pk_ses.1.1fff": "1",
	"_ga":            "GA1.1.1000000001.1790000000",
	"_gid":           "GA1.1.1000000002.1790000000",
	"atuserid":       "%7B%22val%22%3A%2200000000-0000-4000-8000-000000000001%22%7D",
}

var matomoTrackers = []string{"_pk_id.1.1fff", "_pk_ses.1.1fff"}

// TestPortal walks through the portal with every kind of choice: all that is
// necessary works (C4, C7), and the trackers' cookies come and go as the choice
// says.
func TestPortal(t *testing.T) {
	t.Parallel()
	portal := startPortal(t)
	gateway := startGateway(t, portal)
	now := time.Now()

	for _, test := range []struct {
		name     string
		choose   func(t *testing.T, v *visitor)
		trackers []string // those that the choice permits
	}{
		{
			name:   "no choice",
			choose: func(*testing.T, *visitor) {},
		},
		{
			name:   "all refused by script",
			choose: writes(scriptChoice(now, false)),
		},
		{
			name:   "all refused, kept by Django",
			choose: postsPreferences(false),
		},
		{
			name:   "garbled choice", // C7
			choose: writes(`%7B%22matomo%22%3Atrue%2C%22ga%22%3Atr`),
		},
		{
			name:   "broken escape", // C2
			choose: writes(`%7B%22matomo%22%3Atrue%7`),
		},
		{
			name:   "choice of last year", // C5
			choose: writes(scriptChoice(now.AddDate(-1, 0, 0), true)),
		},
		{
			name:     "Matomo granted by script", // C2: percent-encoded JSON
			choose:   writes(scriptChoice(now, true)),
			trackers: matomoTrackers,
		},
		{
			name:     "Matomo granted, kept by Django", // C2: Python's quoted form
			choose:   postsPreferences(true),
			trackers: matomoTrackers,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := newVisitor(t, gateway)
			test.choose(t, v)
			choice, chosen := v.cookie("cookies_preferences")

			t.Run("log-in", v.checkLogIn)
			t.Run("language", v.checkLanguage)
			t.Run("API call", v.checkAPI)
			t.Run("flash message", v.checkFlashMessage)
			t.Run("trackers in responses", func(t *testing.T) { v.checkResponseTrackers(t, portal, test.trackers) })
			t.Run("trackers in requests", func(t *testing.T) { v.checkRequestTrackers(t, test.trackers) })
			t.Run("trackers deleted", v.checkDeletedTrackers)
			t.Run("log-out", v.checkLogOut)

			// Q5: nothing on the way has touched the visitor's choice.
			if after, found := v.cookie("cookies_preferences"); after != choice || found != chosen {
				t.Errorf("the choice was %q (%t), and is %q (%t) now", choice, chosen, after, found)
			}
		})
	}
}

// checkLogIn logs in. Django answers with a new session and a new CSRF token, in
// a redirect.
func (v *visitor) checkLogIn(t *testing.T) {
	if page := v.get(t, "/").body; !strings.Contains(page, "signed in: nobody") {
		t.Fatalf("the catalogue shows to a stranger:\n%s", page)
	}
	before, _ := v.cookie("csrftoken")
	v.submit(t, "/login/", url.Values{"username": {userName}, "password": {password}})
	if after, _ := v.cookie("csrftoken"); after == "" || after == before {
		t.Errorf("csrftoken was not rotated by the log-in: %q, then %q", before, after)
	}
	if page := v.get(t, "/").body; !strings.Contains(page, "signed in: "+userName) {
		t.Errorf("the session is lost after the log-in:\n%s", page)
	}
}

func (v *visitor) checkLanguage(t *testing.T) {
	if page := v.get(t, "/").body; !strings.Contains(page, `lang="en"`) {
		t.Errorf("before the switch:\n%s", page)
	}
	v.submit(t, "/i18n/setlang/", url.Values{"language": {"fr"}, "next": {"/"}})
	if page := v.get(t, "/").body; !strings.Contains(page, `lang="fr"`) || !strings.Contains(page, "mot de passe") {
		t.Errorf("after the switch to French:\n%s", page)
	}
}

// checkAPI calls the API as the portal's pages do: the token goes from the
// cookie into a header.
func (v *visitor) checkAPI(t *testing.T) {
	call := func(token, body string) response {
		header := http.Header{"Content-Type": {"application/json"}, "X-Csrftoken": {token}}
		return v.do(t, http.MethodPost, "/api/records/", header, body)
	}
	token, _ := v.cookie("csrftoken")
	if got := call(token, `{"q":"bus"}`); got.status != http.StatusOK || !strings.Contains(got.body, userName) {
		t.Errorf("API call: %d %s", got.status, got.body)
	}
	// The control: with another token the call fails. It has no body: the portal
	// answers without reading one, and Go's transport may break the connection off
	// in the middle of such an answer.
	if got := call("wrong", ""); got.status != http.StatusForbidden {
		t.Errorf("API call with a wrong token: %d, want 403 (the portal checks nothing)", got.status)
	}
}

// checkFlashMessage makes the portal leave a message. Its cookie has to reach
// the browser, then the portal, and then to be deleted.
func (v *visitor) checkFlashMessage(t *testing.T) {
	const message = "is a favourite"
	v.submit(t, "/favourite/", nil)
	if _, found := v.cookie("messages"); !found {
		t.Error("the messages cookie did not come")
	}
	if page := v.get(t, "/").body; !strings.Contains(page, message) {
		t.Errorf("the message is not shown:\n%s", page)
	}
	if _, found := v.cookie("messages"); found {
		t.Error("the messages cookie was not deleted")
	}
	if page := v.get(t, "/").body; strings.Contains(page, message) {
		t.Errorf("the message is shown twice:\n%s", page)
	}
}

// checkResponseTrackers looks at the cookies that the portal itself sets for
// trackers: those that the choice permits come byte for byte, others not (S1).
func (v *visitor) checkResponseTrackers(t *testing.T, portal string, permitted []string) {
	direct := newVisitor(t, portal).get(t, "/trackers/").header["Set-Cookie"]
	if len(direct) != len(trackers) {
		t.Fatalf("the portal sets %q", direct)
	}
	var want []string
	for _, line := range direct {
		if name, _, _ := strings.Cut(line, "="); slices.Contains(permitted, name) {
			want = append(want, line)
		}
	}
	got := v.get(t, "/trackers/")
	if lines := got.header["Set-Cookie"]; !slices.Equal(lines, want) {
		t.Errorf("Set-Cookie: got %q, want %q", lines, want)
	}
	if control := got.header.Get("Cache-Control"); control != "private" { // S6
		t.Errorf("Cache-Control: got %q, want private: lines were dropped", control)
	}
	if names := v.names(trackers); !slices.Equal(names, slices.Sorted(slices.Values(permitted))) {
		t.Errorf("the browser keeps %q, want %q", names, permitted)
	}
}

// checkRequestTrackers has all trackers in the browser, as scripts write them.
func (v *visitor) checkRequestTrackers(t *testing.T, permitted []string) {
	for name, value := range trackers {
		v.set(name, value)
	}
	reached := v.echo(t)
	for name, value := range trackers {
		got, found := reached.Cookies[name]
		if want := slices.Contains(permitted, name); found != want {
			t.Errorf("%s at the portal: %t, want %t", name, found, want)
		}
		if found && got != value {
			t.Errorf("%s at the portal: got %q, want %q", name, got, value)
		}
	}
	for _, name := range []string{"sessionid", "csrftoken", "django_language", "cookies_preferences"} {
		value, found := v.cookie(name)
		if pair := name + "=" + value; found && !slices.Contains(strings.Split(reached.raw(), "; "), pair) {
			t.Errorf("at the portal: %q, without the visitor's %q", reached.raw(), pair) // Q2, Q5
		}
	}
}

// checkDeletedTrackers has Django delete what the browser has of trackers, with
// and without consent (S2).
func (v *visitor) checkDeletedTrackers(t *testing.T) {
	for name, value := range trackers {
		v.set(name, value)
	}
	v.get(t, "/forget/")
	if left := v.names(trackers); left != nil {
		t.Errorf("the portal could not delete %q", left)
	}
}

func (v *visitor) checkLogOut(t *testing.T) {
	v.submit(t, "/logout/", nil)
	if value, found := v.cookie("sessionid"); found {
		t.Errorf("sessionid was not deleted: %q", value)
	}
	if page := v.get(t, "/").body; !strings.Contains(page, "signed in: nobody") {
		t.Errorf("after the log-out:\n%s", page)
	}
}

// TestPortalChoiceInResponse has Django keep the choice and set a tracker's
// cookie in one response: the new choice counts, not the one that came (S5).
func TestPortalChoiceInResponse(t *testing.T) {
	gateway := startGateway(t, startPortal(t))
	for _, test := range []struct {
		name          string
		before, after bool
	}{
		{"refused, then granted", false, true},
		{"granted, then refused", true, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := newVisitor(t, gateway)
			v.set("cookies_preferences", scriptChoice(time.Now(), test.before))
			postsPreferences(test.after)(t, v)
			if _, found := v.cookie("_pk_id.1.1fff"); found != test.after {
				t.Errorf("_pk_id.1.1fff came: %t, want %t", found, test.after)
			}
		})
	}
}

// TestPortalCookieLines sends requests as no library would, over a plain
// connection. Django's server joins several Cookie lines by commas, and the
// session is lost in them: the gateway makes one line of them (Q1).
func TestPortalCookieLines(t *testing.T) {
	portal := startPortal(t)
	gateway := startGateway(t, portal)
	v := newVisitor(t, gateway)
	v.checkLogIn(t)
	session, _ := v.cookie("sessionid")
	if session == "" {
		t.Fatal("no session to send")
	}

	for _, test := range []struct {
		name   string
		fields []string // header lines, with SESSION for the session's key
		user   string
		direct string // the user without the gateway, for contrast
	}{
		{
			name:   "one line",
			fields: []string{"Cookie: csrftoken=t; sessionid=SESSION"},
			user:   userName, direct: userName,
		},
		{
			name:   "session last",
			fields: []string{"Cookie: csrftoken=t", "Cookie: sessionid=SESSION"},
			user:   userName,
		},
		{
			name:   "session first",
			fields: []string{"Cookie: sessionid=SESSION", "Cookie: csrftoken=t"},
			user:   userName,
		},
		{
			name:   "trackers around", // Q6, Q8: none of them takes the session along
			fields: []string{"Cookie: _ga=1", "cookie: _gid=2; sessionid=SESSION", "COOKIE: _pk_id.1.1fff=3"},
			user:   userName,
		},
		{
			name:   "other headers between",
			fields: []string{"Cookie: csrftoken=t", "Accept: */*", "Cookie: sessionid=SESSION"},
			user:   userName,
		},
		{
			name:   "empty line between",
			fields: []string{"Cookie: csrftoken=t", "Cookie: ", "Cookie: sessionid=SESSION"},
			user:   userName,
		},
		{
			name:   "folded line", // RFC 9112, section 5.2
			fields: []string{"Cookie: _ga=1;", "\tsessionid=SESSION;", " _gid=2"},
			user:   userName, direct: userName,
		},
		{
			name:   "duplicates keep their order", // Q2: for Django the last one counts
			fields: []string{"Cookie: sessionid=SESSION", "Cookie: sessionid=stale"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			fields := strings.ReplaceAll(strings.Join(test.fields, "\r\n"), "SESSION", session)
			var who identity
			decode(t, exchange(t, gateway, "/whoami/", fields), &who)
			if who.User != test.user {
				t.Errorf("behind the gateway: %q, want %q", who.User, test.user)
			}
			var got echoed
			decode(t, exchange(t, gateway, "/echo/", fields), &got)
			for name := range got.Cookies {
				if name != "sessionid" && name != "csrftoken" {
					t.Errorf("%q reached the portal in %q", name, got.raw())
				}
			}
			// Where this fails, the portal's server has changed, and the rows above
			// no longer show anything.
			decode(t, exchange(t, portal, "/whoami/", fields), &who)
			if who.User != test.direct {
				t.Errorf("without the gateway: %q, want %q", who.User, test.direct)
			}
		})
	}
}

// startPortal runs the Django portal until the test ends, and returns its
// address. Its socket listens before it runs, so that no port can be lost and no
// connection refused.
func startPortal(t testing.TB) string {
	t.Helper()
	gunicorn := program(t, "gunicorn (and python3-django)", "gunicorn")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	socket, err := listener.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()

	dir := t.TempDir()
	cmd := exec.Command(gunicorn,
		"--bind", "fd://3", // the first of the extra files
		"--chdir", "portal",
		// Connections from the gateway outlive every test: none is closed just
		// when it is used again.
		"--worker-class", "gthread", "--threads", "4", "--keep-alive", "600",
		"--worker-tmp-dir", dir,
		"--graceful-timeout", "1",
		"portal:application")
	cmd.ExtraFiles = []*os.File{socket}
	cmd.Env = append(os.Environ(), "PORTAL_DATA="+dir, "PYTHONDONTWRITEBYTECODE=1")
	portal := start(t, "portal", cmd)

	address := listener.Addr().String()
	answered := make(chan error, 1)
	go func() {
		client := http.Client{Timeout: startTimeout, Transport: &http.Transport{DisableKeepAlives: true}}
		resp, err := client.Get("http://" + address + "/echo/")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				err = fmt.Errorf("status %d", resp.StatusCode)
			}
		}
		answered <- err
	}()
	portal.wait(t, answered, "are the Debian packages python3-django and gunicorn installed?")
	return address
}

// startGateway runs the gateway with the portal's policy before an upstream, and
// returns its address.
func startGateway(t testing.TB, upstream string) string {
	t.Helper()
	return startGatewayBy(t, portalPolicy(t), upstream)
}

// startGatewayBy does so with another policy.
func startGatewayBy(t testing.TB, policy, upstream string) string {
	t.Helper()
	address := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	startCaddy(t, fmt.Sprintf(`{
	admin off
}
http://%s {
	bind 127.0.0.1
	cookie_consent %q
	reverse_proxy %s
}
`, address, policy, upstream))
	return address
}

// portalPolicy writes the shipped policy with one more service, as its comment
// tells sites to do that show Django's flash messages.
func portalPolicy(t testing.TB) string {
	t.Helper()
	shipped, err := os.ReadFile(filepath.Join("..", "policy.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	const messages = `
  - id: messages
    provider: Opendatasoft
    function: Messages (front and back office)
    category: necessary
    purpose: To show a message once, on the next page
    cookies: [messages]
    retention: session
`
	path := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(path, append(shipped, messages...), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// scriptChoice is a choice as the portal's script keeps it: what
// encodeURIComponent makes of an object.
func scriptChoice(made time.Time, matomo bool) string {
	return url.QueryEscape(fmt.Sprintf(
		`{"functional_cookies":true,"ga":false,"matomo":%t,"xiti":false,"at":false,"piano":false,"eulerian":false,"timestamp":%d}`,
		matomo, made.UnixMilli()))
}

func writes(value string) func(*testing.T, *visitor) {
	return func(_ *testing.T, v *visitor) { v.set("cookies_preferences", value) }
}

func postsPreferences(matomo bool) func(*testing.T, *visitor) {
	return func(t *testing.T, v *visitor) {
		t.Helper()
		v.submit(t, "/preferences/", url.Values{"matomo": {fmt.Sprint(matomo)}})
		value, _ := v.cookie("cookies_preferences")
		if !strings.HasPrefix(value, `"{\"`) {
			t.Fatalf("Django kept the choice as %q, not in Python's quoted form", value)
		}
	}
}

// visitor is a browser without a screen. Its cookies are kept and sent as bytes:
// net/http/cookiejar would alter values with quotes or commas in them.
type visitor struct {
	address string
	client  *http.Client
	cookies map[string]string
}

func newVisitor(t testing.TB, address string) *visitor {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &visitor{
		address: address,
		client: &http.Client{
			Timeout:       30 * time.Second,
			Transport:     transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		cookies: map[string]string{},
	}
}

func (v *visitor) cookie(name string) (value string, found bool) {
	value, found = v.cookies[name]
	return value, found
}

func (v *visitor) set(name, value string) { v.cookies[name] = value }

// names returns which of some cookies the visitor has.
func (v *visitor) names(among map[string]string) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(among)) {
		if _, found := v.cookies[name]; found {
			names = append(names, name)
		}
	}
	return names
}

// store does with a Set-Cookie line what a browser does, as far as Django's
// lines go: all of them are for "/", and none ends while the test runs but by
// being deleted.
func (v *visitor) store(line string) {
	pair, attributes, _ := strings.Cut(line, ";")
	name, value, _ := strings.Cut(pair, "=")
	for attribute := range strings.SplitSeq(attributes, ";") {
		if strings.EqualFold(strings.TrimSpace(attribute), "Max-Age=0") {
			delete(v.cookies, name)
			return
		}
	}
	v.cookies[name] = value
}

type response struct {
	status int
	header http.Header
	body   string
}

func (v *visitor) do(t testing.TB, method, path string, header http.Header, body string) response {
	t.Helper()
	req, err := http.NewRequest(method, "http://"+v.address+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(v.cookies)) {
		pairs = append(pairs, name+"="+v.cookies[name])
	}
	if pairs != nil {
		header["Cookie"] = []string{strings.Join(pairs, "; ")}
	}
	resp, err := v.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range resp.Header["Set-Cookie"] {
		v.store(line)
	}
	return response{resp.StatusCode, resp.Header, string(content)}
}

// get asks for a page that has to be there.
func (v *visitor) get(t testing.TB, path string) response {
	t.Helper()
	got := v.do(t, http.MethodGet, path, http.Header{}, "")
	if got.status != http.StatusOK {
		t.Fatalf("GET %s: %d\n%s", path, got.status, got.body)
	}
	return got
}

var csrfField = regexp.MustCompile(`name="csrfmiddlewaretoken" value="([^"]+)"`)

// submit fills in a form of the catalogue, which has to lead back to it.
func (v *visitor) submit(t testing.TB, path string, form url.Values) {
	t.Helper()
	token := csrfField.FindStringSubmatch(v.get(t, "/").body)
	if token == nil {
		t.Fatal("no CSRF token in the catalogue")
	}
	form = maps.Clone(form)
	if form == nil {
		form = url.Values{}
	}
	form.Set("csrfmiddlewaretoken", token[1])
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	got := v.do(t, http.MethodPost, path, header, form.Encode())
	if got.status != http.StatusFound || got.header.Get("Location") != "/" {
		t.Fatalf("POST %s: %d to %q\n%s", path, got.status, got.header.Get("Location"), got.body)
	}
}

// echoed is what the portal received.
type echoed struct {
	Cookies map[string]string // as Django reads them
	Raw     *string           // the header as it came, in Latin-1; nil: there was none
}

func (e *echoed) raw() string {
	if e.Raw == nil {
		return ""
	}
	return *e.Raw
}

func (v *visitor) echo(t testing.TB) echoed {
	t.Helper()
	var reached echoed
	decode(t, v.get(t, "/echo/").body, &reached)
	return reached
}

type identity struct{ User, Language string }

func decode(t testing.TB, body string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(body), into); err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
}

// exchange sends a request over a connection of its own, with header fields as
// they are given, and returns the body of a response that has to be 200.
func exchange(t testing.TB, address, path, fields string) string {
	t.Helper()
	status, body := rawExchange(t, address, path, fields)
	if status != http.StatusOK {
		t.Fatalf("GET %s with\n%q\n%d\n%s", path, fields, status, body)
	}
	return body
}

func rawExchange(t testing.TB, address, path, fields string) (status int, body string) {
	t.Helper()
	connection, err := net.DialTimeout("tcp", address, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if err := connection.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintf(connection, "GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\nConnection: close\r\n\r\n", path, address, fields)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatalf("GET %s with\n%q\n%v", path, fields, err)
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(content)
}
