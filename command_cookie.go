package cookieconsent

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/caddy-consent/caddy-consent/enforcer/policy"
	"github.com/caddy-consent/caddy-consent/inventory"
)

// draftCookie is a cookie of a draft. Its attributes are as the policy has them, and
// empty where they are not known.
type draftCookie struct {
	name                    string
	catalogue               string // what it says; no authority
	domain, path, retention string
	why                     string // the policy cannot have it; empty where it can
	hosts                   []string

	set    bool // its attributes have been seen
	maxAge int64
}

func newDraftCookie(seen *cookieSeen, holdsChoice bool) *draftCookie {
	c := &draftCookie{name: seen.Name}
	switch {
	case holdsChoice:
		c.why = "it holds the visitor's choice: list it in a category with consent: none"
	case strings.ContainsRune(seen.Name, utf8.RuneError) || printable(seen.Name) != seen.Name:
		c.why = "the inventory does not keep all of its characters"
	case strings.HasSuffix(seen.Name, "…"):
		c.why = "the inventory does not keep names of that length"
	}
	if s := seen.Suggestion; s != nil {
		c.catalogue = strings.Trim(s.Category+", "+s.Platform, ", ")
	}
	return c
}

// learn takes over attributes where those of all hosts agree, and the longest life.
func (c *draftCookie) learn(a *inventory.Attributes) {
	if a == nil {
		return
	}
	domain, path := a.Domain, a.Path
	if domain == "" {
		domain = policy.HostOnly
	}
	if path == "/" || strings.Contains(path, "*") {
		path = "" // the usual one, or one that is not kept in full
	}
	if c.set && c.domain != domain {
		domain = ""
	}
	if c.set && c.path != path {
		path = ""
	}
	c.set, c.domain, c.path, c.maxAge = true, domain, path, max(c.maxAge, a.MaxAge)
	c.retention = inWords(c.maxAge)
}

// seenOn notes a host: a policy may be that of another site.
func (c *draftCookie) seenOn(host string) {
	if host != "" && len(c.hosts) <= maxHosts && !slices.Contains(c.hosts, host) {
		c.hosts = append(c.hosts, host)
	}
}

// maxHosts is how many hosts a draft names.
const maxHosts = 3

// write adds the lines of the cookie to a draft.
func (c *draftCookie) write(d *draft) {
	dropName := func(why string) { c.why = why }
	if len(c.hosts) > maxHosts {
		c.hosts[maxHosts] = "…"
	}
	if len(c.hosts) > 0 {
		d.add(dropName, "      # seen on %s", printable(strings.Join(c.hosts, ", ")))
	}
	if c.catalogue != "" {
		d.add(dropName, "      # the catalogue, which is no authority, says: %s", printable(c.catalogue))
	}
	fields := []struct {
		key   string
		value *string
	}{{"domain", &c.domain}, {"path", &c.path}, {"retention", &c.retention}}
	if c.domain+c.path+c.retention == "" {
		d.add(dropName, "      - %s", yamlText(c.name))
		return
	}
	d.add(dropName, "      - name: %s", yamlText(c.name))
	for _, f := range fields {
		if *f.value != "" {
			d.add(func(string) { *f.value = "" }, "        %s: %s", f.key, yamlText(*f.value))
		}
	}
}

// inWords is the life of a cookie as policies have it, rounded up: a retention that is
// a second too short would cut the cookie short.
func inWords(seconds int64) string {
	const day = 24 * 60 * 60
	up := func(unit int64) int64 { return seconds/unit + min(seconds%unit, 1) }
	days := up(day)
	switch {
	case seconds == 0:
		return "session"
	case seconds <= 60:
		return fmt.Sprint(seconds, " s")
	case seconds <= 2*60*60:
		return fmt.Sprint(up(60), " min")
	case seconds <= 2*day:
		return fmt.Sprint(up(60*60), " h")
	case days%365 == 0:
		return quantity(int(days/365), "year", "years")
	case days%30 == 0:
		return quantity(int(days/30), "month", "months")
	case days%7 == 0:
		return quantity(int(days/7), "week", "weeks")
	}
	return quantity(int(days), "day", "days")
}
