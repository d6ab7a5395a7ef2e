package integration_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// newOrigin starts a portal that the reverse proxy forwards to: the ways out
// that begin at a backend.
func newOrigin(t testing.TB) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/proxied/plain", func(w http.ResponseWriter, _ *http.Request) {
		addCookies(w.Header())
		_, _ = io.WriteString(w, "body")
	})
	mux.HandleFunc("/proxied/early", func(w http.ResponseWriter, _ *http.Request) {
		for _, status := range []int{http.StatusProcessing, http.StatusEarlyHints} {
			w.Header().Del("Set-Cookie")
			addCookies(w.Header())
			w.WriteHeader(status)
		}
		_, _ = io.WriteString(w, "body")
	})
	mux.HandleFunc("/proxied/announced", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "X-Sum, Set-Cookie")
		_, _ = io.WriteString(w, "body")
		w.Header().Set("X-Sum", "7")
		addCookies(w.Header())
	})
	mux.HandleFunc("/proxied/head-and-trailer", func(w http.ResponseWriter, _ *http.Request) {
		addCookies(w.Header())
		w.Header().Set("Content-Type", "text/plain") // or Caddy finds it out where the body is fast enough
		_ = http.NewResponseController(w).Flush()    // trailers need a chunked body
		_, _ = io.WriteString(w, "body")
		w.Header().Set(http.TrailerPrefix+"X-Sum", "7")
		w.Header().Set(http.TrailerPrefix+"Set-Cookie", trackerLine)
	})
	mux.HandleFunc("/proxied/events", func(w http.ResponseWriter, r *http.Request) {
		addCookies(w.Header())
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range 3 {
			_, _ = fmt.Fprintf(w, "data: %d\n\n", i)
			_ = http.NewResponseController(w).Flush()
			select {
			case <-eventSeen: // the visitor has it
			case <-r.Context().Done():
				return
			}
		}
	})
	mux.HandleFunc("/proxied/trailers", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = fmt.Fprintf(w, "%q", r.Trailer)
	})
	mux.HandleFunc("/proxied/cookies", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "%q", r.Header["Cookie"])
	})
	server := httptest.NewServer(mux)
	matrixOnce.stop = append(matrixOnce.stop, server.Close)
	return server
}

// eventSeen is told by the visitor of each event that arrived.
var eventSeen = make(chan struct{})

// newTunnel starts a backend that answers every request with a 101 and then
// echoes, and sends all cookies with the 101.
func newTunnel(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	matrixOnce.stop = append(matrixOnce.stop, func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go echoTunnel(conn)
		}
	}()
	return listener.Addr().String()
}

func echoTunnel(conn net.Conn) {
	defer conn.Close()
	reader := bufio.NewReader(conn)
	request, err := http.ReadRequest(reader)
	if err != nil {
		return
	}
	if request.Header.Get("Upgrade") == "" && !strings.HasPrefix(request.URL.Path, "/tunnel/") {
		_, _ = io.WriteString(conn, "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n")
		return
	}
	var head strings.Builder
	head.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n")
	if request.URL.Path != "/tunnel/to-nothing" {
		head.WriteString("Upgrade: websocket\r\nSec-WebSocket-Accept: test\r\n")
	}
	for _, line := range []string{permittedLine, trackerLine, unlistedLine} {
		head.WriteString("Set-Cookie: " + line + "\r\n")
	}
	head.WriteString("X-Cookie: " + request.Header.Get("Cookie") + "\r\n\r\n")
	if _, err := io.WriteString(conn, head.String()); err != nil {
		return
	}
	_, _ = io.Copy(conn, reader)
}
