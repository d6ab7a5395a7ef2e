package page

import (
	"bytes"
	"container/list"
	"sync"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
)

// look is everything that a page which is kept depends on, besides the policy. Visitors
// with the same look get the same page: there is nothing in it that is of one of them.
type look struct {
	kind, language string
	action         string // where the form goes
	states         string // of all that can be chosen: a byte for each
	gpc, disputed  bool
}

// lookFor is the look of the page for a visitor.
func (p *Page) lookFor(kind, language string, v *Visitor, n note) look {
	states := make([]byte, len(p.places))
	for i, place := range p.places {
		states[i] = '0' + byte(v.Choice.State(place))
	}
	l := look{
		kind: kind, language: language, states: string(states),
		gpc: v.GPC, disputed: v.Choice.Disputed != consent.Set{},
	}
	if kind == htmlKind && p.takesChoice() {
		l.action = pathOf(v.Path) + n.keep
	}
	return l
}

// rendered is the page: one that is kept, or a new one, of which each client gets so many.
// What tells of the visitor's own doings is never kept.
func (p *Page) rendered(kind, language string, v Visitor, n note) (rendering, time.Duration) {
	l := p.lookFor(kind, language, &v, n)
	isForAll := !n.saved && !n.lost
	if isForAll {
		if shown, ok := p.kept.get(l); ok {
			return shown, 0
		}
	}
	if wait := p.renderings.Take(v.Address, p.now()); wait > 0 {
		return rendering{}, wait
	}
	shown, worked := p.render(kind, language, Visitor{Choice: v.Choice, GPC: v.GPC, Path: v.Path}, n)
	if isForAll && worked {
		p.kept.put(l, shown)
	}
	return shown, 0
}

// rendering is a page as it is sent.
type rendering struct {
	body    []byte
	sources string // what it may load
}

// maxKeptBytes is how many bytes of pages are kept for one policy: some hundred pages of
// usual size. Of more than that, those go first that nobody has asked for the longest.
const maxKeptBytes = 8 << 20

// pages are those that were rendered lately. The zero value is ready for use, by any
// number of goroutines at once.
type pages struct {
	mu     sync.Mutex
	byLook map[look]*list.Element // of *keptPage
	order  list.List              // the one asked for last is in front
	bytes  int
}

type keptPage struct {
	look look
	rendering
}

// size is about how much memory a page takes.
func (k *keptPage) size() int {
	const besides = 512
	return len(k.body) + len(k.look.action) + len(k.look.states) + besides
}

// get returns the page for a look, if there is one.
func (k *pages) get(l look) (rendering, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	e, ok := k.byLook[l]
	if !ok {
		return rendering{}, false
	}
	k.order.MoveToFront(e)
	return e.Value.(*keptPage).rendering, true
}

// put keeps a page, and forgets others where there is no room.
func (k *pages) put(l look, r rendering) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, ok := k.byLook[l]; ok {
		return // another request came first
	}
	if k.byLook == nil {
		k.byLook = make(map[look]*list.Element)
	}
	r.body = bytes.Clone(r.body) // without the room at its end
	page := &keptPage{l, r}
	k.byLook[l] = k.order.PushFront(page)
	for k.bytes += page.size(); k.bytes > maxKeptBytes; {
		oldest := k.order.Remove(k.order.Back()).(*keptPage)
		delete(k.byLook, oldest.look)
		k.bytes -= oldest.size()
	}
}
