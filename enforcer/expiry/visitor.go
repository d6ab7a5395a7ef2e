package expiry

import (
	"hash/maphash"
	"strings"
	"sync/atomic"

	"github.com/caddy-consent/caddy-consent/quota"
)

// pages count the pages that visitors go to, as long as there are turns: where one comes
// between two pages that a cookie came with, it came without the cookie (rule X6).
// Visitors share the counts when there are many, and then guesses begin anew without
// need. It takes no lock: every page is counted.
type pages struct {
	counts atomic.Pointer[[1 << 16]atomic.Uint32] // nil where there are no turns
}

func (p *pages) begin() {
	if p.counts.Load() == nil {
		p.counts.CompareAndSwap(nil, new([1 << 16]atomic.Uint32))
	}
}

func (p *pages) end() { p.counts.Store(nil) }

// Counts reports whether [Memory.Page] is to be called for pages.
func (m *Memory) Counts() bool { return m.turns.pages.counts.Load() != nil }

// Page counts a page that a visitor goes to, whatever comes with it. It returns what is
// to be the Page of the visit.
func (m *Memory) Page(v *Visit) uint16 {
	if count := m.turns.pages.of(v, m.turns.seed); count != nil {
		return uint16(count.Add(1))
	}
	return 0
}

// of is the count of a visitor's pages, or nil.
func (p *pages) of(v *Visit, seed maphash.Seed) *atomic.Uint32 {
	counts := p.counts.Load()
	if counts == nil {
		return nil
	}
	return &counts[v.browserHash(seed)%uint64(len(counts))]
}

// clientHash is the hash of who shares what is remembered at most: a client, as quotas
// have it.
func (v *Visit) clientHash(seed maphash.Seed) uint64 {
	if v.client == 0 {
		if client, ok := quota.Client(v.Address); ok {
			v.client = maphash.Comparable(seed, client)
		} else {
			v.client = hash(seed, v.Address)
		}
	}
	return v.client
}

// browserHash is the hash of what tells visitors apart, whatever they have chosen.
func (v *Visit) browserHash(seed maphash.Seed) uint64 {
	return hash(seed, v.Host, v.Address, v.Agent)
}

// key is the hash of a cookie in one visitor's browser.
func (t *turns) key(v *Visit, c *Cookie) uint64 {
	if v.visitor == 0 {
		v.visitor = maphash.Comparable(t.seed, [2]uint64{v.browserHash(t.seed), hash(t.seed, strings.Map(withoutDigits, v.Choice))})
	}
	return maphash.Comparable(t.seed, [2]uint64{v.visitor, hash(t.seed, c.Name, c.Value)})
}

// withoutDigits takes the times out of a choice: some are written anew on every
// page, which would make another visitor of the same one.
func withoutDigits(c rune) rune {
	if '0' <= c && c <= '9' {
		return -1
	}
	return c
}

func hash(seed maphash.Seed, parts ...string) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	for _, part := range parts {
		_, _ = h.WriteString(part)
		_ = h.WriteByte(0)
	}
	return h.Sum64()
}
