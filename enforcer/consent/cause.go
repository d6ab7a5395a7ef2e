package consent

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Cause is why something that consent cookies say does not count, or cannot be read.
// Nothing in it is from the value of a cookie, but for the time since when a choice is
// too old (rule F3).
type Cause struct {
	// Kind is what the cause is.
	Kind CauseKind `json:"kind"`

	// Cookie is the consent cookie, as the policy names it.
	Cookie string `json:"cookie"`

	// Place is what the cause is about: a member or a key of the value, or another
	// cookie, as the policy names it. It is empty for the whole value.
	Place string `json:"place,omitempty"`

	// Since is when the choice became too old. It is zero for other kinds.
	Since time.Time `json:"since,omitzero"`
}

// CauseKind is what a cause is.
type CauseKind string

// The kinds.
const (
	// CauseTooOld: the choice was made longer ago than max_age (rule C5).
	CauseTooOld CauseKind = "too_old"
	// CauseInFuture: it is dated more than a day in the future (rule C5).
	CauseInFuture CauseKind = "in_future"
	// CauseVersion: it was made under another version of the policy than one that
	// counts, or under none that can be read.
	CauseVersion CauseKind = "version"
	// CauseNotDecided: no condition of decided_when is met.
	CauseNotDecided CauseKind = "decided_when"
	// CauseUndecided: a condition of undecided_when is met, or cannot be read.
	CauseUndecided CauseKind = "undecided_when"
	// CauseDenied: a condition of denied_when is met, or cannot be read.
	CauseDenied CauseKind = "denied_when"
	// CauseUnreadable: it cannot be read.
	CauseUnreadable CauseKind = "unreadable"
	// CauseTooMany: there are more consent cookies than are read.
	CauseTooMany CauseKind = "too_many"
	// CauseDisputed: several cookies of that name disagree (rule C3).
	CauseDisputed CauseKind = "disputed"
)

// String tells the cause in words.
func (c Cause) String() string {
	switch c.Kind {
	case CauseTooOld:
		return fmt.Sprintf("%s is too old since %s: what it grants does not count any more", c.Cookie, c.Since.UTC().Format(time.RFC3339))
	case CauseInFuture:
		return fmt.Sprintf("%s is dated in the future: what it grants does not count yet", c.Cookie)
	case CauseVersion:
		return fmt.Sprintf("%s was not made under a version of the policy that counts (%s): what it grants does not count any more", c.Cookie, c.Place)
	case CauseNotDecided:
		return fmt.Sprintf("%s does not tell that the visitor has decided: no condition of decided_when is met (%s)", c.Cookie, c.Place)
	case CauseUndecided:
		return fmt.Sprintf("%s tells that the visitor is to be asked again: undecided_when is met, or cannot be read (%s)", c.Cookie, c.Place)
	case CauseDenied:
		return fmt.Sprintf("%s is refused as a whole: denied_when is met, or cannot be read (%s)", c.Cookie, c.Place)
	case CauseTooMany:
		return "there are more consent cookies than are read: they can only deny"
	case CauseDisputed:
		return fmt.Sprintf("several cookies %s disagree: what one grants and another does not is not granted", c.Cookie)
	}
	if c.Place == "" {
		return c.Cookie + " cannot be read"
	}
	return fmt.Sprintf("%s cannot be read: %s", c.Cookie, c.Place)
}

// IsOfChoice reports whether the cause is about a choice that the visitor has made.
// The conditions tell that there is none yet.
func (c Cause) IsOfChoice() bool { return c.Kind != CauseNotDecided && c.Kind != CauseUndecided }

// maxCauses is how many causes are told of one message.
const maxCauses = 16

// causes collects why something does not count, for those who ask. A nil one collects
// nothing: to enforce a choice nobody has to know.
type causes struct{ all []Cause }

func (c *causes) add(cause Cause) {
	if c != nil && len(c.all) < maxCauses && !slices.Contains(c.all, cause) {
		c.all = append(c.all, cause)
	}
}

// list is what was collected.
func (c *causes) list() []Cause {
	if c == nil {
		return nil
	}
	return c.all
}

// Explain tells why what a value says does not count, or cannot be read. The cookie is
// its name.
func (d *Decoder) Explain(cookie, value string, now func() time.Time) []Cause {
	why := new(causes)
	d.readFor(cookie, value, now, why)
	return why.list()
}

// Explain tells why what the pairs of a Cookie line say does not count, or cannot be
// read.
func (s *Sources) Explain(line string, now func() time.Time) []Cause {
	why := new(causes)
	s.readFor(line, now, why)
	return why.list()
}

// name is what a place is called where the policy is known.
func (p *Place) name() string {
	switch {
	case p.Cookie != "":
		return p.Cookie
	case p.Member != "":
		return p.Member
	}
	return "the value itself"
}

func placesOf(conditions []Condition) string {
	names := make([]string, len(conditions))
	for i := range conditions {
		names[i] = conditions[i].name()
	}
	return strings.Join(slices.Compact(names), ", ")
}
