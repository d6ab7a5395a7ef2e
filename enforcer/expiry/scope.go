package expiry

import "strings"

// Scope is where a browser keeps a cookie. It keeps cookies of one name apart
// that differ in any of these but HTTPOnly.
type Scope struct {
	// Domain is empty for a cookie that is host-only.
	Domain, Path string

	// HTTPOnly tells that scripts cannot see the cookie.
	HTTPOnly bool

	// Partitioned tells that the cookie is kept for one embedding site (CHIPS).
	Partitioned bool
}

// prefixes are what a name says about its cookie (RFC 6265bis, section 4.1.3).
// Browsers compare them without case.
type prefixes struct {
	hostOnly, secure, httpOnly bool
}

func prefixesOf(name string) prefixes {
	host := hasPrefix(name, "__Host-")
	http := hasPrefix(name, "__Http-") || hasPrefix(name, "__Host-Http-")
	return prefixes{
		hostOnly: host,
		secure:   host || http || hasPrefix(name, "__Secure-"),
		httpOnly: http,
	}
}

func hasPrefix(name, prefix string) bool {
	return len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix)
}

// line is the Set-Cookie line that deletes a cookie in this scope (rules X1 and
// X3).
func (s Scope) line(name string, has prefixes, https bool) string {
	var line strings.Builder
	line.Grow(len(name) + len(s.Path) + len(s.Domain) + 128)
	line.WriteString(name)
	line.WriteString("=; Path=")
	line.WriteString(s.Path)
	if s.Domain != "" {
		line.WriteString("; Domain=")
		line.WriteString(s.Domain)
	}
	line.WriteString("; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0")
	if https || has.secure {
		line.WriteString("; Secure")
	}
	if s.HTTPOnly || has.httpOnly {
		line.WriteString("; HttpOnly")
	}
	if s.Partitioned {
		line.WriteString("; SameSite=None; Partitioned")
	}
	return line.String()
}
