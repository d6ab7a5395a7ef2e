package enforcer

import (
	"cmp"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
)

// upgrading is a request for another protocol.
func upgrading(lines ...string) *http.Request {
	r := httptest.NewRequest("GET", "/", nil)
	r.Header["Connection"], r.Header["Upgrade"] = []string{"keep-alive, Upgrade"}, lines
	return r
}

// TestUpgrades: only a WebSocket gets a tunnel (Q11).
func TestUpgrades(t *testing.T) {
	t.Parallel()
	connect := func(major int, proto string, lines ...string) *http.Request {
		r := httptest.NewRequest("CONNECT", "/", nil)
		r.ProtoMajor, r.Proto = major, proto
		if lines != nil {
			r.Header[":protocol"] = lines
		}
		return r
	}
	changed := func(change func(r *http.Request)) *http.Request {
		r := upgrading("websocket")
		change(r)
		return r
	}
	for _, row := range []struct {
		name    string
		request *http.Request
		status  int
	}{
		{"WebSocket", upgrading("websocket"), 101},
		{"WebSocket in capitals", upgrading("WebSocket"), 101},
		{"white space", upgrading(" websocket\t"), 101},
		{"HTTP/2", upgrading("h2c"), 502},
		{"TLS", upgrading("TLS/1.2"), 502},
		{"several", upgrading("websocket, h2c"), 502},
		{"several lines", upgrading("websocket", "h2c"), 502},
		{"WebSocket twice", upgrading("websocket", "websocket"), 502},
		{"another name", upgrading("websocket2"), 502},
		{"nothing", upgrading(""), 502},
		{"none", httptest.NewRequest("GET", "/", nil), 502},
		{"WebSocket, but not for the connection", changed(func(r *http.Request) { r.Header["Connection"] = []string{"keep-alive"} }), 502},
		{"WebSocket by POST", changed(func(r *http.Request) { r.Method = "POST" }), 502},
		{"WebSocket over HTTP/1.0", changed(func(r *http.Request) { r.ProtoMinor = 0 }), 502},
		{"an upgrade over HTTP/3", changed(func(r *http.Request) { r.ProtoMajor, r.ProtoMinor = 3, 0 }), 502},
		{"a tunnel", connect(1, "HTTP/1.1"), 501},
		{"a tunnel, and WebSocket over HTTP/1.1", connect(1, "HTTP/1.1", "websocket"), 501},
		{"WebSocket over HTTP/2", connect(2, "HTTP/2.0", "websocket"), 101},
		{"in capitals over HTTP/2", connect(2, "HTTP/2.0", "WebSocket"), 501}, // no proxy makes an upgrade of it
		{"another one over HTTP/2", connect(2, "HTTP/2.0", "connect-udp"), 501},
		{"a tunnel of HTTP/2", connect(2, "HTTP/2.0"), 501},
		{"WebSocket over HTTP/3", connect(3, "websocket"), 101},
		{"another one over HTTP/3", connect(3, "webtransport"), 501},
		{"a tunnel of HTTP/3", connect(3, "HTTP/3.0"), 501},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for _, report := range []bool{false, true} {
				want := row.request.Header.Clone()
				status := row.status
				if report {
					status = http.StatusSwitchingProtocols
				}
				if status == http.StatusBadGateway {
					delete(want, "Upgrade")
					if want["Connection"] != nil {
						want["Connection"] = []string{"keep-alive"}
					}
				}
				e := newEnforcer(t, "strip")
				e.ReportOnly = report
				handled := false
				w := &statusWriter{ResponseRecorder: httptest.NewRecorder()}
				e.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					handled = true
					if !maps.EqualFunc(r.Header, want, slices.Equal) {
						t.Errorf("report: %t: the backend gets %v, want %v", report, r.Header, want)
					}
					w.WriteHeader(http.StatusSwitchingProtocols)
				})).ServeHTTP(w, row.request.Clone(t.Context()))
				if w.first != status || handled != (status != http.StatusNotImplemented) {
					t.Errorf("report: %t: status %d, want %d; the backend was asked: %t", report, w.first, status, handled)
				}
			}
		})
	}
}

// statusWriter remembers the first status, be it a 1xx.
type statusWriter struct {
	*httptest.ResponseRecorder
	first int
}

func (w *statusWriter) WriteHeader(status int) {
	w.first = cmp.Or(w.first, status)
	w.ResponseRecorder.WriteHeader(status)
}
