package inventory

import (
	"math"
	"math/rand/v2"
	"time"
)

// section is the records of one host.
type section struct {
	host      string
	place     int      // in the shelf's sample
	set, sent []*entry // those that a response has set, and those that none has
	times     uint64   // how often its most frequent one was seen: about how many messages there were
	last      time.Time
}

func (h *section) len() int { return len(h.set) + len(h.sent) }

// saw counts a record that was added, or has changed.
func (h *section) saw(r *Record) {
	h.times = max(h.times, r.times())
	if h.last.Before(r.LastSeen) {
		h.last = r.LastSeen
	}
}

// rarest is the record that goes first.
func (h *section) rarest(now time.Time) *entry {
	rankIn := func(e *entry) rank { return e.rank(now) }
	if len(h.set) == 0 {
		return least(h.sent, rankIn)
	}
	rarest := least(h.set, rankIn)
	if len(h.sent) == 0 {
		return rarest
	}
	rarestSent := least(h.sent, rankIn)
	lowest, other := rarest.rank(now), rarestSent.rank(now)
	if other.isBelow(&lowest) {
		return rarestSent
	}
	return rarest
}

// ownCounts is how many sightings in requests one in a response outweighs: anybody can send
// a name that is made up, and what responses set is the portal's own.
const ownCounts = 100

func (e *entry) rank(now time.Time) rank {
	times := e.times()
	if e.Set > 0 {
		times = min(times, math.MaxUint64/ownCounts) * ownCounts
	}
	return rankOf(times, e.LastSeen, now)
}

// rank is by what it is found out which one goes: the lowest.
type rank struct {
	worth uint64
	last  int64
}

func rankOf(times uint64, last, now time.Time) rank {
	return rank{worth: worth(times, last, now), last: last.Unix()}
}

func (r *rank) isBelow(other *rank) bool {
	return r.worth < other.worth || r.worth == other.worth && r.last < other.last
}

// worth is what so many sightings are worth some time after the last one: half of it with
// each day, so that nothing stays for good that is not seen any more.
func worth(times uint64, last, now time.Time) uint64 {
	const day = 24 * time.Hour
	return times >> min(max(now.Sub(last), 0)/day, 63)
}

// sampleSize is among how many the one is looked for that goes.
const sampleSize = 16

// least is the one of a sample with the lowest rank. The sample is spread evenly: the oldest
// are neighbours, and the likely real ones; side by side they would make up a sample of
// nothing else.
func least[T any](items []T, rankOf func(T) rank) T {
	count := len(items)
	at, step := rand.IntN(count), max(1, count/sampleSize)
	found := items[at]
	lowest := rankOf(found)
	for range min(count, sampleSize) - 1 {
		at = (at + step) % count
		if r := rankOf(items[at]); r.isBelow(&lowest) {
			found, lowest = items[at], r
		}
	}
	return found
}

// with puts an entry among others.
func with(entries []*entry, e *entry) []*entry {
	e.place = len(entries)
	return append(entries, e)
}

// without takes an entry out of those among which it is.
func without(entries []*entry, e *entry) []*entry {
	last := len(entries) - 1
	entries[e.place] = entries[last]
	entries[e.place].place = e.place
	entries[last] = nil
	return entries[:last]
}
