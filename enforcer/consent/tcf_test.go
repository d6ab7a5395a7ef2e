package consent_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
)

// inBase64url writes bits as the IAB's strings have them.
func inBase64url(bits string) string {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	bits += strings.Repeat("0", (6-len(bits)%6)%6)
	var text strings.Builder
	for ; bits != ""; bits = bits[6:] {
		var n int
		fmt.Sscanf(bits[:6], "%06b", &n)
		text.WriteByte(digits[n])
	}
	return text.String()
}

// tcfString has purposes 1 and 7, special feature 2, legitimate interest 3, and vendors
// as they are given from bit 213 on.
func tcfString(version int, updated time.Time, vendors string) string {
	at := func(size int, ones ...int) string {
		bits := []byte(strings.Repeat("0", size))
		for _, n := range ones {
			bits[n-1] = '1'
		}
		return string(bits)
	}
	head := fmt.Sprintf("%06b%036b%036b%012b%012b%06b%012b%012b%06b00", version, 0, updated.UnixMilli()/100, 5, 1, 1, 0, 300, 5)
	return inBase64url(head + at(12, 2) + at(24, 1, 7) + at(24, 3) + strings.Repeat("0", 13) + vendors)
}

// TestTCF: purposes, special features and vendors are granted by their own bits, and by
// nothing else (C1, C5).
func TestTCF(t *testing.T) {
	t.Parallel()
	field := fmt.Sprintf("%016b0", 12) + "000000000010"                        // vendor 11 of 12
	ranges := fmt.Sprintf("%016b1%012b1%016b%016b0%016b", 900, 2, 10, 11, 755) // 10 to 11, and 755
	told := "." + inBase64url(fmt.Sprintf("001%016b0", 12)+"000000000010")     // of vendor 11
	const publisher = ".YAAAAAAAAAA"
	old := time.Date(2026, time.February, 28, 23, 59, 59, 0, time.UTC)
	for _, row := range []struct{ name, value, want string }{
		{"a field of vendors", tcfString(2, testNow, field) + told, "GDGG"},
		{"ranges of vendors", tcfString(2, testNow, ranges) + told, "GDGG"},
		{"other segments", tcfString(2, testNow, field) + publisher + told, "GDGG"},
		{"a segment of a type that is not known", tcfString(2, testNow, field) + told + ".gAAA", "GDGG"},
		{"disclosed vendors twice", tcfString(2, testNow, field) + told + told, "?D??"},
		{"the core twice", tcfString(2, testNow, field) + told + "." + tcfString(2, testNow, field), "?D??"},
		{"an empty segment", tcfString(2, testNow, field) + told + ".", "?D??"},
		{"disclosed vendors are cut off", tcfString(2, testNow, field) + told[:6], "?D??"},
		{"the publisher's segment is cut off", tcfString(2, testNow, field) + told + publisher[:8], "?D??"},
		{"a segment with another alphabet", tcfString(2, testNow, field) + told + ".Y+AA", "?D??"},
		{"no disclosed vendors", tcfString(2, testNow, field), "?D??"},
		{"no disclosed vendors, on the last day", tcfString(2, old, field), "GDGG"},
		{"disclosed vendors that are cut off, on the last day", tcfString(2, old, field) + told[:6], "?D??"},
		{"too old", tcfString(2, testNow.Add(-halfYear-time.Hour), field), ".D.."},
		{"too old by decades", tcfString(2, time.UnixMilli(testNow.Unix()), field), ".D.."},
		{"version 1", tcfString(1, testNow, field), "????"},
		{"padding", tcfString(2, testNow, field) + "=", "????"},
		{"the field of vendors is cut off", tcfString(2, testNow, field[:20]), "????"},
		{"the ranges are cut off", tcfString(2, testNow, ranges[:40]), "????"},
		{"a range that ends before it begins", tcfString(2, testNow, fmt.Sprintf("%016b1%012b1%016b%016b", 900, 1, 11, 10)), "????"},
		{"a range from vendor 0", tcfString(2, testNow, fmt.Sprintf("%016b1%012b1%016b%016b", 900, 1, 0, 20)), "????"},
		{"no vendors", tcfString(2, testNow, ""), "????"},
	} {
		s := consent.NewSources(consent.First, []*consent.Source{{
			Cookie: "tc", Decoding: consent.TCF{}, Dates: []consent.Place{{Member: "lastUpdated"}}, MaxAge: halfYear,
			Grants: []consent.Grant{
				{Services: set(0), Keys: []string{"1", "7"}}, {Services: set(1), Keys: []string{"1", "3"}},
				{Services: set(2), Keys: []string{"special_feature.2"}}, {Services: set(3), Keys: []string{"1", "vendor.11"}},
			},
		}})
		if got := states(t, s.Decode("tc="+row.value, atTestNow)); got != row.want {
			t.Errorf("%s: %q says %s, want %s", row.name, row.value, got, row.want)
		}
	}
}

// TestTCFVectors: strings of TCF 2.3 grant a vendor that the visitor was told of, and
// nothing where the segment is missing that says so. A no stays one (C8).
func TestTCFVectors(t *testing.T) {
	t.Parallel()
	vectors := vectorsOf(t, "tcf.tsv")
	checkVectors(t, consent.TCF{}, vectors)
	for i := range vectors { // tcfeu is the same string
		v := &vectors[i]
		said := make(map[string]byte)
		for key, state := range v.said {
			said["tcfeu."+key] = state
		}
		v.text, v.said = "DBABMA~"+v.text, said
	}
	checkVectors(t, consent.GPP{}, vectors)
}

// TestTCFDisclosedVendors: a condition may ask for the segment (C8).
func TestTCFDisclosedVendors(t *testing.T) {
	t.Parallel()
	for _, v := range vectorsOf(t, "tcf.tsv") {
		s := consent.NewSources(consent.First, []*consent.Source{{
			Cookie: "tc", Decoding: consent.TCF{}, DecidedWhen: []consent.Condition{{Place: consent.Place{Member: "disclosedVendors"}}},
			Grants: []consent.Grant{{Services: set(0), Keys: []string{"1"}}},
		}})
		want := "...."
		if !strings.Contains(v.name, "nobody knows whom") {
			want = "G..."
		}
		if got := states(t, s.Decode("tc="+v.text, atTestNow)); got != want {
			t.Errorf("%s: %s says %s, want %s", v.name, v.text, got, want)
		}
	}
}

// TestTCFCause: what is missing is told to those who ask.
func TestTCFCause(t *testing.T) {
	t.Parallel()
	s := readerOf(t, consent.TCF{}, "1")
	for _, v := range vectorsOf(t, "tcf.tsv") {
		isTold := slices.ContainsFunc(s.Explain("c="+v.text, atTestNow), func(c consent.Cause) bool {
			return c.Kind == consent.CauseUnreadable && c.Place == "disclosedVendors"
		})
		if isTold != (v.said["1"] == '?') {
			t.Errorf("%s: %s: whether the segment is missing is %v", v.name, v.text, isTold)
		}
	}
}

// TestMemoryOfSources: a choice that is remembered ages, and no older one takes its
// place (C5).
func TestMemoryOfSources(t *testing.T) {
	t.Parallel()
	ga, matomo := consent.Grant{Services: set(0), Keys: []string{"ga"}}, consent.Grant{Services: set(1), Keys: []string{"matomo"}}
	source := func(cookie string, maxAge time.Duration, grants ...consent.Grant) *consent.Source {
		return &consent.Source{
			Cookie: cookie, Decoding: &consent.JSON{Member: consent.KeyName}, Dates: []consent.Place{{Member: "at"}}, MaxAge: maxAge, Grants: grants,
		}
	}
	m := consent.NewMemoryOf(consent.NewSources(consent.First, []*consent.Source{source("new", time.Hour, ga), source("old", halfYear, ga, matomo)}))
	line := `new={"ga":true,"at":` + seconds(0) + `}; old={"ga":true,"matomo":true,"at":` + millis(-24*time.Hour) + `}`
	for _, row := range []struct {
		at   time.Duration
		want string
	}{
		{0, "GG.."}, {time.Hour, "GG.."}, {time.Hour + 1, ".G.."}, {2 * time.Hour, ".G.."}, {time.Minute, "GG.."},
		{halfYear, "...."}, {-24*time.Hour - time.Minute, ".G.."}, {-49 * time.Hour, "...."}, {0, "GG.."},
	} {
		if got := states(t, decoded(t, m, line, func() time.Time { return testNow.Add(row.at) })); got != row.want {
			t.Errorf("C5: after %v the choice is %s, want %s", row.at, got, row.want)
		}
	}
}
