package enforcer

import (
	"math/rand/v2"
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
	owned     = -3 // it is another cookie of the consent manager
	dropped   = -4 // it does not pass
	tooLong   = -5 // it passes, but is to live less long
)

// serviceOf is the service that a pair belongs to, and the hash of its name.
func serviceOf(p *policy.Policy, pair cookie.Pair) (service int, hash uint64) {
	name := pair.Name()
	// HoldsChoice would be a call for each cookie of those who have no sources.
	if name == p.ConsentCookie || p.Sources != nil && p.Sources.Holds(name) {
		return theChoice, choiceHash
	}
	service, listed, hash := p.ServiceOf(pair.Text, len(name))
	switch {
	case listed:
		return service, hash
	case p.Owns(pair.Text, len(name)):
		return owned, hash
	}
	return unlisted, hash
}

// choiceHash is in place of the hash of the consent cookie's name.
var choiceHash = rand.Uint64()

// setCookiePair reads the pair of a Set-Cookie line. Where no rule names it, it is
// the pair as net/http writes it, which has spaces instead of line breaks.
func setCookiePair(p *policy.Policy, line string) (l listed, hash uint64) {
	pair, _, _ := cookie.Next(line)
	service, hash := serviceOf(p, pair)
	if service == unlisted && strings.ContainsAny(pair.Text, "\r\n") {
		pair, _, _ = cookie.Next(lineBreaks.Replace(line))
		service, hash = serviceOf(p, pair)
	}
	return listed{pair, service}, hash
}

var lineBreaks = strings.NewReplacer("\r", " ", "\n", " ")
