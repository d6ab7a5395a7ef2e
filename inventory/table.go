package inventory

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// MaxOrigins is how many origins are kept besides, those of different hosts apart.
const MaxOrigins = 1_000

// table keeps cookies and origins apart: anybody can report origins, and they are not to
// take the places of cookies. It is not safe for concurrent use.
type table struct {
	cookies, origins *shelf
	overflow         uint64
}

func newTable(size int) *table {
	return &table{cookies: newShelf(size, MaxNames), origins: newShelf(0, MaxOrigins)}
}

// know has hosts count as what they are worth from elsewhere, where that is more.
func (t *table) know(hosts map[string]uint64) {
	for _, s := range []*shelf{t.cookies, t.origins} {
		s.elsewhere = hosts
		for _, h := range s.sample {
			h.times = max(h.times, hosts[h.host])
		}
	}
}

// add counts what a record does. It keeps no part of it but the attributes' copies.
func (t *table) add(r *Record) {
	s := t.cookies
	if r.IsOrigin() {
		s = t.origins
	}
	t.overflow = sum(t.overflow, s.add(r))
}

// snapshot returns what the table holds, in no order.
func (t *table) snapshot() Snapshot {
	records := make([]Record, 0, len(t.cookies.entries)+len(t.origins.entries))
	for _, s := range []*shelf{t.cookies, t.origins} {
		for _, e := range s.entries {
			records = append(records, e.Record)
		}
	}
	return Snapshot{Records: records, Overflow: t.overflow}
}

// merge adds up snapshots, the earlier ones first: where there is no room, a name
// comes in as with [Inventory.Add]. It shares nothing with them.
func merge(parts ...Snapshot) Snapshot {
	names := 0
	for _, part := range parts {
		names += len(part.Records)
	}
	t := newTable(names)
	for _, part := range parts {
		t.overflow = sum(t.overflow, part.Overflow)
		for i := range part.Records {
			t.add(&part.Records[i])
		}
	}
	merged := t.snapshot()
	slices.SortFunc(merged.Records, func(a, b Record) int {
		return cmp.Or(strings.Compare(a.Host, b.Host), strings.Compare(a.Name, b.Name))
	})
	return merged
}

// worthOfHosts is what the hosts of a snapshot are worth that were seen more than once.
func (s Snapshot) worthOfHosts() map[string]uint64 {
	var latest time.Time
	for i := range s.Records {
		if at := s.Records[i].LastSeen; latest.Before(at) {
			latest = at
		}
	}
	hosts := make(map[string]uint64)
	for i := range s.Records {
		r := &s.Records[i]
		if w := worth(r.times(), r.LastSeen, latest); w > 1 {
			hosts[r.Host] = max(hosts[r.Host], w)
		}
	}
	return hosts
}
