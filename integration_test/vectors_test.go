package integration_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer"
	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

// TestTCFVectors reads thousands of strings of the Transparency and Consent
// Framework as the IAB's own library reads them: exactly the purposes, special
// features and vendors with consent are granted, and no legitimate interest is. Since
// TCF 2.3 the visitor has to have been told of a vendor.
func TestTCFVectors(t *testing.T) {
	t.Parallel()
	vectors := makeVectors[tcfVector](t, "tcf", 2000)
	site := newIABSite(t, "euconsent-v2", "preset: tcf", tcfKeys(""))
	strict := newIABSite(t, "euconsent-v2", "preset: tcf\n  max_age: 180 days\n  version: {member: tcfPolicyVersion, at_least: 4}", tcfKeys(""))
	counts := make(map[string]int)
	for _, v := range vectors {
		want := site.of(v.grants(""))
		counts["granted"] += len(want)
		counts["not granted"] += len(site.keys) - len(want)
		site.check(t, v.String, v.String, want)
		if got := site.of(referenceTCF(v.String).grants("")); !slices.Equal(got, want) {
			t.Fatalf("%s: the reference reads %q, the library %q", v.String, got, want)
		}

		if !v.isFresh(time.Now()) || v.PolicyVersion < 4 { // C5
			want = nil
			counts["too old"]++
		}
		strict.check(t, "by a strict policy, "+v.String, v.String, want)
	}
	expectCounts(t, counts, "granted", "not granted", "too old")

	t.Run("two choices", func(t *testing.T) { // C3: both have to grant
		for i, v := range vectors[1:] {
			other := vectors[i].grants("")
			both := slices.DeleteFunc(v.grants(""), func(key string) bool { return !slices.Contains(other, key) })
			site.check(t, v.String+" and "+vectors[i].String, v.String+"; euconsent-v2="+vectors[i].String, site.of(both))
		}
	})
	t.Run("malformed", func(t *testing.T) {
		for _, m := range malformedTCF(vectors) {
			site.checkMalformed(t, m, referenceTCF(m.text).grants(""))
		}
	})
}

// TestGPPVectors reads thousands of strings of the Global Privacy Platform as the
// IAB's own library reads them. Not to have opted out is no objection, and no grant.
func TestGPPVectors(t *testing.T) {
	t.Parallel()
	vectors := makeVectors[gppVector](t, "gpp", 2000)
	site := newIABSite(t, "__gpp", "preset: gpp\n  cookie: __gpp", append(tcfKeys("tcfeu."), usKeys()...))
	counts := make(map[string]int)
	for _, v := range vectors {
		objected := v.objections()
		granted := append(v.TCFEU.grants("tcfeu."), v.consents()...)
		counts["granted"] += len(granted)
		counts["objected"] += len(objected)
		counts["not objected"] += len(usKeys()) - len(objected)
		site.check(t, v.String, v.String, append(site.of(granted), site.notObjected(objected)...))
		if got := referenceGPP(v.String).grants("tcfeu."); !slices.Equal(site.of(got), site.of(v.TCFEU.grants("tcfeu."))) {
			t.Fatalf("%s: the reference reads %q, the library %q", v.String, got, granted)
		}
	}
	expectCounts(t, counts, "granted", "objected", "not objected")

	t.Run("malformed", func(t *testing.T) {
		// The reference knows no other section.
		site := newIABSite(t, "__gpp", "preset: gpp\n  cookie: __gpp", tcfKeys("tcfeu."))
		for _, m := range malformedGPP(vectors) {
			site.checkMalformed(t, m, referenceGPP(m.text).grants("tcfeu."))
		}
	})
}

// expectCounts fails where the vectors have left something out.
func expectCounts(t *testing.T, counts map[string]int, wanted ...string) {
	t.Helper()
	t.Log(counts)
	for _, what := range wanted {
		if counts[what] < 100 {
			t.Errorf("%s: only %d times", what, counts[what])
		}
	}
}

// tcfVector is what the library reads in a string.
type tcfVector struct {
	String          string
	Purposes        []int
	SpecialFeatures []int `json:"special_features"`
	Vendors         []int // of those in vendorIDs
	PolicyVersion   int   `json:"policy_version"`
	Updated         int64 // in milliseconds since 1970
}

// grants are the keys that are granted, as the policy names them.
func (v *tcfVector) grants(prefix string) (keys []string) {
	if v == nil {
		return nil
	}
	for _, id := range v.Purposes {
		keys = append(keys, prefix+strconv.Itoa(id))
	}
	for _, id := range v.SpecialFeatures {
		keys = append(keys, prefix+"special_feature."+strconv.Itoa(id))
	}
	for _, id := range v.Vendors {
		keys = append(keys, prefix+"vendor."+strconv.Itoa(id))
	}
	return keys
}

// isFresh tells whether the choice is neither older than the strict policy allows
// nor from after tomorrow (C5).
func (v *tcfVector) isFresh(now time.Time) bool {
	age := now.Sub(time.UnixMilli(v.Updated))
	return age < 180*24*time.Hour && age > -24*time.Hour
}

type gppVector struct {
	String string
	US     map[string]map[string]int // fields of each section
	USPv1  string
	TCFEU  *tcfVector
}

// usStates are the sections of single states that have the signal, and those that have
// none.
var usStates, usMuteStates = strings.Fields("usca usco usct usmt usor ustx usde usia usne usnh usnj ustn usmn usmd"), strings.Fields("usva usut usfl usin usky usri")

// usOptOuts are those that the signal stands for.
var usOptOuts = []string{"SaleOptOut", "SharingOptOut", "TargetedAdvertisingOptOut"}

// usKeys are fields of the sections for the United States.
func usKeys() []string {
	keys := []string{"uspv1.OptOutSale", "usnat.PersonalDataConsents", "usnat.Gpc", "us.Gpc", "usca.SharingOptOut"}
	for _, field := range usOptOuts {
		keys = append(keys, "us."+field, "usnat."+field)
	}
	for _, state := range slices.Concat(usStates, usMuteStates) {
		keys = append(keys, state+".SaleOptOut")
		if state != "usca" {
			keys = append(keys, state+".TargetedAdvertisingOptOut")
		}
	}
	for i := 1; i <= 16; i++ { // four of them in version 2 only
		keys = append(keys, fmt.Sprintf("usnat.SensitiveDataProcessing.%d", i))
	}
	for i := 1; i <= 3; i++ {
		keys = append(keys, fmt.Sprintf("usnat.KnownChildSensitiveDataConsents.%d", i))
	}
	for _, state := range usStates {
		keys = append(keys, state+".Gpc")
	}
	return keys
}

// objections are the keys whose field says that the visitor has opted out, or has not
// consented.
func (v *gppVector) objections() (keys []string) {
	for _, key := range usKeys() {
		section, field, _ := strings.Cut(key, ".")
		isDenied := v.denies(section, field)
		if section == "us" {
			isDenied = field == "SaleOptOut" && v.USPv1 == "Y"
			for name := range v.US {
				isDenied = isDenied || v.denies(name, field)
			}
		}
		if isDenied || section == "uspv1" && v.USPv1 == "Y" {
			keys = append(keys, key)
		}
	}
	return keys
}

// denies reports whether a section denies a field, or the signal does in its place (C6).
func (v *gppVector) denies(section, field string) bool {
	said := v.US[section]
	return said[field] == 1 || said["Gpc"] == 1 && slices.Contains(usOptOuts, field)
}

// consents are those whose field says that the visitor has consented, which is more
// than not to have opted out.
func (v *gppVector) consents() (keys []string) {
	for _, key := range usKeys() {
		if field, found := strings.CutPrefix(key, "usnat."); found && strings.Contains(field, "Consents") && v.US["usnat"][field] == 2 {
			keys = append(keys, key)
		}
	}
	return keys
}

// vendorIDs are those in the policies: small ones, large ones, and around powers
// of two.
var vendorIDs = []int{
	1, 2, 3, 10, 11, 12, 28, 32, 52, 60, 61, 62, 63, 64, 65, 70, 91, 126, 128, 255,
	256, 300, 333, 399, 400, 401, 511, 512, 755, 793, 804, 1000, 1023, 1024, 1199, 1200, 4095, 4096, 32768, 65535,
}

func tcfKeys(prefix string) []string {
	every := tcfVector{Vendors: vendorIDs}
	for id := 1; id <= 24; id++ {
		every.Purposes = append(every.Purposes, id)
	}
	for id := 1; id <= 12; id++ {
		every.SpecialFeatures = append(every.SpecialFeatures, id)
	}
	return every.grants(prefix)
}

// makeVectors has the IAB's library make strings, and tell what it reads in them.
func makeVectors[V any](t *testing.T, kind string, count int) (vectors []V) {
	t.Helper()
	node := program(t, "nodejs", "node", "nodejs")
	ids := strings.Trim(strings.Join(strings.Fields(fmt.Sprint(vendorIDs)), ","), "[]")
	cmd := exec.Command(node, "vectors.mjs", kind, fmt.Sprint(rand.Uint32()), fmt.Sprint(count), fmt.Sprint(time.Now().UnixMilli()), ids)
	cmd.Dir = managersFolder(t)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the vectors are those of %q", cmd.Args)
		}
	})
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, complaints.Bytes())
	}
	for lines := json.NewDecoder(bytes.NewReader(output)); lines.More(); {
		var v V
		if err := lines.Decode(&v); err != nil {
			t.Fatal(err)
		}
		vectors = append(vectors, v)
	}
	if len(vectors) != count {
		t.Fatalf("%d vectors, want %d", len(vectors), count)
	}
	return vectors
}

// iabSite is a site with a service for each key that passes once it is granted,
// and, for each opt-out, one that passes until it is objected to. Their cookies have
// the services' names.
type iabSite struct {
	enforcer *enforcer.Enforcer
	cookie   string
	keys     []string
	others   string // the request's other cookies
}

const (
	withConsent    = "granted."
	unlessObjected = "unless."
)

func newIABSite(t *testing.T, cookie, source string, keys []string) *iabSite {
	t.Helper()
	site := &iabSite{cookie: cookie, keys: keys}
	var mapping, services, others strings.Builder
	add := func(prefix, category, key string) {
		fmt.Fprintf(&mapping, "    %q: %q\n", prefix+key, key)
		fmt.Fprintf(&services, "  - {id: %q, category: %s, cookies: [%q]}\n", prefix+key, category, prefix+key)
		fmt.Fprintf(&others, "; %s%s=v", prefix, key)
	}
	for _, key := range keys {
		add(withConsent, "trackers", key)
	}
	for _, key := range site.usKeys() {
		add(unlessObjected, "advertising", key)
	}
	p, err := policy.Parse("policy.yaml", []byte(fmt.Sprintf(`version: 1
site: https://www.example.org
consent:
  %s
  keys:
%scategories:
  - {id: necessary, consent: none}
  - {id: trackers, consent: required}
  - {id: advertising, consent: objection}
services:
  - {id: portal, category: necessary, cookies: [sessionid]}
%s`, source, &mapping, &services)))
	if err != nil {
		t.Fatal(err)
	}
	site.enforcer, site.others = enforcer.New(p), others.String()
	return site
}

func (s *iabSite) usKeys() []string {
	return slices.DeleteFunc(slices.Clone(s.keys), func(key string) bool { return !strings.HasPrefix(key, "us") })
}

// of are the services' names for keys, in the site's order.
func (s *iabSite) of(granted []string) (names []string) {
	for _, key := range s.keys {
		if slices.Contains(granted, key) {
			names = append(names, withConsent+key)
		}
	}
	return names
}

func (s *iabSite) notObjected(objected []string) (names []string) {
	for _, key := range s.usKeys() {
		if !slices.Contains(objected, key) {
			names = append(names, unlessObjected+key)
		}
	}
	return names
}

// kept are the services whose cookies pass with a choice. The session's and the
// choice itself always do (C7, Q5).
func (s *iabSite) kept(t *testing.T, choice string) (names []string) {
	t.Helper()
	line := "sessionid=s; " + s.cookie + "=" + choice + s.others
	always := 0
	for _, d := range s.enforcer.Explain(http.Header{"Cookie": {line}}, nil).Decisions {
		switch {
		case d.Action != enforcer.Kept:
		case d.Name == "sessionid" || d.Name == s.cookie:
			always++
		default:
			names = append(names, d.Name)
		}
	}
	if always != 2+strings.Count(choice, "; "+s.cookie+"=") {
		t.Errorf("%q: sessionid or %s did not pass", choice, s.cookie)
	}
	return names
}

func (s *iabSite) check(t *testing.T, what, choice string, want []string) {
	t.Helper()
	if got := s.kept(t, choice); !slices.Equal(got, want) {
		t.Fatalf("%s:\n got %q\nwant %q", what, got, want)
	}
}

// checkMalformed: what stands in the text is granted at most, and exactly that where
// it can be read.
func (s *iabSite) checkMalformed(t *testing.T, m malformed, stands []string) {
	t.Helper()
	granted := slices.DeleteFunc(s.kept(t, m.text), func(name string) bool { return strings.HasPrefix(name, unlessObjected) })
	stands = s.of(stands)
	if m.readable && !slices.Equal(granted, stands) {
		t.Fatalf("%s: %q:\n got %q\nwant %q", m.how, m.text, granted, stands)
	}
	for _, name := range granted {
		if !slices.Contains(stands, name) {
			t.Fatalf("%s: %q: granted %q, of which only %q stand there", m.how, m.text, granted, stands)
		}
	}
}
