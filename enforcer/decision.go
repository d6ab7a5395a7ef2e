package enforcer

import (
	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"github.com/caddy-consent/caddy-consent/enforcer/cookie"
)

// Decision is what was decided about one cookie of a message, and why.
type Decision struct {
	// Direction tells which message the cookie was in.
	Direction Direction `json:"direction"`

	// Name is the cookie's name as it stands. It is empty for a cookie without one,
	// of which the whole text may be a value.
	Name string `json:"name"`

	// Category and Service are the ids of what the cookie belongs to. They are empty
	// where no service lists it.
	Category string `json:"category,omitempty"`
	Service  string `json:"service,omitempty"`

	// Rule is the name or pattern in the policy, and Line the line it stands on, or that
	// of the preset which has it. They are empty and zero where nothing names the cookie.
	Rule string `json:"rule,omitempty"`
	Line int    `json:"line,omitempty"`

	// Action is what becomes of the cookie, and Reason why.
	Action Action `json:"action"`
	Reason Reason `json:"reason"`
}

// Direction tells requests and responses apart.
type Direction string

// The directions.
const (
	Request  Direction = "request"
	Response Direction = "response"
)

// Action is what becomes of a cookie.
type Action string

// The actions.
const (
	// Kept: it passes as it is.
	Kept Action = "kept"
	// Removed: it does not pass.
	Removed Action = "removed"
	// Expired: the response makes the browser delete it.
	Expired Action = "expired"
	// Capped: it passes, but is to live less long.
	Capped Action = "capped"
)

// Reason is why something becomes of a cookie.
type Reason string

// The reasons.
const (
	// Necessary: its category needs no consent.
	Necessary Reason = "necessary"
	// Exempt: its service is exempt from consent.
	Exempt Reason = "exempt"
	// Granted: the visitor has granted it.
	Granted Reason = "granted"
	// NotDenied: it may pass until the visitor objects.
	NotDenied Reason = "not_denied"
	// Denied: the visitor, or a signal of the browser, has denied it.
	Denied Reason = "denied"
	// Undecided: the visitor has not chosen yet, or too long ago.
	Undecided Reason = "undecided"
	// Undecodable: what the choice says about it cannot be read.
	Undecodable Reason = "undecodable"
	// Disputed: one of several consent cookies grants it, and another one does not.
	Disputed Reason = "disputed"
	// Unlisted: no rule names it.
	Unlisted Reason = "unlisted"
	// Hidden: a careless parser would find a cookie in it that is not permitted.
	Hidden Reason = "hidden"
	// Choice: it is the consent cookie.
	Choice Reason = "choice"
	// Owned: it is another cookie of the consent manager.
	Owned Reason = "owned"
	// Deletion: the line deletes it.
	Deletion Reason = "deletion"
	// Retention: it would live longer than the policy promises.
	Retention Reason = "retention"
)

// decision is that about a pair which belongs to a service, and which passes.
func (j *judge) decision(d Direction, pair cookie.Pair, service int) Decision {
	decision := Decision{Direction: d, Name: pair.Name(), Action: Kept, Reason: j.why(service)}
	if o := j.policy.LookupOwned(decision.Name); o != nil && service == owned {
		decision.Rule, decision.Line = o.Name, o.Line
	}
	rule := j.policy.Lookup(decision.Name)
	if rule == nil || service == unlisted {
		return decision
	}
	s := &j.policy.Services[rule.Service]
	decision.Service, decision.Category = s.ID, j.policy.Categories[s.Category].ID
	decision.Rule, decision.Line = rule.Name, rule.Line
	return decision
}

// decidePair tells what becomes of a pair of a request.
func (j *judge) decidePair(p listed) Decision {
	d := j.decision(Request, p.Pair, p.service)
	switch {
	case !j.permits(p.Pair, p.service):
		j.remove(&d, p.service)
	case j.hides(p.Pair):
		d.Action, d.Reason = Removed, Hidden
	}
	return d
}

// decideLine tells what became of a line of a response, of which the service is what
// filterSetCookies has made of it.
func (j *judge) decideLine(p listed, service int) Decision {
	d := j.decision(Response, p.Pair, p.service)
	permitted := j.permits(p.Pair, p.service)
	switch {
	case service == dropped && permitted:
		d.Action, d.Reason = Removed, Retention // it cannot be cut short
	case service == dropped:
		j.remove(&d, p.service)
	case service == tooLong:
		d.Action, d.Reason = Capped, Retention
	case !permitted:
		d.Reason = Deletion
	}
	return d
}

// remove decides that a cookie goes that is not permitted. One that no rule names goes
// for another reading of its name, where such are allowed.
func (j *judge) remove(d *Decision, service int) {
	d.Action = Removed
	if service == owned || service == unlisted && j.policy.AllowUnlisted {
		d.Reason = Hidden
	}
}

// why tells why cookies of a service pass, or do not.
func (j *judge) why(service int) Reason {
	switch {
	case service == theChoice:
		return Choice
	case service == owned:
		return Owned
	case service < 0:
		return Unlisted
	case j.policy.IsNecessary(service):
		return Necessary
	case j.choice.merged.Disputed.Has(service) && !j.permitted.Has(service):
		return Disputed
	case j.choice.merged.State(service) == consent.Denied:
		return Denied // which beats an exemption (rule C9)
	case j.policy.IsExempt(service):
		return Exempt
	case j.choice.merged.State(service) == consent.Granted:
		return Granted
	case j.permitted.Has(service):
		return NotDenied
	case j.choice.merged.State(service) == consent.Undecodable:
		return Undecodable
	}
	return Undecided
}
