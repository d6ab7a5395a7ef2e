// Package consent reads a visitor's choice from the value of a consent cookie.
//
// Whatever the value says, reading it takes time linear in its length, cannot
// fail, and grants nothing that the value does not grant in so many words.
package consent

import (
	"bytes"
	"math/bits"
	"time"
)

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
	return Choice{
		Granted:     c.Granted.Intersect(other.Granted),
		Denied:      c.Denied.Union(other.Denied),
		Undecodable: c.Undecodable.Union(other.Undecodable),
	}.settled()
}

// Deny denies some services, whatever the choice says about them.
func (c Choice) Deny(services *Set) Choice {
	c.Denied.AddAll(services)
	return c.settled()
}

// IsDecided tells whether the visitor has chosen anything.
func (c *Choice) IsDecided() bool { return c.Granted != Set{} || c.Denied != Set{} }

// Hash tells choices apart, within this process. That of a visitor who has not
// chosen is 0.
func (c *Choice) Hash() (hash uint64) {
	for _, set := range []*Set{&c.Granted, &c.Denied, &c.Undecodable} {
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

// Format is how a value is written.
type Format uint8

const (
	// Auto tells the other formats apart by what the value looks like.
	Auto Format = iota
	// JSON is an object of booleans, or an array of granted names.
	JSON
	// Pairs are names with a word each: "ga=1&matomo=0", "ga:yes,matomo:no".
	Pairs
	// List is a list of granted names: "statistical,first_party".
	List
)

// Decoder reads the values of one consent cookie.
type Decoder struct {
	// Format is the only format that is read. The default is Auto.
	Format Format

	// Keys tells which services a name in the value speaks of: a service's own
	// key, or the id of its category (rule C3).
	Keys map[string]Set

	// All is every service in Keys. Where it is empty it is gathered anew for each
	// value that cannot be read.
	All Set

	// Timestamp is the name of the member that tells when the choice was made,
	// in seconds or milliseconds since 1970. Empty: there is none.
	Timestamp string

	// MaxAge is the age from which on a choice counts as undecided (rule C5).
	// Zero: a choice does not age.
	MaxAge time.Duration

	// Version is the name of the member that tells under which version of the
	// policy the choice was made. Empty: choices have no version.
	Version string

	// AtLeast is the oldest version that counts, as [IsVersion] has it. A choice
	// under an older one, or under none that can be read, is undecided.
	AtLeast string
}

// maxSkew is how far in the future a choice may be dated, for visitors whose
// clock is wrong (rule C5).
const maxSkew = 24 * time.Hour

// Decode reads a value as it stands in the Cookie line. It asks for the time
// only where the value says when the choice was made.
func (d *Decoder) Decode(value string, now func() time.Time) Choice {
	s := d.read(value)
	return *s.at(now)
}

// said is what a value says, at whatever time it is read.
type said struct {
	// When the choice counts, if it says when it was made and a choice ages. A value
	// may say so twice: then neither may be too old, or in the future.
	dated       bool
	from, until time.Time

	choice Choice
}

// undecided is the choice of those who have not chosen.
var undecided Choice

// at is the choice at a time (rule C5).
func (s *said) at(now func() time.Time) *Choice {
	if s.dated {
		if t := now(); t.Before(s.from) || t.After(s.until) {
			return &undecided
		}
	}
	return &s.choice
}

func (d *Decoder) read(value string) said {
	if len(value) > MaxValueBytes {
		return said{choice: d.undecodable()}
	}
	var scratch [512]byte
	text := append(scratch[:0], value...)
	r := reading{Decoder: d}
	if !r.unwrap(text) || r.garbled {
		return said{choice: d.undecodable()}
	}
	if d.Version != "" && (!r.versioned || r.outdated) {
		return said{}
	}
	r.choice = r.choice.settled()
	return r.said
}

// undecodable is the choice where nothing can be read: it touches every service
// that could have been named.
func (d *Decoder) undecodable() Choice {
	if d.All != (Set{}) {
		return Choice{Undecodable: d.All}
	}
	var c Choice
	for _, services := range d.Keys {
		c.Undecodable.AddAll(&services)
	}
	return c
}

// reading is one value on its way through the decoder. Its choice is not
// settled yet: a key that stands twice is in two sets.
type reading struct {
	*Decoder
	said
	remarks
}

// remarks are what a value says about itself besides its date.
type remarks struct {
	garbled   bool // a timestamp cannot be read, so the choice cannot be aged
	versioned bool // it tells its version, which
	outdated  bool // is too old, or cannot be read, in one place at least
}

// maxEncodings is how often a value may be percent-encoded (rule C2).
const maxEncodings = 2

// unwrap takes Python's quotes and percent-encodings off the text until it can
// be read. It works in place.
func (r *reading) unwrap(text []byte) bool {
	for level := 0; ; level++ {
		text = bytes.TrimSpace(unquote(text))
		looksLikeJSON := len(text) > 0 && (text[0] == '{' || text[0] == '[')
		if looksLikeJSON && (r.Format == Auto || r.Format == JSON) {
			if r.readJSON(text) {
				return true
			}
			// Nothing that a broken value says is kept.
			r.said, r.remarks = said{}, remarks{}
		}
		if bytes.IndexByte(text, '%') < 0 {
			return !looksLikeJSON && r.Format != JSON && r.readWords(text)
		}
		if level == maxEncodings {
			return false
		}
		var ok bool
		if text, ok = percentDecode(text); !ok {
			return false
		}
	}
}

// note records what the value says about a name.
func (r *reading) note(name []byte, said State) {
	services, known := r.Keys[string(name)]
	if !known {
		return
	}
	switch said {
	case Granted:
		r.choice.Granted.AddAll(&services)
	case Denied:
		r.choice.Denied.AddAll(&services)
	case Undecodable:
		r.choice.Undecodable.AddAll(&services)
	}
}

// isTimestamp tells whether a name is the one that holds the date, where a date
// matters at all.
func (r *reading) isTimestamp(name []byte) bool {
	return r.MaxAge > 0 && r.Timestamp != "" && string(name) == r.Timestamp
}

// date reads when the choice was made.
func (r *reading) date(number []byte) {
	n, ok := wholePart(number)
	if !ok {
		r.garbled = true
		return
	}
	made := time.Unix(n, 0)
	if n > lastSecond {
		made = time.UnixMilli(n)
	}
	from, until := made.Add(-maxSkew), made.Add(r.MaxAge)
	if !r.dated || from.After(r.from) {
		r.from = from
	}
	if !r.dated || until.Before(r.until) {
		r.until = until
	}
	r.dated = true
}

// isVersion tells whether a name is the one that holds the version.
func (r *reading) isVersion(name []byte) bool {
	return r.Version != "" && string(name) == r.Version
}

// version reads under which version of the policy the choice was made: a number,
// or a text in JSON's quotes.
func (r *reading) version(text []byte) {
	older, ok := isOlder(bytes.Trim(text, `"`), []byte(r.AtLeast))
	r.versioned = true
	r.outdated = r.outdated || older || !ok
}

// lastSecond tells seconds and milliseconds apart: as seconds it is the year
// 5138, as milliseconds March 1973.
const lastSecond = 100_000_000_000

// wholePart reads the digits before the fraction of a decimal number of
// ordinary size.
func wholePart(number []byte) (n int64, ok bool) {
	whole, fraction, _ := bytes.Cut(number, []byte("."))
	if len(whole) == 0 || len(whole) > 18 {
		return 0, false
	}
	for _, c := range fraction {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	for _, c := range whole {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}
