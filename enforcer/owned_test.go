package enforcer

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

// ownedPolicy is a policy that deletes whatever it can.
func ownedPolicy(source string) string {
	return "version: 1\nexpire: undecided\nexpire_unlisted: true\nconsent:\n" + source + `
categories:
  - {id: necessary, consent: none}
  - {id: statistical, consent: required}
services:
  - {id: portal, category: necessary, cookies: [sessionid]}
  - {id: stat, category: statistical, cookies: [_ga]}
`
}

// presetSource names a preset, with a key that its values may have.
func presetSource(p consent.Preset) string {
	key := "1"
	switch {
	case !strings.Contains(p.YAML, "keys: {}"):
		return "  preset: " + p.Name + "\n"
	case strings.HasPrefix(p.Name, "matomo"):
		key, _, _ = strings.Cut(strings.TrimSpace(strings.TrimPrefix(p.YAML, "  cookie:")), "\n")
	case p.Name == "usprivacy":
		key = "OptOutSale"
	case p.Name == "gpp":
		return "  preset: gpp\n  cookie: __gpp\n  keys: {\"*\": usnat.SaleOptOut}\n"
	}
	return "  preset: " + p.Name + "\n  keys: {\"*\": \"" + key + "\"}\n"
}

// TestPresetsOwn: all cookies of a consent manager pass in both directions, and none of
// them is deleted (Q5, X1).
func TestPresetsOwn(t *testing.T) {
	t.Parallel()
	presets := 0
	for _, preset := range consent.Presets() {
		p, err := policy.Parse("policy.yaml", []byte(ownedPolicy(presetSource(preset))))
		if strings.Contains(preset.YAML, "decode: opaque") {
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", preset.Name, err)
		}
		names := []string{"sessionid"}
		for _, name := range append(p.OwnedCookies(), p.ChoiceCookies()...) {
			names = append(names, strings.ReplaceAll(name, "*", "x1"))
		}
		if len(p.OwnedCookies()) > 0 {
			presets++
		}
		var sent string
		lines := []string{"stranger=1", "_ga=1"}
		for _, name := range names {
			lines = append(lines, name+"=x; Path=/; Max-Age=99")
		}
		r := page(strings.Join(names, "=x; ") + "=x; stranger=1; _ga=1")
		got := sendTo(New(p), r, &sent, lines)
		if want := strings.Join(names, "=x; ") + "=x"; sent != want {
			t.Errorf("Q5: %s: the portal gets %q, want %q", preset.Name, sent, want)
		}
		if want := append(lines[2:], deleting("stranger"), deleting("_ga")); !slices.Equal(got, want) {
			t.Errorf("X1: %s: the browser gets\n  %s\nwant\n  %s", preset.Name, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
		}
	}
	if presets < 30 {
		t.Errorf("%d presets own anything", presets)
	}
}

// sendTo has an enforcer handle a request, tells what of its cookies reached the portal,
// and returns the lines that reach the browser where the portal answers with some.
func sendTo(e *Enforcer, r *http.Request, sent *string, lines []string) []string {
	w := &headWriter{header: make(http.Header)}
	e.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*sent = strings.Join(r.Header["Cookie"], "\n")
		w.Header()["Set-Cookie"] = slices.Clone(lines)
	})).ServeHTTP(w, r)
	return w.header["Set-Cookie"]
}

// TestPresetsOwnNothingElse: no preset owns a cookie that is somebody else's.
func TestPresetsOwnNothingElse(t *testing.T) {
	t.Parallel()
	others := strings.Fields(`sessionid csrftoken django_language PHPSESSID JSESSIONID
		_ga _ga_AB12 _gid _gat _gac_UA-1 _gcl_au __utma IDE NID _fbp fr _pk_id.1.1fff _pk_ses.1.1fff _pk_ref.1 MATOMO_SESSID
		_hjid _hjSessionUser_1 __hstc __hssc __hssrc hubspotutk __hs_initial_opt_in2 hs_ab_test _shopify_y _shopify_s _cmp _cmp_ab cmp
		utag_main OPTOUTMULTI_x stg_last_interaction stg_returning_visitor _clck _uetsid _uetvid
		notice notice_board notice_dismissed notice_preference my_notice_preferences cmapi cookie-agree cookie_agreed cookies cookie-notice
		axeptio Optano optanonconsent otgppconsent OTGPP usprivacy2 us_privacy euconsent-v euconsent-v22 consent CookieConsentBulk
		cookielawinfo cookielawinfo-checkbox viewed_cookie cky cky-consents cookieyes cli_user _iub_cs _iub piwik_visitor mtm mtm_x
		matomo_visitor didomi_x real_cookie ppms complianz cck cck11 eu_cookie fides FCCDC FCNECX TAsession truste.eu _swb_x __cm`)
	for _, preset := range consent.Presets() {
		p, err := policy.Parse("policy.yaml", []byte(ownedPolicy(presetSource(preset))))
		if err != nil {
			continue // it cannot be read
		}
		for _, name := range others {
			if p.Owns(name, len(name)) {
				t.Errorf("%s owns %s, as %s", preset.Name, name, p.LookupOwned(name).Name)
			}
		}
	}
}

// TestOwned: what a policy says of cookies that it owns (Q5, Q7, Q8).
func TestOwned(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, source, cookies, sent string }{
		{"in the plain form", "  owns: [seen_*]\n", "seen_1=x; seen=x; _ga=1", "seen_1=x"},
		{"one name", "  owns: seen_it\n", "seen_it=x; seen_it2=x", "seen_it=x"},
		{"besides those of a preset", "  preset: cookiebot\n  owns: [banner-seen]\n  keys: {statistical: statistics}\n", "banner-seen=1; CookieConsentBulkTicket=1; CookieConsentBulk=1", "banner-seen=1; CookieConsentBulkTicket=1"},
		{"one name besides those of a preset", "  preset: cookiebot\n  owns: banner-seen\n  keys: {statistical: statistics}\n", "banner-seen=1; CookieConsentBulkTicket=1", "banner-seen=1; CookieConsentBulkTicket=1"},
		{"none of those of a preset", "  preset: cookiebot\n  owns: []\n  keys: {statistical: statistics}\n", "CookieConsentBulkTicket=1; CookieConsent=0", "CookieConsent=0"},
		{"of the second source", "  sources:\n    - {cookie: a, owns: [a_seen]}\n    - {preset: klaro, owns: [b_seen]}\n", "a_seen=1; b_seen=1; c_seen=1", "a_seen=1; b_seen=1"},
		{"a pair without a name", "  owns: [seen_*]\n", "seen_1; =seen_1", ""},
		{"a name that PHP reads as another one", "  owns: [\"*_seen\"]\n", "_ga[_seen=1; x_seen=1", "x_seen=1"},
		{"a value in which a careless parser finds another cookie", "  owns: [seen_*]\n", "seen_1=x, _ga=1; seen_2=x", "seen_2=x"},
		{"what is listed as well", "  owns: [session*]\n", "sessionid=1; sessions=1", "sessionid=1; sessions=1"},
		{"upper and lower case", "  owns: [seen_*]\n", "Seen_1=x", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var sent string
			sendTo(New(mustParse(t, ownedPolicy(row.source))), page(row.cookies), &sent, nil)
			if sent != row.sent {
				t.Errorf("the portal gets %q, want %q", sent, row.sent)
			}
		})
	}
}

// TestOwnedIsExplained: a decision names what owns the cookie, and where that stands.
func TestOwnedIsExplained(t *testing.T) {
	t.Parallel()
	e := New(mustParse(t, ownedPolicy("  preset: onetrust\n  owns: [banner_*]\n  keys: {statistical: C0002}\n")))
	cookies := http.Header{"Cookie": {"OTGPPConsent=x; banner_1=x; banner_2=x, _ga=1; OptanonConsent=x"}}
	var got []string
	for _, d := range e.Explain(cookies, http.Header{"Set-Cookie": {"usprivacy=1YNN", "banner_3=; Max-Age=0"}}).Decisions {
		got = append(got, d.Name+" "+string(d.Action)+" "+string(d.Reason)+" "+d.Rule)
	}
	want := []string{
		"OTGPPConsent kept owned OTGPPConsent", "banner_1 kept owned banner_*", "banner_2 removed hidden banner_*", "OptanonConsent kept choice ",
		"usprivacy kept owned usprivacy", "banner_3 kept owned banner_*",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
	p := mustParse(t, ownedPolicy("  preset: onetrust\n  owns: [banner_*]\n  keys: {statistical: C0002}\n"))
	if preset, own := p.LookupOwned("OTGPPConsent"), p.LookupOwned("banner_1"); preset.Line != 5 || own.Line != 6 || own.Column != 10 {
		t.Errorf("they stand at %+v and %+v", preset, own)
	}
}

// TestOwnedDoesNotAllocate: cookies of a consent manager cost no more than others.
func TestOwnedDoesNotAllocate(t *testing.T) {
	e := New(mustParse(t, ownedPolicy("  preset: trustarc\n  keys: {statistical: \"1\"}\n")))
	r := page("sessionid=1; notice_poptime=1; cmapi_cookie_privacy=permit 1 required; TAsessionID=1")
	x := &Exchange{enforcer: e, request: r, host: r.Host}
	if n := testing.AllocsPerRun(100, func() { x.judge = judge{}; x.filterRequest(r) }); n != 0 {
		t.Errorf("it allocates %v times", n)
	}
}
