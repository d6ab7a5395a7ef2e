//go:build linux

package main

import (
	"fmt"
	"net/http"
	"os"
	"strings"
)

// The workload: a visitor who refused to be measured, and a portal that tracks
// all the same. All ids are invented.

// RequestCookies are the cookies of every request, CookieBytes of them in one
// line: four necessary ones, seven trackers and the visitor's choice.
var RequestCookies = []string{
	"sessionid=7q2m0x9c4v8k1z5n3b6w2r8t0y4u6p1a",
	"django_language=en",
	"csrftoken=Zk3Qv8Yt1Rb6Nw0Xs5Ld9Gh2Jf7Mc4Pa",
	"mtm_consent_removed=1762000000000",
	"_pk_id.1.1fff=0a1b2c3d4e5f6071.1762000000.",
	"_pk_ses.1.1fff=1",
	"_ga=GA1.1.1234567890.1762000000",
	"_ga_AB12CD34EF=GS2.1.s1762000000$o1$g1",
	"_gid=GA1.1.987654321.1762000000",
	"atuserid=0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
	"_hjSessionUser_123=eyJpZCI6IngifQ==",
	"cookies_preferences=%7B%22ga%22%3Afalse%2C%22matomo%22%3Afalse%7D",
}

// CookieBytes is the length of the request's Cookie header value.
const CookieBytes = 460

// ResponseCookies are the Set-Cookie lines of every response: two necessary
// ones and four trackers.
var ResponseCookies = []string{
	"sessionid=7q2m0x9c4v8k1z5n3b6w2r8t0y4u6p1a; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax",
	"csrftoken=Zk3Qv8Yt1Rb6Nw0Xs5Ld9Gh2Jf7Mc4Pa; Max-Age=31449600; Path=/; SameSite=Lax",
	"_pk_id.1.1fff=0a1b2c3d4e5f6071.1762000000.; Max-Age=33955200; Path=/; SameSite=Lax",
	"_ga=GA1.1.1234567890.1762000000; Max-Age=33696000; Path=/",
	"_gid=GA1.1.987654321.1762000000; Max-Age=86400; Path=/",
	"atuserid=0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0; Max-Age=33696000; Path=/; SameSite=Lax",
}

// Page is the body of every response.
const Page = `<!doctype html>
<html lang="en">
<title>Portal</title>
<h1>Data sets</h1>
<p>A page as small as this one leaves nothing for the filter to hide behind.</p>
</html>
`

// CookieLine is the request's Cookie header value.
var CookieLine = strings.Join(RequestCookies, "; ")

// IsTracker tells the cookies that the choice does not permit.
func IsTracker(cookie string) bool {
	for _, prefix := range []string{"_pk_", "_ga", "_gid", "atuserid", "_hj"} {
		if strings.HasPrefix(cookie, prefix) {
			return true
		}
	}
	return false
}

// seenPath is where the portal shows the cookies that reached it. Elsewhere it
// does not: a longer body would count against the proxies that do not filter.
const seenPath = "/seen"

// portalEnv, set to an address, makes this program the portal there.
const portalEnv = "BENCH_PORTAL"

func servePortal(address string) error {
	return http.ListenAndServe(address, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Set-Cookie"] = ResponseCookies
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		body := Page
		if r.URL.Path == seenPath {
			body = strings.Join(r.Header["Cookie"], "; ")
		}
		fmt.Fprint(w, body)
	}))
}

// portalCommand starts the portal: this very program, in a process of its own.
func portalCommand(address string) (command, error) {
	path, err := os.Executable()
	return command{path: path, env: append(os.Environ(), portalEnv+"="+address)}, err
}
