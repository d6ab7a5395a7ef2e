package page

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

// missing are the places in which texts have nothing, next to those that another
// language has.
func missing(at string, got, want reflect.Value) (places []string) {
	switch got.Kind() {
	case reflect.String:
		if got.String() == "" {
			return []string{at}
		}
	case reflect.Struct:
		for i := range got.NumField() {
			if _, isForm := got.Interface().(Forms); isForm && i > 0 && i < got.NumField()-1 {
				continue // not all languages have them
			}
			places = append(places, missing(at+"."+got.Type().Field(i).Name, got.Field(i), want.Field(i))...)
		}
	case reflect.Map:
		for _, key := range want.MapKeys() {
			value := got.MapIndex(key)
			if !value.IsValid() {
				value = reflect.Zero(got.Type().Elem())
			}
			places = append(places, missing(at+"."+key.String(), value, want.MapIndex(key))...)
		}
	case reflect.Slice:
		if got.Len() != want.Len() {
			return []string{at}
		}
		for i := range got.Len() {
			places = append(places, missing(at, got.Index(i), want.Index(i))...)
		}
	}
	return places
}

// TestTexts: each language has a text wherever another one has.
func TestTexts(t *testing.T) {
	t.Parallel()
	if got := Languages(); !slices.Equal(got, []string{"ar", "en", "fr"}) {
		t.Fatalf("languages %q", got)
	}
	for name, got := range texts {
		for other, want := range texts {
			if places := missing("", reflect.ValueOf(*got), reflect.ValueOf(*want)); len(places) > 0 {
				t.Errorf("%s has no text for %q, which %s has", name, places, other)
			}
		}
		if len(got.Months) != 12 {
			t.Errorf("%s: %d months", name, len(got.Months))
		}
		for _, kind := range []policy.Consent{policy.None, policy.Required, policy.Objection} {
			if got.KindNames[string(kind)] == "" || got.KindMeanings[string(kind)] == "" {
				t.Errorf("%s: nothing about %q", name, kind)
			}
		}
		for _, state := range []consent.State{consent.Undecided, consent.Granted, consent.Denied, consent.Undecodable} {
			if got.States[stateNames[state]] == "" {
				t.Errorf("%s: nothing about the state %q", name, stateNames[state])
			}
		}
		if statuses := slices.Sorted(maps.Keys(got.Errors)); !slices.Equal(statuses, []int{400, 403, 405, 409, 413, 415, 429}) {
			t.Errorf("%s: errors %v", name, statuses)
		}
		if all := slices.Collect(maps.Values(got.Units)); len(all) != 7 {
			t.Errorf("%s: %d units", name, len(all))
		}
	}
}

// TestRetention: how long cookies are kept, as people say it.
func TestRetention(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ retention, en, fr, ar string }{
		{"session", "Session", "Session", "مدة الجلسة"},
		{"Session", "Session", "Session", "مدة الجلسة"},
		{"1 second", "1 second", "1 seconde", "ثانية واحدة"},
		{"2 sec", "2 seconds", "2 secondes", "ثانيتان"},
		{"3 s", "3 seconds", "3 secondes", "3 ثوانٍ"},
		{"11 seconds", "11 seconds", "11 secondes", "11 ثانية"},
		{"1 minute", "1 minute", "1 minute", "دقيقة واحدة"},
		{"2 min", "2 minutes", "2 minutes", "دقيقتان"},
		{"10 min", "10 minutes", "10 minutes", "10 دقائق"},
		{"30 min", "30 minutes", "30 minutes", "30 دقيقة"},
		{"1 h", "1 hour", "1 heure", "ساعة واحدة"},
		{"2 hours", "2 hours", "2 heures", "ساعتان"},
		{"4 hours", "4 hours", "4 heures", "4 ساعات"},
		{"24 hours", "24 hours", "24 heures", "24 ساعة"},
		{"1 d", "1 day", "1 jour", "يوم واحد"},
		{"2 days", "2 days", "2 jours", "يومان"},
		{"7 days", "7 days", "7 jours", "7 أيام"},
		{"90 days", "90 days", "90 jours", "90 يومًا"},
		{"99 days", "99 days", "99 jours", "99 يومًا"},
		{"100 days", "100 days", "100 jours", "100 يوم"},
		{"102 days", "102 days", "102 jours", "102 يوم"},
		{"103 days", "103 days", "103 jours", "103 أيام"},
		{"365 days", "365 days", "365 jours", "365 يومًا"},
		{"400 days", "400 days", "400 jours", "400 يوم"},
		{"1 week", "1 week", "1 semaine", "أسبوع واحد"},
		{"2 weeks", "2 weeks", "2 semaines", "أسبوعان"},
		{"3 weeks", "3 weeks", "3 semaines", "3 أسابيع"},
		{"12 weeks", "12 weeks", "12 semaines", "12 أسبوعًا"},
		{"1 month", "1 month", "1 mois", "شهر واحد"},
		{"2 months", "2 months", "2 mois", "شهران"},
		{"6 months", "6 months", "6 mois", "6 أشهر"},
		{"13 months", "13 months", "13 mois", "13 شهرًا"},
		{"100 months", "100 months", "100 mois", "100 شهر"},
		{"1 year", "1 year", "1 an", "سنة واحدة"},
		{"2 years", "2 years", "2 ans", "سنتان"},
		{"5 years", "5 years", "5 ans", "5 سنوات"},
		{"20 years", "20 years", "20 ans", "20 سنة"},
		{"1 year 1 month", "1 year 1 month", "1 an 1 mois", "سنة واحدة وشهر واحد"},
		{"1 year 3 months 2 days", "1 year 3 months 2 days", "1 an 3 mois 2 jours", "سنة واحدة و3 أشهر ويومان"},
		{"0 years 2 weeks", "2 weeks", "2 semaines", "أسبوعان"},
	} {
		t.Run(c.retention, func(t *testing.T) {
			t.Parallel()
			p := parse(t, "version: 1\ncategories: [{id: n, consent: none}]\nservices: [{id: s, category: n, cookies: [name], retention: "+c.retention+"}]\n")
			for language, want := range map[string]string{"en": c.en, "fr": c.fr, "ar": c.ar} {
				if got := texts[language].retention(p.Services[0].Retention); got != want {
					t.Errorf("%s: got %q, want %q", language, got, want)
				}
			}
		})
	}
	if got := texts["en"].retention(policy.Retention{}); got != "" {
		t.Errorf("no limit is %q", got)
	}
}

// TestNames: what has no name in the policy gets one that can be read.
func TestNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ id, en, fr string }{
		{"necessary", "Necessary cookies", "Cookies nécessaires"},
		{"third_party", "Third-party cookies", "Cookies tiers"},
		{"my_own-kind", "My own kind", "My own kind"},
		{"x", "X", "X"},
	} {
		if en, fr := texts["en"].categoryName(c.id), texts["fr"].categoryName(c.id); en != c.en || fr != c.fr {
			t.Errorf("%s: %q and %q", c.id, en, fr)
		}
	}
	day := time.Date(2026, time.August, 1, 0, 0, 0, 0, time.UTC)
	if en, fr, ar := texts["en"].day(day), texts["fr"].day(day), texts["ar"].day(day); en != "1 August 2026" || fr != "1 août 2026" || ar != "1 أغسطس 2026" {
		t.Errorf("%q, %q, %q", en, fr, ar)
	}
	for tag, want := range map[string]string{"en": "ltr", "ar": "rtl", "fa-IR": "rtl", "he": "rtl", "ur": "rtl", "az": "ltr", "az-Arab": "rtl", "": "ltr", "zh": "ltr"} {
		if got := direction(tag); got != want {
			t.Errorf("%q is written %s", tag, got)
		}
	}
}

// TestParagraphs: blank lines separate them.
func TestParagraphs(t *testing.T) {
	t.Parallel()
	f := filler{newPage(t, manyKinds), "en", texts["en"], nil}
	for text, want := range map[string]string{
		"one": "one", "one\n\ntwo": "one|two", " one\n \t\n\n two \n\n": "one|two", "one\ntwo": "one\ntwo", "one\r\n\r\ntwo": "one|two", "one\n\n\n\n\ntwo": "one|two",
	} {
		var got []string
		for _, w := range f.paragraphs(policy.Text{"": text}) {
			got = append(got, w.Text)
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}
