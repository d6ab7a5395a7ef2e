package page

import (
	"net/http"
	"strings"

	"github.com/caddy-consent/caddy-consent/enforcer/cookie"
	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

// maxCopyBytes is how long the lines may be together that delete copies of the consent
// cookie: servers and proxies take headers of some kilobytes.
const maxCopyBytes = 3072

// otherCopies are the lines that delete the consent cookie where the page does not set
// it: browsers keep cookies of one name apart by domain and path, and send all of them.
// One that was left from before would lock the visitor out, since what two of them
// disagree about is not granted (rule C3). There are none where the browser sends no
// consent cookie. It tells too whether it sends several.
func (p *Page) otherCopies(r *http.Request, v Visitor) (lines []string, several bool) {
	name, sent := p.policy.ConsentCookie, 0
	for range valuesOf(r, name) {
		sent++
	}
	if sent == 0 || isHostBound(name) {
		return nil, sent > 1
	}
	path, domain := p.place(v)
	room := maxCopyBytes
	for _, d := range domainsOf(v.Host) {
		for _, directory := range directoriesOf(v.Path) {
			line := deletion(name, d, directory, v.HTTPS)
			if room -= len(line); d == domain && directory == path || room < 0 {
				room += len(line)
				continue
			}
			lines = append(lines, line)
		}
	}
	return lines, sent > 1
}

// deletion is the line that deletes a cookie in one place.
func deletion(name, domain, path string, https bool) string {
	line := name + "=; Path=" + path
	if domain != "" {
		line += "; Domain=" + domain
	}
	line += "; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0"
	if https {
		line += "; Secure"
	}
	return line
}

// domainsOf are the Domain attributes that a cookie of a host may have: none, and the
// names from the host's own to that of the site.
func domainsOf(host string) []string {
	domains := []string{""}
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	site := domainOf(policy.Site, name)
	if site == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789.-_") != "" {
		return domains // it is an address, or no name that could stand in a line
	}
	for {
		if domains = append(domains, name); name == site {
			return domains
		}
		_, name, _ = strings.Cut(name, ".")
	}
}

// directoriesOf are the paths that a cookie may have which a browser sends for a path.
func directoriesOf(path string) []string {
	directories := []string{"/"}
	if !cookie.IsPath(path) || path == "/" {
		return directories
	}
	for i := 1; i <= len(path); i++ {
		if i == len(path) || path[i] == '/' {
			directories = append(directories, path[:i])
		}
	}
	return directories
}
