package consent_test

import (
	"net/url"
	"testing"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
)

func TestIsVersion(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"3": true, "0": true, "1.10": true, "202301.2.0": true, "2026-01-31": true, "99999999999999999999": true,
		"": false, ".": false, "1.": false, ".1": false, "1..2": false, "v3": false, "3 ": false, "1e3": false, "-1": false, "1_0": false, "٣": false,
	} {
		if got := consent.IsVersion(text); got != want {
			t.Errorf("%q: got %t, want %t", text, got, want)
		}
	}
}

// TestVersion: a choice under an older version of the policy, or under none, grants
// nothing, and what it denies stays denied (C8).
func TestVersion(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, atLeast, value string
		want                 string
	}{
		{"the same", "3", `{"ga":true,"matomo":false,"revision":3}`, "GD.."},
		{"before the choice", "3", `{"revision":3,"ga":true}`, "G..."},
		{"newer", "3", `{"ga":true,"revision":10}`, "G..."},
		{"older", "3", `{"ga":true,"matomo":false,"revision":2}`, ".D.."},
		{"none", "3", `{"ga":true,"matomo":false}`, ".D.."},
		{"an empty object", "3", `{}`, "...."},
		{"zero is older than one", "1", `{"ga":true,"revision":0}`, "...."},
		{"zero is enough", "0", `{"ga":true,"revision":0}`, "G..."},
		{"a fraction that is zero", "3", `{"ga":true,"revision":3.0}`, "G..."},
		{"a text", "3", `{"ga":true,"revision":"3"}`, "G..."},
		{"a text with a lower number", "3", `{"ga":true,"revision":"2"}`, "...."},
		{"numbers, not fractions", "1.10", `{"ga":true,"revision":"1.9"}`, "...."},
		{"more numbers", "1.10", `{"ga":true,"revision":"1.10.0"}`, "G..."},
		{"fewer numbers", "1.10.1", `{"ga":true,"revision":"1.10"}`, "...."},
		{"fewer numbers, but higher", "1.10.1", `{"ga":true,"revision":"2"}`, "G..."},
		{"a day", "2026-01-31", `{"ga":true,"revision":"2026-01-30"}`, "...."},
		{"a later day", "2026-01-31", `{"ga":true,"revision":"2026-02-01"}`, "G..."},
		{"zeros before a number", "3", `{"ga":true,"revision":"0003"}`, "G..."},
		{"more digits than any integer has", "3", `{"ga":true,"revision":"99999999999999999999"}`, "G..."},
		{"a word", "3", `{"ga":true,"revision":"latest"}`, "...."},
		{"a boolean", "3", `{"ga":true,"revision":true}`, "...."},
		{"null", "3", `{"ga":true,"revision":null}`, "...."},
		{"nested", "3", `{"ga":true,"revision":{"revision":3}}`, "...."},
		{"below zero", "3", `{"ga":true,"revision":-3}`, "...."},
		{"twice, once older", "3", `{"ga":true,"revision":2,"revision":3}`, "...."},
		{"twice, once older, in the end", "3", `{"ga":true,"revision":3,"revision":2}`, "...."},
		{"an escape in the name", "3", `{"ga":true,"r\u0065vision":3}`, "G..."},
		{"pairs", "3", "ga=1&matomo=0&revision=3", "GD.."},
		{"pairs, older", "3", "ga=1&revision=2", "...."},
		{"pairs, none", "3", "ga=1&matomo=0", ".D.."},
		{"a list has no version", "3", "ga,matomo", "..DD"},
		{"an array has no version", "3", `["ga"]`, ".DDD"},
		{"percent-encoded", "3", url.QueryEscape(`{"ga":true,"revision":3}`), "G..."},
		{"what was read before the value broke is void", "3", `{"revision":1%30,"ga":true}`, "G..."},
		{"too old as well", "3", `{"ga":true,"matomo":false,"revision":3,"timestamp":1}`, ".D.."},
		{"older, and too old", "3", `{"ga":true,"matomo":false,"revision":2,"timestamp":1}`, ".D.."},
		{"older, and one that cannot be read", "3", `{"ga":"no","matomo":false,"revision":2}`, "?D.."},
		{"cannot be read", "3", `{"ga":true,"revision":3`, "????"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDecoder()
			d.Version, d.AtLeast = "revision", c.atLeast
			if got := states(t, d.Decode(c.value, atTestNow)); got != c.want {
				t.Errorf("Decode(%q) is %s, want %s", c.value, got, c.want)
			}
			if got := states(t, decoded(t, consent.NewMemory(d), c.value, atTestNow)); got != c.want {
				t.Errorf("remembered, %q is %s, want %s", c.value, got, c.want)
			}
		})
	}
}
