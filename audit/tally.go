package audit

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer"
	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"github.com/caddy-consent/caddy-consent/enforcer/cookie"
	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

// tally counts the cookies of one host.
type tally struct {
	policy   *policy.Policy
	enforcer *enforcer.Enforcer
	clock    time.Time // of the recording
	entries  int
	choice   sighting              // the earliest exchange that has a choice
	causes   []consent.Cause       // why something that consent cookies say does not count
	counted  map[Finding]*sighting // by findings that say nothing of it yet
	names    shownNames
}

func newTally(p *policy.Policy) *tally {
	t := &tally{policy: p, enforcer: enforcer.New(p), counted: map[Finding]*sighting{}, names: shownNames{}}
	t.enforcer.Now = t.now
	return t
}

func (t *tally) now() time.Time { return t.clock }

// add judges an exchange with the host by the clock of the recording.
//
// Entries may stand in any order, and there may be too many to sort them. So one
// without a choice is taken to be before the choice unless an earlier choice is
// known, and report puts right what turns out otherwise, for a finding as a whole.
func (t *tally) add(x *exchange, path string) {
	t.entries++
	t.clock = x.started
	here := sighting{1, x.entry, x.started, strings.Clone(clip(path))}
	inRequest := t.hasChoice(&x.request)
	inResponse := inRequest || t.hasChoice(&x.response)
	if inResponse {
		t.choice.add(here)
	}
	isLater := t.choice.isBefore(&here)
	explained := t.enforcer.Explain(x.request.header, x.response.header)
	t.addCauses(explained.Causes)
	for _, d := range explained.Decisions {
		phase := Before
		if isLater || inRequest || inResponse && d.Direction == enforcer.Response {
			phase = After
		}
		t.count(&d, phase).add(here)
	}
}

// maxCauses is how many causes a report has.
const maxCauses = 8

// addCauses adds causes that are new. When a choice became too old does not tell two of
// them apart: visitors may be many.
func (t *tally) addCauses(causes []consent.Cause) {
	for _, c := range causes {
		isKnown := func(known consent.Cause) bool {
			return known.Kind == c.Kind && known.Cookie == c.Cookie && known.Place == c.Place
		}
		if len(t.causes) < maxCauses && !slices.ContainsFunc(t.causes, isKnown) {
			t.causes = append(t.causes, c)
		}
	}
}

// hasChoice tells whether a message has a consent cookie that says anything, if
// only something that does not count any more, or cannot be read. Portals may set an
// empty one at once.
func (t *tally) hasChoice(m *message) bool {
	var pairs []cookie.Pair
	for _, line := range m.header[m.field] {
		if m.field == setCookieField {
			if cookie.Deletes(line, t.now) {
				continue
			}
			line, _, _ = strings.Cut(line, ";")
		}
		for more := true; more; {
			var pair cookie.Pair
			pair, line, more = cookie.Next(line)
			if t.policy.HoldsChoice(pair.Name()) {
				pairs = append(pairs, pair)
			}
		}
	}
	return t.says(pairs)
}

// says tells whether consent cookies say anything.
func (t *tally) says(pairs []cookie.Pair) bool {
	var line []string
	for _, pair := range pairs {
		if t.policy.Sources == nil && isSaid(t.policy.Decoder.Decode(pair.Value(), t.now), t.policy.Decoder.Explain(pair.Name(), pair.Value(), t.now)) {
			return true
		}
		line = append(line, pair.Text)
	}
	if t.policy.Sources == nil {
		return false
	}
	all := strings.Join(line, "; ")
	return isSaid(t.policy.Sources.Decode(all, t.now), t.policy.Sources.Explain(all, t.now))
}

// isSaid tells whether there is a choice, if only one of which something does not count.
func isSaid(c consent.Choice, causes []consent.Cause) bool {
	return c != (consent.Choice{}) || slices.ContainsFunc(causes, consent.Cause.IsOfChoice)
}

// count finds what a decision counts for.
func (t *tally) count(d *enforcer.Decision, phase Phase) *sighting {
	f := Finding{
		Name:      t.names.of(d.Name),
		Category:  d.Category,
		Service:   d.Service,
		Direction: d.Direction,
		Phase:     phase,
		Action:    d.Action,
		Reason:    d.Reason,
	}
	if t.counted[f] == nil && len(t.counted) >= MaxFindings {
		f.Name, f.Category, f.Service = Others, "", ""
	}
	if t.counted[f] == nil {
		t.counted[f] = new(sighting)
	}
	return t.counted[f]
}

// report tells what was counted.
func (t *tally) report(host string) *Report {
	counted := map[Finding]*sighting{}
	for f, s := range t.counted {
		if t.choice.isBefore(s) {
			f.Phase = After
		}
		if counted[f] == nil {
			counted[f] = new(sighting)
		}
		counted[f].add(*s)
	}
	r := &Report{Host: printable(host), Entries: t.entries, Choice: t.choice.entry, Causes: t.causes}
	for f, s := range counted {
		f.Count, f.First, f.Path = s.count, s.entry, shown(s.path)
		r.Cookies = append(r.Cookies, f)
	}
	r.sort()
	return r
}

// sighting is how often something was seen, and where for the first time.
type sighting struct {
	count, entry int
	at           time.Time
	path         string
}

// isBefore compares first times. Where they are the same, that of the first entry
// is before the other.
func (s *sighting) isBefore(other *sighting) bool {
	return s.count > 0 && cmp.Or(s.at.Compare(other.at), cmp.Compare(s.entry, other.entry)) < 0
}

func (s *sighting) add(other sighting) {
	count := s.count + other.count
	if !s.isBefore(&other) {
		*s = other
	}
	s.count = count
}
