package expiry

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// someone is a visitor whose browser goes from page to page, of which each takes a second.
type someone struct {
	t      *testing.T
	memory *Memory
	visit  Visit
	now    *time.Time
}

func newSomeone(t *testing.T) *someone {
	now := testNow
	return &someone{t, NewMemory(), Visit{Host: "p.example.org", Path: "/", Address: "192.0.2.1", Agent: "A", Choice: `{"ga":false}`}, &now}
}

// open goes to a page, with a refused cookie of a constant value or without it. It
// returns the places in which the response deletes it.
func (s *someone) open(comes bool) string {
	s.t.Helper()
	v := s.visit
	v.Navigation = true
	*s.now = s.now.Add(time.Second)
	if s.memory.Counts() {
		v.Page = s.memory.Page(&v)
	}
	if !comes {
		return ""
	}
	c := Cookie{Name: "_pk_ses.1.1fff", Value: "1"}
	lines, _ := s.memory.Next(&v, &c, MaxBytes, *s.now)
	var short []string
	for _, line := range lines {
		short = append(short, inShort(s.t, c.Name, line))
	}
	return strings.Join(short, ", ")
}

const (
	likelyPlaces  = "example.org /, host /"
	guessedPlaces = "p.example.org /, example.org /, host /"
)

// round is what the pages of one visitor have until no guess is left, and one more.
func (s *someone) round(when string) {
	s.t.Helper()
	for i, want := range []string{likelyPlaces, guessedPlaces, likelyPlaces, likelyPlaces} {
		if got := s.open(true); got != want {
			s.t.Errorf("%s, page %d: %q, want %q", when, i, got, want)
		}
	}
}

// Rule X6: what is likely is tried as long as the cookie comes, and guesses begin anew
// after a page without it, whatever has become of it there, and after an hour.
func TestAnew(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		then func(*someone)
	}{
		{"a page without the cookie", func(s *someone) { s.open(false) }},
		{"a grant", func(s *someone) {
			s.visit.Choice = `{"ga":true}`
			s.open(false) // it comes, and is not refused
			s.visit.Choice = `{"ga":false}`
		}},
		{"an hour", func(s *someone) { *s.now = s.now.Add(time.Hour) }},
		{"an hour of pages", func(s *someone) {
			for range 3600 {
				if got := s.open(true); got == guessedPlaces {
					return // after its first page
				} else if got != likelyPlaces {
					s.t.Fatalf("the cookie comes, and %q is deleted", got)
				}
			}
			s.t.Error("guesses have not begun anew")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSomeone(t)
			s.round("at first")
			c.then(s)
			if c.name != "an hour of pages" {
				s.round("then")
			}
		})
	}
}

// Rule X6: pages without the cookie, such as those that its path is not for, do not keep
// guesses from their end, which then begin anew.
func TestAnewInBetween(t *testing.T) {
	t.Parallel()
	s := newSomeone(t)
	s.visit.HTTPS = true
	var deleted []string
	for range 3 {
		deleted = append(deleted, s.open(true))
		s.open(false)
	}
	want := []string{likelyPlaces, guessedPlaces, "host / P, example.org / P, p.example.org / P, " + likelyPlaces}
	if !slices.Equal(deleted, want) {
		t.Errorf("got %q, want %q", deleted, want)
	}
	if got := s.open(true); got != likelyPlaces {
		t.Errorf("then: %q", got)
	}
	if got := s.open(true); got != guessedPlaces {
		t.Errorf("after that: %q", got)
	}
}

// Rule X6: of visitors behind one address with the same browser, choice and value, each
// has all guesses made, if the cookies that they keep tell them apart.
func TestAnewForOthers(t *testing.T) {
	t.Parallel()
	s := newSomeone(t)
	s.visit.Kept = "sessionid=a"
	s.round("the first visitor")
	s.visit.Kept = "sessionid=b"
	s.round("the second visitor")
	s.visit.Kept = "sessionid=a"
	if got := s.open(true); got != likelyPlaces {
		t.Errorf("the first visitor again: %q", got)
	}
	for i := range 10 { // by a session of which the id changes, no guess is made again
		s.visit.Kept = fmt.Sprint("sessionid=c", i)
		if got := s.open(true); got != likelyPlaces {
			t.Errorf("a session that changes: %q", got)
		}
	}
}

// Rule X6: in the rounds of others, deep places are found, too.
func TestAnewForOthersInDirectory(t *testing.T) {
	t.Parallel()
	s := newSomeone(t)
	s.visit.Path = "/deep/x"
	for _, session := range []string{"a", "b"} {
		s.visit.Kept = session
		found := false
		for range 4 {
			found = found || strings.Contains(s.open(true), "p.example.org /deep/x")
		}
		if !found {
			t.Errorf("visitor %s: the deep place is not tried", session)
		}
	}
}

// Rule X4: where the portal deletes the cookie by itself in all places, there is nothing to
// add; and that it is undeletable is not said before that has had its time.
func TestGone(t *testing.T) {
	t.Parallel()
	m := NewMemory()
	v := Visit{Host: "intranet", Path: "/", Navigation: true}
	c := Cookie{Name: "_ga", Gone: map[Scope]bool{{Path: "/"}: true}}
	for i, want := range []bool{false, false, true, false} {
		at := testNow.Add(time.Duration(i) * settleTime / 2)
		if lines, undeletable := m.Next(&v, &c, MaxBytes, at); len(lines) > 0 || undeletable != want {
			t.Errorf("page %d: %q, undeletable: %t", i, lines, undeletable)
		}
	}
}
