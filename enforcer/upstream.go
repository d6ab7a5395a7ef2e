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
// about that.
func (x *Exchange) tellUpstream(header http.Header, name string) {
	deleteField(header, name)
	if decision := x.judge.dictionary(); decision != "" {
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
// Portals that speak CGI or WSGI take "_" for "-".
func deleteField(header http.Header, name string) {
	name = strings.ReplaceAll(name, "_", "-")
	for key := range header {
		if len(key) == len(name) && strings.EqualFold(strings.ReplaceAll(key, "_", "-"), name) {
			delete(header, key)
		}
	}
}
