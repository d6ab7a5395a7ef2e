package integration_test

//lint:file-ignore SA1019 net/http's client refuses the :protocol header of an extended CONNECT; http2's sends it.

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// TestConnect: CONNECT opens no tunnel to the portal (Q11). What a client sends in it would
// reach the portal as it is: a portal that refuses the first request reads a second one in
// it, with any cookies.
func TestConnect(t *testing.T) {
	port := freePort(t)
	policyFile := t.TempDir() + "/policy.yaml"
	write(t, policyFile, []byte(matrixPolicy))
	portal := newRawPortal(t)
	startCaddy(t, fmt.Sprintf(`{
	admin off
	servers {
		protocols h1 h2c
	}
}
http://localhost:%d {
	cookie_consent %s
	reverse_proxy %s
}
`, port, policyFile, portal.address), "GODEBUG=http2xconnect=1")
	address := fmt.Sprintf("localhost:%d", port)
	smuggled := fmt.Sprintf("GET /smuggled HTTP/1.1\r\nHost: %s\r\nCookie: _ga=1\r\n\r\n", address)

	for _, row := range []struct {
		name, protocol string
		version        int
	}{
		{"HTTP/1.1", "", 1},
		{"HTTP/2", "", 2},
		{"HTTP/2, UDP", "connect-udp", 2},
		{"HTTP/2, WebTransport", "webtransport", 2},
		{"HTTP/2, a WebSocket in capitals", "WebSocket", 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			portal.forget()
			var status int
			if row.version == 1 {
				status = connect(t, address, smuggled)
			} else {
				status = connectHTTP2(t, address, row.protocol, smuggled)
			}
			if status != http.StatusNotImplemented {
				t.Errorf("status %d, want 501", status)
			}
			if got := portal.got(); got != "" {
				t.Errorf("Q11: the portal got %q", got)
			}
		})
	}
}

// connect asks for a tunnel, and sends something into it.
func connect(t *testing.T, address, send string) int {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(conn, "CONNECT %s HTTP/1.1\r\nHost: %[1]s\r\nConnection: close\r\n\r\n%s", address, send); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil && len(answer) == 0 {
		t.Fatal(err)
	}
	var status int
	if _, err := fmt.Sscanf(string(answer), "HTTP/1.1 %d", &status); err != nil {
		t.Fatalf("%q: %v", answer, err)
	}
	return status
}

func connectHTTP2(t *testing.T, address, protocol, send string) int {
	t.Helper()
	transport := &http2.Transport{
		AllowHTTP: true,
		DialTLSContext: func(ctx context.Context, network, addr string, _ *tls.Config) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, addr)
		},
	}
	defer transport.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	request := (&http.Request{
		Method: "CONNECT",
		URL:    &url.URL{Scheme: "http", Host: address},
		Host:   address,
		Header: http.Header{},
		Body:   io.NopCloser(strings.NewReader(send)),
	}).WithContext(ctx)
	if protocol != "" {
		request.Header[":protocol"], request.URL.Path = []string{protocol}, "/"
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}

// rawPortal remembers all bytes that it gets, and says of each request that there is no
// such thing.
type rawPortal struct {
	address string
	mutex   sync.Mutex
	bytes   bytes.Buffer
}

func newRawPortal(t *testing.T) *rawPortal {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &rawPortal{address: listener.Addr().String()}
	server := &http.Server{Handler: http.NotFoundHandler()}
	go func() { _ = server.Serve(recordingListener{listener, p}) }()
	t.Cleanup(func() { _ = server.Close() })
	return p
}

func (p *rawPortal) Write(b []byte) (int, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.bytes.Write(b)
}

func (p *rawPortal) got() string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.bytes.String()
}

func (p *rawPortal) forget() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.bytes.Reset()
}

type recordingListener struct {
	net.Listener
	portal *rawPortal
}

func (l recordingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	return recordedConn{conn, l.portal}, err
}

type recordedConn struct {
	net.Conn
	portal *rawPortal
}

func (c recordedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	_, _ = c.portal.Write(b[:n])
	return n, err
}
