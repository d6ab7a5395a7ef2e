package inventory

import (
	"slices"
	"time"
)

// shelf keeps records up to a limit. A new one always finds room: once there is none left, a
// host with more than its quota makes it, or else the one that was seen least. So whoever
// makes up hosts pushes out hosts made up, and whoever makes up names on one host pushes out
// names of that host.
type shelf struct {
	limit   int
	entries map[key]*entry
	hosts   map[string]*section
	sample  []*section // the same, in any order
	large   []*section // those with more than their quota
	latest  time.Time  // when anything was last seen

	elsewhere map[string]uint64 // what hosts are worth by other records
}

type key struct{ host, name string }

type entry struct {
	Record
	of    *section
	place int // among those of its host that are alike
}

func newShelf(size, limit int) *shelf {
	return &shelf{limit: limit, entries: make(map[key]*entry, min(size, limit)), hosts: make(map[string]*section)}
}

// quota is how many records of one host others make room for. Where there is room anyway,
// a host may have more.
func (s *shelf) quota() int { return s.limit / 4 }

// add counts what a record does, and returns how many sightings there is no room for any
// more.
func (s *shelf) add(r *Record) (lost uint64) {
	if s.latest.Before(r.LastSeen) {
		s.latest = r.LastSeen
	}
	if e, known := s.entries[key{r.Host, r.Name}]; known {
		e.count(r)
		return 0
	}
	if len(s.entries) == s.limit {
		lost = s.evict()
	}
	s.insert(&entry{Record: r.clone()})
	return lost
}

// count adds another record of the same cookie.
func (e *entry) count(r *Record) {
	wasSet := e.Set > 0
	e.add(r)
	if !wasSet && e.Set > 0 {
		e.of.sent = without(e.of.sent, e)
		e.of.set = with(e.of.set, e)
	}
	e.of.saw(&e.Record)
}

func (s *shelf) insert(e *entry) {
	of, known := s.hosts[e.Host]
	if !known {
		of = &section{host: e.Host, place: len(s.sample), times: s.elsewhere[e.Host]}
		s.hosts[e.Host] = of
		s.sample = append(s.sample, of)
	}
	e.of = of
	s.entries[key{e.Host, e.Name}] = e
	if e.Set > 0 {
		of.set = with(of.set, e)
	} else {
		of.sent = with(of.sent, e)
	}
	of.saw(&e.Record)
	if of.len() == s.quota()+1 {
		s.large = append(s.large, of)
	}
}

// evict takes a record out, and returns how often it was seen.
func (s *shelf) evict() (lost uint64) {
	of := s.nextHost()
	e := of.rarest(s.latest)
	delete(s.entries, key{e.Host, e.Name})
	if e.Set > 0 {
		of.set = without(of.set, e)
	} else {
		of.sent = without(of.sent, e)
	}
	if of.len() == s.quota() {
		s.large = slices.DeleteFunc(s.large, func(h *section) bool { return h == of })
	}
	if of.len() == 0 {
		s.removeHost(of)
	}
	return e.times()
}

// nextHost is the host that makes room next.
func (s *shelf) nextHost() *section {
	if len(s.large) > 0 {
		return s.large[0]
	}
	return least(s.sample, func(h *section) rank { return rankOf(h.times, h.last, s.latest) })
}

func (s *shelf) removeHost(of *section) {
	delete(s.hosts, of.host)
	last := len(s.sample) - 1
	s.sample[of.place] = s.sample[last]
	s.sample[of.place].place = of.place
	s.sample[last] = nil
	s.sample = s.sample[:last]
}
