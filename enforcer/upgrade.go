package enforcer

import (
	"net/http"
	"strings"
)

// guardUpgrade takes off a request what asks for another protocol than WebSocket (rule
// Q11), and reports whether it asks for that one. In a tunnel nobody reads what passes,
// and HTTP, as after "Upgrade: h2c", would have cookies in it. Servers answer a request
// that asks for no other protocol as any other (RFC 9110, section 7.8).
func guardUpgrade(r *http.Request) (toWebSocket bool) {
	if r.Method == http.MethodConnect {
		return guardExtendedConnect(r)
	}
	lines, asks := r.Header["Upgrade"]
	if !asks {
		return false
	}
	if len(lines) == 1 && isWebSocket(lines[0]) {
		return true
	}
	delete(r.Header, "Upgrade")
	unannounce(r.Header, "Connection", func(name string) bool { return strings.EqualFold(name, "Upgrade") })
	return false
}

// guardExtendedConnect does the same for HTTP/2 and HTTP/3 (RFC 8441 and RFC 9220). Go's
// server for HTTP/2 has the protocol in the header map, and that of quic-go in Proto.
func guardExtendedConnect(r *http.Request) (toWebSocket bool) {
	if r.ProtoMajor == 3 {
		return isWebSocket(r.Proto)
	}
	const field = ":protocol"
	lines, asks := r.Header[field]
	if !asks {
		return false
	}
	if len(lines) == 1 && isWebSocket(lines[0]) {
		return true
	}
	delete(r.Header, field)
	return false
}

func isWebSocket(protocol string) bool {
	return strings.EqualFold(strings.Trim(protocol, " \t"), "websocket")
}
