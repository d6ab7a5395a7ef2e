package page

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// outline is what an importer finds on a page: a line for each element that has one of
// its attributes.
func outline(t *testing.T, page string) (lines []string) {
	t.Helper()
	for _, n := range elements(t, page) {
		var marks []string
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "data-") && a.Key != "data-label" {
				marks = append(marks, fmt.Sprintf("%s=%s", strings.TrimPrefix(a.Key, "data-"), a.Val))
			}
		}
		if len(marks) == 0 && n.Data != "code" {
			continue
		}
		line := n.Data + " " + strings.Join(marks, " ")
		if !holdsMarks(n) {
			line += ": " + textOf(n)
		}
		lines = append(lines, line)
	}
	return lines
}

func holdsMarks(n *html.Node) bool {
	return n.Data == "main" || n.Data == "section" || n.Data == "tr" || n.Data == "ul"
}

// TestContract: who imports the policy from its page finds all of it.
func TestContract(t *testing.T) {
	t.Parallel()
	p := newPage(t, strings.Replace(manyKinds, "categories:", "introduction: \"Hello.\\n\\nAgain.\"\ncategories:", 1))
	want := strings.Split(strings.TrimSpace(`
main cookie-policy={"version":1,"site":"https://data.example.org"}
div text=introduction: Hello.Again.
section category=necessary consent=none
h3 text=title: Needed
div text=description: Without them nothing works.
tr service=portal
th text=provider: Portal
ul cookies=
code : sessionid
code : cookies_preferences
span retention=: (6 months)
td retention=: 2 weeks
section category=statistical consent=required exempt-if-anonymized=
tr service=matomo key=m domain=host path=/x
th text=provider: Matomo
td text=function: Counting
ul cookies=
code : _pk_id.*
code domain=site path=/y: _pk_x
span retention=: (1 day)
td text=purpose: To count
td retention=: 13 months
tr service=ga
th text=provider: Google Analytics
ul cookies=
code : _ga
tr service=anon anonymized=
th text=provider: Counter
ul cookies=
code : anon_id
td retention=: Session
section category=comfort-things consent=objection
tr service=chat
ul cookies=
code : chat_id
section category=third_party consent=required
tr service=yt key=video
th text=provider: YouTube
ul origins=
code : https://www.youtube-nocookie.com
tr service=vimeo key=video
th text=provider: Vimeo
ul cookies=
code : vuid
section category=marketing consent=required
code : 0123456789ab`), "\n")
	got := outline(t, get(p, Visitor{}, "/?lang=en").Body.String())
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || strings.TrimSpace(got[i]) != strings.TrimSpace(want[i]) {
			t.Fatalf("line %d: got\n%s", i, strings.Join(got[min(i, len(got)):], "\n"))
		}
	}
}

// TestContent: what visitors read.
func TestContent(t *testing.T) {
	t.Parallel()
	managed := managedChoice
	for _, c := range []struct {
		name, more, target, cookie string
		gpc                        bool
		want, not                  []string
	}{
		{name: "nothing chosen", target: "/?lang=en", want: []string{
			"You have not chosen yet.", "data.example.org", "5 March 2026", "2026-03-05", "0123456789ab", "Comfort things", "Statistical cookies",
			"Active until you refuse. Saving", "<bdi>Counter</bdi> <small>Active until you refuse, as the data are anonymous.</small>", "Loads from:", "Anonymous data",
			"There is no cookie in this category", "* stands for", "Cookies that are not listed here are removed.",
			"They are active from the start", "They are active only once you have allowed them", "The site does not work without them",
			"<bdi>YouTube</bdi>, <bdi>Vimeo</bdi>", "This page lists the cookies of this site",
		}, not: []string{"has been saved", "Global Privacy Control", "consent dialog", "Always active, as", "Kept all the same"}},
		{name: "unlisted cookies pass", more: "unlisted: allow\n", target: "/?lang=en", not: []string{"are removed"}},
		{name: "what the consent manager owns", more: "consent: {preset: cookiebot, keys: {\"*\": statistics}}\n", target: "/?lang=en",
			want: []string{`are removed. Kept all the same, since the consent dialog needs them: <code dir="ltr">CookieConsentBulkTicket</code>, <code dir="ltr">CookieConsentBulkSetting-*</code></p>`}},
		{name: "what the consent manager owns, where all passes", more: "unlisted: allow\nconsent: {preset: cookiebot, keys: {\"*\": statistics}}\n", target: "/?lang=en", not: []string{"BulkTicket</code>"}},
		{name: "the signal", more: "signals: {gpc: [statistical, marketing]}\n", gpc: true, target: "/?lang=en",
			want: []string{"Your browser sends the Global Privacy Control signal", "It refuses for you: <bdi>Statistical cookies</bdi>, <bdi>Marketing cookies</bdi>", "You have not chosen yet."}},
		{name: "another manager", more: managed, target: "/?lang=en&saved",
			want: []string{"in this site&#39;s consent dialog", "<dd><bdi>Matomo</bdi>: not chosen yet</dd>", "<dd><bdi>Counter</bdi>: active until refused, as the data are anonymous</dd>", "<dd>Always active</dd>"}, not: []string{"<form", "has been saved"}},
		{name: "French", target: "/?lang=fr", want: []string{"Politique relative aux cookies", "5 mars 2026", "13 mois", "Cookies statistiques"}},
		{name: "Arabic", target: "/?lang=ar", want: []string{"5 مارس 2026", "13 شهرًا", "أسبوعان", "مدة الجلسة", "<bdi lang=\"en\" dir=\"ltr\">YouTube</bdi>، <bdi"}},
		{name: "saved", target: "/?lang=en&saved=" + seal(sealed{value: hashValue("x"), receipt: ""}, testNow), cookie: "a=b; cookies_preferences=x", want: []string{`<div role="status"`, "Your choice has been saved."}, not: []string{"Receipt:"}},
		{name: "saved, and not kept", target: "/?lang=en&saved=" + seal(sealed{value: hashValue("x"), receipt: "ABCDEF"}, testNow), cookie: "a=b; xcookies_preferences=x", want: []string{`<div role="status"`, "Your browser has not kept your choice"}, not: []string{"has been saved", "ABCDEF"}},
		{name: "saved, and an older one kept", target: "/?lang=en&saved=" + seal(sealed{value: hashValue("x"), receipt: "ABCDEF"}, testNow), cookie: "cookies_preferences=y", want: []string{"Your browser has not kept your choice"}, not: []string{"has been saved", "ABCDEF"}},
		{name: "a receipt", target: "/?lang=en&saved=" + seal(sealed{value: hashValue("x"), receipt: "ABCDEF"}, testNow), cookie: "cookies_preferences=y; cookies_preferences=x", want: []string{"Your choice has been saved.", `Receipt: <code dir="ltr">ABCDEF</code>`}},
		{name: "C3: saved, and other copies are gone", target: "/?lang=en&saved=" + seal(sealed{value: hashValue("x"), cleared: true}, testNow), cookie: "cookies_preferences=x", want: []string{"Your choice has been saved.", "The others have been deleted."}, not: []string{"they disagree"}},
		{name: "a receipt of old", target: "/?lang=en&saved=" + seal(sealed{value: hashValue("x"), receipt: "ABCDEF"}, testNow.Add(-receiptLasts-time.Second)), cookie: "cookies_preferences=x", not: []string{"has been saved", "ABCDEF"}},
		{name: "a receipt of tomorrow", target: "/?lang=en&saved=" + seal(sealed{value: hashValue("x"), receipt: "ABCDEF"}, testNow.Add(24*time.Hour)), cookie: "cookies_preferences=x", not: []string{"has been saved", "ABCDEF"}},
		{name: "nothing saved", target: "/?lang=en&saved", cookie: "cookies_preferences=x", not: []string{`role="status"`}},
		{name: "a receipt made up", target: "/?lang=en&saved=ABCDEFGHIJKLMNOPQRSTUVW234", cookie: "cookies_preferences=x", not: []string{`role="status"`, "ABCDEFGH"}},
		{name: "a receipt that is none", target: "/?lang=en&saved=%3Cscript%3Ealert(1)%3C/script%3E", cookie: "cookies_preferences=x", not: []string{`role="status"`, "alert"}},
		{name: "a receipt without end", target: "/?lang=en&saved=" + strings.Repeat("A", 9000), cookie: "cookies_preferences=x", not: []string{`role="status"`, "AAAA"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newPage(t, manyKinds+c.more)
			v := Visitor{Path: "/cookies"}
			if c.gpc {
				v = signalled(p, v)
			}
			page := get(p, v, c.target, "Cookie", c.cookie).Body.String()
			for _, text := range c.want {
				if !strings.Contains(page, text) {
					t.Errorf("expected %q", text)
				}
			}
			for _, text := range c.not {
				if strings.Contains(page, text) {
					t.Errorf("found %q", text)
				}
			}
			if t.Failed() {
				t.Log(page)
			}
		})
	}
}

// TestStatus: where the visitor stands, and which boxes are ticked.
func TestStatus(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name            string
		granted, denied []string
		gpc             bool
		status, boxes   string
	}{
		{"nothing", nil, nil, false, "You have not chosen yet", "statistical- matomo- ga- anon+ comfort-things- chat- third_party- yt- marketing-"},
		{"one", []string{"m"}, nil, false, "This is what you have chosen", "statistical- matomo+ ga- anon+ comfort-things- chat- third_party- yt- marketing-"},
		{"a whole category", []string{"m", "ga"}, nil, false, "This is what you have chosen", "statistical+ matomo+ ga+ anon+ comfort-things- chat- third_party- yt- marketing-"},
		{"a refusal", nil, []string{"chat"}, false, "This is what you have chosen", "statistical- matomo- ga- anon+ comfort-things- chat- third_party- yt- marketing-"},
		{"no objection", []string{"chat", "video", "marketing"}, nil, false, "This is what you have chosen", "statistical- matomo- ga- anon+ comfort-things+ chat+ third_party+ yt+ marketing+"},
		{"C9: what is exempt is refused", []string{"m", "ga"}, []string{"anon"}, false, "This is what you have chosen", "statistical- matomo+ ga+ anon- comfort-things- chat- third_party- yt- marketing-"},
		{"the signal", nil, nil, true, "You have not chosen yet", "statistical- matomo-x ga-x anon+ comfort-things- chat- third_party- yt- marketing-"},
		{"the signal over a grant", []string{"m", "ga", "video"}, nil, true, "This is what you have chosen", "statistical- matomo-x ga-x anon+ comfort-things- chat- third_party+ yt+ marketing-"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newPage(t, manyKinds+"signals: {gpc: [statistical]}\n")
			v := visitor(p, c.granted, c.denied)
			if c.gpc {
				v = signalled(p, v)
			}
			page := get(p, v, "/?lang=en").Body.String()
			if !strings.Contains(page, c.status) {
				t.Errorf("expected %q", c.status)
			}
			if got := boxesOn(t, page); got != c.boxes {
				t.Errorf("boxes %s", got)
			}
			for _, mark := range strings.Fields(c.boxes) {
				id, ticked := strings.CutSuffix(mark, "+")
				was := strings.Contains(page, `value="`+id+`"><input type="checkbox"`)
				if was != ticked {
					t.Errorf("was_ of %q: %t", id, was)
				}
			}
		})
	}
	t.Run("C3: copies that disagree", func(t *testing.T) {
		t.Parallel()
		p := newPage(t, manyKinds)
		yes, no := p.policy.Decoder.Decode("ga=1&m=1", p.now), p.policy.Decoder.Decode("ga=0&m=1", p.now)
		page := get(p, Visitor{Choice: yes.And(no)}, "/?lang=en").Body.String()
		if !strings.Contains(page, "and they disagree") || !strings.Contains(boxesOn(t, page), "matomo+ ga-") {
			t.Error(page)
		}
		if page := get(p, Visitor{Choice: no.And(no)}, "/?lang=en").Body.String(); strings.Contains(page, "they disagree") {
			t.Error("they do not")
		}
	})
	t.Run("what cannot be read", func(t *testing.T) {
		t.Parallel()
		p := newPage(t, manyKinds)
		v := Visitor{Choice: p.policy.Decoder.Decode("%7B", p.now)}
		if page := get(p, v, "/?lang=en").Body.String(); !strings.Contains(page, "could not be read") || strings.Count(page, " checked") != 1 || !strings.Contains(boxesOn(t, page), "anon+") {
			t.Error(page)
		}
	})
}

// TestHostile: texts of the policy stay texts.
func TestHostile(t *testing.T) {
	t.Parallel()
	const hostile = `"'><script>alert(1)</script><b onclick=x style=y>&amp;` + "\u202e"
	quoted := `"` + strings.ReplaceAll(hostile, `"`, `\"`) + `"`
	p := newPage(t, `version: 1
language: fr
introduction: `+quoted+`
consent: {cookie: cookies_preferences, timestamp: `+quoted+`}
categories:
  - {id: necessary, consent: none, title: `+quoted+`, description: `+quoted+`}
  - {id: a, consent: required, title: `+quoted+`}
services:
  - {id: p, category: necessary, provider: `+quoted+`, function: `+quoted+`, purpose: `+quoted+`, cookies: [cookies_preferences, 'x"<script>']}
  - {id: q, category: a, provider: `+quoted+`, function: `+quoted+`, purpose: `+quoted+`, cookies: [y'><script>]}
`)
	for _, v := range []Visitor{{Path: hostile, Host: hostile}, {Path: "/" + hostile, Host: hostile}} {
		page := get(p, v, "/?lang=en").Body.String()
		found := 0
		for _, n := range elements(t, page) {
			if n.Data == "script" || n.Data == "b" || has(n, "onclick") || has(n, "style") {
				t.Errorf("found %q", n.Data)
			}
			if strings.Contains(textOf(n), hostile) {
				found++
			}
			if isInline := n.Data == "label" || n.Data == "caption"; isInline && strings.Contains(textOf(n), "\u202e") && !strings.Contains(markup(t, n), "<bdi") {
				t.Error("a text may turn its neighbours round")
			}
		}
		if found < 10 {
			t.Errorf("the text is shown %d times", found)
		}
	}
}

func markup(t *testing.T, n *html.Node) string {
	t.Helper()
	var text strings.Builder
	if err := html.Render(&text, n); err != nil {
		t.Fatal(err)
	}
	return text.String()
}
