package consent_test

import (
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
)

// TestSourcesAreLinear: what a source looks for in other cookies is read once, however
// many it has of its own (C7). Work is counted by its allocations, which are not at the
// mercy of other processes.
func TestSourcesAreLinear(t *testing.T) {
	other := consent.Place{Cookie: "d", Unwrap: []consent.Step{{Do: consent.Percent}}}
	s := consent.NewSources(consent.First, []*consent.Source{{
		Cookie: "c", Decoding: &consent.JSON{Member: consent.KeyName},
		Grants:        []consent.Grant{{Services: set(0), Keys: []string{"ga"}}},
		UndecidedWhen: []consent.Condition{{Place: other, Test: consent.Is, Words: []string{"n"}}},
		DeniedWhen:    []consent.Condition{{Place: other, Test: consent.Is, Words: []string{"no"}}},
	}})
	work := func(n int) float64 {
		line := strings.Repeat(`c={"ga":true}; `, n) + strings.Repeat("d=%79%65%73; ", n)
		return testing.AllocsPerRun(5, func() {
			if got := states(t, s.Decode(line, atTestNow)); got != "G..." {
				t.Fatalf("got %s, want G...", got)
			}
		})
	}
	if few, many := work(16), work(32); many > 2.5*few {
		t.Errorf("C7: %v allocations for 16 cookies of each kind, and %v for 32", few, many)
	}
}

// TestSourcesReadNoMore: of one message, no more is read than any browser has reason to
// send (C7).
func TestSourcesReadNoMore(t *testing.T) {
	t.Parallel()
	s := consent.NewSources(consent.First, []*consent.Source{{
		Cookie: "c", Decoding: &consent.JSON{Member: consent.KeyName}, Grants: []consent.Grant{{Services: set(0), Keys: []string{"ga"}}},
	}})
	long := `c={"ga":true,"x":"` + strings.Repeat("x", 4000) + `"}; `
	for _, row := range []struct{ name, line, want string }{
		{"as much as there may be", strings.Repeat(long, consent.MaxBytes/len(long)), "G..."},
		{"more", strings.Repeat(long, consent.MaxBytes/len(long)+1), "?..."},
		{"more, after a refusal", `c={"ga":false}; ` + strings.Repeat(long, consent.MaxBytes/len(long)+1), "D..."},
		{"as many as there may be", strings.Repeat(`c={"ga":true}; `, consent.MaxPairs), "G..."},
		{"one more", strings.Repeat(`c={"ga":true}; `, consent.MaxPairs+1), "?..."},
		{"one more, after a refusal", `c={"ga":false}; ` + strings.Repeat(`c={"ga":true}; `, consent.MaxPairs), "D..."},
	} {
		if got := states(t, s.Decode(row.line, atTestNow)); got != row.want {
			t.Errorf("%s: %s, want %s", row.name, got, row.want)
		}
	}
}
