package integration_test

import (
	"slices"
	"strings"
	"testing"
)

// TestPageCopies: a browser with two consent cookies that disagree grants nothing, says
// so on the page, and has one cookie again once the visitor has saved a choice (C3).
func TestPageCopies(t *testing.T) {
	t.Parallel()
	p := startPolicyPage(t, portalPolicy(t))
	v := p.startBrowser(t)
	for _, row := range []struct{ name, base, other string }{
		{"of the domain, HTTPS", p.https, "path=/; domain=" + siteA},
		{"of the domain, Secure", p.https, "path=/; secure; domain=" + siteA},
		{"of the domain, HTTP", p.http, "path=/; domain=" + siteA},
		{"of the page", p.http, "path=/cookies"},
	} {
		t.Run(row.name, func(t *testing.T) {
			v := v.in(t)
			v.base = row.base
			v.forget()
			v.open("/cookies?lang=en")
			write := func(value, attributes string) {
				evaluate[any](v.browser, `document.cookie = "cookies_preferences=`+value+`; `+attributes+`"; true`)
			}
			write("%7B%22ga%22%3Atrue%7D", "path=/")
			write("%7B%22ga%22%3Afalse%7D", row.other)
			evaluate[any](v.browser, `document.cookie = "_ga=c0ffee; path=/"; true`)
			if got := v.copies(); got != 2 { // the control
				t.Fatalf("the browser has %d consent cookies, want 2", got)
			}
			v.open("/cookies?lang=en")
			if text := evaluate[string](v.browser, "document.body.innerText"); !strings.Contains(text, "they disagree") {
				t.Errorf("the page does not say that the copies disagree:\n%s", text)
			}
			v.pressButton("accept")
			if text := evaluate[string](v.browser, "document.body.innerText"); !strings.Contains(text, "The others have been deleted.") {
				t.Errorf("the page does not say that copies were deleted:\n%s", text)
			}
			if got := v.copies(); got != 1 {
				t.Errorf("after saving, the browser has %d consent cookies, want 1", got)
			}
			v.open("/cookies?lang=en")
			evaluate[any](v.browser, `document.cookie = "_ga=c0ffee; path=/"; true`)
			if got := trackersIn(v.openEcho()); !slices.Equal(got, []string{"_ga"}) {
				t.Errorf("after accepting, %q reached the portal", got)
			}
		})
	}
}

// copies is how many consent cookies the browser has.
func (v *pageVisitor) copies() (n int) {
	v.t.Helper()
	for _, name := range v.cookieNames() {
		if name == "cookies_preferences" {
			n++
		}
	}
	return n
}
