package cookieconsent

import (
	"context"
	"net/http/httptest"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	logged "go.uber.org/zap/zaptest/observer"
)

// TestMatcher: whoever has not come through the gateway matches nothing, nor does an
// id that the policy has not, of which the log tells once.
func TestMatcher(t *testing.T) {
	t.Parallel()
	core, logs := logged.New(zapcore.WarnLevel)
	h := &Handler{Policy: []byte(inlinePolicy), Mode: enforce, logger: zap.NewNop()}
	if err := h.provisionPolicy(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, choice string
		through      bool // the gateway
		granted      []string
		want         bool
	}{
		{"not through the gateway", "ga", false, []string{"ga"}, false},
		{"nothing necessary either", "", false, []string{"portal"}, false},
		{"a service", "ga", true, []string{"ga"}, true},
		{"a category", "ga", true, []string{"statistical"}, true},
		{"what needs no consent", "", true, []string{"portal", "necessary"}, true},
		{"not granted", "", true, []string{"ga"}, false},
		{"one of two", "", true, []string{"portal", "ga"}, false},
		{"unknown", "ga", true, []string{"nobody"}, false},
		{"unknown once more", "ga", true, []string{"ga", "nobody"}, false},
	} {
		m := &MatchCookieConsent{Granted: c.granted}
		ctx, cancel := caddy.NewContext(testContext())
		defer cancel()
		if err := m.Provision(ctx); err != nil {
			t.Fatal(err)
		}
		m.logger = zap.New(core)
		replacer := caddy.NewReplacer()
		r := httptest.NewRequest("GET", "/", nil)
		r = r.WithContext(context.WithValue(r.Context(), caddy.ReplacerCtxKey, replacer))
		r.Header.Set("Cookie", "cookies_preferences="+c.choice)
		if c.through {
			now := h.inForce.Load()
			h.publish(r, now.enforcer.Begin(httptest.NewRecorder(), r), now)
		}
		for range 3 {
			if got, err := m.MatchWithError(r); got != c.want || err != nil {
				t.Errorf("%s: %v, %v, want %v", c.name, got, err, c.want)
			}
		}
	}
	if logs.Len() != 2 { // one for each of the two matchers
		t.Errorf("%d warnings, want 2: %v", logs.Len(), logs.All())
	}
	if err := new(MatchCookieConsent).Validate(); err == nil {
		t.Error("a matcher that asks for nothing is valid")
	}
}
