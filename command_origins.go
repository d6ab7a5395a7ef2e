package cookieconsent

import (
	"fmt"
	"io"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

// originsTable is what pages were to load, and from where.
func (found *inventorySeen) originsTable(now time.Time) *table {
	t := &table{columns: []column{
		{title: "HOST"}, {title: "ORIGIN"}, {title: "TIMES", number: true},
		{title: "LISTED"}, {title: "LAST SEEN"},
	}}
	for _, o := range found.Origins {
		listed := orDash(o.Service)
		if o.Service == "" {
			listed.tone = yellow
		}
		t.add(cell{text: o.Host}, cell{text: o.Origin}, cell{text: fmt.Sprint(o.Reported)}, listed, cell{text: ago(now.Sub(o.LastSeen))})
	}
	return t
}

// suggestOrigins prints origins that a policy does not list yet as lines for it, those
// that were reported most often first. They are comments: as they are, they would let
// everybody's browser load what it was kept from.
func suggestOrigins(w io.Writer, p *remotePolicy, seen []originSeen) error {
	type suggestion struct {
		origin string
		times  uint64
		hosts  []string
	}
	var all []*suggestion
	for _, o := range seen {
		if p.listsOrigin(o.Origin) {
			continue
		}
		i := slices.IndexFunc(all, func(s *suggestion) bool { return s.origin == o.Origin })
		if i < 0 {
			i = len(all)
			all = append(all, &suggestion{origin: o.Origin})
		}
		all[i].times += o.Reported
		if len(all[i].hosts) < maxHosts {
			all[i].hosts = append(all[i].hosts, o.Host)
		}
	}
	if len(all) == 0 {
		return nil
	}
	slices.SortStableFunc(all, func(a, b *suggestion) int { return int(min(b.times, 1<<30)) - int(min(a.times, 1<<30)) })
	var b strings.Builder
	b.WriteString(`
# Pages were to load from these origins, which the policy does not list yet.
# Anybody can have reported them. List those of a service under its "origins:",
# and they go by the choice; what is left, and every page needs, is
# allowed_origins:
`)
	for _, s := range all[:min(len(all), maxDraft)] {
		fmt.Fprintf(&b, "#   # reported %s on %s\n#   - %s\n", quantity(int(min(s.times, math.MaxInt)), "time", "times"), printable(strings.Join(s.hosts, ", ")), yamlText(s.origin))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// listsOrigin tells whether a policy lists an origin, or could not.
func (p *remotePolicy) listsOrigin(text string) bool {
	address, err := url.Parse(text)
	if _, invalid := policy.ParseOrigin(text); err != nil || invalid != nil {
		return true
	}
	matches := func(listed string) bool {
		o, err := policy.ParseOrigin(listed)
		return err == nil && o.Matches(address)
	}
	if slices.ContainsFunc(p.AllowedOrigins, matches) {
		return true
	}
	for _, s := range p.Services {
		if slices.ContainsFunc(s.Origins, matches) {
			return true
		}
	}
	return false
}
