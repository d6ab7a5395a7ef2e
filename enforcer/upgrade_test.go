package enforcer

import (
	"maps"
	"net/http"
	"net/http/httptest"
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
	for _, row := range []struct {
		name    string
		request *http.Request
		passes  bool
	}{
		{"WebSocket", upgrading("websocket"), true},
		{"WebSocket in capitals", upgrading("WebSocket"), true},
		{"white space", upgrading(" websocket\t"), true},
		{"HTTP/2", upgrading("h2c"), false},
		{"TLS", upgrading("TLS/1.2"), false},
		{"several", upgrading("websocket, h2c"), false},
		{"several lines", upgrading("websocket", "h2c"), false},
		{"WebSocket twice", upgrading("websocket", "websocket"), false},
		{"another name", upgrading("websocket2"), false},
		{"nothing", upgrading(""), false},
		{"none", httptest.NewRequest("GET", "/", nil), false},
		{"WebSocket over HTTP/2", connect(2, "HTTP/2.0", "websocket"), true},
		{"another one over HTTP/2", connect(2, "HTTP/2.0", "connect-udp"), false},
		{"a tunnel of HTTP/2", connect(2, "HTTP/2.0"), false},
		{"WebSocket over HTTP/3", connect(3, "websocket"), true},
		{"another one over HTTP/3", connect(3, "webtransport"), false},
	} {
		for _, report := range []bool{false, true} {
			e := newEnforcer(t, "strip")
			e.ReportOnly = report
			r := row.request.Clone(t.Context())
			w := httptest.NewRecorder()
			x := e.Begin(w, r)
			x.WriteHeader(http.StatusSwitchingProtocols)
			x.End()
			passes := row.passes || report
			want := row.request.Header.Clone()
			if !passes {
				delete(want, "Upgrade")
				delete(want, ":protocol")
				if want.Get("Connection") != "" {
					want.Set("Connection", "keep-alive")
				}
			}
			if !maps.EqualFunc(r.Header, want, func(a, b []string) bool { return len(a) == len(b) && a[0] == b[0] }) {
				t.Errorf("%s, report: %t: the backend gets %v, want %v", row.name, report, r.Header, want)
			}
			status := http.StatusBadGateway
			if passes {
				status = http.StatusSwitchingProtocols
			}
			if w.Code != status && !(passes && w.Code == http.StatusOK) { // the recorder takes no 1xx for a status
				t.Errorf("%s, report: %t: status %d, want %d", row.name, report, w.Code, status)
			}
		}
	}
}
