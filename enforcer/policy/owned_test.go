package policy

import (
	"strings"
	"testing"
)

// TestOwnedConflicts: what a consent manager owns passes, so no rule may say that it
// needs consent (Q5, F1). The services stand on line 9 and below.
func TestOwnedConflicts(t *testing.T) {
	t.Parallel()
	const cookiebot = "{preset: cookiebot, keys: {statistical: statistics}, owns: [seen_*]}"
	for _, row := range []struct{ name, consent, necessary, statistical, want string }{
		{"one of a preset's", cookiebot, "sessionid", "_ga, CookieConsentBulkTicket",
			`11:54: "CookieConsentBulkTicket" covers "CookieConsentBulkTicket", which the consent manager owns (line 2) and which passes whatever the visitor chooses: list that cookie in a category with consent: none, or see that owns does not name it (owns: [] takes away what a preset owns)`},
		{"by a pattern", cookiebot, "sessionid", `"CookieConsentBulk*"`, `11:49: "CookieConsentBulk*" covers "CookieConsentBulkTicket"`},
		{"one of the policy's own", cookiebot, "sessionid", "seen_1", `11:49: "seen_1" covers "seen_*"`},
		{"a wider pattern than a necessary one", cookiebot, `"*seen_*"`, "seen_1", `11:49: "seen_1" covers "seen_*"`},
		{"in the plain form", "{owns: [seen_it]}", "cookies_preferences", "seen_it", `11:49: "seen_it" covers "seen_it"`},
		{"by anonymized statistics, which can be refused", "{owns: [seen_it]}", "cookies_preferences", "seen_it], anonymized: true, origins: [https://stat.example.org", `11:49: "seen_it" covers "seen_it"`},
		{"a name that no cookie can have", "{owns: [\"a;b\"]}", "cookies_preferences", "_ga", `2:18: expected the name of a cookie in owns, found "a;b"`},
		{"a pattern for anything", "{owns: [\"a*\"]}", "cookies_preferences", "_ga", `2:18: expected at least 3 characters other than "*" in the pattern "a*"`},
		{"no list", "{owns: {a: b}}", "cookies_preferences", "_ga", `2:17: expected a list as owns, found keys and values`},
		{"no list, besides a preset", "{preset: cookiebot, owns: {a: b}, keys: {statistical: statistics}}", "CookieConsent", "_ga", `2:36: expected text as the name of a cookie in owns, found keys and values`},
		{"an empty list, and no preset", "{owns: []}", "cookies_preferences", "_ga", `2:17: expected at least one item in owns`},

		{"listed as necessary", cookiebot, "CookieConsentBulkTicket, seen_1", "_ga", ""},
		{"a necessary pattern, and a wider one", cookiebot, `"seen_*"`, `"see*"`, ""},
		{"a necessary name, and a pattern", cookiebot, `CookieConsentBulkTicket, "CookieConsentBulkSetting-*"`, `"CookieConsentBulk*"`, ""},
		{"a necessary pattern for one name, and a wider one", "{owns: [my-consent-1]}", `"*consent-1"`, `"my-*"`, ""},
		{"none of a preset's", "{preset: cookiebot, keys: {statistical: statistics}, owns: []}", "sessionid", "CookieConsentBulkTicket", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse("policy.yaml", []byte("version: 1\nconsent: "+row.consent+`
unlisted: strip
expire: denied
categories:
  - {id: necessary, consent: none}
  - {id: statistical, consent: required, exempt_if_anonymized: true}
services:
  - {id: portal, category: necessary, cookies: [`+row.necessary+`]}
  # what is refused:
  - {id: stat, category: statistical, cookies: [`+row.statistical+"]}\n"))
			switch {
			case row.want == "" && err != nil:
				t.Errorf("the error is %v", err)
			case row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)):
				t.Errorf("the error is %v, want %q", err, row.want)
			}
		})
	}
}
