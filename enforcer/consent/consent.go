// Package consent reads a visitor's choice from the value of a consent cookie.
//
// Whatever the value says, reading it takes time linear in its length, cannot
// fail, and grants nothing that the value does not grant in so many words.
package consent

import "math/bits"

// MaxValueBytes is the longest value that is read (rule C2). Browsers keep no
// longer cookies.
const MaxValueBytes = 4096

// State is what a choice says about one service (rule C1).
type State uint8

const (
	// Undecided: the visitor has not chosen yet, or too long ago.
	Undecided State = iota
	// Granted: the visitor has said yes, in every place that says anything.
	Granted
	// Denied: the visitor has said no somewhere.
	Denied
	// Undecodable: something is said about the service that cannot be read.
	Undecodable
)

// Choice is what the visitor has chosen for each service of a policy. No
// service is in two of the sets, and one in none of them is undecided. The zero
// Choice is that of a visitor who has not chosen.
type Choice struct {
	Granted, Denied, Undecodable Set

	// Disputed are the services that one of several consent cookies grants, and another
	// one does not (rule C3): none of them is granted.
	Disputed Set
}

// State is the state of service i.
func (c *Choice) State(i int) State {
	switch {
	case c.Denied.Has(i):
		return Denied
	case c.Undecodable.Has(i):
		return Undecodable
	case c.Granted.Has(i):
		return Granted
	}
	return Undecided
}

// And merges the choices of two consent cookies of one request (rule C3):
// denied in one is denied, granted is only what both grant.
func (c Choice) And(other Choice) Choice {
	both := c.Least(other)
	disputed := c.Granted.Union(other.Granted).Without(both.Granted)
	both.Disputed.AddAll(&disputed)
	return both
}

// Least is the least that is granted by either of two choices, of which one counts.
func (c Choice) Least(other Choice) Choice {
	return Choice{
		Granted:     c.Granted.Intersect(other.Granted),
		Denied:      c.Denied.Union(other.Denied),
		Undecodable: c.Undecodable.Union(other.Undecodable),
		Disputed:    c.Disputed.Union(other.Disputed),
	}.settled()
}

// Deny denies some services, whatever the choice says about them.
func (c Choice) Deny(services *Set) Choice {
	c.Denied.AddAll(services)
	c.Disputed = c.Disputed.Without(*services)
	return c.settled()
}

// withoutGrants is what a choice still says once it does not count any more: grants
// age, and refusals do not (rule C8).
func (c Choice) withoutGrants() Choice {
	c.Granted = Set{}
	return c
}

// within is what a choice says about some services.
func (c Choice) within(services *Set) Choice {
	return Choice{
		Granted:     c.Granted.Intersect(*services),
		Denied:      c.Denied.Intersect(*services),
		Undecodable: c.Undecodable.Intersect(*services),
		Disputed:    c.Disputed.Intersect(*services),
	}
}

// without is what a choice says about all but some services.
func (c Choice) without(services *Set) Choice {
	return Choice{
		Granted:     c.Granted.Without(*services),
		Denied:      c.Denied.Without(*services),
		Undecodable: c.Undecodable.Without(*services),
		Disputed:    c.Disputed.Without(*services),
	}
}

// IsDecided tells whether the visitor has chosen anything.
func (c *Choice) IsDecided() bool { return c.Granted != Set{} || c.Denied != Set{} }

// Hash tells choices apart, within this process. That of a visitor who has not
// chosen is 0.
func (c *Choice) Hash() (hash uint64) {
	for _, set := range []*Set{&c.Granted, &c.Denied, &c.Undecodable, &c.Disputed} {
		for _, word := range set {
			high, low := bits.Mul64(hash^0x9e3779b97f4a7c15, word)
			hash = bits.RotateLeft64(hash, 11) ^ high ^ low
		}
	}
	return hash
}

// settled makes the sets disjoint: denied beats undecodable beats granted.
func (c Choice) settled() Choice {
	for i := range c.Granted {
		c.Undecodable[i] &^= c.Denied[i]
		c.Granted[i] &^= c.Denied[i] | c.Undecodable[i]
	}
	return c
}
