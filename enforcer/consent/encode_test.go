package consent_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
)

// TestEncode writes every choice about four services, and reads it back.
func TestEncode(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		format  consent.Format
		written consent.Format
		text    string // with ga and hotjar granted
	}{
		{"auto", consent.AutoFormat, consent.JSONFormat, `{"ga":true,"matomo":false,"piano":false,"hotjar":true,"timestamp":1784116800000,"version":"1.10"}`},
		{"JSON", consent.JSONFormat, consent.JSONFormat, `{"ga":true,"matomo":false,"piano":false,"hotjar":true,"timestamp":1784116800000,"version":"1.10"}`},
		{"pairs", consent.PairsFormat, consent.PairsFormat, `ga=1&matomo=0&piano=0&hotjar=1&timestamp=1784116800000&version=1.10`},
		{"list", consent.ListFormat, consent.ListFormat, `ga,hotjar`},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d := newDecoder()
			if d.Format = row.format; row.format != consent.ListFormat {
				d.Version, d.AtLeast = "version", "1.10"
			}
			for bits := range 1 << len(serviceNames) {
				var answers []consent.Answer
				var want consent.Choice
				for i, name := range serviceNames {
					granted := bits>>i&1 == 1
					answers = append(answers, consent.Answer{Key: name, Granted: granted})
					if granted {
						want.Granted.Add(i)
					} else {
						want.Denied.Add(i)
					}
				}
				value := d.Encode(answers, testNow)
				if got := d.Decode(value, atTestNow); got != want {
					t.Errorf("%q is read as %s, want %s", value, states(t, got), states(t, want))
				}
				for i := range len(value) {
					if c := value[i]; c <= ' ' || c == '"' || c == ',' || c == ';' || c == '\\' || c > '~' {
						t.Fatalf("%q has %q, which no cookie may have (RFC 6265, section 4.1.1)", value, c)
					}
				}
				if text, err := url.PathUnescape(value); bits == 0b1001 && text != row.text {
					t.Errorf("the text is %s (%v), want %s", text, err, row.text)
				}
				other := newDecoder()
				other.Format = row.written
				if row.format == consent.AutoFormat && other.Decode(value, atTestNow) != want {
					t.Errorf("%q is not read as it is written", value)
				}
			}
		})
	}
}

// TestEncodeKeys writes keys that mean something to JSON, or to addresses.
func TestEncodeKeys(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"a.b", "a-b", "A_1", "true", "0"} {
		d := &consent.Decoder{Keys: map[string]consent.Set{key: set(0)}, Timestamp: "made at"}
		value := d.Encode([]consent.Answer{{Key: key, Granted: true}}, testNow)
		if strings.Contains(value, "+") { // which is no space (rule C2)
			t.Errorf("%q has a plus", value)
		}
		if got := d.Decode(value, atTestNow); !got.Granted.Has(0) {
			t.Errorf("%q: %q grants nothing", key, value)
		}
	}
}
