package enforcer

import (
	"net/http"
	"strings"
)

// field is a header field that can bring cookies to a browser.
type field uint8

const (
	otherField field = iota
	setCookieField
	setCookie2Field
	trailerField
)

// cookieField tells which field a key of a header map is sent as. Keys that are
// not in canonical form are sent all the same, in HTTP/2 and HTTP/3 even in
// lower case.
func cookieField(key string) field {
	// HTTP/2 may take the prefix off more than once: it looks at keys that it
	// has just put into the map.
	for n := len(http.TrailerPrefix); len(key) > n && key[n-1] == ':' && strings.EqualFold(key[:n], http.TrailerPrefix); {
		key = strings.Trim(key[n:], " \t")
	}
	switch len(key) {
	case len("Trailer"):
		if strings.EqualFold(key, "Trailer") {
			return trailerField
		}
	case len("Set-Cookie"):
		if strings.EqualFold(key, "Set-Cookie") {
			return setCookieField
		}
	case len("Set-Cookie2"):
		if strings.EqualFold(key, "Set-Cookie2") {
			return setCookie2Field
		}
	}
	return otherField
}

// unannounce takes names off the lists of names under a key.
func unannounce(header http.Header, key string, is func(name string) bool) {
	var rest []string
	found := false
	for _, list := range header[key] {
		var kept []string
		for name := range strings.SplitSeq(list, ",") {
			if name = strings.Trim(name, " \t"); is(name) {
				found = true
			} else if name != "" {
				kept = append(kept, name)
			}
		}
		if len(kept) > 0 {
			rest = append(rest, strings.Join(kept, ", "))
		}
	}
	switch {
	case !found:
	case len(rest) == 0:
		delete(header, key)
	default:
		header[key] = rest
	}
}
