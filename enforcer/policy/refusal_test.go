package policy

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
)

// objecting is presetPolicy where the services pass until the visitor objects.
func objecting(t testing.TB, source string) *Policy {
	t.Helper()
	p, err := Parse("policy.yaml", []byte(strings.ReplaceAll(presetPolicy(source), "consent: required", "consent: objection")))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// passing is which of stat and ads pass with a Cookie line, a letter each: "." is one
// that does not.
func passing(p *Policy, line string, now time.Time) string {
	var choice consent.Choice
	if p.Sources != nil {
		choice = p.Sources.Decode(line, func() time.Time { return now })
	} else if value, ok := strings.CutPrefix(line, p.ConsentCookie+"="); ok {
		choice = p.Decoder.Decode(value, func() time.Time { return now })
	}
	permitted := p.Permitted(&choice)
	passing := []byte("..")
	for i, letter := range []byte("sa") {
		if permitted.Has(i + 1) {
			passing[i] = letter
		}
	}
	return string(passing)
}

// TestObjections: a no that can be read counts, whatever says that the choice does not
// (C8). stat is refused in each row.
func TestObjections(t *testing.T) {
	t.Parallel()
	const preset = "  preset: "
	for _, row := range []struct{ name, source, line string }{
		{"too old", "  max_age: 6 months\n", `cookies_preferences={"stat":false,"timestamp":1778000000}`},
		{"an older version", "  version: {member: v, at_least: 3}\n", `cookies_preferences={"stat":false,"v":2}`},
		{"no version", "  version: {member: v, at_least: 3}\n", `cookies_preferences={"stat":false}`},
		{"a word that is no boolean", "  cookie: cookies_preferences\n", `cookies_preferences={"stat":"no"}`},
		{"cut off", "  cookie: cookies_preferences\n", `cookies_preferences={"stat":fal`},
		{"a bad timestamp", "  max_age: 6 months\n", `cookies_preferences={"stat":false,"timestamp":"yesterday"}`},
		{"OneTrust, which records a GPC opt-out", preset + "onetrust\n  keys: {statistical: C0004}\n", "OptanonConsent=isGpcEnabled=1&groups=C0001%3A1%2CC0004%3A0&AwaitingReconsent=false"},
		{"OneTrust, to be asked again", preset + "onetrust\n  keys: {statistical: C0004}\n", "OptanonAlertBoxClosed=2026-11-20T05:08:46.528Z; OptanonConsent=groups=C0001%3A1%2CC0004%3A0&AwaitingReconsent=true"},
		{"Cookiebot, implied", preset + "cookiebot\n  keys: {statistical: marketing}\n", "CookieConsent={stamp:%27AAAA%27%2Cnecessary:true%2Cmarketing:false%2Cmethod:%27implied%27%2Cver:1}"},
		{"TrustArc, implied", preset + "trustarc\n  keys: {statistical: \"1\"}\n", "notice_behavior=implied,us; notice_gdpr_prefs=0:"},
		{"TrustArc by level, implied", preset + "trustarc-level\n  keys: {statistical: \"1\"}\n", "notice_behavior=implied,us; notice_preferences=0:"},
		{"CookieYes, with an empty action", preset + "cookieyes\n  keys: {statistical: analytics}\n", "cookieyes-consent=consentid:QUJD,consent:no,action:,necessary:yes,analytics:no"},
		{"Complianz, without its banner closed", preset + "complianz\n  keys: {statistical: statistics}\n", "cmplz_statistics=deny"},
		{"GOV.UK, without its mark", preset + "govuk\n  keys: {statistical: usage}\n", `cookies_policy={"essential":true,"usage":false}`},
		{"cookie-law-info, without its mark", preset + "cookie-law-info\n  keys: {statistical: analytics}\n", "CookieLawInfoConsent=" + inBase64(`{"necessary":true,"analytics":false}`)},
		{"Fides, which records a GPC opt-out", preset + "fides\n  keys: {statistical: analytics}\n", fides("gpc", `"analytics":false`)},
		{"c15t, of somebody who is known before having chosen", preset + "c15t\n  keys: {statistical: c.measurement}\n", "c15t=c.measurement:0,i.t:1794000000000"},
		{"Axeptio, not completed", preset + "axeptio\n  keys: {statistical: ga}\n", "axeptio_cookies=" + encoded(`{"ga":false,"$$completed":false}`)},
		{"a list under an older version", preset + "borlabs\n  version: {at_least: 3}\n  keys: {statistical: ga}\n", "borlabs-cookie=" + encoded(`{"consents":{"statistics":[]},"version":"1"}`)},
		{"CookieHub, not decided", preset + "cookiehub\n  keys: {statistical: analytics}\n", cookieHub(`"answered":false`, `"allAllowed":false,"categories":[]`)},
		{"pairs that end too early", preset + "tarteaucitron\n  keys: {statistical: matomo}\n", "tarteaucitron=!gtag=false"},
		{"pairs encoded once more than they should be", preset + "tarteaucitron\n  keys: {statistical: matomo}\n", "tarteaucitron=" + encoded("!matomo=false")},
		{"the second of two sources", "  sources:\n    - {cookie: new, decode: json}\n    - {cookie: old, decode: json}\n", `new={}; old={"stat":false}`},
		{"the second, and the first cannot be read", "  sources:\n    - {cookie: new, decode: json}\n    - {cookie: old, decode: json}\n", `new={; old={"stat":false}`},
		{"the second, and the first has run out", "  sources:\n    - {cookie: new, decode: json, max_age: 1 week, date: {member: at}}\n    - {cookie: old, decode: json}\n",
			`new={"stat":true,"at":"2026-01-01"}; old={"stat":false}`},
		{"the second cannot be read, and the first has run out", "  sources:\n    - {cookie: new, decode: json, max_age: 1 week, date: {member: at}}\n    - {cookie: old, decode: json}\n",
			`new={"stat":true,"at":"2026-01-01"}; old={"stat":fal`},
		{"the second is not decided, and has run out", "  sources:\n    - {cookie: new, decode: json}\n    - {cookie: old, decode: json, max_age: 1 week, date: {member: at}, decided_when: {member: done}}\n",
			`new={}; old={"stat":false,"at":"2026-01-01"}`},
	} {
		if got := passing(objecting(t, row.source), row.line, presetNow); got[0] != '.' {
			t.Errorf("C8: %s: %s passes", row.name, got)
		}
	}
}

// TestNoObjections: what says nothing against a service is no objection (C4).
func TestNoObjections(t *testing.T) {
	t.Parallel()
	const preset = "  preset: "
	for _, row := range []struct{ name, source, line string }{
		{"no cookie", "  cookie: c\n", "sessionid=1"},
		{"no member", "  cookie: c\n", `c={"ads":false}`},
		{"a grant that is too old", "  max_age: 6 months\n", `cookies_preferences={"stat":true,"timestamp":1600000000}`},
		{"a grant of an older version", "  version: {member: v, at_least: 3}\n", `cookies_preferences={"stat":true,"v":2}`},
		{"a grant that nothing has decided", preset + "onetrust\n  keys: {statistical: C0004}\n", "OptanonConsent=groups=C0001%3A1%2CC0004%3A1"},
		{"a list that is not there yet", preset + "didomi\n  keys: {statistical: cookies}\n", "didomi_token=" + inBase64(`{"user_id":"x"}`)},
		{"CookieHub, which presumes all", preset + "cookiehub\n  keys: {statistical: analytics}\n", cookieHub(`"answered":false,"implict":true`, `"allAllowed":true,"categories":[]`)},
		{"CookieHub, without its array", preset + "cookiehub\n  keys: {statistical: analytics}\n", cookieHub(`"answered":false`, `"x":1`)},
		{"a word for not decided", preset + "tarteaucitron\n  keys: {statistical: matomo}\n", "tarteaucitron=!matomo=wait"},
		{"an earlier source grants", "  sources:\n    - {cookie: new, decode: json}\n    - {cookie: old, decode: json}\n", `new={"stat":true}; old={"stat":false}`},
	} {
		if got := passing(objecting(t, row.source), row.line, presetNow); got[0] != 's' {
			t.Errorf("C8: %s: %s passes", row.name, got)
		}
	}
}

// TestRefusalsOutlast: of every preset, and every sample that denies something, no
// ageing, version, condition, truncation or encoding lets that pass (C8).
func TestRefusalsOutlast(t *testing.T) {
	t.Parallel()
	for _, preset := range consent.Presets() {
		samples, ok := presetSamples[preset.Name]
		if !ok {
			continue // it cannot be read
		}
		t.Run(preset.Name, func(t *testing.T) {
			t.Parallel()
			source := presetSource(preset.Name)
			plain, err := Parse("policy.yaml", []byte(presetPolicy(source)))
			if err != nil {
				t.Fatal(err)
			}
			policies := harsher(t, preset, source)
			for _, s := range samples.samples {
				said := spoken(t, plain, s.line)
				if !strings.Contains(said, "D") {
					continue
				}
				for name, line := range garblings(s.line) {
					for how, p := range policies {
						got := passing(p, line, presetNow.AddDate(0, 0, 200))
						reads := spoken(t, plain, line)
						for i := range got {
							isYes := reads[i] == 'G' // of a value that says yes and then no, cut off
							if said[i] == 'D' && got[i] != '.' && !isYes {
								t.Errorf("C8: %s, %s, %s: %.200q lets %s pass", s.name, name, how, line, got)
							}
						}
					}
				}
			}
		})
	}
}

// harsher are policies that take choices for older, of another version, or not decided.
func harsher(t *testing.T, preset consent.Preset, source string) map[string]*Policy {
	t.Helper()
	policies := map[string]*Policy{"as it is": objecting(t, source)}
	with := func(how, key, value string) {
		if !strings.Contains(source, "  "+key+":") {
			policies[how] = objecting(t, source+"  "+key+": "+value+"\n")
		}
	}
	with("never decided", "decided_when", "{cookie: never_there}")
	with("always undecided", "undecided_when", `{unwrap: [percent], not: never}`)
	if strings.Contains(preset.YAML, "  date:") {
		with("a week old at most", "max_age", "1 week")
	}
	if strings.Contains(preset.YAML, "  version:") {
		with("another version", "version", `{is: never}`)
	}
	return policies
}

// garblings are a Cookie line as it is, with each value cut off everywhere, with each
// cookie but one taken out, and with values encoded once more.
func garblings(line string) map[string]string {
	all := map[string]string{"as it is": line}
	pairs := strings.Split(line, "; ")
	with := func(i int, how, value string) {
		changed := append([]string(nil), pairs...)
		name, _, _ := strings.Cut(changed[i], "=")
		changed[i] = name + "=" + value
		all[fmt.Sprintf("%s of %s", how, name)] = strings.Join(changed, "; ")
	}
	for i, pair := range pairs {
		_, value, _ := strings.Cut(pair, "=")
		for n := range value {
			with(i, fmt.Sprintf("%d bytes", n), value[:n])
		}
		with(i, "percent-encoding", encoded(value))
		with(i, "double percent-encoding", encoded(encoded(value)))
		with(i, "Python's quoting", `"`+strings.ReplaceAll(strings.ReplaceAll(value, `\`, `\\`), `"`, `\"`)+`"`)
		with(i, "base64", inBase64(value))
	}
	return all
}

// TestEncodedOnceMore: of every preset and every sample, cookies that are percent-encoded
// once more say the same, and JSON as js-cookie encodes it (C2).
func TestEncodedOnceMore(t *testing.T) {
	t.Parallel()
	for _, preset := range consent.Presets() {
		samples, ok := presetSamples[preset.Name]
		if !ok {
			continue // it cannot be read
		}
		p, err := Parse("policy.yaml", []byte(presetPolicy(presetSource(preset.Name))))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range samples.samples {
			for _, encode := range []func(string) string{encoded, byJSCookie} {
				pairs := strings.Split(s.line, "; ")
				for i, pair := range pairs {
					name, value, _ := strings.Cut(pair, "=")
					pairs[i] = name + "=" + encode(value)
				}
				if line := strings.Join(pairs, "; "); spoken(t, p, line) != spoken(t, p, s.line) {
					t.Errorf("C2: %s, %s: %.300q says %s, and not encoded %s", preset.Name, s.name, line, spoken(t, p, line), spoken(t, p, s.line))
				}
			}
		}
	}
}

// byJSCookie is JSON as js-cookie encodes it, and other text as it is.
func byJSCookie(text string) string {
	if !strings.HasPrefix(text, `{"`) && !strings.HasPrefix(text, `["`) {
		return text
	}
	return keptByJSCookie.Replace(encoded(text))
}

var keptByJSCookie = strings.NewReplacer("%23", "#", "%24", "$", "%26", "&", "%2B", "+", "%3A", ":", "%3C", "<", "%3E", ">", "%3D", "=",
	"%2F", "/", "%3F", "?", "%40", "@", "%5B", "[", "%5D", "]", "%5E", "^", "%60", "`", "%7B", "{", "%7D", "}", "%7C", "|")
