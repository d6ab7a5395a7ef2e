package expiry

import (
	"hash/maphash"
	"strings"
	"sync"
	"time"
)

// turn is how far the attempts at one visitor's cookie have come.
type turn struct {
	group     group
	sent      int       // how many scopes of the group were tried
	at        time.Time // when the last ones were
	directory uint64    // the hash of the one whose scopes were tried in the end
	said      bool      // it has been said that nothing helps
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
		v.visitor = hash(t.seed, v.Host, v.Address, v.Agent, strings.Map(withoutDigits, v.Choice))
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

// directory is the hash of the directory of a visit.
func (t *turns) directory(v *Visit) uint64 { return hash(t.seed, v.defaultPath()) }

// inDirectory returns the turn, and its key, that a cookie has in the directory of a
// visit after one turn has passed: it begins with what depends on the directory,
// unless that was tried in that turn.
func (t *turns) inDirectory(passed turn, key uint64, v *Visit) (uint64, turn) {
	directory := t.directory(v)
	key = maphash.Comparable(t.seed, [2]uint64{key, directory})
	own := t.get(key)
	if own.group < deeper {
		own.group = deeper
		if passed.directory == directory {
			own.group, own.at = exhausted, passed.at
		}
	}
	return key, own
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
func (t *turns) get(key uint64) turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	if found, ok := t.recent[key]; ok {
		return found
	}
	return t.old[key]
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
