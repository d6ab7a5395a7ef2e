package integration_test

import (
	"cmp"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// How a cookie came into the browser.
const (
	byPortal = iota // through the gateway, which has learned how it was set
	before          // from the portal, when the gateway was not there yet
	byScript        // in the page
)

type withdrawal struct {
	name, line  string
	by          int
	host        string // where it can be set; the default is both
	page        string // where the visitor goes after the withdrawal; the default is /
	navigations int
}

// withdrawn are cookies in every place that browsers have, and how many navigations
// it takes at most to delete them after a withdrawal. {host} is the host's name.
var withdrawn = []withdrawal{
	{name: "host-only", by: byPortal, line: "trk_1=v1; Path=/; Max-Age=1000", navigations: 1},
	{name: "domain-wide", by: byPortal, line: "trk_2=v2; Path=/; Domain=example.org", navigations: 1},
	{name: "the host as a domain", by: byPortal, line: "trk_3=v3; Path=/; Domain={host}", navigations: 1},
	{name: "deep path", by: byPortal, line: "trk_4=v4; Path=/deep/er; Domain=example.org", page: "/deep/er/page", navigations: 1},
	{name: "default path", by: byPortal, line: "trk_5=v5", page: "/deep/page", navigations: 1},
	{name: "Secure and HttpOnly", by: byPortal, line: "trk_6=v6; Path=/; Secure; HttpOnly", navigations: 1},
	{name: "__Host-", by: byPortal, line: "__Host-t7=v7; Path=/; Secure", navigations: 1},
	{name: "__Secure-", by: byPortal, line: "__Secure-t8=v8; Path=/; Secure; Domain=example.org", navigations: 1},
	{name: "__Http-", by: byPortal, line: "__Http-t9=v9; Path=/; Secure; HttpOnly", navigations: 1},
	{name: "SameSite=None", by: byPortal, line: "trk_10=v10; Path=/; Secure; SameSite=None", navigations: 1},
	{name: "Partitioned", by: byPortal, line: "trk_11=v11; Path=/; Secure; SameSite=None; Partitioned", navigations: 1},
	{name: "Partitioned __Host-", by: byPortal, line: "__Host-t12=v12; Path=/; Secure; SameSite=None; Partitioned", navigations: 1},
	{name: "name with a dot, a bracket and a colon", by: byPortal, line: "trk_.13[a]:b=v13; Path=/", navigations: 1},
	{name: "empty value", by: byPortal, line: "trk_14=; Path=/; Domain=example.org", navigations: 1},

	{name: "host-only", by: before, line: "trk_21=v21; Path=/", navigations: 1},
	{name: "domain-wide, Secure and HttpOnly", by: before, line: "trk_22=v22; Path=/; Domain=example.org; Secure; HttpOnly; SameSite=Strict", navigations: 1},
	{name: "the host as a domain", by: before, line: "trk_23=v23; Path=/; Domain={host}", navigations: 2},
	{name: "deep path", by: before, line: "trk_24=v24; Path=/deep/er; HttpOnly", page: "/deep/er/page", navigations: 3},
	{name: "deep path of a domain", by: before, line: "trk_25=v25; Path=/deep/; Domain={host}", page: "/deep/er/page", navigations: 3},
	{name: "__Http-", by: before, line: "__Http-t26=v26; Path=/; Secure; HttpOnly", navigations: 1},
	{name: "Partitioned and HttpOnly", by: before, line: "trk_27=v27; Path=/; Secure; HttpOnly; SameSite=None; Partitioned", navigations: 3},
	{name: "Partitioned, deep path", by: before, line: "trk_28=v28; Path=/deep/er; Domain=example.org; Secure; SameSite=None; Partitioned", page: "/deep/er/page", navigations: 4},
	{name: "where the policy says", by: before, line: "stated=v29; Path=/deep/stated; Domain=example.org", page: "/deep/stated/page", navigations: 1},
	{name: "a domain between the host and the site", by: before, line: "trk_30=v30; Path=/; Domain=b.example.org", host: "a.b.example.org", navigations: 2},

	{name: "host-only", by: byScript, line: "trk_41=v41; Path=/", navigations: 1},
	{name: "domain-wide", by: byScript, line: "trk_42=v42; Path=/; Domain=example.org; Max-Age=1000", navigations: 1},
	{name: "the host as a domain", by: byScript, line: "trk_43=v43; Path=/; Domain={host}", navigations: 2},
	{name: "deep path", by: byScript, line: "trk_44=v44; Path=/deep/er/page", page: "/deep/er/page", navigations: 3},
	{name: "Secure", by: byScript, line: "trk_45=v45; Path=/; Secure", navigations: 1},
	{name: "__Host-", by: byScript, line: "__Host-t46=v46; Path=/; Secure", navigations: 1},
	{name: "__Secure-", by: byScript, line: "__Secure-t47=v47; Path=/; Secure; Domain=example.org", navigations: 1},
	{name: "SameSite=None", by: byScript, line: "trk_48=v48; Path=/; Secure; SameSite=None", navigations: 1},
	{name: "Partitioned", by: byScript, line: "trk_49=v49; Path=/; Secure; SameSite=None; Partitioned", navigations: 3},
	{name: "Partitioned __Host-", by: byScript, line: "__Host-t50=v50; Path=/; Secure; SameSite=None; Partitioned", navigations: 2},
	{name: "name with a dot, a bracket and a colon", by: byScript, line: "trk_.51[a]:b=v51; Path=/", navigations: 1},
	{name: "empty value", by: byScript, line: "trk_52=; Path=/; Domain=example.org", navigations: 1},
}

// TestWithdrawal has a browser accept trackers, get their cookies, and refuse: then
// they are gone from the browser's own list, and the visitor is still logged in
// (X1, X2, X3).
func TestWithdrawal(t *testing.T) {
	hosts := []string{"portal.example.org", "a.b.example.org"}
	gateway, plain := startTLSGateway(t, startPortal(t), hosts)
	ways := []string{byPortal: "set by the portal", before: "set before the gateway was there", byScript: "set by a script"}
	for _, host := range hosts {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			b := startBrowser(t, fmt.Sprintf("https://%s:%d", host, gateway),
				chromedp.Flag("host-resolver-rules", "MAP *.example.org 127.0.0.1"),
				chromedp.Flag("ignore-certificate-errors", true)) // the gateway's certificate is its own
			b.open("/login/")
			b.submit(`document.querySelector("[name=username]").value = "`+userName+`";
				document.querySelector("[name=password]").value = "`+password+`"`, "#enter")

			v := &withdrawingVisitor{browser: b, plain: fmt.Sprintf("https://%s:%d", host, plain)}
			rows := slices.DeleteFunc(slices.Clone(withdrawn), func(row withdrawal) bool { return row.host != "" && row.host != host })
			for _, row := range rows {
				t.Run(ways[row.by]+"/"+row.name, func(t *testing.T) {
					v := v.in(t)
					line := strings.ReplaceAll(row.line, "{host}", host)
					name, _, _ := strings.Cut(line, "=")
					v.choose(granted)
					v.set(row.by, line)
					if !slices.Contains(v.cookieNames(), name) {
						t.Fatalf("the browser did not take %q", line)
					}
					v.choose(refused)
					for n := 1; n <= row.navigations; n++ {
						v.open(cmp.Or(row.page, "/"))
						if gone := !slices.Contains(v.cookieNames(), name); gone && n < row.navigations {
							t.Errorf("gone after %d navigations: the table says %d", n, row.navigations)
						} else if !gone && n == row.navigations {
							t.Errorf("after %d navigations %q is still there", n, line)
						}
					}
				})
			}

			t.Run("all at once", func(t *testing.T) {
				v := v.in(t)
				v.choose(granted)
				var names []string
				for _, row := range rows {
					line := strings.ReplaceAll(row.line, "{host}", host)
					v.set(row.by, strings.Replace(line, "=v", "=all", 1))
					name, _, _ := strings.Cut(line, "=")
					names = append(names, name)
				}
				before := v.cookieNames()
				for _, name := range names {
					if !slices.Contains(before, name) {
						t.Errorf("the browser did not take %s", name)
					}
				}
				v.choose(undecided)
				for _, page := range []string{"/", "/deep/er/page", "/deep/stated/page"} {
					v.open(page)
				}
				if after := v.cookieNames(); len(after) != len(before)-1 {
					t.Errorf("an undecided visitor had %q, and has %q", before, after)
				}
				v.choose(refused)
				for range 6 {
					v.open("/deep/er/page")
					v.open("/deep/stated/page")
				}
				for _, name := range v.cookieNames() {
					if slices.Contains(names, name) {
						t.Errorf("%s is still there", name)
					}
				}
			})

			if got := b.whoami(); got != userName {
				t.Errorf("logged in as %q, want %q", got, userName)
			}
			for _, name := range []string{"sessionid", "csrftoken", "cookies_preferences"} {
				if !slices.Contains(v.cookieNames(), name) {
					t.Errorf("%s is gone", name)
				}
			}
		})
	}
}

// withdrawingVisitor is a browser in front of the gateway, which can also reach the
// portal without it.
type withdrawingVisitor struct {
	*browser
	plain string
}

func (v *withdrawingVisitor) in(t *testing.T) *withdrawingVisitor {
	return &withdrawingVisitor{v.browser.in(t), v.plain}
}

// What the visitor may choose, as a script writes it.
const (
	granted   = `encodeURIComponent(JSON.stringify({trackers: true, timestamp: Date.now()})) + "; max-age=15552000"`
	refused   = `encodeURIComponent(JSON.stringify({trackers: false, timestamp: Date.now()})) + "; max-age=15552000"`
	undecided = `"; max-age=0"`
)

// choose keeps a choice as the portal's script does.
func (v *withdrawingVisitor) choose(choice string) {
	v.t.Helper()
	v.open("/")
	evaluate[string](v.browser, `document.cookie = "cookies_preferences=" + `+choice+` + "; path=/; samesite=lax"; document.cookie`)
}

// set has a cookie set in one of three ways. Pages are below /deep/, which is what
// browsers take for a path where a line has none.
func (v *withdrawingVisitor) set(by int, line string) {
	v.t.Helper()
	const page = "/deep/"
	switch by {
	case byScript:
		v.open(page + "script")
		// Read once more, it is in the browser's list, and not still on its way there.
		evaluate[string](v.browser, fmt.Sprintf("document.cookie = %q; document.cookie", line))
	case byPortal:
		v.open(page + "portal?set-cookie=" + url.QueryEscape(line))
	case before:
		direct := *v.browser
		direct.base = v.plain
		direct.open(page + "plain?set-cookie=" + url.QueryEscape(line))
	}
}

// startTLSGateway runs the gateway with TLS for some hosts, and, on another port,
// the same without the gateway's directive.
func startTLSGateway(t *testing.T, upstream string, hosts []string) (gateway, plain int) {
	t.Helper()
	policy, err := os.ReadFile(portalPolicy(t))
	if err != nil {
		t.Fatal(err)
	}
	file := t.TempDir() + "/policy.yaml"
	write(t, file, append(policy, []byte(`
  - id: trackers
    provider: Test
    category: statistical
    cookies: ["trk_*", "__Host-t*", "__Secure-t*", "__Http-t*", {name: stated, domain: site, path: /deep/stated}]
    retention: 13 months
`)...))
	gateway, plain = freePort(t), freePort(t)
	site := func(port int, directive string) string {
		var addresses []string
		for _, host := range hosts {
			addresses = append(addresses, fmt.Sprintf("https://%s:%d", host, port))
		}
		return fmt.Sprintf("%s {\n\tbind 127.0.0.1\n\ttls internal\n\t%s\n\treverse_proxy %s\n}\n", strings.Join(addresses, ", "), directive, upstream)
	}
	startCaddy(t, "{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n}\n"+site(gateway, fmt.Sprintf("cookie_consent %q", file))+site(plain, ""))
	return gateway, plain
}
