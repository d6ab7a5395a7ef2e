package expiry

import (
	"hash/maphash"
	"sync"
	"time"
)

// turn is how far the attempts at one visitor's cookie have come.
type turn struct {
	group group
	sent  int       // how many scopes of the group were tried
	at    time.Time // when the last ones were
}

// maxTurns is how many turns are remembered in each half of their time.
const maxTurns = 10_000

// turnTime is how long a turn is remembered at most after the last attempt, and
// half of it at least.
const turnTime = time.Hour

// turns are the turns of recent visitors, under hashes: neither a name nor a value
// is kept.
type turns struct {
	seed maphash.Seed

	mu          sync.Mutex
	recent, old map[uint64]turn
	ageing      *time.Timer
}

func newTurns() *turns { return &turns{seed: maphash.MakeSeed()} }

// key is the hash of a cookie in one visitor's browser.
func (t *turns) key(v *Visit, c *Cookie) uint64 {
	if v.visitor == 0 {
		v.visitor = hash(t.seed, v.Host, v.Address, v.Agent, v.Choice)
	}
	return maphash.Comparable(t.seed, [2]uint64{v.visitor, hash(t.seed, c.Name, c.Value)})
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

// get returns a turn. One that is not remembered is the first.
func (t *turns) get(key uint64) (found turn, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if found, ok = t.recent[key]; !ok {
		found, ok = t.old[key]
	}
	return found, ok
}

func (t *turns) put(key uint64, next turn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.recent) >= maxTurns {
		t.old, t.recent = t.recent, nil
	}
	if t.recent == nil {
		t.recent = make(map[uint64]turn)
	}
	t.recent[key] = next
	if t.ageing == nil {
		t.ageing = time.AfterFunc(turnTime/2, t.age)
	}
}

// age forgets the turns that were not taken for as long as it is between two
// calls.
func (t *turns) age() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.old, t.recent = t.recent, nil
	if t.ageing = nil; t.old != nil {
		t.ageing = time.AfterFunc(turnTime/2, t.age)
	}
}
