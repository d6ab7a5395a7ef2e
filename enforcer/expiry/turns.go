package expiry

import (
	"hash/maphash"
	"sync"
	"time"
)

// turn is how far the attempts at one visitor's cookie have come.
type turn struct {
	group     group
	sent      int       // how many scopes of the group were tried
	sentAt    time.Time // when lines were last sent
	triedAt   time.Time // when something new was last tried
	directory uint64    // the hash of the one whose scopes were tried in the end
	said      bool      // it has been said that nothing helps

	// What begins the turn anew once it has come to its end (rule X6).
	page  uint16 // that the cookie last came with
	anew  bool   // a page has come without the cookie since the turn began
	round uint32 // how often it has begun anew

	// Visitors who look alike share a turn. Then each has one more, once it is over.
	who      uint64
	isShared bool

	age uint32 // of the turns, when this one was kept
}

// isOver reports whether a turn is too old to go on.
func (t *turn) isOver(now time.Time) bool {
	return !t.triedAt.IsZero() && now.Sub(t.triedAt) >= turnTime
}

// isSettling reports whether what was tried may still be on its way to the browser.
func (t *turn) isSettling(now time.Time) bool { return now.Sub(t.triedAt) < settleTime }

// renewed is the turn as it begins anew.
func (t *turn) renewed() turn { return turn{page: t.page, round: t.round + 1} }

// maxTurns is how many turns are remembered, of all clients together.
const maxTurns = 20_000

// turnTime is how long a turn goes on at most after something new was tried. It is
// remembered for half of that time at least.
const turnTime = time.Hour

// turns are the turns of recent visitors, under hashes: neither a name nor a value
// is kept. Each client has a share of them.
type turns struct {
	seed  maphash.Seed
	pages pages

	mu     sync.Mutex
	kept   *shares[turn] // by clients
	age    uint32
	ageing *time.Timer
}

func newTurns() *turns {
	return &turns{seed: maphash.MakeSeed(), kept: newShares[turn](maxTurns)}
}

// place is a turn, and where it is kept.
type place struct {
	client, key uint64
	turn
}

// begin returns the turn of a cookie. One that is not remembered is the first.
func (t *turns) begin(v *Visit, c *Cookie, now time.Time) *place {
	p := t.at(v.clientHash(t.seed), t.key(v, c))
	who := hash(t.seed, v.Choice, v.Kept)
	isOver := p.isOver(now)
	if isOver {
		p.turn = p.renewed()
	}
	if isOver || p.triedAt.IsZero() && p.round == 0 {
		p.page = v.Page
		if count := t.pages.of(v, t.seed); count != nil && !v.Navigation {
			p.page = uint16(count.Load())
		}
	}
	if p.who == 0 {
		p.who = who
	}
	p.isShared = p.isShared || p.who != who
	p.came(v)
	return p
}

// came takes note of a page that the cookie has come with.
func (p *place) came(v *Visit) {
	if !v.Navigation {
		return
	}
	pages := int16(v.Page - p.page)
	p.anew = p.anew || pages > 1
	if pages > 0 {
		p.page = v.Page
	}
}

// touch takes note of a page that a cookie has come with, without an attempt.
func (t *turns) touch(v *Visit, c *Cookie) {
	p := t.at(v.clientHash(t.seed), t.key(v, c))
	if !p.triedAt.IsZero() {
		p.came(v)
		t.put(p)
	}
}

// own returns the turn that a visitor has alone, after one that several share. It begins
// with what is likely.
func (t *turns) own(shared *place, v *Visit) *place {
	who := hash(t.seed, v.Choice, v.Kept)
	p := t.at(shared.client, maphash.Comparable(t.seed, [3]uint64{shared.key, who, uint64(shared.round)}))
	p.group = max(p.group, common)
	return p
}

// inDirectory returns the turn that a cookie has in the directory of a visit after one
// turn has passed: it begins with what depends on the directory, unless that was tried
// in that turn.
func (t *turns) inDirectory(passed *place, v *Visit) *place {
	directory := t.directory(v)
	p := t.at(passed.client, maphash.Comparable(t.seed, [3]uint64{passed.key, ^directory, uint64(passed.round)}))
	if p.group < deeper {
		p.group = deeper
		if passed.directory == directory {
			p.group, p.triedAt = exhausted, passed.triedAt
		}
	}
	return p
}

// directory is the hash of the directory of a visit.
func (t *turns) directory(v *Visit) uint64 { return hash(t.seed, v.defaultPath()) }

func (t *turns) at(client, key uint64) *place {
	t.mu.Lock()
	defer t.mu.Unlock()
	kept, _ := t.kept.get(client, key)
	return &place{client, key, kept}
}

func (t *turns) put(p *place) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pages.begin()
	p.turn.age = t.age
	t.kept.put(p.client, p.key, p.turn)
	if t.ageing == nil {
		t.ageing = time.AfterFunc(turnTime/2, t.forget)
	}
}

// forget forgets the turns that were not taken for as long as it is between two
// calls.
func (t *turns) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept.forget(func(kept turn) bool { return kept.age < t.age })
	t.age++
	if t.ageing = nil; t.kept.count > 0 {
		t.ageing = time.AfterFunc(turnTime/2, t.forget)
	} else {
		t.pages.end()
	}
}
