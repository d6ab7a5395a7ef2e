package policy

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
)

// presetPolicy is a policy whose services stat and ads go by two keys of a preset.
func presetPolicy(source string) string {
	return "version: 1\nconsent:\n" + source + `
categories:
  - {id: necessary, consent: none}
  - {id: statistical, consent: required}
  - {id: third_party, consent: required}
services:
  - {id: portal, category: necessary, cookies: [sessionid]}
  - {id: stat, category: statistical, cookies: [stat_id]}
  - {id: ads, category: third_party, cookies: [ads_id]}
`
}

var presetNow = time.Date(2026, time.November, 24, 12, 0, 0, 0, time.UTC)

// spoken is what a Cookie line says of stat and ads, a letter each: Granted, Denied,
// "." for undecided and "?" for undecodable.
func spoken(t testing.TB, p *Policy, line string) string {
	t.Helper()
	var choice consent.Choice
	if p.Sources != nil {
		choice = p.Sources.Decode(line, func() time.Time { return presetNow })
	} else {
		_, value, _ := strings.Cut(line, "=")
		choice = p.Decoder.Decode(value, func() time.Time { return presetNow })
	}
	letters := ".GD?"
	return string([]byte{letters[choice.State(1)], letters[choice.State(2)]})
}

func encoded(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

func inBase64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

type presetSample struct{ name, line, want string }

const (
	oneTrust       = "OptanonConsent=isGpcEnabled=0&datestamp=Tue+Nov+24+2026&version=202501.1.0&"
	oneTrustClosed = "OptanonAlertBoxClosed=2026-11-20T05:08:46.528Z; "
	cookiebot      = "CookieConsent={stamp:%27AAAA+bbb/2==%27%2Cnecessary:true%2Cpreferences:true%2C"
	tcfTold        = "CQgYw8AQgYw8AEsABAENCWFgAIIAAAAAAAAAF5wAgAFgLzAAAAAA"
	tcfAll         = "CQHAAAAQHAAAAABABBENBMFgAP_AAP_AAAAAAAAAAAAAAAAAAAAA"
)

// sampled are values that a manager writes.
type sampled struct {
	keys    string
	more    string // keys of the source
	from    string // what tells how it writes them; "": see presetSamples
	samples []presetSample
}

// presetSamples are what managers write, made up after their own code and manuals.
var presetSamples = map[string]sampled{
	"onetrust": {keys: "{statistical: C0002, third_party: C0004}", more: "  max_age: 6 months\n", samples: []presetSample{
		{"all", oneTrustClosed + oneTrust + "interactionCount=1&groups=C0001%3A1%2CC0002%3A1%2CC0003%3A1%2CC0004%3A1&AwaitingReconsent=false", "GG"},
		{"refused", oneTrustClosed + oneTrust + "interactionCount=2&groups=C0001%3A1%2CC0004%3A0%2CC0002%3A0&AwaitingReconsent=false", "DD"},
		{"partly", oneTrustClosed + oneTrust + "groups=C0001%3A1%2CC0002%3A1%2CC0004%3A0%2CBG15%3A0&hosts=H1%3A1", "GD"},
		{"not decided", oneTrust + "interactionCount=0&groups=C0001%3A1%2CC0002%3A0%2CC0004%3A0", ".."},
		{"implied, not decided", oneTrust + "interactionCount=0&groups=C0001%3A1%2CC0002%3A1%2CC0004%3A1", ".."},
		{"the banner is open, whatever was clicked", oneTrust + "interactionCount=1&groups=C0002%3A1%2CC0004%3A0", ".."},
		{"implied, on the second page", oneTrust + "interactionCount=1&isAnonUser=1&landingPath=NotLandingPage&groups=C0001%3A1%2CC0002%3A1%2CC0004%3A1", ".."},
		{"to be asked again, cut off", oneTrustClosed + oneTrust + "groups=C0002%3A1%2CC0004%3A1&AwaitingReconsent=tru", ".."},
		{"to be asked again", oneTrustClosed + oneTrust + "interactionCount=1&groups=C0002%3A1%2CC0004%3A1&AwaitingReconsent=true", ".."},
		{"groups not encoded", oneTrustClosed + oneTrust + "groups=C0001:1,C0002:1,C0004:0", "GD"},
		{"encoded whole", oneTrustClosed + "OptanonConsent=" + encoded("isGpcEnabled=0&groups=C0001%3A1%2CC0002%3A1%2CC0004%3A0"), "GD"},
		{"encoded whole, groups not", oneTrustClosed + "OptanonConsent=" + encoded("isGpcEnabled=0&groups=C0001:1,C0002:1,C0004:0"), "GD"},
		{"encoded whole, and once more", oneTrustClosed + "OptanonConsent=" + encoded(encoded("isGpcEnabled=0&groups=C0001%3A1%2CC0002%3A1%2CC0004%3A0")), "GD"},
		{"groups encoded once more", oneTrustClosed + oneTrust + "groups=" + encoded("C0001%3A1%2CC0002%3A1%2CC0004%3A0"), "GD"},
		{"encoded whole, and cut off in an escape", oneTrustClosed + "OptanonConsent=" + encoded("isGpcEnabled=0&groups=C0001%3A1%2CC0002%3A1") + "%2", ".."},
		{"a page's address that holds groups", oneTrustClosed + oneTrust + "landingPath=" + encoded("https://example.org/?a&groups=C0002%3A1") + "&groups=C0004%3A0", ".D"},
		{"date encoded", "OptanonAlertBoxClosed=2026-11-20T05%3A08%3A46.528Z; " + oneTrust + "groups=C0002%3A1%2CC0004%3A1", "GG"},
		{"date encoded, and too old", "OptanonAlertBoxClosed=2025-11-20T05%3A08%3A46.528Z; " + oneTrust + "groups=C0002%3A1%2CC0004%3A1", ".."},
		{"twins", oneTrustClosed + oneTrust + "groups=C0002%3A1%2CC0004%3A1; " + oneTrust + "groups=C0002%3A0%2CC0004%3A1", "DG"},
		{"truncated", oneTrustClosed + oneTrust + "groups=C0001%3A1%2CC0002%3A1%2CC00", "G."},
		{"another member speaks", oneTrustClosed + oneTrust + "hosts=C0002%3A1&C0004=1", ".."},
		{"too old", "OptanonAlertBoxClosed=2025-11-20T05:08:46.528Z; " + oneTrust + "groups=C0002%3A1%2CC0004%3A1", ".."},
		{"date garbled", "OptanonAlertBoxClosed=yesterday; " + oneTrust + "groups=C0002%3A1%2CC0004%3A1", "??"},
		{"closed, but nothing else", oneTrustClosed, ".."},
		{"one group twice", oneTrustClosed + oneTrust + "groups=C0002%3A1%2CC0002%3A0%2CC0004%3A1", "DG"},
	}},
	"cookiebot": {keys: "{statistical: statistics, third_party: marketing}", more: "  max_age: 6 months\n  version: {at_least: 2}\n", samples: []presetSample{
		{"all", cookiebot + "statistics:true%2Cmarketing:true%2Cmethod:%27explicit%27%2Cver:2%2Cutc:1794000000000%2Cregion:%27fr%27}", "GG"},
		{"refused", cookiebot + "statistics:false%2Cmarketing:false%2Cmethod:%27explicit%27%2Cver:2%2Cutc:1794000000000}", "DD"},
		{"partly", cookiebot + "statistics:true%2Cmarketing:false%2Cmethod:%27explicit%27%2Cver:2%2Cutc:1794000000000}", "GD"},
		{"implied", cookiebot + "statistics:true%2Cmarketing:true%2Cmethod:%27implied%27%2Cver:2%2Cutc:1794000000000}", ".."},
		{"no method", cookiebot + "statistics:true%2Cmarketing:true%2Cver:2%2Cutc:1794000000000}", ".."},
		{"another version", cookiebot + "statistics:true%2Cmarketing:true%2Cmethod:%27explicit%27%2Cver:1%2Cutc:1794000000000}", ".."},
		{"too old", cookiebot + "statistics:true%2Cmarketing:true%2Cmethod:%27explicit%27%2Cver:2%2Cutc:1600000000000}", ".."},
		{"not encoded", "CookieConsent={stamp:'x',statistics:true,marketing:false,method:'explicit',ver:2,utc:1794000000000}", "GD"},
		{"outside the region", "CookieConsent=-1", ".."},
		{"no consent", "CookieConsent=0", ".."},
		{"a pair in quotes", "CookieConsent={stamp:'x,marketing:true,y',statistics:true,method:'explicit',ver:2}", "G."},
		{"truncated", cookiebot + "statistics:true%2Cmarketing:true%2Cmethod:%27expl", "??"},
	}},
	"cookieyes": {keys: "{statistical: analytics, third_party: advertisement}", samples: []presetSample{
		{"all", "cookieyes-consent=consentid:abc,consent:yes,action:yes,necessary:yes,functional:yes,analytics:yes,advertisement:yes", "GG"},
		{"refused", "cookieyes-consent=consentid:abc,consent:no,action:yes,necessary:yes,analytics:no,advertisement:no", "DD"},
		{"partly, encoded", "cookieyes-consent=" + encoded("consentid:abc,consent:yes,action:yes,analytics:yes,advertisement:no"), "GD"},
		{"not decided", "cookieyes-consent=consentid:abc,consent:,action:,necessary:,analytics:,advertisement:", ".."},
		{"no master switch", "cookieyes-consent=consentid:abc,consent:yes,action:,analytics:yes,advertisement:yes", ".."},
	}},
	"didomi": {keys: "{statistical: analytics, third_party: ads}", more: "  max_age: 6 months\n", samples: []presetSample{
		{"all", "didomi_token=" + inBase64(`{"user_id":"u","updated":"2026-11-20T10:00:00.000Z","purposes":{"enabled":["analytics","ads"]},"vendors":{"enabled":["google"]}}`), "GG"},
		{"refused", "didomi_token=" + inBase64(`{"updated":"2026-11-20T10:00:00.000Z","purposes":{"disabled":["analytics","ads"]}}`), "DD"},
		{"partly, encoded", "didomi_token=" + encoded(inBase64(`{"purposes":{"enabled":["analytics"],"disabled":["ads"]}}`)), "GD"},
		{"not decided", "didomi_token=" + inBase64(`{"user_id":"u","created":"2026-11-20T10:00:00.000Z"}`), ".."},
		{"too old", "didomi_token=" + inBase64(`{"updated":"2025-01-20T10:00:00.000Z","purposes":{"enabled":["analytics","ads"]}}`), ".."},
		{"elsewhere", "didomi_token=" + inBase64(`{"purposes":{"enabled":[["analytics"],{"ads":1}]},"enabled":["ads"]}`), "DD"},
		{"no base64", "didomi_token=!!", "??"},
	}},
	"tcf": {keys: "{statistical: [1, 7], third_party: [1, 2, vendor.755]}", samples: []presetSample{
		{"another version", "euconsent-v2=BQHAAAAQHAAAAABABBENBMFgAP_AAP_AAAAA", "??"},
		{"too short", "euconsent-v2=CQHAAAAQHA", "??"},
		{"no base64", "euconsent-v2=C+HAAAAQHAAAAABABBENBMFgAP_AAP_AAAAAAAAAAAAAAA", "??"},
		{"the purposes alone", "euconsent-v2=" + tcfAll[:30], "??"},
		{"purposes, and no vendor", "euconsent-v2=" + tcfAll, "GD"},
		{"purposes, and vendors that the visitor was told of", "euconsent-v2=" + tcfTold + ".IF5wAgAFgLzA", "GD"},
		{"refused, and vendors that the visitor was told of", "euconsent-v2=" + strings.Replace(tcfTold, "AIIAAA", "AAAAAA", 1) + ".IF5wAgAFgLzA", "DD"},
		{"no vendors that the visitor was told of", "euconsent-v2=" + tcfTold, "?D"},
	}},
	"klaro": {more: "", samples: []presetSample{
		{"all", "klaro=" + encoded(`{"stat":true,"ads":true}`), "GG"},
		{"refused, raw", `klaro={"stat":false,"ads":false}`, "DD"},
		{"partly", "klaro=" + encoded(`{"stat":true,"ads":false}`), "GD"},
		{"truncated", "klaro=" + encoded(`{"stat":true,"ads":tr`), "??"},
		{"null", `klaro={"stat":null,"ads":[true]}`, "??"},
		{"a category", `klaro={"statistical":true}`, "G."},
	}},
	"vanilla-cookieconsent": {keys: "{statistical: analytics, third_party: ads}", more: "  max_age: 6 months\n  version: {at_least: 1}\n", samples: []presetSample{
		{"version 3", "cc_cookie=" + encoded(`{"categories":["necessary","analytics","ads"],"revision":1,"lastConsentTimestamp":"2026-11-20T10:00:00.000Z"}`), "GG"},
		{"version 2, raw", `cc_cookie={"level":["necessary","analytics"],"revision":1}`, "GD"},
		{"refused", `cc_cookie={"categories":["necessary"],"revision":1}`, "DD"},
		{"version 2, too old", `cc_cookie={"level":["analytics"],"revision":1,"last_consent_update":"2025-01-20T10:00:00.000Z"}`, ".D"},
		{"both, and they disagree", `cc_cookie={"categories":["analytics","ads"],"level":["ads"],"revision":1}`, "DG"},
		{"another revision", `cc_cookie={"categories":["analytics","ads"],"revision":0}`, ".."},
		{"not decided", `cc_cookie={"revision":1}`, ".."},
		{"no list", `cc_cookie={"categories":"analytics","revision":1}`, "??"},
	}},
	"tarteaucitron": {keys: "{statistical: matomo, third_party: gtag}", samples: []presetSample{
		{"all", "tarteaucitron=!gtag=true!matomo=true", "GG"},
		{"refused", "tarteaucitron=!gtag=false!matomo=false", "DD"},
		{"partly", "tarteaucitron=!gtag=false!matomo=true!youtube=wait", "GD"},
		{"not decided", "tarteaucitron=!gtag=wait!matomo=wait", ".."},
		{"truncated", "tarteaucitron=!gtag=true!matomo=tru", "?G"},
	}},
	"axeptio": {keys: "{statistical: matomo, third_party: google_ads}", more: "  max_age: 6 months\n", samples: []presetSample{
		{"all", "axeptio_cookies=" + encoded(`{"$$token":"t","$$date":"2026-11-20T10:00:00.000Z","$$cookiesVersion":{"name":"x"},"matomo":true,"google_ads":true,"$$completed":true}`), "GG"},
		{"refused", "axeptio_cookies=" + encoded(`{"matomo":false,"google_ads":false,"$$completed":true}`), "DD"},
		{"not decided", "axeptio_cookies=" + encoded(`{"matomo":true,"google_ads":true,"$$completed":false}`), ".."},
	}},
	"complianz": {keys: "{statistical: statistics, third_party: marketing}", samples: []presetSample{
		{"all", "cmplz_banner-status=dismissed; cmplz_functional=allow; cmplz_statistics=allow; cmplz_marketing=allow", "GG"},
		{"refused", "cmplz_statistics=deny; cmplz_marketing=deny; cmplz_banner-status=dismissed", "DD"},
		{"partly", "cmplz_statistics=allow; cmplz_marketing=deny; cmplz_banner-status=dismissed", "GD"},
		{"not decided", "cmplz_statistics=allow; cmplz_marketing=allow", ".."},
		{"twins", "cmplz_banner-status=dismissed; cmplz_statistics=allow; cmplz_statistics=deny; cmplz_marketing=allow", "DG"},
	}},
	"borlabs": {keys: "{statistical: matomo, third_party: google-ads}", samples: []presetSample{
		{"all", "borlabs-cookie=" + encoded(`{"consents":{"essential":["borlabs-cookie"],"statistics":["matomo"],"marketing":["google-ads","youtube"]},"version":"1"}`), "GG"},
		{"refused", "borlabs-cookie=" + encoded(`{"consents":{"essential":["borlabs-cookie"]},"version":"1"}`), "DD"},
		{"partly", "borlabs-cookie=" + encoded(`{"consents":{"statistics":["matomo"],"marketing":[]}}`), "GD"},
		{"another service of the group", "borlabs-cookie=" + encoded(`{"consents":{"statistics":["matomo"],"marketing":["youtube"]}}`), "GD"},
		{"without any group", "borlabs-cookie=" + encoded(`{"consents":[]}`), "DD"},
		{"one group of the wrong kind", "borlabs-cookie=" + encoded(`{"consents":{"statistics":["matomo"],"marketing":{"0":"google-ads"}}}`), "??"},
		{"groups in a list", "borlabs-cookie=" + encoded(`{"consents":["matomo","google-ads"]}`), "??"},
		{"one group twice", "borlabs-cookie=" + encoded(`{"consents":{"marketing":["google-ads"],"marketing":[]}}`), "??"},
		{"no groups after all", "borlabs-cookie=" + encoded(`{"consents":{"statistics":["matomo"]},"consents":null}`), "??"},
		{"not decided", "borlabs-cookie=" + encoded(`{"version":"1"}`), ".."},
	}},
	"real-cookie-banner": {keys: `{statistical: "7", third_party: "8"}`, more: "  max_age: 6 months\n", samples: []presetSample{
		{"all", "real_cookie_banner-v:3_blog:1=" + encoded(`1794000000:a1b2:c3d4:{"12":["7"],"13":["8"]}`), "GG"},
		{"refused", "real_cookie_banner-v:3_blog:1=" + encoded(`1794000000:a1b2:c3d4:{"11":["1"]}`), "DD"},
		{"partly", "real_cookie_banner=1794000000:a1b2:c3d4:{\"12\":[7]}", "GD"},
		{"too old", "real_cookie_banner=" + encoded(`1600000000:a1b2:c3d4:{"12":["7"],"13":["8"]}`), ".."},
		{"another service of the group", "real_cookie_banner=" + encoded(`1794000000:a1b2:c3d4:{"12":["7"],"13":["9"]}`), "GD"},
		{"not wrapped", `real_cookie_banner={"12":[7],"13":[8]}`, "??"},
		{"next to those of other things", "real_cookie_banner-v:3_blog:1-tcf=CQHAAAAQHA; real_cookie_banner-v:3_blog:1-gcm=" + encoded(`["ad_storage"]`) +
			"; real_cookie_banner-test=1; real_cookie_banner-v:3_blog:1=" + encoded(`1794000000:a1b2:c3d4:{"12":["7"],"13":["8"]}`), "GG"},
	}},
	"govuk": {keys: "{statistical: usage, third_party: campaigns}", samples: []presetSample{
		{"all", `cookies_preferences_set=true; cookies_policy={"essential":true,"settings":true,"usage":true,"campaigns":true}`, "GG"},
		{"refused", `cookies_policy={"essential":true,"usage":false,"campaigns":false}; cookies_preferences_set=true`, "DD"},
		{"not decided", `cookies_policy={"essential":true,"usage":true,"campaigns":true}`, ".."},
	}},
	"cookieconsent": {samples: []presetSample{
		{"all", "cookieconsent_status=allow", "GG"},
		{"refused", "cookieconsent_status=deny", "DD"},
		{"dismissed", "cookieconsent_status=dismiss", ".."},
		{"twins", "cookieconsent_status=allow; cookieconsent_status=deny", "DD"},
		{"another word", "cookieconsent_status=ALLOW", "??"},
	}},
	"django-cookie-consent": {keys: "{statistical: analytics, third_party: ads}", samples: []presetSample{
		{"all", `cookie_consent="analytics=2024-06-04T03:17:01.421395+00:00|ads=2024-06-04T03:17:01.421395+00:00"`, "GG"},
		{"refused", "cookie_consent=analytics=-1|ads=-1", "DD"},
		{"partly", "cookie_consent=analytics=2024-06-04T03:17:01.421395+00:00", "G."},
	}},
	"drupal-eu-cookie-compliance": {samples: []presetSample{
		{"all", "cookie-agreed=2", "GG"}, {"refused", "cookie-agreed=0", "DD"}, {"not decided", "cookie-agreed-version=1.0.0", ".."},
	}},
	"drupal-eu-cookie-compliance-categories": {keys: "{statistical: analytics, third_party: ads}", samples: []presetSample{
		{"all", "cookie-agreed=2; cookie-agreed-categories=" + encoded(`["analytics","ads"]`), "GG"},
		{"partly", "cookie-agreed=2; cookie-agreed-categories=" + encoded(`["analytics"]`), "GD"},
		{"refused", "cookie-agreed=0; cookie-agreed-categories=" + encoded(`[]`), "DD"},
		{"not decided", "cookie-agreed-categories=" + encoded(`["analytics","ads"]`), ".."},
		{"refused later", "cookie-agreed=0; cookie-agreed-categories=" + encoded(`["analytics","ads"]`), "DD"},
	}},
	"cookie-law-info": {keys: "{statistical: analytics, third_party: advertisement}", samples: []presetSample{
		{"all", "viewed_cookie_policy=yes; CookieLawInfoConsent=" + encoded(inBase64(`{"necessary":true,"analytics":true,"advertisement":"true"}`)), "GG"},
		{"partly", "viewed_cookie_policy=yes; CookieLawInfoConsent=" + inBase64(`{"analytics":"true","advertisement":false,"ver":"1"}`), "GD"},
		{"not decided", "CookieLawInfoConsent=" + inBase64(`{"analytics":true,"advertisement":true}`), ".."},
	}},
	"shopify": {keys: "{statistical: a, third_party: m}", samples: []presetSample{
		{"all", "_tracking_consent=" + encoded(`{"con":{"CMP":{"a":"1","p":"1","m":"1","s":""}},"v":"2.1"}`), "GG"},
		{"partly", "_tracking_consent=" + encoded(`{"con":{"CMP":{"a":"1","m":"0"}}}`), "GD"},
		{"not decided", "_tracking_consent=" + encoded(`{"con":{"CMP":{"a":"","m":""}}}`), ".."},
		{"a newer form", "_tracking_consent=3.AMPS_USVA_f_f_x", "??"},
	}},
	"matomo": {keys: "{statistical: mtm_consent}", more: "  max_age: 6 months\n", samples: []presetSample{
		{"granted", "mtm_consent=1794000000000", "G."},
		{"removed", "mtm_consent_removed=1794000000000", "D."},
		{"removed wins", "mtm_consent=1794000000000; mtm_consent_removed=1794000000000", "D."},
		{"too old", "mtm_consent=1600000000000", ".."},
		{"empty", "mtm_consent=", "?."},
		{"removed, and empty", "mtm_consent=1794000000000; mtm_consent_removed=", "D."},
		{"removed, and too long", "mtm_consent=1794000000000; mtm_consent_removed=" + strings.Repeat("1", 4097), "D."},
	}},
	"trustarc": {keys: `{statistical: "1", third_party: "2"}`, samples: []presetSample{
		{"all", "notice_gdpr_prefs=0,1,2:; notice_behavior=expressed,eu", "GG"},
		{"partly, encoded", "notice_gdpr_prefs=0%2C1:abc; notice_behavior=expressed|eu", "GD"},
		{"all, and as it is written", "notice_gdpr_prefs=0|1|2:; notice_behavior=expressed|eu", "GG"},
		{"refused", "notice_gdpr_prefs=0:; notice_behavior=expressed,eu", "DD"},
		{"implied", "notice_gdpr_prefs=0,1,2:; notice_behavior=implied,us", ".."},
		{"implied, and as it is written", "notice_gdpr_prefs=0,1,2:; notice_behavior=implied|us", ".."},
		{"not asked", "notice_gdpr_prefs=0,1,2:", ".."},
		{"asked, and cut off", "notice_gdpr_prefs=0,1,2:; notice_behavior=expr", ".."},
	}},
	"trustarc-level": {keys: `{statistical: "1", third_party: "2"}`, samples: []presetSample{
		{"all", "notice_preferences=2:; notice_behavior=expressed,eu", "GG"},
		{"all, and as it is written", "notice_preferences=2:; notice_behavior=expressed|eu", "GG"},
		{"partly", "notice_preferences=1:abc; notice_behavior=expressed,eu", "GD"},
		{"refused", "notice_preferences=0:; notice_behavior=expressed,eu", "DD"},
		{"implied", "notice_preferences=2:; notice_behavior=implied,us", ".."},
		{"implied, and as it is written", "notice_preferences=2:; notice_gdpr_prefs=0|1|2:; notice_behavior=implied|us", ".."},
		{"implied, and cut off", "notice_preferences=2:; notice_behavior=impl", ".."},
		{"empty", "notice_preferences=2:; notice_behavior=", ".."},
		{"no level", "notice_preferences=all; notice_behavior=expressed,eu", "??"},
	}},
	"consentmanager": {keys: `{statistical: "51", third_party: "52"}`, samples: []presetSample{
		{"all", "__cmpcpcx123=__51_52_54__", "GG"}, {"partly", "__cmpcpcx123=__51__", "GD"}, {"refused", "__cmpcpcx123=____", "DD"},
	}},
	"consentmanager-tcf": {keys: "{statistical: [1, 7], third_party: [1, vendor.755]}", samples: []presetSample{
		{"purposes, and no vendor", "__cmpconsentx123=" + tcfAll, "GD"},
	}},
	"iubenda": {keys: `{statistical: "4", third_party: "5"}`, more: "  max_age: 6 months\n", samples: []presetSample{
		{"all", "_iub_cs-12345=" + encoded(`{"timestamp":"2026-11-20T10:00:00.000Z","version":"1.2.4","purposes":{"1":true,"4":true,"5":true},"id":12345}`), "GG"},
		{"partly", "_iub_cs-12345=" + encoded(`{"purposes":{"1":true,"4":true,"5":false}}`), "GD"},
		{"not decided", "_iub_cs-12345=" + encoded(`{"version":"1.2.4"}`), ".."},
		{"two sites disagree", "_iub_cs-1=" + encoded(`{"purposes":{"4":true,"5":true}}`) + "; _iub_cs-2=" + encoded(`{"purposes":{"4":true,"5":false}}`), "GD"},
		{"next to those of other things", "_iub_cs-1=" + encoded(`{"purposes":{"4":true,"5":true}}`) + "; _iub_cs-1-granular=" + encoded(`{"gac":"x"}`) + "; _iub_cs-1-uspr=" + encoded(`{"s":1}`), "GG"},
	}},
	"piwik-pro": {keys: "{statistical: analytics, third_party: remarketing}", samples: []presetSample{
		{"all", "ppms_privacy_a1b2=" + encoded(`{"consents":{"analytics":{"status":1},"remarketing":{"status":1}}}`), "GG"},
		{"partly", "ppms_privacy_a1b2=" + encoded(`{"consents":{"analytics":{"status":1,"updatedAt":"x"},"remarketing":{"status":0}}}`), "GD"},
		{"not decided", "ppms_privacy_a1b2=" + encoded(`{"consents":{"analytics":{"status":-1},"remarketing":{"status":-1}}}`), ".."},
		{"next to that of the bar", "ppms_privacy_bar_a1b2=closed; ppms_privacy_a1b2=" + encoded(`{"consents":{"analytics":{"status":1},"remarketing":{"status":0}}}`), "GD"},
		{"nothing after all", "ppms_privacy_a1b2=" + encoded(`{"consents":{"analytics":{"status":1},"remarketing":{"status":1}},"consents":null}`), "??"},
	}},
	"tealium": {keys: "{statistical: c1, third_party: c4}", more: "  max_age: 6 months\n", samples: []presetSample{
		{"all", "CONSENTMGR=c1:1|c4:1|ts:1794000000000|consent:true", "GG"},
		{"partly, encoded", "CONSENTMGR=" + encoded("c1:1|c4:0|ts:1794000000000|consent:true"), "GD"},
		{"not decided", "CONSENTMGR=c1:1|c4:1|ts:1794000000000", ".."},
		{"refused", "CONSENTMGR=c1:1|c4:1|ts:1794000000000|consent:false", "DD"},
		{"the prompt without categories", "CONSENTMGR=consent:true|ts:1794000000000", ".."},
	}},
	"hubspot": {keys: `{statistical: "1", third_party: "2"}`, samples: []presetSample{
		{"all", "__hs_cookie_cat_pref=1:true,2:true,3:true", "GG"}, {"partly, encoded", "__hs_cookie_cat_pref=1%3Atrue%2C2%3Afalse%2C3%3Afalse", "GD"},
		{"all, and as it is written now", "__hs_cookie_cat_pref=1:true_2:true_3:true", "GG"}, {"partly, and as it is written now", "__hs_cookie_cat_pref=1:true_2:false_3:true", "GD"},
		{"opted out", "__hs_cookie_cat_pref=1:true,2:true; __hs_opt_out=yes", "DD"}, {"not to be tracked", "__hs_do_not_track=yes; __hs_cookie_cat_pref=1:true,2:true", "DD"},
		{"not opted out", "__hs_cookie_cat_pref=1:true,2:true; __hs_opt_out=no", "GG"},
	}},
	"gpp": {keys: "{statistical: usnat.PersonalDataConsents, third_party: [us.SaleOptOut, us.SharingOptOut, us.TargetedAdvertisingOptOut]}", more: "  cookie: __gpp\n", samples: []presetSample{
		{"another type", "__gpp=BBABMA~x", "??"}, {"a section is missing", "__gpp=DBABLA", "??"},
		{"opted out in California", "__gpp=DBABBg~BVUAAACA.QA", ".D"},
		{"opted out in California, encoded", "__gpp=DBABBg%7EBVUAAACA.QA", ".D"},
		{"not opted out in California", "__gpp=DBABBg~BVoAAACA.QA", ".."},
		{"the signal, in California", "__gpp=DBABBg~BVUAAACA.YA", ".D"},
		{"opted out in Virginia, and not in the nation", "__gpp=DBACLMA~CAAqqqqqqqpA.QA~BAaqqpA", "GD"},
		{"opted out in Rhode Island, the last state", "__gpp=DBACLKw~CAAqqqqqqqpA.QA~BQBq.qqo", "GD"},
		{"opted out in the nation", "__gpp=DBABLA~CAAVVVVVVVVA.QA", "DD"},
		{"opted out by the US Privacy String", "__gpp=DBABTA~1-Y-", ".D"},
	}},
	"opendatasoft": {more: "  max_age: 6 months\n", samples: []presetSample{
		{"all", "cookies_preferences=" + encoded(`{"stat":true,"ads":true,"timestamp":1794000000000}`), "GG"},
		{"Python's quotes", `cookies_preferences="{\"stat\": true\054 \"ads\": false}"`, "GD"},
		{"too old", "cookies_preferences=" + encoded(`{"stat":true,"ads":true,"timestamp":1600000000000}`), ".."},
	}},
}

// TestPresets: what each manager writes says what the visitor has chosen (C1, C3, C5).
func TestPresets(t *testing.T) {
	t.Parallel()
	for _, preset := range consent.Presets() {
		t.Run(preset.Name, func(t *testing.T) {
			t.Parallel()
			samples, ok := presetSamples[preset.Name]
			if !ok {
				checkOpaque(t, preset)
				return
			}
			p, err := Parse("policy.yaml", []byte(presetPolicy(presetSource(preset.Name))))
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range append(samples.samples, presetSample{"nothing", "sessionid=1", ".."}) {
				if got := spoken(t, p, s.line); got != s.want {
					t.Errorf("%s: %q says %s, want %s", s.name, s.line, got, s.want)
				}
			}
			for _, s := range samples.samples {
				checkCutOff(t, p, s)
			}
		})
	}
}

func presetSource(name string) string {
	source := "  preset: " + name + "\n" + presetSamples[name].more
	if keys := presetSamples[name].keys; keys != "" {
		source += "  keys: " + keys + "\n"
	}
	return source
}

// checkCutOff: a value cut off anywhere grants nothing that the whole one does not.
func checkCutOff(t *testing.T, p *Policy, s presetSample) {
	t.Helper()
	for n := range s.line {
		got := spoken(t, p, s.line[:n])
		for i := range got {
			// What took a grant back may be gone: another cookie, or a date or refusal.
			isPlain := slices.Contains([]string{"all", "partly", "refused", "not decided", "implied"}, s.name)
			if got[i] == 'G' && s.want[i] != 'G' && isPlain && !strings.Contains(s.line, ";") {
				t.Errorf("%s: %q says %s, and the whole %s", s.name, s.line[:n], got, s.want)
			}
		}
	}
}

// checkOpaque: a manager whose cookie cannot be read is refused, with what to do.
func checkOpaque(t *testing.T, preset consent.Preset) {
	t.Helper()
	_, err := Parse("policy.yaml", []byte(presetPolicy("  preset: "+preset.Name)))
	if err == nil || !strings.Contains(err.Error(), "cannot be read: have the page write") {
		t.Errorf("the error is %v", err)
	}
	if !strings.Contains(strings.Join(preset.Notes, "\n"), "document.cookie = ") {
		t.Errorf("the notes do not say what to do: %q", preset.Notes)
	}
}

// TestPresetsAreComplete: every preset has a manager, and nothing is sampled that is
// none.
func TestPresetsAreComplete(t *testing.T) {
	t.Parallel()
	names := make(map[string]bool)
	for _, preset := range consent.Presets() {
		if names[preset.Name] = true; preset.Manager == "" || preset.YAML == "" {
			t.Errorf("%+v lacks something", preset)
		}
	}
	if len(names) != 57 {
		t.Errorf("there are %d presets, want 57", len(names))
	}
	for name := range presetSamples {
		if !names[name] {
			t.Errorf("there is no preset %q", name)
		}
	}
}
