package integration_test

//lint:file-ignore SA1019 net/http's client refuses the :protocol header of an extended CONNECT; http2's sends it.

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// TestTunnel upgrades a connection over HTTP/1.1, as a WebSocket does: the 101
// is filtered, and the tunnel echoes what is sent through it (S3).
func TestTunnel(t *testing.T) {
	servers := startMatrix(t)
	conn, err := net.Dial("tcp", servers.plain)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintf(conn, "GET /tunnel HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Key: dGVzdCBrZXkgZm9yIHVzCg==\r\nSec-WebSocket-Version: 13\r\nCookie: _ga=1; sessionid=S\r\n\r\n", servers.plain)
	if err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(conn)
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("status %s", response.Status)
	}
	checkTunnelHead(t, response.Header)
	checkEcho(t, conn, reader)
}

// TestOtherTunnels: no other protocol than WebSocket gets a tunnel (Q11), in which requests
// could have any cookies. The backend, which wants an upgrade, sees that none is asked for;
// and one that upgrades all the same is not believed: Caddy
// answers with nothing.
func TestOtherTunnels(t *testing.T) {
	servers := startMatrix(t)
	for _, row := range []struct {
		name, path, fields string
		want               int
	}{
		{"HTTP/2 in plain text", "/tunnel", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n", http.StatusUpgradeRequired},
		{"TLS", "/tunnel", "Connection: Upgrade\r\nUpgrade: TLS/1.2\r\n", http.StatusUpgradeRequired},
		{"one of two", "/tunnel", "Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n", http.StatusUpgradeRequired},
		{"one of two lines", "/tunnel", "Connection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n", http.StatusUpgradeRequired},
		{"nobody knows which", "/tunnel", "Connection: Upgrade\r\nUpgrade: websockets\r\n", http.StatusUpgradeRequired},
		{"nobody knows which, and the backend does it", "/tunnel/unasked", "Connection: Upgrade\r\nUpgrade: any\r\n", http.StatusOK},
		{"none, and the backend does it", "/tunnel/unasked", "", http.StatusOK},
		{"none, and the backend does not say to what", "/tunnel/to-nothing", "", http.StatusOK},
		{"WebSocket, but not of the connection", "/tunnel/to-nothing", "Upgrade: websocket\r\n", http.StatusOK},
	} {
		t.Run(row.name, func(t *testing.T) {
			status, _ := rawExchange(t, servers.plain, row.path, row.fields+"Cookie: _ga=1")
			if status != row.want {
				t.Errorf("Q11: status %d, want %d", status, row.want)
			}
		})
	}
}

// TestTunnelHTTP2 does the same with an extended CONNECT (RFC 8441). Go's server
// offers it where GODEBUG says so when the process starts, so it is the built
// gateway that runs here.
func TestTunnelHTTP2(t *testing.T) {
	port := freePort(t)
	policyFile := t.TempDir() + "/policy.yaml"
	write(t, policyFile, []byte(matrixPolicy))
	tunnel := newTunnel(t)
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
`, port, policyFile, tunnel), "GODEBUG=http2xconnect=1")

	transport := &http2.Transport{
		AllowHTTP: true, // with prior knowledge, so that the test needs no certificate
		DialTLSContext: func(ctx context.Context, network, addr string, _ *tls.Config) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, addr)
		},
	}
	defer transport.CloseIdleConnections()
	body, send := io.Pipe()
	defer send.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	request := (&http.Request{
		Method: "CONNECT",
		URL:    &url.URL{Scheme: "http", Host: fmt.Sprintf("localhost:%d", port), Path: "/tunnel"},
		Header: http.Header{":protocol": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Cookie": {"_ga=1; sessionid=S"}},
		Body:   body,
	}).WithContext(ctx)
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("status %s", response.Status)
	}
	checkTunnelHead(t, response.Header)
	checkEcho(t, send, bufio.NewReader(response.Body))
}

func checkTunnelHead(t *testing.T, header http.Header) {
	t.Helper()
	if got := header["Set-Cookie"]; !slices.Equal(got, []string{permittedLine}) {
		t.Errorf("Set-Cookie %q", got)
	}
	if got := header.Get("X-Cookie"); got != "sessionid=S" {
		t.Errorf("the backend got the cookies %q", got)
	}
}

// checkEcho sends two lines and reads each before it sends the next.
func checkEcho(t *testing.T, send io.Writer, receive *bufio.Reader) {
	t.Helper()
	for _, line := range []string{"first\n", "second " + strings.Repeat("x", 4096) + "\n"} {
		if _, err := io.WriteString(send, line); err != nil {
			t.Fatal(err)
		}
		got, err := receive.ReadString('\n')
		if err != nil || got != line {
			t.Fatalf("sent %.20q, got back %.20q: %v", line, got, err)
		}
	}
}
