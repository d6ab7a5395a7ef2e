package enforcer

import (
	"net/http"
	"strings"
)

// keepFromSharing keeps a response out of shared caches where what was done to its cookies
// asks for that.
func (x *Exchange) keepFromSharing(header http.Header) {
	switch {
	case x.isForOne:
		deleteCDNFields(header)
		x.makePrivate(header, keepsPrivate)
	case x.owesPrivate:
		x.makePrivate(header, saysWhoMayStore)
	}
	x.owesPrivate = false
}

// makePrivate adds private to Cache-Control, unless a directive that is there settles that.
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
		if isCutOff(line) { // what follows may be read as a part of its string
			header["Cache-Control"] = append([]string{directive}, lines...)
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
	deleteCDNFields(header)
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
// caches. One with cookies that this visitor has chosen, or that deletes a visitor's
// cookies, must not reach others, whatever the portal says about its pages (rules S7
// and X5); of directives that contradict each other the strictest counts (RFC 9111,
// section 4.2.1).
func keepsPrivate(name, value string) bool {
	return name == "private" && value == "" || name == "no-store"
}

// deleteCDNFields has all caches look at Cache-Control.
func deleteCDNFields(header http.Header) {
	for key, lines := range header {
		if !isForCDNField(key) {
			continue
		}
		delete(header, key)
		if content := processing(key, lines); content != "" {
			header[key] = []string{"no-store, " + content}
		}
	}
}

// processing is what Surrogate-Control asks of a cache besides storing: that it puts the
// page together of its parts, as in content="ESI/1.0". Without that, visitors would get
// the tags.
func processing(key string, lines []string) string {
	if !strings.EqualFold(key, "Surrogate-Control") {
		return ""
	}
	var all []string
	for _, line := range lines {
		for line != "" {
			var directive string
			directive, line = nextDirective(line)
			if name, _, _ := strings.Cut(directive, "="); strings.EqualFold(strings.Trim(name, " \t"), "content") {
				all = append(all, strings.Trim(directive, " \t"))
			}
		}
	}
	return strings.Join(all, ", ")
}

// isForCDNField tells whether a field speaks to some caches alone (RFC 9213, and before
// that Surrogate-Control, Akamai's Edge-Control and nginx's X-Accel-Expires). They do not
// look at Cache-Control then.
func isForCDNField(key string) bool {
	if n := len(key) - len("-Cache-Control"); n > 0 && strings.EqualFold(key[n:], "-Cache-Control") {
		return true
	}
	return strings.EqualFold(key, "Surrogate-Control") || strings.EqualFold(key, "Edge-Control") || strings.EqualFold(key, "X-Accel-Expires")
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
	if i, _ := endOfDirective(line); i < len(line) {
		return line[:i], line[i+1:]
	}
	return line, ""
}

// isCutOff reports whether a line ends within a quoted string.
func isCutOff(line string) bool {
	i, quoted := endOfDirective(line)
	for i < len(line) {
		line = line[i+1:]
		i, quoted = endOfDirective(line)
	}
	return quoted
}

// endOfDirective is where the first directive of a line ends, and whether that is
// within a quoted string.
func endOfDirective(line string) (end int, quoted bool) {
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted:
			i++
		case c == ',' && !quoted:
			return i, false
		}
	}
	return len(line), quoted
}
