package consent

import (
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/cookie"
)

// Sources are all places where visitors' choices are kept, in their order.
type Sources struct {
	sources []*source
	combine Combine
	cookies []string // that the sources look at
	all     Set
}

// Combine is how the choices of several sources become one.
type Combine uint8

const (
	// First has each service go by the first source that says anything about it, if
	// only something that cannot be read.
	First Combine = iota
	// DenyWins denies what any source denies, grants what at least one grants and none
	// denies, and has what cannot be read in one beat the grants of the others.
	DenyWins
)

// NewSources returns sources that are ready to be read. They may not be changed any
// more.
func NewSources(combine Combine, declared []*Source) *Sources {
	s := &Sources{combine: combine}
	seen := make(map[string]bool)
	for _, d := range declared {
		compiled := newSource(d)
		s.sources = append(s.sources, compiled)
		s.all.AddAll(&compiled.all)
		for _, name := range d.cookies() {
			if !seen[name] {
				seen[name] = true
				s.cookies = append(s.cookies, name)
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
	add(s.Date)
	add(s.Version)
	for _, conditions := range [][]Condition{s.DecidedWhen, s.UndecidedWhen, s.DeniedWhen} {
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

// Speak is what the sources speak of: no choice says anything about another service.
func (s *Sources) Speak() Set { return s.all }

// MaxPairs is how many cookies are read in one message. Where there are more, nothing
// can be read.
const MaxPairs = 64

// Decode reads the choice from the pairs of a Cookie line. It asks for the time only
// where they say when the choice was made.
func (s *Sources) Decode(line string, now func() time.Time) Choice { return s.read(line, now).choice }

func (s *Sources) read(line string, now func() time.Time) said {
	j, ok := jarOf(line)
	if !ok {
		return said{choice: Choice{Undecodable: s.all}}
	}
	var all said
	var settled Set // by an earlier source
	for _, source := range s.sources {
		next := source.read(j, now)
		all.limit(&next)
		c := next.choice
		if s.combine == First {
			c = c.without(&settled)
			settled = settled.Union(c.Granted).Union(c.Denied).Union(c.Undecodable)
		}
		all.choice.Granted.AddAll(&c.Granted)
		all.choice.Denied.AddAll(&c.Denied)
		all.choice.Undecodable.AddAll(&c.Undecodable)
	}
	all.choice = all.choice.settled()
	return all
}

// without is a choice that says nothing about some services.
func (c Choice) without(services *Set) Choice {
	for i := range services {
		c.Granted[i] &^= services[i]
		c.Denied[i] &^= services[i]
		c.Undecodable[i] &^= services[i]
	}
	return c
}

// jar is the cookies of one message that sources look at.
type jar []jarred

type jarred struct{ name, value string }

// jarOf reads a Cookie line. It reports false where it has more cookies than any
// browser has reason to send.
func jarOf(line string) (j jar, ok bool) {
	for more := true; more; {
		var p cookie.Pair
		if p, line, more = cookie.Next(line); p.Text == "" {
			continue
		}
		if len(j) == MaxPairs {
			return nil, false
		}
		j = append(j, jarred{p.Name(), p.Value()})
	}
	return j, true
}

// of are the cookies of a declared name.
func (j jar) of(declared string) (found jar) {
	for _, c := range j {
		if Matches(declared, c.name) {
			found = append(found, c)
		}
	}
	return found
}
