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
		names.learn(v.clientHash(m.turns.seed), v.Host, name, s)
	}
}

// Next returns the lines that are to be tried next to delete a cookie, of which
// there is room in the response for all. There are none where they have to wait for
// another response. What is likely is tried as long as the cookie comes, and guesses
// until none is left (rule X6). Then undeletable tells, once for each name and host,
// that nothing has helped.
func (m *Memory) Next(v *Visit, c *Cookie, room int, now time.Time) (lines []string, undeletable bool) {
	first := m.turns.begin(v, c, now)
	if !v.Navigation && now.Sub(first.sentAt) < settleTime {
		return nil, false
	}
	a := newVariants(v, c, m.names().scopes(v.Host, c.Name))
	at, next := m.attempt(a, first, room)
	isSettling := first.isSettling(now) || at.isSettling(now)
	if next.isDone && !first.anew && !at.said && !isSettling {
		undeletable = m.said.add(v.Host, cookie.Collapsed(c.Name))
		at.said = true
		m.turns.put(at)
	}
	if next.isDone && first.isShared {
		at, next = m.attempt(a, m.turns.own(first, v), room)
	}
	if next.isDone && first.anew {
		first.turn = first.renewed()
		at, next = first, a.next(first.turn, room)
	}
	if next.isDone {
		next = attempt{lines: a.likely(room), turn: at.turn}
	}
	m.keep(first, at, next, v, now)
	return next.lines, undeletable
}

// attempt returns the attempt of a turn, and where the next one is to be kept. What is
// left when it is over are cookies of that name and value in other directories: each of
// these has a turn of its own.
func (m *Memory) attempt(a *variants, of *place, room int) (*place, attempt) {
	next := a.next(of.turn, room)
	if next.isDone {
		of = m.turns.inDirectory(of, a.visit)
		next = a.next(of.turn, room)
	}
	return of, next
}

// keep keeps what has come of an attempt. A page in a frame of another site may not be
// able to delete anything, and what it fetches looks like any other same-origin request.
// So only navigations move a turn on; the others are given the same lines again.
func (m *Memory) keep(first, at *place, next attempt, v *Visit, now time.Time) {
	isNew := next.turn.group != at.group || next.turn.sent != at.sent
	if !isNew && len(next.lines) == 0 && first.triedAt.IsZero() {
		return // there was no room
	}
	if isNew && v.Navigation {
		if next.turn.group > deeper && at.group <= deeper {
			next.turn.directory = m.turns.directory(v)
		}
		at.turn = next.turn
	}
	if isNew && (v.Navigation || at.triedAt.IsZero()) {
		at.triedAt = now
	}
	if len(next.lines) > 0 {
		first.sentAt = now
	}
	if first.triedAt.IsZero() {
		first.triedAt = now
	}
	if at != first {
		m.turns.put(at)
	}
	m.turns.put(first)
}

// Came takes note that a cookie has come with a page whose response has no room left.
func (m *Memory) Came(v *Visit, c *Cookie) { m.turns.touch(v, c) }

// Size is how many bytes a line takes in a response.
func Size(line string) int { return len("Set-Cookie: ") + len(line) + len("\r\n") }

// CanDelete tells whether a line can name a cookie. Browsers do not agree on how to
// read a line without a name.
func CanDelete(name string) bool {
	return name != "" && len(name) <= maxNameBytes && !cookie.HasControls(name)
}
