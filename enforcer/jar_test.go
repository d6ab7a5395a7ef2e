package enforcer

import (
	"net"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// jar is a browser's cookies, kept as RFC 6265bis, section 5.7, says, without any
// of this project's code. Cookies have an end where they are told one, and time
// stands still.
type jar struct {
	https   bool
	host    string
	cookies []kept
}

type kept struct {
	name, value, domain, path              string
	hostOnly, partitioned, secure, expires bool
	maxAge                                 int
}

// store does with a Set-Cookie line what a browser does that got it for a path. It
// reports whether the browser takes the line.
func (j *jar) store(line, requestPath string) bool {
	parts := strings.Split(line, ";")
	name, value, _ := strings.Cut(parts[0], "=")
	c := kept{name: strings.Trim(name, " \t"), value: strings.Trim(value, " \t"), domain: j.host, hostOnly: true}
	if c.path = requestPath[:strings.LastIndex(requestPath, "/")]; c.path == "" {
		c.path = "/"
	}
	for _, part := range parts[1:] {
		attribute, value, _ := strings.Cut(part, "=")
		value = strings.Trim(value, " \t")
		switch strings.ToLower(strings.Trim(attribute, " \t")) {
		case "domain":
			c.domain, c.hostOnly = strings.ToLower(strings.TrimPrefix(value, ".")), false
		case "path":
			if strings.HasPrefix(value, "/") {
				c.path = value
			}
		case "secure":
			c.secure = true
		case "partitioned":
			c.partitioned = true
		case "max-age":
			if n, err := strconv.Atoi(value); err == nil {
				c.maxAge, c.expires = n, true
			}
		}
	}
	if !c.hostOnly && !j.mayBeFor(&c) {
		return false
	}
	lower := strings.ToLower(c.name)
	switch {
	case c.secure && !j.https, c.partitioned && !c.secure,
		strings.HasPrefix(lower, "__secure-") && !c.secure,
		strings.HasPrefix(lower, "__host-") && !(c.secure && c.hostOnly && c.path == "/"):
		return false
	}
	j.cookies = slices.DeleteFunc(j.cookies, func(old kept) bool {
		return old.name == c.name && old.domain == c.domain && old.hostOnly == c.hostOnly && old.path == c.path && old.partitioned == c.partitioned
	})
	if !c.expires || c.maxAge > 0 {
		j.cookies = append(j.cookies, c)
	}
	return true
}

// mayBeFor tells whether the host may set a cookie for the domain in it.
func (j *jar) mayBeFor(c *kept) bool {
	suffix, _ := publicsuffix.PublicSuffix(c.domain)
	switch {
	case c.domain == j.host && (c.domain == suffix || net.ParseIP(c.domain) != nil):
		c.hostOnly = true
		return true
	case c.domain == suffix, net.ParseIP(j.host) != nil:
		return false
	}
	return c.domain == j.host || strings.HasSuffix(j.host, "."+c.domain)
}

// header is what the browser sends for a path.
func (j *jar) header(path string) string {
	var pairs []string
	for _, c := range j.cookies {
		if path == c.path || strings.HasPrefix(path, c.path) && (strings.HasSuffix(c.path, "/") || path[len(c.path)] == '/') {
			pairs = append(pairs, c.name+"="+c.value)
		}
	}
	return strings.Join(pairs, "; ")
}

func (j *jar) names() (names []string) {
	for _, c := range j.cookies {
		names = append(names, c.name)
	}
	slices.Sort(names)
	return names
}
