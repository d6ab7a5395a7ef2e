package policy

import (
	"strings"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"github.com/caddy-consent/caddy-consent/enforcer/cookie"
)

// asRead are the rules under the other names that backends read in theirs (rule Q12):
// for PHP both _pk_id.1 and _pk_id_1 are _pk_id_1, so "_pk_id.*" is also "_pk_id_*". Where
// several rules come to one name, each is in an index of its own: to be refused by
// one of them is enough.
type asRead []ruleIndex

func newAsRead(rules []Rule) (indexes asRead) {
	var layers [][]Rule
	seen := make(map[string]int) // how many rules came to a name
	for _, rule := range rules {
		readings := cookie.ReadingsOf(rule.Name)
		own := map[string]bool{rule.Name: true}
		for name, ok := readings.Next(); ok; name, ok = readings.Next() {
			if own[name] || strings.Trim(name, "*") == "" {
				continue
			}
			rule.Name = strings.Clone(name)
			own[rule.Name] = true
			layer := seen[rule.Name]
			if seen[rule.Name]++; layer == len(layers) {
				layers = append(layers, nil)
			}
			layers[layer] = append(layers[layer], rule)
		}
	}
	for _, layer := range layers {
		indexes = append(indexes, newRuleIndex(layer))
	}
	return indexes
}

// Refuses reports whether a rule names a cookie of a service that is not among those
// that are permitted, be it as backends read the rule's name.
func (p *Policy) Refuses(name string, permitted *consent.Set) bool {
	if rule, service, _ := p.rules.find(name, len(name)); rule != nil && !permitted.Has(service) {
		return true
	}
	for i := range p.asRead {
		if rule, service, _ := p.asRead[i].find(name, len(name)); rule != nil && !permitted.Has(service) {
			return true
		}
	}
	return false
}
