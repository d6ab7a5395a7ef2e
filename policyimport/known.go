package policyimport

import (
	"regexp"
	"strings"
)

// knownServices are services that every site calls the same, and what their cookies
// are named: the visitor's choice of an Opendatasoft portal has these keys.
var knownServices = []struct {
	id    string
	names *regexp.Regexp
	only  bool // necessary services of one cookie; others have a key in the choice
	kind  cookieKind
}{
	{"session", regexp.MustCompile(`^sessionid$`), true, necessary},
	{"language", regexp.MustCompile(`^django_language$`), true, necessary},
	{"csrf", regexp.MustCompile(`^csrftoken$`), true, necessary},
	{"preferences", regexp.MustCompile(`^cookies_preferences$`), true, necessary},
	{"ga", regexp.MustCompile(`^(_ga([_*].*)?|_gid\*?|_gat([_*].*)?|_gac_.*|__utm.*|_dc_gtm_.*)$`), false, statistical},
	{"matomo", regexp.MustCompile(`^(_pk_.*|MATOMO_SESSID|PIWIK_SESSID)$`), false, statistical},
	{"hotjar", regexp.MustCompile(`^_hj.*$`), false, statistical},
	{"hubspot", regexp.MustCompile(`^(_hs.*|__hs.*|hubspotutk)$`), false, marketing},
	{"at", regexp.MustCompile(`^(atuserid|atidvisitor|atauthority)$`), false, statistical},
	{"piano", regexp.MustCompile(`^(_pcid|_pctx|pa_user|pa_vid|pa_uid)$`), false, statistical},
}

// knownTrackers are what cookies of other services are named that nobody needs.
var knownTrackers = []struct {
	kind  cookieKind
	names *regexp.Regexp
}{
	{statistical, regexp.MustCompile(`^(mp_.*|amp_.*|amplitude_.*|ajs_.*|_hp2_.*|_ceg\..*|AMCVS?_.*|s_vi|s_fid|s_cc|s_sq|mbox|optimizely.*|_vwo_.*|_vis_opt_.*|mf_.*|fs_uid|fs_lua|` +
		`xtvrn|xtan|xtant|WT_FPC|_cb|_cb_.*|_chartbeat.*|_parsely_.*|km_.*|__insp_.*|_cs_(id|s|c|cvars|ex|mk)|_clck|_clsk|_ym_.*)$`)},
	{marketing, regexp.MustCompile(`^(_fbp|_fbc|fr|datr|_gcl_.*|IDE|DSID|NID|ANID|AID|1P_JAR|test_cookie|__gads|__gpi.*|FPGCLAW|FPID|FPLC|YSC|VISITOR_INFO1_LIVE|VISITOR_PRIVACY_METADATA|` +
		`bcookie|bscookie|lidc|li_(sugr|fat_id|giant|oatml)|UserMatchHistory|AnalyticsSyncHistory|ln_or|personalization_id|guest_id(_.*)?|muc_ads|_ttp|_tt_enable_cookie|` +
		`_uet.*|MUIDB?|SRM_B|CLID|ANONCHK|_pin_unauth|_pinterest_.*|_derived_epik|_scid.*|sc_at|cto_.*|__qca|t_gid|taboola.*|obuid|__adroll.*|__ar_v4|demdex|yandexuid)$`)},
}

// commonTrackers are names that no pattern of necessary cookies is for.
var commonTrackers = strings.Fields("_ga _ga_X1 _gid _gat _gac_UA-1 __utma _pk_id.1.1fff _pk_ses.1.1fff _hjid _hjSessionUser_1 _hjSession_1 __hstc hubspotutk _hsq atuserid atidvisitor _pcid pa_vid " +
	"_fbp _fbc _gcl_au _uetsid _uetvid _clck _ttp VISITOR_INFO1_LIVE UserMatchHistory bcookie __gads _ym_uid __qca")

// kindOfTracker is the kind of a cookie that nobody needs, as far as its name tells.
func kindOfTracker(name string) cookieKind {
	for _, known := range knownServices {
		if !known.only && known.names.MatchString(name) {
			return known.kind
		}
	}
	for _, known := range knownTrackers {
		if known.names.MatchString(name) {
			return known.kind
		}
	}
	if strings.Contains(name, "*") {
		for _, common := range commonTrackers {
			if covers(name, common) {
				return kindOfTracker(common)
			}
		}
	}
	return unknownKind
}

// covers tells whether a pattern with stars stands for a name.
func covers(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	rest, ok := strings.CutPrefix(name, parts[0])
	if !ok {
		return false
	}
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		if _, rest, ok = strings.Cut(rest, part); !ok {
			return false
		}
	}
	return strings.HasSuffix(rest, parts[last])
}

// knownID is the usual id of a service with these cookies, and whether it is also its
// key in a choice.
func knownID(cookies []*entry) (id string, isKey bool) {
	for _, known := range knownServices {
		if len(cookies) == 0 || known.only && len(cookies) > 1 {
			continue
		}
		all := true
		for _, c := range cookies {
			all = all && known.names.MatchString(c.name)
		}
		if all {
			return known.id, !known.only
		}
	}
	return "", false
}

// remembers and ofChoice are the words with which a purpose speaks of the cookie that
// holds the visitor's choice.
var (
	remembers = regexp.MustCompile(`remember|stor(e|es|ing)\b|sav(e|es|ing)\b|record|keep|memoris|conserv|enregistr|garde|retien|speicher|merk|recordar|guardar|almacena|تذكر|حفظ|تخزين|تسجيل`)
	ofChoice  = regexp.MustCompile(`(cookie|traceur|كوكيز|ارتباط).*(preference|consent|choice|choix|einwilligung|auswahl|consentimiento|تفضيل|موافق|اختيار)|(preference|consent|choice|choix|einwilligung|auswahl|consentimiento|تفضيل|موافق|اختيار).*(cookie|traceur|كوكيز|ارتباط)`)
)

// holdsChoice tells whether a service says that it remembers the choice.
func (s *serviceDraft) holdsChoice() bool {
	if s.category.consent != "none" || len(s.cookies) != 1 || strings.Contains(s.cookies[0].name, "*") {
		return false
	}
	says := plain(s.fields[purposeField].value)
	return remembers.MatchString(says) && ofChoice.MatchString(says)
}

// notInID is what an id has no place for.
var notInID = regexp.MustCompile(`[^a-z0-9]+`)

// maxID is how long an id is made.
const maxID = 40

// slug makes an id of a text, if it has letters for one.
func slug(text, between string) string {
	id := strings.Trim(notInID.ReplaceAllString(plain(text), between), between)
	return strings.TrimRight(id[:min(len(id), maxID)], between)
}

// reservedIDs are taken by what else a choice has, and by the policy itself.
var reservedIDs = []string{"timestamp", "version", "unlisted"}
