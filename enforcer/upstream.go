package enforcer

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

// CheckUpstreamHeader tells why decisions cannot be sent upstream: the ids of
// categories become keys of a structured field, which knows fewer characters.
func (e *Enforcer) CheckUpstreamHeader() error {
	for _, c := range e.policy.Categories {
		if c.Consent != policy.None && !dictionaryKey.MatchString(c.ID) {
			return fmt.Errorf("category %q cannot be sent upstream: expected an id of lower-case letters, digits, \"_\", \".\" and \"-\" that begins with a letter (RFC 9651, section 3.1.2)", c.ID)
		}
	}
	return nil
}

var dictionaryKey = regexp.MustCompile(`^[a-z][a-z0-9_.-]*$`)

// tellUpstream tells the portal what was decided, and removes what the client says
// about that. The client may not have the field removed on its way, either.
func (j *judge) tellUpstream(header http.Header, name string) {
	deleteField(header, name)
	unannounce(header, "Connection", func(option string) bool { return isSameField(option, name) })
	if decision := j.dictionary(); decision != "" {
		header.Set(name, decision)
	}
}

// dictionary is the decision as a structured field (RFC 9651, section 3.2): for
// each category that needs a choice, whether all its services are permitted.
func (j *judge) dictionary() string {
	var d strings.Builder
	for i, c := range j.policy.Categories {
		if c.Consent == policy.None {
			continue
		}
		if d.Len() > 0 {
			d.WriteString(", ")
		}
		d.WriteString(c.ID)
		if j.policy.PermitsCategory(i, &j.permitted) {
			d.WriteString("=?1")
		} else {
			d.WriteString("=?0")
		}
	}
	return d.String()
}

// deleteField removes a field from a header or trailer, however it is written.
func deleteField(header http.Header, name string) {
	for key := range header {
		if isSameField(key, name) {
			delete(header, key)
		}
	}
}

// isSameField tells whether portals may take one field for another. Those that
// speak CGI, FastCGI or WSGI, PHP above all, tell fields apart by their letters and
// digits alone.
func isSameField(key, name string) bool {
	return len(key) == len(name) && strings.EqualFold(strings.Map(fieldRune, key), strings.Map(fieldRune, name))
}

func fieldRune(c rune) rune {
	if c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' {
		return c
	}
	return '-'
}
