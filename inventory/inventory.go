// Package inventory keeps what cookies were observed: every name on every host,
// which way it went, how often, how it was set and what the policy said of it; and from
// which origins pages were to load that the visitor's choice did not permit.
//
// An [Inventory] is bounded, and shared through a storage by all instances that
// use the same one. There is no place in it for the value of a cookie (rule F3).
// A [Catalogue] suggests what an unlisted name may be.
package inventory

import (
	"sync"
	"time"
)

// MaxNames is how many names of cookies are kept, those of different hosts apart.
const MaxNames = 10_000

// Inventory collects sightings of cookies. Any number of goroutines may use it at
// once, and none of them waits for a storage but those in [Inventory.Save].
type Inventory struct {
	storing chan struct{} // has room for the one that uses a storage

	mu      sync.Mutex
	stored  []document // as last seen, each inventory once, the latest one last
	unsaved Snapshot   // what a Save has taken out of fresh, and has not stored yet
	fresh   *table
	hosts   map[string]uint64 // what those that are stored are worth
}

// New returns an inventory that is empty.
func New() *Inventory {
	return &Inventory{storing: make(chan struct{}, 1), fresh: newTable(0)}
}

// Add counts the sightings of n messages that are alike, the last of which was
// there at a time. A message that has a name twice counts twice.
//
// When there is no room for a new name, one of the host goes that was seen least, and of
// that host one that is only ever sent and has few sightings: anybody can send a made-up
// name, and make up a host. What was not seen for long counts for less. A host that has
// many names makes room for its own.
func (i *Inventory) Add(at time.Time, n uint64, sightings []Sighting) {
	if n == 0 {
		return
	}
	at = second(at)
	i.mu.Lock()
	defer i.mu.Unlock()
	for k := range sightings {
		r := sightings[k].record(at, n)
		i.fresh.add(&r)
	}
}

// Snapshot is what an inventory holds at one moment.
type Snapshot struct {
	// Records are sorted by host and name. There are MaxNames and
	// MaxOrigins at most.
	Records []Record `json:"records"`

	// Overflow counts the sightings that are in none of the records, for want of
	// room.
	Overflow uint64 `json:"overflow"`
}

// Snapshot returns what was seen in all, stored or not. It is the caller's to keep
// and to change.
func (i *Inventory) Snapshot() Snapshot {
	i.mu.Lock()
	parts := make([]Snapshot, 0, len(i.stored)+2)
	for _, d := range i.stored {
		parts = append(parts, d.Snapshot)
	}
	parts = append(parts, i.unsaved, i.fresh.snapshot())
	i.mu.Unlock()
	return merge(parts...)
}

func (s Snapshot) isEmpty() bool { return len(s.Records) == 0 && s.Overflow == 0 }
