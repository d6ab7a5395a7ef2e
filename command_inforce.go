package cookieconsent

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

// remotePolicy is a policy in force, as the admin endpoint tells of it.
type remotePolicy struct {
	Policy         string   `json:"policy"`
	SHA256         string   `json:"sha256"`
	ConsentCookie  string   `json:"consent_cookie"`
	ConsentCookies []string `json:"consent_cookies"`
	OwnedCookies   []string `json:"owned_cookies"`
	Categories     []struct {
		ID      string         `json:"id"`
		Consent policy.Consent `json:"consent"`
	} `json:"categories"`
	Services []struct {
		ID       string   `json:"id"`
		Category string   `json:"category"`
		Cookies  []string `json:"cookies"`
		Origins  []string `json:"origins"`
	} `json:"services"`
	AllowedOrigins []string `json:"allowed_origins"`
}

// policyInForce asks a gateway for the policy that goes by a path or a hash, or for
// the only one.
func policyInForce(address, want string) (*remotePolicy, error) {
	var answer struct{ Policies []*remotePolicy }
	route := "policy"
	if want != "" {
		route += "?policy=" + url.QueryEscape(want)
	}
	if err := ask(address, route, &answer); err != nil {
		return nil, err
	}
	if len(answer.Policies) == 0 {
		return nil, errors.New("expected a policy in force, found none: does a site of the gateway have cookie_consent?")
	}
	first := answer.Policies[0]
	var names []string
	for _, p := range answer.Policies { // it may be there once for each mode
		names = append(names, fmt.Sprintf("%s (%s)", p.Policy, p.SHA256))
		if p.SHA256 != first.SHA256 {
			first = nil
			break
		}
	}
	if first == nil {
		return nil, fmt.Errorf("expected --policy with the path or hash of one policy, found several in force, such as %s", strings.Join(names, ", "))
	}
	return first, nil
}

// document is as much of the policy as it takes to tell what may be added to it. It
// ends with its services.
func (p *remotePolicy) document() string {
	var b strings.Builder
	// Only a gateway of another version does not tell the name; no pattern is that short.
	fmt.Fprintf(&b, "version: 1\nconsent: {cookie: %s, decode: json", yamlText(cmp.Or(p.ConsentCookie, "-")))
	if len(p.ConsentCookies) > 0 {
		conditions := make([]string, len(p.ConsentCookies))
		for i, name := range p.ConsentCookies {
			conditions[i] = "{cookie: " + yamlText(name) + "}"
		}
		fmt.Fprintf(&b, ", decided_when: [%s]", strings.Join(conditions, ", "))
	}
	if len(p.OwnedCookies) > 0 {
		fmt.Fprintf(&b, ", owns: [%s]", yamlTexts(p.OwnedCookies))
	}
	b.WriteString("}\ncategories:\n")
	for _, c := range p.Categories {
		fmt.Fprintf(&b, "  - {id: %s, consent: %s}\n", yamlText(c.ID), yamlText(string(c.Consent)))
	}
	b.WriteString("services:\n")
	for _, s := range p.Services {
		fmt.Fprintf(&b, "  - {id: %s, category: %s", yamlText(s.ID), yamlText(s.Category))
		if len(s.Cookies) > 0 {
			fmt.Fprintf(&b, ", cookies: [%s]", yamlTexts(s.Cookies))
		}
		if len(s.Origins) > 0 {
			fmt.Fprintf(&b, ", origins: [%s]", yamlTexts(s.Origins))
		}
		b.WriteString("}\n")
	}
	return b.String()
}

// categories are the ids of the categories, and that which asks for most: the last
// one that requires consent.
func (p *remotePolicy) categories() (ids []string, strictest string) {
	rank := []policy.Consent{policy.None, policy.Objection, policy.Required}
	highest := -1
	for _, c := range p.Categories {
		ids = append(ids, c.ID)
		for i, need := range rank {
			if c.Consent == need && i >= highest {
				highest, strictest = i, c.ID
			}
		}
	}
	return ids, strictest
}

func yamlTexts(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = yamlText(text)
	}
	return strings.Join(quoted, ", ")
}

// yamlText is a text as YAML has it, in quotes where it could be taken for something
// else.
func yamlText(text string) string {
	var read any
	if bare.MatchString(text) && yaml.Unmarshal([]byte(text), &read) == nil && read == any(text) {
		return text
	}
	var quoted bytes.Buffer // JSON, which YAML reads
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a text has a form in JSON
	return strings.TrimSuffix(quoted.String(), "\n")
}

// bare are words without anything that YAML has a meaning for.
var bare = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*( [A-Za-z0-9_]+)*$`)
