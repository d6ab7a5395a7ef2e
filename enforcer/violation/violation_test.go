package violation

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

const (
	legacyType = "application/csp-report"
	modernType = "application/reports+json"
)

var rows = []struct {
	name, kind, body string
	want             []string // directive, origin, and ! where it was loaded
	err              error
}{
	{name: "legacy, as Chromium sends it", kind: legacyType,
		body: `{"csp-report":{"document-uri":"https://portal.example/explore/?q=secret","referrer":"","violated-directive":"script-src-elem","effective-directive":"script-src-elem","original-policy":"img-src 'self'","disposition":"enforce","blocked-uri":"https://b.example/t.js?id=42","status-code":200,"script-sample":""}}`,
		want: []string{"script-src-elem https://b.example"}},
	{name: "legacy, report only", kind: legacyType + "; charset=utf-8",
		body: `{"csp-report":{"effective-directive":"img-src","disposition":"report","blocked-uri":"http://B.example:8080"}}`,
		want: []string{"img-src http://b.example:8080 !"}},
	{name: "legacy, without an effective directive", kind: legacyType,
		body: `{"csp-report":{"violated-directive":"frame-src 'self' data:","blocked-uri":"https://b.example"}}`,
		want: []string{"frame-src https://b.example"}},
	{name: "legacy, of those that know script-src only", kind: legacyType,
		body: `{"csp-report":{"violated-directive":"script-src","blocked-uri":"https://b.example"}}`,
		want: []string{"script-src-elem https://b.example"}},
	{name: "a socket", kind: legacyType,
		body: `{"csp-report":{"effective-directive":"connect-src","blocked-uri":"wss://b.example/x"}}`,
		want: []string{"connect-src wss://b.example"}},
	{name: "inline", kind: legacyType, body: `{"csp-report":{"effective-directive":"script-src-elem","blocked-uri":"inline"}}`},
	{name: "a blob", kind: legacyType, body: `{"csp-report":{"effective-directive":"img-src","blocked-uri":"blob:https://b.example/1"}}`},
	{name: "an extension", kind: legacyType, body: `{"csp-report":{"effective-directive":"img-src","blocked-uri":"chrome-extension://abc/x.png"}}`},
	{name: "another directive", kind: legacyType, body: `{"csp-report":{"effective-directive":"style-src","blocked-uri":"https://b.example"}}`},
	{name: "user and password", kind: legacyType,
		body: `{"csp-report":{"effective-directive":"img-src","blocked-uri":"https://me:secret@b.example/x"}}`,
		want: []string{"img-src https://b.example"}},
	{name: "a host of a kilobyte", kind: legacyType, body: `{"csp-report":{"effective-directive":"img-src","blocked-uri":"https://` + strings.Repeat("b", 1024) + `"}}`},
	{name: "nothing in it", kind: legacyType, body: `{}`},
	{name: "modern", kind: modernType,
		body: `[{"age":1,"type":"csp-violation","url":"https://portal.example/","user_agent":"x","body":{"blockedURL":"https://b.example/p.gif?u=1","disposition":"enforce","effectiveDirective":"img-src","documentURL":"https://portal.example/"}},
			{"type":"deprecation","body":{"id":"x"}},
			{"type":"csp-violation","body":{"blockedURL":"https://c.example/","disposition":"report","effectiveDirective":"frame-src"}}]`,
		want: []string{"img-src https://b.example", "frame-src https://c.example !"}},
	{name: "modern, very many", kind: modernType,
		body: "[" + strings.Repeat(`{"type":"csp-violation","body":{"blockedURL":"https://c.example/","effectiveDirective":"frame-src"}},`, 500) + "{}]",
		want: slices.Repeat([]string{"frame-src https://c.example"}, maxReports)},
	{name: "modern as an object", kind: modernType, body: `{"type":"csp-violation"}`, err: ErrMalformed},
	{name: "cut off", kind: legacyType, body: `{"csp-report":{"effective-directive":"img-src","blocked-uri":"https://b.example"`, err: ErrMalformed},
	{name: "empty", kind: legacyType, err: ErrMalformed},
	{name: "of another type in it", kind: legacyType, body: `{"csp-report":{"blocked-uri":7}}`, err: ErrMalformed},
	{name: "nested deep", kind: modernType, body: strings.Repeat("[", 60_000), err: ErrMalformed},
	{name: "a form", kind: "application/x-www-form-urlencoded", body: `a=b`, err: ErrType},
	{name: "plain JSON", kind: "application/json", body: `{}`, err: ErrType},
	{name: "no type", kind: "", body: `{}`, err: ErrType},
}

func TestRead(t *testing.T) {
	t.Parallel()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			found, err := Read(row.kind, []byte(row.body))
			if !errors.Is(err, row.err) {
				t.Fatalf("got the error %v, want %v", err, row.err)
			}
			if got := texts(found); !slices.Equal(got, row.want) {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func texts(found []Violation) (texts []string) {
	for _, v := range found {
		text := v.Directive + " " + v.Origin.String()
		if v.ReportOnly {
			text += " !"
		}
		texts = append(texts, text)
	}
	return texts
}

// FuzzRead sees that nothing but an origin is left of an address, and that both forms
// are read alike.
func FuzzRead(f *testing.F) {
	for _, row := range rows {
		f.Add(row.kind, row.body)
	}
	f.Fuzz(func(t *testing.T, kind, body string) {
		found, err := Read(kind, []byte(body))
		if err != nil && len(found) > 0 {
			t.Fatalf("%v, and %q", err, texts(found))
		}
		for _, v := range found {
			if !slices.Contains(Directives, v.Directive) {
				t.Errorf("the directive %q", v.Directive)
			}
			if v.Origin.Path+v.Origin.RawQuery+v.Origin.Fragment != "" || v.Origin.User != nil || v.Origin.Host == "" {
				t.Errorf("more than an origin: %q", v.Origin)
			}
			disposition := "enforce"
			if v.ReportOnly {
				disposition = "report"
			}
			quote := func(s string) string { q, _ := json.Marshal(s); return string(q) }
			modern := fmt.Sprintf(`[{"type":"csp-violation","body":{"blockedURL":%s,"effectiveDirective":%s,"disposition":%q}}]`, quote(v.Origin.String()), quote(v.Directive), disposition)
			again, err := Read(modernType, []byte(modern))
			if err != nil || len(again) != 1 || texts(again)[0] != texts([]Violation{v})[0] {
				t.Errorf("%q is read as %q (%v)", modern, texts(again), err)
			}
		}
	})
}
