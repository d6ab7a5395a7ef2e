package consent

import (
	"slices"
	"strings"
	"time"
)

// Sources are all places where visitors' choices are kept, in their order.
type Sources struct {
	sources []*source
	combine Combine
	cookies []string        // that the sources look at
	named   map[string]bool // those of them that are known by their whole names
	all     Set
}

// Combine is how the choices of several sources become one.
type Combine uint8

const (
	// First has each service go by the first source that says anything about it, if
	// only something that cannot be read, or does not count any more.
	First Combine = iota
	// DenyWins denies what any source denies, grants what at least one grants and none
	// denies, and has what cannot be read in one beat the grants of the others.
	DenyWins
)

// NewSources returns sources that are ready to be read. They may not be changed any
// more.
func NewSources(combine Combine, declared []*Source) *Sources {
	s := &Sources{combine: combine, named: make(map[string]bool)}
	for _, d := range declared {
		compiled := newSource(d)
		s.sources = append(s.sources, compiled)
		s.all.AddAll(&compiled.all)
		for _, name := range d.cookies() {
			if !slices.Contains(s.cookies, name) {
				s.cookies = append(s.cookies, name)
			}
			if !strings.HasSuffix(name, "*") {
				s.named[name] = true
			}
		}
		if _, areCookies := d.Decoding.(Flag); areCookies && strings.HasSuffix(d.Cookie, "*") {
			for key := range compiled.keys {
				s.named[strings.TrimSuffix(d.Cookie, "*")+key] = true
			}
		}
	}
	return s
}

// cookies are the names of all cookies that a source looks at.
func (s *Source) cookies() []string {
	all := []string{s.Cookie}
	add := func(p *Place) {
		if p != nil && p.Cookie != "" {
			all = append(all, p.Cookie)
		}
	}
	for i := range s.Dates {
		add(&s.Dates[i])
	}
	add(s.Version)
	for _, conditions := range [][]Condition{s.DecidedWhen, s.UndecidedWhen, s.DeniedWhen, s.GrantedWhen} {
		for i := range conditions {
			add(&conditions[i].Place)
		}
	}
	return all
}

// Cookies are the names of the cookies that the sources look at, in the order in which
// they are declared. One that ends in "*" stands for all that begin with the rest.
func (s *Sources) Cookies() []string { return s.cookies }

// Holds tells whether the sources look at a cookie.
func (s *Sources) Holds(name string) bool {
	for _, declared := range s.cookies {
		if Matches(declared, name) {
			return true
		}
	}
	return false
}

// Names tells whether the sources look at a cookie by its whole name, or for a key that
// somebody has named. One that only begins like others may be anything.
func (s *Sources) Names(name string) bool { return s.named[name] }

// Speak is what the sources speak of: no choice says anything about another service.
func (s *Sources) Speak() Set { return s.all }

// MaxPairs is how many cookies are read in one message, and MaxBytes how long they may
// be together. Where there is more, what was read can only deny.
const (
	MaxPairs = 64
	MaxBytes = 16 * MaxValueBytes
)

// Decode reads the choice from the pairs of a Cookie line. It asks for the time only
// where they say when the choice was made.
func (s *Sources) Decode(line string, now func() time.Time) Choice { return s.read(line, now).choice }

func (s *Sources) read(line string, now func() time.Time) said { return s.readFor(line, now, nil) }

// readFor is read for somebody who asks why.
func (s *Sources) readFor(line string, now func() time.Time, why *causes) said {
	j := jarOf(line)
	var all said
	var settled Set // by an earlier source
	for _, source := range s.sources {
		next := source.read(&j, now, why)
		all.limit(&next)
		c := next.choice
		if s.combine == First {
			c = c.without(&settled).or(c.objections(&source.Lasting, &all.choice.Granted))
			settled = settled.Union(c.Granted).Union(c.Denied).Union(c.Undecodable)
			if next.lapsed {
				settled.AddAll(&source.all)
			}
		}
		all.choice = all.choice.or(c)
	}
	if j.isCut {
		why.add(Cause{Kind: CauseTooMany, Cookie: s.cookies[0]})
		all.choice.Undecodable = s.all
	}
	all.choice = all.choice.settled()
	return all
}

// or is all that two choices say, which is not settled yet.
func (c Choice) or(other Choice) Choice {
	return Choice{
		Granted:     c.Granted.Union(other.Granted),
		Denied:      c.Denied.Union(other.Denied),
		Undecodable: c.Undecodable.Union(other.Undecodable),
		Disputed:    c.Disputed.Union(other.Disputed),
	}
}

// objections are what a choice says against services whose denial lasts, but for those
// that an earlier source grants: nothing else that one says undoes them (rule C8).
func (c Choice) objections(lasting, granted *Set) Choice {
	services := lasting.Without(*granted)
	return c.withoutGrants().within(&services)
}
