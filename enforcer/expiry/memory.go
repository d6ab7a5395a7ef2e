// Package expiry finds the Set-Cookie lines that make browsers delete a cookie.
//
// A browser deletes a cookie only for a line with the Domain, the Path and the
// partition that the cookie was set with, and says none of them when it sends the
// cookie. A gateway has seen how it was set, if a server did it; the policy may
// know; and for the rest the possible ones are tried in turn.
package expiry

import (
	"sync"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/cookie"
)

// MaxBytes is how many bytes of lines one response takes (rule X4), with the
// names of their fields.
const MaxBytes = 4096

// maxNameBytes is the longest name of a cookie that is deleted, or learned. Real
// ones have some dozen bytes, and a line has to fit into a response.
const maxNameBytes = 1024

// settleTime is how long answers may take to reach the browser and have their
// effect. Until then another request, of which a page makes many at once, does not
// tell that an attempt has failed.
const settleTime = 10 * time.Second

// Memory remembers how cookies were set, and what was tried to delete them. It is
// bounded, keeps no value of a cookie, and is gone with the process. Any number of
// goroutines may use it at once.
type Memory struct {
	names func() *names // made when they are needed
	turns *turns
	said  *said
}

// NewMemory returns a memory that is empty.
func NewMemory() *Memory {
	return &Memory{names: sync.OnceValue(newNames), turns: newTurns(), said: newSaid()}
}

// Learn remembers how a cookie was set: a Set-Cookie line of that name has passed.
func (m *Memory) Learn(v *Visit, name, line string) {
	s := v.placed(cookie.ReadAttributes(line))
	names := m.names()
	if names.know(v.Host, name, s) {
		return // as nearly always
	}
	s, ok := v.accepted(s)
	if !ok {
		return
	}
	if len(name) <= maxNameBytes && len(v.Host) <= maxHostBytes && cookie.IsPath(s.Path) {
		names.learn(v.Host, name, s)
	}
}

// Next returns the lines that are to be tried next to delete a cookie, of which
// there is room in the response for all. There are none where they have to wait for
// another response, or nothing is left to try. In the latter case undeletable
// tells, once for each name and host, that nothing has helped.
func (m *Memory) Next(v *Visit, c *Cookie, room int, now time.Time) (lines []string, undeletable bool) {
	key := m.turns.key(v, c)
	t := m.turns.get(key)
	settling := now.Sub(t.at) < settleTime
	if settling && !v.Navigation {
		return nil, false
	}
	a := newVariants(v, c, m.names().scopes(v.Host, c.Name))
	next := a.next(t, room)
	if next.isDone {
		// What is left are cookies of that name and value in other directories. Each
		// of these has a turn of its own.
		key, t = m.turns.inDirectory(t, key, v)
		settling = settling || now.Sub(t.at) < settleTime
		next = a.next(t, room)
	}
	switch {
	case next.isDone && (settling || t.said):
		return nil, false
	case next.isDone:
		t.said = true
		m.turns.put(key, t)
		return nil, m.said.add(v.Host, cookie.Collapsed(c.Name))
	case len(next.lines) == 0:
		return nil, false // there is no room
	}
	// A page in a frame of another site may not be able to delete anything, and what
	// it fetches looks like any other same-origin request. So only navigations move
	// the turn on; the others are given the same lines again.
	if v.Navigation {
		if next.turn.group > deeper && t.group <= deeper {
			next.turn.directory = m.turns.directory(v)
		}
		t = next.turn
	}
	t.at = now
	m.turns.put(key, t)
	return next.lines, false
}

// Size is how many bytes a line takes in a response.
func Size(line string) int { return len("Set-Cookie: ") + len(line) + len("\r\n") }

// CanDelete tells whether a line can name a cookie. Browsers do not agree on how to
// read a line without a name.
func CanDelete(name string) bool {
	return name != "" && len(name) <= maxNameBytes && !cookie.HasControls(name)
}
