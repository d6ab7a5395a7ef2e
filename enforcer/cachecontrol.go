package enforcer

import (
	"net/http"
	"strings"
)

// makePrivate keeps a response out of shared caches, unless a directive that it has
// settles that.
func (x *Exchange) makePrivate(header http.Header, settles func(name, value string) bool) {
	if len(header["Cache-Control"]) == 0 {
		x.cacheControl[0] = "private"
		header["Cache-Control"] = x.cacheControl[:]
		return
	}
	addDirective(header, "private", settles)
}

// addDirective adds a directive to Cache-Control, unless another one settles that.
func addDirective(header http.Header, directive string, settles func(name, value string) bool) {
	lines := header["Cache-Control"]
	for _, line := range lines {
		if hasDirective(line, settles) {
			return
		}
	}
	if len(lines) == 0 {
		header["Cache-Control"] = []string{directive}
		return
	}
	merged := append([]string(nil), lines...)
	last := &merged[len(merged)-1]
	if *last = strings.TrimRight(*last, ", \t"); *last != "" {
		*last += ", "
	}
	*last += directive
	header["Cache-Control"] = merged
}

// keepToChoice has caches ask each time whether a response is still the one for this
// visitor's choice. Browsers that go back in their history ask only where it depends on
// a header that has changed.
func keepToChoice(header http.Header) {
	makeNoCache(header)
	for _, line := range header["Vary"] {
		if hasDirective(line, func(name, _ string) bool { return name == "cookie" || name == "*" }) {
			return
		}
	}
	header["Vary"] = appended(header["Vary"], "Cookie")
}

// makeNoCache has caches of browsers ask again each time, and keeps others from storing
// the response at all, whatever the portal says.
func makeNoCache(header http.Header) {
	for key := range header {
		if isForCDNField(key) {
			delete(header, key)
		}
	}
	addDirective(header, "private", keepsPrivate)
	addDirective(header, "no-cache", asksAgain)
}

// asksAgain tells whether a directive has caches ask each time.
func asksAgain(name, value string) bool {
	return name == "no-cache" && value == "" || name == "no-store"
}

// saysWhoMayStore tells whether a directive (RFC 9111, section 5.2) settles what
// shared caches may do with a response that lost a cookie (rule S6). Many of them
// spare a response because of its Set-Cookie, and it must not become cacheable
// because the line is gone.
func saysWhoMayStore(name, _ string) bool {
	switch name {
	case "private", "no-store", "public", "s-maxage":
		return true
	}
	return false
}

// keepsPrivate tells whether a directive keeps all of a response out of shared
// caches. One that deletes a visitor's cookies must not reach others, whatever the
// portal says about its pages (rule X5); of directives that contradict each other
// the strictest counts (RFC 9111, section 4.2.1).
func keepsPrivate(name, value string) bool {
	return name == "private" && value == "" || name == "no-store"
}

// isForCDN tells whether a response speaks to some caches in fields of their own
// (RFC 9213, and before that Surrogate-Control). They do not look at Cache-Control
// then.
func isForCDN(header http.Header) bool {
	for key := range header {
		if isForCDNField(key) {
			return true
		}
	}
	return false
}

func isForCDNField(key string) bool {
	return len(key) > len("Cache-Control") && strings.HasSuffix(key, "-Cache-Control") || key == "Surrogate-Control"
}

func hasDirective(line string, is func(name, value string) bool) bool {
	for line != "" {
		var directive string
		directive, line = nextDirective(line)
		name, value, _ := strings.Cut(directive, "=")
		if is(strings.ToLower(strings.Trim(name, " \t")), strings.Trim(value, " \t")) {
			return true
		}
	}
	return false
}

// nextDirective cuts a directive off a line, at the next comma that is not in a
// quoted string.
func nextDirective(line string) (directive, rest string) {
	quoted := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted:
			i++
		case c == ',' && !quoted:
			return line[:i], line[i+1:]
		}
	}
	return line, ""
}
