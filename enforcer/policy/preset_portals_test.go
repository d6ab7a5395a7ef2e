package policy

import (
	"maps"
	"strings"
	"testing"
)

func init() { maps.Copy(presetSamples, portalSamples) }

// tcfNone is tcfAll of somebody who agrees to no purpose.
var tcfNone = strings.Replace(tcfAll, "P_AAP_AA", "AAAAAAAA", 1)

// civic is a choice in Civic's Cookie Control.
func civic(optional, more string) string {
	return `CookieControl={"necessaryCookies":["sessionid"],"optionalCookies":{` + optional + `},"statement":{"shown":true},` + more + `,"consentExpiry":90,"user":"A1B2"}`
}

// portalSamples are what managers of public portals write. Ids and times are made up,
// in the form that from names.
var portalSamples = map[string]sampled{
	"aspnet": {from: "CookiePolicyOptions of ASP.NET Core: its value is ConsentCookieValue, and it is deleted where consent is withdrawn", samples: []presetSample{
		{"all", ".AspNet.Consent=yes", "GG"},
		{"refused, by a page of the portal's own", ".AspNet.Consent=no", "DD"},
		{"cut off", ".AspNet.Consent=ye", "??"},
		{"twins", ".AspNet.Consent=yes; .AspNet.Consent=no", "DD"},
	}},
	"c15t": {keys: "{statistical: c.measurement, third_party: c.marketing}", more: "  max_age: 6 months\n", from: "setCookie and flattenObject in c15t 2.2.1", samples: []presetSample{
		{"all", "c15t=c.necessary:1,c.functionality:1,c.marketing:1,c.measurement:1,c.experience:1,i.t:1794000000000,i.sid:sub_A1", "GG"},
		{"partly", "c15t=c.necessary:1,c.measurement:1,i.t:1794000000000,i.sid:sub_A1", "GD"},
		{"refused", "c15t=c.necessary:1,i.t:1794000000000,i.sid:sub_A1", "DD"},
		{"refused, in so many words", "c15t=c.necessary:1,c.measurement:0,c.marketing:0,i.t:1794000000000", "DD"},
		{"too old", "c15t=c.necessary:1,c.measurement:1,i.t:1600000000000", ".D"},
		{"not decided", "c15t=i.t:1794000000000,i.sid:sub_A1", ".."},
		{"version 1, which kept an object of JSON", `c15t=` + encoded(`{"consents":{"measurement":true}}`), ".."},
		{"a key that begins like another", "c15t=c.necessary:1,c.measurements:1,i.t:1794000000000", "DD"},
	}},
	"civic": {keys: "{statistical: analytics, third_party: Marketing}", more: "  max_age: 6 months\n", from: "captured Cookie lines in the sources of clients of British portals", samples: []presetSample{
		{"all", civic(`"analytics":"accepted","Marketing":"accepted"`, `"consentDate":1794000000000,"interactedWith":true`), "GG"},
		{"partly, encoded", "CookieControl=" + encoded(strings.TrimPrefix(civic(`"analytics":"accepted","Marketing":"revoked"`, `"consentDate":1794000000000,"interactedWith":true`), "CookieControl=")), "GD"},
		{"refused", civic(`"analytics":"revoked","Marketing":"rejected"`, `"consentDate":1794000000000,"interactedWith":true`), "DD"},
		{"closed, and nothing clicked on", civic("", `"consentDate":1794000000000,"interactedWith":true`), ".."},
		{"legitimate interest", civic(`"analytics":"legitimate interest","Marketing":"legitimate interest"`, `"consentDate":1794000000000,"interactedWith":true`), ".."},
		{"not decided", civic(`"analytics":"legitimate interest","Marketing":"legitimate interest"`, `"consentDate":1794000000000,"interactedWith":false`), ".."},
		{"accepted for the visitor", civic(`"analytics":"accepted","Marketing":"accepted"`, `"consentDate":1794000000000,"interactedWith":false`), ".."},
		{"too old", civic(`"analytics":"accepted","Marketing":"revoked"`, `"consentDate":1600000000000,"interactedWith":true`), ".D"},
		{"a necessary cookie of that name", `CookieControl={"necessaryCookies":["analytics"],"optionalCookies":{},"interactedWith":true}`, ".."},
	}},
	"cookie-information": {keys: "{statistical: cookie_cat_statistic, third_party: cookie_cat_marketing}", more: "  max_age: 6 months\n", from: "captured Cookie lines of Danish portals, and its template for Google Tag Manager", samples: []presetSample{
		{"all", "CookieInformationConsent=" + encoded(`{"website_uuid":"A1","timestamp":"2026-11-20T10:16:00.044Z","consents_approved":["cookie_cat_necessary","cookie_cat_statistic","cookie_cat_marketing"],"consents_denied":[]}`), "GG"},
		{"partly", "CookieInformationConsent=" + encoded(`{"timestamp":"2026-11-20T10:16:00.044Z","consents_approved":["cookie_cat_necessary","cookie_cat_statistic"],"consents_denied":["cookie_cat_marketing"]}`), "GD"},
		{"refused", "CookieInformationConsent=" + encoded(`{"timestamp":"2026-11-20T10:16:00.044Z","consents_approved":["cookie_cat_necessary"],"consents_denied":["cookie_cat_statistic","cookie_cat_marketing"]}`), "DD"},
		{"approved and denied", "CookieInformationConsent=" + encoded(`{"consents_approved":["cookie_cat_statistic"],"consents_denied":["cookie_cat_statistic"]}`), "DD"},
		{"too old", "CookieInformationConsent=" + encoded(`{"timestamp":"2025-03-05T10:16:00.044Z","consents_approved":["cookie_cat_statistic"]}`), ".D"},
		{"not decided", "CookieInformationConsent=" + encoded(`{"website_uuid":"A1"}`), ".."},
	}},
	"cookiefirst": {keys: "{statistical: performance, third_party: advertising}", more: "  max_age: 6 months\n", from: "captured Cookie lines of shops in Germany, Britain and Greece", samples: []presetSample{
		{"all", "cookiefirst-consent=" + encoded(`{"necessary":true,"performance":true,"functional":true,"advertising":true,"timestamp":1794000000,"type":"category","version":"a1b2"}`), "GG"},
		{"partly, raw", `cookiefirst-consent={"necessary":true,"performance":true,"functional":true,"advertising":false,"timestamp":1794000000}`, "GD"},
		{"refused", "cookiefirst-consent=" + encoded(`{"necessary":true,"performance":false,"functional":false,"advertising":false,"timestamp":1794000000}`), "DD"},
		{"with a date in words", "cookiefirst-consent=" + encoded(`{"performance":true,"advertising":false,"timestamp":"2026-11-20T10:16:00.044Z"}`), "GD"},
		{"too old", "cookiefirst-consent=" + encoded(`{"performance":true,"advertising":false,"timestamp":1600000000}`), ".D"},
		{"nothing of them", "cookiefirst-consent=" + encoded(`{"necessary":true,"timestamp":1794000000}`), ".."},
	}},
	"cookiehub": {keys: "{statistical: analytics, third_party: marketing}", more: "  max_age: 6 months\n", from: "captured Cookie lines of portals in Spain, Britain, Israel and elsewhere", samples: []presetSample{
		{"all", cookieHub(`"answered":true,"implict":false`, `"allAllowed":true,"categories":[],"vendors":[],"services":[],"implicit":false`), "GG"},
		{"all, listed", cookieHub(`"answered":true,"preconsent":false`, `"categories":[{"cid":1,"id":"necessary","value":true,"preconsent":false,"fired":true},{"cid":3,"id":"analytics","value":true},{"cid":4,"id":"marketing","value":true}]`), "GG"},
		{"partly", cookieHub(`"answered":true`, `"allAllowed":false,"categories":[{"cid":1,"id":"necessary","value":true},{"cid":3,"id":"analytics","value":true},{"cid":4,"id":"marketing","value":false}]`), "GD"},
		{"partly, encoded", strings.ReplaceAll(cookieHub(`"answered":true`, `"allAllowed":false,"categories":[{"cid":3,"id":"analytics","value":true}]`), "==", "%3D%3D"), "GD"},
		{"refused", cookieHub(`"answered":true,"implict":false`, `"allAllowed":false,"categories":[],"vendors":[],"services":[],"implicit":false`), "DD"},
		{"refused, listed", cookieHub(`"answered":true`, `"categories":[{"cid":3,"id":"analytics","value":false},{"cid":4,"id":"marketing","value":false}]`), "DD"},
		{"not decided", cookieHub(`"answered":false,"implict":false`, `"allAllowed":false,"categories":[]`), ".."},
		{"presumed", cookieHub(`"answered":false,"implict":true`, `"allAllowed":true,"categories":[]`), ".."},
		{"presumed, and closed", cookieHub(`"answered":true`, `"allAllowed":true,"categories":[],"implicit":true`), ".."},
		{"too old", cookieHubOf("2025", `"answered":true`, `"allAllowed":true,"categories":[{"id":"marketing","value":false}]`), ".D"},
	}},
	"cookie-script": {keys: "{statistical: performance, third_party: targeting}", more: "  max_age: 6 months\n", from: "captured Cookie lines of shops in Britain, the Baltic states and elsewhere", samples: []presetSample{
		{"all", `CookieScriptConsent={"googleconsentmap":{"ad_storage":"targeting"},"action":"accept","consenttime":1794000000,"categories":"[\"targeting\",\"performance\",\"functionality\"]","key":"A1"}`, "GG"},
		{"partly, encoded", "CookieScriptConsent=" + encoded(`{"action":"accept","categories":"[\"performance\"]","key":"A1"}`), "GD"},
		{"an array that is no string", "CookieScriptConsent=" + encoded(`{"action":"accept","categories":["performance"],"key":"A1"}`), "GD"},
		{"refused", `CookieScriptConsent={"bannershown":1,"action":"reject","consenttime":1794000000,"categories":"[]","key":"A1"}`, "DD"},
		{"not decided", `CookieScriptConsent={"bannershown":1,"key":"A1"}`, ".."},
		{"closed, and presumed", `CookieScriptConsent={"bannershown":1,"action":"close","categories":"[\"targeting\",\"performance\"]","key":"A1"}`, ".."},
		{"too old", `CookieScriptConsent={"action":"accept","consenttime":1600000000,"categories":"[\"performance\"]","key":"A1"}`, ".D"},
		{"cut off", `CookieScriptConsent={"action":"accept","categories":"[\"performance\"`, "??"},
	}},
	"drupal-cookies": {keys: "{statistical: analytics, third_party: video}", from: "CookieService.js of cookiesjsr, which the module loads", samples: []presetSample{
		{"all", "cookiesjsr=" + encoded(`{"functional":true,"analytics":true,"video":true}`), "GG"},
		{"partly", "cookiesjsr=" + encoded(`{"functional":true,"analytics":true,"video":false}`), "GD"},
		{"refused", "cookiesjsr=" + encoded(`{"functional":true,"analytics":false,"video":false}`), "DD"},
		{"a service that came later", "cookiesjsr=" + encoded(`{"functional":true,"analytics":true}`), "G."},
		{"not decided", "cookiesjsr=" + encoded(`{}`), ".."},
	}},
	"europa": {from: "$wt.cookie.consent in the Web Tools of the European Commission, and captured Cookie lines", samples: []presetSample{
		{"all", "cck1=" + encoded(`{"cm":true,"all1st":true,"closed":true}`), "GG"},
		{"all, with the notice of it still open", "cck1=" + encoded(`{"cm":true,"all1st":true}`), "GG"},
		{"refused", "cck1=" + encoded(`{"cm":true,"all1st":false,"closed":true}`), "DD"},
		{"not decided", "cck1=" + encoded(`{"cm":false,"all1st":false,"closed":true}`), ".."},
		{"not decided, and presumed", "cck1=" + encoded(`{"cm":false,"all1st":true}`), ".."},
	}},
	"faz": {keys: "{statistical: analytics, third_party: marketing}", from: "script.js of the plugin: _fazSetInitialState writes all before a choice", samples: []presetSample{
		{"all", "fazcookie-consent=consentid:QUJD,consent:yes,action:yes,necessary:yes,functional:yes,analytics:yes,marketing:yes", "GG"},
		{"partly, encoded", "fazcookie-consent=" + encoded("consentid:QUJD,consent:yes,action:yes,necessary:yes,analytics:yes,marketing:no"), "GD"},
		{"refused", "fazcookie-consent=consentid:QUJD,consent:no,action:yes,necessary:yes,functional:no,analytics:no,marketing:no", "DD"},
		{"not decided", "fazcookie-consent=consentid:QUJD,consent:no,action:,necessary:yes,functional:no,analytics:no,marketing:no", ".."},
		{"not decided, and presumed", "fazcookie-consent=consentid:QUJD,consent:no,action:,necessary:yes,analytics:yes,marketing:yes", ".."},
		{"presumed of a member", "fazcookie-consent=consentid:QUJD,consent:yes,action:yes,necessary:yes,analytics:yes,marketing:yes,source:pmp", ".."},
	}},
	"fides": {keys: "{statistical: analytics, third_party: targeted_advertising}", more: "  max_age: 6 months\n", from: "captured Cookie lines of an American newspaper, and the package fides-js", samples: []presetSample{
		{"all", fides("accept", `"analytics":true,"targeted_advertising":true`), "GG"},
		{"partly", fides("save", `"analytics":true,"targeted_advertising":false`), "GD"},
		{"refused", fides("reject", `"analytics":false,"targeted_advertising":false`), "DD"},
		{"presumed by a script", fides("script", `"analytics":true,"targeted_advertising":true`), ".."},
		{"a notice put aside", fides("dismiss", `"analytics":true,"targeted_advertising":true`), ".."},
		{"by a signal of the browser", fides("gpc", `"analytics":false,"targeted_advertising":false`), ".."},
		{"too old", strings.Replace(fides("accept", `"analytics":true,"targeted_advertising":false`), "2026-11-20", "2025-11-20", 2), ".D"},
	}},
	"google-funding-choices": {keys: "{statistical: [9, 10], third_party: [9, vendor.755]}", from: "captured Cookie lines of news portals in Europe and elsewhere", samples: []presetSample{
		{"purposes, and no vendor", "FCCDCF=" + encoded(`[null,null,null,["`+tcfAll+`","2~70.89~dv.","A1B2-C3"],null,null,[]]`), "GD"},
		{"refused", "FCCDCF=" + encoded(`[null,null,null,["`+tcfNone+`","2~~dv.","A1B2-C3"],null,null,[]]`), "DD"},
		{"raw", `FCCDCF=[null,null,null,["` + tcfNone + `","2~~dv."]]`, "DD"},
		{"not asked", "FCCDCF=" + encoded(`[null,null,null,null,null,null,[[32,"[\"a1b2\",[1794000000,518000000]]"]]]`), "??"},
		{"no string at all", "FCCDCF=" + encoded(`[null,null,null]`), "??"},
	}},
	"iubenda-simple": {more: "  max_age: 6 months\n", from: "a captured cookie in the tests of a portal that has no purposes", samples: []presetSample{
		{"all", "_iub_cs-123=" + encoded(`{"consent":true,"timestamp":"2026-11-20T16:03:31.031Z","version":"1.51.0","id":123}`), "GG"},
		{"refused", "_iub_cs-123=" + encoded(`{"consent":false,"timestamp":"2026-11-20T16:03:31.031Z","version":"1.51.0","id":123}`), "DD"},
		{"too old", "_iub_cs-123=" + encoded(`{"consent":true,"timestamp":"2025-11-20T16:03:31.031Z","id":123}`), ".."},
		{"not decided", "_iub_cs-123=" + encoded(`{"id":123}`), ".."},
		{"purposes", "_iub_cs-123=" + encoded(`{"purposes":{"1":true,"4":true},"id":123}`), ".."},
		{"next to its form for US states", "_iub_cs-123=" + encoded(`{"consent":true}`) + "; _iub_cs-123-uspr=" + encoded(`{"s":false}`), "GG"},
	}},
	"iubenda-us": {keys: "{statistical: sh, third_party: [s, adv]}", from: "a captured Cookie line of an American shop, next to usprivacy", samples: []presetSample{
		{"not opted out", "_iub_cs-123-uspr=" + encoded(`{"s":true,"sh":true,"adv":true}`), ".."},
		{"partly", "_iub_cs-123-uspr=" + encoded(`{"s":true,"sh":true,"adv":false}`), ".D"},
		{"refused", "_iub_cs-123-uspr=" + encoded(`{"s":false,"sh":false,"adv":false}`), "DD"},
		{"next to the other form", "_iub_cs-123=" + encoded(`{"id":123}`) + "; _iub_cs-123-uspr=" + encoded(`{"s":false,"sh":true,"adv":true}`), ".D"},
		{"next to what is no choice", "_iub_cs-123-granular=%7B; _iub_cs-123-uspr=" + encoded(`{"s":true,"sh":false,"adv":true}`), "D."},
	}},
	"ketch": {keys: "{statistical: analytics, third_party: behavioral_advertising}", from: "captured Cookie lines of American shops, which have it before anybody has clicked, and the package ketch-consent", samples: []presetSample{
		{"presumed, or accepted", "_ketch_consent_v1_=" + encoded(inBase64(`{"analytics":{"status":"granted","canonicalPurposes":["analytics"]},"behavioral_advertising":{"status":"granted"}}`)), ".."},
		{"partly", "_ketch_consent_v1_=" + inBase64(`{"analytics":{"status":"granted"},"behavioral_advertising":{"status":"denied"}}`), ".D"},
		{"refused", "_ketch_consent_v1_=" + encoded(inBase64(`{"analytics":{"status":"denied"},"behavioral_advertising":{"status":"denied"}}`)), "DD"},
	}},
	"magento": {keys: `{"*": "1"}`, from: "Magento_Cookie of Magento 2, and captured Cookie lines", samples: []presetSample{
		{"all", "user_allowed_save_cookie=" + encoded(`{"1":1}`), "GG"},
		{"raw", `user_allowed_save_cookie={"1":1}`, "GG"},
		{"of another website", "user_allowed_save_cookie=" + encoded(`{"3":1}`), ".."},
		{"refused, by an extension", "user_allowed_save_cookie=" + encoded(`{"1":0}`), "DD"},
		{"nothing", "user_allowed_save_cookie=" + encoded(`{}`), ".."},
	}},
	"matomo-cookies": {keys: "{statistical: mtm_cookie_consent}", more: "  max_age: 6 months\n", from: "rememberCookieConsentGiven in piwik.js of Matomo", samples: []presetSample{
		{"granted", "mtm_cookie_consent=1794000000000", "G."},
		{"removed", "mtm_consent_removed=1794000000000", "D."},
		{"removed wins", "mtm_cookie_consent=1794000000000; mtm_consent_removed=1794000000000", "D."},
		{"too old", "mtm_cookie_consent=1600000000000", ".."},
		{"empty", "mtm_cookie_consent=", "?."},
	}},
	"moove": {keys: "{statistical: thirdparty, third_party: advanced}", from: "captured Cookie lines of shops with the plugin gdpr-cookie-compliance", samples: []presetSample{
		{"all", "moove_gdpr_popup=" + encoded(`{"strict":"1","thirdparty":"1","advanced":"1"}`), "GG"},
		{"partly, and numbers", `moove_gdpr_popup={"strict":1,"thirdparty":1,"advanced":0}`, "GD"},
		{"refused", "moove_gdpr_popup=" + encoded(`{"strict":"1","thirdparty":"0","advanced":"0"}`), "DD"},
		{"neither", "moove_gdpr_popup=" + encoded(`{"strict":"1","thirdparty":"","advanced":"2"}`), "??"},
	}},
	"orejime": {from: "Orejime 3.2.1, as it runs in integration_test", samples: []presetSample{
		{"all", "eu-consent=" + encoded(`{"stat":true,"ads":true}`), "GG"},
		{"partly", "eu-consent=" + encoded(`{"stat":true,"ads":false}`), "GD"},
		{"refused", "eu-consent=" + encoded(`{"stat":false,"ads":false}`), "DD"},
		{"a purpose that came later", "eu-consent=" + encoded(`{"stat":true}`), "G."},
	}},
	"react-cookie-consent": {from: "react-cookie-consent 10.0.2, as it runs in integration_test", samples: []presetSample{
		{"all", "CookieConsent=true", "GG"},
		{"refused", "CookieConsent=false", "DD"},
		{"cut off", "CookieConsent=tru", "??"},
		{"what Cookiebot writes", "CookieConsent={stamp:'A',statistics:true,method:'explicit'}", "??"},
	}},
	"typo3-cookie-optin": {keys: "{statistical: analytics, third_party: iframes}", from: "captured Cookie lines of German and Austrian portals", samples: []presetSample{
		{"all", "cookie_optin=essential:1|analytics:1|iframes:1", "GG"},
		{"partly, encoded", "cookie_optin=" + encoded("essential:1|analytics:1|iframes:0"), "GD"},
		{"refused", "cookie_optin=essential:1|analytics:0|iframes:0", "DD"},
		{"essential ones alone", "cookie_optin=essential:1", ".."},
		{"truncated", "cookie_optin=essential:1|analytics:1|ifr", "G."},
	}},
	"wix": {keys: "{statistical: anl, third_party: adv}", more: "  max_age: 6 months\n", from: "captured Cookie lines of a researchers' cloud, a hotel and a portal for gates", samples: []presetSample{
		{"all", "consent-policy=" + encoded(`{"ess":1,"func":1,"anl":1,"adv":1,"dt3":1,"ts":29900000}`), "GG"},
		{"partly, raw", `consent-policy={"ess":1,"func":1,"anl":1,"adv":0,"dt3":1,"ts":29900000}`, "GD"},
		{"refused", "consent-policy=" + encoded(`{"ess":1,"func":0,"anl":0,"adv":0,"dt3":1,"ts":29900000}`), "DD"},
		{"encoded twice", "consent-policy=" + encoded(encoded(`{"func":1,"anl":1,"adv":0,"dt3":1,"ess":1}`)), "GD"},
		{"too old", "consent-policy=" + encoded(`{"ess":1,"func":1,"anl":1,"adv":0,"dt3":1,"ts":28815767}`), ".D"},
		{"essential ones alone", "consent-policy=" + encoded(`{"ess":1}`), ".."},
	}},
	"usprivacy": {keys: "{third_party: OptOutSale}", from: "the IAB's US Privacy String, version 1", samples: []presetSample{
		{"opted out", "usprivacy=1YYN", ".D"},
		{"opted out, in small letters", "usprivacy=1nyn", ".D"},
		{"not opted out", "usprivacy=1YNN", ".."},
		{"does not apply", "usprivacy=1---", ".."},
		{"cut off", "usprivacy=1YY", ".?"},
		{"another version", "usprivacy=2YYN", ".?"},
		{"what iubenda writes", "usprivacy=" + encoded(`{"uspString":"1YYN"}`), ".?"},
	}},
}

// fides is a choice that Fides keeps.
func fides(method, said string) string {
	return "fides_consent=" + encoded(`{"consent":{`+said+`},"identity":{"fides_user_device_id":"A1"},"fides_meta":{"version":"0.9.0","createdAt":"2026-11-20T19:54:45.683Z","updatedAt":"2026-11-20T19:54:47.236Z","consentMethod":"`+method+`"},"tcf_consent":{}}`)
}

// cookieHub is a choice that CookieHub keeps, and cookieHubOf one of a year.
func cookieHub(begin, end string) string { return cookieHubOf("2026", begin, end) }

func cookieHubOf(year, begin, end string) string {
	return "cookiehub=" + inBase64(`{`+begin+`,"revision":1,"dnt":false,"region":"","token":"","timestamp":"`+year+`-11-20T06:54:41.275Z",`+end+`}`)
}

// TestPortalSamplesNameTheirSources: nobody here made up what a manager writes.
func TestPortalSamplesNameTheirSources(t *testing.T) {
	t.Parallel()
	for name, s := range portalSamples {
		if s.from == "" || len(s.samples) == 0 {
			t.Errorf("%s: %d samples from %q", name, len(s.samples), s.from)
		}
	}
}
