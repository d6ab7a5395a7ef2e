package policyimport

import (
	"slices"
	"strings"
	"testing"
)

func TestReadNames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, cell string
		want       string // separated by spaces
		odd        string // separated by "|"
	}{
		{"one", "sessionid", "sessionid", ""},
		{"semicolon", "_hjSessionUser; _hjid", "_hjSessionUser _hjid", ""},
		{"comma", "_ga, _gid,_gat", "_ga _gid _gat", ""},
		{"lines", "_ga\n_gid\n\n", "_ga _gid", ""},
		{"and", "_ga and _gid", "_ga _gid", ""},
		{"comma and and", "_ga, _gid, and _gat", "_ga _gid _gat", ""},
		{"French and", "_ga et _gid", "_ga _gid", ""},
		{"Arabic and", "_ga و_gid، _gat", "_ga _gid _gat", ""},
		{"ampersand", "_ga & _gid", "_ga _gid", ""},
		{"slash", "_ga / _gid", "_ga _gid", ""},
		{"spaces", "_ga _gid", "_ga _gid", ""},
		{"code", "`_ga` `_gid`", "_ga _gid", ""},
		{"code without space", "`_ga``_gid`", "_ga _gid", ""},
		{"bullets", "• _ga\n- _gid\n* _gat", "_ga _gid _gat", ""},
		{"count in brackets", "_ga [x4]", "_ga", ""},
		{"count in parentheses", "_ga (x2)", "_ga", ""},
		{"count without space", "_ga[x4], _gid(2)", "_ga _gid", ""},
		{"count by a sign", "_ga ×2", "_ga", ""},
		{"remark", "_ga (Google Analytics), _gid", "_ga _gid", ""},
		{"remark with a comma", "_ga (first, second) and _gid", "_ga _gid", ""},
		{"attached remark", "sessionid(1 day)", "sessionid", ""},
		{"stars", "incap_ses_*", "incap_ses_*", ""},
		{"star in the middle", "wp_*_hash", "wp_*_hash", ""},
		{"number", "voted_(number)", "voted_*", ""},
		{"angle brackets", "SSESS<ID>", "SSESS*", ""},
		{"angle brackets with spaces", "voted_<poll id>", "voted_*", ""},
		{"square brackets behind letters", "SSESS[hash]", "SSESS*", ""},
		{"square brackets that are the name", "cart[items]", "cart[items]", ""},
		{"container", "_ga_<container-id>", "_ga_*", ""},
		{"Xs", "_ga_XXXXXXXXXX", "_ga_*", ""},
		{"Xs of a property", "_gat_UA-XXXXXXX", "_gat_UA-*", ""},
		{"Xs with a part", "_gat_UA-XXXXXX-X", "_gat_UA-*", ""},
		{"braces", "_gac_{property-id}", "_gac_*", ""},
		{"brackets", "wp-settings-[UID]", "wp-settings-*", ""},
		{"two brackets", "wp-settings-{time}-[UID]", "wp-settings-*", ""},
		{"hash", "_pk_id.#", "_pk_id.*", ""},
		{"Matomo", "_pk_id, _pk_ses, _pk_ref, _pk_cvar, _pk_hsr", "_pk_id.* _pk_ses.* _pk_ref.* _pk_cvar.* _pk_hsr.*", ""},
		{"Matomo with a dot", "_pk_id.", "_pk_id.*", ""},
		{"Matomo with a star", "_pk_id*", "_pk_id.*", ""},
		{"Matomo in full", "_pk_id.1.1fff", "_pk_id.1.1fff", ""},
		{"starting with", "Any cookie starting with _hs", "_hs*", ""},
		{"beginning with code", "All cookies beginning with `_hs`", "_hs*", ""},
		{"starting with two", "Any cookie starting with _hs or __hs", "_hs* __hs*", ""},
		{"starting with, and prose", "Cookies starting with _hs are set by HubSpot", "_hs*", ""},
		{"a name before", "hubspotutk, and any cookie starting with “_hs”", "hubspotutk _hs*", ""},
		{"French beginning", "Tous les cookies commençant par _hs", "_hs*", ""},
		{"Arabic beginning", "أي ملف تعريف ارتباط يبدأ بـ _hs", "_hs*", ""},
		{"Arabic beginning without space", "ملفات تعريف الارتباط التي تبدأ ب_hs", "_hs*", ""},
		{"ellipsis", "_hjSessionUser_…", "_hjSessionUser_*", ""},
		{"dots", "_hjSessionUser_...", "_hjSessionUser_*", ""},
		{"word before", "cookie `sessionid`", "sessionid", ""},
		{"word before with a colon", "Cookie: sessionid", "sessionid", ""},
		{"word behind", "the sessionid cookie.", "sessionid", ""},
		{"typographic quotes", "“_ga” and ‘_gid’", "_ga _gid", ""},
		{"marks without width", "\u200b_ga\u200d,\u00a0\u200f_gid\ufeff", "_ga _gid", ""},
		{"value", "consent=yes", "consent", ""},
		{"with dots", "connect.sid, ASP.NET_SessionId", "connect.sid ASP.NET_SessionId", ""},
		{"prefix of browsers", "__Host-session", "__Host-session", ""},
		{"prose", "We use several cookies here", "", "We use several cookies here"},
		{"a product", "Google Analytics", "", "Google Analytics"},
		{"none", "None", "", "None"},
		{"dash", "—", "", ""},
		{"a site", "www.youtube.com", "", "www.youtube.com"},
		{"a domain", "doubleclick.net", "", "doubleclick.net"},
		{"an address", "https://example.com/x", "", "https://example.com/x"},
		{"Arabic prose", "ملفات متعددة", "", "ملفات متعددة"},
		{"too long", strings.Repeat("a", 200), "", strings.Repeat("a", 200)},
		{"nothing", " \n ", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			names, odd := readNames(tt.cell)
			if got := strings.Join(names, " "); got != tt.want {
				t.Errorf("got the names %q, want %q", got, tt.want)
			}
			if got := strings.Join(odd, "|"); got != tt.odd {
				t.Errorf("got as odd %q, want %q", got, tt.odd)
			}
		})
	}
}

func TestReadRetention(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{ // "" where it is no limit
		{"2 weeks by default", "2 weeks"},
		{"Up to 12 months", "12 months"},
		{"50 min", "50 min"},
		{"30 minutes", "30 min"},
		{"1 year 1 month 4 days", "1 year 1 month 4 days"},
		{"1 year, 1 month", "1 year 1 month"},
		{"1 year and 1 month", "1 year 1 month"},
		{"Session", "session"},
		{"session.", "session"},
		{"End of session", "session"},
		{"When you close your browser", "session"},
		{"Until the browser is closed", "session"},
		{"À la fermeture du navigateur", "session"},
		{"Durée de la session", "session"},
		{"13 mois", "13 months"},
		{"13mois", "13 months"},
		{"1 an", "1 year"},
		{"2 ans", "2 years"},
		{"un an", "1 year"},
		{"1 an et 1 mois", "1 year 1 month"},
		{"30 jours", "30 days"},
		{"jusqu’à 6 mois", "6 months"},
		{"6 mois au plus", "6 months"},
		{"au plus 6 mois", "6 months"},
		{"13 months (394 days)", "13 months"},
		{"(1 day)", "1 day"},
		{"24 hours", "24 hours"},
		{"24h", "24 hours"},
		{"one year", "1 year"},
		{"six months", "6 months"},
		{"a year", "1 year"},
		{"12-month", "12 months"},
		{"90 Tage", "90 days"},
		{"2 años", "2 years"},
		{"2 years from the last visit", "2 years"},
		{"12\u00a0months", "12 months"},
		{"سنة", "1 year"},
		{"سنة واحدة", "1 year"},
		{"سنتان", "2 years"},
		{"سنتين", "2 years"},
		{"3 سنوات", "3 years"},
		{"٣ سنوات", "3 years"},
		{"شهر واحد", "1 month"},
		{"شهران", "2 months"},
		{"شهرين", "2 months"},
		{"6 أشهر", "6 months"},
		{"13 شهرًا", "13 months"},
		{"13 شهرا", "13 months"},
		{"ثلاثة عشر شهرًا", "13 months"},
		{"ستة أشهر", "6 months"},
		{"أسبوع", "1 week"},
		{"أسبوعان", "2 weeks"},
		{"أسبوعين", "2 weeks"},
		{"3 أسابيع", "3 weeks"},
		{"52 أسبوعًا", "52 weeks"},
		{"يوم واحد", "1 day"},
		{"يومان", "2 days"},
		{"يومين", "2 days"},
		{"7 أيام", "7 days"},
		{"30 يومًا", "30 days"},
		{"ساعة", "1 hour"},
		{"ساعتان", "2 hours"},
		{"ساعتين", "2 hours"},
		{"24 ساعة", "24 hours"},
		{"5 ساعات", "5 hours"},
		{"دقيقة واحدة", "1 min"},
		{"دقيقتان", "2 min"},
		{"دقيقتين", "2 min"},
		{"50 دقيقة", "50 min"},
		{"5 دقائق", "5 min"},
		{"ثانية", "1 second"},
		{"ثانيتان", "2 seconds"},
		{"5 ثوانٍ", "5 seconds"},
		{"5 ثواني", "5 seconds"},
		{"سنة واحدة و3 أشهر", "1 year 3 months"},
		{"سنة وشهر", "1 year 1 month"},
		{"سنة واحدة وأسبوعان", "1 year 2 weeks"},
		{"حتى 12 شهرًا", "12 months"},
		{"مدة الجلسة", "session"},
		{"جلسة", "session"},
		{"\u200f13 شهرًا\u200f", "13 months"},

		{"", ""},
		{"(", ""},
		{")(", ""},
		{"()", ""},
		{"Persistent", ""},
		{"never", ""},
		{"1-2 years", ""},
		{"1 to 2 years", ""},
		{"1 year or 2 years", ""},
		{"6 months or until deleted", ""},
		{"at least 1 year", ""},
		{"more than 1 year", ""},
		{"plus de 13 mois", ""},
		{"session or 1 year", ""},
		{"30 min session", ""},
		{"not limited to the session", ""},
		{"1.5 years", ""},
		{"1,5 years", ""},
		{"year", ""},
		{"12", ""},
		{"12 moons", ""},
		{"6 months, renewed at each visit", ""},
		{"أشهر", ""},
		{"99999999999999999999 years", ""},
		{strings.Repeat("1 day ", 100), ""},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			got, ok := readRetention(tt.text)
			if got != tt.want || ok != (tt.want != "") {
				t.Errorf("got %q, %t, want %q", got, ok, tt.want)
			}
		})
	}
}

func TestKindOfText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		heading string
		want    cookieKind
	}{
		{"Cookies necessary for the platform to function properly", necessary},
		{"Necessary cookies", necessary},
		{"Strictly necessary", necessary},
		{"Essential", necessary},
		{"1. Strictly Necessary Cookies", necessary},
		{"Essential cookies (always active)", necessary},
		{"Necessary internal cookies", necessary},
		{"Cookies nécessaires", necessary},
		{"Cookies strictement nécessaires au fonctionnement du site", necessary},
		{"Traceurs indispensables", necessary},
		{"ملفات تعريف الارتباط الضرورية", necessary},
		{"الضرورية", necessary},
		{"Notwendige Cookies", necessary},
		{"Cookies necesarias", necessary},
		{"Strictly necessary cookies for the website to function properly", necessary},
		{"Cookies that are absolutely necessary for our portal", necessary},
		{"Category 1: Strictly necessary cookies", necessary},
		{"Necessary cookies (12)", necessary},
		{"1.2 Necessary cookies", necessary},
		{"a) Necessary cookies", necessary},
		{"Technically necessary cookies", necessary},
		{"Necessary technical cookies", necessary},
		{"Necessary first-party cookies", necessary},
		{"Necessary and essential cookies", necessary},
		{"Cookies necessary for the proper functioning of the site", necessary},
		{"✅ Essential cookies", necessary},
		{"Cookies nécessaires pour le fonctionnement du site", necessary},
		{"Cookies nécessaires au bon fonctionnement de la plateforme", necessary},
		{"Cookies internes nécessaires", necessary},
		{"Unbedingt erforderliche Cookies", necessary},
		{"Technisch notwendige Cookies", necessary},
		{"Für den Betrieb der Website notwendige Cookies", necessary},
		{"ملفات تعريف الارتباط اللازمة لعمل المنصة بشكل صحيح", necessary},
		{"ملفات تعريف الارتباط الضرورية تمامًا", necessary},
		{"ملفات تعريف الارتباط الداخلية الضرورية", necessary},

		{"Cookies that are not necessary", unknownKind},
		{"Non-essential cookies", unknownKind},
		{"Nonessential cookies", unknownKind},
		{"Unnecessary cookies", unknownKind},
		{"Un-necessary cookies", unknownKind},
		{"Cookies non nécessaires", unknownKind},
		{"Cookies qui ne sont pas nécessaires", unknownKind},
		{"Cookies facultatifs (non indispensables)", unknownKind},
		{"ملفات تعريف الارتباط غير الضرورية", unknownKind},
		{"ملفات تعريف الارتباط ليست ضرورية", unknownKind},
		{"Nicht notwendige Cookies", unknownKind},
		{"Cookies other than the necessary ones", unknownKind},
		{"Are cookies necessary?", unknownKind},
		{"Why cookies are necessary", unknownKind},
		{"Essential information about cookies", unknownKind},
		{"Essential reading", unknownKind},
		{"Essential services", unknownKind},
		{"Optional cookies", unknownKind},
		{"Cookies that aren’t necessary", unknownKind},
		{"Cookies which are less essential", unknownKind},
		{`Essential tracking cookies`, unknownKind},
		{`Notwendige Cookies und Tracking`, unknownKind},
		{`Necessary cookies false`, unknownKind},
		{`Cookies necessary to show ads`, unknownKind},
		{`Necessary for profiling cookies`, unknownKind},
		{`Cookies necessary for sharing`, unknownKind},
		{`Necessary cookies (Facebook pixel)`, unknownKind},
		{`Essential cookies, YouTube cookies`, unknownKind},
		{`Necessary cookies and Google cookies`, unknownKind},
		{`Essential partner cookies`, unknownKind},
		{`Essential and comfort cookies`, unknownKind},
		{`Cookies nécessaires de partenaires`, unknownKind},
		{`Some necessary cookies`, unknownKind},
		{`Quasi-essential cookies`, unknownKind},
		{`Semi-necessary cookies`, unknownKind},
		{`Zustimmung erforderlich Cookies`, unknownKind},
		{`Einwilligung erforderlich: Cookies`, unknownKind},
		{`Cookies: permission necessary`, unknownKind},
		{`Accord nécessaire : cookies`, unknownKind},
		{`Keineswegs notwendige Cookies`, unknownKind},
		{`Kaum notwendige Cookies`, unknownKind},
		{`Bedingt notwendige Cookies`, unknownKind},
		{`Cookies guère nécessaires`, unknownKind},
		{`Cookies peu nécessaires`, unknownKind},
		{`Are cookies necessary`, unknownKind},
		{`Cookies are necessary`, unknownKind},
		{`Necessary cookies 0`, unknownKind},
		{`0 necessary cookies`, unknownKind},
		{`50% necessary cookies`, unknownKind},
		{`½ necessary cookies`, unknownKind},
		{`✗ Necessary cookies`, unknownKind},
		{`❌ Necessary cookies`, unknownKind},
		{`[ ] Necessary cookies`, unknownKind},
		{`≠ necessary cookies`, unknownKind},
		{`"Necessary" cookies`, unknownKind},
		{`Necessary or other cookies`, unknownKind},
		{`Essential or necessary cookies`, unknownKind},
		{`Technical and necessary cookies`, unknownKind},
		{`Necessary cookieless visits`, unknownKind},
		{`Essential operation`, unknownKind},
		{`Accept necessary cookies`, unknownKind},
		{`ملفات تعريف الارتباط الضرورية والشركاء`, unknownKind},
		{`بعض ملفات تعريف الارتباط الضرورية`, unknownKind},
		{`Cookies casi necesarias`, unknownKind},
		{"Functions", unknownKind},
		{"", unknownKind},

		{"Necessary and analytics cookies", statistical},
		{"Cookies necessary for audience measurement", statistical},
		{"Necessary and functional cookies", functional},
		{"Essential marketing cookies", marketing},
		{"Necessary and first-party cookies", firstParty},
		{"Statistical cookies", statistical},
		{"Analytics", statistical},
		{"Cookies de mesure d’audience", statistical},
		{"Performance cookies", statistical},
		{"ملفات تعريف الارتباط الإحصائية", statistical},
		{"First-party cookies", firstParty},
		{"Internal cookies", firstParty},
		{"Cookies internes", firstParty},
		{"Third-party cookies", thirdParty},
		{"Cookies tiers", thirdParty},
		{"ملفات تعريف الارتباط للطرف الثالث", thirdParty},
		{"ملفات تعريف ارتباط الطرف الثالث", thirdParty},
		{"Advertising", marketing},
		{"Functional cookies", functional},
		{"Cookies de préférences", functional},
	}
	for _, tt := range tests {
		t.Run(tt.heading, func(t *testing.T) {
			t.Parallel()
			if got := kindOfText(tt.heading); got != tt.want {
				t.Errorf("got kind %d, want %d", got, tt.want)
			}
		})
	}
}

func TestKindOfTracker(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]cookieKind{
		"_ga": statistical, "_ga_*": statistical, "_ga*": statistical, "_gid": statistical, "_pk_id.*": statistical, "_pk*": statistical, "_hjid": statistical, "atuserid": statistical, "_pcid": statistical, "_clck": statistical,
		"hubspotutk": marketing, "_hs*": marketing, "_fbp": marketing, "_fb*": marketing, "_gcl_au": marketing, "IDE": marketing, "VISITOR_INFO1_LIVE": marketing, "*fbp": marketing, "_*bp": marketing,
		"sessionid": unknownKind, "csrftoken": unknownKind, "django_language": unknownKind, "cookies_preferences": unknownKind, "*_session": unknownKind, "incap_ses_*": unknownKind, "wp_*_hash": unknownKind, "_gaa": unknownKind, "aaa*": unknownKind,
		"matomo_ignore": unknownKind, "mtm_consent_removed": unknownKind, "_pprv": unknownKind, "pa_privacy": unknownKind,
	} {
		if got := kindOfTracker(name); got != want {
			t.Errorf("%s: got kind %d, want %d", name, got, want)
		}
	}
	for _, common := range commonTrackers {
		if kindOfTracker(common) == unknownKind {
			t.Errorf("%s is no tracker", common)
		}
	}
}

func TestColumnOf(t *testing.T) {
	t.Parallel()
	tests := []struct {
		head string
		want column
	}{
		{"Provider", provider}, {"Set by", provider}, {"Host", provider}, {"Company", provider}, {"Fournisseur", provider}, {"مزود الخدمة", provider}, {"Cookie provider", provider},
		{"Function", function}, {"function and location", function}, {"Fonction", function}, {"Use", function}, {"Service", function}, {"الوظيفة", function},
		{"Cookie", names}, {"Cookie name(s)", names}, {"Name", names}, {"Nom", names}, {"Name of the cookie", names}, {"اسم ملف تعريف الارتباط", names}, {"ملف تعريف الارتباط", names},
		{"Purpose", purpose}, {"Description", purpose}, {"Finalité", purpose}, {"What it does", purpose}, {"Purpose of the cookie", purpose}, {"الغرض", purpose}, {"Zweck", purpose},
		{"Retention", retention}, {"Duration", retention}, {"Expiry", retention}, {"Expires", retention}, {"Expiration", retention}, {"Lifespan", retention}, {"Durée de conservation", retention}, {"Stored for", retention}, {"مدة الاحتفاظ", retention}, {"Cookie duration", retention},
		{"Type", category}, {"Category", category}, {"Catégorie", category}, {"الفئة", category},
		{"cookies_preferences", nothing}, {"", nothing}, {"To remember the choice of the visitor about cookies", nothing}, {"Opendatasoft", nothing},
	}
	for _, tt := range tests {
		t.Run(tt.head, func(t *testing.T) {
			t.Parallel()
			if got := columnOf(tt.head); got != tt.want {
				t.Errorf("got column %d, want %d", got, tt.want)
			}
		})
	}
}

func TestScalars(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("Words that go on, and: on # and 'on'. ", 8)
	texts := []string{
		"", "a", "true", "null", "~", "12", "1.5", "2026-01-31", "yes", "a: b", "a #b", "# a", "- a", "[a]", "{a", "*a", "&a", "!a", "%a", "@a", "`a", "'a", `"a`,
		" a ", "a\nb", "a\n\nb", "a\r\nb", "a\tb", "\x00\x1b\x7f", "\u0085\u2028\u2029\ufeff\u200f", "\ufffe\uffff", "😀 é ع", "a\\b", "<&>", "---", "...", "a: ", "?", "? a", "|", ">-",
		strings.TrimSpace(long), long, strings.TrimSpace(long) + "\n\n" + strings.TrimSpace(long), "\n" + long, strings.TrimSpace(long) + "\n", strings.Repeat("x", 300),
		"# " + strings.TrimSpace(long), "- " + strings.TrimSpace(long), strings.Repeat("عربي ", 40) + "x",
	}
	for _, text := range texts {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			for _, lines := range [][]string{{quoted(text)}, scalar(text, 4)} {
				if slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, "\n") }) {
					t.Fatalf("got a line with a break in it: %q", lines)
				}
				var read struct{ A, Z string }
				written := "    a: " + strings.Join(lines, "\n") + "\n    z: end\n"
				if err := unmarshal(written, &read); err != nil || read.A != text || read.Z != "end" {
					t.Errorf("%q reads as %q, %q (%v)", written, read.A, read.Z, err)
				}
			}
		})
	}
}
