package audit

import (
	"errors"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/idna"
)

// exchange is an entry of a recording: a request, and what was answered.
type exchange struct {
	entry             int       // its place in the recording, counted from 1
	started           time.Time // zero where the recording does not tell
	request, response message
}

// readHAR reads a recording in the form of the HTTP Archive 1.2, and hands over
// each of its entries. It returns how many there were.
func readHAR(s *scanner, use func(*exchange)) (entries int, err error) {
	isHAR := false
	entry := func() {
		x := exchange{entry: entries + 1, request: newMessage(cookieField), response: newMessage(setCookieField)}
		if x.read(s); s.err == nil {
			entries++
			use(&x)
		}
	}
	s.begin()
	s.object(func(member []byte) {
		if string(member) != "log" {
			s.skip()
			return
		}
		s.object(func(member []byte) {
			if string(member) != "entries" {
				s.skip()
				return
			}
			isHAR = true
			s.array(entry)
		})
	})
	s.end()
	switch {
	case s.err != nil:
		return entries, s.err
	case !isHAR:
		return 0, errors.New(`expected an HTTP Archive, in which "log" has "entries"`)
	case entries == 0:
		return 0, errors.New("the recording is empty: open the network panel before the site, and export it then")
	}
	return entries, nil
}

func (x *exchange) read(s *scanner) {
	s.object(func(member []byte) {
		switch string(member) {
		case "startedDateTime":
			text, _ := s.readText()
			x.started = readTime(text)
		case "request":
			x.request.read(s)
		case "response":
			x.response.read(s)
		default:
			s.skip()
		}
	})
}

// readTime reads a time as recordings have it. It is zero where it cannot be read.
func readTime(text string) time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t
		}
	}
	return time.Time{}
}

// address is the host and the path of an address that is fetched from a network.
// The host has no port, as for cookies, and is empty for other addresses. It does
// not use url.Parse, which refuses some that browsers send.
func address(text string) (host, path string) {
	scheme, rest, _ := strings.Cut(text, "://")
	switch strings.ToLower(scheme) {
	case "http", "https", "ws", "wss":
	default:
		return "", ""
	}
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest, path = rest[:i], rest[i:]
	}
	// Parameters of a path may be a session's id.
	if i := strings.IndexAny(path, "?#;"); i >= 0 {
		path = path[:i]
	}
	if path == "" {
		path = "/"
	}
	return hostname(rest[strings.LastIndexByte(rest, '@')+1:]), path
}

// hostname is a host as browsers write it, without its port.
func hostname(host string) string {
	u := url.URL{Host: strings.ToLower(host)}
	name := strings.TrimSuffix(u.Hostname(), ".")
	if ascii, err := idna.Lookup.ToASCII(name); err == nil {
		return ascii
	}
	return name
}
