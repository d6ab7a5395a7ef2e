package cookie

import "strings"

// Attributes are those of a Set-Cookie line that tell which cookie it sets:
// browsers keep two cookies of one name apart by them.
type Attributes struct {
	// Domain is in lower case and without a dot at its beginning. It is empty for
	// a cookie that is host-only.
	Domain string

	// Path is empty where the line has none that counts; browsers then take a
	// path from the address of the request.
	Path string

	// HTTPOnly keeps scripts away from the cookie.
	HTTPOnly bool

	// Partitioned cookies are kept apart for each site that embeds theirs (CHIPS).
	Partitioned bool
}

// ReadAttributes reads a Set-Cookie line as browsers do (RFC 6265bis, section
// 5.7): of several attributes with one name the last one counts.
func ReadAttributes(line string) Attributes {
	var a Attributes
	_, rest := cut(line, ';')
	for rest != "" {
		var name, value string
		name, value, rest = nextAttribute(rest)
		switch {
		case isNamed(name, "domain"):
			a.Domain = strings.ToLower(strings.TrimPrefix(value, "."))
		case isNamed(name, "path"):
			if a.Path = value; !strings.HasPrefix(value, "/") {
				a.Path = ""
			}
		case isNamed(name, "httponly"):
			a.HTTPOnly = true
		case isNamed(name, "partitioned"):
			a.Partitioned = true
		}
	}
	return a
}

// nextAttribute cuts an attribute off those of a Set-Cookie line. One that
// browsers ignore for its length (RFC 6265bis, section 5.6) has no name.
func nextAttribute(attributes string) (name, value, rest string) {
	attribute, rest := cut(attributes, ';')
	name, value = cut(attribute, '=')
	if name, value = trim(name), trim(value); len(value) > maxAttributeBytes {
		return "", "", rest
	}
	return name, value, rest
}

// IsPath tells whether a text can be the value of a Path attribute, and the path of
// a request: it is a path in ASCII without spaces and ";", and not so long that
// browsers ignore it.
func IsPath(text string) bool {
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c >= 0x7f || c == ';' {
			return false
		}
	}
	return strings.HasPrefix(text, "/") && len(text) <= maxAttributeBytes
}
