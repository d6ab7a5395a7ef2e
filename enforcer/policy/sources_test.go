package policy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
)

// TestSources: declarations written out, and several of them (C1, C3, C5).
func TestSources(t *testing.T) {
	t.Parallel()
	const two = "  sources:\n    - {cookie: new, decode: json}\n    - {cookie: old, decode: json, denied_when: {cookie: gone}}\n"
	for _, row := range []struct{ name, source, line, want string }{
		{"first: only the second speaks", two, `old={"stat":true,"ads":false}`, "GD"},
		{"first: the first wins", two, `old={"stat":true,"ads":true}; new={"stat":false}`, "DG"},
		{"first: what cannot be read is no silence", two, `new={"stat":tr; old={"stat":true,"ads":true}`, "??"},
		{"first: denied by another cookie", two, `gone=1; new={"stat":true}`, "GD"},
		{"deny wins", two + "  combine: deny_wins\n", `old={"stat":false,"ads":true}; new={"stat":true}`, "DG"},
		{"deny wins: what cannot be read beats a grant", two + "  combine: deny_wins\n", `old={"stat":true,"ads":false}; new=x`, "?D"},
		{"the plain form among others", "  sources:\n    - {cookie: new, decode: flag, keys: {statistical: new}}\n    - {cookie: cookies_preferences}\n", "new=1; cookies_preferences=statistical=0&ads=1", "GG"},
		{"max_age of all", "  max_age: 1 week\n" + "  sources:\n    - {cookie: a, decode: json, date: {member: at}}\n    - {cookie: b}\n", `a={"stat":true,"at":"2026-11-01"}; b={"ads":true,"timestamp":1600000000}`, ".."},
		{"all keys of a list have to be granted", "  cookie: c\n  decode: json\n  keys: {stat: [a, b], third_party: [a]}\n", `c={"a":true,"b":false}`, "DG"},
		{"one of them is not there", "  cookie: c\n  decode: json\n  keys: {stat: [a, b], third_party: [a]}\n", `c={"a":true}`, ".G"},
		{"a service and its category disagree", "  cookie: c\n  decode: json\n  keys: {stat: a, statistical: b, third_party: a}\n", `c={"a":true,"b":false}`, "DG"},
		{"everything", "  cookie: c\n  decode: flag\n  keys: {\"*\": c}\n", `c=yes`, "GG"},
		{"not one of some words", "  cookie: c\n  decode: json\n  decided_when: {member: how, not: [implied]}\n", `c={"stat":true,"how":"implied"}`, ".."},
		{"not, and it is not there", "  cookie: c\n  decode: json\n  decided_when: {member: how, not: [implied]}\n", `c={"stat":true}`, ".."},
		{"decided has to hold in each of several", "  cookie: c\n  decode: json\n  decided_when: {cookie: d, is: y}\n", `c={"stat":true}; d=y; d=n`, ".."},
		{"undecided in one of several", "  cookie: c\n  decode: json\n  undecided_when: {cookie: d, is: n}\n", `c={"stat":true}; d=y; d=n`, ".."},
		{"a version that is one of some", "  cookie: c\n  decode: json\n  version: {member: v, is: [x, z]}\n", `c={"stat":true,"v":"z"}`, "G."},
		{"another version", "  cookie: c\n  decode: json\n  version: {member: v, is: [x, z]}\n", `c={"stat":true,"v":"y"}`, ".."},
		{"no version", "  cookie: c\n  decode: json\n  version: {member: v, at_least: 2}\n", `c={"stat":true}`, ".."},
		{"twins that agree", "  cookie: c\n  decode: json\n", `c={"stat":true,"ads":true}; c={"stat":true,"ads":false}`, "GD"},
		{"twins, and one says nothing", "  cookie: c\n  decode: json\n", `c={"stat":true}; c={}`, ".."},
		{"encoded twice", "  cookie: c\n  unwrap: [percent, percent]\n  decode: json\n", "c=" + encoded(encoded(`{"stat":true}`)), "G."},
		{"unwrapped where it does not apply", "  cookie: c\n  unwrap: [percent, base64, dquote, {strip: \"()\"}]\n  decode: json\n", `c=({"stat":true})`, "G."},
		{"broken percent", "  cookie: c\n  unwrap: [percent]\n  decode: json\n", `c=%7B%22stat%22:true}%`, "??"},
		{"percent that is none", "  cookie: c\n  unwrap: [percent]\n  decode: json\n", `c={"stat":true,"x":"%20 100%"}`, "G."},
		{"text after the value", "  cookie: c\n  decode: json\n", `c={"stat":true} x`, "??"},
		{"null is no other word", "  cookie: c\n  decode: json\n  granted: \"*\"\n", `c={"stat":null,"ads":1}`, "?G"},
		{"one key cannot be read, and one is not there", "  cookie: c\n  decode: json\n  keys: {stat: [a, b], third_party: [b, a]}\n", `c={"a":7}`, "??"},
		{"a key without a word", "  cookie: c\n  decode: {pairs: {between: \"&\", assign: \"=\"}}\n", "c=stat&ads=1", "?G"},
		{"a string of TCF without its purposes", "  preset: tcf\n  keys: {statistical: 1}\n", "euconsent-v2=CQHAAAAQHA", "?."},
		{"a member twice", "  cookie: c\n  decode: json\n", `c={"stat":true,"stat":false}`, "D."},
		{"4097 bytes", "  cookie: c\n  decode: json\n", `c={"stat":true,"x":"` + strings.Repeat("x", 4096-18) + `"}`, "??"},
		{"4 KiB of brackets", "  cookie: c\n  decode: json\n", "c=" + strings.Repeat("[", 4096), "??"},
		{"4 KiB of members", "  cookie: c\n  decode: json\n", `c={"stat":true` + strings.Repeat(`,"":0`, 800) + `}`, "G."},
		{"too many pairs", "  cookie: c\n  decode: {pairs: {between: \"&\", assign: \"=\"}}\n", "c=stat=1" + strings.Repeat("&", 3000), "??"},
		{"65 cookies", "  cookie: c\n  decode: json\n", strings.Repeat(`c={"stat":true}; `, 65), "??"},
		{"64 cookies", "  cookie: c\n  decode: json\n", strings.Repeat(`c={"stat":true}; `, 64), "G."},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			p, err := Parse("policy.yaml", []byte(presetPolicy(row.source)))
			if err != nil {
				t.Fatal(err)
			}
			if got := spoken(t, p, row.line); got != row.want {
				t.Errorf("%.300q says %s, want %s", row.line, got, row.want)
			}
		})
	}
}

// TestSourceErrors: what a declaration must not say is told where it stands (F1).
func TestSourceErrors(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ source, want string }{
		{"  preset: onetrus\n", `3:11: unknown preset "onetrus": expected one of axeptio, `},
		{"  preset: onetrust\n", "3:11: expected which keys of the value stand for which categories or services, such as keys: {statistical: …}"},
		{"  preset: onetrust\n  keys: {necessary: C0001}\n", `4:10: "necessary" needs no choice`},
		{"  preset: onetrust\n  keys: {marketing: C0004}\n", `4:10: unknown category or service "marketing" in keys`},
		{"  preset: tcf\n  keys: {statistical: 25}\n", `4:23: key "25" of "statistical": expected a purpose from 1 to 24`},
		{"  preset: tcf\n  keys: {statistical: [1, vendor.0]}\n", `4:27: key "vendor.0" of "statistical": expected a purpose`},
		{"  preset: cookieconsent\n  keys: {statistical: other}\n", `4:23: key "other" of "statistical": expected cookieconsent_status, the name of the cookie`},
		{"  preset: gpp\n  cookie: gpp\n  keys: {statistical: usnat.Version}\n", "expected a field of usnat that tells what the visitor has chosen"},
		{"  preset: gpp\n  keys: {statistical: tcfeu.1}\n", "3:11: expected the cookie that the choice is in"},
		{"  decode: json\n", "3:11: expected the cookie that the choice is in"},
		{"  cookie: c\n  decode:\n", `unknown decode ""`},
		{"  cookie: c\n  decode: {json: }\n", "expected keys and values as json, found nothing"},
		{"  cookie: c\n  decode: [json]\n", "expected text as decode, found a list"},
		{"  cookie: c\n  decode: json\n  keys: [a]\n", "expected keys and values as keys, found a list"},
		{"  cookie: c\n  decode: json\n  keys: {stat: {a: b}}\n", "expected a list as the key of stat, found keys and values"},
		{"  cookie: c\n  decode: json\n  date: at\n  version: v\n", "expected keys and values as date"},
		{"  cookie: c\n  decode: json\n  unwrap: percent\n", "expected a list as unwrap"},
		{"  preset: [a]\n", "expected text as preset, found a list"},
		{"  sources: {preset: klaro}\n", "expected a list as sources"},
		{"  cookie: c\n  unwrap: [percent]\n", "4:11: this goes with decode"},
		{"  cookie: c\n  decode: json\n  format: json\n", "5:11: format and timestamp belong to the plain form"},
		{"  cookie: c\n  decode: xml\n", `4:11: unknown decode "xml": expected one of flag, pairs, list, json, bits, opaque`},
		{"  cookie: \"*consent\"\n  decode: json\n", "expected a name, or a beginning of names and \"*\""},
		{"  cookie: c\n  decode: opaque\n", `4:11: the value of "c" cannot be read: have the page write`},
		{"  cookie: c\n  decode: {json: {member: x}}\n", "expected a path with {key} in it as member"},
		{"  cookie: c\n  decode: {json: {array: a//b}}\n", `expected names with "/" between them`},
		{"  cookie: c\n  decode: pairs\n", "expected what stands between pairs"},
		{"  cookie: c\n  decode: {list: {between: \",\", level: true}}\n", "expected either between or level: true"},
		{"  cookie: c\n  decode: {list: {level: true}}\n  keys: {statistical: low}\n", "expected a level, which is a number"},
		{"  cookie: c\n  decode: json\n  unwrap: [{field: 1}]\n", "as a step"},
		{"  cookie: c\n  decode: json\n  granted: [a]\n  denied: [a]\n", `"a" is in more than one of granted, denied and undecided`},
		{"  cookie: c\n  decode: json\n  date: {member: a, cookie: b}\n", "expected either member or cookie in date"},
		{"  cookie: c\n  decode: json\n  decided_when: {is: a}\n", "expected where it stands"},
		{"  cookie: c\n  decode: json\n  decided_when: {member: a, is: b, not: c}\n", "expected at most one of is, not and at_least"},
		{"  cookie: stat_id\n  decode: json\n", `"stat_id" covers the consent cookie`},
		{"  cookie: stat*\n  decode: json\n", `"stat_id" covers the consent cookie`},
		{"  sources: []\n", "expected at least one item in sources"},
		{"  sources:\n    - {cookie: a}\n  cookie: b\n", `unknown key "cookie" in consent with sources`},
	} {
		t.Run(row.source, func(t *testing.T) {
			t.Parallel()
			_, err := Parse("policy.yaml", []byte(presetPolicy(row.source)))
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("the error is %v, want %q", err, row.want)
			}
		})
	}
}

// TestSourceWarnings: what is allowed, but grants nothing.
func TestSourceWarnings(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ source, want string }{
		{"  preset: onetrust\n  keys: {statistical: C0002}\n", `no key stands for category "third_party", so it can never be granted`},
		{"  preset: gpp\n  cookie: __gpp\n  keys: {\"*\": usnat.SaleOptOut}\n", `key "usnat.SaleOptOut" grants nothing`},
		{"  preset: klaro\n  max_age: 6 months\n", "max_age has no effect: nothing tells when the choice was made"},
		{"  preset: klaro\n", `no service lists the consent cookie "klaro"`},
		{"  preset: complianz\n  keys: {\"*\": marketing}\n", `no service lists the consent cookies "cmplz_*"`},
	} {
		p, err := Parse("policy.yaml", []byte(presetPolicy(row.source)))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(p.Warnings.Error(), row.want) {
			t.Errorf("%s: the warnings are\n%s, want %q", row.source, p.Warnings.Error(), row.want)
		}
	}
}

// FuzzSources: whatever is declared, and whatever cookies say, nothing breaks, and
// nothing is granted but by a word or bit that grants (C1, C2, C7).
func FuzzSources(f *testing.F) {
	for name, samples := range presetSamples {
		for _, s := range samples.samples {
			f.Add(presetSource(name), s.line)
		}
	}
	f.Add("  cookie: c\n  decode: {list: {level: true}}\n  keys: {\"*\": \"2\"}\n", "c=2")
	f.Fuzz(func(t *testing.T, source, line string) {
		if strings.Contains(source, "\n  granted:") || strings.Contains(source, "sources") {
			return // of other words
		}
		p, err := Parse("policy.yaml", []byte(presetPolicy(source)))
		if err != nil || p.Sources == nil || len(p.Services) != 3 {
			return
		}
		got := spoken(t, p, line)
		if !strings.Contains(got, "G") {
			return
		}
		// A grant takes a cookie of the source, and whoever leaves that out gets none.
		var others []string
		held := false
		for pair := range strings.SplitSeq(line, ";") {
			name, _, _ := strings.Cut(pair, "=")
			if strings.Contains(pair, "=") && consent.Matches(p.ConsentCookie, strings.Trim(name, " \t")) {
				held = true
			} else {
				others = append(others, pair)
			}
		}
		if !held {
			t.Fatalf("%q grants %s without the consent cookie\n%s", line, got, source)
		}
		if rest := spoken(t, p, strings.Join(others, ";")); strings.Contains(rest, "G") {
			t.Fatalf("%q grants %s by other cookies\n%s", line, rest, source)
		}
		// Twins agree with themselves; one that cannot be read takes every grant back.
		if twins := spoken(t, p, line+"; "+line); twins != got && len(line) < 2000 && strings.Count(line, ";") < 20 {
			t.Fatalf("%q says %s, and twice %s\n%s", line, got, twins, source)
		}
		for i := range p.Services[1:] {
			if speaks := p.Sources.Speak(); speaks.Has(i + 1) {
				continue
			}
			if got[i] != '.' {
				t.Fatalf("%q says %s of a service that no key stands for\n%s", line, fmt.Sprint(got), source)
			}
		}
	})
}
