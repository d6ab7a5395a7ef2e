package consent

import (
	"maps"
	"slices"
	"time"
)

// source is a Source that is ready to read values.
type source struct {
	*Source
	reader  reader
	keys    names
	members names
	grants  []keyedGrant
	version *Condition // nil: choices have none
	all     Set        // all services that it speaks of
}

// keyedGrant is a Grant with the indexes of its keys.
type keyedGrant struct {
	services Set
	keys     []int
}

func newSource(declared *Source) *source {
	s := &source{Source: declared, keys: make(names), members: make(names)}
	if s.Plain != nil {
		s.all = s.Plain.all()
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
	for i := range s.Dates {
		look(&s.Dates[i])
	}
	if s.Version != nil {
		look(s.Version)
		s.version = s.ofVersion()
	}
	for _, conditions := range [][]Condition{s.DecidedWhen, s.UndecidedWhen, s.DeniedWhen, s.GrantedWhen} {
		for i := range conditions {
			look(&conditions[i].Place)
		}
	}
	s.reader = s.Decoding.reader(s.keys, s.members)
	return s
}

// ofVersion is the condition that a choice was made under a version that counts.
func (s *Source) ofVersion() *Condition {
	if len(s.Versions) > 0 {
		return &Condition{Place: *s.Version, Test: Is, Words: s.Versions}
	}
	return &Condition{Place: *s.Version, Test: IsAtLeast, Least: s.AtLeast}
}

// read reads what the cookies of a message say in the source. Where there are several
// of its cookies, each is read by itself, and they have to agree (rule C3); those that
// hold one word each are read together.
func (s *source) read(j *jar, now func() time.Time, why *causes) said {
	own := slices.DeleteFunc(j.of(s.Cookie), func(c jarred) bool { return s.excepts(c.name) })
	a := &around{jar: j, texts: make(map[*Place][]text)}
	if len(own) == 0 {
		if d := (document{source: s, around: a}); s.Plain == nil && d.mayMeetAny(s.DeniedWhen) {
			why.add(Cause{Kind: CauseDenied, Cookie: s.Cookie, Place: placesOf(s.DeniedWhen)})
			return said{choice: Choice{Denied: s.all}}
		}
		return said{}
	}
	size := 1 // of what is read together
	if _, areWords := s.Decoding.(Flag); areWords {
		size = len(own)
	}
	all := s.readTogether(own[:size], a, now, why)
	for i := size; i < len(own); i++ {
		next := s.readTogether(own[i:i+1], a, now, why)
		all.limit(&next)
		all.choice, all.lapsed = all.choice.And(next.choice), all.lapsed || next.lapsed
	}
	if all.choice.Disputed != (Set{}) {
		why.add(Cause{Kind: CauseDisputed, Cookie: s.Cookie})
	}
	return all
}

func (s *source) excepts(name string) bool {
	return slices.ContainsFunc(s.Except, func(pattern string) bool { return isLike(pattern, name) })
}

func (s *source) readTogether(own []jarred, a *around, now func() time.Time, why *causes) said {
	if s.Plain != nil {
		return s.Plain.readFor(s.Cookie, own[0].value, now, why)
	}
	d := document{source: s, own: own, around: a, why: why, findings: findings{
		words: &s.Words, keys: s.keys, members: s.members, absent: s.Decoding.absent(),
		said: make([]uint8, len(s.keys)), texts: make([][]text, len(s.members)),
		lists: lists{in: make([]int, len(s.keys)), last: make([]int, len(s.keys))},
	}}
	isReadable := d.read()
	isDenied, isUndecided, isDecided := d.mayMeetAny(s.DeniedWhen), d.mayMeetAny(s.UndecidedWhen), d.isDecided()
	switch {
	case isDenied:
		d.because(CauseDenied, placesOf(s.DeniedWhen))
		return said{choice: Choice{Denied: s.all}}
	case !isReadable:
		d.because(CauseUnreadable, "")
		return said{choice: Choice{Undecodable: s.all}}
	case d.garbled:
		d.because(CauseUnreadable, placesOf(s.DecidedWhen))
		return said{choice: Choice{Undecodable: s.all}}
	case a.isCut: // what would tell that it does not count may be in what was not read
		return said{choice: d.choice()}
	case isUndecided:
		d.because(CauseUndecided, placesOf(s.UndecidedWhen))
		return said{choice: d.objections(), lapsed: true}
	case !isDecided:
		d.because(CauseNotDecided, placesOf(s.DecidedWhen))
		return said{choice: d.objections()}
	case s.version != nil && !d.meetsAll(s.version):
		d.because(CauseVersion, s.version.name())
		return said{choice: d.choice().withoutGrants(), lapsed: true}
	}
	p, ok := d.period()
	if !ok {
		return said{choice: Choice{Undecodable: s.all}}
	}
	if d.meetsAny(s.GrantedWhen) {
		d.absent = Granted
	}
	all := said{choice: d.choice()}.within(p, now)
	why.addAge(s.Cookie, p, &all)
	return all
}

// document is the value of a source's cookie, among the others of a message.
type document struct {
	*source
	findings
	own     []jarred
	around  *around
	garbled bool // a text that matters cannot be read
	why     *causes
}

// because records why what the value says does not count.
func (d *document) because(kind CauseKind, place string) {
	d.why.add(Cause{Kind: kind, Cookie: d.Cookie, Place: place})
}

func (d *document) read() bool {
	flag, areWords := d.Decoding.(Flag)
	for _, c := range d.own {
		if areWords && !d.source.keys.has(flag.key(c.name)) {
			continue // it may be anything
		}
		if len(c.value) > MaxValueBytes {
			return false
		}
		d.cookie = c.name
		value, ok := unwrapped([]byte(c.value), d.Unwrap)
		if !ok || !d.reader.read(value, &d.findings) {
			d.texts = nil
			return false
		}
	}
	return true
}

// textsAt are the texts that stand at a place.
func (d *document) textsAt(p *Place) (texts []text) {
	switch {
	case p.Cookie != "":
		return d.around.at(p)
	case p.Member == "":
		for _, c := range d.own {
			texts = append(texts, p.textIn(c.value))
		}
	case d.texts != nil:
		for _, t := range d.texts[d.source.members[p.Member]] {
			texts = append(texts, p.unwrap(t))
		}
	}
	return texts
}

// mayMeetAny tells whether a text meets one of the conditions, or cannot be read.
func (d *document) mayMeetAny(conditions []Condition) bool {
	for i := range conditions {
		c := &conditions[i]
		for _, t := range d.textsAt(&c.Place) {
			if c.mayBeMetBy(t) {
				return true
			}
		}
	}
	return false
}

// meetsAll tells whether there are texts, and all meet a condition.
func (d *document) meetsAll(c *Condition) bool {
	texts := d.textsAt(&c.Place)
	for _, t := range texts {
		if d.garbled = d.garbled || t.garbled; !c.isMetBy(t) {
			return false
		}
	}
	return len(texts) > 0
}

func (d *document) isDecided() bool {
	return len(d.DecidedWhen) == 0 || d.meetsAny(d.DecidedWhen)
}

// meetsAny tells whether one of the conditions is met, without any doubt.
func (d *document) meetsAny(conditions []Condition) bool {
	for i := range conditions {
		if d.meetsAll(&conditions[i]) {
			return true
		}
	}
	return false
}

// period is when the choice counts. It reports false where it cannot be told.
func (d *document) period() (p period, ok bool) {
	if d.MaxAge == 0 {
		return p, true
	}
	for i := range d.Dates {
		for _, t := range d.textsAt(&d.Dates[i]) {
			made, ok := dateOf(t.says)
			if !ok || t.garbled {
				d.because(CauseUnreadable, d.Dates[i].name())
				return p, false
			}
			p.add(made, d.MaxAge)
		}
	}
	return p, true
}

// choice is what the keys come to.
func (d *document) choice() (c Choice) {
	if d.Either && d.absent == Denied {
		d.absent, d.lists.either = Undecided, true
		c = d.choice()
		c.Denied = c.Denied.Union(d.all.Without(c.Granted.Union(c.Undecodable)))
		return c
	}
	for i := range d.grants {
		g := &d.grants[i]
		if slices.ContainsFunc(g.keys, d.isDisputed) {
			c.Disputed.AddAll(&g.services)
		}
		switch d.stateOf(g.keys) {
		case Granted:
			c.Granted.AddAll(&g.services)
		case Denied:
			c.Denied.AddAll(&g.services)
		case Undecodable:
			c.Undecodable.AddAll(&g.services)
			d.becauseOf(g.keys)
		case Undecided:
			if d.mayBeCutOff() && slices.ContainsFunc(g.keys, func(key int) bool { return d.said[key] == 0 }) {
				lasting := g.services.Intersect(d.Lasting)
				c.Undecodable.AddAll(&lasting)
				if lasting != (Set{}) {
					d.becauseOf(g.keys)
				}
			}
		}
	}
	return c.settled()
}

// becauseOf records the keys that the value does not tell in words that can be read.
func (d *document) becauseOf(keys []int) {
	if d.why == nil {
		return
	}
	if d.missing != "" {
		d.because(CauseUnreadable, d.missing)
	}
	for _, name := range slices.Sorted(maps.Keys(d.source.keys)) {
		if key := d.source.keys[name]; slices.Contains(keys, key) && d.findings.state(key) != Granted {
			d.because(CauseUnreadable, name)
		}
	}
}

// objections are what the value says against services whose denial lasts, of a visitor
// who has not decided by the conditions of the source (rule C8). What a value does not
// say is no objection, but for an array of objects that is there and names all that is
// granted (rule C10).
func (d *document) objections() Choice {
	if !d.hasEntries || d.meetsAny(d.GrantedWhen) {
		d.absent = Undecided
	}
	c := d.choice().withoutGrants()
	if d.mayBeCutOff() && slices.ContainsFunc(d.DeniedWhen, d.isSilentOn) {
		c.Undecodable = c.Undecodable.Union(d.all)
	}
	return c.settled().within(&d.Lasting)
}

// isDisputed reports whether one of several cookies that are a word each grants a key,
// and another one of that name does not (rule C3).
func (d *document) isDisputed(key int) bool {
	_, areWords := d.Decoding.(Flag)
	return areWords && d.said[key]&(1<<Granted) != 0 && d.said[key] != 1<<Granted
}

// mayBeCutOff reports whether nobody could tell if the end of the value were missing:
// pairs have no last one.
func (d *document) mayBeCutOff() bool {
	_, arePairs := d.Decoding.(*Pairs)
	return arePairs
}

// isSilentOn reports whether the value lacks the member that a condition looks at.
func (d *document) isSilentOn(c Condition) bool {
	return c.Member != "" && len(d.textsAt(&c.Place)) == 0
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
