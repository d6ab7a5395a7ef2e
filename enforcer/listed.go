package enforcer

import (
	"strings"

	"github.com/caddy-consent/caddy-consent/enforcer/cookie"
	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

// listed is a pair and the service that it belongs to.
type listed struct {
	cookie.Pair
	service int
}

// What a pair belongs to instead of a service.
const (
	unlisted  = -1 // no rule names it
	theChoice = -2 // it is the consent cookie
	dropped   = -3 // it does not pass
	tooLong   = -4 // it passes, but is to live less long
)

// serviceOf is the service that a pair belongs to.
func serviceOf(p *policy.Policy, pair cookie.Pair) int {
	name := pair.Name()
	if name == p.ConsentCookie {
		return theChoice
	}
	if service, listed := p.ServiceOf(pair.Text, len(name)); listed {
		return service
	}
	return unlisted
}

// setCookiePair reads the pair of a Set-Cookie line. Where no rule names it, it is
// the pair as net/http writes it, which has spaces instead of line breaks.
func setCookiePair(p *policy.Policy, line string) listed {
	pair, _, _ := cookie.Next(line)
	service := serviceOf(p, pair)
	if service == unlisted && strings.ContainsAny(pair.Text, "\r\n") {
		pair, _, _ = cookie.Next(lineBreaks.Replace(line))
		service = serviceOf(p, pair)
	}
	return listed{pair, service}
}

var lineBreaks = strings.NewReplacer("\r", " ", "\n", " ")
