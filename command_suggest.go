package cookieconsent

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

// suggest prints what a policy does not list yet as lines for its services.
func suggest(w io.Writer, p *remotePolicy, cookies []cookieSeen) error {
	base := p.document()
	inForce, err := policy.Parse(p.Policy, []byte(base))
	if err != nil {
		return fmt.Errorf("reading the policy in force: %v", err) // not Problems of a file
	}
	d := draft{taken: map[string]bool{"timestamp": true, "version": true}, above: strings.Count(base, "\n")}
	d.ids, d.category = p.categories()
	for _, id := range d.ids {
		d.taken[id] = true
	}
	for _, s := range p.Services {
		d.taken[s.ID] = true
	}
	cookies = slices.DeleteFunc(slices.Clone(cookies), func(c cookieSeen) bool {
		return c.Service != "" || c.Owned || inForce.Lookup(c.Name) != nil || inForce.Owns(c.Name, len(c.Name)) // the policy may be younger than what was last seen
	})
	left := len(cookies) - maxDraft
	if left > 0 {
		slices.SortStableFunc(cookies, func(a, b cookieSeen) int { return cmp.Compare(b.Sent+b.Set, a.Sent+a.Set) })
		cookies = cookies[:maxDraft]
	}
	d.collect(cookies, inForce)
	// What is printed is what was tried.
	for d.write(); ; d.write() {
		var problems policy.Problems
		if _, err := policy.Parse(p.Policy, []byte(base+d.text())); !errors.As(err, &problems) {
			break
		}
		if !d.amend(problems) {
			return fmt.Errorf("adding to the policy in force: %v", problems)
		}
	}
	if len(d.services) == 0 {
		_, err = fmt.Fprintln(w, "# Every cookie that was seen is listed.")
		return err
	}
	_, err = fmt.Fprintf(w, "# Not listed yet in %s. Paste this under \"services:\", and choose the\n# category of each.\n%s", printable(p.Policy), d.text())
	if left > 0 && err == nil {
		_, err = fmt.Fprintf(w, "\n# These are the ones seen most often; ask again for the other %d once they are listed.\n", left)
	}
	return err
}

// maxDraft is how many cookies a draft is made of. Nobody reads more, and all patterns
// of a policy are compared with each other.
const maxDraft = 500

// draft is what may become a part of a policy.
type draft struct {
	ids      []string // of the categories
	category string   // that asks for most
	taken    map[string]bool
	services []*draftService
	above    int // lines of the policy in force
	lines    []draftLine
}

// draftService is a service for cookies that seem to be of one platform.
type draftService struct {
	id      string
	cookies []*draftCookie
}

// draftLine is a line, and what to do where the policy cannot have it.
type draftLine struct {
	text string
	drop func(why string)
}

// collect makes services of the cookies that are not listed.
func (d *draft) collect(cookies []cookieSeen, inForce *policy.Policy) {
	byName := map[string]*draftCookie{}
	byPlatform := map[string]*draftService{}
	for i := range cookies {
		seen := &cookies[i]
		c := byName[seen.Name]
		if c == nil {
			c = newDraftCookie(seen, inForce.HoldsChoice(seen.Name))
			byName[seen.Name] = c
			platform := c.name
			if s := seen.Suggestion; s != nil && s.Platform != "" {
				platform = "of " + s.Platform
			}
			s := byPlatform[platform]
			if s == nil {
				s = &draftService{id: d.newID(c.name)}
				byPlatform[platform] = s
				d.services = append(d.services, s)
			}
			s.cookies = append(s.cookies, c)
		}
		c.learn(seen.Attributes)
		c.seenOn(seen.Host)
	}
}

// newID makes an id of a name.
func (d *draft) newID(name string) string {
	base := strings.ToLower(strings.Trim(notID.ReplaceAllString(name, "-"), "-_"))
	if base == "" {
		base = "cookie"
	}
	id := base
	for n := 2; d.taken[id]; n++ {
		id = fmt.Sprint(base, "-", n)
	}
	d.taken[id] = true
	return id
}

var notID = regexp.MustCompile(`[^A-Za-z0-9_]+`)

// write writes all lines anew.
func (d *draft) write() {
	d.lines = d.lines[:0]
	var odd []*draftCookie
	for _, s := range d.services {
		var fit []*draftCookie
		for _, c := range s.cookies {
			if c.why == "" {
				fit = append(fit, c)
			} else {
				odd = append(odd, c)
			}
		}
		if len(fit) > 0 {
			d.writeService(s, fit)
		}
	}
	if len(odd) > 0 {
		d.add(nil, "")
		d.add(nil, "  # What the policy has no words for:")
	}
	for _, c := range odd {
		d.add(nil, "  # %s: %s", yamlText(printable(c.name)), printable(c.why))
	}
}

func (d *draft) writeService(s *draftService, cookies []*draftCookie) {
	drop := func(why string) {
		for _, c := range cookies {
			c.why = why
		}
	}
	d.add(drop, "")
	d.add(drop, "  - id: %s", yamlText(s.id))
	d.add(drop, "    # choose: %s", strings.Join(d.ids, ", "))
	d.add(drop, "    category: %s", yamlText(d.category))
	d.add(drop, "    cookies:")
	for _, c := range cookies {
		c.write(d)
	}
}

func (d *draft) add(drop func(why string), format string, args ...any) {
	d.lines = append(d.lines, draftLine{fmt.Sprintf(format, args...), drop})
}

func (d *draft) text() string {
	var b strings.Builder
	for _, line := range d.lines {
		b.WriteString(line.text + "\n")
	}
	return b.String()
}

// amend takes out what the policy cannot have. It reports false where that is not to
// be found.
func (d *draft) amend(problems policy.Problems) bool {
	amended := false
	for _, p := range problems {
		i := p.Line - d.above - 1
		if i >= 0 && i < len(d.lines) && d.lines[i].drop != nil {
			d.lines[i].drop(elsewhere.ReplaceAllString(p.Text, ""))
			amended = true
		}
	}
	return amended
}

// elsewhere is where the rest of the policy stands, which nobody sees.
var elsewhere = regexp.MustCompile(` on line \d+| \(line \d+\)`)
