package integration_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestMatrixReports: on every way out, under mode report, the browser gets what it
// gets from plain Caddy.
func TestMatrixReports(t *testing.T) {
	servers := startMatrix(t)
	rows := append([]way{
		{name: "gpc.json", path: "/.well-known/gpc.json"}, // which the policy publishes
		{name: "nothing there", path: "/nothing-there"},
	}, sameRows()...)
	header := []string{
		"Accept", "text/html", "Sec-Gpc", "1", "Cookie", `_ga=1; sessionid=S, _ga=2; shiny=3; nameless; cookies_preferences={"ga":false}`,
	}
	for protocol, client := range clients(t) {
		for _, row := range rows {
			t.Run(protocol+"/"+row.name, func(t *testing.T) {
				got := servers.ask(t, client, servers.report, row, header...)
				want := servers.ask(t, client, servers.bare, row, header...)
				for _, o := range []*outcome{got, want} {
					o.header.Del("Date")
					o.header.Del("Alt-Svc") // has the port
					for i, line := range o.head {
						o.head[i] = made.Replace(line)
					}
					slices.Sort(o.head) // of several keys, the order is by chance
				}
				if !reflect.DeepEqual(got, want) {
					t.Errorf("got\n%+v\nwant\n%+v", got, want)
				}
			})
		}
	}
}

// TestReportBytes: the same byte by byte, in both directions.
func TestReportBytes(t *testing.T) {
	servers := startMatrix(t)
	const cookies = "Cookie: _ga=1;  sessionid=S , _ga=2;;\r\ncookie: cookies_preferences=%7B%22ga%22%3Afalse%7D\r\nCookie2: $Version=1\r\n" +
		"X-Cookie-Consent: statistical=?1\r\nSec-GPC: 1\r\nAccept: text/html\r\n"
	requests := map[string]string{
		"to the portal":                "GET /raw/x HTTP/1.1\r\nHost: portal.example.org\r\n" + cookies + "Connection: close\r\n\r\n",
		"to the portal, with trailers": "POST /raw/x HTTP/1.1\r\nHost: portal.example.org\r\n" + cookies + "Transfer-Encoding: chunked\r\nTrailer: Cookie, X-Sum\r\nConnection: close\r\n\r\n4\r\nbody\r\n0\r\nCookie: _ga=1\r\nX-Sum: 7\r\n\r\n",
	}
	for _, row := range sameRows() {
		method := "GET"
		if row.method != "" {
			method = row.method
		}
		requests[row.name] = method + " " + row.path + " HTTP/1.1\r\nHost: portal.example.org\r\n" + cookies + "Connection: close\r\n\r\n"
	}
	for name, request := range requests {
		t.Run(name, func(t *testing.T) {
			var answers, received []string
			for _, address := range []string{servers.plainReport, servers.plainBare} {
				answers = append(answers, made.Replace(converse(t, address, request)))
				received = append(received, servers.recorder.take())
			}
			if answers[0] != answers[1] {
				t.Errorf("to the browser:\n%q\nplain Caddy:\n%q", answers[0], answers[1])
			}
			if received[0] != received[1] {
				t.Errorf("to the portal:\n%q\nplain Caddy:\n%q", received[0], received[1])
			}
			if wantsPortal := strings.Contains(name, "portal"); wantsPortal != strings.Contains(received[1], "_ga=1") {
				t.Errorf("the portal received %q", received[1])
			}
		})
	}
}

// sameRows are the rows in which plain Caddy does the same: its writer has no Flush.
func sameRows() []way {
	return slices.DeleteFunc(slices.Clone(matrix), func(row way) bool { return row.path == "/flush" })
}

// made are parts of responses that Caddy makes anew each time: the date, the cookie
// of the load balancer, and the order of announced trailers.
var made = masks{
	regexp.MustCompile(`Date: [^\r]*`), regexp.MustCompile(`_ga=[0-9a-f]{64}`), regexp.MustCompile(`Trailer: (X-Sum, Set-Cookie|Set-Cookie, X-Sum)`),
}

type masks []*regexp.Regexp

// Replace masks all of them.
func (m masks) Replace(text string) string {
	for _, mask := range m {
		text = mask.ReplaceAllString(text, "…")
	}
	return text
}

// converse sends bytes, and returns all that comes back.
func converse(t *testing.T, address, request string) string {
	t.Helper()
	connection, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if err := connection.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(connection, request); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(connection)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

// recorder is a backend that remembers the bytes of the last request.
type recorder struct {
	address  string
	received chan string
}

func newRecorder(t *testing.T) *recorder {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	matrixOnce.stop = append(matrixOnce.stop, func() { listener.Close() })
	r := &recorder{listener.Addr().String(), make(chan string, 1)}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			r.serve(connection)
		}
	}()
	return r
}

func (r *recorder) serve(connection net.Conn) {
	defer connection.Close()
	var bytesRead bytes.Buffer
	request, err := http.ReadRequest(bufio.NewReader(io.TeeReader(connection, &bytesRead)))
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, request.Body)
	r.received <- bytesRead.String()
	_, _ = fmt.Fprintf(connection, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\nSet-Cookie: %s\r\n\r\n", trackerLine)
}

// take returns the last request, or nothing where there was none.
func (r *recorder) take() string {
	select {
	case request := <-r.received:
		return request
	default:
		return ""
	}
}

// TestPortalReports: the Django portal, and its visitors, cannot tell a report from
// plain Caddy.
func TestPortalReports(t *testing.T) {
	portal := startPortal(t)
	report, bare := fmt.Sprintf("127.0.0.1:%d", freePort(t)), fmt.Sprintf("127.0.0.1:%d", freePort(t))
	startCaddy(t, fmt.Sprintf(`{
	admin off
}
http://:%s {
	bind 127.0.0.1
	cookie_consent %q {
		mode report
		upstream_header X-Cookie-Consent
		access_log
	}
	reverse_proxy %[3]s
}
http://:%[4]s {
	bind 127.0.0.1
	reverse_proxy %[3]s
}
`, report[len("127.0.0.1:"):], portalPolicy(t), portal, bare[len("127.0.0.1:"):]))

	v := newVisitor(t, report)
	v.checkLogIn(t)
	session, _ := v.cookie("sessionid")
	for name, choice := range map[string]string{
		"no choice": "", "granted": scriptChoice(time.Now(), true), "refused": scriptChoice(time.Now(), false), "garbled": "%7B%",
	} {
		for _, path := range []string{"/", "/echo/", "/trackers/", "/api/records/", "/whoami/", "/nothing-there/", "/deep/er"} {
			t.Run(name+path, func(t *testing.T) {
				cookies := "Cookie: sessionid=" + session + "; _ga=GA1.1.1; shiny=1;_pk_id.1.1fff=1"
				if choice != "" {
					cookies += "; cookies_preferences=" + choice
				}
				request := "GET " + path + " HTTP/1.1\r\nHost: data.example.org\r\nAccept: text/html\r\n" + cookies + "\r\nConnection: close\r\n\r\n"
				var answers []string
				for _, address := range []string{report, bare} {
					answers = append(answers, madeByDjango.Replace(made.Replace(converse(t, address, request))))
				}
				if answers[0] != answers[1] {
					t.Errorf("got\n%s\nwant\n%s", answers[0], answers[1])
				}
				if path == "/echo/" && !strings.Contains(answers[0], "shiny=1;_pk_id.1.1fff=1") {
					t.Errorf("not all reached the portal:\n%s", answers[0])
				}
			})
		}
	}
}

// madeByDjango are parts of responses that Django makes anew each time.
var madeByDjango = masks{
	regexp.MustCompile(`csrf[a-z]*"?[^;>\n]*`), regexp.MustCompile(`(?i)expires=[^;\r]*`),
}
