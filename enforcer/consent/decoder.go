package consent

import (
	"bytes"
	"time"
)

// Format is how a value is written.
type Format uint8

const (
	// AutoFormat tells the other formats apart by what the value looks like.
	AutoFormat Format = iota
	// JSONFormat is an object of booleans, or an array of granted names.
	JSONFormat
	// PairsFormat is names with a word each: "ga=1&matomo=0", "ga:yes,matomo:no".
	PairsFormat
	// ListFormat is a list of granted names: "statistical,first_party".
	ListFormat
)

// Decoder reads the values of one consent cookie.
type Decoder struct {
	// Format is the only format that is read. The default is AutoFormat.
	Format Format

	// Keys tells which services a name in the value speaks of: a service's own
	// key, or the id of its category (rule C3).
	Keys map[string]Set

	// All is every service in Keys. Where it is empty it is gathered anew for each
	// list, and each value that cannot be read.
	All Set

	// Timestamp is the name of the member that tells when the choice was made,
	// in seconds or milliseconds since 1970. Empty: there is none.
	Timestamp string

	// MaxAge is the age from which on the grants of a choice do not count any more
	// (rules C5 and C8). Zero: they do not age.
	MaxAge time.Duration

	// Version is the name of the member that tells under which version of the
	// policy the choice was made. Empty: choices have no version.
	Version string

	// AtLeast is the oldest version under which grants count, as [IsVersion] has it.
	// Those under an older one, or under none that can be read, do not (rule C8).
	AtLeast string
}

// Decode reads a value as it stands in the Cookie line. It asks for the time
// only where the value says when the choice was made.
func (d *Decoder) Decode(value string, now func() time.Time) Choice { return d.read(value, now).choice }

func (d *Decoder) read(value string, now func() time.Time) said {
	return d.readFor("", value, now, nil)
}

// readFor is read for somebody who asks why, of a cookie with a name.
func (d *Decoder) readFor(cookie, value string, now func() time.Time, why *causes) said {
	if len(value) > MaxValueBytes {
		why.add(Cause{Kind: CauseUnreadable, Cookie: cookie})
		return said{choice: Choice{Undecodable: d.all()}}
	}
	var scratch [512]byte
	text := append(scratch[:0], value...)
	r := reading{Decoder: d, cookie: cookie, why: why}
	if !r.unwrap(text) || r.garbled {
		unread := ""
		if r.garbled {
			unread = d.Timestamp
		}
		why.add(Cause{Kind: CauseUnreadable, Cookie: cookie, Place: unread})
		return said{choice: Choice{Undecodable: d.all()}}
	}
	choice := r.choice.settled()
	if d.Version != "" && (!r.versioned || r.outdated) {
		why.add(Cause{Kind: CauseVersion, Cookie: cookie, Place: d.Version})
		return said{choice: choice.withoutGrants(), lapsed: true}
	}
	s := said{choice: choice}.within(r.period, now)
	why.addAge(cookie, r.period, &s)
	return s
}

// all is every service that a value could name.
func (d *Decoder) all() (services Set) {
	if d.All != (Set{}) {
		return d.All
	}
	for _, named := range d.Keys {
		services.AddAll(&named)
	}
	return services
}

// reading is one value on its way through the decoder. Its choice is not
// settled yet: a key that stands twice is in two sets.
type reading struct {
	*Decoder
	choice Choice
	remarks

	cookie string
	why    *causes
}

// remarks are what a value says about itself.
type remarks struct {
	period    period // in which the choice counts
	garbled   bool   // a timestamp cannot be read, so the choice cannot be aged
	versioned bool   // it tells its version, which
	outdated  bool   // is too old, or cannot be read, in one place at least
}

// maxEncodings is how often a value may be percent-encoded (rule C2).
const maxEncodings = 2

// unwrap takes Python's quotes and percent-encodings off the text until it can
// be read. It works in place.
func (r *reading) unwrap(text []byte) bool {
	for level := 0; ; level++ {
		text = bytes.TrimSpace(unquote(text))
		looksLikeJSON := len(text) > 0 && (text[0] == '{' || text[0] == '[')
		if looksLikeJSON && (r.Format == AutoFormat || r.Format == JSONFormat) {
			if r.readJSON(text) {
				return true
			}
			// Nothing that a broken value says is kept.
			r.choice, r.remarks = Choice{}, remarks{}
		}
		if bytes.IndexByte(text, '%') < 0 {
			return !looksLikeJSON && r.Format != JSONFormat && r.readWords(text)
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
		if r.why != nil {
			r.why.add(Cause{Kind: CauseUnreadable, Cookie: r.cookie, Place: string(name)})
		}
	}
}

// denyTheRest denies every service that a list of granted names has not named (rule
// C10).
func (r *reading) denyTheRest() {
	rest := r.all().Without(r.choice.Granted)
	r.choice.Denied.AddAll(&rest)
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
	r.period.add(timeOf(n), r.MaxAge)
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
