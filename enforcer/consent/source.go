package consent

import (
	"strings"
	"time"
)

// Source declares where visitors' choices are kept, and how they are read: in a
// cookie of a consent manager, mostly.
type Source struct {
	// Cookie is the name of the cookie, or what names begin with and "*". Several
	// cookies of one source have to agree (rule C3).
	Cookie string

	// Except are names that Cookie stands for, and that hold something else. "*" stands
	// for any run of characters.
	Except []string

	// Plain reads values in the plain form. Where it is not nil, nothing below is used.
	Plain *Decoder

	// Unwrap is what has to be taken off a value, in this order.
	Unwrap []Step

	// Decoding is how the unwrapped value is written.
	Decoding Decoding

	// Words are those that grant and deny.
	Words Words

	// Grants tell which services a key in the value speaks of.
	Grants []Grant

	// Either tells that one of the grants of a service is enough in a value that names
	// all that is granted: the service's own key or that of its category.
	Either bool

	// The visitor has decided once one of the conditions in DecidedWhen is met, or,
	// where there is none, the value can be read; has not where one in UndecidedWhen
	// is met; and has denied everything that the source speaks of where one in
	// DeniedWhen is met, over all else.
	DecidedWhen, UndecidedWhen, DeniedWhen []Condition

	// Where one of the conditions in GrantedWhen is met, a key that the value does not
	// name is granted.
	GrantedWhen []Condition

	// Lasting are the services that pass without a yes. A denial of theirs that can be
	// read counts whether or not the visitor has decided by the conditions above (rule
	// C8).
	Lasting Set

	// Dates are where it stands when the choice was made, and MaxAge the age from which
	// on its grants do not count any more (rules C5 and C8). Without either, a choice
	// does not age.
	Dates  []Place
	MaxAge time.Duration

	// Version is where it stands under which version of the policy the choice was
	// made. The grants of one under another than Versions, or under an older one than
	// AtLeast, or under none, do not count (rule C8). Nil: choices have no version.
	Version  *Place
	AtLeast  string
	Versions []string
}

// Grant is what it takes to grant some services: all of some keys.
type Grant struct {
	Services Set
	Keys     []string
}

// Place is where a text stands.
type Place struct {
	// Cookie is the name of another cookie, or what names begin with and "*". Empty:
	// the place is in the cookie of the source.
	Cookie string

	// Member is what the source's decoding calls the place in its value. Empty: the
	// place is all of a cookie's value.
	Member string

	// Unwrap is what has to be taken off the text.
	Unwrap []Step
}

// Matches tells whether a cookie's name is a declared one, or begins with what stands
// before its "*".
func Matches(declared, name string) bool {
	if beginning, ok := strings.CutSuffix(declared, "*"); ok {
		return strings.HasPrefix(name, beginning)
	}
	return declared == name
}

// isLike tells whether a name matches a pattern, in which "*" stands for any run of
// characters.
func isLike(pattern, name string) bool {
	beginning, rest, isPattern := strings.Cut(pattern, "*")
	if !isPattern {
		return name == pattern
	}
	name, ok := strings.CutPrefix(name, beginning)
	for more := true; ok; {
		var part string
		if part, rest, more = strings.Cut(rest, "*"); !more {
			return strings.HasSuffix(name, part)
		}
		_, name, ok = strings.Cut(name, part)
	}
	return false
}
