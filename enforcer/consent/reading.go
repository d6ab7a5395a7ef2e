package consent

import (
	"strings"
	"time"
)

// source is a Source that is ready to read values.
type source struct {
	*Source
	reader  reader
	keys    names
	members names
	grants  []keyedGrant
	all     Set // all services that it speaks of
}

// keyedGrant is a Grant with the indexes of its keys.
type keyedGrant struct {
	services Set
	keys     []int
}

func newSource(declared *Source) *source {
	s := &source{Source: declared, keys: make(names), members: make(names)}
	if s.Plain != nil {
		s.all = s.Plain.undecodable().Undecodable
		return s
	}
	for _, g := range s.Grants {
		keyed := keyedGrant{services: g.Services}
		for _, key := range g.Keys {
			keyed.keys = append(keyed.keys, s.keys.add(key))
		}
		s.grants = append(s.grants, keyed)
		s.all.AddAll(&g.Services)
	}
	look := func(p *Place) {
		if p != nil && p.Member != "" {
			s.members.add(p.Member)
		}
	}
	look(s.Date)
	look(s.Version)
	for _, conditions := range [][]Condition{s.DecidedWhen, s.UndecidedWhen, s.DeniedWhen} {
		for i := range conditions {
			look(&conditions[i].Place)
		}
	}
	s.reader = s.Decoding.reader(s.keys, s.members)
	return s
}

// read reads what the cookies of a message say in the source. Where there are several
// of its cookies, each is read by itself, and they have to agree (rule C3); those that
// hold one word each are read together.
func (s *source) read(j jar, now func() time.Time) said {
	own := j.of(s.Cookie)
	if len(own) == 0 {
		if d := (document{source: s, jar: j}); s.Plain == nil && d.meetsAny(s.DeniedWhen) {
			return said{choice: Choice{Denied: s.all}}
		}
		return said{}
	}
	if _, together := s.Decoding.(Flag); together {
		return s.readTogether(own, j, now)
	}
	all := s.readTogether(own[:1], j, now)
	for i := range own[1:] {
		next := s.readTogether(own[i+1:i+2], j, now)
		all.limit(&next)
		all.choice = all.choice.And(next.choice)
	}
	return all
}

func (s *source) readTogether(own, j jar, now func() time.Time) said {
	if s.Plain != nil {
		return s.Plain.read(own[0].value, now)
	}
	d := document{source: s, own: own, jar: j, findings: findings{
		words: &s.Words, keys: s.keys, members: s.members, absent: s.Decoding.absent(),
		said: make([]uint8, len(s.keys)), texts: make([][]string, len(s.members)),
		lists: lists{in: make([]int, len(s.keys)), last: make([]int, len(s.keys))},
	}}
	isReadable := d.read()
	switch {
	case d.meetsAny(s.DeniedWhen):
		return said{choice: Choice{Denied: s.all}}
	case !isReadable:
		return said{choice: Choice{Undecodable: s.all}}
	case !d.isDecided() || !d.isOfVersion():
		return said{}
	}
	p, ok := d.period()
	if !ok {
		return said{choice: Choice{Undecodable: s.all}}
	}
	return said{choice: d.choice()}.within(p, now)
}

// document is the value of a source's cookie, among the others of a message.
type document struct {
	*source
	findings
	own, jar jar
}

func (d *document) read() bool {
	for _, c := range d.own {
		if len(c.value) > MaxValueBytes {
			return false
		}
		d.cookie = c.name
		if !d.reader.read(unwrapped([]byte(c.value), d.Unwrap), &d.findings) {
			d.texts = make([][]string, len(d.source.members))
			return false
		}
	}
	return true
}

// textsAt are the texts that stand at a place.
func (d *document) textsAt(p *Place) (texts []string) {
	switch {
	case p.Cookie != "":
		for _, c := range d.jar.of(p.Cookie) {
			texts = append(texts, c.value)
		}
	case p.Member == "":
		for _, c := range d.own {
			texts = append(texts, c.value)
		}
	case d.texts != nil:
		texts = d.texts[d.source.members[p.Member]]
	}
	for i, text := range texts {
		if len(text) > MaxValueBytes {
			text = ""
		}
		if len(p.Unwrap) > 0 {
			text = string(unwrapped([]byte(text), p.Unwrap))
		}
		texts[i] = strings.TrimSpace(text)
	}
	return texts
}

// meetsAny tells whether a text meets one of the conditions.
func (d *document) meetsAny(conditions []Condition) bool {
	for i := range conditions {
		c := &conditions[i]
		for _, text := range d.textsAt(&c.Place) {
			if c.isMetBy(text) {
				return true
			}
		}
	}
	return false
}

// meetsAll tells whether there are texts, and all meet a condition.
func (d *document) meetsAll(c *Condition) bool {
	texts := d.textsAt(&c.Place)
	for _, text := range texts {
		if !c.isMetBy(text) {
			return false
		}
	}
	return len(texts) > 0
}

func (d *document) isDecided() bool {
	if d.meetsAny(d.UndecidedWhen) {
		return false
	}
	for i := range d.DecidedWhen {
		if d.meetsAll(&d.DecidedWhen[i]) {
			return true
		}
	}
	return len(d.DecidedWhen) == 0
}

// isOfVersion tells whether the choice was made under a version that counts.
func (d *document) isOfVersion() bool {
	switch {
	case d.Version == nil:
		return true
	case len(d.Versions) > 0:
		return d.meetsAll(&Condition{Place: *d.Version, Test: Is, Words: d.Versions})
	}
	return d.meetsAll(&Condition{Place: *d.Version, Test: IsAtLeast, Least: d.AtLeast})
}

// period is when the choice counts. It reports false where it cannot be told.
func (d *document) period() (p period, ok bool) {
	if d.Date == nil || d.MaxAge == 0 {
		return p, true
	}
	for _, text := range d.textsAt(d.Date) {
		made, ok := dateOf(text)
		if !ok {
			return p, false
		}
		p.add(made, d.MaxAge)
	}
	return p, true
}

// choice is what the keys come to.
func (d *document) choice() (c Choice) {
	for i := range d.grants {
		g := &d.grants[i]
		switch d.stateOf(g.keys) {
		case Granted:
			c.Granted.AddAll(&g.services)
		case Denied:
			c.Denied.AddAll(&g.services)
		case Undecodable:
			c.Undecodable.AddAll(&g.services)
		}
	}
	return c.settled()
}

// stateOf is what several keys come to, of which all have to be granted.
func (d *document) stateOf(keys []int) State {
	all := Granted
	for _, key := range keys {
		switch s := d.findings.state(key); {
		case s == Denied:
			return Denied
		case s == Undecodable || all == Granted:
			all = s
		}
	}
	return all
}
