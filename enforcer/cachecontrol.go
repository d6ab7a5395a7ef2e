package enforcer

import (
	"net/http"
	"strings"
)

// makePrivate keeps a response that lost a cookie out of shared caches (rule
// S6): many of them spare a response because of its Set-Cookie, and it must not
// become cacheable because the line is gone.
func (x *Exchange) makePrivate(header http.Header) {
	lines := header["Cache-Control"]
	for _, line := range lines {
		if saysWhoMayStore(line) {
			return
		}
	}
	if len(lines) == 0 {
		x.cacheControl[0] = "private"
		header["Cache-Control"] = x.cacheControl[:]
		return
	}
	merged := append([]string(nil), lines...)
	last := &merged[len(merged)-1]
	if *last = strings.TrimRight(*last, ", \t"); *last != "" {
		*last += ", "
	}
	*last += "private"
	header["Cache-Control"] = merged
}

// saysWhoMayStore tells whether a Cache-Control line (RFC 9111, section 5.2)
// has a directive that settles what shared caches may do.
func saysWhoMayStore(line string) bool {
	for line != "" {
		var directive string
		directive, line = nextDirective(line)
		name, _, _ := strings.Cut(directive, "=")
		switch strings.ToLower(strings.Trim(name, " \t")) {
		case "private", "no-store", "public", "s-maxage":
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
