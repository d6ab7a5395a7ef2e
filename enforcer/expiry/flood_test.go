package expiry

import (
	"fmt"
	"testing"
)

// Rule X6: what one client sends without end, with any browsers, choices and hosts, does
// not push out how far the deletions of others have come, and no more is kept than there
// is room for.
func TestTurnsFlood(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		address func(i int) string
	}{
		{"one address", func(int) string { return "198.51.100.9" }},
		{"the addresses of a /64", func(i int) string { return fmt.Sprintf("2001:db8::%x", i) }},
		{"a socket", func(int) string { return "@" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSomeone(t)
			s.visit.Path = "/deep"
			if got := s.open(true); got != likelyPlaces {
				t.Fatalf("the first page deletes %q", got)
			}
			if got := s.open(true); got != guessedPlaces {
				t.Fatalf("the second page deletes %q", got)
			}
			for i := range 900 {
				v := Visit{Host: fmt.Sprintf("h%d.example.org", i), Path: "/", Navigation: true, Address: c.address(i), Agent: fmt.Sprint(i), Choice: "x"}
				for j := range 24 {
					s.memory.Next(&v, &Cookie{Name: fmt.Sprint("_ga_", j), Value: "1"}, MaxBytes, *s.now)
				}
			}
			if n := s.memory.turns.kept.count; n != maxTurns {
				t.Errorf("%d turns are kept, want %d", n, maxTurns)
			}
			if got, want := s.open(true), "host /deep, example.org /deep, p.example.org /deep, "+likelyPlaces; got != want {
				t.Errorf("after the flood, the third page deletes %q, want %q", got, want)
			}
		})
	}
}

// TestPagesFlood: pages of others, who share counts where there are many, make guesses
// begin anew at most; the likely places are tried all the same, and all guesses are made.
func TestPagesFlood(t *testing.T) {
	t.Parallel()
	s := newSomeone(t)
	for i, want := range []string{likelyPlaces, guessedPlaces, likelyPlaces, guessedPlaces, likelyPlaces} {
		if got := s.open(true); got != want {
			t.Errorf("page %d: %q, want %q", i, got, want)
		}
		counts := s.memory.turns.pages.counts.Load()
		for i := range counts { // as if the browsers of others had all counts
			counts[i].Add(1)
		}
	}
}

// TestLearnedFlood: names that one client has set on hosts without end, as on a site of all
// names below a domain, push out each other, and not what others have had set. Where all
// clients look like one, as behind a proxy that is not trusted, what is set again stays.
func TestLearnedFlood(t *testing.T) {
	t.Parallel()
	const line = "x=1; Path=/learned"
	for _, c := range []struct {
		name, address string
		isSetAgain    bool
	}{
		{"another client", "192.0.2.1", false},
		{"clients that look like one", "198.51.100.9", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := NewMemory()
			portal := Visit{Host: "p.example.org", Path: "/", Address: c.address}
			for i := range 20 {
				m.Learn(&portal, fmt.Sprint("_ga_", i), line)
			}
			for i := range 3 * maxNames {
				made := Visit{Host: fmt.Sprintf("h%d.example.org", i), Path: "/", Address: "198.51.100.9"}
				m.Learn(&made, "_ga", line)
				if c.isSetAgain && i%1000 == 0 {
					for i := range 20 {
						m.Learn(&portal, fmt.Sprint("_ga_", i), line)
					}
				}
			}
			if n := m.names().kept.count; n != maxNames {
				t.Errorf("%d names are kept, want %d", n, maxNames)
			}
			for i := range 20 {
				if m.names().find(portal.Host, fmt.Sprint("_ga_", i)) == nil {
					t.Errorf("name %d is forgotten", i)
				}
			}
		})
	}
}
