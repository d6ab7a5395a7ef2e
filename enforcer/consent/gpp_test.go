package consent_test

import (
	"os"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
)

// vector is a string that the IAB's own library wrote, and what its keys say.
type vector struct {
	name, text string
	said       map[string]byte // ".GD?"; undecided where there is nothing
}

// vectorsOf reads a file that testdata/vectors.mjs made.
func vectorsOf(t *testing.T, file string) (vectors []vector) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		part := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(part) != 3 {
			t.Fatalf("%q is no vector", line)
		}
		v := vector{name: part[0], text: part[1], said: make(map[string]byte)}
		for _, said := range strings.Fields(part[2]) {
			key, state, _ := strings.Cut(said, "=")
			v.said[key] = state[0]
		}
		vectors = append(vectors, v)
	}
	if len(vectors) == 0 {
		t.Fatalf("%s holds no vectors", file)
	}
	return vectors
}

// keysOf are all keys of which a vector says anything.
func keysOf(vectors []vector) (keys []string) {
	known := make(map[string]bool)
	for _, v := range vectors {
		for key := range v.said {
			if !known[key] {
				known[key] = true
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// readerOf reads a service for each of some keys, in the cookie c.
func readerOf(t *testing.T, d consent.Decoding, keys ...string) *consent.Sources {
	t.Helper()
	source := &consent.Source{Cookie: "c", Decoding: d}
	for i, key := range keys {
		if err := d.CheckKey(key); err != nil {
			t.Errorf("%s: %v", key, err)
		}
		source.Grants = append(source.Grants, consent.Grant{Services: set(i), Keys: []string{key}})
	}
	return consent.NewSources(consent.First, []*consent.Source{source})
}

func checkVectors(t *testing.T, d consent.Decoding, vectors []vector) {
	t.Helper()
	keys := keysOf(vectors)
	s := readerOf(t, d, keys...)
	for _, v := range vectors {
		choice := s.Decode("c="+v.text, atTestNow)
		for i, key := range keys {
			want := byte('.')
			if said, ok := v.said[key]; ok {
				want = said
			}
			if got := ".GD?"[choice.State(i)]; got != want {
				t.Errorf("%s: %s says %c of %s, want %c", v.name, v.text, got, key, want)
			}
		}
	}
}

// TestGPPVectors: each section says what the visitor has chosen, and of several a no
// counts (C3).
func TestGPPVectors(t *testing.T) {
	t.Parallel()
	vectors := vectorsOf(t, "gpp.tsv")
	checkVectors(t, consent.GPP{}, vectors)
	for _, v := range vectors { // a no is a no, whatever else is asked
		if v.said["us.SaleOptOut"] != 'D' {
			continue
		}
		choice := readerOf(t, consent.GPP{}, "us.SaleOptOut").Decode("c="+v.text, atTestNow)
		if !choice.Denied.Has(0) {
			t.Errorf("%s: %s does not deny us.SaleOptOut alone", v.name, v.text)
		}
	}
}

// TestGPPCutOff: what stands in the first bytes of a string is no more than in all of it,
// and as long as a section is not whole, it says nothing that passes (C2, C8).
func TestGPPCutOff(t *testing.T) {
	t.Parallel()
	keys := []string{"us.SaleOptOut", "us.SharingOptOut", "us.TargetedAdvertisingOptOut"}
	s := readerOf(t, consent.GPP{}, keys...)
	for _, v := range vectorsOf(t, "gpp.tsv") {
		sections := strings.Split(v.text, "~")
		last, _, _ := strings.Cut(sections[len(sections)-1], ".")
		whole := len(strings.Join(sections[:len(sections)-1], "~")) + 1 + len(last)
		for n := range v.text {
			choice := s.Decode("c="+v.text[:n], atTestNow)
			for i, key := range keys {
				state := choice.State(i)
				if v.said[key] == 'D' && n < whole-2 && state != consent.Denied && state != consent.Undecodable {
					t.Errorf("C8: %s: %s says %c of %s", v.name, v.text[:n], ".GD?"[state], key)
				}
			}
		}
	}
}

// TestGPP: what cannot be read touches the keys that look there (C2).
func TestGPP(t *testing.T) {
	t.Parallel()
	keys := []string{"us.SaleOptOut", "usca.SaleOptOut", "usnat.SaleOptOut", "usca.KnownChildSensitiveDataConsents.1"}
	s := readerOf(t, consent.GPP{}, keys...)
	for _, row := range []struct{ name, value, want string }{
		{"usca without a segment of the signal", "DBABBg~BAqqqqpA", "...G"},
		{"usca with the signal as one character", "DBABBg~BAqqqqpA.Y", "DD.G"},
		{"the header alone", "DBABBg", "????"},
		{"the header, and nothing after it", "DBABBg~", "??.?"},
		{"the section is cut off", "DBABBg~BAqqqq", "??.?"},
		{"the segment of the signal is cut off", "DBABBg~BAqqqqpA.", "??.?"},
		{"a segment of another type", "DBABBg~BAqqqqpA.gA", "??.?"},
		{"a second segment after that of the signal", "DBABBg~BAqqqqpA.QA.QA", "??.?"},
		{"an opt-out, and a segment that is cut off", "DBABBg~BAaqqqpA.", "DD.?"},
		{"version 2 of usca", "DBABBg~CAqqqqpA.QA", "??.?"},
		{"a value that means nothing", "DBABBg~BA_qqqpA.QA", "??.G"},
		{"padding", "DBABBg~BAqqqqpA=", "??.?"},
		{"another alphabet", "DBABBg~BAqqqqp/", "??.?"},
		{"a tilde that is encoded", "DBABBg%7EBAaqqqpA.QA", "????"},
		{"a section too many", "DBABBg~BAqqqqpA.QA~BAqqqqpA.QA", "????"},
		{"usnat of a later version, and an opt-out in usca", "DBABrw~DAAqqqqqqqpA~BAaqqqpA.QA", "DD?G"},
		{"a US Privacy String that cannot be read", "DBABTA~1???", "?..."},
		{"a section that nobody asks about, and cannot be read", "DBACNY~?~1YYN", "D..."},
	} {
		if got := states(t, s.Decode("c="+row.value, atTestNow)); got != row.want {
			t.Errorf("C2: %s: %q says %s, want %s", row.name, row.value, got, row.want)
		}
	}
}
