package audit

import (
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// maxMessage is how many bytes of headers and cookies a message may have.
// Browsers take at most a quarter of that.
const maxMessage = 1 << 20

// The fields that bring cookies, in canonical form.
const (
	cookieField    = "Cookie"
	setCookieField = "Set-Cookie"
)

// message is a request or a response.
type message struct {
	url     string // of a request
	field   string // that brings cookies
	header  http.Header
	cookies []string // the cookies as the recorder has read them, as lines of that field
	size    int
}

func newMessage(field string) message { return message{field: field, header: http.Header{}} }

func (m *message) read(s *scanner) {
	s.object(func(member []byte) {
		switch string(member) {
		case "url":
			m.url, _ = s.readText()
		case "headers":
			s.array(func() { m.readHeader(s) })
		case "cookies":
			s.array(func() { m.readCookie(s) })
		default:
			s.skip()
		}
	})
	m.complete()
}

// readHeader reads a header, whose value is several lines where the recorder has
// joined those of one name: Chrome does so.
func (m *message) readHeader(s *scanner) {
	var name, value string
	var long bool
	s.object(func(member []byte) {
		switch string(member) {
		case "name":
			name, _ = s.readText()
		case "value":
			value, long = s.readText()
		default:
			s.skip()
		}
	})
	name = http.CanonicalHeaderKey(name)
	if long && name == m.field {
		s.fail(errors.New("expected cookies of at most 64 KiB in a header"))
	}
	if m.grow(s, len(name)+len(value)); long {
		return
	}
	for line := range strings.Lines(value) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			m.header[name] = append(m.header[name], line)
		}
	}
}

// readCookie reads a cookie, with as much of it as cookies are judged by.
func (m *message) readCookie(s *scanner) {
	var name, value, expires string
	var long bool
	s.object(func(member []byte) {
		switch string(member) {
		case "name":
			name, _ = s.readText()
		case "value":
			value, long = s.readText()
		case "expires":
			expires, _ = s.readText()
		default:
			s.skip()
		}
	})
	if long {
		s.fail(errors.New("expected a cookie of at most 64 KiB"))
	}
	line := noEnd.Replace(name + "=" + value)
	if t := readTime(expires); m.field == setCookieField && !t.IsZero() {
		line += "; Expires=" + t.UTC().Format(http.TimeFormat)
	}
	m.grow(s, len(line))
	m.cookies = append(m.cookies, line)
}

// noEnd keeps a cookie from ending within its value, which recorders may have
// decoded.
var noEnd = strings.NewReplacer(";", "%3B", "\r", "%0D", "\n", "%0A")

// grow bounds what is held of a message, however small its pieces are.
func (m *message) grow(s *scanner, size int) {
	const overhead = 64
	if m.size += size + overhead; m.size > maxMessage {
		s.fail(errors.New("expected at most 1 MiB of headers and cookies in a message"))
	}
}

// complete makes up for what recorders do to cookies: some leave the header out,
// and Safari joins Set-Cookie lines to one.
func (m *message) complete() {
	switch lines := m.header[m.field]; {
	case len(lines) == 0 && len(m.cookies) > 0:
		m.header[m.field] = m.cookies
	case len(lines) == 1 && m.field == setCookieField:
		m.header[m.field] = m.split(lines[0])
	}
}

// split takes joined Set-Cookie lines apart: at a comma and a space before a name
// and "=", which no date has. A value may look like that, too; what the recorder has
// read as a cookie of its own is one. Where it has read none, each is taken for one.
func (m *message) split(joined string) (lines []string) {
	start := 0
	for _, joint := range joints.FindAllStringIndex(joined, -1) {
		if name := joined[joint[0]+len(", ") : joint[1]]; len(m.cookies) > 0 && !slices.ContainsFunc(m.cookies, func(line string) bool { return strings.HasPrefix(line, name) }) {
			continue
		}
		lines = append(lines, joined[start:joint[0]])
		start = joint[0] + len(", ")
	}
	return append(lines, joined[start:])
}

var joints = regexp.MustCompile(", [0-9A-Za-z!#$%&'*+.^_`|~-]+=")
