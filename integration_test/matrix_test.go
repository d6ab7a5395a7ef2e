package integration_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	_ "github.com/caddyserver/caddy/v2/modules/standard"
	"github.com/quic-go/quic-go/http3"

	_ "github.com/caddy-consent/caddy-consent"
)

// way is a row of the matrix: a request, and where the permitted cookie has to
// arrive.
type way struct {
	name     string
	method   string
	path     string
	status   int
	in1xx    bool // the permitted cookie arrives in each 1xx too
	noCookie bool // nothing permitted is sent in the head
	trailer  bool // the trailer X-Sum arrives
}

var matrix = []way{
	{name: "status 200", path: "/status/200", status: 200},
	{name: "status 204", path: "/status/204", status: 204},
	{name: "redirect", path: "/status/302", status: 302},
	{name: "not modified", path: "/status/304", status: 304},
	{name: "error status", path: "/status/500", status: 500},
	{name: "HEAD", method: "HEAD", path: "/status/200", status: 200},
	{name: "100", path: "/1xx/100", status: 200, in1xx: true},
	{name: "102", path: "/1xx/102", status: 200, in1xx: true},
	{name: "103", path: "/1xx/103", status: 200, in1xx: true},
	{name: "body before WriteHeader", path: "/write", status: 200},
	{name: "ReadFrom before WriteHeader", path: "/read-from", status: 200},
	{name: "headers while the body is read", path: "/read-lazily", status: 200},
	{name: "Flush before WriteHeader", path: "/flush", status: 200},
	{name: "FlushError before WriteHeader", path: "/flush-error", status: 200},
	{name: "nothing written", path: "/nothing", status: 200},
	{name: "error after headers", path: "/error", status: 418},
	{name: "headers after WriteHeader", path: "/late", status: 200},
	{name: "headers after WriteHeader, large body", path: "/late-and-large", status: 200},
	{name: "headers after WriteHeader, no body", path: "/late-and-nothing", status: 200},
	{name: "announced trailer", path: "/trailer-announced", status: 200, trailer: true},
	{name: "prefixed trailer", path: "/trailer-prefixed", status: 200, trailer: true},
	{name: "non-canonical keys", path: "/keys", status: 200},
	{name: "raw Hijack", path: "/hijack", status: 200},
	{name: "header directive", path: "/header-directive", status: 200},
	{name: "handle_errors", path: "/handled-error", status: 503},
	{name: "proxied", path: "/proxied/plain", status: 200},
	{name: "proxied 102 and 103", path: "/proxied/early", status: 200, in1xx: true},
	{name: "proxied announced trailer", path: "/proxied/announced", status: 200, trailer: true, noCookie: true},
	{name: "proxied head and trailer", path: "/proxied/head-and-trailer", status: 200, trailer: true},
	{name: "load balancer's cookie, dead upstream", path: "/balanced", status: 502, noCookie: true},
	{name: "file", path: "/files/large.bin", status: 200},
}

// leaksThroughNaive are the rows in which the naive wrapper fails, each on one
// protocol at least. Were one of them not here, the row would prove nothing.
var leaksThroughNaive = []string{
	"ReadFrom before WriteHeader", "Flush before WriteHeader", "FlushError before WriteHeader", "nothing written",
	"error after headers", "headers after WriteHeader", "headers after WriteHeader, large body",
	"headers after WriteHeader, no body", "announced trailer", "prefixed trailer", "non-canonical keys", "raw Hijack",
	"headers while the body is read", "100", "102", "103", "proxied 102 and 103", "proxied announced trailer", "proxied head and trailer",
	"load balancer's cookie, dead upstream",
}

// TestMatrix: no cookie that is not permitted leaves the gateway on any way out
// that HTTP has, and the permitted one arrives (S3).
func TestMatrix(t *testing.T) {
	servers := startMatrix(t)
	for protocol, client := range clients(t) {
		for _, row := range matrix {
			t.Run(protocol+"/"+row.name, func(t *testing.T) {
				got := servers.ask(t, client, servers.gateway, row)
				for _, line := range got.leaks() {
					t.Errorf("%q got out", line)
				}
				if got.status != row.status {
					t.Errorf("status %d, want %d", got.status, row.status)
				}
				if arrived := slices.Contains(got.head, permittedLine); !arrived && !row.noCookie {
					t.Errorf("the permitted cookie was lost: head %q", got.head)
				}
				if row.in1xx {
					if len(got.early) == 0 {
						t.Error("no 1xx arrived")
					}
					for _, lines := range got.early {
						if !slices.Contains(lines, permittedLine) {
							t.Errorf("the permitted cookie was lost in a 1xx: %q", lines)
						}
					}
				}
				if row.trailer && got.trailer.Get("X-Sum") != "7" {
					t.Errorf("another trailer was lost: %v", got.trailer)
				}
			})
		}
	}
}

// visitors are those that have come to the matrix to have a cookie deleted: each has
// another one.
var visitors int

// TestMatrixDeletes: a refused cookie that comes with a page is deleted on every way
// out, in the final head alone (X1, X4).
func TestMatrixDeletes(t *testing.T) {
	servers := startMatrix(t)
	for protocol, client := range clients(t) {
		for _, row := range matrix {
			if row.method != "" {
				continue // no browser goes to a page by HEAD
			}
			t.Run(protocol+"/"+row.name, func(t *testing.T) {
				visitors++
				const deletion = "_ga=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Secure"
				got := servers.ask(t, client, servers.gateway, row,
					"Accept", "text/html", "Cookie", fmt.Sprintf(`sessionid=S; _ga=%d; cookies_preferences={"ga":false}`, visitors))
				lines := slices.DeleteFunc(slices.Clone(got.head), func(line string) bool { return line == permittedLine })
				if !slices.Equal(lines, []string{deletion}) {
					t.Errorf("besides the permitted cookie the head has %q", lines)
				}
				for _, line := range slices.Concat(append(slices.Clone(got.early), got.trailer["Set-Cookie"])...) {
					if line != permittedLine {
						t.Errorf("%q in a 1xx or a trailer", line)
					}
				}
				if control := got.header.Get("Cache-Control"); control != "private" {
					t.Errorf("X5: Cache-Control is %q", control)
				}
			})
		}
	}
}

// TestMatrixCanFail sends the naive wrapper through the same matrix.
func TestMatrixCanFail(t *testing.T) {
	servers := startMatrix(t)
	leaked := make(map[string]bool)
	for _, client := range clients(t) {
		for _, row := range matrix {
			if len(servers.ask(t, client, servers.naive, row).leaks()) > 0 {
				leaked[row.name] = true
			}
		}
	}
	for _, name := range leaksThroughNaive {
		if !leaked[name] {
			t.Errorf("row %q does not tell a naive wrapper from the gateway", name)
		}
	}
	if len(leaked) == 0 {
		t.Fatal("the matrix cannot fail")
	}
	t.Logf("the naive wrapper leaks in %d of %d rows: %q", len(leaked), len(matrix), slices.Sorted(maps.Keys(leaked)))
}

// outcome is everything of a response that can bring cookies.
type outcome struct {
	status  int
	head    []string
	early   [][]string
	trailer http.Header
	header  http.Header
	body    []byte
}

// leaks are the lines that are not the permitted one, wherever they stand.
func (o *outcome) leaks() []string {
	all := slices.Concat(append(slices.Clone(o.early), o.head, o.trailer["Set-Cookie"], o.trailer["Set-Cookie2"], o.header["Set-Cookie2"])...)
	return slices.DeleteFunc(all, func(line string) bool { return line == permittedLine })
}

func (s *matrixServers) ask(t *testing.T, client *http.Client, address string, row way, header ...string) *outcome {
	t.Helper()
	var got outcome
	var mutex sync.Mutex // 1xx are reported by the transport's goroutine
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
		Got1xxResponse: func(_ int, header textproto.MIMEHeader) error {
			mutex.Lock()
			defer mutex.Unlock()
			got.early = append(got.early, header["Set-Cookie"])
			return nil
		},
	})
	request, err := http.NewRequestWithContext(ctx, row.method, address+row.path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	got.body, err = io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	mutex.Lock()
	defer mutex.Unlock()
	got.status, got.head, got.trailer, got.header = response.StatusCode, response.Header["Set-Cookie"], response.Trailer, response.Header
	return &got
}

// clients are one for each version of HTTP. They follow no redirect and keep no
// cookie.
func clients(t *testing.T) map[string]*http.Client {
	t.Helper()
	// The gateway's certificate is its own; what is tested here is not trust.
	insecure := &tls.Config{InsecureSkipVerify: true} //nolint:gosec
	only := func(version func(*http.Protocols)) *http.Transport {
		transport := &http.Transport{TLSClientConfig: insecure.Clone(), Protocols: new(http.Protocols)}
		version(transport.Protocols)
		t.Cleanup(transport.CloseIdleConnections)
		return transport
	}
	quic := &http3.Transport{TLSClientConfig: insecure.Clone()}
	t.Cleanup(func() { quic.Close() })
	all := make(map[string]*http.Client)
	for name, transport := range map[string]http.RoundTripper{
		"HTTP/1.1": only(func(p *http.Protocols) { p.SetHTTP1(true) }),
		"HTTP/2":   only(func(p *http.Protocols) { p.SetHTTP2(true) }),
		"HTTP/3":   quic,
	} {
		all[name] = &http.Client{
			Transport:     checkProtocol{transport, name},
			Timeout:       30 * time.Second,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	return all
}

// checkProtocol refuses an answer in another version than the row says.
type checkProtocol struct {
	http.RoundTripper
	want string
}

func (c checkProtocol) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := c.RoundTripper.RoundTrip(r)
	if err == nil && !strings.HasPrefix(response.Proto, c.want) {
		return nil, fmt.Errorf("answered in %s, expected %s", response.Proto, c.want)
	}
	return response, err
}

// matrixServers are the sites of the one Caddy of this test process.
type matrixServers struct {
	gateway, naive, plain string // plain is the gateway without TLS
	report, bare          string // the gateway in mode report, and nothing at all
	plainReport           string // these without TLS
	plainBare             string
	recorder              *recorder // the backend under /raw/
	file                  []byte
}

// matrixOnce holds what startMatrix started, for the whole test process: there
// is one Caddy in it at a time.
var matrixOnce struct {
	sync.Once
	servers *matrixServers
	stop    []func()
}

// startMatrix loads Caddy into this process, with the gateway and the naive
// wrapper in front of the same ways out. TestMain unloads it.
func startMatrix(t *testing.T) *matrixServers {
	t.Helper()
	matrixOnce.Do(func() { matrixOnce.servers = loadMatrix(t) })
	if matrixOnce.servers == nil {
		t.Fatal("the servers of the matrix did not start")
	}
	return matrixOnce.servers
}

func TestMain(m *testing.M) {
	code := m.Run()
	for _, stop := range slices.Backward(matrixOnce.stop) {
		stop()
	}
	os.RemoveAll(builtGateway.dir)
	os.RemoveAll(fetchedManagers.dir)
	os.Exit(code)
}

func loadMatrix(t *testing.T) *matrixServers {
	t.Helper()
	dir, err := os.MkdirTemp("", "cookie-consent-matrix-*")
	if err != nil {
		t.Fatal(err)
	}
	matrixOnce.stop = append(matrixOnce.stop, func() { os.RemoveAll(dir) })
	s := &matrixServers{file: bytes.Repeat([]byte("0123456789abcdef"), 1<<16), recorder: newRecorder(t)}
	policyFile := filepath.Join(dir, "policy.yaml")
	write(t, policyFile, []byte(matrixPolicy))
	if err := os.Mkdir(filepath.Join(dir, "files"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "files", "large.bin"), s.file)

	origin, tunnel := newOrigin(t), newTunnel(t)
	site := func(directive string) string {
		return directive + `
	header /header-directive >Set-Cookie _ga "_ga"
	header /header-directive +Set-Cookie "` + trackerLine + `"
	@deferred path /header-directive
	header @deferred {
		+Set-Cookie "` + unlistedLine + `"
		defer
	}
	header /files/* +Set-Cookie "` + permittedLine + `"
	header /files/* +Set-Cookie "` + trackerLine + `"
	way_out
	reverse_proxy /proxied/* ` + origin.Listener.Addr().String() + `
	reverse_proxy /tunnel* ` + tunnel + `
	reverse_proxy /raw/* ` + s.recorder.address + `
	reverse_proxy /balanced {
		to 127.0.0.1:1 127.0.0.1:2
		lb_policy cookie _ga
		lb_retries 0
	}
	handle /files/* {
		root ` + dir + `
		file_server
	}
	error /handled-error 503
	handle_errors 503 {
		` + directive + `
		header {
			+Set-Cookie "` + permittedLine + `"
			+Set-Cookie "` + trackerLine + `"
		}
		respond "failed" 503
	}`
	}
	reportFile := filepath.Join(dir, "report.yaml")
	write(t, reportFile, []byte(matrixPolicy+"expire: undecided\nexpire_unlisted: true\ngpc_json: true\nupdated: 2026-01-31\nsignals: {gpc: [statistical]}\n"))
	reports := "cookie_consent " + reportFile + " {\n\t\tmode report\n\t\tupstream_header X-Cookie-Consent\n\t}"
	ports := []int{freePort(t), freePort(t), freePort(t)}
	s.report, s.bare = fmt.Sprintf("https://localhost:%d", freePort(t)), fmt.Sprintf("https://localhost:%d", freePort(t))
	s.plainReport, s.plainBare = fmt.Sprintf("127.0.0.1:%d", freePort(t)), fmt.Sprintf("127.0.0.1:%d", freePort(t))
	s.gateway, s.naive = fmt.Sprintf("https://localhost:%d", ports[0]), fmt.Sprintf("https://localhost:%d", ports[1])
	s.plain = fmt.Sprintf("localhost:%d", ports[2])
	config := fmt.Sprintf(`{
	admin off
	skip_install_trust
	storage file_system %s
	log {
		level ERROR
	}
}
%s {
	tls internal
	%s
}
%s {
	tls internal
	%s
}
http://%s {
	%s
}
%s {
	tls internal
	%s
}
%s {
	tls internal
	%s
}
http://:%s {
	bind 127.0.0.1
	%s
}
http://:%s {
	bind 127.0.0.1
	%s
}
`, dir, s.gateway, site("cookie_consent "+policyFile), s.naive, site("naive_consent"), s.plain, site("cookie_consent "+policyFile),
		s.report, site(reports), s.bare, site(""),
		strings.TrimPrefix(s.plainReport, "127.0.0.1:"), site(reports), strings.TrimPrefix(s.plainBare, "127.0.0.1:"), site(""))

	adapted, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(config), map[string]any{"filename": "Caddyfile"})
	if err != nil {
		t.Fatal(err)
	}
	if err := caddy.Load(adapted, true); err != nil {
		t.Fatal(err)
	}
	matrixOnce.stop = append(matrixOnce.stop, func() { _ = caddy.Stop() })
	awaitCertificate(t, s.gateway)
	awaitCertificate(t, s.naive)
	awaitCertificate(t, s.report)
	awaitCertificate(t, s.bare)
	return s
}

// awaitCertificate waits until Caddy has issued itself a certificate, which it
// does in the background.
func awaitCertificate(t *testing.T, address string) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := tls.Dial("tcp", strings.TrimPrefix(address, "https://"), &tls.Config{InsecureSkipVerify: true}) //nolint:gosec
		if err == nil {
			conn.Close()
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("no certificate for %s: %v", address, err)
		}
	}
}

const matrixPolicy = `
version: 1
categories:
  - {id: necessary, consent: none}
  - {id: statistical, consent: required}
services:
  - {id: portal, category: necessary, cookies: [sessionid, csrftoken, cookies_preferences]}
  - {id: ga, category: statistical, cookies: [_ga]}
`

func write(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestFile: a file of a MiB arrives whole.
func TestFile(t *testing.T) {
	servers := startMatrix(t)
	for protocol, client := range clients(t) {
		got := servers.ask(t, client, servers.gateway, way{path: "/files/large.bin"})
		if !bytes.Equal(got.body, servers.file) {
			t.Errorf("%s: %d bytes arrived of %d", protocol, len(got.body), len(servers.file))
		}
	}
}

// TestServerSentEvents: each event arrives before the next is sent.
func TestServerSentEvents(t *testing.T) {
	servers := startMatrix(t)
	for protocol, client := range clients(t) {
		t.Run(protocol, func(t *testing.T) {
			response, err := client.Get(servers.gateway + "/proxied/events")
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if got := response.Header["Set-Cookie"]; !slices.Equal(got, []string{permittedLine}) {
				t.Errorf("Set-Cookie %q", got)
			}
			lines := bufio.NewScanner(response.Body)
			for i := range 3 {
				for lines.Scan() && lines.Text() == "" {
				}
				if want := "data: " + strconv.Itoa(i); lines.Text() != want {
					t.Fatalf("event %q, want %q: %v", lines.Text(), want, lines.Err())
				}
				eventSeen <- struct{}{}
			}
		})
	}
}

// TestRequestTrailers: a cookie in the request's trailers does not get through
// the reverse proxy, and other trailers do (Q9).
func TestRequestTrailers(t *testing.T) {
	servers := startMatrix(t)
	for protocol, client := range clients(t) {
		t.Run(protocol, func(t *testing.T) {
			request, err := http.NewRequest("POST", servers.gateway+"/proxied/trailers", io.MultiReader(strings.NewReader("body")))
			if err != nil {
				t.Fatal(err)
			}
			request.Trailer = http.Header{"Cookie": {"_ga=1"}, "X-Sum": {"7"}}
			response, err := client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(body), "_ga") || strings.Contains(string(body), "Cookie") {
				t.Errorf("the trailers that reached the portal: %s", body)
			}
			if protocol == "HTTP/1.1" && !strings.Contains(string(body), `"X-Sum":["7"]`) {
				t.Errorf("another trailer was lost: %s", body)
			}
		})
	}
}
