package enforcer

import (
	"net/http"
	"strings"
)

// RefusesTunnel reports whether a request asks for a tunnel that no policy can look into,
// so that it must not be handled (rule Q11). A reverse proxy passes on what comes in a
// CONNECT as it is: a backend that refuses the CONNECT itself reads the next request in it,
// with any cookies. An extended CONNECT for a WebSocket (RFC 8441 and RFC 9220) is none:
// the backend gets an upgrade in its place.
func (e *Enforcer) RefusesTunnel(r *http.Request) bool {
	return r.Method == http.MethodConnect && !connectsWebSocket(r) && !e.ReportOnly
}

// connectsWebSocket reports whether a CONNECT is one for a WebSocket. Go's server for HTTP/2
// has the protocol in the header map, and that of quic-go in Proto. Caddy's reverse proxy
// knows no other spelling.
func connectsWebSocket(r *http.Request) bool {
	switch r.ProtoMajor {
	case 2:
		lines := r.Header[":protocol"]
		return len(lines) == 1 && lines[0] == webSocket
	case 3:
		return r.Proto == webSocket
	}
	return false
}

// guardUpgrade takes off a request what asks for another protocol than WebSocket (rule
// Q11), and reports whether it asks for that one. In a tunnel nobody reads what passes,
// and HTTP, as after "Upgrade: h2c", would have cookies in it. Servers answer a request
// that asks for no other protocol as any other (RFC 9110, section 7.8).
func guardUpgrade(r *http.Request) (toWebSocket bool) {
	if r.Method == http.MethodConnect {
		return connectsWebSocket(r)
	}
	lines, asks := r.Header["Upgrade"]
	if !asks {
		return false
	}
	if len(lines) == 1 && strings.EqualFold(strings.Trim(lines[0], " \t"), webSocket) && mayUpgrade(r) {
		return true
	}
	delete(r.Header, "Upgrade")
	unannounce(r.Header, "Connection", isUpgrade)
	return false
}

// mayUpgrade reports whether a request can ask for a WebSocket (RFC 6455, section 4.1):
// with GET, with an option of the connection, and over HTTP/1.1.
func mayUpgrade(r *http.Request) bool {
	if r.Method != http.MethodGet || r.ProtoMajor != 1 || r.ProtoMinor < 1 {
		return false
	}
	for _, list := range r.Header["Connection"] {
		for option := range strings.SplitSeq(list, ",") {
			if isUpgrade(strings.Trim(option, " \t")) {
				return true
			}
		}
	}
	return false
}

func isUpgrade(option string) bool { return strings.EqualFold(option, "Upgrade") }

const webSocket = "websocket"
