package inventory

import "math/rand/v2"

// shelf keeps records up to a limit.
type shelf struct {
	limit    int
	entries  map[key]*entry
	sentOnly []*entry // those that no response has set: they go first
}

type key struct{ host, name string }

type entry struct {
	Record
	place int // in sentOnly, where it is there
}

func newShelf(size, limit int) *shelf {
	return &shelf{limit: limit, entries: make(map[key]*entry, min(size, limit))}
}

// add counts what a record does, and returns how many sightings there is no room for any
// more.
func (s *shelf) add(r *Record) (lost uint64) {
	e, known := s.entries[key{r.Host, r.Name}]
	switch {
	case known:
		wasSent := e.Set == 0
		e.add(r)
		if wasSent && e.Set > 0 {
			s.keep(e)
		}
	case len(s.entries) < s.limit:
		s.insert(&entry{Record: r.clone()})
	case r.Set > 0 || len(s.sentOnly) > 0:
		lost = s.evict()
		s.insert(&entry{Record: r.clone()})
	default:
		lost = r.times()
	}
	return lost
}

func (s *shelf) insert(e *entry) {
	s.entries[key{e.Host, e.Name}] = e
	if e.Set == 0 {
		e.place = len(s.sentOnly)
		s.sentOnly = append(s.sentOnly, e)
	}
}

// keep takes an entry off those that may go.
func (s *shelf) keep(e *entry) {
	last := len(s.sentOnly) - 1
	s.sentOnly[e.place] = s.sentOnly[last]
	s.sentOnly[e.place].place = e.place
	s.sentOnly[last] = nil
	s.sentOnly = s.sentOnly[:last]
}

// sampleSize is among how many the one is looked for that goes.
const sampleSize = 16

// evict takes out the entry with the fewest sightings of a sample: of those that were
// only sent, or, where there are none, of all. What is set is the portal's own, but
// maybe on a host that a visitor has made up.
func (s *shelf) evict() (lost uint64) {
	fewest := s.fewestSent()
	if fewest == nil {
		fewest = s.fewestOfAll()
	} else {
		s.keep(fewest)
	}
	delete(s.entries, key{fewest.Host, fewest.Name})
	return fewest.times()
}

// fewestOfAll samples all entries: a map has them in any order.
func (s *shelf) fewestOfAll() (fewest *entry) {
	seen := 0
	for _, e := range s.entries {
		if fewest == nil || e.times() < fewest.times() {
			fewest = e
		}
		if seen++; seen == sampleSize {
			break
		}
	}
	return fewest
}

// fewestSent samples those that may go. It returns nil where there are none.
func (s *shelf) fewestSent() *entry {
	count := len(s.sentOnly)
	if count == 0 {
		return nil
	}
	// The sample is spread evenly. The oldest names are neighbours, and the likely
	// real ones: side by side they would make up a sample of nothing else.
	start, step := rand.IntN(count), max(1, count/sampleSize)
	fewest := s.sentOnly[start]
	for i := range min(count, sampleSize) {
		if e := s.sentOnly[(start+i*step)%count]; e.times() < fewest.times() {
			fewest = e
		}
	}
	return fewest
}
