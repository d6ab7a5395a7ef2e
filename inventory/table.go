package inventory

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
)

// table holds MaxNames records at most. It is not safe for concurrent use.
type table struct {
	entries  map[key]*entry
	sentOnly []*entry // those that no response has set: they go first
	overflow uint64
}

type key struct{ host, name string }

type entry struct {
	Record
	place int // in sentOnly, where it is there
}

func newTable(size int) *table {
	return &table{entries: make(map[key]*entry, min(size, MaxNames))}
}

// add counts what a record does. It keeps no part of it but the attributes' copies.
func (t *table) add(r *Record) {
	e, known := t.entries[key{r.Host, r.Name}]
	switch {
	case known:
		wasSent := e.Set == 0
		e.add(r)
		if wasSent && e.Set > 0 {
			t.keep(e)
		}
	case len(t.entries) < MaxNames:
		t.insert(&entry{Record: r.clone()})
	case r.Set > 0 || len(t.sentOnly) > 0:
		t.evict()
		t.insert(&entry{Record: r.clone()})
	default:
		t.lose(r)
	}
}

func (t *table) insert(e *entry) {
	t.entries[key{e.Host, e.Name}] = e
	if e.Set == 0 {
		e.place = len(t.sentOnly)
		t.sentOnly = append(t.sentOnly, e)
	}
}

// keep takes an entry off those that may go.
func (t *table) keep(e *entry) {
	last := len(t.sentOnly) - 1
	t.sentOnly[e.place] = t.sentOnly[last]
	t.sentOnly[e.place].place = e.place
	t.sentOnly[last] = nil
	t.sentOnly = t.sentOnly[:last]
}

// sampleSize is among how many the one is looked for that goes.
const sampleSize = 16

// evict takes out the entry with the fewest sightings of a sample: of those that were
// only sent, or, where there are none, of all. What is set is the portal's own, but
// maybe on a host that a visitor has made up.
func (t *table) evict() {
	fewest := t.fewestSent()
	if fewest == nil {
		fewest = t.fewestOfAll()
	} else {
		t.keep(fewest)
	}
	t.lose(&fewest.Record)
	delete(t.entries, key{fewest.Host, fewest.Name})
}

// fewestOfAll samples all entries: a map has them in any order.
func (t *table) fewestOfAll() (fewest *entry) {
	seen := 0
	for _, e := range t.entries {
		if fewest == nil || sum(e.Sent, e.Set) < sum(fewest.Sent, fewest.Set) {
			fewest = e
		}
		if seen++; seen == sampleSize {
			break
		}
	}
	return fewest
}

// fewestSent samples those that may go. It returns nil where there are none.
func (t *table) fewestSent() *entry {
	count := len(t.sentOnly)
	if count == 0 {
		return nil
	}
	// The sample is spread evenly. The oldest names are neighbours, and the likely
	// real ones: side by side they would make up a sample of nothing else.
	start, step := rand.IntN(count), max(1, count/sampleSize)
	fewest := t.sentOnly[start]
	for i := range min(count, sampleSize) {
		if e := t.sentOnly[(start+i*step)%count]; e.Sent < fewest.Sent {
			fewest = e
		}
	}
	return fewest
}

func (t *table) lose(r *Record) { t.overflow = sum(t.overflow, sum(r.Sent, r.Set)) }

// snapshot returns what the table holds, in no order.
func (t *table) snapshot() Snapshot {
	records := make([]Record, 0, len(t.entries))
	for _, e := range t.entries {
		records = append(records, e.Record)
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
